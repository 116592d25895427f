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
create table if not exists behind (thread text primary key, part blob) without rowid;
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
        self.db.execute("delete from behind")

    def behind(self) -> dict[str, list[Any] | None]:
        """The threads that the kept sum is behind of, as they are in it; None where they aren't."""
        found = self.db.execute("select thread, part from behind order by thread")
        return {thread: marshal.loads(part) if part else None for thread, part in found}

    def keep_behind(self, parts: Iterable[tuple[str, list[Any] | None]]) -> None:
        self.db.executemany(
            "insert into behind values (?, ?)",
            [(thread, part and marshal.dumps(part)) for thread, part in parts],
        )

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
def open_memory(content: Path, version: str, *, nowhere: bool = False) -> Iterator[Memory]:
    """The memory of a content folder, in one transaction: another process waits. One of another
    Python or `version`, and one that is broken, begins anew; where none can be kept, or `nowhere`
    is wanted, it goes away at the end. Raises sqlite3.DatabaseError when it breaks in use."""
    version = f"{sys.version} {version}"  # marshal's rows are this Python's own
    db = None if nowhere else _open(private.folder_of(content) / FOLDER, version)
    db = db or _prepared(":memory:", version)
    try:
        yield Memory(db)
        with suppress(sqlite3.Error):  # a full disk costs time the next run, and no figure
            db.execute("commit")
    finally:
        db.close()


def forget(content: Path) -> None:
    """Remove the memory of a content folder."""
    _remove(private.folder_of(content) / FOLDER / FILE)


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        with suppress(OSError):
            path.with_name(name).unlink(missing_ok=True)


def _open(folder: Path, version: str) -> sqlite3.Connection | None:
    path = folder / FILE
    try:
        private.prepare(folder.parent)
        folder.mkdir(exist_ok=True, mode=0o700)
        try:
            return _prepared(path, version)
        except sqlite3.OperationalError:  # locked for too long, a full disk, no file
            return None
        except sqlite3.DatabaseError:
            _remove(path)
            return _prepared(path, version)
    except (OSError, sqlite3.DatabaseError):
        return None


def _prepared(path: Path | str, version: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = normal")
        db.execute("begin immediate")
        for table in _TABLES.strip().rstrip(";").split(";\n"):
            db.execute(table)
        if db.execute("select version from made_by").fetchall() != [(version,)]:
            for name in ("made_by", "files", "threads", "totals"):
                db.execute(f"delete from {name}")
            db.execute("insert into made_by values (?)", (version,))
    except BaseException:
        db.close()
        raise
    return db
