"""What lines come to: counts by day, before it is known who was counted already. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from functools import lru_cache
from hashlib import blake2b
from itertools import repeat

from xxhash import xxh3_64_intdigest

from rejoinder.engagement.logs.formats import Hit
from rejoinder.engagement.logs.pages import Asked, Target, target_of
from rejoinder.engagement.logs.referrers import referrer_of
from rejoinder.engagement.logs.software import Reader, Software, software_of

ANOTHER_HOST, NOT_GET, PREFETCH = "another-host", "not-get", "prefetch"
_QUARTER = 15
UNREADABLE, TOO_LONG = "unreadable", "too-long"


@dataclass(frozen=True, slots=True)
class Rules:
    """The site's zone; the hosts that are its own, and whether lines of others are left out;
    days that take no more; a secret of this site's; the `folders` that its pages may be below."""

    zone: tzinfo
    hosts: frozenset[str] = frozenset()
    only_hosts: bool = True
    closed: frozenset[date] = frozenset()
    secret: int = 0
    folders: tuple[str, ...] = ()

    def seed_of(self, day: date) -> int:
        """What makes the numbers of a day's people others than those of the next."""
        text = f"{self.secret} {day}".encode()
        return int.from_bytes(blake2b(text, digest_size=8).digest(), "little")

    def date_of(self, minute: int) -> date:
        """The day of a minute (since 1970)."""
        return _date_of(minute // _QUARTER, self.zone)


def _counts() -> defaultdict[str, int]:
    return defaultdict(int)


@dataclass(slots=True)
class Day:
    """The counts of a day: views by path (`unknown`: of people or bots), left out by why,
    referrers; hashes of different people, and of those who read feeds by software; the most
    readers that software speaks for, by software and feed."""

    views: defaultdict[str, int] = field(default_factory=_counts)
    unknown: Counter[str] = field(default_factory=Counter)
    left_out: defaultdict[str, int] = field(default_factory=_counts)
    referrers: Counter[str] = field(default_factory=Counter)
    people: set[int] = field(default_factory=set)
    feed_people: dict[str, set[int]] = field(default_factory=dict)
    speaks_for: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, other: Day) -> None:
        """Take in the counts of other lines of the same day."""
        for mine, theirs in ((self.views, other.views), (self.left_out, other.left_out)):
            for what, number in theirs.items():
                mine[what] += number
        self.unknown.update(other.unknown)
        self.referrers.update(other.referrers)
        self.people |= other.people
        for software, people in other.feed_people.items():
            self.feed_people.setdefault(software, set()).update(people)
        for place, readers in other.speaks_for.items():
            self.speaks_for[place] = max(readers, self.speaks_for.get(place, 0))


@dataclass(slots=True)
class Tally:
    """The counts of some lines: days; how many lines, how many of closed days, how many of no
    day (by why, with an example); the first and last minute (since 1970)."""

    days: dict[date, Day] = field(default_factory=dict)
    lines: int = 0
    closed: int = 0
    dayless: Counter[str] = field(default_factory=Counter)
    example: str = ""
    first: int = 0
    last: int = 0

    def day(self, day: date) -> Day:
        found = self.days.get(day)
        if found is None:
            found = self.days[day] = Day()
        return found

    def meet(self, minute: int) -> None:
        """Note the minute of a line."""
        self.first = min(self.first or minute, minute)
        self.last = max(self.last, minute)

    def unreadable(self, line: bytes, why: str) -> None:
        """Note a line of which nothing can be told."""
        self.dayless[why] += 1
        self.example = self.example or line[:100].decode("utf-8", "replace")


@lru_cache(maxsize=50_000)
def _date_of(quarter: int, zone: tzinfo) -> date:
    # Days begin on a quarter of an hour in every zone that there is.
    return datetime.fromtimestamp(quarter * _QUARTER * 60, zone).date()


def status_why(status: int) -> str:
    """Why a status is no view; '' for one that is."""
    if status in (200, 304):
        return ""
    if 300 <= status < 400:
        return "moved"
    if status in (404, 410):
        return "not-found"
    return "refused" if 400 <= status < 500 else "error" if status >= 500 else "other-status"


def count_hit(tally: Tally, hit: Hit, rules: Rules) -> None:
    """Count one request: the one place that says what counts. The order of the reasons is that
    of docs/views.md."""
    tally.meet(int(hit.at.timestamp()) // 60)
    date = hit.at.astimezone(rules.zone).date()
    if date in rules.closed:
        tally.closed += 1
        return
    day = tally.day(date)
    if hit.host and rules.only_hosts and rules.hosts and hit.host not in rules.hosts:
        day.left_out[ANOTHER_HOST] += 1
        return
    software = software_of(hit.agent) if hit.agent is not None else None
    target = target_of(hit.address, rules.folders) if hit.method == "GET" else None
    why = why_not(software, target, hit.status, hit.prefetch)
    if why:
        day.left_out[why] += 1
        return
    assert target is not None
    agent = (hit.agent or "").encode("utf-8", "replace")
    who = person(hit.client.encode("utf-8", "replace"), agent, rules.seed_of(date))
    count_seen(day, software, target, who, hit.referrer, rules)


def why_not(
    software: Software | None, target: Target | None, status: int, prefetch: bool = False
) -> str:
    """Why a request counts for nothing; '' for one that does. `target` is None of what is no
    GET, `software` where the log can't say."""
    if software is not None and software.reader in (Reader.BOT, Reader.NOBODY):
        return str(software.reader)
    if target is None:
        return NOT_GET
    why = status_why(status)
    if why:
        return why
    if target.asked in (Asked.OTHER, Asked.TOO_LONG, Asked.DESK):
        return str(target.asked)
    if target.asked is Asked.PAGE and software and software.reader is Reader.FEED_READER:
        return str(software.reader)
    return PREFETCH if prefetch else ""


def count_seen(
    day: Day, software: Software | None, target: Target, who: int, referrer: str, rules: Rules
) -> None:
    """Count what a person, or a reader of feeds, has seen."""
    if target.asked is Asked.FEED:
        count_feed(day, software, target, [who])
        return
    if software is None:
        day.unknown[target.path] += 1
        return
    day.views[target.path] += 1
    day.people.add(who)
    came_from = referrer_of(referrer, rules.hosts)
    if came_from:
        day.referrers[came_from] += 1


def count_feed(day: Day, software: Software | None, target: Target, who: Iterable[int]) -> None:
    """Count readers of a feed."""
    name = (software.name if software else "") or "other"
    if software and software.readers:
        place = name, target.path
        day.speaks_for[place] = max(software.readers, day.speaks_for.get(place, 0))
    else:
        day.feed_people.setdefault(name, set()).update(who)


def person(client: bytes, agent: bytes, seed: int) -> int:
    """A person of a day, as far as address and browser tell, as a number."""
    return xxh3_64_intdigest(client + b"\0" + agent, seed)


def people(clients: Iterable[bytes], agents: Iterable[bytes], seed: int) -> Iterator[int]:
    """Each `person` of some, for whole columns."""
    each = map(b"\0".join, zip(clients, agents, strict=False))
    return map(xxh3_64_intdigest, each, repeat(seed))
