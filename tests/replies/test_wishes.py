"""Letters that readers asked for: opt-in, answers, new posts, and the end of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from conftest import SiteFolder
from desks import NO_LIMITS, ask, settings, submit, words
from postbox import Postbox, link, mail, part, rows, running, said

from rejoinder.replies import people
from rejoinder.replies.desk import Desk
from rejoinder.replies.desk import open_desk as desk_of
from rejoinder.replies.model import Reply, Status
from rejoinder.replies.server import DeskServer
from rejoinder.replies.telling.subscriptions import POSTS
from rejoinder.replies.web.app import make_app
from rejoinder.replies.worker import Worker

BO, CY = "bo@mail.example", "cy@mail.example"
Decide = Callable[..., Reply]


class Place(NamedTuple):
    box: Postbox
    desk: Desk
    server: DeskServer
    site: SiteFolder

    def work(self, times: int = 2) -> None:
        for _ in range(times):
            Worker(self.desk).round()

    def publish(self, reply: Reply, status: Status = Status.APPROVED) -> Reply:
        if self.desk.queue.get(reply.id).status is not status:  # unless a rule did it
            self.desk.queue.decide(reply.id, status, by="ada", why="", now=datetime.now(UTC))
        self.work()
        return reply

    def press(self, address: str, label: str) -> str:
        """Follow the newest link of that label in the letters to an address."""
        letter = next(one for one in reversed(self.box.to(address)) if label in part(one, "plain"))
        status, _, page = ask(self.server, link(letter, label), {"x": ""})
        assert status == 200, page
        return words(page)


@pytest.fixture
def there(place: SiteFolder) -> Iterator[Place]:
    with ExitStack() as stack:
        box = stack.enter_context(running(Postbox()))
        settings(place.content, mail(box.port) + NO_LIMITS)
        desk = stack.enter_context(desk_of(place.content))
        server = stack.enter_context(DeskServer(0).run(make_app(desk)))
        yield Place(box, desk, server, place)


def test_no_letter_for_what_is_not_published(
    there: Place, caplog: pytest.LogCaptureFixture
) -> None:
    for status in (Status.REJECTED, Status.SPAM, Status.WITHDRAWN, None):
        reply = submit(there.desk, email=f"{status}@mail.example", notify="yes", text=f"{status}.")
        if status is not None:
            there.publish(reply, status)
    quiet = submit(there.desk, email="quiet@mail.example")
    there.publish(quiet)  # did not ask to be told
    there.work()
    assert there.box.letters == []
    there.publish(there.desk.queue.with_status(Status.PENDING)[0])
    assert [one["To"] for one in there.box.letters] == ["None@mail.example".lower()]
    assert "List-Unsubscribe" not in there.box.letters[0]
    assert "mail.example" not in said(caplog)


def test_a_reply_that_is_taken_back_before_its_page_is_told_to_nobody(there: Place) -> None:
    first = there.publish(submit(there.desk, email=BO, notify="yes", proven=True))
    answer = submit(there.desk, in_reply_to=first.id, name="Cy")
    now = datetime.now(UTC)
    there.desk.queue.decide(answer.id, Status.APPROVED, by="ada", why="", now=now)
    there.desk.queue.decide(answer.id, Status.REJECTED, by="ada", why="", now=now)
    there.work()
    assert there.box.to(BO) == []
    there.publish(answer)
    there.publish(answer, Status.REJECTED)
    there.publish(answer)  # there again, and told before
    assert [one["Subject"] for one in there.box.to(BO)] == ["Cy answered you on “First”"]


def test_one_letter_however_many_of_ones_replies_are_above(there: Place) -> None:
    one = there.publish(submit(there.desk, email=BO, notify="yes", proven=True))
    two = there.publish(
        submit(there.desk, email=BO.upper(), notify="yes", proven=True, in_reply_to=one.id)
    )
    there.publish(submit(there.desk, in_reply_to=two.id, name="Cy", email=CY))
    (letter,) = there.box.to(BO)
    assert letter["In-Reply-To"] == letter["References"]
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert there.box.to(CY) == []


def test_whom_it_answers_is_told_though_a_file_of_the_thread_is_broken(there: Place) -> None:
    first = there.publish(submit(there.desk, email=BO, notify="yes", proven=True))
    answer = submit(there.desk, in_reply_to=first.id, name="Cy")
    folder = there.site.content / "comments" / "first"
    (folder / "20200101T000000Z-broken.md").write_text("no header at all")
    there.publish(answer)
    assert len(there.box.to(BO)) == 1


def test_the_header_that_ends_letters_is_plain_on_the_wire(there: Place) -> None:
    """Gmail and Yahoo! read RFC 2369's URL as it is, and POST there without a cookie."""
    first = there.publish(submit(there.desk, email=BO, notify="yes", proven=True))
    there.publish(submit(there.desk, in_reply_to=first.id, name="Cy"))
    ((_, raw),) = there.box.raw
    (line,) = [one for one in raw.split(b"\r\n") if one.startswith(b"List-Unsubscribe:")]
    assert line.startswith(b"List-Unsubscribe: <https://blog.example/reply/mail/")
    path = line.decode().removesuffix(">").partition("blog.example")[2]
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    boundary = "x123"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
        f"One-Click\r\n--{boundary}--\r\n"
    ).encode()
    kind = f"multipart/form-data; boundary={boundary}"
    assert ask(there.server, path, body, kind)[0] == 200
    there.publish(submit(there.desk, in_reply_to=first.id, name="Di"))
    assert len(there.box.to(BO)) == 1


