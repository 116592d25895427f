"""This program's own JSON, `invoke export json`: a file for each thread.

{thread, url, title, comments: [{id, in_reply_to, kind, author, url, date, permalink, format, text,
html}]} (export/flat.py). Ids, words and formats arrive as they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

from rejoinder.comments.model import Format, Kind
from rejoinder.errors import ImportFailed
from rejoinder.migrate.talks.model import Remark, Talk, Told
from rejoinder.migrate.talks.sources.documents import documents
from rejoinder.migrate.talks.sources.values import kind, moment, record, records, text


def read(file: Path, told: Told) -> Iterator[Talk]:
    """The threads of a file or folder. Raises ImportFailed."""
    is_ours = False
    for line, found in documents(file, told):
        thread = record(found)
        key = text(thread.get("thread"))
        if not key or not isinstance(thread.get("comments"), list):
            told(line, "this is no thread: it has no key, or no comments; it was left out")
            continue
        is_ours = True
        remarks = tuple(_remark(row) for row in records(thread["comments"]))
        yield Talk(key, (text(thread.get("url")),), remarks, text(thread.get("title")), key)
    if not is_ours:
        raise ImportFailed("this has no threads as 'invoke export json' writes them", where=file)


def _remark(row: dict[str, Any]) -> Remark:
    url = text(row.get("url"))
    what, by_author = kind(row.get("kind"))
    return Remark(
        id=text(row.get("id")),
        date=moment(row.get("date")),
        body=text(row.get("text")),
        author=text(row.get("author")),
        parent=text(row.get("in_reply_to")),
        format=Format.HTML if row.get("format") == Format.HTML else Format.MARKDOWN,
        kind=what,
        url=url,
        anchor=urldefrag(text(row.get("permalink"))).fragment,
        source_url="" if what is Kind.COMMENT else url,
        by_author=by_author,
    )
