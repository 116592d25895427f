"""Webhooks, told to a real receiver and verified as Standard Webhooks 1.0 says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from conftest import SiteFolder
from desks import GOOD, NO_LIMITS, ask, settings, submit
from postbox import LOCAL, rows, said, silent, web_server

from rejoinder.replies.desk import Desk
from rejoinder.replies.desk import open_desk as desk_of
from rejoinder.replies.model import Status
from rejoinder.replies.server import DeskServer
from rejoinder.replies.telling import postman
from rejoinder.replies.telling.deliveries import PAUSES
from rejoinder.replies.web.app import make_app

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(bytes(range(200, 232))).decode()
Open = Callable[..., Desk]


def verify(secret: str, headers: dict[str, str], body: bytes, now: datetime) -> bool:
    """As the standard's own libraries do it: the key is base64, after `whsec_`; the signature
    is of id, timestamp and body; and one that is five minutes old is refused."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    stamp = headers["webhook-timestamp"]
    if abs(int(stamp) - now.timestamp()) > 300:
        return False
    signed = f"{headers['webhook-id']}.{stamp}.{body.decode()}".encode()
    mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(
        hmac.compare_digest(one.removeprefix("v1,"), mac)
        for one in headers["webhook-signature"].split(" ")
        if one.startswith("v1,")
    )


@pytest.fixture
def opened(place: SiteFolder) -> Iterator[Open]:
    with ExitStack() as stack:

        def go(port: int, secret: str = SECRET, reachable: str = LOCAL, more: str = "") -> Desk:
            hook = f'[webhook]\nurl = "http://127.0.0.1:{port}/a?b=c"\nsecret = "{secret}"\n'
            settings(place.content, reachable + hook + NO_LIMITS + more)
            return stack.enter_context(desk_of(place.content))

        yield go


def test_a_receiver_can_verify_it_and_learns_nothing_private(opened: Open) -> None:
    with web_server(lambda body: (204, b"")) as (port, got):
        desk = opened(port)
        reply = submit(desk, address="203.0.113.77", email="bo@mail.example", name="Bö 😀",
                       text="„Ja“", url="https://bo.example/")  # fmt: skip
        submit(desk, website2="x", text="Spam.")
        network = desk.queue.get(reply.id).network
        desk.notices.gather(NOW)
        assert (desk.postman.carry(NOW), desk.postman.carry(NOW)) == (1, 0)
    ((headers, body),) = got
    assert headers["content-type"] == "application/json"
    assert verify(SECRET, headers, body, NOW)
    assert not verify(SECRET, headers, body + b" ", NOW)
    assert not verify(SECRET, headers | {"webhook-id": "msg_0"}, body, NOW)
    assert not verify(SECRET, headers, body, NOW + timedelta(minutes=6))
    found = json.loads(body)
    assert (found["type"], found["data"]["name"], found["data"]["text"]) == (
        "reply.waiting", "Bö 😀", "„Ja“",
    )  # fmt: skip
    assert set(found["data"]) == {
        "id",
        "thread",
        "title",
        "url",
        "name",
        "text",
        "links",
        "verified",
    }
    for private in ("mail.example", "203.0.113", str(network)):
        assert private not in body.decode()


def test_it_is_told_again_until_it_is_taken_or_given_up(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [500, 302, 404, 200]
    with web_server(lambda body: (answers.pop(0), b"no")) as (port, got):
        desk = opened(port)
        submit(desk, email="bo@mail.example")
        desk.notices.gather(NOW)
        at = NOW
        for pause in PAUSES[:3]:
            assert desk.postman.carry(at) == 0
            assert desk.postman.carry(at + pause - timedelta(seconds=1)) == 0
            at += pause
        assert desk.postman.carry(at) == 1
        assert len({headers["webhook-id"] for headers, _ in got}) == 1
        assert all(
            verify(SECRET, headers, body, NOW + sum(PAUSES[:n], timedelta()))
            for n, (headers, body) in enumerate(got)
        )
        (row,) = rows(desk)
        assert row["payload"] == ""
    submit(desk, text="Nobody listens any more.")
    desk.notices.gather(NOW)
    at = NOW
    for pause in (*PAUSES, timedelta()):
        assert desk.notices.deliveries.unsent() == 1
        assert desk.postman.carry(at) == 0
        at += pause
    assert desk.notices.deliveries.unsent() == 0
    assert "mail.example" not in said(caplog)


def test_a_receiver_that_hangs_keeps_up_neither_replies_nor_the_worker(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postman, "_SECONDS", 0.4)
    with silent() as port:
        desk = opened(port)
        for n in range(10):
            submit(desk, text=f"{n}.")
        desk.notices.gather(NOW)
        carrying = threading.Thread(target=desk.postman.carry, args=(NOW,))
        began = time.monotonic()
        with DeskServer(0).run(make_app(desk)) as server:
            carrying.start()
            time.sleep(0.1)
            assert ask(server, "/reply", GOOD | {"text": "Meanwhile."})[0] == 303
            assert carrying.is_alive()
            carrying.join(10)
        assert time.monotonic() - began < 2.5  # not ten times
        assert sorted(row["tries"] for row in rows(desk)) == [0] * 9 + [1]
    with web_server(lambda body: (200, b"")) as (port, got):
        desk.postman.webhook = type(desk.postman.webhook)(f"http://127.0.0.1:{port}/", SECRET)
        assert desk.postman.carry(NOW + PAUSES[0]) == 10
    assert len({headers["webhook-id"] for headers, _ in got}) == 10


def test_a_plain_word_is_a_secret_too(opened: Open) -> None:
    with web_server(lambda body: (200, b"")) as (port, got):
        desk = opened(port, secret="s3cret, ü")
        submit(desk)
        desk.notices.gather(NOW)
        assert desk.postman.carry(NOW) == 1
    ((headers, body),) = got
    plain = base64.b64encode("s3cret, ü".encode()).decode()
    assert verify(f"whsec_{plain}", headers, body, NOW)


def test_a_receiver_inside_is_reached_only_when_it_may_be(opened: Open) -> None:
    with web_server(lambda body: (200, b"")) as (port, got):
        desk = opened(port, reachable="")
        submit(desk)
        desk.notices.gather(NOW)
        assert desk.postman.carry(NOW) == 0
        assert got == []
    assert desk.notices.deliveries.unsent() == 1


def test_its_links_decide_on_the_words_that_were_told(opened: Open) -> None:
    with web_server(lambda body: (200, b"")) as (port, got):
        desk = opened(port)
        reply = submit(desk)
        desk.notices.gather(NOW)
        desk.postman.carry(NOW)
    links = json.loads(got[0][1])["data"]["links"]
    assert set(links) == {"approve", "reject", "spam"}
    with DeskServer(0).run(make_app(desk)) as server:
        path = links["approve"].partition("blog.example")[2]
        assert ask(server, path)[0] == 200
        assert desk.queue.get(reply.id).status is Status.PENDING
        assert ask(server, path, {"x": ""})[0] == 200
        assert ask(server, path, {"x": ""})[0] == 410
    assert desk.queue.history(reply.id)[-1].by == "the webhook, by letter"