def subscribe(there: Place, email: str, **fields: str) -> tuple[int, str]:
    status, _, page = ask(there.server, "/reply/subscribe", {"email": email, **fields})
    there.work(1)
    return status, page


def test_who_subscribes_learns_nothing_of_who_does(there: Place) -> None:
    answers = {subscribe(there, BO)}
    answers.add(subscribe(there, BO.upper()))
    there.press(BO, "Yes, tell me")
    answers |= {subscribe(there, BO), subscribe(there, CY), subscribe(there, CY, website2="x")}
    ((status, page),) = answers
    assert (status, "mail.example" in page) == (200, False)
    assert [len(there.box.to(one)) for one in (BO, CY)] == [1, 1]


def test_who_is_asked_is_not_asked_again_within_the_hour(there: Place) -> None:
    wishes, deliveries = there.desk.notices.subscriptions, there.desk.notices.deliveries
    at = datetime(2026, 6, 1, 10, 59, tzinfo=UTC)

    def asked(minutes: int) -> bool:
        now = at + timedelta(minutes=minutes)
        before = deliveries.unsent()
        with there.desk.database.transaction() as db:
            wish = wishes.ask(db, BO, "posts", now, confirmed=False)
            if wish is not None:
                there.desk.notices.confirm(db, wish, now)
        return deliveries.unsent() > before

    assert [asked(minute) for minute in (0, 2, 59, 60, 100, 121)] == [
        True, False, False, True, False, True,
    ]  # fmt: skip


def test_who_ended_it_may_begin_anew_at_once(there: Place) -> None:
    there.desk.notices.announce(datetime.now(UTC))
    subscribe(there, BO)
    there.press(BO, "Yes, tell me")
    there.site.post("second")
    there.desk.notices.announce(datetime.now(UTC))
    there.work()
    there.press(BO, "Stop these letters")
    subscribe(there, BO)
    assert len(there.box.to(BO)) == 3
    there.site.post("third")
    there.desk.notices.announce(datetime.now(UTC))
    there.work()
    assert len(there.box.to(BO)) == 3  # the second wish is not confirmed yet
    there.press(BO, "Yes, tell me")
    there.site.post("fourth")
    there.desk.notices.announce(datetime.now(UTC))
    there.work()
    assert [one["Subject"] for one in there.box.to(BO)][3:] == ["Fourth"]


