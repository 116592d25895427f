"""The queue: replies, kept durably, and every decision on them.

A call that returns has been committed; one that raises QueueError has changed nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from rejoinder.comments.model import make_id
from rejoinder.replies.model import Decision, Reply, Status, Submission
from rejoinder.replies.schema import QueueError, decisions, outbox, replies

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_OPEN = (Status.PENDING, Status.SPAM)
"""What a reader may still change: nobody else has seen it."""


class Queue:
    """The replies of one site, in the database behind `engine`. Safe for several threads, and
    for several processes on one database: who decides second is told so."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def submit(self, submission: Submission, now: datetime) -> Reply:
        """Keep a reply, pending; as spam when it fell into the trap."""
        received = now.astimezone(UTC).replace(microsecond=0)
        reply = Reply(
            id=make_id(received, "".join(secrets.choice(_LETTERS) for _ in range(6))),
            thread=submission.thread,
            text=submission.text,
            name=submission.name,
            email=submission.email,
            url=submission.url,
            parent=submission.parent,
            notify=submission.notify,
            status=Status.SPAM if submission.trapped else Status.PENDING,
            received=received,
        )
        why = "the field that no person sees was filled in" if submission.trapped else "received"
        self._add(reply, Decision(reply.status, "the desk", why, received))
        return reply

    def adopt(self, reply: Reply, why: str) -> bool:
        """Keep a reply that came by another door, like an import; False when it is known."""
        with self._transaction() as db:
            known = db.execute(sa.select(replies.c.id).where(replies.c.id == reply.id)).first()
        if known is None:
            self._add(reply, Decision(reply.status, "an import", why, reply.received))
        return known is None

    def get(self, reply_id: str) -> Reply | None:
        """One reply, or None."""
        with self._transaction() as db:
            row = db.execute(sa.select(replies).where(replies.c.id == reply_id)).mappings().first()
        return None if row is None else _reply(row)

    def with_status(self, status: Status) -> list[Reply]:
        """All replies of a status, oldest first."""
        query = sa.select(replies).where(replies.c.status == status).order_by(replies.c.id)
        with self._transaction() as db:
            return [_reply(row) for row in db.execute(query).mappings()]

    def named(self, part: str) -> list[Reply]:
        """The replies whose id begins with `part`, or ends with it after its dash."""
        query = sa.select(replies).where(
            replies.c.id.startswith(part, autoescape=True)
            | replies.c.id.endswith("-" + part, autoescape=True)
        )
        with self._transaction() as db:
            return [_reply(row) for row in db.execute(query.order_by(replies.c.id)).mappings()]

    def history(self, reply_id: str) -> list[Decision]:
        """Every decision on a reply, oldest first."""
        query = (
            sa.select(decisions).where(decisions.c.reply == reply_id).order_by(decisions.c.number)
        )
        with self._transaction() as db:
            return [
                Decision(Status(row["status"]), row["by"], row["why"], _utc(row["at"]))
                for row in db.execute(query).mappings()
            ]

    def decide(self, reply_id: str, status: Status, *, by: str, why: str, now: datetime) -> Reply:
        """Give a reply another status; what that means for the files goes to the outbox in the
        same transaction. Raises QueueError when there is no such reply, or when it has that
        status already: somebody else was first."""
        with self._transaction() as db:
            row = db.execute(sa.select(replies).where(replies.c.id == reply_id)).mappings().first()
            if row is None:
                raise QueueError(f"there is no reply {reply_id!r}")
            before = Status(row["status"])
            changed = db.execute(
                replies.update()
                .where(replies.c.id == reply_id, replies.c.status == before)
                .where(replies.c.status != status)
                .values(status=status)
            )
            if changed.rowcount != 1:
                raise QueueError(f"the reply {reply_id} is {before} already")
            self._log(db, reply_id, Decision(status, by, why, now))
            if status is Status.APPROVED:
                db.execute(outbox.insert().values(reply=reply_id, action="write", done=None))
            elif before is Status.APPROVED:
                db.execute(outbox.insert().values(reply=reply_id, action="remove", done=None))
            return replace(_reply(row), status=status)

    def undo(self, reply_id: str, *, by: str, now: datetime) -> Reply:
        """Take the last decision back. Raises QueueError when there is none to take back."""
        past = [decision.status for decision in self.history(reply_id)]
        if len(past) < 2:
            raise QueueError(f"nothing was decided on {reply_id!r} yet")
        return self.decide(reply_id, past[-2], by=by, why=f"undone: {past[-1]}", now=now)

    def edit(self, reply_id: str, submission: Submission, now: datetime) -> Reply:
        """Put a reader's new words in the place of the old ones, while nobody has seen them.
        Raises QueueError when that time is over."""
        with self._transaction() as db:
            changed = db.execute(
                replies.update()
                .where(replies.c.id == reply_id, replies.c.status.in_(_OPEN))
                .values(text=submission.text, name=submission.name, url=submission.url)
            )
            if changed.rowcount != 1:
                raise QueueError("this reply can't be changed any more")
            row = db.execute(sa.select(replies).where(replies.c.id == reply_id)).mappings().one()
            reply = _reply(row)
            self._log(db, reply_id, Decision(reply.status, "its writer", "edited", now))
            return reply

    def waiting(self) -> list[tuple[int, str, Reply]]:
        """What is still to be done to the files: (number, 'write' or 'remove', reply)."""
        query = (
            sa.select(outbox.c.number, outbox.c.action, replies)
            .join(replies, outbox.c.reply == replies.c.id)
            .where(outbox.c.done.is_(None))
            .order_by(outbox.c.number)
        )
        with self._transaction() as db:
            rows = db.execute(query).mappings().all()
        return [(row["number"], row["action"], _reply(row)) for row in rows]

    def done(self, number: int, now: datetime) -> None:
        """Note that a row of `waiting` was carried out."""
        with self._transaction() as db:
            db.execute(outbox.update().where(outbox.c.number == number).values(done=now))

    def _add(self, reply: Reply, decision: Decision) -> None:
        values = {column.name: getattr(reply, column.name) for column in replies.columns}
        with self._transaction() as db:
            db.execute(replies.insert().values(**values))
            self._log(db, reply.id, decision)

    @staticmethod
    def _log(db: sa.Connection, reply_id: str, decision: Decision) -> None:
        db.execute(
            decisions.insert().values(
                reply=reply_id,
                status=decision.status,
                by=decision.by,
                why=decision.why,
                at=decision.at,
            )
        )

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        try:
            with self.engine.begin() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise QueueError(
                f"the queue refused: {getattr(error, 'orig', None) or error}",
                where=self.engine.url.render_as_string(),
            ) from error


def find(queue: Queue, part: str) -> Reply:
    """The one reply whose id begins or ends so. Raises QueueError when there is none, or more
    than one."""
    found = queue.named(part)
    if len(found) != 1:
        how = "no reply" if not found else f"{len(found)} replies"
        raise QueueError(f"{how} found for {part!r}", mend="`invoke queue` lists them.")
    return found[0]


def _reply(row: Any) -> Reply:
    values = {column.name: row[column.name] for column in replies.columns}
    values["status"] = Status(values["status"])
    values["received"] = _utc(values["received"])
    return Reply(**values)


def _utc(value: datetime) -> datetime:
    """SQLite keeps no zone; everything in the queue is UTC."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
