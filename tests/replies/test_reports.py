"""Who waits for an answer: by mail, when it is asked for and by itself, and for Prometheus."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from conftest import SiteFolder, invoke, make_comment
from desks import NO_LIMITS, ask, settings, submit
from postbox import Postbox, mail, part, running

from rejoinder.comments.model import Comment, Kind
from rejoinder.comments.store import CommentStore
from rejoinder.engagement.parts import Waiting
from rejoinder.errors import RejoinderError
from rejoinder.replies import engaged
from rejoinder.replies.desk import Desk
from rejoinder.replies.desk import open_desk as desk_of
from rejoinder.replies.model import Status
from rejoinder.replies.schema import reports
from rejoinder.replies.server import DeskServer
from rejoinder.replies.telling import digest
from rejoinder.replies.web.app import make_app
from rejoinder.replies.worker import Worker

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 12, 12, tzinfo=UTC)  # a Thursday

Open = Callable[..., Desk]


@pytest.fixture
def box() -> Iterator[Postbox]:
    with running(Postbox()) as found:
        yield found


@pytest.fixture
def opened(place: SiteFolder, box: Postbox) -> Iterator[Open]:
    """Open a desk that reports so often, with moderators who have an address, and others."""
    with ExitStack() as stack:

        def go(rhythm: str = "weekly", *names: str) -> Desk:
            settings(place.content, mail(box.port, report=rhythm) + NO_LIMITS)
            desk = stack.enter_context(desk_of(place.content))
            for name in names or ("ada",):
                desk.moderators.save(name, email=f"{name}@blog.example")
            desk.moderators.save("silent")
            return desk

        yield go


def comment(number: int, name: str, day: int, parent: int | None = None, body: str = "") -> Comment:
    date = datetime(2026, 3, day, 9, tzinfo=UTC)
    return make_comment(number, author=name, date=date, parent=parent, body=body or f"By {name}.")


def tell(desk: Desk, now: datetime = NOW) -> None:
    """What a round of the worker does at an instant."""
    desk.reports.gather(now)
    desk.postman.carry(now)


def again(desk: Desk) -> None:
    """As after a restart: nothing is remembered but what the database holds."""
    desk.reports = type(desk.reports)(desk.notices)


# The letter


def test_the_report_says_first_who_waits(opened: Open, box: Postbox, place: SiteFolder) -> None:
    place.comments(
        comment(2, "Bo <b>", 9, body="Is *that* so?"),
        comment(3, "Cy", 10),
        comment(4, "Cy", 11),
        comment(5, "Dee", 11),
    )
    desk = opened("weekly", "ada", "eve")
    tell(desk)
    assert sorted(to for to, _ in box.raw) == ["ada@blog.example", "eve@blog.example"]
    (letter,) = box.to("ada@blog.example")
    assert letter["Subject"] == "Four readers wait for your answer"
    plain = part(letter, "plain")
    names = re.findall(r"^(.+) on “First”, .+ ago:$", plain, re.M)
    assert names == ["Reader 1", "Bo <b>", "Cy", "Cy", "Dee"]
    assert "> Is that so?" in plain
    links = re.findall(r"^Read it there:\n(\S+)$", plain, re.M)
    assert links[1].startswith("https://blog.example/first/#comment-")
    assert len(links) == 5
    assert plain.index("Dee on") < plain.index("Author response rate: 0 of 5")
    assert "Time to the author's answer: median not yet (0 answers, 5 still wait)" in plain
    assert "See the dashboard:\nhttps://blog.example/reply/desk/engagement/" in plain
    html = part(letter, "html")
    assert "Bo &lt;b&gt; on “First”" in html
    assert f'<a href="{links[0]}">Read it there</a>' in html


def test_what_is_old_is_told_where_nothing_is_newer() -> None:
    def one(days: int) -> Waiting:
        at = int((NOW - timedelta(days=days)).timestamp())
        return Waiting(str(days), "first", "bo", "Bo", at, "x")

    old, new = [one(900), one(800)], [one(40), one(3)]
    assert digest.waiting([*old, *new], NOW - timedelta(days=90)) == new
    assert digest.waiting(old, NOW - timedelta(days=90)) == old
    assert digest.waiting([], NOW) == []


@pytest.mark.parametrize(
    ("rhythm", "at", "name"),
    [
        ("daily", "2026-03-12T07:59", "daily 2026-03-11"),
        ("daily", "2026-03-12T08:00", "daily 2026-03-12"),
        ("weekly", "2026-03-12T08:00", "weekly 2026-03-09"),
        ("weekly", "2026-03-16T07:59", "weekly 2026-03-09"),
        ("weekly", "2026-03-16T08:00", "weekly 2026-03-16"),
        ("weekly", "2026-03-30T07:59", "weekly 2026-03-23"),  # the clocks were put forward
        ("weekly", "2026-03-30T08:00", "weekly 2026-03-30"),
        ("daily", "2026-10-25T08:00", "daily 2026-10-25"),  # and back
    ],
)
def test_a_period_begins_at_eight_where_the_site_is(rhythm: str, at: str, name: str) -> None:
    now = datetime.fromisoformat(at).replace(tzinfo=LONDON).astimezone(UTC)
    assert digest.period(rhythm, now, LONDON) == name


# When it goes


def test_once_a_period_with_several_desks_and_after_a_restart(opened: Open, box: Postbox) -> None:
    desks = [opened(), opened()]
    both = threading.Barrier(2)

    def go(desk: Desk) -> None:
        both.wait()
        tell(desk)

    threads = [threading.Thread(target=go, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for desk in desks:
        tell(desk, NOW + timedelta(days=1))
        again(desk)
        tell(desk, NOW + timedelta(days=2))
    assert len(box.raw) == 1
    tell(desks[0], NOW + timedelta(days=7))
    assert len(box.raw) == 2  # somebody still waits


def test_none_when_nothing_changed_and_nobody_waits(
    opened: Open, box: Postbox, place: SiteFolder
) -> None:
    place.comments(make_comment(2, parent=1, author="Ada", author_id="ada", kind=Kind.AUTHOR))
    (place.content / "authors").mkdir()
    (place.content / "authors" / "ada.md").write_text("Name: Ada\nSlug: ada\n\n")
    desk = opened("daily")
    tell(desk)
    assert [letter["Subject"] for letter in box.letters] == ["Nobody waits for your answer"]
    for days in (1, 2):
        tell(desk, NOW + timedelta(days=days))
    assert len(box.raw) == 1
    place.comments(comment(3, "Cy", 14))
    tell(desk, NOW + timedelta(days=3))
    tell(desk, NOW + timedelta(days=4))  # still waits
    assert [letter["Subject"] for letter in box.letters[1:]] == [
        "One reader waits for your answer", "One reader waits for your answer",
    ]  # fmt: skip
    with desk.database.transaction() as db:
        assert len(db.execute(sa.select(reports)).all()) == 5


def test_never_unless_it_is_wanted(opened: Open, box: Postbox) -> None:
    desk = opened("never")
    tell(desk)
    assert box.raw == []
    with pytest.raises(RejoinderError, match=r"mail\.report"):
        opened("sometimes")


def test_the_worker_sends_it(opened: Open, box: Postbox) -> None:
    desk = opened("daily")
    with Worker(desk):
        until = time.monotonic() + 20
        while not box.raw and time.monotonic() < until:
            time.sleep(0.05)
    assert [letter["Subject"] for letter in box.letters] == ["One reader waits for your answer"]


def test_content_that_cannot_be_read_is_no_end(
    opened: Open, box: Postbox, place: SiteFolder
) -> None:
    desk = opened("daily")
    file = place.content / "engagement" / "beacon" / "2026-03.txt"
    crosslinks = place.content / "crosslinks" / "ada" / "x" / "2026.txt"
    for one in (file, crosslinks):
        one.parent.mkdir(parents=True)
        one.write_text("nonsense\n")
    worker = Worker(desk)
    with pytest.raises(RejoinderError):
        worker.round()
    worker.round()  # not tried again at once
    crosslinks.unlink()
    again(desk)
    worker.round()
    assert len(box.raw) == 1


def test_on_demand(opened: Open, box: Postbox, place: SiteFolder) -> None:
    opened("never", "ada", "eve").close()
    where = ["--content", str(place.content)]
    for number in (1, 2):
        done = invoke("report", "--mail", *where)
        assert (done.returncode, done.stdout) == (0, "sent to 2 moderators\n"), done.stderr
        assert len(box.to("ada@blog.example")) == number
    box.answers["RCPT", "ada@blog.example"] = "450 4.2.0 later"
    done = invoke("report", "--mail", *where)
    assert done.returncode == 1
    assert "1 of 2 letters could not be sent" in done.stderr
    settings(place.content, NO_LIMITS)
    done = invoke("report", "--mail", *where)
    assert (done.returncode, "no mail server is named" in done.stderr) == (1, True)


def test_without_a_mail_server_no_desk_is_made(site: SiteFolder) -> None:
    done = invoke("report", "--mail", "--content", str(site.content))
    assert (done.returncode, "no mail server is named" in done.stderr) == (1, True)
    assert not (site.root / "private" / "desk").exists()


def test_nobody_to_write_to_is_said(place: SiteFolder, box: Postbox) -> None:
    settings(place.content, mail(box.port))
    done = invoke("report", "--mail", "--content", str(place.content))
    assert (done.returncode, "no moderator has an e-mail address" in done.stderr) == (1, True)


# For Prometheus


def figures(server: DeskServer) -> dict[str, float]:
    text = ask(server, "/metrics")[2]
    rows = (line.rpartition(" ") for line in text.split("\n") if line.startswith("rejoinder_"))
    return {name.removeprefix("rejoinder_"): float(value) for name, _, value in rows}


def test_prometheus_is_told_how_the_conversation_goes(
    place: SiteFolder, open_desk: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    (place.content / "authors").mkdir()
    (place.content / "authors" / "ada.md").write_text("Name: Ada\nSlug: ada\n\n")
    place.comments(
        comment(2, "Bo", 9),
        comment(3, "Cy", 10),
        make_comment(4, parent=2, author="Ada", author_id="ada", kind=Kind.AUTHOR),
        make_comment(5, kind=Kind.WEBMENTION, author="Other", source_url="https://other.example/1"),
    )
    desk = open_desk()
    monkeypatch.setattr(engaged, "_PATIENCE", 20.0)
    with DeskServer(0).run(make_app(desk)) as server:
        found = figures(server)
        assert {name: found[name] for name in (
            "awaiting_answer", "answered", "comments_by_readers", "comments", "mentions",
        )} == {"awaiting_answer": 2, "answered": 1, "comments_by_readers": 3, "comments": 4,
               "mentions": 1}  # fmt: skip
        since = datetime.now(UTC) - datetime(2026, 3, 1, tzinfo=UTC)
        assert 0 < found["awaiting_oldest_seconds"] <= since.total_seconds()
        assert 'views_today{source="beacon"}' not in found
        assert "Bo" not in ask(server, "/metrics")[2]
        reply = submit(desk, text="One more.")
        desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
        desk.publish()
        desk.is_published()
        assert figures(server)["awaiting_answer"] == 2  # not a minute has passed
        monkeypatch.setattr(engaged, "_FRESH", 0.0)
        assert figures(server)["awaiting_answer"] == 3


def test_figures_are_made_anew_only_when_something_was_published(
    place: SiteFolder, open_desk: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rejoinder.engagement import reading

    reads: list[datetime] = []
    read = reading.read

    def counting(content, now, **more):  # type: ignore[no-untyped-def]
        reads.append(now)
        return read(content, now, **more)

    monkeypatch.setattr(reading, "read", counting)
    monkeypatch.setattr(engaged, "_FRESH", 0.0)
    monkeypatch.setattr(engaged, "_PATIENCE", 20.0)
    desk = open_desk()
    with DeskServer(0).run(make_app(desk)) as server:
        for _ in range(5):
            figures(server)
        assert len(reads) == 1
        monkeypatch.setattr(engaged, "_OLD", 0.0)
        figures(server)
        assert len(reads) == 2


def test_figures_see_what_was_changed_in_place(
    place: SiteFolder, open_desk: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    place.comments(make_comment(1, author="Bo"))
    monkeypatch.setattr(engaged, "_FRESH", 0.0)
    monkeypatch.setattr(engaged, "_PATIENCE", 20.0)
    desk = open_desk()
    with DeskServer(0).run(make_app(desk)) as server:
        assert figures(server)["awaiting_answer"] == 1
        path = CommentStore(place.content).path("first", make_comment(1).id)
        path.write_text(path.read_text("utf-8").replace("Kind: comment", "Kind: pingback"), "utf-8")
        monkeypatch.setattr(engaged, "_OLD", 0.0)
        assert figures(server)["awaiting_answer"] == 0


def test_a_request_does_not_wait_for_figures(
    place: SiteFolder, open_desk: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rejoinder.engagement import reading

    go_on, read = threading.Event(), reading.read

    def slow(*words, **more):  # type: ignore[no-untyped-def]
        go_on.wait(20)
        return read(*words, **more)

    monkeypatch.setattr(reading, "read", slow)
    monkeypatch.setattr(engaged, "_PATIENCE", 0.2)
    desk = open_desk()
    with DeskServer(0).run(make_app(desk)) as server:
        began = time.monotonic()
        found = figures(server)
        assert time.monotonic() - began < 5
        assert "awaiting_answer" not in found
        assert "replies_waiting" in found
        go_on.set()
        until = time.monotonic() + 20
        while "awaiting_answer" not in figures(server) and time.monotonic() < until:
            time.sleep(0.05)
        assert figures(server)["awaiting_answer"] == 1


def test_views_of_today_are_told_where_they_are_counted(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    toml = place.content / "site.toml"
    toml.write_text(toml.read_text() + "[engagement]\nbeacon = true\n")
    desk = open_desk()
    with DeskServer(0).run(make_app(desk)) as server:
        for _ in range(3):
            ask(server, "/seen", b"/first/\n", "text/plain", Origin="https://blog.example",
                User_Agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")  # fmt: skip
        desk.counting.flush()
        assert figures(server)['views_today{source="beacon"}'] == 3
