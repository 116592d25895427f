"""The queue: replies, kept durably, and every decision on them.

A call that returns has been committed; one that raises QueueError has changed nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from rejoinder.replies.database import Database, QueueError
from rejoinder.replies.model import GONE, Decision, Reply, Status, Submission
from rejoinder.replies.schema import decisions, outbox, replies

_OPEN = (Status.PENDING, Status.SPAM)
"""What a reader may still change: nobody else has seen it."""

Learn = Callable[[sa.Connection, Reply], None]


@dataclass(frozen=True, slots=True)
class Task:
    """A row of the outbox: `action` is 'write' or 'remove'."""

    number: int
    action: str
    reply: Reply


class Queue:
    """The replies of one site. Safe for several threads, and for several processes on one
    database: who decides second is told so. `learn` is called in the transaction of each
    decision of a person's, with the reply as it then is."""

    def __init__(self, database: Database, learn: Learn | None = None) -> None:
        self.database = database
        self._learn = learn

    def adopt(self, reply: Reply, decision: Decision, *, publish: bool = False) -> bool:
        """Keep a reply that came by another door, like an import or a moderator's own answer;
        False when it is known. `publish` sends it to the files as well."""
        with self.database.transaction() as db:
            known = db.execute(sa.select(replies.c.id).where(replies.c.id == reply.id)).first()
            if known is None:
                db.execute(replies.insert().values(**row_of(reply)))
                log(db, reply.id, decision)
                if publish:
                    db.execute(outbox.insert().values(reply=reply.id, action="write"))
        return known is None

    def get(self, reply_id: str) -> Reply | None:
        """One reply, or None."""
        return next(iter(self._select(replies.c.id == reply_id)), None)

    def with_status(self, *statuses: Status) -> list[Reply]:
        """All replies of these statuses, oldest first."""
        return self._select(replies.c.status.in_(statuses))

    def waiting(self) -> list[Reply]:
        """What waits for a moderator: pending replies, and new words of published ones."""
        return self._select(_waits())

    def page(
        self, status: Status, *, search: str = "", skip: int = 0, most: int = 50
    ) -> tuple[list[Reply], int]:
        """A page of what a moderator looks through, newest first but what waits oldest first,
        and how many there are in all."""
        wanted = _waits() if status is Status.PENDING else replies.c.status == status
        if search:
            fits = [c.icontains(search, autoescape=True) for c in (
                replies.c.name, replies.c.email, replies.c.url, replies.c.text, replies.c.thread,
                replies.c.id)]  # fmt: skip
            wanted = wanted & sa.or_(*fits)
        order = replies.c.id if status is Status.PENDING else replies.c.id.desc()
        query = sa.select(replies).where(wanted).order_by(order).offset(skip).limit(most)
        with self.database.transaction() as db:
            total = db.execute(sa.select(sa.func.count()).where(wanted)).scalar_one()
            return [reply_of(row) for row in db.execute(query).mappings()], total

    def counts(self) -> dict[Status, int]:
        """How many replies have each status; what waits counts as pending."""
        query = sa.select(replies.c.status, sa.func.count()).group_by(replies.c.status)
        proposed = sa.select(sa.func.count()).where(replies.c.proposed.is_not(None))
        with self.database.transaction() as db:
            found = dict.fromkeys(Status, 0)
            found |= {Status(status): number for status, number in db.execute(query)}
            found[Status.PENDING] += db.execute(proposed).scalar_one()
        return found

    def named(self, part: str) -> list[Reply]:
        """The replies whose id begins with `part`, or ends with it after its dash."""
        return self._select(
            replies.c.id.startswith(part, autoescape=True)
            | replies.c.id.endswith("-" + part, autoescape=True)
        )

    def history(self, reply_id: str) -> list[Decision]:
        """Every decision on a reply, oldest first."""
        query = (
            sa.select(decisions).where(decisions.c.reply == reply_id).order_by(decisions.c.number)
        )
        with self.database.transaction() as db:
            return [
                Decision(Status(row["status"]), row["by"], row["why"], utc(row["at"]))
                for row in db.execute(query).mappings()
            ]

    def decide(
        self, reply_id: str, status: Status, *, by: str, why: str, now: datetime, seen: str = "",
        was: Status | None = None, teaches: bool = True,
    ) -> Reply:  # fmt: skip
        """Give a reply another status; what that means for the files goes to the outbox in the
        same transaction. New words that waited are taken with an approval, and refused with
        anything else. `seen` is the digest of the words that were decided on, `was` the status
        that was shown with them; `teaches` says that a person decided, of whom the filter may
        learn.

        Raises QueueError when there is no such reply, when it has that status already (somebody
        else was first), when its words are no longer those that were seen, or when its writer
        has taken it back."""
        with self.database.transaction() as db:
            reply = self._one(db, reply_id)
            if seen and seen != words_digest(reply):
                raise QueueError(
                    f"the reply {reply_id} has other words by now",
                    mend="Look at it again, and decide then.",
                )
            if reply.status in GONE:
                raise QueueError(f"the reply {reply_id} was taken back by its writer")
            if was is not None and was is not reply.status:
                raise QueueError(f"the reply {reply_id} is {reply.status} already")
            if reply.proposed is not None and status in (Status.APPROVED, Status.REJECTED):
                return self._judge_words(db, reply, status, Decision(status, by, why, now))
            values: dict[str, Any] = {"status": status, "proposed": None}
            if status in GONE:
                values["fingerprint"] = None  # the same words may be sent again
            self._change(db, reply, values, (replies.c.status != status) & _same_words(reply))
            log(db, reply_id, Decision(status, by, why, now))
            if status is Status.APPROVED:
                db.execute(outbox.insert().values(reply=reply_id, action="write"))
            elif reply.status is Status.APPROVED:
                db.execute(outbox.insert().values(reply=reply_id, action="remove"))
            decided = replace(reply, status=status, proposed=None)
            if self._learn is not None and teaches and status not in GONE:
                self._learn(db, decided)
            return decided

    def undo(self, reply_id: str, *, by: str, now: datetime) -> Reply:
        """Take the last decision back. Raises QueueError when there is none to take back."""
        past = [decision.status for decision in self.history(reply_id)]
        before = next((status for status in reversed(past) if status is not past[-1]), None)
        if before is None or before in GONE:
            raise QueueError(f"nothing was decided on {reply_id!r} yet")
        return self.decide(reply_id, before, by=by, why=f"undone: {past[-1]}", now=now)

    def edit(self, reply_id: str, submission: Submission, now: datetime) -> Reply:
        """Put a reader's new words in the place of the old ones, while nobody has seen them.
        Raises QueueError when that time is over."""
        with self.database.transaction() as db:
            reply = self._one(db, reply_id)
            values = {"text": submission.text, "name": submission.name, "url": submission.url,
                      "told": False}  # fmt: skip
            if reply.status not in _OPEN:
                raise QueueError("this reply can't be changed any more")
            self._change(db, reply, values)
            log(db, reply_id, Decision(reply.status, "its writer", "edited", now))
            return self._one(db, reply_id)

    def propose(self, reply_id: str, text: str, now: datetime) -> Reply:
        """Keep a published reply's new words beside the old ones, which stay until a moderator
        approves. Raises QueueError when it isn't published."""
        with self.database.transaction() as db:
            reply = self._one(db, reply_id)
            if reply.status is not Status.APPROVED:
                raise QueueError("this reply can't be changed any more")
            self._change(db, reply, {"proposed": text, "told": False})
            log(db, reply_id, Decision(reply.status, "its writer", "proposed other words", now))
            return replace(reply, proposed=text)

    def rewrite(self, reply_id: str, text: str, *, by: str, now: datetime) -> Reply:
        """A moderator's own correction, in any status but a writer's withdrawal."""
        with self.database.transaction() as db:
            reply = self._one(db, reply_id)
            if reply.status in GONE:
                raise QueueError(f"the reply {reply_id} was taken back by its writer")
            self._change(db, reply, {"text": text, "proposed": None})
            log(db, reply_id, Decision(reply.status, by, "edited", now))
            if reply.status is Status.APPROVED:
                db.execute(outbox.insert().values(reply=reply_id, action="write"))
            return replace(reply, text=text, proposed=None)

    def prove(self, reply_id: str) -> None:
        """Note that its writer has shown the e-mail address to be theirs."""
        with self.database.transaction() as db:
            db.execute(replies.update().where(replies.c.id == reply_id).values(proven=True))

    def forget(self, db: sa.Connection, reply: Reply) -> None:
        """Take back what was learnt from a reply whose words are being erased."""
        if self._learn is not None:
            self._learn(db, replace(reply, status=Status.ERASED))

    def outbox(self) -> list[Task]:
        """What is still to be done to the files, in order."""
        query = (
            sa.select(outbox.c.number, outbox.c.action, replies)
            .join(replies, outbox.c.reply == replies.c.id)
            .where(outbox.c.done.is_(None))
            .order_by(outbox.c.number)
        )
        with self.database.transaction() as db:
            rows = db.execute(query).mappings().all()
        return [Task(row["number"], row["action"], reply_of(row)) for row in rows]

    def done(self, number: int, now: datetime) -> None:
        """Note that a row of the outbox was carried out."""
        with self.database.transaction() as db:
            db.execute(outbox.update().where(outbox.c.number == number).values(done=now))

    def unpublished(self) -> int | None:
        """The newest row of the outbox that is in the files and on no page yet, or None."""
        query = sa.select(sa.func.max(outbox.c.number)).where(
            outbox.c.done.is_not(None), outbox.c.live.is_(None)
        )
        with self.database.transaction() as db:
            newest: int | None = db.execute(query).scalar_one()
        return newest

    def published(self, number: int, now: datetime) -> None:
        """Note that all rows up to `number` are on their pages."""
        with self.database.transaction() as db:
            db.execute(
                outbox.update()
                .where(outbox.c.number <= number)
                .where(outbox.c.done.is_not(None), outbox.c.live.is_(None))
                .values(live=now)
            )

    def mark_told(self, reply_ids: Collection[str]) -> None:
        """Note that the moderators have been told of these."""
        with self.database.transaction() as db:
            db.execute(replies.update().where(replies.c.id.in_(reply_ids)).values(told=True))

    def forget_networks(self, before: datetime) -> int:
        """Drop the hashes of addresses of replies received before an instant; how many."""
        with self.database.transaction() as db:
            done = db.execute(
                replies.update()
                .where(replies.c.network.is_not(None), replies.c.received < before)
                .values(network=None)
            )
            return int(done.rowcount)

    def _judge_words(
        self, db: sa.Connection, reply: Reply, status: Status, decision: Decision
    ) -> Reply:
        """New words of a published reply: approved they replace the old ones."""
        taken = status is Status.APPROVED
        text = reply.proposed if taken and reply.proposed is not None else reply.text
        self._change(db, reply, {"text": text, "proposed": None}, _same_words(reply))
        why = decision.why or ("the new words" if taken else "the old words stay")
        log(db, reply.id, replace(decision, status=reply.status, why=why))
        if taken:
            db.execute(outbox.insert().values(reply=reply.id, action="write"))
        return replace(reply, text=text, proposed=None)

    @staticmethod
    def _change(
        db: sa.Connection,
        reply: Reply,
        values: dict[str, Any],
        condition: sa.ColumnElement[bool] | None = None,
    ) -> None:
        """Change a reply that is still as it was read; who comes second is told so."""
        query = replies.update().where(replies.c.id == reply.id, replies.c.status == reply.status)
        if condition is not None:
            query = query.where(condition)
        if db.execute(query.values(**values)).rowcount != 1:
            raise QueueError(f"the reply {reply.id} is {reply.status} already")

    @staticmethod
    def _one(db: sa.Connection, reply_id: str) -> Reply:
        row = db.execute(sa.select(replies).where(replies.c.id == reply_id)).mappings().first()
        if row is None:
            raise QueueError(f"there is no reply {reply_id!r}")
        return reply_of(row)

    def _select(self, condition: sa.ColumnElement[bool]) -> list[Reply]:
        query = sa.select(replies).where(condition).order_by(replies.c.id)
        with self.database.transaction() as db:
            return [reply_of(row) for row in db.execute(query).mappings()]


