"""Pelican adapter: what WordPress authors expect of a post.

`<!--more-->` ends the summary of a post that has none of its own; posts with `Sticky: true`
are in the context as `sticky`, newest first; `Featured_Image:` becomes
`article.featured_image` when it is one of the site's own files, and is dropped when showing
it would send the reader's browser elsewhere.
"""

from __future__ import annotations

import re
from typing import Any

from pelican import signals

_MORE = re.compile(r"<!--\s*more\b[^>]*-->", re.I)
_TRUE = ("true", "yes", "1")


def complete(generator: Any) -> None:
    """Fill in what each post's metadata and text say."""
    everything = (*generator.articles, *generator.translations, *generator.hidden_articles,
                  *generator.drafts)  # fmt: skip
    for article in everything:
        before, marker, _ = _split(article._content)
        if marker and before.strip() and "summary" not in article.metadata:
            article.metadata["summary"] = before
        image = str(getattr(article, "featured_image", "")).strip()
        article.featured_image = image.lstrip("/") if _is_own(image) else ""
    generator.context["sticky"] = [
        article
        for article in generator.articles
        if str(getattr(article, "sticky", "")).strip().lower() in _TRUE
    ]


def _split(html: str) -> tuple[str, str, str]:
    match = _MORE.search(html)
    if match is None:
        return html, "", ""
    # The marker stands in a paragraph of its own when Markdown was around it.
    return re.sub(r"<p>\s*\Z", "", html[: match.start()]), match[0], html[match.end() :]


def _is_own(image: str) -> bool:
    return bool(image) and not re.match(r"[a-z][a-z0-9+.-]*:|//", image, re.I)


def register() -> None:
    """Connect to Pelican's signals."""
    signals.article_generator_finalized.connect(complete)
