"""The sum of all threads' parts, in which one changed thread is changed in place. Pure."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rejoinder.engagement.parts import Part, Person, Shape, Waiting


class Row(NamedTuple):
    """What is told of each thread: counts, the instant of the first words of anybody but the
    post's authors and that of the last words of all (seconds since 1970), the thread's shape."""

    comments: int
    by_author: int
    answered: int
    mentions: int
    reactions: int
    undated: int
    came_back: int
    to_reader: int
    nameless: int
    spoken: int | None
    last: int
    shape: Shape


@dataclass(slots=True)
class Reader:
    """A reader over all threads: comments, the instants of the first on each thread with the
    thread (oldest first) and of the last, the name and own site that the last one says."""

    comments: int
    firsts: list[tuple[int, str]]
    last: int
    name: str
    url: str


@dataclass(slots=True)
class Totals:
    """Rows and what awaits an answer by thread; times in seconds, shortest first; mentions by door;
    readers by who they are; who answered whom, how often; comments of readers and of authors by
    day."""

    rows: dict[str, Row] = field(default_factory=dict)
    awaiting: dict[str, list[Waiting]] = field(default_factory=dict)
    times: list[int] = field(default_factory=list)
    moderated: list[int] = field(default_factory=list)
    mentions: dict[str, int] = field(default_factory=dict)
    people: dict[str, Reader] = field(default_factory=dict)
    pairs: dict[str, dict[str, int]] = field(default_factory=dict)
    days: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, parts: Mapping[str, Part]) -> None:
        """Take in the parts of threads that aren't in it."""
        for thread, part in parts.items():
            self._count(thread, part, 1)
            self.times += part.times
            self.moderated += part.moderated
            for who, person in part.people.items():
                self._meet(who, thread, person)
        self.times.sort()
        self.moderated.sort()

    def replace(self, thread: str, old: Part, new: Part | None) -> bool:
        """Put a part in another's place, or take it out. False, and nothing has changed, where
        only all parts can tell what somebody's last words were."""
        for who, person in old.people.items():
            after, reader = new.people.get(who) if new else None, self.people[who]
            is_elsewhere = len(reader.firsts) > 1
            if (
                is_elsewhere
                and _says(person) == _says(reader)
                and (after is None or _says(after) < _says(person))
            ):
                return False
        self._count(thread, old, -1)
        for known, gone in ((self.times, old.times), (self.moderated, old.moderated)):
            for time in gone:
                del known[bisect_left(known, time)]
        for who, person in old.people.items():
            reader = self.people[who]
            reader.comments -= person.comments
            reader.firsts.remove((person.first, thread))
            if not reader.firsts:
                del self.people[who]
        if new is not None:
            self.add({thread: new})
        return True

    def _meet(self, who: str, thread: str, person: Person) -> None:
        reader = self.people.get(who)
        if reader is None:
            self.people[who] = Reader(person.comments, [(person.first, thread)], person.last,
                                      person.name, person.url)  # fmt: skip
            return
        reader.comments += person.comments
        insort(reader.firsts, (person.first, thread))
        # Of two with the last words at the same instant, the order of threads must not decide.
        if _says(person) > _says(reader):
            reader.last, reader.name, reader.url = person.last, person.name, person.url

    def _count(self, thread: str, part: Part, sign: int) -> None:
        if sign > 0:
            self.rows[thread] = _row(part)
            if part.awaiting:
                self.awaiting[thread] = list(part.awaiting)
        else:
            del self.rows[thread]
            self.awaiting.pop(thread, None)
        for name, count in part.mentions.items():
            _add(self.mentions, name, sign * count)
        for (who, whom), count in part.pairs.items():
            _add(self.pairs.setdefault(who, {}), whom, sign * count)
            if not self.pairs[who]:
                del self.pairs[who]
        for day, counts in part.days.items():
            readers, authors = self.days.get(day, (0, 0))
            both = readers + sign * counts[0], authors + sign * counts[1]
            if any(both):
                self.days[day] = both
            else:
                del self.days[day]


def total(parts: Mapping[str, Part]) -> Totals:
    """The sum of parts by thread."""
    made = Totals()
    made.add(parts)
    return made


def to_row(totals: Totals) -> dict[str, Any]:
    """Totals as plain values."""
    plain = ("times", "moderated", "mentions", "pairs", "days")
    return {name: getattr(totals, name) for name in plain} | {
        "rows": {thread: (*row[:-1], tuple(row[-1])) for thread, row in totals.rows.items()},
        "awaiting": {thread: list(map(tuple, found)) for thread, found in totals.awaiting.items()},
        "people": {who: (r.comments, r.firsts, r.last, r.name, r.url)
                   for who, r in totals.people.items()},
    }  # fmt: skip


def of_row(row: Mapping[str, Any]) -> Totals:
    """The totals that `to_row` made."""

    return Totals(
        rows={thread: Row._make((*values[:-1], Shape._make(values[-1])))
              for thread, values in row["rows"].items()},
        awaiting={thread: [Waiting._make(one) for one in found]
                  for thread, found in row["awaiting"].items()},
        times=row["times"],
        moderated=row["moderated"],
        mentions=row["mentions"],
        people={who: Reader(*values) for who, values in row["people"].items()},
        pairs=row["pairs"],
        days=row["days"],
    )  # fmt: skip


def _says(one: Person | Reader) -> tuple[int, str, str]:
    return one.last, one.name, one.url


def _row(part: Part) -> Row:
    return Row(part.comments, part.by_author, part.answered, sum(part.mentions.values()),
               part.reactions, part.undated, part.came_back, part.to_reader, part.nameless,
               part.spoken, part.last, part.shape)  # fmt: skip


def _add(counts: dict[str, int], key: str, count: int) -> None:
    after = counts.get(key, 0) + count
    if after:
        counts[key] = after
    else:
        del counts[key]
