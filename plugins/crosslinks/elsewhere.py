"""The crosslinks of one build: read, and attached to posts and authors."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup
from pelican.contents import Article, Page

from rejoinder import authors
from rejoinder.authors import AuthorFile, Profile, own_profiles
from rejoinder.errors import RejoinderError
from rejoinder.profiles.addresses import is_web
from rejoinder.profiles.entries import Entry, Kind, Verdict
from rejoinder.profiles.ledger import Ledger
from rejoinder.profiles.networks import recognise
from rejoinder.profiles.sync import feed_of

logger = logging.getLogger(__name__)


class Shown:
    """An entry, for templates. `url` is '' where none can be followed; `posts` are the posts that
    it is about."""

    def __init__(self, entry: Entry, author: AuthorFile, profile: Profile) -> None:
        self.entry = entry
        self.author = author
        self.profile = profile
        self.posts: list[Article] = []

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


def attach(generators: Iterable[Any]) -> None:
    """When all content is read: crosslinks on articles, what is elsewhere on authors."""
    generators = list(generators)
    settings, context = generators[0].settings, generators[0].context
    content = Path(settings["PATH"])
    shown: list[Shown] = []
    people: dict[str, AuthorFile] = {}
    try:
        people = authors.load(content)
        shown = _read(content, people)
    except RejoinderError as error:
        logger.error("%s", error)
    by_thread = defaultdict(list)
    for one in shown:
        for tie in one.entry.ties:
            if tie.verdict is not Verdict.NO:
                by_thread[tie.thread].append(one)
    for article, is_public in _articles(generators):
        article.crosslinks = Crosslinks()
        key = article.metadata.get("thread") or article.slug
        for one in by_thread.get(key, ()):
            of_post = article.crosslinks
            (of_post.announced if one.is_own else of_post.discussed).append(one)
            if is_public:
                one.posts.append(article)
    found = {slug: _elsewhere(author, shown) for slug, author in people.items()}
    _give(generators, found)
    stream = [one for one in reversed(shown) if _is_streamed(one)]
    context["elsewhere"] = stream
    context["elsewhere_url"] = settings["CROSSLINKS_STREAM_URL"] if stream else ""
    context["elsewhere_authors"] = found
    context["elsewhere_opml"] = (
        settings["CROSSLINKS_OPML"]
        if any(feed_of(p) for one in found.values() for p in one.profiles)
        else ""
    )


def _read(content: Path, people: dict[str, AuthorFile]) -> list[Shown]:
    """All entries of profiles that the authors have, oldest first."""
    profiles = {(slug, profile.name): (author, profile)
                for slug, author in people.items() for profile in author.profiles}  # fmt: skip
    shown, unknown = [], set()
    for key, entry in Ledger(content).load():
        if key in profiles:
            shown.append(Shown(entry, *profiles[key]))
        else:
            unknown.add(key)
    for slug, name in sorted(unknown):
        logger.warning("content/crosslinks/%s/%s: no author has this profile; its entries are "
                       "not shown", slug, name)  # fmt: skip
    return sorted(shown, key=lambda one: (*one.entry.sort_key, one.author.slug, one.profile.name))


def _elsewhere(author: AuthorFile, shown: Iterable[Shown]) -> Elsewhere:
    stream = [one for one in shown if one.author is author and _is_streamed(one)]
    profiles = own_profiles(author)
    handles = (recognise(p.url) for p in profiles if p.network == "mastodon")
    handle = next((found.handle for found in handles if found and "@" in found.handle), "")
    return Elsewhere(author, profiles, stream[::-1], f"@{handle}" if handle else "")


def _is_streamed(one: Shown) -> bool:
    """What belongs in the stream of what an author publishes: not what is said to others, unless
    it is about a post, and not what others say."""
    if one.profile.watches or one.entry.kind is Kind.THEIRS:
        return False
    return one.entry.kind is not Kind.ANSWER or bool(one.posts)


def _articles(generators: Iterable[Any]) -> Iterator[tuple[Article, bool]]:
    for generator in generators:
        for name in ("articles", "translations", "hidden_articles", "hidden_translations",
                     "drafts", "drafts_translations"):  # fmt: skip
            for article in getattr(generator, name, ()):
                if not isinstance(article, Page):
                    yield article, name == "articles"


def _give(generators: list[Any], found: dict[str, Elsewhere]) -> None:
    by_name = {one.author.name: one for one in found.values()}

    def give(author: Any) -> None:
        author.elsewhere = found.get(author.slug) or by_name.get(author.name)

    for article, _ in _articles(generators):
        for author in getattr(article, "authors", ()):
            give(author)
    for author, _ in generators[0].context.get("authors", ()):
        give(author)


def plain(title: str) -> str:
    """A post's title without its markup."""
    return str(Markup(title).striptags())
