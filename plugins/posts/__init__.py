"""Pelican adapter: what WordPress authors expect of a post.

`<!--more-->` ends the summary of a post that has none of its own; posts with `Sticky: true`
are in the context as `sticky`, newest first; `Featured_Image:` becomes
`article.featured_image` when it is one of the site's own files, which is published then, and is
dropped when showing it would send the reader's browser elsewhere. A post or page with a date that
is still to come is a draft until then, with `scheduled`; with `POSTS_DRAFTS_URL` there is a list of
all drafts. Fragment: `rejoinder/unpublished.html`. Settings: `docs/settings.md`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pelican import signals

from rejoinder.fragments import offer
from rejoinder.posts import is_yes

from .settings import SETTINGS, check_settings
from .unpublished import gather, hold_back, look_at_clock, write_list

__all__ = ["SETTINGS", "register"]

TEMPLATES = Path(__file__).parent / "templates"
_MORE = re.compile(r"<!--\s*more\b[^>]*-->", re.I)


def complete(generator: Any) -> None:
    """Fill in what each post's metadata and text say."""
    everything = (*generator.articles, *generator.translations, *generator.hidden_articles,
                  *generator.drafts)  # fmt: skip
    for article in everything:
        before = summary(article._content)
        if before and "summary" not in article.metadata:
            article.metadata["summary"] = before
        image = str(getattr(article, "featured_image", "")).strip()
        article.featured_image = image.lstrip("/") if _is_own(image) else ""
        if article.featured_image and (Path(generator.path) / article.featured_image).is_file():
            generator.context["static_links"].add(article.featured_image)
    generator.context["sticky"] = [
        article for article in generator.articles if is_yes(getattr(article, "sticky", ""))
    ]


def summary(html: str) -> str:
    """The text before the marker, whole elements alone; '' where there is no marker. Ids and
    footnotes' numbers stay behind, since a list of posts shows many summaries on one page."""
    match = _MORE.search(html) if "<!--" in html else None
    if match is None:
        return ""
    from bs4 import BeautifulSoup  # few posts need it, and it takes a while to load

    tree = BeautifulSoup(html[: match.start()], "html.parser")
    for note in tree.select("sup[id^=fnref]"):
        note.decompose()
    for tag in tree.find_all(True):
        del tag["id"]
        if tag.name in ("p", "li") and not tag.get_text(strip=True) and not tag.find("img"):
            tag.decompose()
    return str(tree).strip()


def date_empty_feed(_context: Any, feed: Any) -> None:
    """A feed without entries has no date of its own; the library would take the clock's."""
    if not feed.items:
        feed.latest_post_date = lambda: datetime.fromtimestamp(0, UTC)


def _is_own(image: str) -> bool:
    return bool(image) and not re.match(r"[a-z][a-z0-9+.-]*:|//", image, re.I)


def prepare_generator(generator: Any) -> None:
    """The fragment is at hand in every theme."""
    offer(generator.env, TEMPLATES, generator.settings)


def register() -> None:
    """Connect to Pelican's signals."""
    signals.initialized.connect(check_settings)
    signals.generator_init.connect(prepare_generator)
    signals.generator_init.connect(look_at_clock)
    signals.article_generator_context.connect(hold_back)
    signals.page_generator_context.connect(hold_back)
    signals.all_generators_finalized.connect(gather)
    signals.article_writer_finalized.connect(write_list)
    signals.article_generator_finalized.connect(complete)
    signals.feed_generated.connect(date_empty_feed)
