"""What builds remember of one another: one SQLite file. It may be deleted, broken, or of another
version at any time: then it is begun anew, and a build does everything again."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from xxhash import xxh3_64_digest

from rejoinder.errors import RejoinderError
from rejoinder.locks import locked

logger = logging.getLogger(__name__)

VERSION = 6
"""Of the tables and of what is in them."""

_BROKEN = (sqlite3.Error, UnicodeDecodeError)
"""What comes of a damaged file: SQLite's words about it may hold bytes of it."""

_FEW = 200
_WAIT_SECONDS = 600.0
_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE memories (kind TEXT, key TEXT, stamp BLOB, value BLOB, PRIMARY KEY (kind, key));
CREATE TABLE pages (path TEXT PRIMARY KEY, print BLOB, inputs BLOB, size INTEGER, time INTEGER,
                    said BLOB, body BLOB);
CREATE TABLE recipes (path TEXT PRIMARY KEY, thread TEXT, common TEXT, blob BLOB);
CREATE INDEX recipes_thread ON recipes (thread);
CREATE TABLE shows (thread TEXT, path TEXT, PRIMARY KEY (thread, path)) WITHOUT ROWID;
CREATE INDEX shows_path ON shows (path);
"""


EVERY = "*"
"""Stands for all threads, where a page shows what was said last in any of them."""


class Recipe(NamedTuple):
    """What a page was given, kept for the press: its path; the thread whose own page it is, '' of
    others; the name of what it has in common with others; the rest; whose threads it shows."""

    path: str
    thread: str
    common: str
    blob: bytes
    shown: frozenset[str] = frozenset()


class Page(NamedTuple):
    """What is known of a file of the output: the fingerprint of what it was made of, the same by
    part (`inputs`), its size and time stamp (ns), and what was said when it was made."""

    print: bytes
    inputs: bytes
    size: int
    time: int
    said: bytes


class State:
    """The memory of one site's builds. Nothing of it raises for what is in the file."""

    def __init__(self, path: Path, *, reads_only: bool = False) -> None:
        self.path = path
        self.has_forgotten = False
        self._reads_only = self._is_of_another = reads_only
        self._database = self._open()
        self._process = os.getpid()
        self._inherited: list[sqlite3.Connection] = []

    @classmethod
    @contextlib.contextmanager
    def reading(cls, path: Path) -> Iterator[State]:
        """The state of another process's, which is left as it is: what can't be read isn't there,
        nor is anything of another version.
        Raises RejoinderError where there is no such file."""
        state = cls(path, reads_only=True)
        try:
            yield state
        finally:
            state.close()

    def close(self) -> None:
        if not self._reads_only:
            self.settle()
        self._database.close()

    def _open(self) -> sqlite3.Connection:
        try:
            if self._reads_only:
                database = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)
                with contextlib.suppress(*_BROKEN):
                    self._is_of_another = _version(database) != VERSION
                return database
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(*_BROKEN):
                return self._connect(VERSION)
            return self._begin()
        except (OSError, *_BROKEN) as error:
            raise RejoinderError(
                f"what builds remember can't be kept: {error}", where=self.path,
                mend="Name another file with INCREMENTAL_STATE, or set INCREMENTAL = False.",
            ) from error  # fmt: skip

    def _connect(self, version: int | None = None) -> sqlite3.Connection:
        """The file, open; sqlite3.DatabaseError where it isn't of that version."""
        database = sqlite3.connect(self.path, isolation_level=None, timeout=30)
        try:
            # What is lost in a power cut is made again: nothing waits for the disk.
            database.execute("PRAGMA synchronous=OFF")
            database.execute("PRAGMA page_size=32768")  # of a new file: most values are of 4 KB
            database.execute("PRAGMA journal_mode=WAL")  # the press reads while a build writes
            database.execute("PRAGMA wal_autocheckpoint=0")  # else what forks read changes
            database.execute("PRAGMA cache_size=-8000")
            database.execute("PRAGMA secure_delete=ON")  # what was taken back is gone from here too
            if version not in (None, _version(database)):
                raise sqlite3.DatabaseError("it is of another version")
        except BaseException:
            database.close()
            raise
        return database

    def _begin(self) -> sqlite3.Connection:
        for path in (self.path, *(Path(f"{self.path}-{end}") for end in ("journal", "wal"))):
            path.unlink(missing_ok=True)
        database = self._connect()
        database.executescript(f"BEGIN; {_TABLES} PRAGMA user_version={VERSION}; COMMIT;")
        return database

    def forget(self) -> None:
        """Begin anew: what is said of this build later is not all."""
        self.has_forgotten = True
        self._database.close()
        self._database = self._begin()

    def _rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        if self._is_of_another:
            return []
        try:
            self._come_over_fork()
            return self._database.execute(query, values).fetchall()
        except _BROKEN:
            if not self._reads_only:
                self.forget()
            return []

    def _come_over_fork(self) -> None:
        """In a forked process, read what was settled before: SQLite's connections, and what it
        knows of the file's locks, belong to the process that opened them, so none is taken here."""
        if self._process != os.getpid():
            self._inherited.append(self._database)  # it must not be closed here
            self._process, self._reads_only = os.getpid(), True
            uri = f"{self.path.absolute().as_uri()}?immutable=1"
            self._database = sqlite3.connect(uri, uri=True)

    def settle(self) -> None:
        """Let processes that are forked from here on read all that was saved."""
        with contextlib.suppress(*_BROKEN):
            self._database.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def fact(self, name: str) -> bytes | None:
        """A fact of the last build; None where there is none, or it is damaged."""
        rows = self._rows("SELECT value FROM facts WHERE name = ?", name)
        return _checked(rows[0][0], name) if rows else None

    def pages(self) -> dict[str, Page]:
        """All files of the output, by path."""
        rows = self._rows("SELECT path, print, inputs, size, time, said FROM pages")
        found: dict[str, Page] = {}
        for path, *rest, said in rows:
            whole = _checked(said, path, *rest)
            if whole is not None:
                found[str(path)] = Page(*rest, whole)  # type: ignore[arg-type, call-arg]
        return found

    def paths(self) -> list[str]:
        """The paths of all files of the output."""
        return [str(path) for (path,) in self._rows("SELECT path FROM pages")]

    def body(self, path: str) -> bytes | None:
        """What was in a file; None where that isn't kept, or is damaged."""
        rows = self._rows("SELECT body FROM pages WHERE path = ?", path)
        return _checked(rows[0][0], path) if rows else None

    def memories(self, kind: str) -> Iterator[tuple[str, bytes, bytes]]:
        """(key, stamp, value) of all that is remembered of a kind; what is damaged is left out."""
        rows = self._rows("SELECT key, stamp, value FROM memories WHERE kind = ?", kind)
        while rows:
            key, stamp, value = rows.pop()  # they are many, and each is let go of as it is taken
            whole = _checked(value, kind, key, stamp)
            if whole is not None:
                yield str(key), bytes(stamp), whole  # type: ignore[call-overload]

    def keys(self, kind: str) -> list[str]:
        """The keys of all that is remembered of a kind."""
        return [str(key) for (key,) in self._rows("SELECT key FROM memories WHERE kind = ?", kind)]

    def memory(self, kind: str, key: str) -> tuple[bytes, bytes] | None:
        """The (stamp, value) of one."""
        query = "SELECT stamp, value FROM memories WHERE kind = ? AND key = ?"
        for stamp, value in self._rows(query, kind, key):
            whole = _checked(value, kind, key, stamp)
            if whole is not None:
                return bytes(stamp), whole  # type: ignore[call-overload]
        return None

    def recipes(self, thread: str) -> list[Recipe]:
        """What the pages of a thread were given."""
        return self._recipes("thread = ?", thread)

    def followers(self, thread: str) -> list[Recipe]:
        """What other pages that show a thread were given, with those that show what was said last,
        where these are few."""
        shown = "SELECT path FROM shows WHERE thread"
        every = self._rows(f"{shown} = ? LIMIT {_FEW + 1}", EVERY)
        threads = (thread, EVERY) if len(every) <= _FEW else (thread, thread)
        return self._recipes(f"thread = '' AND path IN ({shown} IN (?, ?))", *threads)

    def _recipes(self, which: str, *values: str) -> list[Recipe]:
        found = []
        for path, thread, common, blob in self._rows(
            f"SELECT path, thread, common, blob FROM recipes WHERE {which} ORDER BY path", *values
        ):
            whole = _checked(blob, path, thread, common)
            if whole is not None:
                found.append(Recipe(str(path), str(thread), str(common), whole))
        return found

    def save(
        self,
        *,
        facts: Iterable[tuple[str, bytes]] = (),
        memories: Iterable[tuple[str, str, bytes, bytes]] = (),
        forgotten: Iterable[tuple[str, str]] = (),
        pages: Iterable[tuple[str, Page, bytes | None]] = (),
        made: Iterable[tuple[str, Page, bytes | None, Recipe | None]] = (),
        put_back: Iterable[tuple[str, Page]] = (),
        gone: Iterable[str] = (),
    ) -> None:
        """Remember all of this, or, where the disk is full or the file is damaged, none of it: a
        later build then does more. `pages` have their content where it is to be kept; those that
        were `made` have what they were given too, and None forgets what was kept of that. Of pages
        that were `put_back` the content stays."""
        try:
            with self._transaction() as database:
                database.executemany(
                    "INSERT OR REPLACE INTO facts VALUES (?, ?)",
                    ((name, _check(value, name)) for name, value in facts),
                )
                database.executemany("DELETE FROM memories WHERE kind = ? AND key = ?", forgotten)
                database.executemany(
                    "INSERT OR REPLACE INTO memories VALUES (?, ?, ?, ?)",
                    ((*row, _check(value, *row)) for *row, value in memories),
                )
                for path in gone:
                    for table in ("pages", "recipes", "shows"):
                        database.execute(f"DELETE FROM {table} WHERE path = ?", (path,))
                for path, page, body in pages:
                    _put_page(database, path, page, body)
                for path, page, body, recipe in made:
                    _put_page(database, path, page, body)
                    _put_recipe(database, path, recipe)
                database.executemany(
                    "UPDATE pages SET size = ?, time = ?, said = ? WHERE path = ?",
                    ((page.size, page.time, _check(page.said, path, *page[:4]), path)
                     for path, page in put_back),
                )  # fmt: skip
        except _BROKEN as error:
            logger.warning("%s: what this build found out is not remembered: %s", self.path, error)
            self.forget()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
        except BaseException:
            with contextlib.suppress(*_BROKEN):
                self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


