"""Backfeed from a network to the page: into the queue, under the post, and away again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from conftest import SiteFolder, invoke
from desks import NO_LIMITS, settings, words
from feedhost import Host, feed_host

from rejoinder.comments.model import Kind
from rejoinder.comments.store import CommentStore
from rejoinder.engagement import reading
from rejoinder.profiles.entries import Entry, Tie, Verdict
from rejoinder.profiles.ledger import editing
from rejoinder.replies.desk import Desk
from rejoinder.replies.model import Status


@pytest.fixture
def host() -> Iterator[Host]:
    with feed_host() as host:
        yield host


def account(host: Host, name: str) -> dict[str, Any]:
    return {"id": name, "acct": name, "display_name": name.capitalize(), "note": "",
            "url": host.url(f"/@{name}")}  # fmt: skip


def status(host: Host, number: int, name: str, text: str, answers: int = 1) -> dict[str, Any]:
    url = host.url(f"/@{name}/{number}")
    return {"id": str(number), "in_reply_to_id": str(answers), "url": url, "uri": url,
            "created_at": "2026-03-02T09:00:00.000Z", "visibility": "public", "spoiler_text": "",
            "content": f"<p>{text}</p>", "media_attachments": [],
            "account": account(host, name)}  # fmt: skip


def under(host: Host, *replies: dict[str, Any], likes: tuple[str, ...] = ()) -> None:
    base = "/api/v1/statuses/1"
    root = status(host, 1, "ada", "New.")
    for path, body in (
        (base, root),
        (f"{base}/context", {"ancestors": [], "descendants": list(replies)}),
        (f"{base}/favourited_by?limit=80", [account(host, name) for name in likes]),
        (f"{base}/reblogged_by?limit=80", []),
    ):
        host.put(path, json.dumps(body), headers={"Content-Type": "application/json"})


@pytest.fixture
def announced(place: SiteFolder, host: Host) -> SiteFolder:
    """A post that Ada announced on a server of ours."""
    settings(place.content, 'reachable_networks = ["127.0.0.0/8"]\n' + NO_LIMITS)
    path = place.content / "authors" / "ada.md"
    path.parent.mkdir(exist_ok=True)
    feed = host.put("/ada.rss", "<rss version='2.0'><channel><title>T</title></channel></rss>")
    path.write_text(f"Name: Ada\nProfile: mastodon {host.url('/@ada')} {feed}\n\nBio.\n")
    entry = Entry("mastodon:x:1", host.url("/@ada/1"), datetime.now(UTC).replace(microsecond=0),
                  ties=(Tie("first", Verdict.YES),))  # fmt: skip
    with editing(place.content) as ledger:
        ledger.of(("ada", "mastodon"))[entry.id] = entry
    return place


def sync(site: SiteFolder) -> str:
    done = invoke("sync", "--content", str(site.content))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_is_said_there_is_said_here_until_it_is_taken_back(
    announced: SiteFolder, host: Host, open_desk: Callable[[], Desk]
) -> None:
    bo = status(host, 2, "bo", "Quite <b>so</b>.")
    own = status(host, 3, "ada", "Thank you.", answers=2)
    under(host, bo, own, likes=("cy",))
    assert not reading.read(announced.content, datetime.now(UTC)).listens
    assert "3 new replies, likes and reposts, 0 taken back; 2 wait" in sync(announced)
    assert "0 new replies" in sync(announced)
    assert reading.read(announced.content, datetime.now(UTC)).listens
    desk = open_desk()
    for reply in desk.queue.waiting():
        desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    desk.publish()
    found = {c.author: c for c in CommentStore(announced.content).read("first").comments}
    assert (found["Bo"].kind, found["Bo"].source) == (Kind.COMMENT, "mastodon")
    assert found["Bo"].source_url == host.url("/@bo/2")
    assert (found["Ada"].kind, found["Ada"].author_id) == (Kind.AUTHOR, "ada")
    assert found["Ada"].in_reply_to == found["Bo"].id
    assert found["Cy"].kind is Kind.LIKE
    page = announced.build().read("first/index.html")
    assert "on Mastodon" in words(page)
    assert "Quite <b>so</b>." in page
    under(host, own)
    assert "2 taken back" in sync(announced)
    left = [c for c in CommentStore(announced.content).read("first").comments
            if c.source == "mastodon"]  # fmt: skip
    assert [c.author for c in left] == ["Ada"]


def test_a_server_that_fails_takes_nothing_back(
    announced: SiteFolder, host: Host, open_desk: Callable[[], Desk]
) -> None:
    under(host, status(host, 2, "bo", "Quite."))
    sync(announced)
    host.put("/api/v1/statuses/1/context", "{}", status=500)
    done = invoke("sync", "--content", str(announced.content))
    assert (done.returncode, "0 taken back" in done.stdout) == (0, True)
    assert "answered 500" in done.stderr
    assert len(open_desk().queue.waiting()) == 1
