"""The queue of what is to be sent: each letter once for its key, kept until it is gone or given
up. A broken mail server loses and blocks nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from rejoinder.replies.database import Database
from rejoinder.replies.queue import utc
from rejoinder.replies.schema import deliveries
from rejoinder.replies.telling.letters import Block, Go, Quote, Words

LEASE = timedelta(minutes=10)
"""How long one who sends has a letter to themselves; then another may try."""

PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 360, 720, 1440, 1440))
"""How long to wait after each failure; after the last the letter is given up, three days on."""

_LONGEST_KEY = 200

_BLOCKS = {"words": Words, "quote": Quote, "go": Go}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to send. `kind` is mail (the payload is the message), daily (the payload is
    what goes into the day's letter) or webhook (the payload is JSON)."""

    number: int
    key: str
    kind: str
    recipient: str
    payload: str
    tries: int


class Deliveries:
    """Safe for several threads and desks: a letter is claimed before it is sent."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def put(
        self, db: sa.Connection, key: str, kind: str, recipient: str, payload: str, due: datetime
    ) -> None:
        """Add one, in the transaction of what it tells of; a key that is known adds nothing."""
        db.execute(
            self.database.insert_new(deliveries).values(
                key=_short(key), kind=kind, recipient=recipient, payload=payload, tries=0, due=due,
                problem="",
            )
        )  # fmt: skip

    def claim(self, kind: str, now: datetime, most: int = 50) -> list[Delivery]:
        """Take what is due; nobody else has it until the lease ends."""
        query = (
            sa.select(deliveries)
            .where(deliveries.c.sent.is_(None), deliveries.c.due <= now)
            .where(deliveries.c.kind == kind)
            .order_by(deliveries.c.recipient, deliveries.c.number)
            .limit(most)
        )
        claimed = []
        with self.database.transaction() as db:
            for row in db.execute(query).mappings().all():
                mine = db.execute(
                    deliveries.update()
                    .where(deliveries.c.number == row["number"], deliveries.c.sent.is_(None))
                    .where(deliveries.c.tries == row["tries"])
                    .values(tries=row["tries"] + 1, due=now + LEASE)
                )
                if mine.rowcount == 1:
                    claimed.append(
                        Delivery(
                            row["number"], row["key"], row["kind"], row["recipient"],
                            row["payload"], row["tries"] + 1,
                        )
                    )  # fmt: skip
        return claimed

    def sent(self, numbers: Sequence[int], now: datetime) -> None:
        """Note that these are gone, and forget whom they went to and what they said."""
        self._end(numbers, now, "")

    def put_back(self, ones: Sequence[Delivery], now: datetime) -> None:
        """These were claimed and not tried: they may go at once, by anybody."""
        with self.database.transaction() as db:
            for one in ones:
                db.execute(
                    deliveries.update()
                    .where(deliveries.c.number == one.number, deliveries.c.sent.is_(None))
                    .where(deliveries.c.tries == one.tries)
                    .values(tries=one.tries - 1, due=now)
                )

    def failed(self, delivery: Delivery, problem: str, now: datetime, *, is_final: bool) -> bool:
        """Note a failure; True when that was the last try."""
        if is_final or delivery.tries > len(PAUSES):
            self._end([delivery.number], now, problem[:300] or "given up")
            return True
        with self.database.transaction() as db:
            db.execute(
                deliveries.update()
                .where(deliveries.c.number == delivery.number)
                .values(due=now + PAUSES[delivery.tries - 1], problem=problem[:300])
            )
        return False

    def unsent(self) -> int:
        """How many are still to go."""
        query = sa.select(sa.func.count()).where(deliveries.c.sent.is_(None))
        with self.database.transaction() as db:
            return int(db.execute(query).scalar_one())

    def waiting(self, keys: Sequence[str]) -> int:
        """How many of these are not gone: still to go, or given up."""
        query = sa.select(sa.func.count()).where(
            deliveries.c.key.in_([_short(key) for key in keys]),
            deliveries.c.sent.is_(None) | (deliveries.c.problem != ""),
        )
        with self.database.transaction() as db:
            return int(db.execute(query).scalar_one())

    def oldest_unsent(self) -> datetime | None:
        """Since when something waits to go that has failed before."""
        query = sa.select(sa.func.min(deliveries.c.due)).where(
            deliveries.c.sent.is_(None), deliveries.c.problem != ""
        )
        with self.database.transaction() as db:
            found = db.execute(query).scalar_one()
        return utc(found) if found else None

    def _end(self, numbers: Sequence[int], now: datetime, problem: str) -> None:
        with self.database.transaction() as db:
            db.execute(
                deliveries.update()
                .where(deliveries.c.number.in_(numbers))
                .values(sent=now, problem=problem, recipient="", payload="")
            )


def _short(key: str) -> str:
    """A key as it is kept: a long one is shortened, and whose letter it is stays to be seen."""
    if len(key) <= _LONGEST_KEY:
        return key
    rest, _, end = key.rpartition(":")
    return f"{rest[:90]}:{hashlib.sha256(rest.encode()).hexdigest()}:{end[-40:]}"


def pack(subject: str, blocks: Sequence[Block], unsubscribe: str) -> str:
    """What goes into a day's letter, as its row keeps it."""
    kinds = {kind: name for name, kind in _BLOCKS.items()}
    rows = [[kinds[type(b)], *(getattr(b, f) for f in type(b).__slots__)] for b in blocks]
    return json.dumps({"subject": subject, "blocks": rows, "unsubscribe": unsubscribe})


def unpack(payload: str) -> tuple[str, list[Block], str]:
    """Subject, blocks and the address that ends these letters: what `pack` made."""
    found = json.loads(payload)
    blocks: list[Block] = [_BLOCKS[name](*values) for name, *values in found["blocks"]]
    return found["subject"], blocks, found["unsubscribe"]
