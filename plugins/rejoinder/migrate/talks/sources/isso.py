"""Isso: its database (`comments.db`, SQLite), and the generic JSON that it imports.

The database: tables `threads` (id, uri, title) and `comments` (tid, id, parent, created, modified,
mode, remote_addr, text, author, email, website, likes, dislikes, …), isso/db/comments.py. `mode` is
1 accepted, 2 in the moderation queue, 4 deleted but with answers. `parent` is the first of a
branch: Isso keeps one level. The JSON: a list of {id, title, comments: [{id, author, email,
website, text, created, remote_addr}]}, isso/migrate.py.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from rejoinder.errors import ImportFailed
from rejoinder.migrate.talks.model import Remark, Standing, Talk, Told

_MODES = {1: Standing.APPROVED, 2: Standing.PENDING, 4: Standing.DELETED}
_WANTED = ("tid", "id", "parent", "created", "mode", "remote_addr", "text", "author", "email",
           "website", "likes")  # fmt: skip
_SQLITE = b"SQLite format 3\0"


def read(file: Path, told: Told) -> Iterator[Talk]:
    """The threads of a database or of a JSON file. Raises ImportFailed."""
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
            remarks: dict[int, list[Remark]] = defaultdict(list)
            for row in db.execute(f"SELECT {listed} FROM comments ORDER BY id"):
                remarks[row["tid"]].append(_of_row(dict(row), told))
            for row in db.execute("SELECT id, uri, title FROM threads ORDER BY id"):
                found = remarks.pop(row["id"], [])
                yield Talk(row["uri"], (row["uri"],), tuple(found), row["title"] or "")
            for number, found in remarks.items():
                told(None, f"{len(found)} comments are of thread {number}, which is not there")
                yield Talk(f"thread {number}", (), tuple(found))
    except sqlite3.Error as error:
        raise ImportFailed(f"the database can't be read: {error}", where=file) from error


def _of_row(row: dict[str, Any], told: Told) -> Remark:
    status = _MODES.get(row.get("mode", 1))
    if status is None:
        told(None, f"comment {row['id']} has the mode {row['mode']!r}, and was taken as pending")
    return Remark(
        id=str(row["id"]),
        date=_moment(row["created"]),
        body=row["text"] or "",
        author=row.get("author") or "",
        parent=str(row.get("parent") or ""),
        status=status or Standing.PENDING,
        url=row.get("website") or "",
        email=row.get("email") or "",
        ip=row.get("remote_addr") or "",
        anchor=f"isso-{row['id']}",
        votes=row.get("likes") or 0,
    )


def _moment(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(str(seconds)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _of_json(file: Path, told: Told) -> Iterator[Talk]:
    try:
        threads = json.loads(file.read_text("utf-8-sig"))
    except ValueError as error:
        raise ImportFailed(
            f"this is neither Isso's database nor its JSON: {error}", where=file
        ) from error
    if not isinstance(threads, list):
        raise ImportFailed("Isso's JSON is a list of threads; this is none", where=file)
    for number, thread in enumerate(threads, start=1):
        if not isinstance(thread, dict) or not isinstance(thread.get("comments"), list):
            told(None, f"thread {number} has no list of comments, and was left out")
            continue
        key = str(thread.get("id") or f"thread {number}")
        found = []
        for at, row in enumerate(thread["comments"], start=1):
            if not isinstance(row, dict):
                told(None, f"comment {at} of {key} is no comment, and was left out")
                continue
            found.append(_of_object(row, at))
        yield Talk(key, (key,), tuple(found), unquote_plus(str(thread.get("title") or "")))


def _of_object(row: dict[str, Any], at: int) -> Remark:
    number = str(row.get("id", at))
    return Remark(
        id=number,
        date=_wall_time(str(row.get("created") or "")),
        body=str(row.get("text") or ""),
        author=str(row.get("author") or ""),
        parent=str(row.get("parent") or ""),
        url=str(row.get("website") or ""),
        email=str(row.get("email") or ""),
        ip=str(row.get("remote_addr") or ""),
    )


def _wall_time(text: str) -> datetime | None:
    """Isso reads these as UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
