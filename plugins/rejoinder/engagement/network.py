"""Who takes part: the readers that wrote, for a page that a site may have. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from rejoinder.engagement.reading import Talk


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who took part: name, own site, how many comments, on which threads (the latest
    first), since when and until when, as days of the site's zone."""

    name: str
    url: str
    comments: int
    threads: tuple[str, ...]
    since: date
    last: date


def members(talk: Talk) -> list[Member]:
    """Those who said most first; of as many, who came first. Mentions, and names without a word,
    are none."""

    def day(instant: int) -> date:
        return datetime.fromtimestamp(instant, UTC).astimezone(talk.zone).date()

    found = [
        (one.firsts[0][0], Member(one.name, one.url, one.comments,
                               tuple(thread for _, thread in reversed(one.firsts)),
                               day(one.firsts[0][0]), day(one.last)))
        for one in talk.totals.people.values() if one.name
    ]  # fmt: skip
    found.sort(key=lambda row: (-row[1].comments, row[0], row[1].name))
    return [member for _, member in found]
