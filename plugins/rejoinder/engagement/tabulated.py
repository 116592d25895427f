"""The tables of the dashboard, each whole, shown in part and to be taken away. Pure."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import NamedTuple

from rejoinder.engagement.measures import Measures
from rejoinder.engagement.numbers import SMALL, Share, decimal, number, on_day, percent, plain
from rejoinder.engagement.parts import Waiting
from rejoinder.engagement.reach import Reach, weeks
from rejoinder.engagement.reading import Talk
from rejoinder.engagement.report import Row
from rejoinder.engagement.said import NAMELESS
from rejoinder.languages.texts import message

WEEKS = 52
LISTED = 12
"""So many of what may be many are drawn."""

SHOWN = 60
"""So many rows of a table are on the page; its file has all."""

Cell = str | int | float | None


class Told(NamedTuple):
    """A cell as people read it: where it leads, and what is said below it, if anything. What has
    a language is said later."""

    text: str
    url: str = ""
    note: str = ""


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Shown:
    """How the page shows a table: at most the first SHOWN of its rows."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Told, ...]]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns. `name` is that of its file, which is in English; on the page, what has a
    language is said in that of the site. The first column names the row. What is for programs is
    `shown` otherwise on the page."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    shown: Shown | None = None

    def csv(self) -> str:
        """RFC 4180, with what a spreadsheet would run as a formula made text."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([_inert(column) for column in self.columns])  # some are readers' names
        writer.writerows([
            [_inert(cell) if type(cell) is str and cell[:1] in _FORMULA else cell for cell in row]
            for row in self.rows
        ])  # fmt: skip
        return out.getvalue()


def figures_table(
    rows: Sequence[Row], before: Mapping[str, Row], ever: Mapping[str, Row], days: int
) -> Table:
    """Each figure of the period, of the one before, and ever, with its own sample. Where all
    samples are of the same, the page says it once, beside the measure's name."""
    periods = (message("Last %(days)s days", days=days),
               message("The %(days)s before", days=days), message("Ever"))  # fmt: skip
    nothing = Row("", plain(""))
    found: list[tuple[Cell, ...]] = []
    shown: list[tuple[Told, ...]] = []
    for row in rows:
        each = row, before.get(row.name, nothing), ever.get(row.name, nothing)
        samples = {one.sample for one in each if one.figure}
        same = samples.pop() if len(samples) == 1 else ""
        found.append((row.name, *chain.from_iterable((one.figure, one.sample) for one in each)))
        told = (Told(one.figure, note="" if same else one.sample) for one in each)
        shown.append((Told(row.name, note=same), *told))
    columns = chain.from_iterable((period, f"{period}: of") for period in periods)
    measure = message("Measure")
    return Table("figures", message("All figures"), (measure, *columns), found,
                 Shown((measure, *periods), shown))  # fmt: skip


def awaiting_table(talk: Talk, ever: Measures, names: bool) -> Table:
    awaiting = ever.awaiting if names else ()

    def address(one: Waiting) -> str:
        return f"{talk.posts[one.thread].url}#{one.fragment}"

    shown = [
        (Told(one.name or message("Somebody"), address(one)),
         Told(talk.posts[one.thread].title, talk.posts[one.thread].url),
         Told(on_day(one.date.astimezone(talk.zone))))
        for one in awaiting[:SHOWN]
    ]  # fmt: skip
    return Table(
        "awaiting", message("Awaiting an answer"), ("Comment", "Name", "Post", "Date", "Address"),
        [(one.id, one.name, talk.posts[one.thread].title, one.date.isoformat(), address(one))
         for one in awaiting],
        Shown((message("Who"), message("Post"), message("Since")), shown),
    )  # fmt: skip


