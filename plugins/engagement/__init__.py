"""Pelican adapter: a quiet line on each post, the dashboard, and the page of who takes part.

Gives every article `article.engagement`, and the context `network_url` and `dashboard_url`. Whether
the dashboard is public, and whether there is a page of who takes part, is said in `site.toml`
(docs/settings.md); a dashboard that isn't public is written to `private/engagement/`. It opens no
connection.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pelican import signals

from rejoinder.fragments import offer

from .figures import attach, write_pages
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
    signals.all_generators_finalized.connect(attach)
    signals.article_writer_finalized.connect(write_pages)
