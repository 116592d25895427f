"""The measures as a report: text, Markdown, HTML or JSON. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from math import inf
from typing import Any

from rejoinder.engagement.measures import Measures
from rejoinder.engagement.numbers import SMALL, Share, Waits, counted, in_words, on_day
from rejoinder.engagement.parts import Shape, Waiting
from rejoinder.engagement.reach import Reach
from rejoinder.engagement.said import Announcement, Post

FORMATS = ("text", "md", "html", "json")
_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Row:
    """A figure: its name as in docs/measures.md, what it is, and of what."""

    name: str
    figure: str
    sample: str = ""


def rows(found: Measures, new: Share | None = None) -> list[Row]:
    """The figures in the order of importance; each says what it counts. `new` are the newcomers
    of a period."""
    answers, first = found.time_to_answer, found.first_response
    shapes = [row.shape for row in found.rows.values()]
    unknown = counted(found.nameless, "comment") + " without a name"
    nameless = f", and of {unknown} nobody knows whose" if found.nameless else ""
    return [
        Row("Awaiting the author's answer", str(len(found.awaiting)), "comments of readers"),
        Row("Author response rate", str(found.answered), "comments of readers answered"),
        Row("Time to the author's answer", _times(answers), _sample(answers, "answer")),
        Row("Answered within 24 h", answers.soon_words(_DAY), _sample(answers, "answer")),
        Row("Moderation delay", _times(found.moderation), _sample(found.moderation, "comment")),
        Row("Time to first response", _times(first), _sample(first, "post")),
        Row("Posts without a response", str(found.silent), "posts"),
        Row("Came back after the answer", str(found.came_back), "answered comments"),
        Row("Participants", str(found.participants), "readers who wrote" + nameless),
        *([Row("New", str(new), "readers, whose first comment it was")] if new else []),
        Row("Returning", str(found.returning), "readers, on two posts or more"),
        Row("Reader to reader", str(found.reader_to_reader), "comments of readers"),
        Row("Reciprocity", str(found.reciprocity), "pairs who answered"),
        Row("Effective participants", f"{found.effective_participants:.1f}",
            f"of {counted(found.participants, 'reader')}"),
        Row("Deepest thread", str(max((one.depth for one in shapes), default=0)), "levels"),
        Row("Highest thread h-index", str(max((one.h for one in shapes), default=0)), "levels"),
        Row("Comments", str(found.comments), f"{found.by_author} of them by authors"),
        Row("Mentions", str(sum(found.mentions.values())), _counts(found.mentions)),
        Row("Likes and reposts", str(found.reactions)),
    ]  # fmt: skip


def announced_row(
    announced: Iterable[Announcement], now: datetime, since: datetime | None = None
) -> Row:
    """How often something was announced until `now`, with `since` from then on."""
    begin, end = since.timestamp() if since else -inf, now.timestamp()
    networks = Counter(one.network for one in announced if begin <= one.at <= end)
    return Row("Announcements", str(networks.total()), _counts(dict(networks.most_common())))


def reach_rows(seen: Reach, days: Mapping[str, tuple[int, int]]) -> list[Row]:
    """The figures of views. `days` are comments of readers and of authors by day."""
    days_counted = f"on {counted(len(seen.days), 'day')} that were counted"
    sample = f"by people, {days_counted}" if seen.days else "nothing was counted"
    if seen.unknown:
        sample += f"; {seen.unknown:,} by people or bots, where the log doesn't say"

    def of(count: int) -> str:
        return f"{count:,}" if seen.days else "–"

    return [
        Row("Views", of(seen.views.total()), sample),
        Row("Visits", of(seen.visits.total()), "of each day's different people, added up"),
        Row("Readers of the feed", f"{sum(seen.feed.values()):,}" if seen.feed_day else "–",
            f"on {on_day(seen.feed_day)}" if seen.feed_day else "no feed reader was counted"),
        Row("Comments per 1,000 views", str(seen.rate(days)) if seen.days else "–",
            "comments of readers to views of posts"),
    ]  # fmt: skip


def render(
    found: Measures,
    posts: Mapping[str, Post],
    now: datetime,
    kind: str,
    excerpts: Mapping[str, str],
) -> str:
    """The report in one of FORMATS. `excerpts` are words of the comments that wait, by id."""
    if kind == "json":
        return json.dumps(as_json(found, posts, now), ensure_ascii=False, indent=2) + "\n"
    waiting = [(f"{one.date:%Y-%m-%d}", one.name or "Somebody", posts[one.thread].title,
                f"{posts[one.thread].url}#{one.fragment}", excerpts.get(one.id, ""))
               for one in found.awaiting]  # fmt: skip
    title = f"{counted(found.posts, 'post')}, at {now:%Y-%m-%d %H:%M} UTC"
    return {"text": _text, "md": _markdown, "html": _html}[kind](title, waiting, rows(found))


def as_json(found: Measures, posts: Mapping[str, Post], now: datetime) -> dict[str, Any]:
    """The figures for programs, with what waits and the threads' shapes."""
    return {"at": now.isoformat(), **figures_json(found),
            "awaiting": awaiting_json(found.awaiting, posts),
            "threads": threads_json(found, posts)}  # fmt: skip


