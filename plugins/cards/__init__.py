"""Pelican adapter: what other programs are told of a page, and the card of each post.

Gives the context `share` (`rejoinder.sharing.view.Sharing`), every article `article.share_image`,
every author `author.person`, and the fragments `rejoinder/share.html` and `rejoinder/schema.html`;
draws a PNG for each post, which is shown where somebody links to it. Put it after `authors`.
Settings: `docs/settings.md`. It opens no connection.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pelican import signals

from rejoinder.fragments import offer

from .output import write_cards
from .settings import SETTINGS, check_settings
from .shared import attach

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
    signals.article_writer_finalized.connect(write_cards)
