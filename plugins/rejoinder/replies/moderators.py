"""Who may decide, and how they show it: a password (argon2id), a link that works once, and a
session that the server keeps."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from rejoinder.comments.model import one_line
from rejoinder.replies.database import Database, QueueError
from rejoinder.replies.intake import is_email
from rejoinder.replies.schema import moderators, sessions, used_links
from rejoinder.replies.signing import Signer

SESSION = timedelta(days=14)
SHORTEST = 10
"""The fewest characters of a password (NIST SP 800-63B asks for 8)."""

_HASHER = PasswordHasher()  # RFC 9106's second recommendation: 64 MiB, 3 passes


@dataclass(frozen=True, slots=True)
class Moderator:
    """Somebody who may decide. `author_id` is the slug of the site's author they answer as."""

    name: str
    email: str
    has_password: bool
    author_id: str | None


class Moderators:
    """The accounts and sessions of one desk."""

    def __init__(self, database: Database, signer: Signer) -> None:
        self.database = database
        self.signer = signer

    def save(
        self, name: str, *, email: str | None = None, password: str | None = None,
        author_id: str | None = None,
    ) -> bool:  # fmt: skip
        """Make an account or change what is given of it; True for a new one. A new password
        ends all sessions. Raises QueueError for a name or password that can't be."""
        if not name or name != one_line(name) or len(name) > 100:
            raise QueueError(f"{name!r} can't be a moderator's name")
        if email and not is_email(email):
            raise QueueError(f"{email!r} is no e-mail address")
        if password is not None and len(password) < SHORTEST:
            raise QueueError(f"the password is shorter than {SHORTEST} characters")
        values: dict[str, str] = {}
        if email is not None:
            values["email"] = email.lower()
        if password is not None:
            values["password"] = _HASHER.hash(password)
        if author_id is not None:
            values["author_id"] = author_id
        with self.database.transaction() as db:
            is_new = self._row(db, name) is None
            if is_new:
                row = {"name": name, "email": "", "password": "", "author_id": None} | values
                db.execute(moderators.insert().values(**row))
            elif values:
                db.execute(moderators.update().where(moderators.c.name == name).values(**values))
            if password is not None:
                db.execute(sessions.delete().where(sessions.c.moderator == name))
        return is_new

    def remove(self, name: str) -> None:
        """End an account and its sessions. Raises QueueError when there is none."""
        with self.database.transaction() as db:
            if not db.execute(moderators.delete().where(moderators.c.name == name)).rowcount:
                raise QueueError(f"there is no moderator {name!r}")
            db.execute(sessions.delete().where(sessions.c.moderator == name))

    def all(self) -> list[Moderator]:
        """All accounts, by name."""
        with self.database.transaction() as db:
            rows = db.execute(sa.select(moderators).order_by(moderators.c.name)).mappings()
            return [_made(row) for row in rows]

    def get(self, name: str) -> Moderator | None:
        """The account of that name."""
        with self.database.transaction() as db:
            row = self._row(db, name)
        return _made(row) if row else None

    def with_email(self, email: str) -> Moderator | None:
        """The account of that address."""
        with self.database.transaction() as db:
            row = db.execute(
                sa.select(moderators).where(moderators.c.email == email.strip().lower())
            ).mappings().first()  # fmt: skip
        return _made(row) if row and email.strip() else None

    def check(self, name: str, password: str) -> Moderator | None:
        """The account whose password that is; an unknown name takes as long as a wrong
        password."""
        with self.database.transaction() as db:
            row = self._row(db, name)
        try:
            _HASHER.verify(row["password"] if row and row["password"] else _nobody(), password)
        except (VerificationError, InvalidHashError):
            return None
        return _made(row) if row and row["password"] else None

    def use_link(self, number: str, now: datetime) -> bool:
        """Use a link up; False when it was used before."""
        with self.database.transaction() as db:
            done = db.execute(self.database.insert_new(used_links).values(number=number, at=now))
            return int(done.rowcount) == 1

    def give_link_back(self, number: str) -> None:
        """Let a link be used again: what it was for could not be done."""
        with self.database.transaction() as db:
            db.execute(used_links.delete().where(used_links.c.number == number))

    def begin(self, name: str, now: datetime) -> str:
        """Begin a session; the secret that its cookie holds. Old ones are cleared away."""
        secret = secrets.token_urlsafe(32)
        with self.database.transaction() as db:
            db.execute(sessions.delete().where(sessions.c.expires < now))
            db.execute(used_links.delete().where(used_links.c.at < now - timedelta(days=60)))
            db.execute(
                sessions.insert().values(
                    token=self._hash(secret), moderator=name, expires=now + SESSION
                )
            )
        return secret

    def of_session(self, secret: str, now: datetime) -> Moderator | None:
        """Whose session that is, while it lasts."""
        query = (
            sa.select(moderators)
            .join(sessions, sessions.c.moderator == moderators.c.name)
            .where(sessions.c.token == self._hash(secret), sessions.c.expires > now)
        )
        with self.database.transaction() as db:
            row = db.execute(query).mappings().first()
        return _made(row) if row else None

    def end(self, secret: str) -> None:
        """End a session."""
        with self.database.transaction() as db:
            db.execute(sessions.delete().where(sessions.c.token == self._hash(secret)))

    def csrf_token(self, secret: str) -> str:
        """What every form of a session carries; another site can't know it."""
        return self.signer.digest("csrf", secret)

    def _hash(self, secret: str) -> str:
        return self.signer.digest("session", secret)

    @staticmethod
    def _row(db: sa.Connection, name: str) -> sa.RowMapping | None:
        return db.execute(
            sa.select(moderators).where(moderators.c.name == name)
        ).mappings().first()  # fmt: skip


@cache
def _nobody() -> str:
    """The hash of a password that nobody has; made when it is first needed, since it takes long."""
    return _HASHER.hash(secrets.token_hex(16))


def _made(row: sa.RowMapping) -> Moderator:
    return Moderator(row["name"], row["email"], bool(row["password"]), row["author_id"])
