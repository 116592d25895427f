"""The adapter's settings: their defaults and what they must be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rejoinder.errors import SiteError
from rejoinder.sharing.card import FONT, Look
from rejoinder.tables import fill_in

SETTINGS: dict[str, Any] = {
    "CARDS": True,
    "CARDS_URL": "cards/",
    "CARDS_PAPER": "#fcfcfa",
    "CARDS_INK": "#1e211f",
    "CARDS_SOFT": "#5a605b",
    "CARDS_ACCENT": "#0d5f4e",
    "CARDS_FONT": "",
}
"""Every setting and its default; each is described in docs/settings.md."""


def check_settings(pelican: Any) -> None:
    """Fill in the defaults and refuse what can't be. Raises SiteError before anything is built."""
    settings = pelican.settings
    fill_in(settings, SETTINGS)
    url = settings["CARDS_URL"]
    if url.startswith("/") or not url.endswith("/") or ".." in url.split("/"):
        raise SiteError(f"CARDS_URL is {url!r}", where="settings", mend="Write it like cards/.")
    for name in ("PAPER", "INK", "SOFT", "ACCENT"):
        colour = settings[f"CARDS_{name}"]
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
            raise SiteError(f"CARDS_{name} is {colour!r}", where="settings",
                            mend="Write a colour like #0d5f4e.")  # fmt: skip


def look_of(settings: dict[str, Any]) -> Look:
    """How cards look; a font of the site's own is named from the content folder on."""
    named = settings["CARDS_FONT"]
    font = Path(settings["PATH"], named) if named else FONT
    return Look(settings["CARDS_PAPER"], settings["CARDS_INK"], settings["CARDS_SOFT"],
                settings["CARDS_ACCENT"], font)  # fmt: skip
