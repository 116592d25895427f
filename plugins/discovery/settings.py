"""The adapter's settings: their defaults and what they must be."""

from __future__ import annotations

from typing import Any

from rejoinder.errors import SiteError
from rejoinder.tables import fill_in

SETTINGS: dict[str, Any] = {
    "DISCOVERY_SITEMAP": "sitemap.xml",
    "DISCOVERY_ROBOTS": "robots.txt",
    "DISCOVERY_LLMS": "llms.txt",
    "DISCOVERY_LLMS_POSTS": 20,
    "DISCOVERY_EXCLUDES": ["404", "search"],
    "DISCOVERY_FEED_STYLESHEET": "theme/feed.css",
}
"""Every setting and its default; each is described in docs/settings.md."""

_ENDS = {"SITEMAP": ".xml", "ROBOTS": ".txt", "LLMS": ".txt", "FEED_STYLESHEET": ".css"}


def check_settings(pelican: Any) -> None:
    """Fill in the defaults and refuse what can't be. Raises SiteError before anything is built."""
    settings = pelican.settings
    fill_in(settings, SETTINGS)
    for name, end in _ENDS.items():
        value = settings[f"DISCOVERY_{name}"]
        if value and (value.startswith("/") or not value.endswith(end)):
            raise SiteError(
                f"DISCOVERY_{name} is {value!r}", where="settings",
                mend=f"Write it like {SETTINGS[f'DISCOVERY_{name}']!r}, or '' for none.",
            )  # fmt: skip
    if settings["DISCOVERY_LLMS_POSTS"] not in range(1_000_000):
        raise SiteError("DISCOVERY_LLMS_POSTS is not 0 to 999999", where="settings")
