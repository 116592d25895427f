"""What templates show of profiles: entries, a post's crosslinks, an author's stream."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from rejoinder.authors import AuthorFile, Profile
from rejoinder.profiles.addresses import is_web
from rejoinder.profiles.entries import Entry, Kind


@dataclass(frozen=True, slots=True)
class Place:
    """A post that an entry is about."""

    title: str
    url: str


class Shown:
    """An entry, for templates. `url` is '' where none can be followed; `posts` are the posts that
    it is about."""

    def __init__(self, entry: Entry, author: AuthorFile, profile: Profile) -> None:
        self.entry = entry
        self.author = author
        self.profile = profile
        self.posts: list[Place] = []

    @property
    def network(self) -> str:
        return self.profile.network

    @property
    def label(self) -> str:
        """The network's name; of one that we don't know, the name that its author gave it."""
        return self.profile.label if self.network != "web" else self.profile.name

    @property
    def url(self) -> str:
        return self.entry.url if is_web(self.entry.url) else ""

    @property
    def date(self) -> datetime:
        return self.entry.date

    @property
    def title(self) -> str:
        return self.entry.title

    @property
    def text(self) -> str:
        return self.entry.text if self.entry.text != self.entry.title else ""

    @property
    def is_shared(self) -> bool:
        return self.entry.kind is Kind.SHARED

    @property
    def is_own(self) -> bool:
        """Whether the author wrote it there (POSSE's copies, u-syndication)."""
        return self.entry.kind in (Kind.OWN, Kind.ANSWER) and not self.profile.watches


@dataclass(slots=True)
class Crosslinks:
    """Of one post: where its author announced it, and where others speak of it; oldest first."""

    announced: list[Shown] = field(default_factory=list)
    discussed: list[Shown] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.announced or self.discussed)


@dataclass(slots=True)
class Elsewhere:
    """Of one author: their profiles and what they published there, newest first.
    `fediverse` is their handle there (@name@host), '' without one."""

    author: AuthorFile
    profiles: tuple[Profile, ...]
    stream: list[Shown]
    fediverse: str = ""
