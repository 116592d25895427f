"""New replies: judged by the rules and kept, all that wait together in one transaction.

A database that promises durability waits for the disk at each commit. One thread takes all
replies that have come in meanwhile and commits them together (group commit, as PostgreSQL's
`commit_delay` and MySQL's binary log do it), so that the disk's pace bounds the wait, not the
number of writers. Nobody is answered before the commit that holds their reply.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import sqlalchemy as sa

from rejoinder.comments.model import make_id
from rejoinder.replies.database import Database
from rejoinder.replies.judging.policy import Circumstances, Policy, Verdict
from rejoinder.replies.judging.words import Opinion
from rejoinder.replies.learning import Learning
from rejoinder.replies.model import Decision, Reply, Status, Submission
from rejoinder.replies.queue import decision_row, reply_of, row_of
from rejoinder.replies.schema import decisions, outbox, replies
from rejoinder.replies.signing import Signer

logger = logging.getLogger(__name__)

_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PATIENCE = 0.5
"""For how much of a commit's time the next one waits for company."""

_TOGETHER = 100
"""The most replies of one transaction: their words must fit one question to the database."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A reply that is on the disk. `is_new` is False when it had been sent before; `is_held`
    says that the rules would publish it, and that somebody is to be asked first."""

    reply: Reply
    is_new: bool
    is_held: bool = False


@dataclass(slots=True)
class _Waiting:
    submission: Submission
    around: Circumstances
    hold: bool
    is_held: bool = False
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    future: Future[Kept] = field(default_factory=Future)
    awaited: bool | None = None
    """Whether somebody still waits for it; not known before its turn."""

    @property
    def account(self) -> str:
        """The account that speaks, '' where nobody signed in, or under another name."""
        signed_in = self.submission.signed_in
        return signed_in.identity if signed_in is not None and signed_in.verified else ""

    def begin(self) -> None:
        """From here on nobody can take it back: who has hung up is not waited for."""
        if self.awaited is None:
            self.awaited = self.future.set_running_or_notify_cancel()

    def succeed(self, kept: Kept) -> None:
        if self.awaited:
            self.future.set_result(kept)

    def fail(self, error: Exception) -> None:
        if self.awaited:
            self.future.set_exception(error)


def new_id(now: datetime) -> str:
    """An id for what is said now: sorted by the microsecond, and never made twice."""
    rest = now.microsecond
    letters: list[str] = []
    for _ in range(4):
        rest, digit = divmod(rest, 36)
        letters.insert(0, _LETTERS[digit])
    letters += [secrets.choice(_LETTERS) for _ in range(4)]
    return make_id(now.replace(microsecond=0), "".join(letters))


