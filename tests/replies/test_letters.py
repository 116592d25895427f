"""What letters look like on the wire, when they go, and what a broken server does to them."""

from __future__ import annotations

import re
import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

import pytest
from conftest import SiteFolder
from desks import GOOD, NO_LIMITS, ask, settings, submit, words
from postbox import Postbox, link, mail, part, rows, running, said, silent

from rejoinder.replies.desk import Desk
from rejoinder.replies.desk import open_desk as desk_of
from rejoinder.replies.model import Status
from rejoinder.replies.server import DeskServer
from rejoinder.replies.telling import postman
from rejoinder.replies.telling.deliveries import LEASE, PAUSES, Deliveries
from rejoinder.replies.telling.notices import Notices
from rejoinder.replies.web.app import make_app
from rejoinder.replies.worker import Worker

Open = Callable[..., Desk]


@pytest.fixture
def box() -> Iterator[Postbox]:
    with running(Postbox()) as found:
        yield found


@pytest.fixture
def opened(place: SiteFolder) -> Iterator[Open]:
    """Open a desk with these settings, and with moderators who have an address."""
    with ExitStack() as stack:

        def go(text: str, *names: str) -> Desk:
            settings(place.content, text + NO_LIMITS)
            desk = stack.enter_context(desk_of(place.content))
            for name in names or ("ada",):
                desk.moderators.save(name, email=f"{name}@blog.example")
            return desk

        yield go


def test_headers_are_what_mail_programs_read(box: Postbox, opened: Open, place: SiteFolder) -> None:
    place.post("second")
    host = f"{'a-long-name-' * 5}of-a-blog.example"  # longer than a line
    desk = opened(mail(box.port, sender=f"blog@{host}"))
    for thread in ("first", "first", "second"):
        submit(desk, thread=thread, text=f"On {thread}.")
    before = datetime.now(UTC).replace(microsecond=0)
    Worker(desk).round()
    raws = [raw.replace(b"\r\n", b"\n").decode("ascii") for _, raw in box.raw]
    unfolded = [re.sub(r"\n[ \t]", " ", raw.partition("\n\n")[0]) for raw in raws]
    heads = [dict(line.split(": ", 1) for line in head.split("\n")) for head in unfolded]
    assert len(heads) == 3
    for head in heads:
        for name in ("Message-ID", "In-Reply-To", "References"):
            assert re.fullmatch(rf"<[0-9a-f]{{32}}@{host}>", head[name]), head
        assert head["Auto-Submitted"] == "auto-generated"
        assert before <= parsedate_to_datetime(head["Date"]) <= datetime.now(UTC)
        assert "List-Unsubscribe" not in head  # a moderator's work, not a list
    assert len({head["Message-ID"] for head in heads}) == 3
    assert heads[0]["References"] == heads[1]["References"] != heads[2]["References"]
    assert max(len(line) for raw in raws for line in raw.split("\n")) < 998


NASTY = "Ünïcode — 日本語 😀\n.\n..\nFrom here\n" + "x" * 3000 + "\n<b>&amp; “so”\u2028there"


def test_words_arrive_as_they_were_written(box: Postbox, opened: Open, place: SiteFolder) -> None:
    place.post("second", Title="Größe &amp; <i>Σ</i>", Slug="second")
    desk = opened(mail(box.port))
    submit(desk, thread="second", name="日本 Œuvre", text=NASTY, url="https://bo.example/ü")
    Worker(desk).round()
    (letter,) = box.letters
    text, html = part(letter, "plain"), part(letter, "html")
    quoted = "\n".join(f"> {line}" for line in NASTY.replace("\u2028", "\u2028> ").split("\n"))
    assert quoted in text
    assert letter["Subject"] == "日本 Œuvre on “Größe & Σ”"
    assert "https://bo.example/ü" in text
    assert "&lt;b&gt;&amp;amp; “so”" in html
    assert "x" * 3000 in html
    links = set(re.findall(r"\S+/reply/mail/\S+", text))
    assert len(links) == 3
    assert set(re.findall(r'href="(\S+?/reply/mail/[^"]+)"', html)) == links