def test_the_end_is_the_end_of_what_waits_as_well(there: Place) -> None:
    now = datetime.now(UTC)
    there.desk.notices.announce(now)
    for who in (BO, CY):
        subscribe(there, who, daily="yes")
        there.press(who, "Yes, tell me")
    there.site.post("second")
    there.desk.notices.announce(now)
    there.desk.postman.carry(now + timedelta(days=1))
    there.site.post("third")
    there.desk.notices.announce(now + timedelta(days=1))
    there.press(BO, "Stop these letters")
    there.desk.postman.carry(now + timedelta(days=3))
    assert [one["Subject"] for one in there.box.to(BO)][1:] == ["Second"]
    assert [one["Subject"] for one in there.box.to(CY)][1:] == ["Second", "Third"]
    assert all(row["payload"] == row["recipient"] == "" for row in rows(there.desk))


def test_the_first_post_of_an_empty_blog_is_news(there: Place) -> None:
    for path in (there.site.content / "posts").iterdir():
        path.unlink()
    assert there.desk.notices.announce(datetime.now(UTC)) == 0
    there.site.post("hello")
    assert there.desk.notices.announce(datetime.now(UTC)) == 1
    assert there.desk.notices.announce(datetime.now(UTC)) == 0


def test_a_post_with_the_longest_key_is_told_of(there: Place) -> None:
    there.desk.notices.announce(datetime.now(UTC))
    for who in (BO, CY):
        subscribe(there, who)
        there.press(who, "Yes, tell me")
    there.site.post("x" * 198)
    assert there.desk.notices.announce(datetime.now(UTC)) == 1
    there.work()
    assert [len(there.box.to(who)) for who in (BO, CY)] == [2, 2]


def test_two_desks_announce_once(there: Place) -> None:
    subscribe(there, BO)
    there.press(BO, "Yes, tell me")
    with desk_of(there.site.content) as other:
        for desk in (there.desk, other):
            desk.notices.announce(datetime.now(UTC))
        there.site.post("second")
        for desk in (other, there.desk):
            desk.notices.announce(datetime.now(UTC))
    there.work()
    assert [one["Subject"] for one in there.box.to(BO)][1:] == ["Second"]


def test_was_this_you_is_asked_of_proven_addresses_alone(there: Place) -> None:
    submit(there.desk, email=CY, text="Nobody knows me.")
    first = there.publish(submit(there.desk, email=BO, notify="yes"))
    there.press(BO, "Yes, tell me")
    submit(there.desk, email=BO, website2="x", text="Spam in his name.")
    there.work()
    assert len(there.box.letters) == 1
    second = submit(there.desk, email=BO, text="In his name.")
    there.work(3)
    (_, asked) = there.box.to(BO)
    assert (asked["Subject"], "> In his name." in part(asked, "plain")) == ("Was this you?", True)
    assert ask(there.server, link(asked, "I wrote it"))[0] == 200
    there.work()
    assert there.desk.queue.get(second.id).status is Status.PENDING  # a look is no word
    assert there.desk.queue.get(first.id).status is Status.APPROVED


def test_nobodys_mailbox_is_filled_by_who_types_their_address(there: Place) -> None:
    now = datetime.now(UTC)
    with there.desk.database.transaction() as db:
        for who in (BO, CY):
            there.desk.notices.subscriptions.prove(db, who, now)
    for n in range(6):
        submit(there.desk, email=BO if n % 2 else BO.upper(), text=f"Buy {n}!")
    submit(there.desk, email=CY, text="Really Cy.")
    there.work(3)
    assert (len(there.box.letters), len(there.box.to(CY))) == (4, 1)


def test_an_erased_persons_link_is_nobody_elses(place: SiteFolder) -> None:
    """Numbers of rows are not given out again, on either database."""
    with desk_of(place.content) as desk:
        now = datetime.now(UTC)
        with desk.database.transaction() as db:
            first = desk.notices.subscriptions.ask(db, "e@x.example", POSTS, now, confirmed=False)
        people.erase(desk.queue, desk.content, desk.private, "e@x.example", by="ada", now=now)
        with desk.database.transaction() as db:
            other = desk.notices.subscriptions.ask(db, "v@x.example", POSTS, now, confirmed=False)
        assert first is not None
        assert other is not None
        assert other.number != first.number
