"""The queue's tables, and the database they are in: SQLite in a file, or PostgreSQL by URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from rejoinder.errors import RejoinderError

metadata = sa.MetaData()

replies = sa.Table(
    "replies",
    metadata,
    sa.Column("id", sa.String(60), primary_key=True),
    sa.Column("thread", sa.String(200), nullable=False, index=True),
    sa.Column("parent", sa.String(60)),
    sa.Column("name", sa.String(245), nullable=False),
    sa.Column("email", sa.String(254), nullable=False, index=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("format", sa.String(20), nullable=False),
    sa.Column("source", sa.String(40), nullable=False),
    sa.Column("anchor", sa.String(100)),
    sa.Column("notify", sa.Boolean, nullable=False),
    sa.Column("status", sa.String(20), nullable=False, index=True),
    sa.Column("received", sa.DateTime(timezone=True), nullable=False),
)

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("reply", sa.String(60), sa.ForeignKey("replies.id"), nullable=False, index=True),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("by", sa.String(100), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("reply", sa.String(60), sa.ForeignKey("replies.id"), nullable=False),
    sa.Column("action", sa.String(20), nullable=False),
    sa.Column("done", sa.DateTime(timezone=True), index=True),
)


class QueueError(RejoinderError):
    """The queue can't be opened, read or written."""


# Two that start at once on an empty database make the tables once: the second waits.
_ALONE = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "SELECT pg_advisory_xact_lock(7263476)",
}


def open_database(url: str) -> sa.Engine:
    """An engine for `url`, its tables made or brought up to date. Raises QueueError.

    SQLite runs in WAL with `synchronous=FULL` on every connection: a commit that came back is
    on the disk (sqlite.org/pragma.html#pragma_synchronous).
    """
    where, engine = url, None
    try:
        where = sa.make_url(url).render_as_string(hide_password=True)
        engine = sa.create_engine(url)
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
            f"the queue can't be opened: {getattr(error, 'orig', None) or error}",
            where=where,
            mend="Write sqlite:////path/to/file or postgresql+psycopg://user@host/database.",
        ) from error
    return engine


def _durable(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()
