"""A blog as another system keeps it: what a source reads, and the rest of an import takes. A leaf,
but for the files that a blog comes with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from rejoinder.migrate.entries.files import Files

Told = Callable[[int | None, str], None]
"""Hears what was repaired or refused, and at which line of the source where that is known."""


class Written(StrEnum):
    """What a body is written in: HTML, Markdown as kramdown or Goldmark read it, or something that
    is kept to the letter."""

    HTML = "html"
    KRAMDOWN = "kramdown"
    GOLDMARK = "goldmark"
    AS_IT_IS = "as it is"


@dataclass(frozen=True, slots=True)
class Entry:
    """A post or page. `key` tells it from others of its blog and lasts over exports; `name` is the
    path of its file in the export, where it has one. `status` is the other system's word, and
    `is_public` what follows from it.

    `address` is its path below the blog's own, decoded, without a leading slash ('' is the home
    page; None where it has none), `old` are others that led to it. `date` and `modified` have no
    zone where they are the blog's wall time. `image` is an address as it stands in the export.
    `summary` and `body` are written in the same. The first of `categories` is the one that Pelican
    knows.
    """

    key: str
    kind: str
    title: str
    body: str
    written: Written
    status: str = "published"
    is_public: bool = True
    name: str = ""
    slug: str = ""
    address: str | None = None
    old: tuple[str, ...] = ()
    date: datetime | None = None
    modified: datetime | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    series: str = ""
    summary: str = ""
    image: str = ""
    language: str = ""
    is_open: bool = True
    has_thread: bool = False
    is_sticky: bool = False
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes there. The e-mail address is not kept."""

    name: str
    slug: str = ""
    url: str = ""
    bio: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something of a blog that has no place here, and why."""

    kind: str
    status: str
    why: str


@dataclass(frozen=True, slots=True)
class Blog:
    """All of it. `bases` are addresses that it has or had, the present one first; where `is_rented`
    they are the other system's, and stay there. `timezone` is an IANA name or ''; where
    `are_instants` dates are told in it. `archives` are Pelican's patterns for 'category', 'tag' and
    'author', for those that the blog had; `listed` are the paths (with their slash) of its lists,
    by 'category' or 'tag' and name; `moved` are addresses that lead elsewhere now, by path (with
    its slash).

    `media` are the files that its pages can refer to, by their path below the blog's address, and
    what they are called in `files`; `root` is the folder in `files` that addresses of files begin
    at, with its slash; `hosts` serve its pictures, besides its own. `here` is what stands for the
    blog's address in its texts, where something does. `comments` are those in `file`, for `talks`
    to read; `notes` are for the report.
    """

    title: str = ""
    subtitle: str = ""
    bases: tuple[str, ...] = ()
    language: str = ""
    timezone: str = ""
    author: str = ""
    entries: tuple[Entry, ...] = ()
    authors: Mapping[str, Author] = field(default_factory=dict)
    archives: Mapping[str, str] = field(default_factory=dict)
    listed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    files: Files | None = None
    media: Mapping[str, str] = field(default_factory=dict)
    root: str = ""
    here: str = ""
    hosts: tuple[str, ...] = ()
    is_rented: bool = False
    are_instants: bool = False
    comments: int = 0
    file: Path | None = None
    notes: tuple[str, ...] = ()