def find(queue: Queue, part: str) -> Reply:
    """The one reply whose id begins or ends so. Raises QueueError when there is none, or more
    than one."""
    found = queue.named(part)
    if len(found) != 1:
        how = "no reply" if not found else f"{len(found)} replies"
        raise QueueError(f"{how} found for {part!r}", mend="`invoke queue` lists them.")
    return found[0]


def words_digest(reply: Reply) -> str:
    """What stands for the words that a moderator sees: those that wait, else the reply's own."""
    shown = "\0".join((reply.name, reply.url, reply.text, reply.proposed or ""))
    return hashlib.sha256(shown.encode("utf-8", "replace")).hexdigest()[:16]


def log(db: sa.Connection, reply_id: str, decision: Decision) -> None:
    """Keep a decision, in the transaction that carries it out."""
    db.execute(decisions.insert().values(**decision_row(reply_id, decision)))


def decision_row(reply_id: str, decision: Decision) -> dict[str, Any]:
    """A decision as a row."""
    return {
        "reply": reply_id,
        "status": decision.status,
        "by": decision.by,
        "why": decision.why,
        "at": decision.at,
    }


def row_of(reply: Reply) -> dict[str, Any]:
    """A reply as a row."""
    return {column.name: getattr(reply, column.name) for column in replies.columns}


def reply_of(row: Any) -> Reply:
    """A row as a reply."""
    values = {column.name: row[column.name] for column in replies.columns}
    values["status"] = Status(values["status"])
    values["received"] = utc(values["received"])
    return Reply(**values)


def utc(value: datetime) -> datetime:
    """SQLite keeps no zone; everything in the queue is UTC."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _same_words(reply: Reply) -> sa.ColumnElement[bool]:
    return (replies.c.text == reply.text) & replies.c.proposed.is_not_distinct_from(reply.proposed)


def _waits() -> sa.ColumnElement[bool]:
    return (replies.c.status == Status.PENDING) | replies.c.proposed.is_not(None)
