"""The dashboard: what its page, its tables and its JSON say, from the talk of a site. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from markupsafe import Markup

from rejoinder.engagement import charts, tabulated
from rejoinder.engagement.measures import Measures, measure, newcomers, of_totals, returning
from rejoinder.engagement.numbers import Waits, counted, in_words, on_day
from rejoinder.engagement.parts import Waiting
from rejoinder.engagement.reach import Reach, reach, weeks
from rejoinder.engagement.reading import Talk
from rejoinder.engagement.report import (
    Row,
    announced_row,
    awaiting_json,
    figures_json,
    reach_rows,
    rows,
    threads_json,
)
from rejoinder.engagement.tabulated import LISTED, WEEKS, Table


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, what it shows, the same as a table; `key` says what classes mean. One that
    `is_table` needs no other."""

    title: str
    caption: str
    drawn: Markup
    table: Table
    key: tuple[tuple[str, str], ...] = ()
    is_table: bool = False


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure of the period, of the one before, and ever, '' where that isn't told; each says of
    how many it is."""

    row: Row
    before: str
    ever: str = ""

    @property
    def figure(self) -> str:
        """What is read first of the figure."""
        return split(self.row.figure)[0]

    @property
    def rest(self) -> str:
        """What else it says."""
        return split(self.row.figure)[1]


@dataclass(slots=True)
class Waiter:
    """A comment that waits for an answer: on what, since when, for how long, where, and its first
    words."""

    comment: Waiting
    post: str
    date: datetime
    since: str
    url: str
    words: str = ""


@dataclass(slots=True)
class Dashboard:
    """All that the page says. `names` are whether readers are named; `waiting_more` and
    `earlier_more` are how many more there are than it lists; `answered` are the comments of readers
    that wait no longer."""

    title: str
    home: str
    at: datetime
    local: str
    days: int
    names: bool
    waiting: list[Waiter] = field(default_factory=list)
    earlier: list[Waiter] = field(default_factory=list)
    waiting_more: int = 0
    earlier_more: int = 0
    waiting_in_all: int = 0
    waiting_people: int = 0
    answered: int = 0
    conversation: list[Tile] = field(default_factory=list)
    reach: list[Tile] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    sparklines: dict[str, Markup] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    json: dict[str, Any] = field(default_factory=dict)

    @property
    def waiting_words(self) -> str:
        """How many wait, as a sentence."""
        return waiting_words(self.waiting_people)

    @property
    def waiting_rest(self) -> str:
        """What else there is to say of who waits, or why nobody does."""
        if not self.waiting_people:
            if not self.answered:
                return "No reader has written yet."
            return f"Every comment of a reader is answered, {self.answered:,} in all."
        comments = f"With {counted(self.waiting_in_all, 'comment')}"
        if not self.names:
            return f"{comments}; on this page nobody is named."
        older = len(self.earlier) + self.earlier_more
        if older:
            lately = self.waiting_in_all - older
            return f"{comments}, {lately:,} of them in the last {self.days} days."
        return f"{comments}." if self.waiting_in_all > self.waiting_people else ""

    @property
    def earlier_words(self) -> str:
        """What is folded away, and how many."""
        return f"{len(self.earlier) + self.earlier_more:,} earlier, the oldest first"

    def table(self, name: str) -> Table:
        """One of the tables, by its file's name."""
        return next(table for table in self.tables if table.name == name)


def listed(
    awaiting: Sequence[Waiting], since: datetime
) -> tuple[Sequence[Waiting], Sequence[Waiting]]:
    """Of what waits, oldest first: what is to be shown, and folded away. What came in `since` is
    shown, and what is older only where there is nothing newer."""
    lately = [one for one in awaiting if one.date >= since]
    older = awaiting[: len(awaiting) - len(lately)]
    return (lately, older) if lately else (older, ())


def split(figure: str) -> tuple[str, str]:
    """What is read first of a figure, and the rest: '59%', 'of 2018 (57% to 61%)'. What nothing
    can be said of is a dash."""
    if figure == "0 of 0":
        return "–", ""
    share = re.fullmatch(r"(\d+%) (of .*)", figure)
    if share:
        return share[1], share[2]
    if figure == "median not yet":
        return "not yet", "median; fewer than half so far"
    median = re.fullmatch(r"median ([^,]*)(?:, (.*))?", figure)
    if median:
        return median[1], f"median; {median[2]}" if median[2] else "median"
    rate = re.fullmatch(r"([\d.]+) \((.*)\)", figure)
    return (rate[1], rate[2]) if rate else (figure, "")


def brief(row: Row | None) -> str:
    """A figure with its sample, in few words: '59% of 2018', '3 h (12 answers)'; '' of none."""
    if row is None:
        return ""
    first, rest = split(row.figure)
    if first.endswith("%"):
        return f"{first} {rest.partition(' (')[0]}"
    return f"{first} ({row.sample})" if rest.startswith("median") else first


