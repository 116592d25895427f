"""Akismet, asked aside of everything: here a program of our own that answers as it does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from conftest import SiteFolder
from desks import GOOD, NO_LIMITS, ask, settings
from postbox import LOCAL, Asked, Postbox, mail, running, said, silent, web_server

from rejoinder.replies.desk import Desk
from rejoinder.replies.desk import open_desk as desk_of
from rejoinder.replies.judging import akismet
from rejoinder.replies.model import Reply, Status
from rejoinder.replies.server import DeskServer
from rejoinder.replies.web.app import make_app
from rejoinder.web import Client

OPEN = '[rules]\nhold = "nothing"\n'
HELD = "; being checked"


@contextmanager
def desk_with(place: SiteFolder, port: int, more: str = OPEN) -> Iterator[tuple[Desk, DeskServer]]:
    text = f'{LOCAL}[akismet]\nkey = "k3y"\naddress = "http://127.0.0.1:{port}"\n'
    settings(place.content, text + NO_LIMITS + more)
    with desk_of(place.content) as desk, DeskServer(0).run(make_app(desk)) as server:
        yield desk, server


def until(what: Callable[[], bool], seconds: float = 8) -> bool:
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.01)
    return what()


def only(desk: Desk) -> Reply:
    (reply,) = desk.queue.with_status(*Status)
    return reply


class Gate:
    """Answers once it is let to."""

    def __init__(self, words: bytes, status: int = 200) -> None:
        self.answer = status, words
        self.open = threading.Event()

    def __call__(self, body: bytes) -> tuple[int, bytes]:
        assert self.open.wait(9)
        return self.answer


@pytest.fixture
def gated(place: SiteFolder) -> Iterator[Callable[..., tuple[Desk, DeskServer, Gate, list[Asked]]]]:
    with ExitStack() as stack:

        def go(words: bytes, more: str = OPEN, status: int = 200):
            gate = Gate(words, status)
            port, got = stack.enter_context(web_server(gate))
            stack.callback(gate.open.set)
            desk, server = stack.enter_context(desk_with(place, port, more))
            stack.callback(gate.open.set)
            return desk, server, gate, got

        yield go


@pytest.mark.parametrize(
    ("words", "status", "rules", "becomes", "by"),
    [
        (b"true", 200, OPEN, Status.SPAM, "Akismet"),
        (b"false", 200, OPEN, Status.APPROVED, "Akismet"),
        (b"true", 200, "", Status.SPAM, "Akismet"),  # what waits may be spam
        (b"false", 200, "", Status.PENDING, "the rule 'first-timers'"),
        (b"invalid", 200, OPEN, Status.PENDING, "the rule 'open'"),
        (b"", 200, OPEN, Status.PENDING, "the rule 'open'"),
        (b"<p>true" * 1000, 200, OPEN, Status.PENDING, "the rule 'open'"),
        (b"false", 500, OPEN, Status.PENDING, "the rule 'open'"),
        (b"true", 403, OPEN, Status.PENDING, "the rule 'open'"),
        (b"false", 302, OPEN, Status.PENDING, "the rule 'open'"),
    ],
)
def test_its_opinion(
    gated: Callable, words: bytes, status: int, rules: str, becomes: Status, by: str
) -> None:
    desk, server, gate, got = gated(words, rules, status)
    woken = threading.Event()
    desk.on_change = woken.set
    began = time.monotonic()
    assert ask(server, "/reply", GOOD)[0] == 303
    assert time.monotonic() - began < 4  # it is still thinking
    assert only(desk).status is Status.PENDING
    assert until(lambda: len(got) == 1)
    gate.open.set()
    decided = by == "Akismet"
    until(lambda: only(desk).status is not Status.PENDING, 8 if decided else 0.5)
    assert (only(desk).status, desk.queue.history(only(desk).id)[-1].by) == (becomes, by)
    assert woken.wait(2 if becomes is Status.APPROVED else 0) or becomes is not Status.APPROVED


def test_what_it_is_told(gated: Callable) -> None:
    desk, server, gate, got = gated(b"false")
    gate.open.set()
    form = GOOD | {"name": "Bö", "email": "bo@mail.example", "url": "https://bo.example/"}
    ask(server, "/reply", form, X_Forwarded_For="203.0.113.5", User_Agent="Browser/1")
    assert until(lambda: only(desk).status is Status.APPROVED)
    ((_, body),) = got
    assert {name: value for name, (value,) in parse_qs(body.decode()).items()} == {
        "api_key": "k3y", "blog_charset": "UTF-8", "blog": "https://blog.example",
        "user_ip": "203.0.113.5", "user_agent": "Browser/1", "comment_type": "comment",
        "permalink": "https://blog.example/first/", "comment_author": "Bö",
        "comment_author_email": "bo@mail.example", "comment_author_url": "https://bo.example/",
        "comment_content": GOOD["text"],
    }  # fmt: skip


@pytest.mark.parametrize("says", [(), (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfal",)])
def test_one_that_hangs_leaves_the_reply_in_the_queue(
    place: SiteFolder, says: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    def hurried(**options: object) -> Client:
        return Client(**(options | {"timeout": 0.5, "deadline": 0.5}))  # type: ignore[arg-type]

    monkeypatch.setattr(akismet, "Client", hurried)
    with silent(*says) as port, desk_with(place, port) as (desk, server):
        assert ask(server, "/reply", GOOD | {"email": "bo@mail.example"})[0] == 303
        assert until(lambda: "Akismet has decided nothing" in caplog.text)
        assert only(desk).status is Status.PENDING
    assert "mail.example" not in said(caplog)
    assert "k3y" not in said(caplog)


def test_nobody_there_leaves_it_too(place: SiteFolder, caplog: pytest.LogCaptureFixture) -> None:
    with desk_with(place, 9) as (desk, server):
        assert ask(server, "/reply", GOOD)[0] == 303
        assert until(lambda: "Akismet has decided nothing" in caplog.text)
        assert only(desk).status is Status.PENDING


def test_it_speaks_for_the_words_that_it_saw_alone(gated: Callable) -> None:
    desk, server, gate, got = gated(b"false")
    _, headers, _ = ask(server, "/reply", GOOD)
    assert until(lambda: len(got) == 1)
    edit = {"text": "Buy pills!", "name": "Bo", "action": "edit"}
    assert ask(server, headers["location"], edit)[0] == 303
    gate.open.set()
    time.sleep(0.7)
    assert (only(desk).status, only(desk).text) == (Status.PENDING, "Buy pills!")


@pytest.mark.parametrize("opinion", [b"true", b"false"])
@pytest.mark.parametrize("decided", [Status.APPROVED, Status.REJECTED, Status.SPAM])
def test_a_person_who_was_quicker_has_the_last_word(
    gated: Callable, opinion: bytes, decided: Status
) -> None:
    desk, server, gate, got = gated(opinion)
    ask(server, "/reply", GOOD)
    assert until(lambda: len(got) == 1)
    desk.queue.decide(only(desk).id, decided, by="ada", why="", now=datetime.now(UTC))
    gate.open.set()
    time.sleep(0.7)
    assert only(desk).status is decided
    assert desk.queue.history(only(desk).id)[-1].by == "ada"


def test_moderators_are_not_told_of_what_it_still_looks_at(gated: Callable) -> None:
    with running(Postbox()) as box:
        desk, server, gate, got = gated(b"true", OPEN + mail(box.port))
        desk.moderators.save("ada", email="ada@blog.example")
        ask(server, "/reply", GOOD)
        assert until(lambda: len(got) == 1)
        now = datetime.now(UTC)
        desk.notices.gather(now)
        assert desk.notices.deliveries.unsent() == 0
        desk.notices.gather(now + timedelta(seconds=16))  # it has had its time
        assert desk.postman.carry(now + timedelta(seconds=16)) == 1
        assert HELD in box.letters[0].as_string()
        gate.open.set()
        assert until(lambda: only(desk).status is Status.SPAM)


def test_what_the_trap_caught_is_told_to_nobody(gated: Callable) -> None:
    desk, server, gate, got = gated(b"false")
    gate.open.set()
    ask(server, "/reply", GOOD | {"website2": "x"})
    time.sleep(0.3)
    assert got == []
    assert only(desk).status is Status.SPAM
