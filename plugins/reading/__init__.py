"""Pelican adapter: what helps to read a post, and to go on from it.

Gives every article and page `contents` and `reading_time`, every article `neighbours`, `part` (its
place in its series) and `related`, the context `share_links`, and the fragments
`rejoinder/contents.html`, `series.html`, `neighbours.html`, `related.html` and `share_links.html`.
Settings: `docs/settings.md`. It reads no file and opens no connection.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pelican import signals

from rejoinder.fragments import offer

from .attach import attach, typeset_title
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
    signals.content_object_init.connect(typeset_title)
    signals.all_generators_finalized.connect(attach)
