"""Isso's database (`user_version` 5; isso/db/comments.py, isso/db/threads.py). Isso keeps one level
of answers: those below it stand under the first of their branch, as Isso itself places them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from rejoinder.export.model import Leaving, Said

_VERSION = 5
_TABLES = f"""
CREATE TABLE preferences (key VARCHAR PRIMARY KEY, value VARCHAR);
CREATE TABLE threads (id INTEGER PRIMARY KEY, uri VARCHAR(256) UNIQUE, title VARCHAR(256));
CREATE TABLE comments (
    tid REFERENCES threads(id), id INTEGER PRIMARY KEY, parent INTEGER, created FLOAT NOT NULL,
    modified FLOAT, mode INTEGER, remote_addr VARCHAR, text VARCHAR NOT NULL, author VARCHAR,
    email VARCHAR, website VARCHAR, likes INTEGER DEFAULT 0, dislikes INTEGER DEFAULT 0,
    voters BLOB NOT NULL, notification INTEGER DEFAULT 0
);
PRAGMA user_version = {_VERSION};
"""
_NOBODY = bytes(256)
"""An empty filter of who voted (isso/utils, Bloomfilter: 2,048 bits)."""

_ACCEPTED, _WAITS = 1, 2


def write(leaving: Leaving, file: Path) -> int:
    """Write a new database; how many answers to answers were raised to the first level. Raises
    OSError, sqlite3.Error."""
    raised = 0
    with closing(sqlite3.connect(file)) as database, database:
        database.executescript(_TABLES)
        for entry in leaving.discussed:
            path = urlsplit(entry.url).path or "/"
            database.execute(
                "INSERT INTO threads VALUES (?, ?, ?)", (entry.number, path, entry.post.title)
            )
            above = {said.number: said.parent for said in entry.comments}
            for said in entry.comments:
                first = _first(said.number, above)
                raised += first not in (said.parent, said.number)
                parent = first if first != said.number else None
                database.execute(
                    "INSERT INTO comments VALUES (?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, 0, 0, ?, 0)",
                    (entry.number, said.number, parent, *_row(said), _NOBODY),
                )
    return raised


def _first(number: int, above: dict[int, int]) -> int:
    """The first of a comment's branch."""
    seen = {number}
    while (parent := above.get(number, 0)) and parent not in seen:
        seen.add(parent)
        number = parent
    return number


def _row(said: Said) -> tuple[object, ...]:
    comment = said.comment
    return (
        comment.date.timestamp(), _ACCEPTED if said.approved else _WAITS, said.ip or "0.0.0.0",
        comment.body, comment.author or None, said.email or None, comment.url,
    )  # fmt: skip
