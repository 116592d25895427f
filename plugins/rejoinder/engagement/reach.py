"""Views as context: what was counted of a time, and announcements. Pure."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import sqrt
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from rejoinder.engagement import numbers
from rejoinder.engagement.numbers import SMALL, Phrase, decimal, plain
from rejoinder.engagement.said import Post
from rejoinder.engagement.views import Figure, Key, Source
from rejoinder.languages.texts import message

_Z = 1.959963984540054

_Figures: TypeAlias = "dict[Figure, dict[str, int]]"
"""Counts of a day by what they are of."""


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
        return str(self.phrase.whole)

    @property
    def phrase(self) -> Phrase:
        """The same in its parts."""
        rate, interval = self.per_thousand, self.interval
        if self.count < SMALL or interval is None or rate is None:
            return plain(
                message("%(count)s of %(of)s views", count=self.count, of=numbers.number(self.of))
            )
        low, high = map(decimal, interval)
        return Phrase(
            message("%(rate)s (%(low)s to %(high)s)", rate=decimal(rate), low=low, high=high),
            decimal(rate), message("%(low)s to %(high)s", low=low, high=high), decimal(rate),
        )  # fmt: skip


@dataclass(slots=True)
class Reach:
    """What was counted from `begin` to before `end`: views by day and of posts by thread and day;
    visits by day; views by where they began, of pages that are no posts, by people or bots
    (`unknown`); readers of the feeds by software on the last day that has any (`feed_day`); lines
    left out by why. `days` says who counted the views of each day whose views were counted."""

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


@dataclass(frozen=True, slots=True)
class Places:
    """Where posts are: threads by the paths of their posts, where old paths lead on to, and in how
    many steps they come to an end."""

    threads: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)
    steps: Mapping[str, int] = field(default_factory=dict)

    def settled(self, views: Mapping[str, int]) -> Mapping[str, int]:
        """A day's views by the paths that theirs lead to in the end. Who comes to a redirect's
        page is led on, and counted there again; while the page was still at the old path, nobody
        was. So of what is seen at a path and what leads there, the larger counts."""
        old: set[str] = set()
        for path in views.keys() & self.moved.keys():
            while path in self.moved and path not in old:
                old.add(path)
                path = self.moved[path]
        if not old:
            return views
        found, led = dict(views), Counter[str]()
        for path in sorted(old, key=lambda one: -self.steps[one]):
            led[self.moved[path]] += max(found.pop(path, 0), led.pop(path, 0))
        return found | {path: max(count, found.get(path, 0)) for path, count in led.items()}


def reach(
    counted: Mapping[Source, Mapping[Key, int]], places: Places, begin: date, end: date
) -> Reach:
    """What was counted from `begin` to before `end`."""
    found = Reach(begin, end)
    days: dict[date, dict[Source, _Figures]] = {}
    for source in Source:
        for (day, figure, what), number in counted.get(source, {}).items():
            if begin <= day < end:
                figures = days.setdefault(day, {}).setdefault(source, {})
                figures.setdefault(figure, {})[what] = number
    for day, told in sorted(days.items()):
        _take_views(found, day, told, places)
        _take_others(found, day, told, places)
    return found


def places_of(posts: Iterable[Post], base: str, redirects: Iterable[tuple[str, str]]) -> Places:
    """Where posts are, and the old paths, which like the new ones of `redirects` are below `base`,
    the path of the site. A path that is a post's leads nowhere else; one that lacks only the slash
    at its end is the post's too, where it is nobody else's."""
    threads = {plain_path(urlsplit(url).path): post.thread
               for post in posts for url in (post.url, *post.others)}  # fmt: skip
    moved: dict[str, str] = {}
    for old, new in redirects:
        path, to = (plain_path(base + urlsplit(one).path) for one in (old, new))
        # A redirect's page is in a folder of its own, and servers add the slash that leads there.
        has_ending = "." in path.rpartition("/")[2]
        moved |= dict.fromkeys((path,) if has_ending else (path.rstrip("/"), _folder(path)), to)
    moved = {old: to if to in threads or to in moved else _folder(to)
             for old, to in moved.items() if old not in threads}  # fmt: skip
    leading: dict[str, list[str]] = {}
    for old, to in moved.items():
        leading.setdefault(to, []).append(old)
    steps: dict[str, int] = {}
    level = [to for to in leading if to not in moved]  # what goes round in rings has no end
    for number in itertools.count(1):
        level = [old for to in level for old in leading.get(to, ())]
        if not level:
            break
        steps |= dict.fromkeys(level, number)
    bare = {path[:-1]: thread for path, thread in threads.items() if path.endswith("/")}
    return Places(bare | threads, {old: moved[old] for old in steps}, steps)


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


def _folder(path: str) -> str:
    return f"{path.rstrip('/')}/"


def _take_views(found: Reach, day: date, told: Mapping[Source, _Figures], places: Places) -> None:
    """The views of a day, as whoever counted more of them has them: each misses some, like readers
    without scripts or hours without a log, and none of them counts one that wasn't. Who can't tell
    people from bots has not counted."""
    views = {source: places.settled(figures.get(Figure.VIEW, {}))
             for source, figures in told.items()
             if Figure.VIEW in figures or Figure.UNKNOWN not in figures}  # fmt: skip
    if not views:
        return
    source = max(views, key=lambda one: sum(views[one].values()))
    found.days[day] = source
    for path, number in views[source].items():
        found.views[day] += number
        thread = places.threads.get(path)
        if thread is None:
            found.pages[path] += number
        else:
            found.posts.setdefault(thread, Counter())[day] += number
    found.visits[day] += sum(told[source].get(Figure.VISITS, {}).values())
    found.referrers.update(told[source].get(Figure.REFERRER, {}))


def _take_others(found: Reach, day: date, told: Mapping[Source, _Figures], places: Places) -> None:
    """What says nothing of people's views: of the logs, where they have any."""

    def of(figure: Figure) -> Mapping[str, int]:
        return next((figures[figure] for figures in told.values() if figure in figures), {})

    found.unknown += sum(places.settled(of(Figure.UNKNOWN)).values())
    found.left_out.update(of(Figure.LEFT_OUT))
    if feed := of(Figure.FEED):  # readers are counted anew each day: only the last is told
        found.feed, found.feed_day = dict(feed), day
