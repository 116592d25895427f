"""Sorted text by key, larger than memory when it must be. A leaf.

An import may write half a million comments. What it knows of them is kept in a temporary SQLite
database, which holds little in memory and gives rows back in order.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

_SET = (
    "INSERT INTO t VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value "
    "WHERE value <> excluded.value"
)


class Table:
    """Text by key. `changed` says whether anything was set or removed to another value."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)  # a file that deletes itself
        self._rows.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA cache_size=-2000; PRAGMA temp_store=FILE;"
            "CREATE TABLE t (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID; BEGIN;"
        )
        self.changed = False
        self._is_empty = (
            True  # as those of what nobody has are, which each comment is looked for in
        )

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.close()

    def __len__(self) -> int:
        return int(self._rows.execute("SELECT count(*) FROM t").fetchone()[0])

    def get(self, key: str) -> str | None:
        if self._is_empty:
            return None
        found = self._rows.execute("SELECT value FROM t WHERE key=?", (key,)).fetchone()
        return None if found is None else str(found[0])

    def set(self, key: str, value: str) -> None:
        self._is_empty = False
        done = self._rows.execute(_SET, (key, value))
        self.changed = self.changed or done.rowcount > 0

    def remove(self, key: str) -> None:
        if self._rows.execute("DELETE FROM t WHERE key=?", (key,)).rowcount:
            self.changed = True

    def items(self, prefix: str = "") -> Iterator[tuple[str, str]]:
        """Keys that begin with `prefix` and their values, sorted by key."""
        yield from self._rows.execute(
            "SELECT key, value FROM t WHERE key >= ? AND substr(key, 1, ?) = ? ORDER BY key",
            (prefix, len(prefix), prefix),
        )