_TALK = ("Author response rate", "Time to the author's answer", "Came back after the answer",
         "Comments", "Participants", "Returning", "Time to first response",
         "Reader to reader")  # fmt: skip
_REACH = ("Views", "Visits", "Readers of the feed", "Comments per 1,000 views", "Mentions",
          "Announcements")  # fmt: skip


def dashboard(talk: Talk, now: datetime, days: int, *, names: bool = True) -> Dashboard:
    """The dashboard of a talk at `now`, of which `talk` holds what was said in two periods of so
    many `days`, and the views of a year. Without `names`, no reader is named."""
    begin, earlier = now - timedelta(days=days), now - timedelta(days=2 * days)
    ever = of_totals(talk.posts.values(), talk.totals, now)
    period, before = _period(talk, ever, now, begin), _period(talk, ever, begin, earlier)
    today = now.astimezone(talk.zone).date()
    tomorrow, half = today + timedelta(days=1), today - timedelta(days=days - 1)
    seen = reach(talk.views, talk.places, half, tomorrow)
    seen_before = reach(talk.views, talk.places, half - timedelta(days=days), half)
    of_year = reach(talk.views, talk.places, tomorrow - timedelta(days=7 * WEEKS), tomorrow)
    figures = [*rows(period, newcomers(period, ever, begin)),
               *reach_rows(seen, ever.days), announced_row(talk.announced, now, begin)]  # fmt: skip
    figures_before = {
        row.name: row
        for row in (
            *rows(before, newcomers(before, ever, earlier)),
            *reach_rows(seen_before, ever.days),
            announced_row(talk.announced, begin, earlier),
        )
    }
    figures_ever = {row.name: row for row in (*rows(ever), announced_row(talk.announced, now))}
    by_name = {row.name: row for row in figures}
    local = now.astimezone(talk.zone)
    made = Dashboard(talk.site.title, talk.site.url, now,
                     f"{on_day(local)}, {local:%H:%M}", days, names)  # fmt: skip
    made.waiting_in_all = len(ever.awaiting)
    made.waiting_people = len({one.who for one in ever.awaiting})
    made.answered = ever.answered.count
    if names:
        found = listed(ever.awaiting, begin)
        made.waiting, made.earlier = (
            [Waiter(one, talk.posts[one.thread].title, one.date.astimezone(talk.zone),
                    in_words(now - one.date), f"{talk.posts[one.thread].url}#{one.fragment}")
             for one in some[:LISTED]] for some in found
        )  # fmt: skip
        made.waiting_more, made.earlier_more = (max(0, len(some) - LISTED) for some in found)
    made.conversation = [
        Tile(by_name[name], brief(figures_before[name]), brief(figures_ever[name]))
        for name in _TALK
    ]
    made.reach = [
        Tile(by_name[name], brief(figures_before[name]), brief(figures_ever.get(name)))
        for name in _REACH
    ]
    two = f"Last {days} days", f"The {days} before"
    last = f", {on_day(seen.feed_day)}" if seen.feed_day else ""
    made.tables = [
        tabulated.figures_table(figures, figures_before, figures_ever, days),
        tabulated.awaiting_table(talk, ever, names),
        tabulated.posts_table(talk, ever, of_year),
        tabulated.weeks_table(talk, ever, of_year, tomorrow),
        tabulated.answers_table(ever, period),
        tabulated.depth_table(talk, ever),
        tabulated.pairs_table(talk, ever, names),
        *([tabulated.people_table(talk, ever)] if names else []),
        tabulated.counts_table("mentions", "Mentions", ("From", f"Last {days} days", "Ever"),
                period.mentions, ever.mentions),
        tabulated.announcements_table(talk, ever),
        tabulated.counts_table("referrers", "Where views began", ("From", *two),
                               seen.referrers, seen_before.referrers),
        tabulated.counts_table("feed", f"Readers of the feed{last}",
                               ("Software", "Readers"), seen.feed),
        tabulated.counts_table("left-out", "What counts as no view", ("Why", *two),
                               seen.left_out, seen_before.left_out),
    ]  # fmt: skip
    made.charts = _charts(made, talk, ever, period)
    made.sparklines = _sparklines(talk, ever, of_year, tomorrow)
    made.json = _json(talk, now, days, (period, before, ever), (seen, seen_before), names)
    return made


_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight",
            "Nine", "Ten", "Eleven", "Twelve")  # fmt: skip


_OLDEST = 100
"""So many of what waits are in the JSON; the CSV has all."""


def waiting_words(count: int) -> str:
    """How many readers wait for an answer, as a sentence."""
    number = _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"
    if count == 0:
        return "Nobody waits for your answer"
    if count == 1:
        return "One reader waits for your answer"
    return f"{number} readers wait for your answer"


