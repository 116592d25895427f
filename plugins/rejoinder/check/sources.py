"""A content folder as the checks see it: read once, and never an exception for what is in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rejoinder import authors, posts, redirects, site
from rejoinder.check.problem import Problem, error, from_error
from rejoinder.comments.model import Comment
from rejoinder.comments.store import FOLDER, read_comment
from rejoinder.errors import CommentError, RejoinderError


@dataclass(frozen=True, slots=True)
class Entry:
    """A comment, its file, and the line of each of its fields by lower-case name."""

    path: Path
    comment: Comment
    lines: Mapping[str, int]


@dataclass
class Sources:
    """What a content folder holds. `threads` goes by folder name and includes folders without
    a comment; `strays` are comment files in no thread's folder; `broken` says what could not
    be read, `unread` which folders' comments are not all here."""

    content: Path
    site: site.Site = field(default_factory=site.Site)
    heads: list[posts.PostHead] = field(default_factory=list)
    authors: dict[str, authors.AuthorFile] | None = None
    redirects: list[redirects.Redirect] = field(default_factory=list)
    threads: dict[str, list[Entry]] = field(default_factory=dict)
    strays: list[Path] = field(default_factory=list)
    broken: list[Problem] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)


def read(content: Path) -> Sources:
    """Everything in `content` that can be read."""
    sources = Sources(content)
    if not content.is_dir():
        sources.broken.append(error(content, "there is no such folder"))
        return sources
    try:
        sources.site = site.load(content)
    except RejoinderError as found:
        sources.broken.append(from_error(found, content / site.FILE))
    try:
        sources.redirects = redirects.load(content)
    except RejoinderError as found:
        sources.broken.append(from_error(found, content / redirects.FILE))
    try:
        sources.authors = authors.load(content)
    except RejoinderError as found:
        sources.broken.append(from_error(found, content / authors.FOLDER))
    try:
        for head in posts.posts(content):
            sources.heads.append(head)
    except OSError as found:
        sources.broken.append(unreadable(found, content))
    _read_threads(sources)
    return sources


def unreadable(found: OSError, path: Path) -> Problem:
    """A file or folder that the system would not give."""
    return error(found.filename or path, f"it can't be read: {found.strerror or found}")


def _read_threads(sources: Sources) -> None:
    root = sources.content / FOLDER
    for folder in _listed(sources, root):
        if folder.is_dir():
            entries = sources.threads.setdefault(folder.name, [])
            for path in _listed(sources, folder):
                if path.suffix == ".md":
                    _read_entry(sources, path, entries)
        elif folder.suffix == ".md":
            sources.strays.append(folder)


def _read_entry(sources: Sources, path: Path, entries: list[Entry]) -> None:
    try:
        comment = read_comment(path)
        entries.append(Entry(path, comment, posts.read_head(path, sources.content).lines))
    except CommentError as found:
        sources.broken.append(from_error(found, path))
        sources.unread.add(path.parent.name)
    except OSError as found:
        sources.broken.append(unreadable(found, path))
        sources.unread.add(path.parent.name)


def _listed(sources: Sources, folder: Path) -> Iterator[Path]:
    """What lies in a folder, by name; hidden files are none, as the store has it."""
    try:
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as found:
        sources.broken.append(unreadable(found, folder))
        return
    yield from (path for path in paths if not path.name.startswith("."))
