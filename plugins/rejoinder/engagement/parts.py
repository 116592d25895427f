"""What one thread adds to the measures. Pure: a part is made of what was said in one thread, can be
kept, and all parts together make the measures without what was said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple

from rejoinder.engagement.numbers import h_index
from rejoinder.engagement.said import Post, Said

NETWORKS = ("mastodon", "bluesky", "webmention.io")
"""Doors that mentions are counted by; those of others by what they are."""


class Person(NamedTuple):
    """A reader on one thread: how many comments, the instant of the first and the last (seconds
    since 1970), the name and the own site that the last one says."""

    comments: int
    first: int
    last: int
    name: str
    url: str


class Waiting(NamedTuple):
    """A reader's comment without an author's answer; `at` is in seconds since 1970."""

    id: str
    thread: str
    who: str
    name: str
    at: int
    fragment: str

    @property
    def date(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)


class Shape(NamedTuple):
    """How a thread is built: the deepest answer, the most on one level, the h-index, and how many
    contributions each level has. Of a period, it is of what was said in it, each on the level that
    it has in the whole thread."""

    depth: int = 0
    width: int = 0
    h: int = 0
    levels: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Of one thread. `times` are seconds from comments to their answers, `undated` answers without
    a time of their own, `moderated` seconds from sent to let in; `spoken` is the instant of the
    first words of anybody but the post's authors, `last` that of the last words of all; `pairs`
    say how often who answered whom; `days` how many comments of readers and of authors each day of
    the site's zone has; `nameless` are comments of which nobody can say whose they are."""

    comments: int = 0
    by_author: int = 0
    mentions: Mapping[str, int] = field(default_factory=dict)
    reactions: int = 0
    awaiting: tuple[Waiting, ...] = ()
    answered: int = 0
    times: tuple[int, ...] = ()
    undated: int = 0
    moderated: tuple[int, ...] = ()
    spoken: int | None = None
    came_back: int = 0
    to_reader: int = 0
    people: Mapping[str, Person] = field(default_factory=dict)
    nameless: int = 0
    pairs: Mapping[tuple[str, str], int] = field(default_factory=dict)
    days: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    shape: Shape = field(default_factory=Shape)
    last: int = 0


def part_of(
    post: Post,
    everything: Sequence[Said],
    now: datetime,
    since: datetime | None = None,
    zone: tzinfo = UTC,
) -> Part:
    """The part of a post's thread as it was at `now`; with `since`, of what was said from then on,
    while answers count whenever they were given. `everything` is oldest first."""
    everything = [one for one in everything if one.date <= now]
    words = [one for one in everything if one.is_words]
    by_id = {one.id: one for one in words}
    answers = first_answers(words, by_id)
    heard = [one for one in everything if since is None or one.date >= since]
    said = [one for one in heard if one.is_words]
    readers = [one for one in said if not one.is_author]
    times, undated = _times(readers, answers)
    authors = {f"author:{slug}" for slug in post.authors}
    spoken = min((one.date for one in words if one.who not in authors), default=None)
    return Part(
        comments=len(said),
        by_author=len(said) - len(readers),
        mentions=dict(sorted(Counter(door(m) for m in heard if m.kind.is_mention).items())),
        reactions=sum(one.kind.is_reaction for one in heard),
        awaiting=tuple(Waiting(one.id, one.thread, one.who, one.name, _at(one.date), one.fragment)
                       for one in readers if one.id not in answers),
        answered=sum(one.id in answers for one in readers),
        times=times,
        undated=undated,
        moderated=tuple(_at(one.approved) - _at(one.date) for one in readers
                        if one.approved and one.approved >= one.date),
        spoken=_at(spoken) if spoken else None,
        came_back=_came_back(readers, words, answers),
        to_reader=sum(_answers_reader(one, by_id) for one in readers),
        people=_people(one for one in readers if not one.is_nameless),
        nameless=sum(one.is_nameless for one in readers),
        pairs=_pairs(post, said, by_id),
        days=_days(said, zone),
        shape=shape(said),
        last=max((_at(one.date) for one in said), default=0),
    )  # fmt: skip