def _period(talk: Talk, ever: Measures, now: datetime, since: datetime) -> Measures:
    posts = [talk.posts[thread] for thread in talk.lately]
    posts += [post for thread, post in talk.posts.items() if thread not in talk.lately
              and post.date is not None and since <= post.date <= now]  # fmt: skip
    said = (one for found in talk.lately.values() for one in found)
    found = measure(posts, said, now, since, talk.zone)
    return replace(found, returning=returning(found, ever, now))


def _charts(made: Dashboard, talk: Talk, ever: Measures, period: Measures) -> list[Chart]:
    """Those that have something to show."""
    table = made.table
    answers, week = table("time-to-answer"), table("weeks")
    months = [(i, f"{date.fromisoformat(str(row[0])):%b}") for i, row in enumerate(week.rows)
              if date.fromisoformat(str(row[0])).day <= 7]  # fmt: skip
    depth, pairs = table("depth"), table("who-answers-whom")
    found = []
    if ever.answered.of:
        lines = [("ever", "ever", _left(ever.time_to_answer)),
                 (f"{made.days} days", "now", _left(period.time_to_answer))]  # fmt: skip
        drawn = charts.curve("Share of comments still waiting for an answer", lines)
        caption = ("The share of comments that still wait for the author's answer, by the time "
                   "since they were written; those that wait now count for as long as they have "
                   f"waited. Of {ever.answered.of:,} comments, {period.answered.of:,} of them in "
                   f"the last {made.days} days.")  # fmt: skip
        found.append(Chart("How long readers wait", caption, drawn, answers))
    if any(row[1] or row[2] for row in week.rows):
        said = [("readers", [int(row[1] or 0) for row in week.rows]),
                ("authors", [int(row[2] or 0) for row in week.rows])]  # fmt: skip
        drawn = charts.bars("Comments in each of the last 52 weeks", said, months)
        key = ("readers", "of readers"), ("authors", "of authors")
        caption = "Of readers, and the authors' own above them."
        found.append(Chart("Comments, week by week", caption, drawn, week, key))
    if any(row[3] for row in week.rows):
        views = [("views", [int(row[3] or 0) for row in week.rows])]
        drawn = charts.bars("Views in each of the last 52 weeks", views, months)
        caption = "By people; bots and feed readers are left out."
        found.append(Chart("Views, week by week", caption, drawn, week))
    if depth.rows:
        drawn = charts.heat("Comments by post and depth", _numbers(depth), depth.columns)
        caption = ("Comments on each level of answers, of the posts that were last talked on; "
                   "level 1 answers the post.")  # fmt: skip
        found.append(Chart("How deep it goes", caption, drawn, depth, is_table=True))
    if pairs.rows:
        drawn = charts.heat("How often who answers whom", _numbers(pairs), pairs.columns)
        caption = ("The row's name answers the column's: so many times. What answers a post "
                   "answers its author.")  # fmt: skip
        found.append(Chart("Who answers whom", caption, drawn, pairs, is_table=True))
    return found


def _left(waits: Waits) -> Sequence[tuple[float, float]]:
    """What is drawn of those who wait; where nobody was answered yet, that all wait."""
    return waits.curve or [(longest, 1.0) for longest in waits.waiting[-1:]]


def _numbers(table: Table) -> list[tuple[str, list[int]]]:
    return [(str(row[0]), [int(cell or 0) for cell in row[1:]]) for row in table.rows]


def _sparklines(talk: Talk, ever: Measures, seen: Reach, end: date) -> dict[str, Markup]:
    """Of the posts that are listed: views of the last half year by week."""
    newest = sorted(talk.posts.values(), key=lambda post: (str(post.date), post.thread))
    return {
        post.url: charts.sparkline(f"Views of {post.title}, 26 weeks",
                                   weeks(seen.posts[post.thread], end, 26))
        for post in newest[-LISTED:] if post.thread in seen.posts
    }  # fmt: skip


def _json(
    talk: Talk,
    now: datetime,
    days: int,
    found: tuple[Measures, Measures, Measures],
    seen: tuple[Reach, Reach],
    names: bool,
) -> dict[str, Any]:
    def reached(one: Reach) -> dict[str, Any]:
        return {
            "begin": one.begin.isoformat(), "end": one.end.isoformat(),
            "days_counted": len(one.days),
            "views": one.views.total(), "views_of_posts": one.of_posts,
            "visits": one.visits.total(), "unknown": one.unknown,
            "feed_readers": sum(one.feed.values()), "referrers": dict(one.referrers.most_common()),
            "left_out": dict(one.left_out.most_common()),
        }  # fmt: skip

    period, before, ever = found
    return {
        "$schema": "engagement.schema.json",
        "site": talk.site.url,
        "at": now.isoformat(),
        "days": days,
        "period": figures_json(period) | {"reach": reached(seen[0])},
        "before": figures_json(before) | {"reach": reached(seen[1])},
        "ever": figures_json(ever),
        "awaiting": len(ever.awaiting),
        "oldest_awaiting": awaiting_json(ever.awaiting[:_OLDEST], talk.posts) if names else [],
        "threads": threads_json(ever, talk.posts),
    }
