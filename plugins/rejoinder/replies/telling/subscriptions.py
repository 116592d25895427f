"""Who asked to be told of what, with double opt-in: nobody gets a second letter who has not
answered the first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from rejoinder.replies.database import Database
from rejoinder.replies.queue import utc
from rejoinder.replies.schema import deliveries, proven, subscriptions

POSTS = "posts"
"""The scope of new posts; every other scope is the reply whose answers are told."""

ANEW = timedelta(hours=1)
"""How long somebody who has not answered is not asked again."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One wish. `state` is asked, confirmed or ended; `at` is since when."""

    number: int
    email: str
    scope: str
    state: str
    daily: bool
    at: datetime


class Subscriptions:
    """The wishes of one desk's readers. `email` is kept as it was given and compared in lower
    case."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def ask(
        self, db: sa.Connection, email: str, scope: str, now: datetime, *, confirmed: bool,
        daily: bool = False,
    ) -> Subscription | None:  # fmt: skip
        """Note a wish; None when nobody is to be asked: it is confirmed, or was asked already
        for answers, or within the hour. Somebody who ended it and asks anew is asked anew."""
        email = email.lower()
        found = self._find(db, email, scope)
        state = "confirmed" if confirmed else "asked"
        if found is None:
            db.execute(
                self.database.insert_new(subscriptions).values(
                    email=email, scope=scope, state=state, daily=daily, at=now
                )
            )
            return self._find(db, email, scope)
        was_asked = found.state == "asked" and (scope != POSTS or now - found.at < ANEW)
        if found.state == "confirmed" or was_asked:
            return None
        changed = db.execute(
            subscriptions.update()
            .where(subscriptions.c.number == found.number, subscriptions.c.at == found.at)
            .values(state=state, daily=daily, at=now)
        )
        return self._find(db, email, scope) if changed.rowcount else None

    def get(self, number: int) -> Subscription | None:
        """One by its number."""
        with self.database.transaction() as db:
            row = db.execute(
                sa.select(subscriptions).where(subscriptions.c.number == number)
            ).mappings().first()  # fmt: skip
        return _made(row) if row else None

    def set_state(self, number: int, state: str, now: datetime) -> None:
        """Confirm or end one; a confirmed address is a proven one. What waits to go for one
        that is ended will not go."""
        with self.database.transaction() as db:
            db.execute(
                subscriptions.update()
                .where(subscriptions.c.number == number)
                .values(state=state, at=now)
            )
            email = db.execute(
                sa.select(subscriptions.c.email).where(subscriptions.c.number == number)
            ).scalar()
            if state == "confirmed" and email:
                self.prove(db, email, now)
            if state == "ended":
                db.execute(
                    deliveries.update()
                    .where(deliveries.c.sent.is_(None), deliveries.c.recipient == email)
                    .where(
                        deliveries.c.key.startswith("post:")
                        | deliveries.c.key.startswith("answer:")
                    )
                    .where(deliveries.c.key.endswith(f":{number}"))
                    .values(sent=now, problem="ended", recipient="", payload="")
                )

    def of(self, db: sa.Connection, scopes: Collection[str]) -> list[Subscription]:
        """The confirmed ones of these scopes, by number."""
        query = (
            sa.select(subscriptions)
            .where(subscriptions.c.scope.in_(scopes), subscriptions.c.state == "confirmed")
            .order_by(subscriptions.c.number)
        )
        return [_made(row) for row in db.execute(query).mappings()]

    def prove(self, db: sa.Connection, email: str, now: datetime) -> None:
        """Note that somebody has shown an address to be theirs."""
        db.execute(self.database.insert_new(proven).values(email=email.lower(), at=now))

    def is_proven(self, db: sa.Connection, email: str) -> bool:
        """Whether somebody has shown this address to be theirs, once."""
        query = sa.select(proven.c.email).where(proven.c.email == email.lower())
        return db.execute(query).first() is not None

    @staticmethod
    def _find(db: sa.Connection, email: str, scope: str) -> Subscription | None:
        row = db.execute(
            sa.select(subscriptions)
            .where(subscriptions.c.email == email, subscriptions.c.scope == scope)
        ).mappings().first()  # fmt: skip
        return _made(row) if row else None


def _made(row: sa.RowMapping) -> Subscription:
    return Subscription(
        row["number"], row["email"], row["scope"], row["state"], bool(row["daily"]),
        utc(row["at"]),
    )  # fmt: skip
