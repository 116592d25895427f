"""What was made of posts and threads before, so that only what changed is read again:
`private/engagement/threads.sqlite`. It may be deleted at any time; one that can't be used is."""

from __future__ import annotations

import marshal
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from rejoinder import private

FOLDER = "engagement"
FILE = "threads.sqlite"
_TABLES = """
create table if not exists made_by (version text);
create table if not exists files (
  class text, path text, stamp text, row blob, primary key (class, path)
) without rowid;
create table if not exists totals (row blob);
create table if not exists threads (
  thread text primary key, stamp text, folder integer, last integer, part blob, said blob,
  problems blob
) without rowid;
"""


class Kept(NamedTuple):
    """A thread as it was read: `stamp` changes with any of its files, `folder` is the time of its
    folder's last change (ns), `last` the newest instant in it (seconds since 1970)."""

    thread: str
    stamp: str
    folder: int
    last: int
    part: list[Any]
    said: list[Any]
    problems: list[str]


class Memory:
    """An open memory. What is put into it is kept when it is closed well."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def files(self, group: str) -> dict[str, tuple[str, Any]]:
        """Stamp and row of each file of a group, by its path."""
        query = "select path, stamp, row from files where class = ?"
        return {path: (stamp, marshal.loads(row))
                for path, stamp, row in self.db.execute(query, (group,))}  # fmt: skip

    def keep_files(
        self, group: str, rows: Iterable[tuple[str, str, Any]], gone: Iterable[str]
    ) -> None:
        self.db.executemany(
            "delete from files where class = ? and path = ?", [(group, path) for path in gone]
        )
        self.db.executemany(
            "replace into files values (?, ?, ?, ?)",
            [(group, path, stamp, marshal.dumps(row)) for path, stamp, row in rows],
        )

    def stamps(self) -> dict[str, tuple[str, int]]:
        """Stamp and folder time of each thread."""
        found = self.db.execute("select thread, stamp, folder from threads")
        return {thread: (stamp, folder) for thread, stamp, folder in found}

    def parts(self, threads: Iterable[str] | None = None) -> Iterator[tuple[str, list[Any]]]:
        """The parts of some threads, or of all."""
        if threads is None:
            found = self.db.execute("select thread, part from threads order by thread")
            yield from ((thread, marshal.loads(part)) for thread, part in found)
            return
        for thread in threads:
            query = "select part from threads where thread = ?"
            for (part,) in self.db.execute(query, (thread,)):
                yield thread, marshal.loads(part)

    def problems(self) -> list[str]:
        """What could not be read, by thread."""
        query = "select problems from threads where problems is not null order by thread"
        return [one for (problems,) in self.db.execute(query) for one in marshal.loads(problems)]

    def totals(self) -> dict[str, Any] | None:
        """The sum of all parts, where it was kept."""
        found = self.db.execute("select row from totals").fetchone()
        return marshal.loads(found[0]) if found else None

    def keep_totals(self, row: dict[str, Any]) -> None:
        self.db.execute("delete from totals")
        self.db.execute("insert into totals values (?)", (marshal.dumps(row),))

    def said(self, since: int) -> Iterator[tuple[str, list[Any]]]:
        """What was said in the threads that have anything since an instant."""
        query = "select thread, said from threads where last >= ? order by thread"
        for thread, said in self.db.execute(query, (since,)):
            yield thread, marshal.loads(said)

    def keep(self, threads: Iterable[Kept], gone: Iterable[str]) -> None:
        self.db.executemany("delete from threads where thread = ?", [(one,) for one in gone])
        self.db.executemany(
            "replace into threads values (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *one[:4],
                    marshal.dumps(one.part),
                    marshal.dumps(one.said),
                    marshal.dumps(one.problems) if one.problems else None,
                )
                for one in threads
            ],
        )


@contextmanager
def open_memory(content: Path, version: str) -> Iterator[Memory]:
    """The memory of a content folder. One of another Python or `version`, one that is broken, and
    one that can't be written begins anew; where not even that is possible, it is kept nowhere."""
    version = f"{sys.version} {version}"  # marshal's rows are this Python's own
    db = _open(private.folder_of(content) / FOLDER, version)
    try:
        yield Memory(db)
        with suppress(sqlite3.Error):  # a full disk costs time the next run, and no figure
            db.commit()
    finally:
        db.close()


def forget(content: Path) -> None:
    """Remove the memory of a content folder."""
    with suppress(OSError):
        (private.folder_of(content) / FOLDER / FILE).unlink(missing_ok=True)


def _open(folder: Path, version: str) -> sqlite3.Connection:
    path = folder / FILE
    for _ in range(2):
        try:
            private.prepare(folder.parent)
            folder.mkdir(exist_ok=True, mode=0o700)
            return _prepared(sqlite3.connect(path, timeout=10), version)
        except sqlite3.DatabaseError:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        except OSError:
            break
    return _prepared(sqlite3.connect(":memory:"), version)


def _prepared(db: sqlite3.Connection, version: str) -> sqlite3.Connection:
    try:
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = off")  # what a power cut breaks is made anew
        db.executescript(_TABLES)
        known = db.execute("select version from made_by").fetchall()
        if known != [(version,)]:
            for table in ("made_by", "files", "threads", "totals"):
                db.execute(f"delete from {table}")
            db.execute("insert into made_by values (?)", (version,))
            db.commit()
        for table in ("files", "threads"):
            db.execute(f"select * from {table} limit 1").fetchall()
    except BaseException:
        db.close()
        raise
    return db