def _version(database: sqlite3.Connection) -> int:
    (found,) = database.execute("PRAGMA user_version").fetchone()
    return int(found)


def _put_page(database: sqlite3.Connection, path: str, page: Page, body: bytes | None) -> None:
    said = _check(page.said, path, *page[:4])
    kept = None if body is None else _check(body, path)
    database.execute(
        "INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?, ?)", (path, *page[:4], said, kept)
    )


def _put_recipe(database: sqlite3.Connection, path: str, recipe: Recipe | None) -> None:
    database.execute("DELETE FROM shows WHERE path = ?", (path,))
    if recipe is None:
        database.execute("DELETE FROM recipes WHERE path = ?", (path,))
        return
    names = path, recipe.thread, recipe.common
    database.execute(
        "INSERT OR REPLACE INTO recipes VALUES (?, ?, ?, ?)", (*names, _check(recipe.blob, *names))
    )
    for thread in sorted(recipe.shown):
        database.execute("INSERT INTO shows VALUES (?, ?)", (thread, path))


@contextlib.contextmanager
def opened(path: Path) -> Iterator[State]:
    """The state in a file, for one process at a time. Raises RejoinderError where none can be
    kept, or another build holds it for ten minutes."""
    path = path.absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(Path(f"{path}.lock"), _WAIT_SECONDS) as held:
            if not held:
                raise RejoinderError("another build of this site is going on", where=path)
            state = State(path)
            try:
                yield state
            finally:
                state.close()
    except OSError as error:
        if error.filename is None or not str(error.filename).startswith(str(path)):
            raise
        raise RejoinderError(
            f"what builds remember can't be kept: {error.strerror}", where=path,
            mend="Name another file with INCREMENTAL_STATE, or set INCREMENTAL = False.",
        ) from error  # fmt: skip


def _check(value: bytes, *beside: object) -> bytes:
    """A value with a digest of it and of what stands beside it in its row."""
    return xxh3_64_digest(repr(beside).encode("utf-8", "surrogatepass") + value) + value


def _checked(value: object, *beside: object) -> bytes | None:
    """The value; None where anything of its row isn't what was written."""
    if not isinstance(value, bytes) or len(value) < 8:
        return None
    return value[8:] if _check(value[8:], *beside)[:8] == value[:8] else None
