"""Isso: its database (`comments.db`, SQLite), and the generic JSON that it imports.

The database: tables `threads` (id, uri, title) and `comments` (tid, id, parent, created, modified,
mode, remote_addr, text, author, email, website, likes, dislikes, …), isso/db/comments.py. `mode` is
1 accepted, 2 in the moderation queue, 4 deleted but with answers. `parent` is the first of a
branch: Isso keeps one level. The JSON: a list of {id, title, comments: [{id, author, email,
website, text, created, remote_addr}]}, isso/migrate.py, class Generic; `created` is the wall time
of the machine that imports it.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from rejoinder.errors import ImportFailed
from rejoinder.migrate.report import counted
from rejoinder.migrate.talks.model import Remark, Standing, Talk, Told
from rejoinder.migrate.talks.sources.documents import documents
from rejoinder.migrate.talks.sources.values import count, instant, moment, records, text

_MODES = {1: Standing.APPROVED, 2: Standing.PENDING, 4: Standing.DELETED}
_WANTED = ("tid", "id", "parent", "created", "mode", "remote_addr", "text", "author", "email",
           "website", "likes")  # fmt: skip
_SQLITE = b"SQLite format 3\0"


def read(file: Path, told: Told) -> Iterator[Talk]:
    """The threads of a database or of a JSON file. Raises ImportFailed."""
    is_database = False
    if file.is_file():
        with file.open("rb") as opened:
            is_database = opened.read(len(_SQLITE)) == _SQLITE
    return _of_database(file, told) if is_database else _of_json(file, told)


def _of_database(file: Path, told: Told) -> Iterator[Talk]:
    try:
        # Read as it is: no journal is taken in, nothing is written beside it.
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            db.text_factory = lambda raw: raw.decode("utf-8", "replace")
            columns = {row["name"] for row in db.execute("PRAGMA table_info(comments)")}
            if not {"tid", "id", "created", "text"} <= columns:
                raise ImportFailed(
                    "this database is not Isso's: it has no comments as Isso keeps them",
                    where=file, mend="Name the file that 'dbpath' of Isso's settings names.",
                )  # fmt: skip
            listed = ", ".join(name for name in _WANTED if name in columns)
            remarks: dict[object, list[Remark]] = defaultdict(list)
            for row in db.execute(f"SELECT {listed} FROM comments ORDER BY id"):
                remarks[row["tid"]].append(_of_row(dict(row), told))
            for row in db.execute("SELECT id, uri, title FROM threads ORDER BY id"):
                uri = text(row["uri"])
                found = remarks.pop(row["id"], [])
                yield Talk(uri or f"thread {row['id']}", (uri,), tuple(found), text(row["title"]))
            for number, found in remarks.items():
                of = f"thread {number}, which is not there"
                told(None, f"{counted(len(found), 'comment')} of {of}")
                yield Talk(f"thread {number}", (), tuple(found))
    except sqlite3.Error as error:
        raise ImportFailed(f"the database can't be read: {error}", where=file) from error


def _of_row(row: dict[str, Any], told: Told) -> Remark:
    status = _MODES.get(row.get("mode", 1))
    if status is None:
        told(None, f"comment {row['id']} has the mode {row['mode']!r}, and was taken as pending")
    return Remark(
        id=text(row["id"]),
        date=instant(row["created"]),
        body=text(row["text"]),
        author=text(row.get("author")),
        parent=text(row.get("parent")),
        status=status or Standing.PENDING,
        url=text(row.get("website")),
        email=text(row.get("email")),
        ip=text(row.get("remote_addr")),
        anchor=f"isso-{row['id']}",
        votes=count(row.get("likes")),
    )


def _of_json(file: Path, told: Told) -> Iterator[Talk]:
    is_isso = False
    for line, threads in documents(file, told):
        for number, thread in enumerate(records(threads), start=1):
            if not isinstance(thread.get("comments"), list):
                told(line, f"thread {number} has no list of comments, and was left out")
                continue
            is_isso = True
            key = text(thread.get("id"))
            rows = records(thread["comments"])
            if without := len(thread["comments"]) - len(rows):
                told(line, f"{counted(without, 'thing')} in {key} that is no comment, left out")
            found = (_of_object(row, at) for at, row in enumerate(rows, start=1))
            yield Talk(key or f"thread {number}", (key,), tuple(found), text(thread.get("title")))
    if not is_isso:
        raise ImportFailed(
            "this is neither Isso's database nor its JSON, a list of threads with comments",
            where=file,
        )


def _of_object(row: dict[str, Any], at: int) -> Remark:
    return Remark(
        id=text(row.get("id")) or str(at),
        date=moment(row.get("created")),
        body=text(row.get("text")),
        author=text(row.get("author")),
        parent=text(row.get("parent")),
        url=text(row.get("website")),
        email=text(row.get("email")),
        ip=text(row.get("remote_addr")),
    )
