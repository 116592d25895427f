"""webmention.io's JSON (jf2, jf2.spec.indieweb.org) as mentions. Pure: bytes in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import urlsplit

from rejoinder.comments.model import Format, Kind, one_line
from rejoinder.errors import ImportFailed
from rejoinder.mentions.model import Mention
from rejoinder.profiles.addresses import is_web

_KINDS = {"in-reply-to": Kind.COMMENT, "like-of": Kind.LIKE, "repost-of": Kind.REPOST,
          "rsvp": Kind.COMMENT}  # fmt: skip


def read(data: bytes, where: str) -> tuple[list[Mention], list[str]]:
    """The mentions of a feed of `api/mentions.jf2`, and what is wrong with those that were left
    out. Raises ImportFailed for what is no such feed."""
    try:
        found = json.loads(data)
        rows = found["children"]
        if found.get("type") != "feed" or not isinstance(rows, list):
            raise KeyError
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError) as error:
        raise ImportFailed(
            "this is no feed of webmention.io", where=where,
            mend="Get it from https://webmention.io/api/mentions.jf2?token=…",
        ) from error  # fmt: skip
    mentions, problems = [], []
    for number, row in enumerate(rows, start=1):
        mention = _mention(row) if isinstance(row, dict) else None
        if mention is None:
            problems.append(f"entry {number} names no source or no target")
        else:
            mentions.append(mention)
    return mentions, problems


def _mention(row: dict[str, Any]) -> Mention | None:
    source, target = _text(row, "wm-source"), _text(row, "wm-target")
    if not (is_web(source) and is_web(target)):
        return None
    author = row.get("author")
    author = author if isinstance(author, dict) else {}
    kind = _KINDS.get(_text(row, "wm-property"), Kind.WEBMENTION)
    content = row.get("content")
    content = content if isinstance(content, dict) else {"text": content}
    html = str(content.get("html") or "") or (
        f"<p>{escape(str(content['text']))}</p>" if content.get("text") else ""
    )
    url = _text(row, "url")
    return Mention(
        source, target, url if is_web(url) else source, kind, "webmention.io",
        author=one_line(_text(author, "name")) or (urlsplit(source).hostname or ""),
        author_url=link if is_web(link := _text(author, "url")) else "",
        date=_date(_text(row, "published") or _text(row, "wm-received")),
        title=one_line(_text(row, "name"))[:300] if kind is Kind.WEBMENTION else "",
        body="" if kind in (Kind.LIKE, Kind.REPOST) else html,
        format=Format.HTML,
    )  # fmt: skip


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    return value.strip() if isinstance(value, str) else ""


def _date(text: str) -> datetime | None:
    try:
        date = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
