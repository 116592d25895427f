"""Cards are drawn: those that are made of something else than before."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pelican.utils import sanitised_join
from xxhash import xxh3_128_digest

from rejoinder.atomic import write_if_other
from rejoinder.errors import SiteError
from rejoinder.sharing.card import Card, Look, fingerprint
from rejoinder.sharing.drawing import draw

from .settings import look_of

logger = logging.getLogger(__name__)


def write_cards(generator: Any, writer: Any) -> None:
    """Draw the cards of a build. A writer that knows what it wrote before draws, with all
    processors, only what is new."""
    settings, cards = generator.settings, generator.context["cards"]
    if not cards:
        return
    look, drawn_by = look_of(settings), version("pillow")
    font = xxh3_128_digest(look.font.read_bytes())
    write_made = getattr(writer, "write_made", None)
    for path, card in cards.items():
        if write_made:
            print = fingerprint(card, look, font, drawn_by)
            write_made(path, print, _drawer(card, look), is_all=True)
            continue
        target = Path(sanitised_join(settings["OUTPUT_PATH"], path))
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            write_if_other(target, draw(card, look), durable=False)
        except SiteError as error:
            logger.error("%s", error)
            return


def _drawer(card: Card, look: Look) -> Callable[[], bytes]:
    return lambda: draw(card, look)
