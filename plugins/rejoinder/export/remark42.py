"""Remark42's backup (backend/app/migrator/native.go, backend/app/store/comment.go): a line of JSON
about the file, then one for each comment. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC
from urllib.parse import urlsplit

from rejoinder.comments.model import Format
from rejoinder.export.model import Entry, Leaving, Said

VERSION = 1


def write(leaving: Leaving) -> Iterator[str]:
    """A backup for a site that Remark42 calls by this one's host. Replies that wait are left out:
    Remark42 has no queue."""
    site = urlsplit(leaving.site.url).hostname or "site"
    posts = [
        {"url": entry.url, "read_only": True} for entry in leaving.discussed if not entry.is_open
    ]
    yield _line({"version": VERSION, "users": [], "posts": posts})
    for entry in leaving.discussed:
        for said in entry.comments:
            if said.approved:
                yield _line(_comment(entry, said, site))


def _comment(entry: Entry, said: Said, site: str) -> dict[str, object]:
    comment = said.comment
    whole = {one.number: one.comment.id for one in entry.comments}
    user = {
        "name": comment.author or "Anonymous", "id": _user(comment.author, said.email),
        "picture": "", "ip": "", "admin": comment.kind == "author", "site_id": site,
    }  # fmt: skip
    found: dict[str, object] = {
        "id": comment.id, "pid": whole.get(said.parent, ""), "text": said.html, "user": user,
        "locator": {"site": site, "url": entry.url}, "score": 0, "votes": {}, "vote": 0,
        "time": comment.date.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "imported": True, "title": entry.post.title,
    }  # fmt: skip
    if comment.format is Format.MARKDOWN:
        found["orig"] = comment.body
    return found


def _user(name: str, email: str) -> str:
    """An id as Remark42 makes them for people without an account elsewhere."""
    return "anonymous_" + hashlib.sha1(f"{name} {email}".encode()).hexdigest()


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"
