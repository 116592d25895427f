"""The database behind the desk: SQLite in a file, or PostgreSQL by URL, with the same promise:
a transaction that came back is on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.dialects import postgresql, sqlite

from rejoinder.errors import RejoinderError
from rejoinder.locks import locked


class QueueError(RejoinderError):
    """The queue can't be opened, read or written, or refuses what is asked of it."""


# Two that start at once on an empty database make the tables once: the second waits.
_ALONE = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "SELECT pg_advisory_xact_lock(7263476)",
}
_PUBLISHER = 7263477
"""The advisory lock of PostgreSQL that the one who publishes holds."""


class Database:
    """Transactions, and the one lock that several desks share. Safe for several threads."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        name = engine.url.database if engine.dialect.name == "sqlite" else None
        self._file = Path(name).absolute() if name and name != ":memory:" else None
        self._opened = _identity(self._file)
        self._lock: sa.Connection | None = None

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()

    @property
    def where(self) -> str:
        """The database, without its password, for errors."""
        return self.engine.url.render_as_string()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """All of it or nothing. Raises QueueError for what the database refuses."""
        self._look_for_file()
        opened = self._opened
        try:
            with self.engine.begin() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise QueueError(f"the queue refused: {_reason(error)}", where=self.where) from error
        self._look_for_file()
        if self._opened != opened:
            raise QueueError("the queue's file was replaced", where=self.where)

    def _look_for_file(self) -> None:
        """SQLite goes on writing into a file that was moved away or removed, and a new connection
        makes an empty one: neither is a place where a reply is kept."""
        if self._file is None:
            return
        found = _identity(self._file)
        if found is None:
            self.engine.dispose()
            raise QueueError("the queue's file is no longer there", where=self._file)
        if found != self._opened:
            self.engine.dispose()
            self._opened = found

    def insert_new(self, table: sa.Table) -> Any:
        """An INSERT that leaves alone what is there already (ON CONFLICT DO NOTHING); its
        result's `rowcount` is how many were new."""
        dialect = {"sqlite": sqlite, "postgresql": postgresql}[self.engine.dialect.name]
        insert = dialect.insert(table).on_conflict_do_nothing()
        return insert.execution_options(preserve_rowcount=True)

    def insert_adding(self, table: sa.Table, *columns: str) -> Any:
        """An INSERT that adds these numbers to those of a row that is there already."""
        dialect = {"sqlite": sqlite, "postgresql": postgresql}[self.engine.dialect.name]
        insert = dialect.insert(table)
        sums = {name: table.c[name] + insert.excluded[name] for name in columns}
        return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=sums)

    @contextmanager
    def publishing(self, wait: float) -> Iterator[bool]:
        """Be the one who brings decisions to the files; False when another is at it for `wait`
        seconds. On PostgreSQL a lock of the session's own (pg_try_advisory_lock), which ends
        with its connection; for SQLite a lock on a file beside it. Raises QueueError."""
        if self.engine.dialect.name == "sqlite":
            with ExitStack() as stack:
                lock = locked(Path(f"{self.engine.url.database}.lock"), wait)
                try:
                    held = stack.enter_context(lock)
                except OSError as error:
                    raise QueueError(
                        f"the queue can't be locked: {error.strerror}", where=self.where
                    ) from error
                yield held
            return
        try:
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
                db.execute(sa.text(f"SET lock_timeout = {int(max(wait, 0.001) * 1000)}"))
                held = _hold(db)
                self._lock = db if held else None
                try:
                    yield held
                finally:
                    self._lock = None
                    with suppress(sa.exc.SQLAlchemyError):  # a broken connection holds nothing
                        if held:
                            db.execute(sa.select(sa.func.pg_advisory_unlock(_PUBLISHER)))
                        db.execute(sa.text("RESET lock_timeout"))
        except sa.exc.SQLAlchemyError as error:
            raise QueueError(
                f"the queue can't be locked: {_reason(error)}", where=self.where
            ) from error

    def still_publishing(self) -> None:
        """Look, just before pages are swapped, whether the lock is still held: on PostgreSQL it
        ends with its connection, and another desk may be at it by then. Raises QueueError."""
        if self._lock is None:
            return
        try:
            self._lock.execute(sa.text("SELECT 1"))
        except sa.exc.SQLAlchemyError as error:
            raise QueueError(
                f"the lock on publishing was lost: {_reason(error)}", where=self.where
            ) from error


def _identity(file: Path | None) -> tuple[int, int] | None:
    """What tells a file from another one of the same name."""
    try:
        found = file.stat() if file is not None else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found is not None else None


def _hold(db: sa.Connection) -> bool:
    try:
        db.execute(sa.select(sa.func.pg_advisory_lock(_PUBLISHER)))
    except sa.exc.OperationalError as error:
        if "lock timeout" in str(error.orig):
            return False
        raise
    return True


def open_database(url: str) -> Database:
    """The database of `url`, its tables made or brought up to date. Raises QueueError.

    SQLite runs in WAL with `synchronous=FULL` on every connection: a commit that came back is
    on the disk (sqlite.org/pragma.html#pragma_synchronous).
    """
    where, engine = url, None
    try:
        where = sa.make_url(url).render_as_string(hide_password=True)
        engine = sa.create_engine(url, pool_pre_ping=True)  # a server may have been restarted
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", _durable)
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with engine.begin() as connection:
            connection.exec_driver_sql(_ALONE[engine.dialect.name])
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except (sa.exc.SQLAlchemyError, ImportError, KeyError) as error:
        if engine is not None:
            engine.dispose()
        raise QueueError(
            f"the queue can't be opened: {_reason(error)}",
            where=where,
            mend="Write sqlite:////path/to/file or postgresql+psycopg://user@host/database.",
        ) from error
    return Database(engine)


def _durable(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what is forgotten is not left in free pages
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()


def _reason(error: Exception) -> str:
    """What the database says, without the values that it may quote on further lines."""
    return str(getattr(error, "orig", None) or error).partition("\n")[0]
