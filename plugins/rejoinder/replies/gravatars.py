"""Portraits from Gravatar: of those who gave an e-mail address and have none of their own.

The database knows who was asked for and when, also where there was nothing. A comment's file shows
the picture as it shows one of a sign-in. Each step can be done again: `bring` compares what files
show with what is known, and changes nothing that somebody else put there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from rejoinder.comments.store import CommentStore, read_comment, thread_key
from rejoinder.errors import CommentError
from rejoinder.replies import portraits
from rejoinder.replies.database import Database
from rejoinder.replies.model import Status
from rejoinder.replies.schema import gravatars, outbox, replies

Ask = Callable[[str], bytes | None]
"""E-mail address → picture, or None where there is none."""

_EMAIL = sa.func.lower(sa.func.trim(replies.c.email))
# Who had signed in chose whether to show a portrait; an author's is in their own file.
_WITHOUT = (
    (replies.c.email != "") & replies.c.identity.is_(None) & replies.c.author_id.is_(None)
)  # fmt: skip
_PUBLIC = _WITHOUT & (replies.c.status == Status.APPROVED)


@dataclass(frozen=True, slots=True)
class _Row:
    """Somebody: the portrait that they have, and the one that files show."""

    email: str
    path: str | None
    shown: str | None


def due(database: Database, before: datetime) -> list[str]:
    """The e-mail addresses of published comments without a portrait for which Gravatar was not
    asked since `before`. Raises QueueError."""
    asked = sa.select(gravatars.c.email).where(gravatars.c.at >= before)
    query = sa.select(_EMAIL).where(_PUBLIC, _EMAIL.not_in(asked)).distinct().order_by(_EMAIL)
    with database.transaction() as db:
        return list(db.execute(query).scalars())


def ask(database: Database, email: str, asked: Ask, now: datetime) -> bool:
    """Ask for one address, and keep what came; whether there is a picture. Raises FetchError and
    QueueError."""
    picture = asked(email)
    with database.transaction() as db:
        path = portraits.keep(db, database, picture, now) if picture else None
        row = {"path": path, "at": now}
        if not db.execute(
            gravatars.update().where(gravatars.c.email == email).values(**row)
        ).rowcount:
            db.execute(gravatars.insert().values(email=email, **row))
    return picture is not None


def bring(database: Database, content: Path, now: datetime) -> list[Path]:
    """Let comments' files show what is known by now; which files that touched. Whoever calls holds
    the lock on publishing. Raises StoreError or QueueError."""
    store, touched = CommentStore(content), []
    _forget_strangers(database)
    with database.transaction() as db:
        rows = [_Row(row["email"], row["path"], row["shown"])
                for row in db.execute(sa.select(gravatars)).mappings()]  # fmt: skip
    for row in rows:
        mine = _WITHOUT & (row.email == _EMAIL)
        ours = replies.c.portrait.is_(None) | (replies.c.portrait == row.shown)
        with database.transaction() as db:
            db.execute(replies.update().where(mine, ours).values(portrait=row.path))
            query = sa.select(replies.c.id, replies.c.thread).where(mine, _PUBLIC)
            written = [(one.id, one.thread) for one in db.execute(query)]
        for comment_id, thread in written:
            files = _show(database, store, thread, comment_id, row)
            touched += files
            if files:
                with database.transaction() as db:  # a running desk brings it to the pages
                    db.execute(outbox.insert().values(
                        reply=comment_id, action="portrait", done=now, told=True
                    ))  # fmt: skip
        if row.shown != row.path:
            with database.transaction() as db:
                this = gravatars.c.email == row.email
                db.execute(gravatars.update().where(this).values(shown=row.path))
                portraits.forget(db, [row.shown] if row.shown else [])
    return touched


def forget(database: Database, content: Path, now: datetime) -> list[Path]:
    """Take away all that came from Gravatar; which files that touched. Raises as `bring`."""
    touched = bring(database, content, now)  # what a run that was cut short left behind
    with database.transaction() as db:
        db.execute(gravatars.update().values(path=None))
    touched += bring(database, content, now)
    with database.transaction() as db:
        db.execute(gravatars.delete())
    return touched


def is_any(database: Database) -> bool:
    """Whether there is anything of Gravatar's."""
    with database.transaction() as db:
        return db.execute(sa.select(gravatars.c.email).limit(1)).first() is not None


def oldest(now: datetime, days: int) -> datetime:
    """What was asked before this instant is asked again."""
    return now - timedelta(days=days)


def _forget_strangers(database: Database) -> None:
    """Forget those of whom there is no comment any more."""
    with database.transaction() as db:
        here = sa.select(_EMAIL).where(_WITHOUT)
        db.execute(gravatars.delete().where(gravatars.c.email.not_in(here)))


def _show(
    database: Database, store: CommentStore, thread: str, comment_id: str, row: _Row
) -> list[Path]:
    """Let one comment's file show a portrait, unless it shows one of somebody else's choice."""
    touched: list[Path] = []
    path = store.path(thread, comment_id)
    for file in [path] if path.is_file() else store.find(comment_id):
        try:
            comment = read_comment(file)
        except CommentError:  # `check` says what is wrong with it
            continue
        if comment.portrait == row.path or comment.portrait not in (None, row.shown):
            continue
        touched += portraits.publish(database, store.content, row.path)
        touched += portraits.let_go(database, store.content, comment.portrait, but=comment_id)
        touched.append(
            store.write(thread_key(file.parent.name), replace(comment, portrait=row.path))
        )
    return touched
