"""Pelican adapter: pages that a strict policy lets through, and files that browsers may keep.

Gives templates `assets`: the theme's files by their own paths, each with a digest of its content in
its name; writes the files under these names too, stylesheets and scripts without comments and
spaces. Gives them `inlined`: small pictures of the theme's as data: URLs. Turns inline styles of
posts and pages into classes; the fragment `rejoinder/styles.html` links their stylesheet, the
context's `styles_sheet`.
Writes `_headers` for hosts that read it. No settings; see `docs/serving.md`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pelican import signals

from rejoinder.fragments import offer

from .files import find, write, write_headers
from .inline import clear

TEMPLATES = Path(__file__).parent / "templates"


def prepare_generator(generator: Any) -> None:
    """The fragment is at hand in every theme."""
    offer(generator.env, TEMPLATES, generator.settings)


def register() -> None:
    """Connect to Pelican's signals."""
    signals.generator_init.connect(prepare_generator)
    signals.content_object_init.connect(clear)
    signals.all_generators_finalized.connect(find)
    signals.article_writer_finalized.connect(write)
    signals.finalized.connect(write_headers)
