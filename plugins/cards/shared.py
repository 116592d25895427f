"""What other programs are told of the pages of one build: attached to posts and authors."""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from markupsafe import Markup
from pelican.contents import Article
from pelican.urlwrappers import Author

from rejoinder import authors
from rejoinder.authors import AuthorFile
from rejoinder.errors import RejoinderError
from rejoinder.sharing.card import HEIGHT, WIDTH, Card, card_of
from rejoinder.sharing.drawing import size_of
from rejoinder.sharing.image import RASTER, Image
from rejoinder.sharing.people import find, person_of
from rejoinder.sharing.schema import Data
from rejoinder.sharing.signs import signs_of
from rejoinder.sharing.view import Sharing

from .settings import look_of

logger = logging.getLogger(__name__)

_PUBLIC = ("articles", "translations", "hidden_articles", "hidden_translations")
_DRAFTS = ("drafts", "drafts_translations")
_PAIR = struct.Struct(">II")


def attach(generators: Iterable[Any]) -> None:
    """When all content is read: `share` in the context, `article.share_image`, `author.person`,
    and in the context `cards`, by their paths in the output."""
    generators = list(generators)
    settings, context = generators[0].settings, generators[0].context
    people: dict[str, AuthorFile] = {}
    cards: dict[str, Card] = {}
    try:
        people = authors.load(Path(settings["PATH"]))
        cards = _give_images(generators, people)
    except RejoinderError as error:
        logger.error("%s", error)
    _give_persons(generators, people)
    name = str(Markup(settings["SITENAME"]).striptags())
    front = f"{settings['CARDS_URL']}index.png"
    context["cards"] = cards
    context["share"] = Sharing(
        name, settings["SITEURL"], description=str(settings.get("SITESUBTITLE") or ""),
        language=settings["DEFAULT_LANG"], publisher=_publisher(settings, people),
        image=Image(front, name, WIDTH, HEIGHT) if front in cards else None,
    )  # fmt: skip


def _give_images(generators: list[Any], people: dict[str, AuthorFile]) -> dict[str, Card]:
    """Give each post its picture; the cards that are to be drawn. Raises SiteError."""
    settings, context = generators[0].settings, generators[0].context
    articles = list(_articles(generators, (*_PUBLIC, *_DRAFTS)))
    for article in articles:
        article.share_image = _featured(article, settings, context.get("memory"))
    if not settings["CARDS"]:
        return {}
    signs = signs_of(look_of(settings).font)
    site = str(Markup(settings["SITENAME"]).striptags())
    portraits = {slug: _portrait(settings["PATH"], one) for slug, one in people.items()}
    cards: dict[str, Card] = {}
    front, _ = card_of(str(settings.get("SITESUBTITLE") or "") or site, "", site, b"", signs)
    if front is not None:
        cards[f"{settings['CARDS_URL']}index.png"] = front
    without: dict[str, str] = {}
    for article in _articles(generators, _PUBLIC):
        if article.share_image is not None:
            continue
        names = ", ".join(author.name for author in article.authors)
        first = article.authors[0] if article.authors else None
        file = find(people, first.slug, first.name) if first else None
        title = str(Markup(article.title).striptags())
        card, missing = card_of(title, names, site, portraits[file.slug] if file else b"", signs)
        if card is None:
            without[title] = missing
            continue
        path = f"{settings['CARDS_URL']}{_stem(article.save_as)}.png"
        cards[path] = card
        article.share_image = Image(path, title, WIDTH, HEIGHT)
    if without:
        _say(without)
    return cards


def _say(without: dict[str, str]) -> None:
    """A note of the posts that have no card."""
    title, missing = next(iter(without.items()))
    others = f", and {len(without) - 1} others" if len(without) > 1 else ""
    logger.info(
        "there is no card of “%s”%s: the font can't show %s. Name one that can in CARDS_FONT",
        title, others, " ".join(missing) or "an empty title",
    )  # fmt: skip


def _stem(file: str) -> str:
    """What is a post's own in its path: '2026/x/index.html' → '2026/x'."""
    return file.removesuffix(".html").removesuffix("/index")


def _featured(article: Article, settings: dict[str, Any], memory: Any) -> Image | None:
    """The picture that the post itself names, where networks can show it."""
    named = str(getattr(article, "featured_image", "") or "").lstrip("/")
    path = Path(settings["PATH"], named)
    if not named.lower().endswith(RASTER):
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    stamp = f"{found.st_size} {found.st_mtime_ns}".encode()

    def size() -> bytes:
        return _PAIR.pack(*size_of(path))

    known = memory.remember("size of a picture", named, stamp, size) if memory else size()
    title = str(Markup(article.title).striptags())
    return Image(named, title, *_PAIR.unpack(known))


def _portrait(content: str, author: AuthorFile) -> bytes:
    """An author's portrait, where it is a picture that can be drawn."""
    if not author.portrait.lower().endswith(RASTER):
        return b""
    try:
        return Path(content, author.portrait.lstrip("/")).read_bytes()
    except OSError:
        return b""


def _give_persons(generators: list[Any], people: dict[str, AuthorFile]) -> None:
    """Give each author what is said of them to other programs."""
    site = generators[0].settings["SITEURL"].rstrip("/")
    known: dict[str, Data] = {}
    wrappers: list[Author] = [author for author, _ in generators[0].context["authors"]]
    for article in _articles(generators, (*_PUBLIC, *_DRAFTS)):
        wrappers += article.authors
    for author in wrappers:
        if author.slug not in known:
            file = find(people, author.slug, author.name)
            known[author.slug] = person_of(author.name, f"{site}/{author.url}", site, file)
        author.person = known[author.slug]


def _publisher(settings: dict[str, Any], people: dict[str, AuthorFile]) -> Data | None:
    """The site's own author, where they have a file."""
    name = str(settings.get("AUTHOR") or "")
    file = find(people, "", name)
    if file is None:
        return None
    site = settings["SITEURL"].rstrip("/")
    url = str(settings["AUTHOR_URL"]).format(slug=file.slug)
    return person_of(name, f"{site}/{url}", site, file)


def _articles(generators: Iterable[Any], names: Iterable[str]) -> Iterator[Article]:
    for generator in generators:
        for name in names:
            yield from (one for one in getattr(generator, name, ()) if isinstance(one, Article))
