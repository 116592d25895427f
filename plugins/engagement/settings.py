"""The adapter's settings: their defaults and what they must be."""

from __future__ import annotations

from typing import Any

from rejoinder.errors import SiteError
from rejoinder.tables import fill_in

SETTINGS: dict[str, Any] = {
    "ENGAGEMENT_URL": "engagement/",
    "ENGAGEMENT_NETWORK_URL": "network/",
}
"""Every setting and its default; each is described in docs/settings.md."""


def check_settings(pelican: Any) -> None:
    """Fill in the defaults and refuse what can't be. Raises SiteError before anything is built."""
    settings = pelican.settings
    fill_in(settings, SETTINGS)
    for name in ("ENGAGEMENT_URL", "ENGAGEMENT_NETWORK_URL"):
        value = settings[name]
        if value.startswith("/") or not value.endswith("/"):
            raise SiteError(
                f"{name} is {value!r}", where="settings", mend="Write it like engagement/."
            )
