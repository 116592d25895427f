"""The adapter's settings: their defaults and what they must be."""

from __future__ import annotations

from typing import Any

from rejoinder.errors import SiteError
from rejoinder.tables import fill_in

SETTINGS: dict[str, Any] = {"POSTS_SCHEDULED": True, "POSTS_DRAFTS_URL": ""}
"""Every setting and its default; each is described in docs/settings.md."""


def check_settings(pelican: Any) -> None:
    """Fill in the defaults and refuse what can't be. Raises SiteError before anything is built."""
    settings = pelican.settings
    fill_in(settings, SETTINGS)
    url = settings["POSTS_DRAFTS_URL"]
    if url and (url.startswith("/") or not url.endswith("/")):
        raise SiteError(
            f"POSTS_DRAFTS_URL is {url!r}", where="settings", mend="Write it like 'drafts/'."
        )
