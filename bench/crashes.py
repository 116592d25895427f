"""What the desk loses when it is killed: under load at any moment, and at each single write.

    python -m bench.crashes --rounds 1000     kills under load; replies acknowledged and missing
    python -m bench.crashes --every           killed at every call that changes a disk (strace)

The replies go to SQLite, or to the database in REJOINDER_DATABASE. tests/replies/test_crashes.py
runs the same code for less long.
"""

from __future__ import annotations

import argparse
import ctypes
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from urllib.parse import urlencode

from rejoinder.comments.store import CommentStore
from rejoinder.publish import publish
from rejoinder.replies.desk import open_desk
from rejoinder.replies.judging.policy import Circumstances
from rejoinder.replies.model import Status, Submission
from rejoinder.replies.server import DeskServer
from rejoinder.replies.web.app import make_app
from rejoinder.replies.worker import Worker

ROOT = Path(__file__).parent.parent
DESK = [sys.executable, "-m", "bench.crashes"]
"""What runs a desk that is killed: this module, in a process of its own."""

INVOKE = [str(Path(sys.executable).parent / "invoke")]
POST = "Title: First\nDate: 2026-03-01 08:00:00+00:00\nSlug: first\nCategory: Notes\n\nText.\n"
RULES = (
    "[limits]\nreplies_per_hour = 0\nrequests_per_minute = 0\nseconds_at_least = 0\n"
    '[rules]\nhold = "nothing"\nhold_words = ["waits"]\n'
)
"""Replies with the word 'waits' wait; all others are published at once."""

CHANGING = (
    "openat", "write", "pwrite64", "sendfile", "ftruncate", "fsync", "fdatasync", "mkdir", "link",
    "linkat", "symlink", "symlinkat", "rename", "renameat", "renameat2", "unlink", "unlinkat",
    "rmdir",
)  # fmt: skip
"""The calls by which a process changes a disk; of openat only those with O_CREAT."""


def make_site(root: Path) -> Path:
    """A site of one post, and a desk that publishes most of what comes; its content folder."""
    content = root / "content"
    (content / "posts").mkdir(parents=True)
    (content / "posts" / "first.md").write_text(POST, "utf-8")
    (content / "site.toml").write_text('title = "A site"\nurl = "https://blog.example"\n', "utf-8")
    set_rules(content)
    return content


def set_rules(content: Path, more: str = "") -> None:
    """Write desk.toml."""
    folder = content.parent / "private" / "desk"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "desk.toml").write_text(more + RULES, "utf-8")


def free_port() -> int:
    """A port that nobody holds."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


# Killed under load


class Process:
    """A desk in a process of its own; it has imported all it needs, and opens at `go`."""

    def __init__(self, content: Path, port: int) -> None:
        self.port = port
        self._process = subprocess.Popen(
            [*DESK, "--desk", str(content), "--port", str(port)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    @cached_property
    def pid(self) -> int:
        """The desk's own number, which it says first; whatever started it ends with it."""
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def __enter__(self) -> Process:
        self.go()
        assert self.is_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def go(self) -> None:
        """Open the desk."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def is_ready(self) -> bool:
        """Wait until it takes replies; False when it ended before."""
        assert self.pid
        assert self._process.stdout is not None
        return self._process.stdout.readline() == "ready\n"

    def kill(self) -> bool:
        """SIGKILL; False when it had ended by itself."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        killed = self._process.wait() == -signal.SIGKILL
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        return killed


