"""The desk's database as one file of JSON lines, taken while it runs, for either kind of
database: a backup of SQLite can be restored into PostgreSQL."""

from __future__ import annotations

import gzip
import json
import secrets
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from rejoinder import atomic
from rejoinder.replies.database import Database, QueueError
from rejoinder.replies.queue import utc
from rejoinder.replies.schema import metadata

FORMAT = "rejoinder-desk 1"
_SKIPPED = frozenset({"sessions", "sign_ins", "seen_days", "seen_counts", "seen_marks"})
"""Tables that are of no use in another place: everybody signs in again, readers
too, and views are in the files, which may be newer."""


def back_up(database: Database, secret: str, path: Path) -> int:
    """Write all that the database holds, and the secret that signs its links, into a gzipped
    file for its owner alone; how many rows. The rows are of one moment. Raises QueueError."""
    count = 0

    def lines() -> Iterator[bytes]:
        nonlocal count
        with database.transaction() as db:
            if db.dialect.name == "postgresql":
                db.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            else:
                db.execute(sa.text("BEGIN"))  # the driver begins by itself only before a change
            head = {"format": FORMAT, "revision": _revision(db), "secret": secret}
            yield _line(head)
            for table in metadata.sorted_tables:
                if table.name in _SKIPPED:
                    continue
                for row in db.execute(sa.select(table)).mappings():
                    count += 1
                    yield _line({"table": table.name, "row": dict(row)})
            yield _line({"rows": count})

    try:
        atomic.write_parts(path, _zipped(lines()), mode=0o600)
    except OSError as error:
        raise QueueError(
            f"the backup could not be written: {error.strerror or error}", where=path
        ) from error
    return count


def restore(database: Database, path: Path) -> tuple[int, str]:
    """Fill an empty database from a backup; how many rows, and the secret. All or nothing.
    Raises QueueError for a file that isn't one, is cut short or newer than this version, and
    for a database that isn't empty."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file, database.transaction() as db:
            head = json.loads(file.readline() or "null")
            if not isinstance(head, dict) or head.get("format") != FORMAT:
                raise QueueError("this is no backup of a desk", where=path)
            if head["revision"] != _revision(db):
                raise QueueError(
                    f"the backup is of version {head['revision']}, the desk of {_revision(db)}",
                    where=path,
                    mend="Restore it with the version of Rejoinder that made it, then update.",
                )
            for table in metadata.sorted_tables:
                if db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one():
                    raise QueueError(
                        f"the database isn't empty: there is something in {table.name!r}",
                        where=database.where,
                        mend="Stop the desk and move its database away, or name another one.",
                    )
            count = 0
            end: Any = None
            for text in file:
                end = json.loads(text)
                if "rows" in end:
                    break
                table = metadata.tables[end["table"]]
                db.execute(table.insert().values(**_values(table, end["row"])))
                count += 1
            if not isinstance(end, dict) or end.get("rows") != count:
                raise QueueError("the backup is cut short", where=path)
            if db.dialect.name == "postgresql":
                _go_on_counting(db)
            return count, str(head["secret"])
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise QueueError(f"the backup can't be read: {error}", where=path) from error


def make_secret() -> str:
    """A new desk's secret: 256 bits."""
    return secrets.token_urlsafe(32)


def _zipped(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Gzip without a time in its head, so that the same rows give the same bytes."""
    packer = zlib.compressobj(6, wbits=31)
    for line in lines:
        yield packer.compress(line)
    yield packer.flush()


def _line(values: dict[str, Any]) -> bytes:
    text = json.dumps(values, ensure_ascii=False, default=lambda value: utc(value).isoformat())
    return text.encode("utf-8") + b"\n"


def _values(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value)
        if value is not None and isinstance(table.c[name].type, sa.DateTime)
        else value
        for name, value in row.items()
    }


def _revision(db: sa.Connection) -> str:
    return str(MigrationContext.configure(db).get_current_revision())


def _go_on_counting(db: sa.Connection) -> None:
    """Rows came with their numbers; PostgreSQL's counters must not give them out again."""
    for table in metadata.sorted_tables:
        if "number" in table.c and isinstance(table.c.number.type, sa.Integer):
            db.execute(
                sa.text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'number'), "
                    f"(SELECT coalesce(max(number), 0) + 1 FROM {table.name}), false)"
                )
            )
