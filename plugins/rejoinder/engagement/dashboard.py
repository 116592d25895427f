"""The dashboard: what its page, its tables and its JSON say, from the talk of a site. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from markupsafe import Markup

from rejoinder.engagement import charts, tabulated
from rejoinder.engagement.measures import Measures, measure, newcomers, of_totals, returning
from rejoinder.engagement.numbers import Waits, in_words, number, on_day
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
    waiting_words,
)
from rejoinder.engagement.tabulated import LISTED, WEEKS, Table
from rejoinder.languages.texts import ENGLISH, Texts, message, message_count


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
        return self.row.phrase.first

    @property
    def rest(self) -> str:
        """What else it says."""
        return self.row.phrase.rest


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
    """All that the page says, in the language of `texts`. `names` are whether readers are named;
    `waiting_more` and `earlier_more` are how many more there are than it lists; `answered` are the
    comments of readers that wait no longer."""

    title: str
    home: str
    at: datetime
    local: str
    days: int
    names: bool
    texts: Texts = ENGLISH
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
                return message("No reader has written yet.")
            return message("Every comment of a reader is answered, %(count)s in all.",
                           count=number(self.answered))  # fmt: skip
        count = self.waiting_in_all
        if not self.names:
            return message_count("With %(n)s comment; on this page nobody is named.",
                                 "With %(n)s comments; on this page nobody is named.",
                                 count)  # fmt: skip
        older = len(self.earlier) + self.earlier_more
        if older:
            return message_count(
                "With %(n)s comment, %(lately)s of them in the last %(days)s days.",
                "With %(n)s comments, %(lately)s of them in the last %(days)s days.",
                count, lately=number(count - older), days=self.days,
            )  # fmt: skip
        if count > self.waiting_people:
            return message_count("With %(n)s comment.", "With %(n)s comments.", count)
        return ""

    @property
    def earlier_words(self) -> str:
        """What is folded away, and how many."""
        return message_count("%(n)s earlier, the oldest first", "%(n)s earlier, the oldest first",
                             len(self.earlier) + self.earlier_more)  # fmt: skip

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


_TALK = ("Author response rate", "Time to the author's answer", "Came back after the answer",
         "Comments", "Participants", "Returning", "Time to first response",
         "Reader to reader")  # fmt: skip
_REACH = ("Views", "Visits", "Readers of the feed", "Comments per 1,000 views", "Mentions",
          "Announcements")  # fmt: skip


def dashboard(
    talk: Talk, now: datetime, days: int, *, names: bool = True, texts: Texts = ENGLISH
) -> Dashboard:
    """The dashboard of a talk at `now`, of which `talk` holds what was said in two periods of so
    many `days`, and the views of a year. Without `names`, no reader is named. Its page speaks by
    `texts`; what is for programs has no language but English."""
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
    made = Dashboard(
        talk.site.title, talk.site.url, now,
        f"{texts.manner.brief_day(local)}, {texts.manner.time(local)}", days, names, texts,
    )  # fmt: skip
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
        Tile(by_name[name], figures_before[name].phrase.brief, figures_ever[name].phrase.brief)
        for name in _TALK
    ]
    made.reach = [
        Tile(
            by_name[name],
            figures_before[name].phrase.brief,
            figures_ever[name].phrase.brief if name in figures_ever else "",
        )
        for name in _REACH
    ]
    lately, always = message("Last %(days)s days", days=days), message("Ever")
    two = lately, message("The %(days)s before", days=days)
    of_feed = message("Readers of the feed")
    if seen.feed_day:
        of_feed = message("Readers of the feed, %(date)s", date=on_day(seen.feed_day))
    made.tables = [
        tabulated.figures_table(figures, figures_before, figures_ever, days),
        tabulated.awaiting_table(talk, ever, names),
        tabulated.posts_table(talk, ever, of_year),
        tabulated.weeks_table(talk, ever, of_year, tomorrow),
        tabulated.answers_table(ever, period),
        tabulated.depth_table(talk, ever),
        tabulated.pairs_table(talk, ever, names),
        *([tabulated.people_table(talk, ever)] if names else []),
        tabulated.counts_table("mentions", message("Mentions"),
                               (message("From"), lately, always), period.mentions, ever.mentions),
        tabulated.announcements_table(talk, ever),
        tabulated.counts_table("referrers", message("Where views began"), (message("From"), *two),
                               seen.referrers, seen_before.referrers),
        tabulated.counts_table("feed", of_feed, (message("Software"), message("Readers")),
                               seen.feed),
        tabulated.counts_table("left-out", message("What counts as no view"),
                               (message("Why"), *two),
                               seen.left_out, seen_before.left_out),
    ]  # fmt: skip
    made.charts = _charts(made, talk, ever, period)
    made.sparklines = _sparklines(talk, of_year, tomorrow, texts)
    made.json = _json(talk, now, days, (period, before, ever), (seen, seen_before), names)
    return made


_OLDEST = 100
"""So many of what waits are in the JSON; the CSV has all."""


def _period(talk: Talk, ever: Measures, now: datetime, since: datetime) -> Measures:
    posts = [talk.posts[thread] for thread in talk.lately]
    posts += [post for thread, post in talk.posts.items() if thread not in talk.lately
              and post.date is not None and since <= post.date <= now]  # fmt: skip
    said = (one for found in talk.lately.values() for one in found)
    found = measure(posts, said, now, since, talk.zone)
    return replace(found, returning=returning(found, ever, now))


def _charts(made: Dashboard, talk: Talk, ever: Measures, period: Measures) -> list[Chart]:
    """Those that have something to show."""
    table, texts = made.table, made.texts
    say, translate = texts.say, texts.translate
    answers, week = table("time-to-answer"), table("weeks")
    begins = [date.fromisoformat(str(row[0])) for row in week.rows]
    short = texts.manner.names("b")
    months = [(i, short[day.month - 1]) for i, day in enumerate(begins) if day.day <= 7]
    depth, pairs = table("depth"), table("who-answers-whom")
    found = []
    if ever.answered.of:
        days = texts.translate_count("%(days)s day", "%(days)s days", made.days, days=made.days)
        lines = [(translate("ever"), "ever", _left(ever.time_to_answer)),
                 (days, "now", _left(period.time_to_answer))]  # fmt: skip
        drawn = charts.curve(
            translate("Share of comments still waiting for an answer"), lines, texts
        )
        caption = message_count(
            "The share of comments that still wait for the author's answer, by the time since they "
            "were written; those that wait now count for as long as they have waited. Of %(n)s "
            "comment, %(lately)s of them in the last %(days)s days.",
            "The share of comments that still wait for the author's answer, by the time since they "
            "were written; those that wait now count for as long as they have waited. Of %(n)s "
            "comments, %(lately)s of them in the last %(days)s days.",
            ever.answered.of, lately=number(period.answered.of), days=made.days,
        )  # fmt: skip
        found.append(Chart(message("How long readers wait"), caption, drawn, answers))
    if any(row[1] or row[2] for row in week.rows):
        said = [("readers", [int(row[1] or 0) for row in week.rows]),
                ("authors", [int(row[2] or 0) for row in week.rows])]  # fmt: skip
        drawn = charts.bars(translate("Comments in each of the last 52 weeks"), said, months, texts)
        key = ("readers", message("of readers")), ("authors", message("of authors"))
        caption = message("Of readers, and the authors' own above them.")
        found.append(Chart(message("Comments, week by week"), caption, drawn, week, key))
    if any(row[3] for row in week.rows):
        views = [("views", [int(row[3] or 0) for row in week.rows])]
        drawn = charts.bars(translate("Views in each of the last 52 weeks"), views, months, texts)
        caption = message("By people; bots and feed readers are left out.")
        found.append(Chart(message("Views, week by week"), caption, drawn, week))
    if depth.rows:
        drawn = charts.heat(translate("Comments by post and depth"), _numbers(depth),
                            [say(one) for one in depth.columns], texts)  # fmt: skip
        caption = message("Comments on each level of answers, of the posts that were last talked "
                          "on; level 1 answers the post.")  # fmt: skip
        found.append(Chart(message("How deep it goes"), caption, drawn, depth, is_table=True))
    if pairs.rows:
        each = [(say(name), row) for name, row in _numbers(pairs)]
        drawn = charts.heat(translate("How often who answers whom"), each,
                            [say(one) for one in pairs.columns], texts)  # fmt: skip
        caption = message("The row's name answers the column's: so many times. What answers a post "
                          "answers its author.")  # fmt: skip
        found.append(Chart(message("Who answers whom"), caption, drawn, pairs, is_table=True))
    return found


def _left(waits: Waits) -> Sequence[tuple[float, float]]:
    """What is drawn of those who wait; where nobody was answered yet, that all wait."""
    return waits.curve or [(longest, 1.0) for longest in waits.waiting[-1:]]


def _numbers(table: Table) -> list[tuple[str, list[int]]]:
    return [
        (row[0] if isinstance(row[0], str) else "", [int(cell or 0) for cell in row[1:]])
        for row in table.rows
    ]


def _sparklines(talk: Talk, seen: Reach, end: date, texts: Texts) -> dict[str, Markup]:
    """Of the posts that are listed: views of the last half year by week."""
    newest = sorted(talk.posts.values(), key=lambda post: (str(post.date), post.thread))
    return {
        post.url: charts.sparkline(
            texts.translate("Views of %(title)s, 26 weeks", title=post.title),
            weeks(seen.posts[post.thread], end, 26),
        )
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
