"""Pelican adapter: a page that searches posts and comments, and the index that it reads.

Gives the context `search_url` ('' where SEARCH_URL is empty), and the fragment
`rejoinder/search.html`, a form that leads to the page. Settings: `docs/settings.md`. The index is
static files; only the search page's script reads them, when somebody searches.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pelican import signals

from rejoinder.fragments import offer

from .output import gather, write_search
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
    signals.all_generators_finalized.connect(gather)
    signals.article_writer_finalized.connect(write_search)