def test_what_a_person_is_told_comes_once_to_each(box: Postbox, opened: Open) -> None:
    desk = opened(mail(box.port), "ada", "bea")
    desk.moderators.save("cy")  # has no address
    reply = submit(desk)
    for _ in range(2):
        Worker(desk).round()
    assert sorted(to for to, _ in box.raw) == ["ada@blog.example", "bea@blog.example"]
    assert link(box.letters[0], "Approve it") != link(box.letters[1], "Approve it")
    with DeskServer(0).run(make_app(desk)) as server:
        for name, status in (("ada", 200), ("bea", 409)):
            path = link(box.to(f"{name}@blog.example")[0], "Approve it")
            got, _, page = ask(server, path, {"x": ""})
            assert got == status
        assert f"The reply {reply.id} is approved already" in words(page)
        assert [d.by for d in desk.queue.history(reply.id)][1:] == ["ada, by letter"]


def test_new_words_for_a_published_reply_are_told(box: Postbox, opened: Open) -> None:
    desk = opened(mail(box.port))
    reply = submit(desk, text="Old words.")
    desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    desk.queue.propose(reply.id, "New words.", datetime.now(UTC))
    Worker(desk).round()
    (letter,) = box.letters
    assert "New words for a published reply by Bo" in part(letter, "plain")
    assert "> New words." in part(letter, "plain")
    with DeskServer(0).run(make_app(desk)) as server:
        assert ask(server, link(letter, "Approve it"), {"x": ""})[0] == 200
    assert desk.queue.get(reply.id).text == "New words."


def test_hourly_letters_wait_for_the_hour(box: Postbox, opened: Open) -> None:
    desk = opened(mail(box.port, moderators="hourly"))
    at = datetime(2026, 5, 1, 9, 59, 30, tzinfo=UTC)
    for second in (0, 10):
        submit(desk, text=f"At {second}.")
        desk.notices.gather(at + timedelta(seconds=second))
    submit(desk, text="After.")
    desk.notices.gather(at + timedelta(seconds=31))
    assert desk.postman.carry(at + timedelta(seconds=29)) == 0
    assert desk.postman.carry(at + timedelta(seconds=30)) == 1
    assert box.letters[0]["Subject"] == "2 new things at A site"
    assert desk.postman.carry(at + timedelta(minutes=60)) == 0
    assert desk.postman.carry(at + timedelta(minutes=60, seconds=30)) == 1
    assert "After." in part(box.letters[1], "plain")


@pytest.mark.parametrize("day", [datetime(2026, 3, 28), datetime(2026, 10, 24)])  # noqa: DTZ001
def test_a_days_letter_goes_at_eight_also_when_the_clocks_change(
    box: Postbox, opened: Open, place: SiteFolder, day: datetime
) -> None:
    toml = place.content / "site.toml"
    toml.write_text(toml.read_text() + 'timezone = "Europe/Berlin"\n')
    desk = opened(mail(box.port, moderators="daily"))
    submit(desk)
    zone = ZoneInfo("Europe/Berlin")
    desk.notices.gather(day.replace(hour=8, tzinfo=zone).astimezone(UTC))
    eight = (day + timedelta(days=1)).replace(hour=8, tzinfo=zone).astimezone(UTC)
    assert eight.hour == {3: 6, 10: 7}[day.month]
    assert desk.postman.carry(eight - timedelta(seconds=1)) == 0
    assert desk.postman.carry(eight) == 1


def test_a_moderator_who_reads_new_posts_too_can_end_those_alone(
    box: Postbox, opened: Open, place: SiteFolder
) -> None:
    desk = opened(mail(box.port, moderators="daily"))
    now = datetime.now(UTC)
    desk.notices.announce(now)
    with desk.database.transaction() as db:
        desk.notices.subscriptions.ask(
            db, "ada@blog.example", "posts", now, confirmed=True, daily=True
        )
    place.post("second")
    desk.notices.announce(now)
    submit(desk)
    desk.notices.gather(now)
    assert desk.postman.carry(now + timedelta(days=1)) == 2
    by_subject = {letter["Subject"]: letter for letter in box.letters}
    assert by_subject["Second"]["List-Unsubscribe"]
    assert by_subject["Bo on “First”"]["List-Unsubscribe"] is None


