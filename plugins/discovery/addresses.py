"""Which pages of a site should be found, and when each of them changed."""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from pelican.contents import Content

from rejoinder.sitemap import Address

_OF_OTHERS = ("elsewhere_url", "network_url")
"""Names in the context under which other plugins tell of pages that they write."""


def is_found(content: Content) -> bool:
    """Whether a post or page is published and doesn't ask to be left out (`Robots: noindex`)."""
    words = str(getattr(content, "robots", "")).lower().replace(",", " ").split()
    return bool(content.status == "published" and content.save_as) and not (
        {"noindex", "none"} & set(words)
    )


def of_site(generator: Any) -> list[Address]:
    """The addresses of the generator's site, each once: posts, the oldest first, then pages, then
    lists."""
    context, site = generator.context, f"{generator.settings['SITEURL']}/"
    posts = sorted(
        filter(is_found, (*generator.articles, *generator.translations)),
        key=lambda article: (article.date, article.url),
    )
    pages = sorted(
        filter(is_found, (one for page in context["pages"] for one in (page, *page.translations))),
        key=lambda page: str(page.url),
    )
    found: dict[str, Address] = {}
    for content in (*posts, *pages):
        url = f"{site}{content.url}"
        found[url] = Address(url, _changed(content), _translations(content, site))
        for further in _further(content, context.get("memory")):
            found[site + further] = Address(site + further)
    for url, changed in _lists(generator):
        found.setdefault(site + url, Address(site + url, changed))
    return list(found.values())


def _written(content: Content) -> datetime | None:
    """When a post or page was last changed, else written; None where its file doesn't say."""
    found: datetime | None = getattr(content, "modified", None) or getattr(content, "date", None)
    return found


def _changed(content: Content) -> datetime | None:
    """The same, or when something was last said under it, where that was later."""
    written, thread = _written(content), getattr(content, "thread", None)
    last = next(thread.summary.newest(), None) if thread is not None else None
    if last is None:
        return written
    said = datetime.fromtimestamp(last.time, UTC)
    return max(said, written) if written else said


def _translations(content: Content, site: str) -> tuple[tuple[str, str], ...]:
    others = [one for one in content.translations if is_found(one)]
    if not others:
        return ()
    return tuple(sorted((str(one.lang), f"{site}{one.url}") for one in (content, *others)))


def _further(content: Content, memory: Any) -> list[str]:
    """Further pages of a discussion. Their number is remembered where something remembers, so that
    no thread is read for it again."""
    thread = getattr(content, "thread", None)
    if thread is None or not 0 < thread.options.page_size < thread.summary.size:
        return []

    def look() -> bytes:
        return marshal.dumps([page.url for page in thread.pages if not page.is_first])

    key = str(content.url)
    blob = memory.remember("further", key, thread.fingerprint(), look) if memory else look()
    urls: list[str] = marshal.loads(blob)
    return urls


def _lists(generator: Any) -> Iterator[tuple[str, datetime | None]]:
    """The first page of each list and overview, and when the newest post in it was written."""
    settings, context = generator.settings, generator.context
    excluded = settings["DISCOVERY_EXCLUDES"]
    for name in settings["DIRECT_TEMPLATES"]:
        save_as = settings.get(f"{name.upper()}_SAVE_AS", f"{name}.html")
        if save_as and name not in excluded:
            url = settings.get(f"{name.upper()}_URL", f"{name}.html")
            is_of_posts = name in ("index", "archives")
            yield (
                "" if url == "index.html" else url,
                _newest(generator.articles) if is_of_posts else None,
            )
    for lists in (generator.categories, generator.tags.items(), generator.authors):
        for of, articles in sorted(lists, key=lambda pair: str(pair[0].url)):
            if of.save_as:
                yield of.url, _newest(articles)
    for name in _OF_OTHERS:
        if context.get(name):
            yield context[name], None


def _newest(articles: Iterable[Content]) -> datetime | None:
    return max(filter(None, map(_written, articles)), default=None)
