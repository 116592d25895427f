"""The adapter's settings: their defaults and what they must be."""

from __future__ import annotations

from typing import Any

from rejoinder.errors import SiteError
from rejoinder.tables import fill_in

SETTINGS: dict[str, Any] = {
    "READING_CONTENTS_MINUTES": 5,
    "READING_CONTENTS_HEADINGS": 3,
    "READING_CONTENTS_DEPTH": 2,
    "READING_QUOTES": True,
    "READING_RELATED": 3,
    "READING_SHARE": ["mastodon", "bluesky", "linkedin", "x", "hackernews", "email"],
    "READING_WORDS_PER_MINUTE": 0,
}
"""Every setting and its default; each is described in docs/settings.md."""

QUOTES = "rejoinder.reading.quotes"
"""The extension of Markdown's that typesets quotation marks."""

_LEAST = {"READING_CONTENTS_DEPTH": 1, "READING_CONTENTS_HEADINGS": 1}


def check_settings(pelican: Any) -> None:
    """Fill in the defaults and refuse what can't be. Raises SiteError before anything is built."""
    settings = pelican.settings
    fill_in(settings, SETTINGS)
    for name, default in SETTINGS.items():
        least = _LEAST.get(name, 0)
        if isinstance(default, int) and settings[name] < least:
            raise SiteError(f"{name} is less than {least}", where="settings")
    if settings["READING_QUOTES"]:
        markdown = settings["MARKDOWN"]
        configured = markdown.setdefault("extension_configs", {})
        others = (str(name) for name in (*markdown.get("extensions", ()), *configured))
        if settings["TYPOGRIFY"] or any("smarty" in name for name in others):
            settings["READING_QUOTES"] = False  # the site has had its own way of doing it
        else:
            configured.setdefault(QUOTES, {"language": settings["DEFAULT_LANG"]})
