"""What was counted already: `private/engagement/counted.sqlite`.

Of each line a number is remembered for as long as its day is open, so that none counts twice; of
each person a number that is another each day. When a day is closed its numbers are thrown away, and
only its counts stay, in `content/engagement/logs/`.
"""

from __future__ import annotations

import secrets
import sqlite3
import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

from rejoinder import private
from rejoinder.engagement import views
from rejoinder.engagement.logs.referrers import most_of
from rejoinder.engagement.logs.tally import Day, Tally
from rejoinder.engagement.views import Figure
from rejoinder.errors import EngagementError
from rejoinder.locks import locked

FILE = Path("engagement") / "counted.sqlite"
OPEN_DAYS = 60
_STRETCHES = 50
"""A day with more stretches gets one."""

_PAGE = 16 << 10
_PEOPLE = 200_000
"""So many people are held in memory at once."""
_TABLES = (
    "create table if not exists seed (number integer)",
    "create table if not exists stretches (day integer, first integer, last integer, lines blob)",
    "create index if not exists stretches_day on stretches (day)",
    "create table if not exists days (day text primary key, is_open integer)",
    "create table if not exists counts (day text primary key, lines text)",
    "create table if not exists people (day text, feed text, numbers blob,"
    " primary key (day, feed)) without rowid",
    "create table if not exists speaks (day text, software text, feed text, readers integer,"
    " primary key (day, software, feed)) without rowid",
    "create table if not exists due (day text primary key)",
)
_MINUTES = 24 * 60
_MOST = ("insert into speaks values (?, ?, ?, ?)"
         " on conflict do update set readers = max(readers, excluded.readers)")  # fmt: skip