def test_an_odd_address_stops_nobodys_letters(
    box: Postbox, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    desk = opened(mail(box.port), "bea")
    desk.moderators.save("ada")
    with desk.database.transaction() as db:  # no letter can go there
        db.exec_driver_sql("UPDATE moderators SET email = 'jörg@blog.example, x' "
                           "WHERE name = 'ada'")  # fmt: skip
    # Two dots are no address by RFC 5322, but browsers let them through, and some exist.
    reply = submit(desk, email="b..o@mail.example", notify="yes")
    desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    submit(desk)
    for _ in range(2):
        Worker(desk).round()
    assert len(box.to("bea@blog.example")) == 1
    (letter,) = [one for one in box.letters if "blog.example" not in one["To"]]
    assert letter["To"].addresses[0].username == "b..o"
    assert "can't be sent: an invalid address" in said(caplog)
    assert "jörg" not in said(caplog)


def test_a_server_that_wants_a_password_gets_it(
    box: Postbox, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    box.password = b"right-horse"
    desk = opened(mail(box.port, username="blog", password="wrong-horse"))
    submit(desk)
    Worker(desk).round()
    assert (box.raw, rows(desk)[0]["problem"]) == ([], "SMTPAuthenticationError 535")
    assert "horse" not in said(caplog)
    desk.postman.mail = type(desk.postman.mail)(
        host="127.0.0.1", port=box.port, security="none", sender="blog@blog.example",
        username="blog", password="right-horse",
    )  # fmt: skip
    assert desk.postman.carry(datetime.now(UTC) + PAUSES[0]) == 1


NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("command", "about", "answer", "kept"),
    [
        ("RCPT", "bea@blog.example", "450 later", True),
        ("RCPT", "bea@blog.example", "550 <bea@blog.example> nobody", False),
        ("DATA", "bea@blog.example", "451 later", True),
        ("DATA", "bea@blog.example", "554 no", False),
        ("MAIL", "blog@blog.example", "550 blog@blog.example may not send", True),
        ("MAIL", "blog@blog.example", "421 closing", True),
        ("QUIT", "", "500 what?", None),
    ],
)
def test_a_server_that_refuses(
    box: Postbox, opened: Open, command: str, about: str, answer: str, kept: bool | None,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    desk = opened(mail(box.port), "ada", "bea", "cy")
    box.answers[command, about] = answer
    submit(desk)
    desk.notices.gather(NOW)
    for _ in range(3):
        desk.postman.carry(NOW)
    others = {"ada@blog.example", "cy@blog.example"}
    now_there = {to for to, _ in box.raw}
    assert now_there == {"RCPT": others, "DATA": others, "MAIL": set()}.get(
        command, others | {"bea@blog.example"}
    )
    box.answers.clear()
    assert desk.postman.carry(NOW + PAUSES[0] - timedelta(seconds=1)) == 0
    desk.postman.carry(NOW + PAUSES[0])
    assert len(box.to("bea@blog.example")) == (0 if kept is False else 1)
    assert len(box.raw) == len({to for to, _ in box.raw})  # nobody has one twice
    assert all(r["sent"] and r["recipient"] == r["payload"] == "" for r in rows(desk))
    assert "blog.example" not in said(caplog)
    assert "blog.example" not in "".join(r["problem"] for r in rows(desk))


def test_a_letter_that_breaks_the_connection_keeps_back_no_other(
    box: Postbox, opened: Open
) -> None:
    desk = opened(mail(box.port), "ada", "bea", "cy", "di")
    box.drops = {"ada@blog.example", "cy@blog.example"}
    submit(desk)
    desk.notices.gather(NOW)
    for _ in range(4):  # as many rounds of the worker
        desk.postman.carry(NOW)
    assert sorted(to for to, _ in box.raw) == ["bea@blog.example", "di@blog.example"]
    at = NOW
    for number, pause in enumerate(PAUSES, start=1):
        left = [row for row in rows(desk) if not row["sent"]]
        assert [(row["tries"], bool(row["payload"])) for row in left] == [(number, True)] * 2
        at += pause
        for _ in range(3):
            desk.postman.carry(at)
    assert desk.notices.deliveries.unsent() == 0
    assert [row["problem"] for row in rows(desk) if row["problem"]] == [
        "SMTPServerDisconnected"
    ] * 2
    assert len(box.raw) == 2


@pytest.mark.parametrize("greets", [(), (b"220 hello\r\n",)])
def test_a_server_that_hangs_holds_up_no_reply(
    opened: Open, greets: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch, box: Postbox
) -> None:
    monkeypatch.setattr(postman, "_SECONDS", 0.4)
    with silent(*greets) as port:
        desk = opened(mail(port), "ada", "bea")
        submit(desk)
        desk.notices.gather(NOW)
        carrying = threading.Thread(target=desk.postman.carry, args=(NOW,))
        with DeskServer(0).run(make_app(desk)) as server:
            carrying.start()
            time.sleep(0.1)
            assert ask(server, "/reply", GOOD | {"text": "Meanwhile."})[0] == 303
            assert carrying.is_alive()
            carrying.join(5)
        assert not carrying.is_alive()  # one wait, not one for each letter
    desk.postman.mail = type(desk.postman.mail)(
        host="127.0.0.1", port=box.port, security="none", sender="blog@blog.example"
    )
    assert desk.postman.carry(NOW + PAUSES[0]) == 2


def test_a_slow_server_does_not_outlast_the_lease(
    box: Postbox, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert timedelta(seconds=postman._LONGEST + 8 * postman._SECONDS) < LEASE
    desk = opened(mail(box.port), "ada", "bea", "cy")
    submit(desk)
    desk.notices.gather(NOW)
    send = smtplib.SMTP.sendmail

    def slow(*all_: object) -> object:
        time.sleep(0.3)
        return send(*all_)  # type: ignore[arg-type]

    monkeypatch.setattr(postman, "_LONGEST", 0.2)
    monkeypatch.setattr(smtplib.SMTP, "sendmail", slow)
    assert [desk.postman.carry(NOW) for _ in range(4)] == [1, 1, 1, 0]
    assert {row["tries"] for row in rows(desk)} == {1}  # who waited was not tried


def test_a_crash_between_queueing_and_marking_tells_once(
    box: Postbox, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = opened(mail(box.port))
    bo = submit(desk, email="bo@mail.example", notify="yes", proven=True)
    desk.queue.decide(bo.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    Worker(desk).round()
    answer = submit(desk, in_reply_to=bo.id, name="Cy")
    desk.queue.decide(answer.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    tell, sent = Notices._tell_answer, Deliveries.sent

    def queue_then_crash(*all_: object) -> None:
        tell(*all_)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Notices, "_tell_answer", queue_then_crash)
        with pytest.raises(KeyboardInterrupt):
            Worker(desk).round()
    assert all(not row["key"].startswith("answer:") for row in rows(desk))

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Deliveries, "sent", crash)  # it is out, and not yet noted
        with pytest.raises(KeyboardInterrupt):
            Worker(desk).round()
    assert len(box.to("bo@mail.example")) == 1
    Worker(desk).round()
    assert len(box.to("bo@mail.example")) == 1  # somebody may still be at it
    assert Deliveries.sent is sent
    desk.postman.carry(datetime.now(UTC) + LEASE)
    first, again = box.to("bo@mail.example")
    assert first["Message-ID"] == again["Message-ID"]  # by which servers know it for one
    assert desk.postman.carry(datetime.now(UTC) + 2 * LEASE) == 0
