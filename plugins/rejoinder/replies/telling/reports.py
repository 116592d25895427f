"""The report by mail: when it is asked for, and by itself once a day or a week.

A period is a row, made in the transaction that queues its letters: of several desks, and after a
crash, it is told once.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from rejoinder.errors import RejoinderError
from rejoinder.replies.schema import moderators, reports
from rejoinder.replies.settings import Settings
from rejoinder.replies.telling import digest
from rejoinder.replies.telling.letters import Block
from rejoinder.replies.telling.notices import Notices

if TYPE_CHECKING:
    from rejoinder.engagement.reading import Talk

_PAUSE = 600.0
"""After how many seconds a report that could not be made is tried again."""


def require_server(settings: Settings) -> None:
    """Raises RejoinderError where no letter can be sent."""
    if not settings.mail.host:
        raise RejoinderError(
            "no mail server is named",
            where="private/desk/desk.toml",
            mend="Set 'host' and 'sender' in its table [mail].",
        )


class Reports:
    """Queues reports for the moderators who have an address."""

    def __init__(self, notices: Notices) -> None:
        self.notices = notices
        self._told = ""
        self._again = 0.0

    def gather(self, now: datetime) -> None:
        """Queue the report of this period, unless that was done, or nothing changed since the
        last and nobody waits. Raises QueueError, or what reading raises."""
        mail = self.notices.settings.mail
        if mail.report == "never" or not mail.host or time.monotonic() < self._again:
            return
        facts = self.notices.subjects.facts
        name = digest.period(mail.report, now, ZoneInfo(facts.timezone))
        if name == self._told:
            return
        with self.notices.database.transaction() as db:
            if not _recipients(db):
                return
            last = db.execute(sa.select(reports).order_by(reports.c.at.desc())).mappings().first()
            is_told = sa.select(reports.c.period).where(reports.c.period == name)
            if db.execute(is_told).first() is None:
                self._again = time.monotonic() + _PAUSE
            else:
                self._told = name
                return
        from rejoinder.engagement import reading

        talk = reading.read(self.notices.subjects.content, now)
        subject, blocks, state, waits = self._made(talk, now)
        with self.notices.database.transaction() as db:
            row = {"period": name, "state": state, "at": now}
            mine = db.execute(self.notices.database.insert_new(reports).values(**row)).rowcount
            if mine and (waits or last is None or last["state"] != state):
                self._queue(db, f"report:{name}", subject, blocks, now)
        self._told, self._again = name, 0.0

    def send(self, talk: Talk, now: datetime) -> list[str]:
        """Queue a report of a talk that was read, whatever the rhythm; the keys of the letters.
        Raises RejoinderError where no letter can be written, or nobody is to get one."""
        require_server(self.notices.settings)
        subject, blocks, _, _ = self._made(talk, now)
        with self.notices.database.transaction() as db:
            keys = self._queue(db, f"report:{datetime.now(UTC).isoformat()}", subject, blocks, now)
        if not keys:
            raise RejoinderError(
                "no moderator has an e-mail address",
                mend="Give one: invoke moderator NAME --email ADDRESS.",
            )
        return keys

    def _made(self, talk: Talk, now: datetime) -> tuple[str, list[Block], str, bool]:
        from rejoinder.engagement.measures import of_totals
        from rejoinder.engagement.writing import excerpts

        found = of_totals(talk.posts.values(), talk.totals, now)
        wanted = talk.site.engagement
        shown = digest.waiting(found.awaiting, now - timedelta(days=wanted.days))
        words = excerpts(self.notices.subjects.content, shown[: digest.LISTED])
        is_there = wanted.dashboard in ("private", "public")
        more = f"{self.notices.desk}/reply/desk/engagement/" if is_there else ""
        subject, blocks = digest.letter(
            found, talk.posts, words, now, wanted.days, more, self.notices.texts()
        )
        return subject, blocks, digest.state(found), bool(found.awaiting)

    def _queue(
        self, db: sa.Connection, key: str, subject: str, blocks: list[Block], now: datetime
    ) -> list[str]:
        keys = []
        for name, email in _recipients(db):
            self.notices.put(db, f"{key}:{name}", email, subject, blocks, now,
                             texts=self.notices.texts())  # fmt: skip
            keys.append(f"{key}:{name}")
        return keys


def _recipients(db: sa.Connection) -> list[tuple[str, str]]:
    query = sa.select(moderators.c.name, moderators.c.email).where(moderators.c.email != "")
    return [(row.name, row.email) for row in db.execute(query.order_by(moderators.c.name))]
