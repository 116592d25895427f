"""The desk where things go wrong: killed at any moment, disks and databases that fail, two desks
at once, told to stop. What was acknowledged is kept, once; nothing else is thanked for."""

from __future__ import annotations

import ctypes
import http.client
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import boto3
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from conftest import SiteFolder
from desks import GOOD, ask, words
from moto.server import ThreadedMotoServer

from bench import crashes
from bench.crashes import Process, Writers, invoked, look, post, until
from rejoinder.comments.store import CommentStore
from rejoinder.replies.desk import open_desk
from rejoinder.replies.signing import Link

LONG = bool(os.environ.get("REJOINDER_LONG"))
pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL")


@pytest.fixture(scope="session")
def strace() -> None:
    """That strace is here, and may hold processes. Without it a test is skipped, but never on
    the CI."""
    cannot = pytest.fail if os.environ.get("CI") else pytest.skip
    if shutil.which("strace") is None:
        cannot("no strace here: apt install strace")
    command = ["strace", "-o", os.devnull, "-e", "inject=getppid:error=EPERM", "true"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    if run.returncode:
        cannot(f"strace can't hold a process here: {run.stderr.strip()}")


@pytest.fixture
def place(place: SiteFolder) -> SiteFolder:
    """A site on each kind of database, whose desk publishes most of what comes at once."""
    crashes.set_rules(place.content)
    return place


@pytest.fixture
def on_sqlite(site: SiteFolder) -> SiteFolder:
    """The same on SQLite."""
    site.post()
    crashes.set_rules(site.content)
    return site


def new_database(postgres: str) -> str:
    """The URL of an empty database."""
    name = "t" + secrets.token_hex(6)
    engine = sa.create_engine(postgres.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return postgres.format(name)


def whole(content: Path, acknowledged: dict[str, str]) -> None:
    """All that was acknowledged is there once, and in one file where it is approved."""
    found = look(content, acknowledged)
    assert (found.missing, found.duplicates, found.wrong_files) == ([], [], [])


# Killed


def test_nothing_acknowledged_is_lost_or_doubled_when_the_desk_is_killed_under_load(
    place: SiteFolder,
) -> None:
    rounds = (8 if "REJOINDER_DATABASE" in os.environ else 12) * (10 if LONG else 1)
    found = crashes.kill_under_load(place.content, rounds)
    assert (found.missing, found.duplicates, found.wrong_files, found.odd) == ([], [], [], [])
    assert found.died == 0, "a desk ended by itself"
    assert found.acknowledged > 4 * rounds
    assert found.retries > 0


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("linked", [False, True], ids=["folder", "link"])
def test_killed_at_any_call_it_is_the_old_or_the_new_and_the_next_run_finishes(
    tmp_path: Path, linked: bool
) -> None:
    sample = 0 if LONG else 40 if linked else 60
    calls, killed, wrong = crashes.every(tmp_path, sample, linked=linked)
    assert wrong == []
    assert killed == len(calls)
    assert {name for name, _ in calls} >= {
        "openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "unlink",
        "symlink" if linked else "renameat2",
    }  # fmt: skip


# Errors

FAULTS = [
    ("pwrite64", "ENOSPC"), ("pwrite64", "EIO"), ("fdatasync", "EIO"), ("openat", "EACCES"),
    ("openat", "EMFILE"),
]  # fmt: skip


def try_to_reply(port: int, number: int, acknowledged: dict[str, str]) -> list[int]:
    """Two replies, by a form and by JSON. Who isn't thanked gets the words back."""
    statuses = []
    for kind in ("form", "json"):
        text = f"said {number} by {kind}"
        fields = GOOD | {"text": text, "key": f"{kind}-{number}"}
        status, said = post(port, fields, as_json=kind == "json")
        if status in (201, 303):
            acknowledged[text] = said
        elif kind == "form":
            assert (status, text in words(said)) == (503, True), said
            assert "It could not be kept" in words(said)
        else:
            assert (status, list(json.loads(said)["errors"])) == (503, ["text"])
        statuses.append(status)
    return statuses


@pytest.mark.usefixtures("strace")
def test_a_disk_that_fails_thanks_nobody_and_loses_nothing(on_sqlite: SiteFolder) -> None:
    acknowledged: dict[str, str] = {}
    with Process(on_sqlite.content, crashes.free_port()) as desk:
        assert try_to_reply(desk.port, 0, acknowledged) == [303, 201]
        for number, (call, error) in enumerate(FAULTS, start=1):
            inject = f"inject={call}:error={error}"
            with crashes.strace(desk.pid, "-e", f"trace={call}", "-e", inject):
                for n in range(2):
                    statuses = try_to_reply(desk.port, number * 10 + n, acknowledged)
                    assert call == "openat" or statuses == [503, 503], (call, error)
            for n in range(2):  # the same once more, and it is one
                assert try_to_reply(desk.port, number * 10 + n, acknowledged) == [303, 201]
            assert ask(f"http://127.0.0.1:{desk.port}", "/healthz")[0] == 200
    whole(on_sqlite.content, acknowledged)


@pytest.mark.usefixtures("strace")
def test_who_is_the_first_to_be_refused_gets_the_words_back(on_sqlite: SiteFolder) -> None:
    acknowledged: dict[str, str] = {}
    with Process(on_sqlite.content, crashes.free_port()) as desk:
        inject = ["-e", "inject=openat:error=EMFILE", "-e", "inject=pwrite64:error=ENOSPC"]
        with crashes.strace(desk.pid, "-e", "trace=openat,pwrite64", *inject):
            try_to_reply(desk.port, 1, acknowledged)
        assert try_to_reply(desk.port, 2, acknowledged) == [303, 201]
    whole(on_sqlite.content, acknowledged)


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_a_file_that_cannot_be_written_is_written_later(on_sqlite: SiteFolder, error: str) -> None:
    folder = CommentStore(on_sqlite.content).path("first", "x").parent
    with Process(on_sqlite.content, crashes.free_port()) as desk:
        fields = GOOD | {"text": "At once.", "key": "1"}
        with crashes.strace(desk.pid, "-e", "trace=fsync", "-e", f"inject=fsync:error={error}"):
            status, said = post(desk.port, fields, as_json=True)
            assert status == 201
            time.sleep(1)
            assert list(folder.iterdir()) == []
        until((folder / f"{said}.md").exists)
    whole(on_sqlite.content, {"At once.": said})


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small disk can't be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_thanks_nobody_and_is_no_end(small_disk: Path) -> None:
    content = crashes.make_site(small_disk / "site")
    acknowledged: dict[str, str] = {}
    filler = small_disk / "filler"
    with Process(content, crashes.free_port()) as desk:
        for number in (0, 100, 200):
            for attempt in range(number, number + 9):  # there may be room left in the log
                with suppress(OSError), filler.open("ab", buffering=0) as file:
                    while file.write(b"x" * 4096):
                        pass
                statuses = try_to_reply(desk.port, attempt, acknowledged)
            assert statuses == [503, 503]
            filler.unlink()
            assert try_to_reply(desk.port, number, acknowledged) == [303, 201]
    whole(content, acknowledged)


def test_a_database_that_is_gone_thanks_nobody(on_sqlite: SiteFolder, tmp_path: Path) -> None:
    acknowledged: dict[str, str] = {}
    folder, away = on_sqlite.root / "private" / "desk", tmp_path / "away"
    with Process(on_sqlite.content, crashes.free_port()) as desk:
        assert try_to_reply(desk.port, 0, acknowledged) == [303, 201]
        away.mkdir()
        for path in folder.glob("replies*"):
            path.rename(away / path.name)
        assert try_to_reply(desk.port, 1, {}) == [503, 503]
        for path in away.glob("replies*"):
            path.rename(folder / path.name)
        assert try_to_reply(desk.port, 2, acknowledged) == [303, 201]
    whole(on_sqlite.content, acknowledged)


def test_a_postgresql_that_is_gone_thanks_nobody(
    site: SiteFolder, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = new_database(postgres)
    monkeypatch.setenv("REJOINDER_DATABASE", url)
    site.post()
    crashes.set_rules(site.content)
    name, acknowledged = str(sa.make_url(url).database), dict[str, str]()
    admin = sa.create_engine(postgres.format("postgres"), isolation_level="AUTOCOMMIT")
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    with Process(site.content, crashes.free_port()) as desk, admin.connect() as db:
        with Writers(desk.port) as writers:
            for _ in range(5):
                time.sleep(0.2)
                db.exec_driver_sql(end, (name,))
        assert {status for status, _ in writers.odd} <= {503}
        until(lambda: try_to_reply(desk.port, 0, acknowledged) == [303, 201], seconds=5)
        db.exec_driver_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        db.exec_driver_sql(end, (name,))
        assert try_to_reply(desk.port, 1, acknowledged) == [503, 503]
        assert ask(f"http://127.0.0.1:{desk.port}", "/healthz")[0] == 503
        db.exec_driver_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        for number in (1, 2):
            assert try_to_reply(desk.port, number, acknowledged) == [303, 201]
    admin.dispose()
    whole(site.content, acknowledged | writers.acknowledged)


@pytest.mark.usefixtures("strace")
def test_the_disk_has_it_before_the_reader_is_thanked(
    on_sqlite: SiteFolder, tmp_path: Path
) -> None:
    log, calls = tmp_path / "log", "trace=pwrite64,fdatasync,fsync,write,writev,sendto,sendmsg"
    with Process(on_sqlite.content, crashes.free_port()) as desk:
        post(desk.port, GOOD | {"text": "It waits, and comes first."})
        with crashes.strace(desk.pid, "-tt", "-y", "-s", "4096", "-e", calls, log=log):
            assert post(desk.port, GOOD | {"text": "It waits too."})[0] == 303
    thanked = before = at = synced = 0
    for number, line in enumerate(log.read_text("utf-8", "replace").splitlines(), start=1):
        if "HTTP/1.1 303" in line:
            thanked = number
            break
        if "replies.sqlite3-wal" in line and "It waits too." in line:
            before = number
        elif before and re.search(r"sync\(\d+<\S+replies.sqlite3-wal>( <unfinished|\) += 0)", line):
            at = number
        if at and re.search(r"sync(\(| resumed>).*\) += 0", line):
            synced = number
    assert 0 < before < at <= synced < thanked


# With real builds


def publish_to(site: SiteFolder, target: str) -> None:
    with (site.content / "site.toml").open("a") as file:
        file.write(f'publish = "{target}"\n')


def said_on(page: str) -> Counter[str]:
    """What the comments of a page say, and how often; the page must be whole."""
    assert page.rstrip().endswith("</html>")
    return Counter(words(str(p)) for p in BeautifulSoup(page, "html.parser").select(".comment p")
                   if words(str(p)).startswith("reply "))  # fmt: skip


def test_killed_in_a_real_build_the_page_is_whole_and_the_next_desk_finishes(
    on_sqlite: SiteFolder,
) -> None:
    publish_to(on_sqlite, "public/site")
    page = on_sqlite.root / "public" / "site" / "first" / "index.html"
    said, pages = dict[str, str](), set[bytes]()
    for number, pause in enumerate((0.3, 1.2, 40)):
        port, text = crashes.free_port(), f"reply {number}: at once"
        with invoked(on_sqlite.content, port):
            status, said[text] = post(port, GOOD | {"text": text, "key": text}, as_json=True)
            assert status == 201
            end = time.monotonic() + pause
            while time.monotonic() < end:
                if page.exists():
                    pages.add(page.read_bytes())
                    if said_on(page.read_text("utf-8")) == Counter(list(said)):
                        break
                time.sleep(0.01)
    assert said_on(page.read_text("utf-8")) == Counter(list(said))
    assert all(said_on(one.decode()) <= Counter(list(said)) for one in pages)
    whole(on_sqlite.content, said)


def test_it_stops_whichever_of_its_threads_the_system_tells(on_sqlite: SiteFolder) -> None:
    # PYTHONNOUSERSITE has it started and not forked: the number is its own.
    with invoked(on_sqlite.content, crashes.free_port(), PYTHONNOUSERSITE="1") as desk:
        threads = [int(one.name) for one in Path(f"/proc/{desk.pid}/task").iterdir()]
        other = next(one for one in threads if one != desk.pid)
        assert ctypes.CDLL(None).tgkill(desk.pid, other, signal.SIGTERM) == 0
        output, errors = desk.communicate(timeout=20)
    assert (desk.returncode, "stopped" in output, errors) == (0, True, "")


def test_told_to_stop_it_answers_and_publishes_first(on_sqlite: SiteFolder, tmp_path: Path) -> None:
    publish_to(on_sqlite, "public/site")
    page = on_sqlite.root / "public" / "site" / "first" / "index.html"
    scratch, port = tmp_path, crashes.free_port()
    body = urlencode(GOOD | {"text": "reply half: it waits", "key": "half"}).encode()
    slow = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with invoked(on_sqlite.content, port, TMPDIR=str(scratch)) as first:
        status, said = post(port, GOOD | {"text": "reply 0: at once", "key": "0"}, as_json=True)
        assert status == 201
        slow.putrequest("POST", "/reply")
        slow.putheader("Content-Type", "application/x-www-form-urlencoded")
        slow.putheader("Content-Length", str(len(body)))
        slow.endheaders(body[:9])
        with Writers(port, 12) as writers:
            building = on_sqlite.root / "private" / "build" / "publishconf" / "state.sqlite-wal"
            until(building.exists, pause=0.005)
            assert not page.exists()
            first.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            slow.send(body[9:])
            answer = slow.getresponse()
            assert answer.status == 303
            output, errors = first.communicate(timeout=60)
            assert (first.returncode, "stopped" in output) == (0, True)
            assert "Traceback" not in errors
            assert said_on(page.read_text("utf-8"))["reply 0: at once"] == 1
            before = dict(writers.acknowledged)
            whole(on_sqlite.content, before)
            with Process(on_sqlite.content, port):
                writers.finish()
    slow.close()
    assert len(before) > 10
    assert writers.odd == []
    acknowledged = writers.acknowledged | {"reply 0: at once": said, "reply half: it waits": ""}
    whole(on_sqlite.content, acknowledged)


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that speaks S3, with a bucket `web`."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="desks")
    yield endpoint
    server.stop()


HOLDER = """
SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND pg_stat_activity.datname = current_database()
"""


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_another_desk_finishes_what_a_killed_one_was_publishing(
    site: SiteFolder, postgres: str, storage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = new_database(postgres)
    monkeypatch.setenv("REJOINDER_DATABASE", url)
    site.post()
    crashes.set_rules(site.content)
    publish_to(site, f"s3://desks?endpoint={storage}&region=us-east-1")
    bucket = boto3.client("s3", endpoint_url=storage, region_name="us-east-1")

    def keys() -> set[str]:
        return {o["Key"] for o in bucket.list_objects_v2(Bucket="desks").get("Contents", ())}

    def page() -> str:
        found = bucket.get_object(Bucket="desks", Key="first/index.html")
        return str(found["Body"].read().decode())

    texts = [f"reply {number}: it waits" for number in range(3)]
    ports = {name: crashes.free_port() for name in ("one", "two")}
    with (
        invoked(
            site.content, ports["one"], REJOINDER_DATABASE=f"{url}&application_name=one"
        ) as one,
        invoked(
            site.content, ports["two"], REJOINDER_DATABASE=f"{url}&application_name=two"
        ) as two,
        open_desk(site.content) as mine,
        mine.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db,
    ):
        said = {t: post(ports["one"], GOOD | {"text": t, "key": t}, as_json=True)[1] for t in texts}
        mine.moderators.save("ada")
        address = f"http://127.0.0.1:{ports['one']}"
        link = f"/reply/desk/enter/{mine.signer.link(Link('enter', 'ada'))}"
        cookie = ask(address, link, {"x": ""})[1]["set-cookie"].partition(";")[0]
        shown = BeautifulSoup(ask(address, "/reply/desk", Cookie=cookie)[2], "html.parser")
        form = [("csrf", str(shown.select_one("input[name=csrf]")["value"])), ("action", "approve")]
        form += [("reply", reply_id) for reply_id in said.values()]
        assert ask(address, "/reply/desk/decide", form, Cookie=cookie)[0] == 303
        until(lambda: len(keys()) > 5, seconds=120, pause=0.01)
        (holder,) = {row[0] for row in db.exec_driver_sql(HOLDER)}
        {"one": one, "two": two}[holder].kill()
        assert "index.html" not in keys()  # which goes last: it was killed in between
        until(lambda: "index.html" in keys(), seconds=120)
        until(lambda: mine.queue.unpublished() is None)
        assert said_on(page()) == Counter(texts)
        rest = {"one": two, "two": one}[holder]
        other = ports["two" if holder == "one" else "one"]
        assert post(other, GOOD | {"text": "reply 3: at once", "key": "3"})[0] == 303
        until(lambda: said_on(page()) == Counter([*texts, "reply 3: at once"]))
        rest.send_signal(signal.SIGTERM)
        assert rest.wait(30) == 0
    whole(site.content, said | {"reply 3: at once": ""})
    with open_desk(site.content) as mine:
        for reply_id in said.values():
            decided = [decision.status for decision in mine.queue.history(reply_id)]
            assert decided == ["pending", "approved"]
