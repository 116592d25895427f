"""The days that are being counted, in the desk's database: totals, marks, and the key of each day.

Several desks add to the same day. Each transaction takes the day's row first, and so has the day
to itself: caps hold across desks, and what is read before it is added to is still so.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from rejoinder.engagement.views import Figure, Key
from rejoinder.replies.database import Database
from rejoinder.replies.schema import seen_counts, seen_days, seen_marks
from rejoinder.replies.seen.tally import Known, Tally

_MARKS = 500
"""Of how many marks a question to the database asks."""


class Due(NamedTuple):
    """A day whose totals are to be written: `version` says how old they are."""

    day: date
    version: int
    is_written: bool


class Days:
    """The counted days of one site. Safe for several threads and desks."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def begin(self, db: sa.Connection, day: date) -> tuple[str, bool]:
        """Have a day to oneself until the transaction ends: its key, '' where it is closed, and
        whether it is new to this database."""
        row = {"day": str(day), "key": secrets.token_hex(32), "version": 0, "written": 0}
        is_new = db.execute(self.database.insert_new(seen_days).values(**row)).rowcount == 1
        of_day = seen_days.c.day == str(day)
        db.execute(seen_days.update().where(of_day).values(version=seen_days.c.version + 1))
        key = db.execute(sa.select(seen_days.c.key).where(of_day)).scalar_one()
        return str(key), is_new

    def known(self, db: sa.Connection, day: date, marks: Iterable[int]) -> Known:
        """What is known of a day, of these marks."""
        wanted, found = sorted(set(marks)), dict[int, int]()
        for at in range(0, len(wanted), _MARKS):
            query = sa.select(seen_marks.c.mark, seen_marks.c.count).where(
                seen_marks.c.day == str(day), seen_marks.c.mark.in_(wanted[at : at + _MARKS])
            )
            found |= {row["mark"]: row["count"] for row in db.execute(query).mappings()}
        totals = {Figure.VISITS, Figure.REFERRER}
        query = sa.select(seen_counts).where(
            seen_counts.c.day == str(day), seen_counts.c.figure.in_(totals)
        )
        rows = db.execute(query).mappings().all()
        visits = sum(row["count"] for row in rows if row["figure"] == Figure.VISITS)
        hosts = {row["what"] for row in rows if row["figure"] == Figure.REFERRER}
        return Known(found, visits, hosts)

    def add(self, db: sa.Connection, day: date, tally: Tally) -> None:
        """Add up a day's counts and marks."""
        counts = [
            {"day": str(day), "figure": str(figure), "what": what, "count": count}
            for (figure, what), count in sorted(tally.counts.items())
        ]
        marks = [{"day": str(day), "mark": mark, "count": count}
                 for mark, count in sorted(tally.marks.items())]  # fmt: skip
        for table, rows in ((seen_counts, counts), (seen_marks, marks)):
            if rows:
                db.execute(self.database.insert_adding(table, "count"), rows)

    def due(self) -> list[Due]:
        """The days that are not closed, the oldest first. Raises QueueError."""
        query = sa.select(seen_days).where(seen_days.c.key != "").order_by(seen_days.c.day)
        with self.database.transaction() as db:
            return [Due(date.fromisoformat(row.day), row.version, row.version == row.written)
                    for row in db.execute(query)]  # fmt: skip

    def totals(self, day: date, figures: Sequence[Figure] = tuple(Figure)) -> Mapping[Key, int]:
        """A day's counts. Raises QueueError."""
        query = sa.select(seen_counts).where(
            seen_counts.c.day == str(day), seen_counts.c.figure.in_(figures)
        )
        with self.database.transaction() as db:
            return {Key(day, Figure(row["figure"]), row["what"]): row["count"]
                    for row in db.execute(query).mappings()}  # fmt: skip

    def written(self, due: Due) -> None:
        """Note that a day's totals of this version are in the file. Raises QueueError."""
        with self.database.transaction() as db:
            db.execute(
                seen_days.update()
                .where(seen_days.c.day == str(due.day), seen_days.c.version >= due.version)
                .values(written=due.version)
            )

    def close(self, day: date) -> None:
        """Forget a day whose totals are all in the file: its key, its marks, its counts. Raises
        QueueError."""
        with self.database.transaction() as db:
            closed = db.execute(
                seen_days.update()
                .where(seen_days.c.day == str(day), seen_days.c.version == seen_days.c.written)
                .values(key="")
            )
            if closed.rowcount:
                for table in (seen_marks, seen_counts):
                    db.execute(table.delete().where(table.c.day == str(day)))

    def forget(self, before: date) -> None:
        """Forget that days before one were ever open. Raises QueueError."""
        with self.database.transaction() as db:
            db.execute(
                seen_days.delete().where(seen_days.c.day < str(before), seen_days.c.key == "")
            )
