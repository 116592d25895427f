"""The tutorial, typed into a bare folder: a fresh environment, and nothing of this checkout but a
copy of what git keeps."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue

import pytest
from conftest import ROOT

TUTORIAL = ROOT / "docs" / "tutorial.md"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
_DONE = "-- done"
_SECONDS = 300.0
_AGAIN = 60


@dataclass
class Step:
    """A command of the tutorial, and the lines that it says you would see."""

    command: str
    shown: list[str] = field(default_factory=list)


def steps(text: str) -> list[Step]:
    found: list[Step] = []
    for block in _BLOCK.findall(text):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Step(line[2:]))
            else:
                found[-1].shown.append(line)
    return found


class Shell:
    """A shell that is typed into."""

    def __init__(self, folder: Path) -> None:
        keep = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        keep |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        path = os.pathsep.join((str(Path(sys.base_prefix) / "bin"), os.defpath, "/usr/bin"))
        self._run = subprocess.Popen(
            ["bash"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env={**keep, "PATH": path, "TERM": "dumb"},
            start_new_session=True,
        )  # fmt: skip
        self._lines: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._run.stdout is not None
        for line in self._run.stdout:
            self._lines.put(line.rstrip("\n"))

    def type(self, step: Step) -> None:
        """Type a command, and see what the tutorial shows; AssertionError where it isn't so. A page
        is asked for again, as a reader does, until it shows it."""
        for _ in range(_AGAIN if "/hello-world/" in step.command else 0):
            with suppress(AssertionError):
                self._type(step)
                return
            time.sleep(1)
        self._type(step)

    def _type(self, step: Step) -> None:
        assert self._run.stdin is not None
        is_left = step.command.endswith("&")
        told = "" if is_left else f'\necho "{_DONE} $?"'
        self._run.stdin.write(f"{step.command}{told}\n")
        self._run.stdin.flush()
        seen: list[str] = []
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            try:
                line = self._lines.get(timeout=1)
            except Empty:
                continue
            if line.startswith(_DONE):
                assert line == f"{_DONE} 0", (step.command, seen)
                break
            seen.append(line)
            if is_left and all(any(one in line for line in seen) for one in step.shown):
                break
        for one in step.shown:
            assert any(one in line for line in seen), (step.command, one, seen)

    def close(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._run.pid, signal.SIGTERM)
        assert self._run.stdin is not None
        self._run.stdin.close()
        self._run.wait(timeout=20)
        self._reader.join(timeout=20)
        assert self._run.stdout is not None
        self._run.stdout.close()


@dataclass(frozen=True)
class Typed:
    """Where the tutorial was typed."""

    folder: Path


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typed]:
    folder = tmp_path_factory.mktemp("tutorial")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / "rejoinder" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / "rejoinder" / name)
    port = _port()
    shell = Shell(folder)
    try:
        for step in steps(TUTORIAL.read_text("utf-8")):
            shell.type(_at(step, port))
        yield Typed(folder)
    finally:
        shell.close()


def _port() -> int:
    """8000, as the tutorial has it, where it is free."""
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", 8000))
        except OSError:
            one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _at(step: Step, port: int) -> Step:
    if port == 8000:
        return step
    command = step.command.replace("invoke serve", f"invoke serve --port {port}")
    return Step(command.replace(":8000", f":{port}"),
                [line.replace(":8000", f":{port}") for line in step.shown])  # fmt: skip


@pytest.mark.skipif(shutil.which("curl") is None, reason="the tutorial uses curl")
def test_the_tutorial_leads_to_a_published_reply(typed: Typed) -> None:
    page = (typed.folder / "public" / "hello-world" / "index.html").read_text("utf-8")
    assert "<em>listening</em>" in page
    assert "1 thought" in page
    (comment,) = (typed.folder / "blog" / "content" / "comments" / "hello-world").glob("*.md")
    assert "Author: Bo" in comment.read_text("utf-8")


def test_every_command_of_the_tutorial_is_typed() -> None:
    text = TUTORIAL.read_text("utf-8")
    assert len(steps(text)) == len(re.findall(r"^\$ ", text, re.M))
    assert not re.findall(r"^```(?!console$|$)", text, re.M)
