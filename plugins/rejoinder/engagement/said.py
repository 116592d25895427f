"""What was said, as the measures see it: a leaf."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from rejoinder.comments.model import Comment, Kind

NAMELESS = "nameless:"
DESK = "desk"
"""The source of what moderators answer."""

_NO_NAMES = ("", "anonymous")


@dataclass(frozen=True, slots=True)
class Post:
    """A post: `authors` are the slugs of those who wrote it, `date` when it was published,
    `others` the addresses of its translations."""

    thread: str
    title: str
    date: datetime | None
    authors: frozenset[str]
    url: str = ""
    others: tuple[str, ...] = ()

    def is_out(self, now: datetime) -> bool:
        """Whether it isn't dated in the future; one without a date isn't."""
        return self.date is None or self.date <= now


class Announcement(NamedTuple):
    """What an author published elsewhere about a post; `at` is in seconds since 1970. `is_asked`
    is whether backfeed asks what is said under it: on some networks, and where it is about one post
    alone."""

    thread: str
    network: str
    at: int
    is_asked: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One contribution. `who` tells people apart: an author's slug, else a writer's own site,
    else the name (see `identity`); `is_author` is for one of the site's authors, known by
    `Author-Id` and never by a name alone. `depth` counts from 1 for what answers the post."""

    id: str
    thread: str
    who: str
    name: str
    is_author: bool
    date: datetime
    parent: str | None
    kind: Kind
    source: str
    depth: int
    fragment: str = ""
    url: str = ""
    approved: datetime | None = None

    @property
    def is_words(self) -> bool:
        """Whether somebody says something here: a reader or an author, not another site."""
        return self.kind in (Kind.COMMENT, Kind.AUTHOR)

    @property
    def is_nameless(self) -> bool:
        """Whether nobody can say if its writer said anything else."""
        return self.who.startswith(NAMELESS)


def said(
    thread: str, comments: Iterable[Comment], authors: Collection[str] | None = None
) -> list[Said]:
    """The contributions of a thread, oldest first. Marks of removed comments are none, but hold
    the place of what they were. `approved` and `url` are as the comment says. `authors` are the
    slugs of the site's authors, None where whoever has an `Author-Id` is one. Pure."""
    found = sorted(comments, key=lambda comment: comment.sort_key)
    by_id = {comment.id: comment for comment in found}
    depths: dict[str, int] = {}
    for comment in found:
        _depth(comment, by_id, depths)
    return [
        Said(
            comment.id, thread, identity(comment, authors), comment.author,
            is_author(comment, authors), comment.instant,
            comment.in_reply_to if comment.in_reply_to in by_id else None,
            comment.kind, comment.source or "", depths[comment.id], comment.fragment,
            comment.web_url or "", comment.approved,
        )
        for comment in found if comment.kind is not Kind.REMOVED
    ]  # fmt: skip


def is_author(comment: Comment, authors: Collection[str] | None = None) -> bool:
    """Whether one of the site's authors wrote it. What a moderator answered at the desk is an
    author's, whatever the files of authors say by now: nobody else's can come from there."""
    slug = comment.author_id
    return bool(slug) and (authors is None or slug in authors or comment.source == DESK)


def identity(comment: Comment, authors: Collection[str] | None = None) -> str:
    """Who wrote it: `author:slug`, else `site:address`, else `name:…`, folded. Without any of
    these, each comment is somebody's of its own."""
    if is_author(comment, authors):
        return f"author:{comment.author_id}"
    if comment.web_url:
        plain = comment.web_url.partition("://")[2].removeprefix("www.").rstrip("/")
        return f"site:{plain.casefold()}"
    name = " ".join(comment.author.casefold().split())
    return f"name:{name}" if name not in _NO_NAMES else NAMELESS + comment.id


def _depth(comment: Comment, by_id: Mapping[str, Comment], depths: dict[str, int]) -> None:
    """Fill in the depths from a comment up to one that is known; a ring is cut where it closes."""
    chain: list[Comment] = []
    seen: set[str] = set()
    here: Comment | None = comment
    while here is not None and here.id not in depths and here.id not in seen:
        seen.add(here.id)
        chain.append(here)
        here = by_id.get(here.in_reply_to or "")
    depth = depths.get(here.id, 0) if here is not None else 0
    for one in reversed(chain):
        depth += 1
        depths[one.id] = depth
