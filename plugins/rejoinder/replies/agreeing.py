"""'I agree', on a post or a comment: one for each reader, counted into the author's files."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from rejoinder.replies.database import Database
from rejoinder.replies.schema import agreements, recounts


class Agreements:
    """Who agrees with what, by a mark that says nothing about the reader."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, thread: str, comment: str, reader: str, now: datetime) -> bool:
        """Note that a reader agrees; False when it was noted before. '' is the post."""
        with self.database.transaction() as db:
            done = db.execute(
                self.database.insert_new(agreements).values(
                    thread=thread, comment=comment, reader=reader, at=now
                )
            )
            self._note(db, thread, datetime.now(UTC))
            return int(done.rowcount) == 1

    def take_back(self, thread: str, comment: str, reader: str) -> bool:
        """Note that a reader no longer does; False when it wasn't noted."""
        with self.database.transaction() as db:
            done = db.execute(
                agreements.delete().where(
                    agreements.c.thread == thread,
                    agreements.c.comment == comment,
                    agreements.c.reader == reader,
                )
            )
            self._note(db, thread, datetime.now(UTC))
            return int(done.rowcount) == 1

    def counts(self, thread: str) -> dict[str, int]:
        """How many agree with each comment of a thread; '' is the post."""
        query = (
            sa.select(agreements.c.comment, sa.func.count())
            .where(agreements.c.thread == thread)
            .group_by(agreements.c.comment)
        )
        with self.database.transaction() as db:
            return {row[0]: row[1] for row in db.execute(query)}

    def changed(self) -> dict[str, datetime]:
        """The threads whose counts are not in the files yet, and since when."""
        with self.database.transaction() as db:
            return {row.thread: row.at for row in db.execute(sa.select(recounts))}

    def written(self, thread: str, since: datetime) -> None:
        """Note that a thread's counts are in the files, unless they have changed again."""
        with self.database.transaction() as db:
            db.execute(recounts.delete().where(recounts.c.thread == thread, recounts.c.at == since))

    @staticmethod
    def _note(db: sa.Connection, thread: str, now: datetime) -> None:
        db.execute(recounts.delete().where(recounts.c.thread == thread))
        db.execute(recounts.insert().values(thread=thread, at=now))
