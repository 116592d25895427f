"""The reply desk, as a real service on this machine with a real database."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import forking
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from conftest import ROOT, SiteFolder, invoke, number_id
from desks import GOOD, ask, settings, submit, words

from rejoinder.comments.store import CommentStore
from rejoinder.errors import StoreError
from rejoinder.replies.database import QueueError
from rejoinder.replies.desk import Desk
from rejoinder.replies.desk import open_desk as desk_of
from rejoinder.replies.model import LIMITS, Status
from rejoinder.replies.queue import find
from rejoinder.replies.schema import outbox
from rejoinder.replies.server import DeskServer
from rejoinder.replies.worker import Worker

FIRST_TIMER = "nobody here knows the writer by a proven e-mail address yet"


def test_a_reply_is_kept_then_thanked_for(
    server: DeskServer, place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    status, headers, _ = ask(server, "/reply", GOOD | {"email": "bo@mail.example", "notify": "yes",
                                                       "in_reply_to": number_id(1)})  # fmt: skip
    assert status == 303
    _, _, page = ask(server, headers["location"])
    assert "Your reply is kept" in words(page)
    assert "<em>differently</em>" in page
    assert "bo@mail.example" not in page
    (reply,) = open_desk().queue.with_status(Status.PENDING)
    assert (reply.name, reply.email, reply.parent, reply.notify) == (
        "Bo", "bo@mail.example", number_id(1), True,
    )  # fmt: skip


def test_json_is_answered_with_json(server: DeskServer) -> None:
    body = json.dumps(GOOD | {"email": None, "notify": False}).encode()
    status, _, said = ask(server, "/reply", body, "application/json")
    assert status == 201
    assert ask(server, json.loads(said)["status"])[0] == 200
    status, _, said = ask(server, "/reply", b'{"thread": "first"}', "application/json")
    assert (status, set(json.loads(said)["errors"])) == (422, {"name", "text"})
    assert ask(server, "/reply", b"[1]", "application/json")[0] == 413
    assert ask(server, "/reply", b"\xff{", "application/json")[0] == 413


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"thread": "nowhere"}, 404, "There is no such discussion"),
        ({"thread": "closed"}, 410, "This discussion is closed"),
        ({"thread": "draft"}, 404, "There is no such discussion"),
        ({"thread": "about"}, 404, "There is no such discussion"),
        ({"thread": "../../etc"}, 404, "There is no such discussion"),
        ({"in_reply_to": number_id(7)}, 409, "no longer here"),
        ({"in_reply_to": "../x"}, 422, "has no such name"),
        ({"name": ""}, 422, "what to call you"),
        ({"name": "x" * 246}, 422, "longer than 245"),
        ({"email": "bo@"}, 422, "no e-mail address"),
        ({"email": "a\r\nBcc: b@c.example"}, 422, "no e-mail address"),
        ({"url": "javascript:alert(1)"}, 422, "begins with http"),
        ({"url": "http://[x"}, 422, "begins with http"),
        ({"text": " \n "}, 422, "no words"),
        ({"text": "é" * 33_000}, 422, "475 bytes longer"),
    ],
)
def test_what_is_wrong_is_told_and_the_words_come_back(
    server: DeskServer,
    place: SiteFolder,
    change: dict[str, str],
    status: int,
    says: str,
    open_desk: Callable[[], Desk],
) -> None:
    form = GOOD | {"text": 'My <b>words</b> & "more"'} | change
    got, headers, page = ask(server, "/reply", form)
    assert got == status
    assert says in words(page)
    if form["text"].strip():
        shown = BeautifulSoup(page, "html.parser")
        assert form["text"] in shown.get_text()
    assert "default-src 'none'" in headers["content-security-policy"]
    assert open_desk().queue.with_status(Status.PENDING) == []


def test_the_desk_keeps_to_the_rules_of_the_site(server: DeskServer, place: SiteFolder) -> None:
    rules = place.content / "site.toml"
    rules.write_text("[discussions]\nemail_required = true\n")
    status, _, page = ask(server, "/reply", GOOD)
    assert (status, "Please give one" in words(page)) == (422, True)
    rules.write_text("[discussions]\nclose_after_days = 1\n")  # the post is older
    assert ask(server, "/reply", GOOD)[0] == 410
    rules.write_text('[discussions]\ndefault = "closed"\n')
    assert ask(server, "/reply", GOOD)[0] == 410
    place.post(Comments="open")
    rules.write_text("")
    assert ask(server, "/reply", GOOD)[0] == 303


def test_a_request_without_end_is_not_read(server: DeskServer) -> None:
    status, _, page = ask(server, "/reply", b"text=" + b"x" * 400_000)
    assert (status, "longer than any reply" in words(page)) == (413, True)


def test_the_form_of_its_own(server: DeskServer) -> None:
    status, _, page = ask(server, f"/reply?thread=first&to={number_id(1)}")
    form = BeautifulSoup(page, "html.parser").form
    assert status == 200
    assert form.find(attrs={"name": "in_reply_to"})["value"] == number_id(1)
    assert form.find(attrs={"name": "thread"})["value"] == "first"
    assert ask(server, "/reply?thread=none")[0] == 404
    assert ask(server, "/reply?thread=closed")[0] == 410
    hostile = ask(server, '/reply?thread=first&to="><script>alert(1)</script>'.replace("<", "%3C"))
    assert "<script>" not in hostile[2]


def test_the_writer_changes_and_withdraws(
    server: DeskServer, place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    _, headers, _ = ask(server, "/reply", GOOD)
    mine = headers["location"]
    assert ask(server, mine, GOOD | {"text": "Better words.", "action": "edit"})[0] == 303
    assert "Better words." in words(ask(server, mine)[2])
    assert ask(server, mine, GOOD | {"text": "", "action": "edit"})[0] == 422
    desk = open_desk()
    (reply,) = desk.queue.with_status(Status.PENDING)
    desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    desk.publish()
    file = CommentStore(place.content).path("first", reply.id)
    assert "Better words." in file.read_text("utf-8")
    assert ask(server, mine, {"action": "withdraw"})[0] == 303
    assert "is withdrawn" in words(ask(server, mine)[2])
    desk.publish()
    assert not file.exists()


@pytest.mark.parametrize("token", ["x", "IjIwMjYi.abc", "..%2f..%2fetc", "%00"])
def test_a_forged_status_link_shows_nothing(server: DeskServer, token: str) -> None:
    assert ask(server, f"/reply/status/{token}")[0] == 404
    assert ask(server, f"/reply/status/{token}", {"action": "withdraw"})[0] == 404


def test_what_fell_into_the_trap_is_kept_as_spam(
    server: DeskServer, place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    status, headers, _ = ask(server, "/reply", GOOD | {"website2": "http://spam.example"})
    assert status == 303
    assert "Your reply is kept" in words(ask(server, headers["location"])[2])
    queue = open_desk().queue
    assert queue.with_status(Status.PENDING) == []
    (spam,) = queue.with_status(Status.SPAM)
    assert queue.history(spam.id)[0].why == "the field that no person sees was filled in"


def test_a_queue_that_fails_thanks_nobody(
    server: DeskServer, place: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise QueueError("disk full")

    monkeypatch.setattr("rejoinder.replies.arrivals.Arrivals._keep", full)
    status, _, page = ask(server, "/reply", GOOD)
    assert status == 503
    assert "It could not be kept" in words(page)
    assert GOOD["text"] in words(page)
    monkeypatch.setattr("rejoinder.replies.queue.Queue.get", full)
    assert ask(server, "/healthz")[0] == 503


def test_a_form_that_is_sent_twice_is_one_reply(
    server: DeskServer, open_desk: Callable[[], Desk]
) -> None:
    keyed = GOOD | {"key": "k1"}
    for form in (keyed, GOOD | {"text": "Without a key."}):
        places = {ask(server, "/reply", form)[1]["location"] for _ in range(3)}
        assert len(places) == 1
    assert len(open_desk().queue.with_status(Status.PENDING)) == 2
    again = keyed | {"text": "Said better."}  # the first answer was lost, and the words changed
    assert len({ask(server, "/reply", again)[1]["location"] for _ in range(2)}) == 1
    texts = {r.text for r in open_desk().queue.with_status(Status.PENDING)}
    assert texts == {"Said better.", "Without a key."}
    other = ask(server, "/reply", GOOD | {"text": "Without a key."}, X_Forwarded_For="203.0.113.1")
    assert other[1]["location"] not in places


def test_repeating_public_words_gives_no_right_to_them(
    server: DeskServer, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    place = ask(server, "/reply", GOOD)[1]["location"]
    (reply,) = desk.queue.with_status(Status.PENDING)
    desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    status, headers, page = ask(server, "/reply", GOOD)
    assert (status, "location" in headers) == (409, False)
    assert "You have said this already" in words(page)
    assert ask(server, "/reply", GOOD | {"text": GOOD["text"] + "!"})[1]["location"] != place


def test_a_form_knows_how_long_it_was_open(
    server: DeskServer, open_desk: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk()
    stamp = json.loads(ask(server, "/reply/stamp")[2])["stamp"]
    ask(server, "/reply", GOOD | {"stamp": stamp})
    (quick,) = desk.queue.with_status(Status.SPAM)
    assert desk.queue.history(quick.id)[0].by == "the rule 'too quick'"
    for forged in ("x", stamp[:-2] + "xx", desk.signer.status_token("a")):
        status, _, page = ask(server, "/reply", GOOD | {"stamp": forged, "key": forged})
        assert (status, "open for too long" in words(page)) == (422, True)
        fresh = BeautifulSoup(page, "html.parser").find(attrs={"name": "stamp"})
        assert fresh is not None
        assert desk.signer.stamp_age(str(fresh["value"]), 1) < 30
        assert GOOD["text"] in page
    now = int(time.time())
    clock = "itsdangerous.timed.TimestampSigner.get_timestamp"
    monkeypatch.setattr(clock, lambda _: now - 49 * 3600)
    old = desk.signer.stamp()
    monkeypatch.setattr(clock, lambda _: now - 60)
    good = desk.signer.stamp()
    monkeypatch.undo()
    assert ask(server, "/reply", GOOD | {"stamp": old, "key": "a"})[0] == 422
    assert ask(server, "/reply", GOOD | {"stamp": good, "key": "b"})[0] == 303


def test_what_a_reader_lets_their_browser_remember(server: DeskServer) -> None:
    form = GOOD | {"email": "bo@mail.example", "remember": "yes"}
    cookie = ask(server, "/reply", form)[1]["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/reply"} <= set(cookie.split("; "))
    mine = cookie.partition(";")[0]
    page = ask(server, "/reply?thread=first", Cookie=mine)[2]
    assert 'value="bo@mail.example"' in page
    assert "bo@mail.example" not in ask(server, "/reply?thread=first")[2]
    assert "bo@mail.example" not in ask(server, "/reply?thread=first", Cookie=mine + "x")[2]
    forgotten = ask(server, "/reply", GOOD | {"key": "n"}, Cookie=mine)[1]["set-cookie"]
    assert 'rejoinder_reader=""' in forgotten


def test_its_figures_are_about_nobody(server: DeskServer) -> None:
    ask(server, "/reply", GOOD | {"email": "bo@mail.example"})
    ask(server, "/reply", {"thread": "none"})
    status, headers, figures = ask(server, "/metrics")
    assert (status, headers["content-type"].partition(";")[0]) == (200, "text/plain")
    assert 'rejoinder_replies_total{outcome="pending"} 1.0' in figures
    assert 'rejoinder_replies_total{outcome="refused"} 1.0' in figures
    assert "rejoinder_replies_waiting 1.0" in figures
    assert "Bo" not in figures
    assert "mail.example" not in figures


def git(place: SiteFolder, *words: str) -> str:
    run = ["git", "-C", str(place.root), "-c", "user.name=Ada", "-c", "user.email=a@b.example"]
    return subprocess.run([*run, *words], check=True, capture_output=True, text=True).stdout


def test_each_decision_is_a_commit_of_its_own_where_that_is_wanted(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    settings(place.content, "[publishing]\ngit = true\n")
    git(place, "init", "--quiet", "--initial-branch=main")
    git(place, "add", "content")
    git(place, "commit", "--quiet", "--message", "begin")
    (place.content / "posts" / "unsaved.md").write_text("the author is at this")
    git(place, "add", "content/posts/unsaved.md")
    desk, now = open_desk(), datetime.now(UTC)
    replies = [submit(desk, text=f"-{n}; $(touch x)", name="--amend") for n in range(2)]
    for reply in replies:
        desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=now)
    desk.publish()
    desk.queue.decide(replies[0].id, Status.REJECTED, by="ada", why="", now=now)
    desk.publish()
    log = git(place, "log", "--format=%s|%an", "--name-only").split("\n\n")
    file = f"content/comments/first/{replies[0].id}.md"
    assert f"Take back reply {replies[0].id} on first|Rejoinder" in log[0]
    assert [part.count(".md") for part in (*log[1:2], log[2])] == [1, 1]
    assert file not in git(place, "ls-files")
    assert "A  content/posts/unsaved.md" in git(place, "status", "--porcelain")


def test_a_broken_repository_or_folder_keeps_nobody_from_replying(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    settings(place.content, "[publishing]\ngit = true\n")  # and there is no repository
    desk = open_desk()
    reply = submit(desk)
    desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    with pytest.raises(StoreError, match="git refused"):
        desk.publish()
    assert CommentStore(place.content).path("first", reply.id).is_file()
    assert desk.queue.outbox() == []
    settings(place.content, "")
    shutil.rmtree(place.content / "comments")
    (place.content / "comments").write_text("a file where the folder should be")
    other = submit(desk)
    desk.queue.decide(other.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    again = open_desk()  # it opens, and takes replies
    assert submit(again).status is Status.PENDING
    (place.content / "comments").unlink()
    again.publish()
    assert CommentStore(place.content).path("first", other.id).is_file()


def test_others_publish_and_say_so(place: SiteFolder, open_desk: Callable[[], Desk]) -> None:
    desk = open_desk()
    reply = submit(desk)
    desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    Worker(desk, None).round()
    assert CommentStore(place.content).path("first", reply.id).is_file()
    assert desk.queue.unpublished() is not None
    desk.is_published()
    assert desk.queue.unpublished() is None


def test_what_was_taken_back_is_not_answered(
    server: DeskServer, open_desk: Callable[[], Desk]
) -> None:
    desk, now = open_desk(), datetime.now(UTC)
    one = submit(desk)
    desk.queue.decide(one.id, Status.APPROVED, by="ada", why="", now=now)
    desk.publish()
    two = submit(desk, in_reply_to=one.id)
    desk.queue.decide(two.id, Status.APPROVED, by="ada", why="", now=now)
    desk.publish()
    desk.queue.decide(one.id, Status.WITHDRAWN, by="its writer", why="", now=now)
    desk.publish()
    status, _, page = ask(server, "/reply", GOOD | {"in_reply_to": one.id, "key": "k"})
    assert (status, "no longer here" in words(page)) == (409, True)


def test_health(server: DeskServer) -> None:
    assert ask(server, "/healthz")[::2] == (200, "ok\n")


def test_the_author_decides_by_task(
    place: SiteFolder, server: DeskServer, open_desk: Callable[[], Desk]
) -> None:
    for n in range(3):
        ask(server, "/reply", GOOD | {"name": f"R{n}", "text": f"Reply {n} [b]"})
    listed = invoke("queue", "--content", str(place.content)).stdout
    ids = re.findall(r"^(\d{8}T\d{6}Z-\w+)", re.sub(r"\x1b\[[0-9;]*m", "", listed), re.M)
    assert (len(ids), "3 waiting" in listed, "Reply 2 [b]" in listed) == (3, True, True)
    where = ["--content", str(place.content)]
    approved = invoke("approve", ids[0].partition("-")[2] + "," + ids[1], *where)
    assert approved.returncode == 0, approved.stderr
    store = CommentStore(place.content)
    assert {c.id for c in store.read("first").comments} == {number_id(1), ids[0], ids[1]}
    again = invoke("approve", ids[0], *where)
    assert (again.returncode, "is approved already" in again.stderr) == (1, True)
    assert invoke("undo", ids[0], *where).returncode == 0
    assert not store.path("first", ids[0]).exists()
    assert invoke("reject", ids[2], "--spam", "--why", "a shop", *where).returncode == 0
    assert ids[2] in invoke("queue", "--spam", *where).stdout
    queue = open_desk().queue
    assert [d.why for d in queue.history(ids[2])] == [FIRST_TIMER, "a shop"]
    assert [d.status for d in queue.history(ids[0])] == ["pending", "approved", "pending"]
    missing = invoke("approve", "nothing", *where)
    assert (missing.returncode, "`invoke queue` lists them" in missing.stderr) == (1, True)


def test_public_files_hold_nothing_private(
    place: SiteFolder, server: DeskServer, open_desk: Callable[[], Desk]
) -> None:
    ask(server, "/reply", GOOD | {"email": "bo@mail.example"})
    desk = open_desk()
    (reply,) = desk.queue.with_status(Status.PENDING)
    desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    (written,) = desk.publish()
    assert "mail.example" not in written.read_text("utf-8")
    private = place.root / "private"
    assert (private / ".gitignore").read_text() == "*\n"
    if os.name != "nt":
        assert (
            private.stat().st_mode & 0o077,
            (private / "desk" / "secret").stat().st_mode & 0o077,
        ) == (0, 0)


def test_a_crash_between_decision_and_file_is_mended_by_the_next_start(
    place: SiteFolder, monkeypatch: pytest.MonkeyPatch, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    reply = submit(desk)
    desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    path = CommentStore(place.content).path("first", reply.id)
    assert not path.exists()  # the crash: nobody carried it out
    open_desk()
    written = path.read_bytes()

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    desk.queue.decide(reply.id, Status.REJECTED, by="ada", why="", now=datetime.now(UTC))
    with monkeypatch.context() as patch:
        patch.setattr("rejoinder.replies.queue.Queue.done", crash)  # after the file, before the row
        with pytest.raises(KeyboardInterrupt):
            desk.publish()
    assert not path.exists()
    open_desk()
    assert not path.exists()
    desk.queue.undo(reply.id, by="ada", now=datetime.now(UTC))
    desk.publish()
    assert path.read_bytes() == written
    assert desk.queue.outbox() == []


def test_a_file_says_when_its_comment_was_let_in_first(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    reply = submit(desk)
    at = datetime(2026, 3, 5, 12, 30, tzinfo=UTC)
    for hours, status in enumerate((Status.APPROVED, Status.REJECTED, Status.APPROVED)):
        now = at + timedelta(hours=hours)
        desk.queue.decide(reply.id, status, by="ada", why="", now=now)
        desk.carry_out()
    comment = next(c for c in CommentStore(place.content).read("first").comments
                   if c.id == reply.id)  # fmt: skip
    assert comment.approved == at
    assert reply.comment().approved is None


def test_two_moderators_race(place: SiteFolder, open_desk: Callable[[], Desk]) -> None:
    """Each reply is decided once, whatever the two press: one decision, one file. A thousand
    times with REJOINDER_LONG."""
    rounds = 1000 if os.environ.get("REJOINDER_LONG") else 100
    desks = [open_desk(), open_desk()]
    replies = [submit(desks[0], text=f"Reply {n}.") for n in range(rounds)]
    won: dict[str, list[str]] = {reply.id: [] for reply in replies}
    start = threading.Barrier(2)

    def decide(desk: Desk, by: str) -> None:
        for reply in replies:
            start.wait()
            try:
                desk.queue.decide(reply.id, Status.APPROVED, by=by, why="", now=datetime.now(UTC))
                won[reply.id].append(by)
            except QueueError:
                pass

    pair = [threading.Thread(target=decide, args=(d, f"m{n}")) for n, d in enumerate(desks)]
    for one in pair:
        one.start()
    for one in pair:
        one.join()
    assert [len(by) for by in won.values()] == [1] * rounds
    with desks[0].database.transaction() as db:
        assert db.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one() == rounds
    writers = [threading.Thread(target=desk.publish) for desk in desks]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    ids = {comment.id for comment in CommentStore(place.content).read("first").comments}
    assert ids == set(won) | {number_id(1)}
    for reply in replies[:20]:
        assert [d.status for d in desks[1].queue.history(reply.id)] == ["pending", "approved"]


def test_sqlite_is_durable_on_every_connection(site: SiteFolder) -> None:
    with desk_of(site.content) as desk:
        engine = desk.database.engine
    for _ in range(3):
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        engine.dispose()


def test_desks_that_start_at_once_make_the_tables_once(place: SiteFolder) -> None:
    words = [*forking.command("invoke"), "queue", "--content", str(place.content)]
    started = [
        subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(5)
    ]
    for process in started:
        assert process.communicate(timeout=60) == (b"0 waiting\n", b"")
        assert process.returncode == 0


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "can't be opened"),
        ("mysql://me:secret@localhost/x", "can't be opened"),
        ("sqlite:////no/such/folder/x.db", "unable to open"),
        ("postgresql+psycopg://me:secret@127.0.0.1:9/x", "can't be opened"),
    ],
)
def test_a_database_that_is_none_is_told_without_its_password(
    site: SiteFolder, url: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REJOINDER_DATABASE", url)
    run = invoke("queue", "--content", str(site.content))
    assert run.returncode == 1
    assert says in run.stderr
    assert "Traceback" not in run.stderr
    assert "secret" not in run.stderr


def test_what_an_import_left_is_taken_over_once(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    folder = place.root / "private" / "wordpress"
    folder.mkdir(parents=True)
    comment = (
        "Id: 20261123T084343Z-wp29\nAuthor: Late\nDate: 2026-11-23 08:43:43+00:00\n"
        "Format: html\nAnchor: comment-29\nSource: wordpress\n\nWaiting <b>here</b>.\n"
    )
    row = {"thread": "first", "email": "late@mail.example", "comment": comment}
    (folder / "pending.jsonl").write_text(json.dumps(row) + "\n")
    for _ in range(2):
        desk = open_desk()
        (reply,) = desk.queue.with_status(Status.PENDING)
    assert (reply.email, reply.anchor) == ("late@mail.example", "comment-29")
    desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    desk.publish()
    text = CommentStore(place.content).path("first", reply.id).read_text("utf-8")
    assert "Format: html\nAnchor: comment-29\nSource: wordpress\n\nWaiting <b>here</b>.\n" in text
    (folder / "pending.jsonl").write_text("nonsense\n")
    run = invoke("queue", "--content", str(place.content))
    assert (run.returncode, "pending.jsonl:1:" in run.stderr) == (1, True)


def test_a_reply_is_found_by_a_part_of_its_id(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    queue = desk.queue
    one, two = (submit(desk) for _ in range(2))
    assert find(queue, one.id.partition("-")[2]) == one
    with pytest.raises(QueueError, match="2 replies found"):
        find(queue, two.id[:4])


def test_limits_are_those_of_wordpress() -> None:
    assert LIMITS == {"name": 245, "email": 100, "url": 200, "text": 65_525}


def test_the_desk_never_imports_pelican() -> None:
    code = "import sys, rejoinder.replies.server; sys.exit('pelican' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_it_starts_in_a_blink(place: SiteFolder) -> None:
    """Told by what it takes of a processor, since other tests may run beside it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(
        [sys.executable, "-m", "invoke", "desk", "--content", str(place.content), "--port", "0"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert "Taking replies at" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=60)[0] == "stopped\n"
    assert process.returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2
