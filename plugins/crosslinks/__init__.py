"""Pelican adapter: where posts were announced and discussed, and what their authors publish
elsewhere.

Gives every article `article.crosslinks`, every author with a file `author.elsewhere`, and the
context `elsewhere`; adds the links to the posts' entries in feeds; writes the stream pages, the
list of profiles as OPML, and the coverage page for the author. Settings: `docs/settings.md`. It
reads `content/crosslinks/` and `content/authors/`, and opens no connection.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pelican import signals

from rejoinder.fragments import dates, offer
from rejoinder.posts import OWN_FOLDERS

from .elsewhere import attach
from .output import add_to_feed, write_pages
from .settings import SETTINGS, check_settings

__all__ = ["SETTINGS", "register"]

TEMPLATES = Path(__file__).parent / "templates"


def prepare_generator(generator: Any) -> None:
    """The fragments are at hand in every theme."""
    offer(generator.env, TEMPLATES, generator.settings)
    generator.env.filters["elsewhere_date"] = dates(
        generator.settings, "day", generator.settings["CROSSLINKS_DATE_FORMAT"]
    )


def leave_out_own_folders(pelican: Any) -> None:
    """What is below `content/` and is no post."""
    for name in ("ARTICLE_EXCLUDES", "PAGE_EXCLUDES"):
        before = pelican.settings[name]
        pelican.settings[name] = [*before, *sorted(OWN_FOLDERS - set(before))]


def register() -> None:
    """Connect to Pelican's signals."""
    signals.initialized.connect(check_settings)
    signals.initialized.connect(leave_out_own_folders)
    signals.generator_init.connect(prepare_generator)
    signals.all_generators_finalized.connect(attach)
    signals.feed_generated.connect(add_to_feed)
    signals.article_writer_finalized.connect(write_pages)
