"""Pelican adapter: a page that searches posts and comments, and the index that it reads.

Gives the context `search_url` ('' where SEARCH_URL is empty), and the fragment
`rejoinder/search.html`, a form that leads to the page. Settings: `docs/settings.md`. The index is
static files; only the search page's script reads them, when somebody searches.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader
from pelican import signals

from .output import gather, write_search
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
    signals.all_generators_finalized.connect(gather)
    signals.article_writer_finalized.connect(write_search)