def figures_json(found: Measures) -> dict[str, Any]:
    """The figures for programs: times in seconds, shares as counts with their interval."""

    def waits(one: Waits) -> dict[str, Any]:
        median, p90 = one.quantile(0.5), one.quantile(0.9)
        return {"ended": len(one.ended), "waiting": len(one.waiting),
                "median": median.total_seconds() if median else None,
                "p90": p90.total_seconds() if p90 else None,
                "within_24_h": one.within(_DAY),
                "interval": [round(part, 4) for part in one.interval(_DAY)]}  # fmt: skip

    shares = ("answered", "silent", "came_back", "returning", "reader_to_reader", "reciprocity")
    return {
        "posts": found.posts,
        "comments": found.comments,
        "by_author": found.by_author,
        "by_readers": found.by_readers,
        "mentions": found.mentions,
        "reactions": found.reactions,
        "participants": found.participants,
        "nameless": found.nameless,
        "effective_participants": round(found.effective_participants, 3),
        "time_to_answer": {**waits(found.time_to_answer), "without_times": found.undated},
        "moderation": waits(found.moderation),
        "first_response": waits(found.first_response),
        **{name: {"count": share.count, "of": share.of,
                  "interval": [round(one, 4) for one in share.interval]}
           for name in shares for share in (getattr(found, name),)},
    }  # fmt: skip


def awaiting_json(awaiting: Iterable[Waiting], posts: Mapping[str, Post]) -> list[dict[str, Any]]:
    """What waits for an answer."""
    return [{"id": one.id, "post": one.thread, "name": one.name, "date": one.date.isoformat(),
             "url": f"{posts[one.thread].url}#{one.fragment}"}
            for one in awaiting]  # fmt: skip


def threads_json(found: Measures, posts: Iterable[str]) -> dict[str, Any]:
    """The shape of each thread."""
    return {thread: {"depth": one.depth, "width": one.width, "h_index": one.h,
                     "levels": list(one.levels)}
            for thread in sorted(posts) for one in (_shape(found, thread),)}  # fmt: skip


def _shape(found: Measures, thread: str) -> Shape:
    row = found.rows.get(thread)
    return row.shape if row else Shape()


def _text(title: str, waiting: Sequence[tuple[str, ...]], figures: Sequence[Row]) -> str:
    lines = [title, ""]
    if waiting:
        lines.append(f"{len(waiting)} wait for an answer, the oldest first:")
    for date, name, post, url, words in waiting:
        lines += [f"  {date} {name} on {post}: {words}", f"    {url}"]
    wide = max(len(row.name) for row in figures)
    lines += ["", *(f"{row.name:{wide}}  {row.figure}" + (f"  ({row.sample})" if row.sample else "")
                    for row in figures)]  # fmt: skip
    return "\n".join(lines) + "\n"


_MARKS = re.compile(r"[\\`*_\[\]<>|~&:]|(?<=www)\.", re.I)
"""What makes a link, emphasis, HTML or a cell of a table; addresses are links by themselves."""


def _inert(text: str) -> str:
    """Text that a reader of Markdown shows as it is."""
    return _MARKS.sub(r"\\\g<0>", text)


def _markdown(title: str, waiting: Sequence[tuple[str, ...]], figures: Sequence[Row]) -> str:
    lines = [f"# {title}", ""]
    lines += [f"- {date} {_inert(name)} on [{_inert(post)}](<{url}>): {_inert(words)}"
              for date, name, post, url, words in waiting]  # fmt: skip
    lines += ["", "| measure | figure | of |", "|---|---|---|"]
    lines += [f"| {row.name} | {_inert(row.figure)} | {_inert(row.sample)} |" for row in figures]
    return "\n".join(lines) + "\n"


def _html(title: str, waiting: Sequence[tuple[str, ...]], figures: Sequence[Row]) -> str:
    items = "".join(
        f"<li>{date} <bdi>{escape(name)}</bdi> on <a href=\"{escape(url)}\">{escape(post)}</a>: "
        f"{escape(words)}</li>" for date, name, post, url, words in waiting
    )  # fmt: skip
    cells = "".join(
        f'<tr><th scope="row">{escape(row.name)}</th><td>{escape(row.figure)}</td>'
        f"<td>{escape(row.sample)}</td></tr>" for row in figures
    )  # fmt: skip
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        f"</title></head><body><h1>{escape(title)}</h1><ol>{items}</ol><table><thead><tr>"
        '<th scope="col">Measure</th><th scope="col">Figure</th><th scope="col">Of</th></tr>'
        f"</thead><tbody>{cells}</tbody></table></body></html>\n"
    )


def _times(waits: Waits) -> str:
    """The median, and of more than a few the time of nine in ten: 'not yet' where too many still
    wait for either to be told, which is something else than nothing to tell of."""
    median, p90 = waits.quantile(0.5), waits.quantile(0.9)
    if median is None:
        return "median not yet" if waits.of else "–"
    words = f"median {in_words(median)}"
    if waits.of < SMALL:
        return words
    return f"{words}, 90 % within {in_words(p90)}" if p90 else f"{words}, 90 % not yet"


def _sample(waits: Waits, what: str) -> str:
    count = len(waits.waiting)
    waiting = f", {count:,} still wait{'s' if count == 1 else ''}" if count else ""
    return counted(len(waits.ended), what) + waiting


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
