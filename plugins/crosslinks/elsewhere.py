"""The crosslinks of one build: read, and attached to posts and authors."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from markupsafe import Markup
from pelican.contents import Article, Page

from rejoinder import authors
from rejoinder.authors import AuthorFile, own_profiles
from rejoinder.errors import RejoinderError
from rejoinder.profiles.entries import Kind, Verdict
from rejoinder.profiles.ledger import Ledger
from rejoinder.profiles.networks import feed_of, recognise
from rejoinder.profiles.shown import Crosslinks, Elsewhere, Place, Shown

logger = logging.getLogger(__name__)


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
                one.posts.append(Place(article.title, article.url))
    found = {slug: _elsewhere(author, shown) for slug, author in people.items()}
    _give(generators, found)
    stream = [one for one in reversed(shown) if _is_streamed(one)]
    context["elsewhere"] = stream
    context["elsewhere_url"] = settings["CROSSLINKS_STREAM_URL"] if stream else ""
    context["elsewhere_authors"] = found
    context["elsewhere_opml"] = (
        settings["CROSSLINKS_OPML"]
        if any(feed_of(p.url, p.feed) for one in found.values() for p in one.profiles)
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
