"""A discussion as another system keeps it: what a source reads, and the rest of an import takes.
A leaf but for the comment model."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rejoinder.comments.model import Format, Kind

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SURROGATES = re.compile("[\ud800-\udfff]")

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
    ('' is the post), `date` is None where the source has none, and without a zone where it gives
    its site's wall time. `anchor` is the fragment of its old permalink; `source_url` where it still
    stands on the web. `email`, `ip` and `agent` are nobody's business and never reach a public
    file. `votes` is how many had agreed. `by_author` is True where the source says that a moderator
    of the site wrote it; `more` has fields that mean nothing here, for the private side."""

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
    more: Mapping[str, str] = field(default_factory=dict, hash=False)
    line: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        _make_fit(self, "id", "parent")


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
    line: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        _make_fit(self, "key")
        object.__setattr__(self, "addresses", tuple(map(_without_surrogates, self.addresses)))


def _make_fit(made: Remark | Talk, *keys: str) -> None:
    """What no file of ours can hold, taken out: lone surrogates, which JSON can write, and what
    would break the lines of a ledger in what is used as a key."""
    for name in made.__slots__:
        value = getattr(made, name)
        if type(value) is str:
            if not value.isascii():
                object.__setattr__(made, name, _without_surrogates(value))
        elif isinstance(value, Mapping) and value:
            value = {name: _without_surrogates(text) for name, text in value.items()}
            object.__setattr__(made, name, value)
    for name in keys:
        value = getattr(made, name)
        if _CONTROLS.search(value):
            object.__setattr__(made, name, _CONTROLS.sub(" ", value))


def _without_surrogates(text: str) -> str:
    return _SURROGATES.sub("\ufffd", text)
