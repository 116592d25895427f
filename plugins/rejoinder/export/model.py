"""A site on its way out: its posts, with their discussions. A leaf but for the models."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from rejoinder.building import Written
from rejoinder.comments.model import Comment
from rejoinder.site import Site


@dataclass(frozen=True, slots=True)
class Said:
    """A comment with what other systems want of it: a `number` that no other comment of the site
    has, the number of what it answers (0 is the post, or what is gone), its words as safe HTML, and
    what is private, where it was asked for. One that is not approved waits for a moderator."""

    comment: Comment
    number: int
    parent: int
    html: str
    email: str = ""
    ip: str = ""
    agent: str = ""
    approved: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """A post or page with its discussion, oldest comment first, and whether that goes on. `url` is
    its whole address."""

    post: Written
    number: int
    url: str
    comments: tuple[Said, ...]
    is_open: bool = True

    def terms(self, kind: str) -> list[tuple[str, str]]:
        """The (name, slug) of its categories, tags or authors."""
        return [(name, slug) for what, name, slug in self.post.terms if what == kind]


@dataclass(frozen=True, slots=True)
class Leaving:
    """All of a site. `authors` are (number, slug, name) of those who wrote posts; `orphans` are
    threads that belong to no post."""

    site: Site
    entries: tuple[Entry, ...]
    authors: tuple[tuple[int, str, str], ...]
    orphans: tuple[str, ...] = field(default=())

    @property
    def discussed(self) -> list[Entry]:
        """Those with a comment."""
        return [entry for entry in self.entries if entry.comments]

    @property
    def begin(self) -> datetime:
        """When its oldest post was written: the date of what has none, where a format wants one."""
        dates = (datetime.fromisoformat(one.post.date) for one in self.entries if one.post.date)
        return min(dates, default=datetime(1970, 1, 1, tzinfo=UTC))