class Arrivals:
    """Keeps new replies. Close it, or use it in a `with`. Safe for several threads."""

    def __init__(
        self, database: Database, policy: Policy, signer: Signer, learning: Learning | None
    ) -> None:
        self.database = database
        self.policy = policy
        self.signer = signer
        self.learning = learning
        self._waiting: deque[_Waiting] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._expected = 1
        self._thread = threading.Thread(target=self._run, name="arrivals", daemon=True)
        self._thread.start()

    def __enter__(self) -> Arrivals:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Keep what has been handed in, and stop."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()

    def submit(
        self, submission: Submission, around: Circumstances, *, hold: bool = False
    ) -> Future[Kept]:
        """Hand a reply in; the future's result comes after it is on the disk, and raises
        QueueError when it can't be kept. `around.is_known` says here that the writer has
        proven the address; whether something was approved with it, or of the account that the
        writer has signed in to, is looked up. `hold` keeps
        back what the rules would publish, for somebody who is still to be asked."""
        waiting = _Waiting(submission, around, hold)
        with self._wake:
            if self._stopping:
                raise RuntimeError("the desk is closing")
            self._waiting.append(waiting)
            self._wake.notify()
        return waiting.future

    def judge_again(self, submission: Submission, around: Circumstances) -> Verdict:
        """What the rules say of a reply now. Raises QueueError."""
        with self.database.transaction() as db:
            return self._verdicts(db, [_Waiting(submission, around, hold=False)])[0]

    def _run(self) -> None:
        patience = 0.0
        while True:
            with self._wake:
                while not self._waiting and not self._stopping:
                    self._wake.wait()
                if not self._waiting:
                    return
                # Those who were answered last are likely to be back in a moment: a commit that
                # waits for them, for a part of what a commit takes, saves the next one.
                self._wake.wait_for(self._is_company_here, patience)
                most = min(_TOGETHER, len(self._waiting))
                batch = [self._waiting.popleft() for _ in range(most)]
            for waiting in batch:
                waiting.begin()
            began = time.perf_counter()
            try:
                results = self._keep(batch)
            except Exception as error:
                if len(batch) == 1:
                    batch[0].fail(error)
                    continue
                logger.warning("%d replies are kept one by one: %s", len(batch), type(error))
                with self._wake:  # one that can't be kept must not take others with it
                    self._waiting.extendleft(reversed(batch[1:]))
                self._keep_alone(batch[0])
                continue
            for waiting, kept in zip(batch, results, strict=True):
                waiting.succeed(kept)
            patience = min((time.perf_counter() - began) * _PATIENCE, 0.01)
            self._expected = len(batch) + len(self._waiting)

    def _is_company_here(self) -> bool:
        return self._stopping or len(self._waiting) >= self._expected

    def _keep_alone(self, waiting: _Waiting) -> None:
        try:
            waiting.succeed(self._keep([waiting])[0])
        except Exception as error:
            waiting.fail(error)

    def _keep(self, batch: Sequence[_Waiting]) -> list[Kept]:
        with self.database.transaction() as db:
            verdicts = self._verdicts(db, batch)
            made = [
                self._made(waiting, verdict.status)
                for waiting, verdict in zip(batch, verdicts, strict=True)
            ]
            done = db.execute(self.database.insert_new(replies), [row_of(r) for r in made])
            there = made
            if done.rowcount != len(made):
                prints = [reply.fingerprint for reply in made]
                rows = db.execute(sa.select(replies).where(replies.c.fingerprint.in_(prints)))
                by_print = {row["fingerprint"]: reply_of(row) for row in rows.mappings()}
                there = [by_print[reply.fingerprint] for reply in made]
            new = [r for r, known in zip(made, there, strict=True) if r.id == known.id]
            log = {
                reply.id: decision_row(
                    reply.id, Decision(reply.status, verdict.by, verdict.why, reply.received)
                )
                for reply, verdict in zip(made, verdicts, strict=True)
            }
            if new:
                db.execute(decisions.insert(), [log[reply.id] for reply in new])
            approved = [r for r in new if r.status is Status.APPROVED]
            if approved:
                rows_out = [{"reply": reply.id, "action": "write"} for reply in approved]
                db.execute(outbox.insert(), rows_out)
        ids = {reply.id for reply in new}
        return [
            Kept(reply, reply.id in ids, waiting.is_held)
            for reply, waiting in zip(there, batch, strict=True)
        ]

    def _made(self, waiting: _Waiting, status: Status) -> Reply:
        said, now = waiting.submission, waiting.at
        signed_in = said.signed_in
        received = now.replace(microsecond=0)
        network = self.signer.digest("network", waiting.around.address)
        # Its own key makes a form sent twice one reply; without one, the same words from the
        # same place do.
        words = (network, said.parent or "", said.name, said.email, said.url, said.text)
        what = ("key", said.key) if said.key else words
        return Reply(
            id=new_id(now),
            thread=said.thread,
            text=said.text,
            name=said.name,
            email=said.email,
            url=said.url,
            parent=said.parent,
            notify=said.notify,
            status=status,
            received=received,
            proven=waiting.around.is_known,
            fingerprint=self.signer.digest("reply", said.thread, *what),
            network=network,
            verified=signed_in.verified if signed_in else None,
            portrait=signed_in.portrait if signed_in else None,
            identity=signed_in.identity if signed_in else None,
        )

    def _verdicts(self, db: sa.Connection, batch: Sequence[_Waiting]) -> list[Verdict]:
        proven = {w.submission.email.lower() for w in batch if w.around.is_known}
        known: set[str] = set()
        if proven:
            email = sa.func.lower(replies.c.email)
            query = sa.select(email).where(
                email.in_(proven), replies.c.status == Status.APPROVED, replies.c.proven
            )
            known = {row[0] for row in db.execute(query.distinct())}
        accounts = {w.account for w in batch} - {""}
        if accounts:
            query = sa.select(replies.c.identity).where(
                replies.c.identity.in_(accounts), replies.c.status == Status.APPROVED
            )
            accounts = {row[0] for row in db.execute(query.distinct())}
        opinions = (
            self.learning.opinions(db, [w.submission for w in batch])
            if self.learning
            else [None] * len(batch)
        )
        return [
            self._verdict(waiting, opinion, waiting.submission.email.lower() in known,
                          waiting.account in accounts)
            for waiting, opinion in zip(batch, opinions, strict=True)
        ]  # fmt: skip

    def _verdict(
        self, waiting: _Waiting, opinion: Opinion | None, is_address_known: bool,
        is_account_known: bool,
    ) -> Verdict:  # fmt: skip
        is_known = (waiting.around.is_known and is_address_known) or is_account_known
        around = replace(waiting.around, opinion=opinion, is_known=is_known)
        verdict = self.policy.judge(waiting.submission, around)
        if waiting.hold and verdict.status is Status.APPROVED:
            waiting.is_held = True
            return replace(verdict, status=Status.PENDING, why=f"{verdict.why}; being checked")
        return verdict
