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
from rejoinder.replies.schema import decisions, deliveries, outbox, replies

_UNDONE = "undone:"

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
    decision of a person's, with the reply as it then is; `unlearn` when its words are erased."""

    def __init__(
        self, database: Database, learn: Learn | None = None, unlearn: Learn | None = None
    ) -> None:
        self.database = database
        self._learn = learn
        self._unlearn = unlearn

    def adopt(self, reply: Reply, decision: Decision, *, publish: bool = False) -> bool:
        """Keep a reply that came by another door, like an import; False when it is known, by
        its id or its fingerprint. `publish` sends it to the files as well."""
        with self.database.transaction() as db:
            return self.put(db, reply, decision, publish=publish)

    def put(
        self, db: sa.Connection, reply: Reply, decision: Decision, *, publish: bool = False
    ) -> bool:
        """`adopt`, in somebody else's transaction."""
        made = db.execute(self.database.insert_new(replies).values(**row_of(reply)))
        if made.rowcount != 1:
            return False
        log(db, reply.id, decision)
        if publish:
            db.execute(outbox.insert().values(reply=reply.id, action="write"))
        return True

    def answer(self, to: Reply, answer: Reply, *, by: str, seen: str, now: datetime) -> bool:
        """Publish an author's answer, and approve what it answers where that isn't yet, both or
        neither; False when it was sent before (its fingerprint is known). Raises QueueError as
        `decide` does."""
        decision = Decision(Status.APPROVED, by, "the author's own", answer.received)
        with self.database.transaction() as db:
            if not self.put(db, answer, decision, publish=True):
                return False
            if self._one(db, to.id).status is not Status.APPROVED:
                approval = Decision(Status.APPROVED, by, "answered", now)
                self._decide(db, to.id, approval, seen=seen, was=None, teaches=True)
            return True

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
                replies.c.id, replies.c.verified)]  # fmt: skip
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
            | replies.c.id.endswith("-" + part.removeprefix("-"), autoescape=True)
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
            decision = Decision(status, by, why, now)
            return self._decide(db, reply_id, decision, seen=seen, was=was, teaches=teaches)

    def _decide(
        self, db: sa.Connection, reply_id: str, decision: Decision, *, seen: str,
        was: Status | None, teaches: bool,
    ) -> Reply:  # fmt: skip
        status = decision.status
        reply = self._one(db, reply_id)
        _refuse_unseen(reply, seen)
        if reply.status in GONE:
            raise QueueError(f"the reply {reply_id} was taken back by its writer")
        if was is not None and was is not reply.status:
            raise QueueError(f"the reply {reply_id} is {reply.status} already")
        if reply.proposed is not None and status in (Status.APPROVED, Status.REJECTED):
            return self._judge_words(db, reply, status, decision)
        values: dict[str, Any] = {"status": status, "proposed": None}
        if status in GONE:
            # The same words may be sent again; what their writer had shown isn't kept.
            values |= {"fingerprint": None, "portrait": None, "identity": None}
        self._change(db, reply, values, (replies.c.status != status) & _same_words(reply))
        log(db, reply_id, decision)
        if status is Status.APPROVED:
            db.execute(outbox.insert().values(reply=reply_id, action="write"))
        elif reply.status is Status.APPROVED:
            db.execute(outbox.insert().values(reply=reply_id, action="remove"))
        if status not in (Status.APPROVED, Status.PENDING):
            _stop_letters(db, reply_id, decision.at)
        decided = replace(reply, status=status, proposed=None)
        if self._learn is not None and teaches and status not in GONE:
            self._learn(db, decided)
        return decided

    def undo(self, reply_id: str, *, by: str, now: datetime) -> Reply:
        """Take the last decision back. Raises QueueError when there is none to take back: it was
        taken back already, or it was on words and not on the status."""
        *_, before, last = (None, None, *self.history(reply_id))
        if before is None or last is None or before.status in GONE:
            raise QueueError(f"nothing was decided on {reply_id!r} yet")
        if last.why.startswith(_UNDONE):
            raise QueueError(f"the decision on {reply_id!r} was taken back already")
        if last.status is before.status:
            raise QueueError(
                f"the last step changed the words of {reply_id!r}, not where it stands",
                mend="Edit them, or approve or reject it.",
            )
        return self.decide(
            reply_id, before.status, by=by, why=f"{_UNDONE} {last.status}", now=now,
            was=last.status,
        )  # fmt: skip

    def edit(self, reply_id: str, submission: Submission, now: datetime) -> Reply:
        """Put a reader's new words in the place of the old ones, while nobody has seen them.
        Raises QueueError when that time is over."""
        with self.database.transaction() as db:
            reply = self._one(db, reply_id)
            # Whoever was told of the old words is not told again: no mailbox fills with drafts,
            # and a link of that letter decides on no other words than it showed.
            values: dict[str, Any] = {
                "text": submission.text, "name": submission.name, "url": submission.url,
            }  # fmt: skip
            if (submission.name, submission.url) != (reply.name, reply.url):
                values["verified"] = None  # that was for the name and link of before
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
            told = reply.told and reply.proposed is not None
            self._change(db, reply, {"proposed": text, "told": told})
            log(db, reply_id, Decision(reply.status, "its writer", "proposed other words", now))
            return replace(reply, proposed=text)

    def rewrite(self, reply_id: str, text: str, *, by: str, now: datetime, seen: str = "") -> Reply:
        """A moderator's own correction, in any status but a writer's withdrawal; new words that
        wait go on waiting. Raises QueueError as `decide` does."""
        with self.database.transaction() as db:
            reply = self._one(db, reply_id)
            _refuse_unseen(reply, seen)
            if reply.status in GONE:
                raise QueueError(f"the reply {reply_id} was taken back by its writer")
            self._change(db, reply, {"text": text}, _same_words(reply))
            log(db, reply_id, Decision(reply.status, by, "edited", now))
            if reply.status is Status.APPROVED:
                db.execute(outbox.insert().values(reply=reply_id, action="write"))
            return replace(reply, text=text)

    def prove(self, reply_id: str) -> None:
        """Note that its writer has shown the e-mail address to be theirs."""
        with self.database.transaction() as db:
            db.execute(replies.update().where(replies.c.id == reply_id).values(proven=True))

    def forget(self, db: sa.Connection, reply: Reply) -> None:
        """Take back what was learnt from a reply whose words are being erased."""
        if self._unlearn is not None:
            self._unlearn(db, replace(reply, status=Status.ERASED))

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
        """Drop the hashes of addresses of replies received before an instant, and those that
        were made with them; how many."""
        with self.database.transaction() as db:
            done = db.execute(
                replies.update()
                .where(replies.c.network.is_not(None), replies.c.received < before)
                .values(network=None, fingerprint=None)
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
            now = Queue._one(db, reply.id)
            if now.status is reply.status and values.get("status", now.status) is now.status:
                is_so = "status" in values and _words(now) == _words(reply)
                how = f"is {now.status} already" if is_so else "has other words by now"
                raise QueueError(f"the reply {reply.id} {how}")
            raise QueueError(f"the reply {reply.id} is {now.status} by now")

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
    values["written"] = utc(values["written"]) if values["written"] else None
    return Reply(**values)


def utc(value: datetime) -> datetime:
    """SQLite keeps no zone; everything in the queue is UTC."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _words(reply: Reply) -> tuple[str, str | None]:
    return reply.text, reply.proposed


def _refuse_unseen(reply: Reply, seen: str) -> None:
    if seen and seen != words_digest(reply):
        raise QueueError(
            f"the reply {reply.id} has other words by now",
            mend="Look at it again, and decide then.",
        )


def _stop_letters(db: sa.Connection, reply_id: str, now: datetime) -> None:
    """Letters that quote a reply that isn't to be published don't go, and forget it."""
    about = [deliveries.c.key.startswith(f"{what}:{reply_id}", autoescape=True)
             for what in ("answer", "moderator")]  # fmt: skip
    db.execute(
        deliveries.update()
        .where(deliveries.c.sent.is_(None), sa.or_(*about))
        .values(sent=now, problem="the reply is not published", recipient="", payload="")
    )


def _same_words(reply: Reply) -> sa.ColumnElement[bool]:
    return (replies.c.text == reply.text) & replies.c.proposed.is_not_distinct_from(reply.proposed)


def _waits() -> sa.ColumnElement[bool]:
    return (replies.c.status == Status.PENDING) | replies.c.proposed.is_not(None)