def first_answers(words: Iterable[Said], by_id: Mapping[str, Said]) -> dict[str, Said]:
    """The author's first answer to each reader's comment: the oldest directly below it."""
    found: dict[str, Said] = {}
    for one in words:
        above = by_id.get(one.parent or "")
        if one.is_author and above is not None and not above.is_author:
            before = found.get(above.id)
            if before is None or (one.date, one.id) < (before.date, before.id):
                found[above.id] = one
    return found


def shape(words: Iterable[Said]) -> Shape:
    """The shape of what was said in one thread."""
    levels = Counter(one.depth for one in words)
    each = tuple(levels.get(level, 0) for level in range(1, max(levels, default=0) + 1))
    return Shape(len(each), max(each, default=0), h_index(each), each)


def door(mention: Said) -> str:
    """Where a mention came from: the network that it was heard on, else what it is."""
    return mention.source if mention.source in NETWORKS else str(mention.kind)


def to_row(part: Part) -> list[Any]:
    """A part as plain values."""
    row = [getattr(part, name) for name in _NAMES]
    row[_AWAITING] = [tuple(one) for one in part.awaiting]
    row[_PEOPLE] = {who: tuple(person) for who, person in part.people.items()}
    row[_SHAPE] = tuple(part.shape)
    return row


def of_row(row: list[Any]) -> Part:
    """The part that `to_row` made."""
    given = list(row)
    given[_AWAITING] = tuple(Waiting._make(one) for one in row[_AWAITING])
    given[_PEOPLE] = {who: Person._make(one) for who, one in row[_PEOPLE].items()}
    given[_SHAPE] = Shape._make(row[_SHAPE])
    return Part(*given)


_NAMES = tuple(Part.__dataclass_fields__)
_AWAITING, _PEOPLE, _SHAPE = map(_NAMES.index, ("awaiting", "people", "shape"))


def _at(date: datetime) -> int:
    return int(date.timestamp())


def _times(readers: Iterable[Said], answers: Mapping[str, Said]) -> tuple[tuple[int, ...], int]:
    """Seconds from comment to answer, and how many answers have no time of their own: history
    that was imported without it has them at the same instant, or before."""
    times, undated = [], 0
    for one in readers:
        answer = answers.get(one.id)
        if answer is not None and answer.date > one.date:
            times.append(_at(answer.date) - _at(one.date))
        elif answer is not None:
            undated += 1
    return tuple(times), undated


def _came_back(readers: Iterable[Said], words: Iterable[Said], answers: Mapping[str, Said]) -> int:
    """Of the comments that the author answered, those whose writer wrote in the thread again. After
    an answer without a time of its own nobody can say what came."""
    last: dict[str, datetime] = {}
    for one in words:
        last[one.who] = max(one.date, last.get(one.who, one.date))
    answered = ((one, answers[one.id].date) for one in readers if one.id in answers)
    return sum(last[one.who] > at > one.date for one, at in answered)


def _answers_reader(one: Said, by_id: Mapping[str, Said]) -> bool:
    above = by_id.get(one.parent or "")
    return above is not None and not above.is_author and above.who != one.who


def _people(readers: Iterable[Said]) -> dict[str, Person]:
    found: dict[str, Person] = {}
    for one in readers:
        before, at = found.get(one.who), _at(one.date)
        first, count = (before.first, before.comments) if before else (at, 0)
        found[one.who] = Person(count + 1, first, at, one.name, one.url)
    return found


def _pairs(
    post: Post, said: Iterable[Said], by_id: Mapping[str, Said]
) -> dict[tuple[str, str], int]:
    """Who answered whom. A post's authors are one there: what answers the post answers them, and
    what any of them says is theirs. Answers to oneself are none."""
    host = f"author:{','.join(sorted(post.authors))}" if post.authors else None
    authors = {f"author:{slug}": host for slug in post.authors}
    pairs: Counter[tuple[str, str]] = Counter()
    for one in said:
        above = by_id.get(one.parent or "")
        who = authors.get(one.who) or one.who
        whom = above.who if above is not None else None if one.parent else host
        whom = authors.get(whom or "") or whom
        if whom is not None and whom != who:
            pairs[who, whom] += 1
    return dict(pairs)


def _days(said: Iterable[Said], zone: tzinfo) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for one in said:
        day = one.date.astimezone(zone).date().isoformat()
        readers, authors = found.get(day, (0, 0))
        found[day] = (readers + (not one.is_author), authors + one.is_author)
    return found