@contextmanager
def invoked(content: Path, port: int, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """`invoke desk` as a user runs it, taking replies; killed at the end, where it still runs."""
    process = subprocess.Popen(
        [*INVOKE, "desk", "--content", str(content), "--port", str(port)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        if f":{port}/reply" not in process.stdout.readline():
            process.kill()
            raise AssertionError(process.communicate())
        yield process
    finally:
        process.kill()
        process.communicate()


def until(is_so: Callable[[], object], seconds: float = 40, pause: float = 0.05) -> None:
    """Wait until something is so. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError("it never came to be")
        time.sleep(pause)


class Writers:
    """Readers who send one reply after the other, each with a key of its own and again until
    it is acknowledged, by forms and by JSON in turn."""

    def __init__(self, port: int, number: int = 4) -> None:
        self.port = port
        self.acknowledged: dict[str, str] = {}
        self.retries = 0
        self.odd: list[tuple[int, str]] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, args=(writer,)) for writer in range(number)
        ]

    def __enter__(self) -> Writers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def finish(self) -> None:
        """Write no more, when the last replies are acknowledged."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _write(self, writer: int) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            waits = "it waits" if number % 10 else "at once"
            text = f"reply {writer}-{number}: {waits}"
            fields = {"thread": "first", "name": "Bo", "text": text, "key": f"{writer}-{number}"}
            until = time.monotonic() + 50
            while time.monotonic() < until:
                status, said = post(self.port, fields, as_json=number % 2 == 0)
                if status in (201, 303):
                    self.acknowledged[text] = said
                    break
                if status != 0:
                    self.odd.append((status, said[:200]))
                self.retries += 1
                time.sleep(0.01)


def post(port: int, fields: dict[str, str], *, as_json: bool = False) -> tuple[int, str]:
    """Send a reply: the answer's status, 0 without one, and its text; the id of what JSON
    acknowledged."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    kind = "application/json" if as_json else "application/x-www-form-urlencoded"
    body = json.dumps(fields) if as_json else urlencode(fields)
    try:
        connection.request("POST", "/reply", body, {"Content-Type": kind})
        answer = connection.getresponse()
        said = answer.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()
    return answer.status, json.loads(said)["id"] if answer.status == 201 else said


@dataclass
class Outcome:
    """What was acknowledged, and what is there of it."""

    rounds: int = 0
    died: int = 0
    acknowledged: int = 0
    retries: int = 0
    missing: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    wrong_files: list[str] = field(default_factory=list)
    odd: list[tuple[int, str]] = field(default_factory=list)


def kill_under_load(content: Path, rounds: int, seed: int = 3, most: int = 60) -> Outcome:
    """Kill the desk `rounds` times while readers write: after 1 to `most` acknowledgements, a
    fifth of the times while it starts. Then let it finish, and compare."""
    rng, port = random.Random(seed), free_port()
    spare, died = Process(content, port), 0
    with Writers(port) as writers:
        try:
            for turn in range(rounds):
                desk, spare = spare, Process(content, port)
                desk.go()
                if rng.random() < 0.8 and desk.is_ready():
                    enough = len(writers.acknowledged) + rng.randint(1, most)
                    with suppress(TimeoutError):
                        until(lambda n=enough: len(writers.acknowledged) >= n, 5, 0.002)
                time.sleep(rng.uniform(0, 0.1))
                died += not desk.kill()
                if turn % 50 == 49:
                    print(turn + 1, len(writers.acknowledged), file=sys.stderr)
        except BaseException:
            spare.kill()
            raise
        spare.go()
        assert spare.is_ready()
    spare.kill()
    outcome = look(content, writers.acknowledged)
    outcome.rounds, outcome.retries, outcome.odd = rounds, writers.retries, writers.odd
    outcome.died = died
    return outcome


def look(content: Path, acknowledged: dict[str, str]) -> Outcome:
    """What is there of the texts that were acknowledged, and of their files."""
    with open_desk(content) as desk:
        replies = desk.queue.with_status(*Status)
        unfinished = desk.queue.outbox()
    texts = Counter(reply.text for reply in replies)
    ids = {reply.text: reply.id for reply in replies}
    files = Counter(comment.id for comment in CommentStore(content).read("first").comments)
    approved = {reply.id for reply in replies if reply.status is Status.APPROVED}
    mine = {i: number for i, number in files.items() if i in ids.values()}
    return Outcome(
        acknowledged=len(acknowledged),
        missing=[text for text, said in acknowledged.items()
                 if text not in texts or (re.fullmatch(r"\d{8}T\S+", said) and ids[text] != said)],
        duplicates=[text for text, number in texts.items() if number > 1],
        wrong_files=[f"outbox {task.number}" for task in unfinished]
        + sorted(approved ^ set(mine)) + [i for i, number in mine.items() if number > 1],
    )  # fmt: skip


# Under strace


@contextmanager
def strace(pid: int, *words: str, log: Path | None = None) -> Iterator[None]:
    """Hold a process and its threads under strace; they are let go at the end."""
    command = ["strace", "-f", "-qq", "-p", str(pid), "-o", str(log or os.devnull), *words]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 10
    while not _is_traced(pid, tracer.pid):
        if tracer.poll() is not None or time.monotonic() > until:
            tracer.kill()
            raise RuntimeError(f"strace can't hold the process: {tracer.communicate()[1]}")
        time.sleep(0.001)
    try:
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=20)


def _is_traced(pid: int, tracer: int) -> bool:
    with suppress(OSError):
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return bool(threads) and all(
            f"TracerPid:\t{tracer}\n" in (thread / "status").read_text() for thread in threads
        )
    return False


def may_be_traced() -> None:
    """Let any process hold this one (Yama's ptrace_scope=1 lets only parents)."""
    pr_set_ptracer, anyone = 0x59616D61, ctypes.c_ulong(-1)
    ctypes.CDLL(None).prctl(pr_set_ptracer, anyone, 0, 0, 0)


# Killed at each call


def approve_and_publish(root: Path) -> None:
    """What is killed: open the desk of a site, approve what waits, bring it to the files and to
    `www`. The build is a copy with the comments put in; all else is the desk's own."""
    content = root / "content"

    def bring() -> None:
        with tempfile.TemporaryDirectory(dir=root, prefix="build-") as scratch:
            built = Path(scratch) / "site"
            shutil.copytree(root / "prepared", built)
            said = "".join(p.read_text("utf-8") for p in CommentStore(content).files("first"))
            (built / "first" / "index.html").write_text(f"<h1>First</h1>{said}</html>", "utf-8")
            publish(built, str(root / "www"))

    at = datetime(2026, 3, 2, tzinfo=UTC)  # it is in the file, and every run is to write the same
    with open_desk(content) as desk:
        for reply in desk.queue.waiting():
            desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=at)
        if root.joinpath("bring").exists():
            bring()
        Worker(desk, bring).round()


class Nursery:
    """A process that has imported all, and forks one that runs `approve_and_publish` for each
    order: so that a run takes a tenth of a second."""

    def __init__(self, environment: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.crashes", "--nursery"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})},
        )  # fmt: skip

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, root: Path, *words: str, log: Path | None = None) -> int:
        """Run it on a site, under strace when there are words for it; the exit code, -9 for
        one that was killed."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{root}\n")
        stdin.flush()
        pid = int(stdout.readline())
        if not words:
            os.kill(pid, signal.SIGUSR1)
            return int(stdout.readline())
        with strace(pid, *words, log=log):
            os.kill(pid, signal.SIGUSR1)
            return int(stdout.readline())


def _nursery() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            may_be_traced()
            signal.sigwait({signal.SIGUSR1})
            try:
                approve_and_publish(Path(line.strip()))
            except BaseException as error:
                print(f"{type(error).__name__}: {error}", file=sys.stderr)
                os._exit(1)
            os._exit(0)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


Call = tuple[str, int]
"""A system call's name, and which of its calls in the process's first thread."""


class Interrupted:
    """A site with one waiting reply and an old page, and what it is after an undisturbed run.
    `linked` makes the published folder a symbolic link, which is swapped in another way."""

    def __init__(self, folder: Path, nursery: Nursery, *, linked: bool = False) -> None:
        self.folder = folder
        self.nursery = nursery
        self.model = folder / "model"
        content = make_site(self.model)
        for name in ("index.html", "theme.css", "first/index.html", "second/index.html"):
            path = self.model / "prepared" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{name}\n" * 20, "utf-8")
        if linked:
            (self.model / "www-100000000000000000").mkdir()
            (self.model / "www").symlink_to("www-100000000000000000")
        assert nursery.run(self.model) == 0  # without a reply: tables made
        self.model.joinpath("bring").touch()
        assert nursery.run(self.model) == 0  # and the old page
        self.model.joinpath("bring").unlink()
        self.old = self.page(self.model)
        with open_desk(content) as desk:
            said = Submission(thread="first", text="It waits.", name="Bo", email="", url="",
                              parent=None, notify=False, trapped=False)  # fmt: skip
            kept = desk.arrivals.submit(said, Circumstances(address="203.0.113.9")).result(30)
        self.reply = kept.reply.id
        log = folder / "log"
        undisturbed = self.fresh()
        assert nursery.run(undisturbed, "-e", f"trace={','.join(CHANGING)}", log=log) == 0
        self.calls = list(_calls(log))
        self.new, self.file = self.page(undisturbed), self.comment(undisturbed)
        assert self.file is not None
        assert self.old != self.new
        assert (self.problems(undisturbed), self.unfinished(undisturbed)) == ([], [])

    def fresh(self) -> Path:
        """A copy of the site."""
        to = self.folder / "run"
        if to.exists():
            shutil.rmtree(to)
        shutil.copytree(self.model, to, symlinks=True)
        return to

    def page(self, root: Path) -> bytes:
        return (root / "www" / "first" / "index.html").read_bytes()

    def comment(self, root: Path) -> bytes | None:
        path = CommentStore(root / "content").path("first", self.reply)
        return path.read_bytes() if path.exists() else None

    def problems(self, root: Path) -> list[str]:
        """What must never be, at no moment."""
        found = []
        try:
            if self.page(root) not in (self.old, self.new):
                found.append("the page is neither the old nor the new one")
        except OSError as error:
            found.append(f"the page is gone: {error.strerror}")
        if self.comment(root) not in (None, self.file):
            found.append("the comment file is a part of one")
        store = CommentStore(root / "content")
        if set(store.files("first")) - {store.path("first", self.reply)}:
            found.append("there are other comment files")
        said = self.ask(root, "PRAGMA integrity_check")
        if said != [("ok",)]:
            found.append(f"the database is broken: {said}")
        return found

    def unfinished(self, root: Path) -> list[str]:
        """What an undisturbed run after it must have finished."""
        found = []
        if self.page(root) != self.new:
            found.append("the page is still the old one")
        if self.comment(root) != self.file:
            found.append("the comment file is missing")
        if self.ask(root, "SELECT * FROM outbox WHERE done IS NULL OR live IS NULL"):
            found.append("the outbox is not empty")
        decided = self.ask(root, "SELECT count(*) FROM decisions WHERE status = 'approved'")
        if decided != [(1,)]:
            found.append(f"decisions: {decided}")
        left = [p.name for p in root.iterdir() if p.name in (".www.rejoinder-new",
                                                            ".www.rejoinder-old")]  # fmt: skip
        return found + [f"left over: {name}" for name in left]

    def ask(self, root: Path, query: str) -> list[tuple[object, ...]]:
        db = sqlite3.connect(root / "private" / "desk" / "replies.sqlite3")
        try:
            return db.execute(query).fetchall()
        finally:
            db.close()

    def interrupt(self, call: Call) -> tuple[bool, list[str]]:
        """Kill it at a call, look, run it again, look again: whether it was killed there, and
        all that is wrong."""
        root, (name, number) = self.fresh(), call
        code = self.nursery.run(root, "-e", f"trace={name}", "-e",
                                f"inject={name}:signal=SIGKILL:when={number}")  # fmt: skip
        wrong = [f"then {said}" for said in self.problems(root)]
        if code not in (-9, 0):
            wrong.append(f"exit code {code}")
        if (again := self.nursery.run(root)) != 0:
            wrong.append(f"the next run ended with {again}")
        wrong += [f"after the next run {p}" for p in self.problems(root) + self.unfinished(root)]
        return code == -9, [f"{name} {number}: {said}" for said in wrong]


def _calls(log: Path) -> Iterator[Call]:
    """The calls of the first thread in a log of strace."""
    first, counts = "", Counter[str]()
    for line in log.read_text("utf-8", "replace").splitlines():
        pid, _, rest = line.partition(" ")
        first = first or pid
        name, bracket, _ = rest.strip().partition("(")
        if pid == first and bracket and name in CHANGING:
            counts[name] += 1
            if name != "openat" or "O_CREAT" in rest:
                yield name, counts[name]


def every(folder: Path, sample: int = 0, *, linked: bool = False
          ) -> tuple[Sequence[Call], int, list[str]]:  # fmt: skip
    """Interrupt at each call, or at a sample of about so many that holds the first and last of
    each kind: the calls, how often it was killed, and all that is wrong."""
    with Nursery() as nursery:
        site = Interrupted(folder, nursery, linked=linked)
        calls = site.calls
        if sample:
            names = dict.fromkeys(name for name, _ in calls)
            kinds = [[call for call in calls if call[0] == name] for name in names]
            ends = {call for kind in kinds for call in (kind[0], kind[-1])}
            rest = [call for call in calls if call not in ends]
            more = random.Random(5).sample(rest, min(len(rest), max(0, sample - len(ends))))
            calls = [call for call in calls if call in ends or call in more]
        killed, wrong = 0, []
        for call in calls:
            was_killed, found = site.interrupt(call)
            killed += was_killed
            wrong += found
    return calls, killed, wrong


def _desk(content: Path, port: int) -> None:
    may_be_traced()
    print(os.getpid(), flush=True)
    sys.stdin.readline()
    with open_desk(content) as desk, Worker(desk), DeskServer(port).run(make_app(desk)):
        print("ready", flush=True)
        threading.Event().wait()


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--every", action="store_true")
    parser.add_argument("--desk", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--nursery", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.desk:
        _desk(options.desk, options.port)
    elif options.nursery:
        _nursery()
    if options.rounds:
        with tempfile.TemporaryDirectory() as scratch:
            done = kill_under_load(make_site(Path(scratch) / "site"), options.rounds)
        print(f"killed {done.rounds} times ({done.died} had ended by themselves): "
              f"{done.acknowledged} acknowledged, {len(done.missing)} missing, "
              f"{len(done.duplicates)} duplicates, {len(done.wrong_files)} wrong files, "
              f"{done.retries} retries")  # fmt: skip
        for said in (*done.missing, *done.duplicates, *done.wrong_files, *done.odd):
            print(said)
    if options.every:
        for linked in (False, True):
            with tempfile.TemporaryDirectory() as scratch:
                calls, killed, wrong = every(Path(scratch), linked=linked)
            kinds = ", ".join(f"{n} {name}" for name, n in Counter(c[0] for c in calls).items())
            print(f"killed at {killed} of {len(calls)} calls ({kinds}): {len(wrong)} wrong")
            print("\n".join(wrong))


if __name__ == "__main__":
    main()
