"""The report as a letter: who waits first, then the figures. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

from rejoinder.engagement.measures import Measures
from rejoinder.engagement.numbers import in_words
from rejoinder.engagement.parts import Waiting
from rejoinder.engagement.report import Row, rows, waiting_words
from rejoinder.engagement.said import Post
from rejoinder.languages.texts import ENGLISH, Texts
from rejoinder.replies.telling.letters import Block, Go, Quote, Words

LISTED = 12
"""Who waits beyond so many is only counted."""


def waiting(awaiting: Sequence[Waiting], since: datetime) -> list[Waiting]:
    """Of what waits, oldest first, what the letter is about: what came since then, or all where
    nothing did. Years that were imported must not hide who waits now."""
    return [one for one in awaiting if one.date >= since] or list(awaiting)


def letter(
    found: Measures, posts: Mapping[str, Post], words: Mapping[str, str], now: datetime,
    days: int, more: str = "", texts: Texts = ENGLISH,
) -> tuple[str, list[Block]]:  # fmt: skip
    """Subject and contents, in the language of `texts`. `words` are the first words of comments by
    id, `days` is how long ago one may have come to be told of; `more` is where there is more to
    see, if anywhere."""
    shown = waiting(found.awaiting, now - timedelta(days=days))
    blocks: list[Block] = []
    for one in shown[:LISTED]:
        post = posts[one.thread]
        blocks.append(Words(texts.translate(
            "%(name)s on “%(title)s”, %(time)s ago:", name=one.name or texts.translate("Somebody"),
            title=post.title, time=texts.say(in_words(now - one.date)),
        )))  # fmt: skip
        if one.id in words:
            blocks.append(Quote(words[one.id]))
        blocks.append(Go(texts.translate("Read it there"), f"{post.url}#{one.fragment}"))
    rest = len(found.awaiting) - len(shown[:LISTED])
    if rest:
        blocks.append(Words(texts.translate_count(
            "%(n)s more waits; %(command)s lists all.", "%(n)s more wait; %(command)s lists all.",
            rest, command="'invoke report'",
        )))  # fmt: skip
    blocks += [Words(_said(row, texts)) for row in rows(found)]
    if more:
        blocks.append(Go(texts.translate("See the dashboard"), more))
    return texts.say(waiting_words(len({one.who for one in shown}))), blocks


def _said(row: Row, texts: Texts) -> str:
    name, figure = texts.say(row.name), texts.say(row.figure)
    if not row.sample:
        return texts.translate("%(name)s: %(figure)s", name=name, figure=figure)
    return texts.translate("%(name)s: %(figure)s (%(sample)s)", name=name, figure=figure,
                           sample=texts.say(row.sample))  # fmt: skip


def period(rhythm: str, now: datetime, zone: ZoneInfo) -> str:
    """The day or week that `now` is in: it begins at eight in the morning, a week on Monday,
    where the site is."""
    local = now.astimezone(zone)
    begin = local.replace(hour=8, minute=0, second=0, microsecond=0)
    if local < begin:
        begin -= timedelta(days=1)
    if rhythm == "weekly":
        begin -= timedelta(days=begin.weekday())
    return f"{rhythm} {begin:%Y-%m-%d}"


def state(found: Measures) -> str:
    """What tells a report that says something new from one that doesn't: not time alone."""
    counts = (found.posts, found.comments, found.by_author, found.reactions,
              *found.mentions.items(), *(one.id for one in found.awaiting))  # fmt: skip
    return blake2b(repr(counts).encode(), digest_size=16).hexdigest()
