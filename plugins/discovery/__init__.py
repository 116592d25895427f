"""Pelican adapter: how the site is found and followed.

Writes `sitemap.xml`, `robots.txt` and `llms.txt`, and gives all feeds a stylesheet, so that a
browser shows them as pages. Puts `feed_stylesheet` into the context, and the fragment
`rejoinder/robots.html` at hand. Settings: `docs/settings.md`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pelican import signals

from rejoinder.fragments import offer

from .output import prepare_feeds, style_feed, write_files
from .settings import SETTINGS, check_settings

__all__ = ["SETTINGS", "register"]

TEMPLATES = Path(__file__).parent / "templates"


def prepare_generator(generator: Any) -> None:
    """The fragments are at hand in every theme."""
    offer(generator.env, TEMPLATES, generator.settings)


def register() -> None:
    """Connect to Pelican's signals."""
    signals.initialized.connect(check_settings)
    signals.generator_init.connect(prepare_generator)
    signals.all_generators_finalized.connect(prepare_feeds)
    signals.feed_generated.connect(style_feed)
    signals.article_writer_finalized.connect(write_files)
