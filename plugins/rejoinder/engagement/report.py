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
from rejoinder.engagement.numbers import (
    SMALL,
    Phrase,
    Share,
    Waits,
    beside,
    counted,
    decimal,
    in_words,
    number,
    on_day,
    plain,
)
from rejoinder.engagement.parts import Shape, Waiting
from rejoinder.engagement.reach import Reach
from rejoinder.engagement.said import Announcement, Post
from rejoinder.languages.texts import message, message_count

FORMATS = ("text", "md", "html", "json")
_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Row:
    """A figure: its name as in docs/measures.md, what it is, and of what. All of it is said
    later; until then it is in English."""

    name: str
    phrase: Phrase
    sample: str = ""

    @property
    def figure(self) -> str:
        """All that the figure says."""
        return self.phrase.whole


def rows(found: Measures, new: Share | None = None) -> list[Row]:
    """The figures in the order of importance; each says what it counts. `new` are the newcomers
    of a period."""
    answers, shapes = found.time_to_answer, [row.shape for row in found.rows.values()]
    to_answers = _sample(answers, message_count(
        "%(n)s answer", "%(n)s answers", len(answers.ended)
    ))  # fmt: skip
    to_comments = _sample(found.moderation, message_count(
        "%(n)s comment", "%(n)s comments", len(found.moderation.ended)
    ))  # fmt: skip
    to_posts = _sample(found.first_response, message_count(
        "%(n)s post", "%(n)s posts", len(found.first_response.ended)
    ))  # fmt: skip
    of_readers = message("comments of readers")
    wrote = message("readers who wrote")
    if found.nameless:
        wrote = message_count(
            "readers who wrote, and of %(n)s comment without a name nobody knows whose",
            "readers who wrote, and of %(n)s comments without a name nobody knows whose",
            found.nameless,
        )
    return [
        Row(message("Awaiting the author's answer"), _number(len(found.awaiting)), of_readers),
        Row(message("Author response rate"), found.answered.phrase,
            message("comments of readers answered")),
        Row(message("Time to the author's answer"), times_of(answers, to_answers), to_answers),
        Row(message("Answered within 24 h"), answers.soon_phrase(_DAY), to_answers),
        Row(message("Moderation delay"), times_of(found.moderation, to_comments), to_comments),
        Row(message("Time to first response"), times_of(found.first_response, to_posts), to_posts),
        Row(message("Posts without a response"), found.silent.phrase, message("posts")),
        Row(message("Came back after the answer"), found.came_back.phrase,
            message("answered comments")),
        Row(message("Participants"), _number(found.participants), wrote),
        *([Row(message("New"), new.phrase, message("readers, whose first comment it was"))]
          if new else []),
        Row(message("Returning"), found.returning.phrase,
            message("readers, on two posts or more")),
        Row(message("Reader to reader"), found.reader_to_reader.phrase, of_readers),
        Row(message("Reciprocity"), found.reciprocity.phrase, message("pairs who answered")),
        Row(message("Effective participants"), plain(decimal(found.effective_participants)),
            message_count("of %(n)s reader", "of %(n)s readers", found.participants)),
        Row(message("Deepest thread"), _number(max((one.depth for one in shapes), default=0)),
            message("levels")),
        Row(message("Highest thread h-index"),
            _number(max((one.h for one in shapes), default=0)), message("levels")),
        Row(message("Comments"), _number(found.comments),
            message("%(count)s of them by authors", count=found.by_author)),
        Row(message("Mentions"), _number(sum(found.mentions.values())), _counts(found.mentions)),
        Row(message("Likes and reposts"), _number(found.reactions)),
    ]  # fmt: skip


def announced_row(
    announced: Iterable[Announcement], now: datetime, since: datetime | None = None
) -> Row:
    """How often something was announced until `now`, with `since` from then on."""
    begin, end = since.timestamp() if since else -inf, now.timestamp()
    networks = Counter(one.network for one in announced if begin <= one.at <= end)
    return Row(message("Announcements"), _number(networks.total()),
               _counts(dict(networks.most_common())))  # fmt: skip


def reach_rows(seen: Reach, days: Mapping[str, tuple[int, int]]) -> list[Row]:
    """The figures of views. `days` are comments of readers and of authors by day."""
    sample = message("nothing was counted")
    if seen.days:
        sample = message_count("by people, on %(n)s day that were counted",
                               "by people, on %(n)s days that were counted",
                               len(seen.days))  # fmt: skip
    if seen.unknown:
        sample = message("%(sample)s; %(count)s by people or bots, where the log doesn't say",
                         sample=sample, count=number(seen.unknown))  # fmt: skip

    def of(count: int) -> Phrase:
        return plain(number(count) if seen.days else "–")

    return [
        Row(message("Views"), of(seen.views.total()), sample),
        Row(message("Visits"), of(seen.visits.total()),
            message("of each day's different people, added up")),
        Row(message("Readers of the feed"),
            plain(number(sum(seen.feed.values())) if seen.feed_day else "–"),
            message("on %(date)s", date=on_day(seen.feed_day)) if seen.feed_day
            else message("no feed reader was counted")),
        Row(message("Comments per 1,000 views"),
            seen.rate(days).phrase if seen.days else plain("–"),
            message("comments of readers to views of posts")),
    ]  # fmt: skip


_NUMBERS = (message("One"), message("Two"), message("Three"), message("Four"),
            message("Five"), message("Six"), message("Seven"), message("Eight"),
            message("Nine"), message("Ten"), message("Eleven"), message("Twelve"))  # fmt: skip


def waiting_words(count: int) -> str:
    """How many readers wait for an answer, as a sentence, said later."""
    if count == 0:
        return message("Nobody waits for your answer")
    return message_count(
        "%(number)s reader waits for your answer", "%(number)s readers wait for your answer",
        count, number=_NUMBERS[count - 1] if count <= len(_NUMBERS) else number(count),
    )  # fmt: skip


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


def _number(count: int) -> Phrase:
    return plain(str(count))


def times_of(waits: Waits, sample: str) -> Phrase:
    """The median, and of more than a few the time of nine in ten: 'not yet' where too many still
    wait for either to be told, which is something else than nothing to tell of."""
    median, p90 = waits.quantile(0.5), waits.quantile(0.9)
    if median is None:
        if not waits.of:
            return plain("–")
        return Phrase(message("median not yet"), message("not yet"),
                      message("median; fewer than half so far"),
                      beside(message("not yet"), sample))  # fmt: skip
    time = in_words(median)
    brief = beside(time, sample)
    if waits.of < SMALL:
        return Phrase(message("median %(time)s", time=time), time, message("median"), brief)
    if p90:
        most = in_words(p90)
        return Phrase(
            message("median %(time)s, 90 %% within %(most)s", time=time, most=most),
            time,
            message("median; 90 %% within %(most)s", most=most),
            brief,
        )
    return Phrase(message("median %(time)s, 90 %% not yet", time=time), time,
                  message("median; 90 % not yet"), brief)  # fmt: skip


def _sample(waits: Waits, ended: str) -> str:
    """How many ended, and how many still wait."""
    if not waits.waiting:
        return ended
    return message_count("%(ended)s, %(n)s still waits", "%(ended)s, %(n)s still wait",
                         len(waits.waiting), ended=ended)  # fmt: skip


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
