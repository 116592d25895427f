"""Pelican adapter: discussions under posts and pages.

Gives every article `article.thread` (and every page that has a `Thread:`), the context
`recent_comments` and `comments_feeds`, the filter `comment_date`, and the template
fragments `rejoinder/*.html`; writes the pages of paged threads and the comment feeds.
Settings: `docs/settings.md`. It reads `content/comments/` and touches nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pelican import signals

from rejoinder.fragments import dates, offer

from .discussions import attach_threads, go_ahead
from .output import write_discussions
from .settings import SETTINGS, check_settings

__all__ = ["SETTINGS", "register"]

TEMPLATES = Path(__file__).parent / "templates"


def prepare_generator(generator: Any) -> None:
    """The fragments are at hand in every theme."""
    offer(generator.env, TEMPLATES, generator.settings)
    generator.env.filters["comment_date"] = dates(
        generator.settings, "moment", generator.settings["COMMENTS_DATE_FORMAT"]
    )


def sort_files(generator: Any) -> None:
    """Read files in the order of their names. Pelican reads them in a set's, so that posts of
    one date would change places from build to build; every later sort is stable."""
    get_files = generator.get_files

    def sorted_files(*args: Any, **kwargs: Any) -> list[str]:
        return sorted(get_files(*args, **kwargs))

    generator.get_files = sorted_files


def register() -> None:
    """Connect to Pelican's signals."""
    signals.initialized.connect(check_settings)
    signals.generator_init.connect(prepare_generator)
    signals.article_generator_init.connect(sort_files)
    signals.page_generator_init.connect(sort_files)
    signals.article_generator_preread.connect(go_ahead)
    signals.all_generators_finalized.connect(attach_threads)
    signals.article_writer_finalized.connect(write_discussions)
