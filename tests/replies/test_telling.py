"""Letters and webhooks, through a real SMTP server and a real receiver."""

from __future__ import annotations

import email
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from conftest import SiteFolder
from desks import NO_LIMITS, ask, settings, submit, words

from rejoinder.replies.desk import Desk
from rejoinder.replies.desk import open_desk as desk_of
from rejoinder.replies.model import Reply, Status
from rejoinder.replies.schema import deliveries
from rejoinder.replies.server import DeskServer
from rejoinder.replies.telling.deliveries import PAUSES
from rejoinder.replies.telling.letters import Go, Quote, Sender, Words, compose
from rejoinder.replies.web.app import make_app
from rejoinder.replies.worker import Worker

MAIL = """
reachable_networks = ["127.0.0.0/8"]
{more}
[mail]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "blog@blog.example"
moderators = "{rhythm}"
"""


class Postbox:
    """An SMTP server that keeps what it is given, and can be told to misbehave."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answers: dict[str, str] = {}  # by recipient

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.letters.append(message)
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [letter for letter in self.letters if letter["To"] == address]


def text_of(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def link_of(letter: EmailMessage, label: str) -> str:
    """The path of the link with that label."""
    found = re.search(rf"{label}:\n\S+?(/reply/\S+)", text_of(letter))
    assert found is not None, text_of(letter)
    return found[1]


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, int]]:
    box = Postbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]  # the controller must know it beforehand
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


Start = Callable[..., tuple[Desk, DeskServer, Worker]]


@pytest.fixture
def start(place: SiteFolder, postbox: tuple[Postbox, int]) -> Iterator[Start]:
    """Open the desk with its letters, behind its port, with a worker that works when told."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def go(rhythm: str = "at once", more: str = "", rest: str = "") -> Any:
            text = MAIL.format(port=postbox[1], rhythm=rhythm, more=more) + NO_LIMITS + rest
            settings(place.content, text)
            desk = stack.enter_context(desk_of(place.content))
            server = stack.enter_context(DeskServer(0).run(make_app(desk)))
            desk.moderators.save("ada", email="ada@blog.example")
            return desk, server, Worker(desk)

        yield go


def approve(desk: Desk, reply: Reply) -> None:
    desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))


def test_what_waits_is_told_with_links_that_decide_once(
    start: Start, postbox: tuple[Postbox, int], place: SiteFolder
) -> None:
    desk, server, worker = start()
    reply = submit(desk, name="Bö Œuvre", text="Ça va, <b>Ada</b>?\nSecond line.")
    for _ in range(3):
        worker.round()
    (letter,) = postbox[0].letters
    assert letter["From"] == "A site <blog@blog.example>"
    assert letter["To"] == "ada@blog.example"
    assert letter["Subject"] == "Bö Œuvre on “First”"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["In-Reply-To"] == letter["References"]
    assert "> Ça va, <b>Ada</b>?\n> Second line." in text_of(letter)
    html = letter.get_body(("html",))
    assert html is not None
    assert "Ça va, &lt;b&gt;Ada&lt;/b&gt;?" in html.get_content()
    path = link_of(letter, "Approve it")
    status, _, page = ask(server, path)
    assert (status, "Approve this reply" in words(page)) == (200, True)
    assert desk.queue.get(reply.id).status is Status.PENDING
    assert "is approved" in words(ask(server, path, {"x": ""})[2])
    assert [d.by for d in desk.queue.history(reply.id)][-1] == "ada, by letter"
    status, _, page = ask(server, path, {"x": ""})
    assert (status, "used before" in words(page)) == (410, True)
    assert ask(server, link_of(letter, "It is spam"), {"x": ""})[0] == 200
    assert desk.queue.get(reply.id).status is Status.SPAM
    assert ask(server, path + "x", {"x": ""})[0] == 410


