"""Views as context: what was counted of a time, and announcements. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import sqrt
from urllib.parse import unquote, urlsplit

from rejoinder.engagement.numbers import SMALL
from rejoinder.engagement.said import Post
from rejoinder.engagement.views import Figure, Key, Source

_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Rate:
    """So many for every thousand of something."""

    count: int
    of: int

    @property
    def per_thousand(self) -> float | None:
        """None of nothing."""
        return 1000 * self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval per thousand, the count taken as Poisson's (Byar's approximation:
        Breslow and Day 1987)."""
        if not self.of:
            return None
        n = self.count
        low = n * (1 - 1 / (9 * n) - _Z / (3 * sqrt(n))) ** 3 if n else 0.0
        high = (n + 1) * (1 - 1 / (9 * (n + 1)) + _Z / (3 * sqrt(n + 1))) ** 3
        return 1000 * low / self.of, 1000 * high / self.of

    def __str__(self) -> str:
        """Both counts where either is small, else the rate with its interval."""
        interval = self.interval
        if self.count < SMALL or interval is None:
            return f"{self.count} of {self.of:,} views"
        return f"{self.per_thousand:.1f} ({interval[0]:.1f} to {interval[1]:.1f})"


@dataclass(slots=True)
class Reach:
    """What was counted from `begin` to before `end`: views by day and of posts by thread and day;
    visits by day; views by where they began, of pages that are no posts, by people or bots
    (`unknown`); readers of the feeds by software on the last day that has any (`feed_day`); lines
    left out by why. `days` says who counted each day that was counted."""

    begin: date
    end: date
    days: dict[date, Source] = field(default_factory=dict)
    views: Counter[date] = field(default_factory=Counter)
    posts: dict[str, Counter[date]] = field(default_factory=dict)
    visits: Counter[date] = field(default_factory=Counter)
    pages: Counter[str] = field(default_factory=Counter)
    unknown: int = 0
    referrers: Counter[str] = field(default_factory=Counter)
    feed: dict[str, int] = field(default_factory=dict)
    feed_day: date | None = None
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def of_posts(self) -> int:
        """Views of posts."""
        return sum(found.total() for found in self.posts.values())

    def rate(self, days: Mapping[str, tuple[int, int]]) -> Rate:
        """Comments of readers to views of posts, over the days that were counted; `days` are the
        comments of readers and of authors by day."""
        return Rate(sum(days.get(day.isoformat(), (0, 0))[0] for day in self.days), self.of_posts)


def reach(
    counted: Mapping[Source, Mapping[Key, int]],
    paths: Mapping[str, str],
    begin: date,
    end: date,
) -> Reach:
    """What was counted from `begin` to before `end`. `paths` are threads by the paths of their
    posts (`paths_of`). Of a day that both have counted, the logs are taken: they see readers
    without scripts."""
    found = Reach(begin, end)
    for source in reversed(Source):  # the logs last
        for day in {key.day for key in counted.get(source, ()) if begin <= key.day < end}:
            found.days[day] = source
    for source, counts in counted.items():
        for key, count in counts.items():
            if found.days.get(key.day) is source:
                _take(found, key, count, paths)
    feeds = [key for source, counts in counted.items() for key in counts
             if key.figure is Figure.FEED and found.days.get(key.day) is source]  # fmt: skip
    if feeds:
        found.feed_day = max(key.day for key in feeds)
        found.feed = {key.what: counted[found.days[key.day]][key]
                      for key in feeds if key.day == found.feed_day}  # fmt: skip
    return found


def paths_of(posts: Iterable[Post], redirects: Mapping[str, str]) -> dict[str, str]:
    """Threads by the paths of their posts, and by old paths that `redirects` leads there from."""
    found = {plain_path(urlsplit(post.url).path): post.thread for post in posts}
    old = {plain_path(path): found[plain_path(to)]
           for path, to in redirects.items() if plain_path(to) in found}  # fmt: skip
    return old | found


def plain_path(path: str) -> str:
    """A path in the one form that paths are compared in."""
    plain = unquote(path).removesuffix("index.html")
    return plain if plain.startswith("/") else f"/{plain}"


def weeks(days: Mapping[date, int], end: date, number: int) -> list[int]:
    """The sums of the last `number` weeks of seven days before `end`, the oldest first."""
    sums = [0] * number
    begin = end - timedelta(days=7 * number)
    for day, count in days.items():
        if begin <= day < end:
            sums[(day - begin).days // 7] += count
    return sums


def _take(found: Reach, key: Key, count: int, paths: Mapping[str, str]) -> None:
    match key.figure:
        case Figure.VIEW:
            found.views[key.day] += count
            thread = paths.get(plain_path(key.what))
            if thread is None:
                found.pages[key.what] += count
            else:
                found.posts.setdefault(thread, Counter())[key.day] += count
        case Figure.VISITS:
            found.visits[key.day] += count
        case Figure.UNKNOWN:
            found.unknown += count
        case Figure.REFERRER:
            found.referrers[key.what] += count
        case Figure.LEFT_OUT:
            found.left_out[key.what] += count
        case Figure.FEED:
            pass  # readers are counted anew each day: only the last is told
