"""What the posts of one build are given, when all of them are read."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from pelican.contents import Article, Content
from pelican.generators import ArticlesGenerator, PagesGenerator
from pelican.readers import MarkdownReader

from rejoinder import site
from rejoinder.errors import RejoinderError, SiteError
from rejoinder.reading.around import Neighbours, Relations, neighbours
from rejoinder.reading.asked import Contents, Limits, ReadingTime
from rejoinder.reading.places import Place, Post
from rejoinder.reading.quotes import typeset
from rejoinder.reading.series import part_of, parts
from rejoinder.reading.share import ShareLinks, share_links

logger = logging.getLogger(__name__)

_LISTED = ("articles", "translations")
_UNLISTED = ("hidden_articles", "hidden_translations", "drafts", "drafts_translations")
_PAGES = ("pages", "translations", "hidden_pages", "hidden_translations", "draft_pages",
          "draft_translations")  # fmt: skip
_WISHES = {"yes": True, "true": True, "no": False, "false": False}


def typeset_title(content: Content) -> None:
    """Give a title the quotation marks that its text has, which is Markdown."""
    title, source = getattr(content, "title", None), str(content.source_path)
    is_markdown = source.endswith(tuple(MarkdownReader.file_extensions))
    if isinstance(title, str) and is_markdown and content.settings.get("READING_QUOTES"):
        content.title = content.metadata["title"] = typeset(title, content.lang)


def attach(generators: Iterable[Any]) -> None:
    """Give all posts and pages what helps to read them, and templates the links to share them."""
    generators = list(generators)
    settings, context = generators[0].settings, generators[0].context
    listed = list(_articles(generators, _LISTED))
    unlisted = list(_articles(generators, _UNLISTED))
    for content in (*listed, *unlisted, *_pages(generators)):
        _give_contents(content, settings)
    _give_others(listed, unlisted, settings["READING_RELATED"])
    context["share_links"] = _share_links(settings)


def _give_contents(content: Content, settings: dict[str, Any]) -> None:
    limits = Limits(
        settings["READING_CONTENTS_MINUTES"], settings["READING_CONTENTS_HEADINGS"],
        settings["READING_CONTENTS_DEPTH"],
    )  # fmt: skip
    html = partial(_html, content)
    time = ReadingTime(html, content.lang, settings["READING_WORDS_PER_MINUTE"])
    content.reading_time = time
    content.contents = Contents(html, time, limits, _wish(content))


def _html(content: Content) -> str:
    return content._content or ""


def _wish(content: Content) -> bool | None:
    """What a post's `Contents:` says."""
    said = str(content.metadata.get("contents", "")).strip().lower()
    if said and said not in _WISHES:
        logger.error("%s", SiteError(
            f"Contents: {said} is neither yes nor no", where=content.relative_source_path,
            mend="Without that line, long posts show their contents.",
        ))  # fmt: skip
    return _WISHES.get(said)


def _give_others(listed: list[Article], unlisted: list[Article], number: int) -> None:
    """Neighbours, series and related posts: of a post, those in its own language."""
    by_language: dict[str, list[tuple[Article, Post]]] = defaultdict(list)
    for article in listed:
        by_language[article.lang].append((article, _post(article)))
    relations: dict[str, Relations] = {}
    posts: dict[str, list[Post]] = {}
    for language, pairs in by_language.items():
        posts[language] = [post for _, post in pairs]
        relations[language] = Relations(posts[language])
        around, in_series = neighbours(posts[language]), parts(posts[language])
        for article, post in pairs:
            article.neighbours = around[post.key]
            article.part = in_series.get(post.key)
            article.related = relations[language].of(post, number, around[post.key])
    for article in unlisted:  # nobody is led to them, and they lead to others
        post, others = _post(article), posts.get(article.lang, [])
        article.neighbours = Neighbours()
        article.part = part_of(post, others)
        article.related = relations.get(article.lang, Relations([])).of(post, number)


def _post(article: Article) -> Post:
    said = {name.replace("-", "_"): value for name, value in article.metadata.items()}
    subjects = [f"tag {tag.slug}" for tag in getattr(article, "tags", ())]
    if getattr(article, "category", None):
        subjects.append(f"category {article.category.slug}")
    return Post(
        key=article.relative_source_path,
        slug=article.slug,
        place=Place(str(article.title), article.url, article.date),
        subjects=frozenset(subjects),
        named=tuple(str(said.get("related", "")).replace(",", " ").split()),
        series=str(said.get("series", "")).strip(),
        order=_order(said.get("series_order"), article),
    )


def _order(said: object, article: Article) -> float | None:
    """What a post's `Series-Order:` says."""
    if said is None:
        return None
    try:
        return float(str(said))
    except ValueError:
        logger.error("%s", SiteError(
            f"Series-Order: {said} is no number", where=article.relative_source_path,
            mend="Without that line, parts of a series are in the order of their dates.",
        ))  # fmt: skip
        return None


def _share_links(settings: dict[str, Any]) -> ShareLinks:
    """The links to share posts, at the address where the site is published: in a preview too."""
    try:
        address = settings["SITEURL"] or site.load(Path(settings["PATH"])).url
        return share_links(address.rstrip("/"), settings["READING_SHARE"])
    except RejoinderError as error:
        logger.error("%s", error)
        return ShareLinks("", ())


def _articles(generators: Iterable[Any], names: Iterable[str]) -> Iterator[Article]:
    for generator in generators:
        if isinstance(generator, ArticlesGenerator):
            for name in names:
                yield from getattr(generator, name)


def _pages(generators: Iterable[Any]) -> Iterator[Content]:
    for generator in generators:
        if isinstance(generator, PagesGenerator):
            for name in _PAGES:
                yield from getattr(generator, name)