def test_a_link_decides_only_on_the_words_that_were_shown(
    start: Start, postbox: tuple[Postbox, int]
) -> None:
    desk, server, worker = start()
    reply = submit(desk, text="Harmless.")
    worker.round()
    mine = f"/reply/status/{desk.signer.status_token(reply.id)}"
    ask(server, mine, {"text": "Not harmless.", "name": "Bo", "action": "edit"})
    status, _, page = ask(server, link_of(postbox[0].letters[0], "Approve it"), {"x": ""})
    assert (status, "has other words by now" in words(page)) == (409, True)
    assert desk.queue.get(reply.id).status is Status.PENDING


def test_an_old_link_is_refused(
    start: Start, postbox: tuple[Postbox, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, server, worker = start()
    reply = submit(desk)
    worker.round()
    path = link_of(postbox[0].letters[0], "Approve it")
    now = int(datetime.now(UTC).timestamp())
    monkeypatch.setattr(
        "itsdangerous.timed.TimestampSigner.get_timestamp", lambda _: now + 15 * 86400
    )
    status, _, page = ask(server, path, {"x": ""})
    assert (status, "too old" in words(page)) == (410, True)
    assert desk.queue.get(reply.id).status is Status.PENDING


def test_many_at_once_come_in_one_letter_and_spam_in_none(
    start: Start, postbox: tuple[Postbox, int]
) -> None:
    desk, _, worker = start()
    for n in range(5):
        submit(desk, text=f"Reply {n}.")
    submit(desk, website2="x")
    worker.round()
    (letter,) = postbox[0].letters
    assert letter["Subject"] == "5 new things at A site"
    assert text_of(letter).count("Approve it:") == 5


def test_a_digest_goes_at_its_hour_in_the_sites_zone(
    start: Start, postbox: tuple[Postbox, int], place: SiteFolder
) -> None:
    toml = place.content / "site.toml"
    toml.write_text(toml.read_text() + 'timezone = "Europe/London"\n')
    desk, _, _ = start("daily")
    submit(desk, text="One.")
    night = datetime(2026, 3, 28, 9, 0, tzinfo=UTC)  # the clocks go forward on the 29th
    desk.notices.gather(night)
    submit(desk, text="Two.")
    desk.notices.gather(night + timedelta(hours=1))
    assert desk.postman.carry(datetime(2026, 3, 29, 6, 59, tzinfo=UTC)) == 0
    assert desk.postman.carry(datetime(2026, 3, 29, 7, 0, tzinfo=UTC)) == 1  # eight in London
    assert "One." in text_of(postbox[0].letters[0])
    assert "Two." in text_of(postbox[0].letters[0])


def test_who_wants_to_hear_of_answers_is_asked_first_and_after_approval_only(
    start: Start, postbox: tuple[Postbox, int], place: SiteFolder
) -> None:
    desk, server, worker = start()
    box = postbox[0]
    reply = submit(desk, email="Bo@mail.example", notify="yes")
    spam = submit(desk, email="evil@mail.example", notify="yes", website2="x")
    worker.round()
    assert {letter["To"] for letter in box.letters} == {"ada@blog.example"}
    approve(desk, reply)
    for _ in range(3):
        worker.round()
    (asked,) = box.to("bo@mail.example")
    answer = submit(desk, in_reply_to=reply.id, name="Cy", text="Early answer.")
    approve(desk, answer)
    worker.round()
    assert len(box.to("bo@mail.example")) == 1  # not confirmed: nothing more
    path = link_of(asked, "Yes, tell me")
    assert ask(server, path)[0] == 200
    assert "You will be told" in words(ask(server, path, {"x": ""})[2])
    own = submit(desk, in_reply_to=answer.id, email="bo@mail.example", text="Mine.")
    deep = submit(desk, in_reply_to=answer.id, name="Di", text="Deep *answer*.")
    beside = submit(desk, text="Beside it.")
    for one in (own, deep, beside):
        approve(desk, one)
    worker.round()
    worker.round()
    told = box.to("bo@mail.example")[1:]
    assert [letter["Subject"] for letter in told] == ["Di answered you on “First”"]
    assert f"https://blog.example/first/#comment-{deep.id}" in text_of(told[0])
    end = told[0]["List-Unsubscribe"].strip("<>").partition("blog.example")[2]
    assert told[0]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert ask(server, end)[0] == 200
    last = submit(desk, in_reply_to=deep.id, name="Ed")
    approve(desk, last)
    worker.round()
    assert len(box.to("bo@mail.example")) == 3  # looking did not end it
    assert ask(server, end, b"List-Unsubscribe=One-Click")[0] == 200
    after = submit(desk, in_reply_to=deep.id, name="Flo")
    approve(desk, after)
    worker.round()
    assert len(box.to("bo@mail.example")) == 3
    assert box.to("evil@mail.example") == []
    assert desk.queue.get(spam.id).status is Status.SPAM


def test_nobody_is_told_of_an_answer_that_is_not_on_its_page(
    start: Start, postbox: tuple[Postbox, int]
) -> None:
    desk, _, _ = start()
    reply = submit(desk, email="bo@mail.example", notify="yes", proven=True)
    approve(desk, reply)
    Worker(desk).round()

    def broken() -> None:
        from rejoinder.errors import PublishError

        raise PublishError("the build failed")

    answer = submit(desk, in_reply_to=reply.id, name="Cy")
    approve(desk, answer)
    from rejoinder.errors import PublishError

    with pytest.raises(PublishError):
        Worker(desk, broken).round()
    desk.notices.gather(datetime.now(UTC))
    desk.postman.carry()
    assert postbox[0].to("bo@mail.example") == []
    published: list[int] = []
    Worker(desk, lambda: published.append(1)).round()
    assert published == [1]
    assert len(postbox[0].to("bo@mail.example")) == 1


def test_two_desks_tell_once(start: Start, postbox: tuple[Postbox, int], place: SiteFolder) -> None:
    desk, _, _ = start()
    reply = submit(desk, email="bo@mail.example", notify="yes", proven=True)
    approve(desk, reply)
    Worker(desk).round()
    answers = [submit(desk, in_reply_to=reply.id, name=f"N{n}") for n in range(5)]
    for answer in answers:
        approve(desk, answer)
    with desk_of(place.content) as other:
        rounds = [threading.Thread(target=Worker(d).round) for d in (desk, other) * 3]
        for one in rounds:
            one.start()
        for one in rounds:
            one.join()
    assert len(postbox[0].to("bo@mail.example")) == 5


def test_new_posts_by_mail(start: Start, postbox: tuple[Postbox, int], place: SiteFolder) -> None:
    desk, server, worker = start()
    box, now = postbox[0], datetime.now(UTC)
    assert desk.notices.announce(now) == 0  # what is there is known
    for form in ({"email": "bo@mail.example"}, {"email": "cy@mail.example", "daily": "yes"}):
        for _ in range(2):
            status, _, page = ask(server, "/reply/subscribe", form)
            assert (status, "A letter is on its way" in words(page)) == (200, True)
    assert ask(server, "/reply/subscribe", {"email": "no"})[0] == 422
    worker.round()
    assert len(box.letters) == 2  # asked twice within the hour, written once
    for letter in box.letters:
        ask(server, link_of(letter, "Yes, tell me"), {"x": ""})
    place.post("second", Summary="What it is <i>about</i>.")
    place.post("third")
    place.post("future", Date="2126-01-01 00:00:00+00:00")
    place.post("draft2", Status="draft")
    for _ in range(2):
        desk.notices.announce(now)
    desk.postman.carry(now)
    assert [one["Subject"] for one in box.to("bo@mail.example")[1:]] == ["Second", "Third"]
    assert "What it is about.\n" in text_of(box.to("bo@mail.example")[1])
    assert "https://blog.example/second/" in text_of(box.to("bo@mail.example")[1])
    assert len(box.to("cy@mail.example")) == 1
    desk.postman.carry(now + timedelta(days=1))
    (day,) = box.to("cy@mail.example")[1:]
    assert day["Subject"] == "2 new things at A site"
    assert "Second" in text_of(day)
    end = day["List-Unsubscribe"].strip("<>").partition("blog.example")[2]
    assert ask(server, end, b"List-Unsubscribe=One-Click")[0] == 200
    place.post("fourth")
    desk.notices.announce(now + timedelta(days=2))
    desk.postman.carry(now + timedelta(days=9))
    assert len(box.to("cy@mail.example")) == 2


def test_known_is_who_has_proven_it(
    start: Start, postbox: tuple[Postbox, int], place: SiteFolder
) -> None:
    desk, server, worker = start()
    form = {"thread": "first", "name": "Bo", "email": "bo@mail.example"}
    first = submit(desk, email="bo@mail.example", notify="yes")
    approve(desk, first)
    worker.round()
    link = link_of(postbox[0].to("bo@mail.example")[0], "Yes, tell me")
    cookie = ask(server, link, {"x": ""})[1]["set-cookie"].partition(";")[0]
    # Somebody who types the address without that cookie waits, and the owner is asked.
    ask(server, "/reply", form | {"text": "Am I Bo?"})
    second = desk.queue.with_status(Status.PENDING)[-1]
    worker.round()
    worker.round()
    (asked,) = postbox[0].to("bo@mail.example")[1:]
    assert asked["Subject"] == "Was this you?"
    status, headers, page = ask(server, link_of(asked, "I wrote it"), {"x": ""})
    assert status == 200
    assert "set-cookie" in headers
    # The first reply was approved before the address was proven: the author decides once more.
    assert "The author will see" in words(page)
    approve(desk, desk.queue.get(second.id))
    ask(server, "/reply", form | {"text": "I am Bo."}, Cookie=cookie)
    third = next(r for r in desk.queue.with_status(Status.APPROVED) if r.text == "I am Bo.")
    assert desk.queue.history(third.id)[0].by == "the rule 'known'"
    ask(server, "/reply", form | {"text": "From elsewhere."})
    worker.round()
    (again,) = postbox[0].to("bo@mail.example")[2:]
    assert "on its way to the page" in words(
        ask(server, link_of(again, "I wrote it"), {"x": ""})[2]
    )
    worker.round()
    bodies = {p.read_text().rpartition("\n\n")[2] for p in place.content.rglob("comments/*/*.md")}
    assert {"I am Bo.\n", "From elsewhere.\n"} <= bodies


def test_a_broken_mail_server_loses_and_blocks_nothing(
    start: Start, postbox: tuple[Postbox, int], caplog: pytest.LogCaptureFixture
) -> None:
    desk, server, worker = start()
    box, now = postbox[0], datetime.now(UTC)
    desk.moderators.save("bea", email="bea@blog.example")
    box.answers = {"ada@blog.example": "450 try later", "bea@blog.example": "550 no such user"}
    submit(desk)
    worker.round()
    assert box.letters == []
    rows = _rows(desk)
    assert [(bool(r["sent"]), bool(r["recipient"])) for r in rows] == [(False, True), (True, False)]
    assert desk.postman.carry(now + timedelta(seconds=30)) == 0
    box.answers = {}
    assert desk.postman.carry(now + PAUSES[0] + timedelta(seconds=5)) == 1
    assert len(box.to("ada@blog.example")) == 1
    assert all(r["recipient"] == r["payload"] == "" for r in _rows(desk))
    desk.postman.mail = type(desk.postman.mail)(host="127.0.0.1", port=9, sender="b@b.example",
                                                security="none")  # fmt: skip
    submit(desk, text="While it is gone.")
    worker.round()
    later = now
    for pause in PAUSES:
        later += pause + timedelta(minutes=11)
        assert desk.postman.carry(later) == 0
    assert desk.postman.carry(later + timedelta(days=9)) == 0
    assert desk.notices.deliveries.unsent() == 0  # given up, and said so
    assert {r["problem"] for r in _rows(desk)} >= {"ConnectionRefusedError"}
    assert "blog.example" not in caplog.text
    assert ask(server, "/reply", {"thread": "first", "name": "Bo", "text": "On."})[0] == 303


def _rows(desk: Desk) -> list[Any]:
    with desk.database.transaction() as db:
        query = sa.select(deliveries).order_by(deliveries.c.key)
        return list(db.execute(query).mappings().all())


@contextmanager
def receiver(answers: list[int]) -> Iterator[tuple[int, list[tuple[dict[str, str], bytes]]]]:
    """A program that takes webhooks, and answers with these statuses in turn."""
    got: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(answers.pop(0) if answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_webhook_is_signed_and_tried_again(start: Start) -> None:
    import base64
    import hashlib
    import hmac

    with receiver([500]) as (port, got):
        rest = f'[webhook]\nurl = "http://127.0.0.1:{port}/hook"\nsecret = "s3cret"\n'
        desk, server, worker = start(rest=rest)
        reply = submit(desk, email="bo@mail.example", text="Tell the chat.")
        worker.round()
        assert desk.postman.carry(datetime.now(UTC) + timedelta(minutes=2)) == 1
    (first, _), (headers, body) = got
    assert first["webhook-id"] == headers["webhook-id"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = base64.b64encode(hmac.new(b"s3cret", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{mac}"
    assert b"mail.example" not in body
    said = json.loads(body)
    assert (said["type"], said["data"]["text"]) == ("reply.waiting", "Tell the chat.")
    path = said["data"]["links"]["reject"].partition("blog.example")[2]
    assert ask(server, path, {"x": ""})[0] == 200
    assert desk.queue.get(reply.id).status is Status.REJECTED


@pytest.mark.parametrize(
    "field", ["A\r\nBcc: x@y.example", "A\nB", "=?utf-8?q?x?=", "😀" * 200, '"', "\x00", "Bcc:"]
)
def test_no_words_make_a_header(field: str) -> None:
    sender = Sender(field, "blog@blog.example")
    blocks = [Words(field), Quote(field), Go("Go", "https://x.example")]
    raw = compose(sender, "ada@blog.example", field, blocks, key=field, date=datetime.now(UTC),
                  thread=field, unsubscribe="https://x.example/u")  # fmt: skip
    raw.encode("ascii")
    letter = email.message_from_string(raw, policy=default)
    assert set(letter.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "In-Reply-To",
        "References", "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "Content-Type",
        "Content-Language",
    }  # fmt: skip
    assert letter["To"] == "ada@blog.example"
    with pytest.raises(ValueError, match=r"invalid|Header|addr"):
        compose(sender, "a@b\nBcc: c@d", "x", blocks, key="k", date=datetime.now(UTC))


@contextmanager
def akismet(said: bytes, pause: float = 0) -> Iterator[tuple[int, list[bytes]]]:
    """What answers as Akismet does."""
    asked: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            time.sleep(pause)
            self.send_response(200 if said else 500)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("said", "status", "by"),
    [
        (b"true", Status.SPAM, "Akismet"),
        (b"false", Status.APPROVED, "Akismet"),
        (b"invalid", Status.PENDING, "the rule 'open'"),
        (b"", Status.PENDING, "the rule 'open'"),
    ],
)
def test_akismet_is_asked_aside_and_fails_open(
    start: Start, said: bytes, status: Status, by: str
) -> None:
    with akismet(said, pause=0.3) as (port, asked):
        rest = (
            f'[akismet]\nkey = "k"\naddress = "http://127.0.0.1:{port}"\n'
            '[rules]\nhold = "nothing"\n'
        )
        desk, server, _ = start(rest=rest)
        began = time.monotonic()
        form = {"thread": "first", "name": "Bo", "text": "Words."}
        assert ask(server, "/reply", form, X_Forwarded_For="203.0.113.5")[0] == 303
        assert time.monotonic() - began < 0.25  # nobody waits for Akismet
        until = time.monotonic() + 5
        while time.monotonic() < until and not asked:
            time.sleep(0.01)
        time.sleep(0.6)
        (reply,) = desk.queue.with_status(*Status)
    assert (reply.status, desk.queue.history(reply.id)[-1].by) == (status, by)
    assert b"user_ip=203.0.113.5" in asked[0]
