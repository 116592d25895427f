"""Where the desk is put together: content, database, secret."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadSignature, URLSafeSerializer

from rejoinder import atomic
from rejoinder.errors import RejoinderError
from rejoinder.replies import publisher
from rejoinder.replies.queue import Queue
from rejoinder.replies.schema import QueueError, open_database
from rejoinder.replies.subjects import Subjects

DATABASE_VARIABLE = "REJOINDER_DATABASE"
"""The queue's database as an SQLAlchemy URL; without it, a SQLite file in the private folder."""


@dataclass(frozen=True, slots=True)
class Desk:
    """All that serving replies for one site takes. Close it, or use it in a `with`."""

    content: Path
    queue: Queue
    subjects: Subjects
    signer: URLSafeSerializer

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self.queue.engine.dispose()

    def token(self, reply_id: str) -> str:
        """What the writer's status link ends with: nobody else can make it."""
        return str(self.signer.dumps(reply_id))

    def reply_of(self, token: str) -> str | None:
        """The id of the reply that a token is for; None for one that wasn't made here."""
        try:
            return str(self.signer.loads(token))
        except BadSignature:
            return None

    def publish(self) -> list[Path]:
        """Bring what was decided into the author's files."""
        return publisher.carry_out(self.queue, self.content)


def open_desk(content: Path, site_url: str | None = None) -> Desk:
    """The desk of a content folder: its queue opened, what an import left taken over, and what
    a crash left undone finished. `site_url` is where its pages lead back to, when that isn't
    the site's own address. Raises RejoinderError, naming what can't be used."""
    if not content.is_dir():
        raise RejoinderError("there is no content", where=content, mend="Use --content.")
    folder = content.parent / "private"
    try:
        desk_folder = _private(folder)
        secret = _secret(desk_folder / "secret")
    except OSError as error:
        raise QueueError(
            f"the private folder can't be used: {error.strerror}", where=error.filename
        ) from error
    url = os.environ.get(DATABASE_VARIABLE) or f"sqlite:///{desk_folder / 'replies.sqlite3'}"
    desk = Desk(
        content=content,
        queue=Queue(open_database(url)),
        subjects=Subjects(content, site_url),
        signer=URLSafeSerializer(secret, salt="status"),
    )
    try:
        publisher.take_over(desk.queue, folder)
        desk.publish()
    except RejoinderError:
        desk.close()
        raise
    return desk


def _private(folder: Path) -> Path:
    """The desk's own folder, closed to others and to git."""
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        atomic.write_text(ignore, "*\n")
    desk = folder / "desk"
    desk.mkdir(mode=0o700, exist_ok=True)
    return desk


def _secret(path: Path) -> str:
    if not path.exists():
        atomic.write_text(path, secrets.token_urlsafe(32), mode=0o600)
    return path.read_text("utf-8").strip()
