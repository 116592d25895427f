"""Pelican adapter: how the site is found and followed.

Writes `sitemap.xml`, `robots.txt` and `llms.txt`, and gives all feeds a stylesheet, so that a
browser shows them as pages. Puts `feed_stylesheet` into the context, and the fragment
`rejoinder/robots.html` at hand. Settings: `docs/settings.md`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader
from pelican import signals

from .output import prepare_feeds, style_feed, write_files
from .settings import SETTINGS, check_settings

__all__ = ["SETTINGS", "register"]

TEMPLATES = Path(__file__).parent / "templates"


def prepare_generator(generator: Any) -> None:
    """Offer the fragments after the theme's own templates, so that a theme always wins."""
    generator.env.loader = ChoiceLoader([generator.env.loader, FileSystemLoader(TEMPLATES)])


def register() -> None:
    """Connect to Pelican's signals."""
    signals.initialized.connect(check_settings)
    signals.generator_init.connect(prepare_generator)
    signals.all_generators_finalized.connect(prepare_feeds)
    signals.feed_generated.connect(style_feed)
    signals.article_writer_finalized.connect(write_files)
