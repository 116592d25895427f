"""Where the desk is put together: content, database, secret, rules, letters."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rejoinder import atomic, private
from rejoinder.errors import RejoinderError, StoreError
from rejoinder.replies import backup, publisher, settings
from rejoinder.replies.agreeing import Agreements
from rejoinder.replies.arrivals import Arrivals
from rejoinder.replies.database import Database, QueueError, open_database
from rejoinder.replies.engaged import Engaged
from rejoinder.replies.identity.door import Door
from rejoinder.replies.judging.policy import Policy
from rejoinder.replies.learning import Learning
from rejoinder.replies.metrics import Metrics
from rejoinder.replies.model import Status
from rejoinder.replies.moderators import Moderators
from rejoinder.replies.queue import Queue
from rejoinder.replies.seen.counting import Counting
from rejoinder.replies.settings import Settings
from rejoinder.replies.signing import Signer
from rejoinder.replies.subjects import Subjects
from rejoinder.replies.telling.notices import Notices
from rejoinder.replies.telling.postman import Postman
from rejoinder.replies.telling.reports import Reports

logger = logging.getLogger(__name__)

DATABASE_VARIABLE = "REJOINDER_DATABASE"
"""The queue's database as an SQLAlchemy URL; it goes before `database` in desk.toml. Without
either, a SQLite file in the private folder."""

FOLDER = private.DESK
LOCK_SECONDS = 30.0


def _nothing() -> None:
    """Nobody is to be woken."""


@dataclass(slots=True)
class Desk:
    """All that serving replies for one site takes. Close it, or use it in a `with`."""

    content: Path
    settings: Settings
    database: Database
    subjects: Subjects
    signer: Signer
    queue: Queue
    arrivals: Arrivals
    agreements: Agreements
    moderators: Moderators
    notices: Notices
    reports: Reports
    metrics: Metrics
    postman: Postman
    counting: Counting
    door: Door
    on_change: Callable[[], None] = field(default=_nothing)

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def private(self) -> Path:
        """Where the site's private files are."""
        return private.folder_of(self.content)

    @property
    def folder(self) -> Path:
        """Where the desk's own files are."""
        return self.private / FOLDER

    def close(self) -> None:
        """Keep what has come in, and let go of the database."""
        self.arrivals.close()
        self.counting.close()
        self.door.close()
        self.database.close()

    def publish(self, wait: float = LOCK_SECONDS) -> list[Path]:
        """Bring what was decided into the author's files, or leave it to the one who is at
        it for longer than `wait` seconds. Raises StoreError or QueueError."""
        with self.database.publishing(wait) as mine:
            return self.carry_out() if mine else []

    def is_published(self) -> None:
        """Note that the site was published by other hands: what is in the files is on the
        pages, and new posts may be told. Raises QueueError or SiteError."""
        now = datetime.now(UTC)
        newest = self.queue.unpublished()
        if newest is not None:
            self.queue.published(newest, now)
        self.notices.announce(now)

    def carry_out(self) -> list[Path]:
        """As `publish`, for the one who holds the lock."""
        touched = publisher.carry_out(self.queue, self.content, git=self.settings.publishing.git)
        for thread, since in self.agreements.changed().items():
            path = publisher.write_agreements(self.content, thread, self.agreements.counts(thread))
            if path is not None:
                touched.append(path)
                if self.settings.publishing.git:
                    publisher.commit(self.content, [path], f"Count agreement on {thread}")
            self.agreements.written(thread, since)
        return touched


def open_desk(content: Path, site_url: str | None = None, *, is_one_of_many: bool = False) -> Desk:
    """The desk of a content folder: its queue opened, what an import left taken over, and what
    a crash left undone finished. `site_url` is where its pages lead back to, when that isn't
    the site's own address; `is_one_of_many` says that it shares its process with other sites',
    so that a variable can't name its database. Raises RejoinderError, naming what can't be
    used."""
    secret, chosen, database = _opened(content, is_one_of_many)
    subjects = Subjects(content.absolute(), site_url)
    signer = Signer(secret)
    learnt = Learning(database)
    learning = learnt if chosen.rules.learn else None
    queue = Queue(database, learning.learn if learning else None, learnt.learn)
    notices = Notices(database, subjects, signer, chosen)
    counting = Counting(database, subjects, chosen)
    engaged = Engaged(content.absolute(), database, counting.views_today)
    metrics = Metrics(lambda: queue.counts()[Status.PENDING], notices.deliveries.unsent, engaged)
    policy = Policy(chosen.rules, chosen.limits.seconds_at_least)
    desk = Desk(
        content=content.absolute(),
        settings=chosen,
        database=database,
        subjects=subjects,
        signer=signer,
        queue=queue,
        arrivals=Arrivals(database, policy, signer, learning),
        agreements=Agreements(database),
        moderators=Moderators(database, signer),
        notices=notices,
        reports=Reports(notices),
        metrics=metrics,
        postman=Postman(
            notices.deliveries, chosen.mail, chosen.webhook, subjects.facts.title, notices.texts,
            chosen.reachable_networks,
            lambda kind, how: metrics.letters.labels(kind, how).inc(),
        ),
        counting=counting,
        door=Door(database, subjects, signer, chosen),
    )  # fmt: skip
    try:
        publisher.take_over(desk.queue, desk.private)
        try:
            desk.publish(0)  # whoever is at it does this as well: a start waits for nobody
        except StoreError as error:  # replies are taken all the same; the worker tries again
            logger.warning("what was decided is not in the files yet: %s", error.what)
    except RejoinderError:
        desk.close()
        raise
    return desk


def restore_desk(content: Path, file: Path) -> int:
    """Fill the empty database of a content folder from a backup, and take over its secret; how
    many rows. Raises QueueError."""
    _, _, database = _opened(content, False)
    try:
        rows, secret = backup.restore(database, file)
    finally:
        database.close()
    atomic.write_text(private.folder_of(content) / FOLDER / "secret", secret, mode=0o600)
    return rows


def _opened(content: Path, is_one_of_many: bool) -> tuple[str, Settings, Database]:
    """The secret, the settings and the database of a content folder's desk."""
    if not content.is_dir():
        raise RejoinderError("there is no content", where=content, mend="Use --content.")
    try:
        desk_folder = _desk_folder(private.folder_of(content))
        secret = _secret(desk_folder / "secret")
    except OSError as error:
        raise QueueError(
            f"the private folder can't be used: {error.strerror}", where=error.filename
        ) from error
    chosen = settings.load(desk_folder)
    named = os.environ.get(DATABASE_VARIABLE, "")
    if named and is_one_of_many:
        raise QueueError(
            f"{DATABASE_VARIABLE} can't be the database of several sites",
            mend=f"Give each its own 'database' in private/desk/{settings.FILE}.",
        )
    default = f"sqlite:///{desk_folder / 'replies.sqlite3'}"
    return secret, chosen, open_database(named or chosen.database or default)


def _desk_folder(folder: Path) -> Path:
    private.prepare(folder)
    desk = folder / FOLDER
    desk.mkdir(mode=0o700, exist_ok=True)
    return desk


def _secret(path: Path) -> str:
    if not path.exists():
        atomic.write_text(path, backup.make_secret(), mode=0o600)
    return path.read_text("utf-8").strip()
