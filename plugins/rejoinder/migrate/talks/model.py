"""A discussion as another system keeps it: what a source reads, and the rest of an import takes.
A leaf but for the comment model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rejoinder.comments.model import Format, Kind

Told = Callable[[int | None, str], None]
"""Hears what was repaired or refused, and at which line of the source where that is known."""


class Standing(StrEnum):
    """What the other system's moderator had said of a comment."""

    APPROVED = "approved"
    PENDING = "pending"
    SPAM = "spam"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Remark:
    """One comment. `id` tells it from others of its talk, `parent` is the id of what it answers
    ('' is the post), `date` is aware or None where the source has none. `anchor` is the fragment of
    its old permalink; `source_url` where it still stands on the web. `email`, `ip` and `agent` are
    nobody's business and never reach a public file. `votes` is how many had agreed. `by_author`
    is True where the source says that a moderator of the site wrote it; `more` has fields that
    mean nothing here, for the private side."""

    id: str
    date: datetime | None
    body: str
    author: str = ""
    parent: str = ""
    status: Standing = Standing.APPROVED
    format: Format = Format.MARKDOWN
    kind: Kind = Kind.COMMENT
    url: str = ""
    email: str = ""
    ip: str = ""
    agent: str = ""
    anchor: str = ""
    source_url: str = ""
    title: str = ""
    votes: int = 0
    by_author: bool = False
    more: Mapping[str, str] = field(default_factory=dict)
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Talk:
    """One discussion. `key` tells it from others of the source and lasts over exports; `addresses`
    are the pages that it stood under, whole or from the host on; `slug` and `title` are further
    hints at the post."""

    key: str
    addresses: tuple[str, ...]
    remarks: tuple[Remark, ...]
    title: str = ""
    slug: str = ""
    line: int | None = None