def posts_table(talk: Talk, ever: Measures, seen: Reach) -> Table:
    found: list[tuple[Cell, ...]] = []
    announced = Counter(one.thread for one in talk.announced)
    for thread, post in talk.posts.items():
        row = ever.rows.get(thread)
        views = seen.posts.get(thread)
        readers = row.comments - row.by_author if row else 0
        found.append((
            post.title, post.date.isoformat() if post.date else None, post.url,
            row.comments if row else 0, readers, row.answered if row else 0,
            row.mentions if row else 0, row.shape.depth if row else 0, row.shape.h if row else 0,
            announced[thread], views.total() if views else 0 if seen.days else None,
        ))  # fmt: skip
    found.sort(key=lambda row: (row[1] or "", row[0]), reverse=True)
    columns = ("Post", "Date", "Address", "Comments", "Of readers", "Answered", "Mentions",
               "Depth", "h-index", "Announced", "Views in a year")  # fmt: skip
    return Table("posts", message("Posts"), columns, found)


def weeks_table(talk: Talk, ever: Measures, seen: Reach, end: date) -> Table:
    by_day = {date.fromisoformat(day): counts for day, counts in ever.days.items()}
    readers = weeks({day: counts[0] for day, counts in by_day.items()}, end, WEEKS)
    authors = weeks({day: counts[1] for day, counts in by_day.items()}, end, WEEKS)
    views, visits = weeks(seen.views, end, WEEKS), weeks(seen.visits, end, WEEKS)
    counted = weeks(dict.fromkeys(seen.days, 1), end, WEEKS)
    begin = end - timedelta(days=7 * WEEKS)
    found = [
        ((begin + timedelta(days=7 * i)).isoformat(), readers[i], authors[i],
         views[i] if counted[i] else None, visits[i] if counted[i] else None)
        for i in range(WEEKS)
    ]  # fmt: skip
    columns = (message("Week from"), message("Comments of readers"), message("Of authors"),
               message("Views"), message("Daily visits"))  # fmt: skip
    return Table("weeks", message("Week by week"), columns, found)


_MOMENTS = (
    (3600, message("1 hour")), (6 * 3600, message("6 hours")), (24 * 3600, message("1 day")),
    (3 * 86400, message("3 days")), (7 * 86400, message("1 week")),
    (30 * 86400, message("30 days")),
)  # fmt: skip


def answers_table(ever: Measures, period: Measures) -> Table:
    def left(found: Measures, seconds: int) -> Cell:
        limit, waits = timedelta(seconds=seconds), found.time_to_answer
        share = waits.within(limit)
        if share is None:
            return message("not yet") if waits.of else None
        if waits.of < SMALL:
            return Share(waits.of - waits.soon(limit).count, waits.of).phrase.whole
        return percent(1 - share)

    return Table(
        "time-to-answer", message("Still waiting after"),
        (message("After"), message("Lately"), message("Ever")),
        [(name, left(period, seconds), left(ever, seconds)) for seconds, name in _MOMENTS
         if ever.answered.of],
    )  # fmt: skip


def depth_table(talk: Talk, ever: Measures) -> Table:
    talked = sorted((thread for thread, row in ever.rows.items() if row.comments),
                    key=lambda thread: (-ever.rows[thread].last, thread))[:LISTED]  # fmt: skip
    deepest = min(10, max((ever.rows[thread].shape.depth for thread in talked), default=1))
    found: list[tuple[Cell, ...]] = []
    for thread in talked:
        levels = ever.rows[thread].shape.levels
        each = list(levels[:deepest]) + [0] * (deepest - len(levels))
        found.append((talk.posts[thread].title, *each))
    columns = message("Post"), *map(str, range(1, deepest + 1))
    return Table("depth", message("Comments by depth"), columns, found)


