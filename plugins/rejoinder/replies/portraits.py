"""Portraits, from the desk's database to the author's files and back: a picture is a file for as
long as a published comment shows it."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from rejoinder import atomic
from rejoinder.comments.portraits import FOLDER, portrait_path
from rejoinder.comments.store import read_comment
from rejoinder.errors import CommentError, StoreError
from rejoinder.replies.database import Database
from rejoinder.replies.model import Status
from rejoinder.replies.schema import portraits, replies


def publish(database: Database, content: Path, path: str | None) -> list[Path]:
    """Write the picture of a comment that is about to be written, unless it is there; which file.
    Raises StoreError or QueueError."""
    if not path or (content / path).exists():
        return []
    query = sa.select(portraits.c.picture).where(portraits.c.path == path)
    with database.transaction() as db:
        picture = db.execute(query).scalar()
    if not picture:
        return []
    try:
        (content / path).parent.mkdir(exist_ok=True)
        atomic.write_bytes(content / path, base64.b64decode(picture))
    except OSError as error:
        raise StoreError(
            f"the portrait could not be written: {error.strerror or error}", where=content / path
        ) from error
    return [content / path]


def withdraw(database: Database, content: Path, files: Iterable[Path]) -> list[Path]:
    """Remove the pictures that these comment files show, which are about to be removed, but for
    those that other published comments show too; which files. Raises StoreError or QueueError."""
    gone = []
    for file in files:
        try:
            comment = read_comment(file)
        except CommentError:  # it isn't there, or says nothing
            continue
        gone += let_go(database, content, comment.portrait, but=comment.id)
    return gone


def let_go(database: Database, content: Path, path: str | None, *, but: str) -> list[Path]:
    """Remove a picture that a comment no longer shows, unless another published one does; which
    file. Raises StoreError or QueueError."""
    if not path or not path.startswith(f"{FOLDER}/") or _is_shown(database, path, but=but):
        return []
    try:
        (content / path).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"the portrait could not be removed: {error.strerror or error}", where=content / path
        ) from error
    return [content / path]


def keep(db: sa.Connection, database: Database, picture: bytes, now: datetime) -> str:
    """Keep a picture (WebP) until something shows it; its path below the content folder."""
    path = portrait_path(picture)
    coded = base64.b64encode(picture).decode()
    db.execute(database.insert_new(portraits).values(path=path, picture=coded, at=now))
    return path


def forget(db: sa.Connection, paths: Iterable[str]) -> None:
    """Forget pictures that no reply shows."""
    shown = sa.select(replies.c.portrait).where(replies.c.portrait == portraits.c.path)
    db.execute(portraits.delete().where(portraits.c.path.in_(list(paths)), ~shown.exists()))


def _is_shown(database: Database, path: str, *, but: str) -> bool:
    query = sa.select(replies.c.id).where(
        replies.c.portrait == path, replies.c.status == Status.APPROVED, replies.c.id != but
    )
    with database.transaction() as db:
        return db.execute(query).first() is not None
