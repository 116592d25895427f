"""Backfeed: what people say under the author's announcements elsewhere, in the same queue as
replies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rejoinder import atomic, authors, politely, private
from rejoinder.errors import RejoinderError, StoreError
from rejoinder.mentions import backfeed, bluesky
from rejoinder.profiles import targets
from rejoinder.profiles.ledger import Ledger
from rejoinder.replies.desk import Desk
from rejoinder.replies.mentioning import Mentions
from rejoinder.replies.model import Status
from rejoinder.web import Client


@dataclass(slots=True)
class Heard:
    """What came of listening: announcements asked for, mentions that are new, and taken back,
    what waits now, and what went wrong."""

    asked: int = 0
    new: int = 0
    gone: int = 0
    waiting: int = 0
    problems: list[str] = field(default_factory=list)


def feed_back(
    desk: Desk, client: Client, now: datetime, *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    api: str = bluesky.API, pause: float = politely.PAUSE,
) -> Heard:  # fmt: skip
    """Ask under all announcements that are due, take what is there, take down what is gone. What
    a network does wrong is a problem of the result; raises RejoinderError for files and a queue
    that can't be used."""
    heard = Heard()
    door = Mentions(desk)
    posts = targets.load(desk.content)
    thread_of = {post.addresses[0]: post.thread for post in posts}
    announced = backfeed.announcements(
        Ledger(desk.content).load(), authors.load(desk.content), posts, now
    )
    heard.asked = len(announced)
    places = {(one.target, one.network) for one in announced}
    known = {(target, network): door.known(network, thread_of[target])
             for target, network in places}  # fmt: skip
    for outcome in backfeed.run(
        client, announced, known, now, api=api, pause=pause, progress=progress
    ):
        before = known[outcome.target, outcome.network]
        for mention in outcome.take:
            try:
                door.take(mention, now)
                heard.new += mention.source not in before
            except RejoinderError as error:
                heard.problems.append(f"{mention.source}: {error.what}")
        for source in outcome.gone:
            heard.gone += door.gone(source, outcome.target, "it is gone there", now)
        heard.problems += outcome.problems
    heard.waiting = desk.queue.counts()[Status.PENDING]
    _note(desk.private / private.LISTENED, now)
    return heard


def _note(path: Path, now: datetime) -> None:
    """Note that somebody has listened: no replies are none from then on, and not unknown."""
    try:
        atomic.write_text(path, f"{now.isoformat()}\n", mode=0o600)
    except OSError as error:
        raise StoreError(f"it can't be written: {error.strerror or error}", where=path) from error
