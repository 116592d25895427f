"""Pelican adapter: the texts of pages, each in the page's language.

Gives templates `translate`, `translate_count`, `in_language` and filters for dates
(docs/themes.md), as every adapter with fragments does; refuses a catalogue of the site's that can't
be used before anything is built; and notes languages that no catalogue is of. No settings; it
reads `content/languages/` and opens no connection.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pelican import signals

from rejoinder.fragments import equip
from rejoinder.languages.catalogues import Catalogues

logger = logging.getLogger(__name__)


def check(pelican: Any) -> None:
    """Read the site's own catalogues. Raises SiteError where one can't be used."""
    catalogues = Catalogues(Path(pelican.settings["PATH"]))
    for language in catalogues.own():
        catalogues.texts(language)


def prepare_generator(generator: Any) -> None:
    """The functions are at hand in every template."""
    equip(generator.env, generator.settings)


def note_unknown(generators: Iterable[Any]) -> None:
    """Say of which languages there are no texts."""
    generators = list(generators)
    settings, content = generators[0].settings, generators[0].context["generated_content"]
    used = {one.lang for one in content.values() if one is not None and hasattr(one, "lang")}
    catalogues = Catalogues(Path(settings["PATH"]))
    for language in sorted({settings["DEFAULT_LANG"], *used}):
        if not catalogues.knows(language):
            logger.warning(
                "there are no texts in the language %r: what its pages say beside your words is in "
                "English; content/languages/%s.po can give it (docs/languages.md)",
                language, language,
            )  # fmt: skip


def register() -> None:
    """Connect to Pelican's signals."""
    signals.initialized.connect(check)
    signals.generator_init.connect(prepare_generator)
    signals.all_generators_finalized.connect(note_unknown)