def pairs_table(talk: Talk, ever: Measures, names: bool) -> Table:
    """Who answers whom, of those who say most; all readers are one where none may be named, and
    those without a name are."""

    def shown(who: str) -> str:
        if who.startswith("author:"):
            return who
        return (NAMELESS if who.startswith(NAMELESS) else who) if names else "name:readers"

    def name(who: str) -> str:
        if who == NAMELESS:
            return message("without a name")
        if who.startswith("author:"):
            slugs = who.removeprefix("author:").split(",")  # of a post of several authors, all
            return ", ".join(talk.authors.get(slug, slug) for slug in slugs)
        if not names:
            return message("readers")
        return ever.people[who].name if who in ever.people else who.partition(":")[2]

    count: Counter[tuple[str, str]] = Counter()
    said: Counter[str] = Counter()
    for who, whoms in ever.pairs.items():
        for whom, times in whoms.items():
            pair = shown(who), shown(whom)
            count[pair] += times
            said[pair[0]] += times
            said[pair[1]] += times
    top = [who for who, _ in sorted(said.items(), key=lambda one: (-one[1], one[0]))[:10]]
    found: list[tuple[Cell, ...]] = [
        (name(who), *(count[who, whom] for whom in top)) for who in top
    ]
    columns = message("Who"), *map(name, top)
    return Table("who-answers-whom", message("Who answers whom"), columns, found)


def people_table(talk: Talk, ever: Measures) -> Table:
    def day(instant: int) -> date:
        return datetime.fromtimestamp(instant, UTC).astimezone(talk.zone).date()

    people = sorted(ever.people.values(), key=lambda one: (-one.comments, one.name))
    found = [(one.name, one.comments, len(one.firsts), day(one.firsts[0][0]).isoformat(),
              day(one.last).isoformat(), one.url) for one in people]  # fmt: skip
    shown = [(Told(one.name), Told(number(one.comments)), Told(number(len(one.firsts))),
              Told(on_day(day(one.firsts[0][0]))), Told(on_day(day(one.last))), Told(one.url))
             for one in people[:SHOWN]]  # fmt: skip
    columns = (message("Name"), message("Comments"), message("Posts"), message("First"),
               message("Last"), message("Own site"))  # fmt: skip
    return Table("people", message("Who takes part"), columns, found, Shown(columns, shown))


def announcements_table(talk: Talk, ever: Measures) -> Table:
    """Where nobody listens for replies, they aren't known, which is not none."""
    by_network = Counter(one.network for one in talk.announced)
    asked = Counter(one.network for one in talk.announced if one.is_asked)
    found: list[tuple[Cell, ...]] = []
    for network, count in sorted(by_network.items()):
        heard = ever.mentions.get(network, 0)
        if asked[network] and (talk.listens or heard):
            found.append((network, count, asked[network], heard, decimal(heard / asked[network])))
        else:
            found.append((network, count, 0, heard or None, None))
    columns = (message("Network"), message("Announcements"), message("Listened under"),
               message("Replies heard there"), message("Each"))  # fmt: skip
    return Table("announcements", message("Announcements"), columns, found)


_KEYS = {str(key): key for key in (
    message("others"), message("e-mail"), message("bot"), message("no-software"),
    message("not-get"), message("another-host"), message("moved"), message("not-found"),
    message("refused"), message("error"), message("other-status"), message("asset"),
    message("desk"), message("too-long"), message("feed-reader"), message("prefetch"),
    message("asked not to be counted"), message("not a page of this site"), message("too many"),
)}  # fmt: skip
"""What is counted under a word of ours, as the logs and the beacon note it (docs/views.md)."""


def counts_table(
    name: str, title: str, columns: tuple[str, ...], *each: Mapping[str, int]
) -> Table:
    keys = {key for counts in each for key in counts}
    order = sorted(keys, key=lambda key: (*(-counts.get(key, 0) for counts in each), key))
    found: list[tuple[Cell, ...]] = [
        (_KEYS.get(key, key), *(counts.get(key, 0) for counts in each)) for key in order
    ]
    return Table(name, title, columns, found)


def _inert(cell: Cell) -> Cell:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    is_formula = isinstance(cell, str) and cell[:1] in _FORMULA
    return f"'{cell}" if is_formula else cell