class Counted:
    """An open memory. What is put into it is kept by `commit`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        row = db.execute("select number from seed").fetchone()
        if row is None:
            row = (secrets.randbits(62),)
            db.execute("insert into seed values (?)", row)
        self.seed: int = row[0]
        self._changed: set[str] = set()
        self._taken: dict[date, Day] = {}
        self._latest = 0

    def overlapping(self, first: int, last: int) -> list[array[int]]:
        """The sorted numbers of lines in stretches that have a minute of first to last."""
        query = "select lines from stretches where first <= ? and last >= ?"
        rows = self.db.execute(query, (last, first))
        return [array("Q", sorted(_numbers(lines))) for (lines,) in rows]

    def closed(self) -> set[date]:
        """The days that take no more."""
        found = self.db.execute("select day from days where not is_open")
        return {date.fromisoformat(day) for (day,) in found}

    def close(self, day: date) -> None:
        """Take no more for a day, and forget whom it was seen by."""
        text = day.isoformat()
        self.db.execute("replace into days values (?, 0)", (text,))
        for table in ("people", "speaks", "counts"):
            self.db.execute(f"delete from {table} where day = ?", (text,))

    def open_days(self) -> set[date]:
        found = self.db.execute("select day from days where is_open")
        return {date.fromisoformat(day) for (day,) in found}

    def take(self, tally: Tally, numbers: array[int]) -> None:
        """Take in the tally of lines that are new, and the lines' numbers."""
        in_order, self._latest = tally.first >= self._latest, max(self._latest, tally.last)
        row = tally.first // _MINUTES, tally.first, tally.last, _bytes(numbers)
        self.db.execute("insert into stretches values (?, ?, ?, ?)", row)
        for on, found in tally.days.items():
            if on in self._taken:
                self._taken[on].add(found)
            else:
                self._taken[on] = found
        if sum(len(day.people) for day in self._taken.values()) > _PEOPLE:
            self._put()
        elif in_order:  # while helpers count, days that are over can be put away
            self._put(sorted(self._taken)[:-2])

    def _put(self, days: Sequence[date] | None = None) -> None:
        """Bring what was taken of some days, or of all, into the tables, for a commit to keep."""
        for on in list(self._taken) if days is None else days:
            found = self._taken.pop(on)
            text = on.isoformat()
            self._changed.add(text)
            self.db.execute("insert or ignore into days values (?, 1)", (text,))
            self._add(on, {
                Figure.VIEW: found.views, Figure.UNKNOWN: found.unknown,
                Figure.LEFT_OUT: found.left_out, Figure.REFERRER: found.referrers,
            })  # fmt: skip
            self._meet(text, "", found.people)
            for software, people in found.feed_people.items():
                self._meet(text, software, people)
            self.db.executemany(_MOST, [(text, *place, n) for place, n in found.speaks_for.items()])

    def commit(self) -> None:
        """Keep what was taken, in one transaction."""
        self._put()
        query = "select day from stretches group by day having count(*) > ?"
        for (day,) in self.db.execute(query, (_STRETCHES,)).fetchall():
            self._join(day)
        self.db.executemany("insert or ignore into due values (?)",
                            [(day,) for day in self._changed])  # fmt: skip
        self.db.execute("commit")
        self.db.execute("begin immediate")
        self._changed, self._latest = set(), 0

    def _join(self, day: int) -> None:
        """Make one stretch of a day's many."""
        query = "select first, last, lines from stretches where day = ?"
        found = self.db.execute(query, (day,)).fetchall()
        lines = array("Q", chain.from_iterable(_numbers(row[2]) for row in found))
        row = day, min(row[0] for row in found), max(row[1] for row in found), _bytes(lines)
        self.db.execute("delete from stretches where day = ?", (day,))
        self.db.execute("insert into stretches values (?, ?, ?, ?)", row)

    def write_again(self, days: Iterable[date]) -> None:
        """Have open days written though nothing came to them: they went from the files, as with an
        older version of these. A day that is there stays as it is, whatever was done to it."""
        self.db.executemany("insert or ignore into due values (?)",
                            [(day.isoformat(),) for day in days])  # fmt: skip

    def due(self) -> dict[date, str]:
        """The days that aren't in the files as they are here, each as the lines of its file."""
        due = self.db.execute("select day from due").fetchall()
        return {day: self._lines(day) for day in (date.fromisoformat(text) for (text,) in due)}

    def written(self, today: date) -> None:
        """Note that the files hold what was due, and forget what is too old to come again; a
        server whose clock is ahead closes nothing."""
        self.db.execute("delete from due")
        opened = self.open_days()
        if opened:
            oldest = min(max(opened), today + timedelta(days=1)) - timedelta(days=OPEN_DAYS)
            for day in opened:
                if day < oldest:
                    self.close(day)
            minute = (oldest - date(1970, 1, 2)).days * _MINUTES
            self.db.execute("delete from stretches where last < ? and first > 0", (minute,))
        self.db.execute("commit")
        self.db.execute("begin immediate")

    def _lines(self, day: date) -> str:
        text, feeds, visits = day.isoformat(), Counter[str](), Counter[str]()
        query = "select feed, length(numbers) / 8 from people where day = ?"
        for feed, people in self.db.execute(query, (text,)):
            if feed:
                feeds[feed] = people
            else:
                visits[""] = people
        query = "select software, sum(readers) from speaks where day = ? group by software"
        for software, readers in self.db.execute(query, (text,)):
            feeds[software] += readers
        return "".join((views.lines_of(day, {Figure.FEED: feeds}), self._counts(text),
                        views.lines_of(day, {Figure.VISITS: visits})))  # fmt: skip

    def _counts(self, day: str) -> str:
        row = self.db.execute("select lines from counts where day = ?", (day,)).fetchone()
        return row[0] if row else ""

    def _add(self, day: date, counts: Mapping[Figure, dict[str, int]]) -> None:
        """Add to a day's counts of figures between those that are told of people. They are kept as
        the lines they will be: a day is over most often when it is put away."""
        text = day.isoformat()
        known: set[str] = set()
        for key, number in views.parse(self._counts(text), FILE).items():
            by = counts[key.figure]
            by[key.what] = by.get(key.what, 0) + number
            if key.figure is Figure.REFERRER:
                known.add(key.what)
        told = {**counts, Figure.REFERRER: most_of(counts[Figure.REFERRER], known)}
        self.db.execute("replace into counts values (?, ?)", (text, views.lines_of(day, told)))

    def _meet(self, day: str, feed: str, people: set[int]) -> None:
        if not people:
            return
        where = "where day = ? and feed = ?"
        row = self.db.execute(f"select numbers from people {where}", (day, feed)).fetchone()
        known = people.union(_numbers(row[0])) if row else people
        self.db.execute("replace into people values (?, ?, ?)",
                        (day, feed, _bytes(array("Q", known))))  # fmt: skip


@contextmanager
def open_counted(content: Path) -> Iterator[Counted]:
    """The memory of a content folder, for one process at a time. Raises EngagementError."""
    path = private.folder_of(content) / FILE
    mend = f"Remove {path}: days that are counted then take no more, and others begin anew."
    try:
        private.prepare(path.parent.parent)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        with locked(path.with_suffix(".lock"), 0) as held:
            if not held:
                raise EngagementError("another 'measure' is running", where=path)
            db = sqlite3.connect(path, isolation_level=None)
            try:
                # All that is new is written once, where with a write-ahead log it is twice; and
                # what is cut off, unlike what is deleted, is told to the disk.
                db.execute(f"pragma page_size = {_PAGE}")
                db.execute("pragma journal_mode = truncate")
                db.execute("pragma synchronous = full")
                db.execute("begin immediate")
                for table in _TABLES:
                    db.execute(table)
                yield Counted(db)
            finally:
                db.close()
    except sqlite3.OperationalError as error:
        raise EngagementError(f"what was counted can't be kept: {error}", where=path) from error
    except sqlite3.DatabaseError as error:
        raise EngagementError(f"this is not what was counted: {error}", where=path, mend=mend) \
            from error  # fmt: skip
    except OSError as error:
        raise EngagementError(f"it can't be written: {error.strerror}", where=path) from error


def _numbers(data: bytes) -> array[int]:
    found = array("Q")
    found.frombytes(data)
    if sys.byteorder == "big":
        found.byteswap()
    return found


def _bytes(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers = array("Q", numbers)
        numbers.byteswap()
    return numbers.tobytes()
