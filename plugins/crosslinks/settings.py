"""The adapter's settings: their defaults and what they must be."""

from __future__ import annotations

from typing import Any

from rejoinder.errors import SiteError
from rejoinder.tables import fill_in

SETTINGS: dict[str, Any] = {
    "CROSSLINKS_STREAM_URL": "elsewhere/",
    "CROSSLINKS_STREAM_PAGE_SIZE": 50,
    "CROSSLINKS_AUTHOR_STREAM": 20,
    "CROSSLINKS_OPML": "elsewhere/profiles.opml",
    "CROSSLINKS_COVERAGE_URL": "",
    "CROSSLINKS_IN_FEEDS": True,
    "CROSSLINKS_DATE_FORMAT": "",
}
"""Every setting and its default; each is described in docs/settings.md."""


def check_settings(pelican: Any) -> None:
    """Fill in the defaults and refuse what can't be. Raises SiteError before anything is built."""
    settings = pelican.settings
    fill_in(settings, SETTINGS)
    for name in ("STREAM_URL", "COVERAGE_URL"):
        value = settings[f"CROSSLINKS_{name}"]
        if value and not value.endswith("/"):
            raise SiteError(f"CROSSLINKS_{name} is {value!r}", where="settings",
                            mend="It ends with a slash, like 'elsewhere/'.")  # fmt: skip
    if settings["CROSSLINKS_STREAM_PAGE_SIZE"] not in range(1, 1_000_000):
        raise SiteError("CROSSLINKS_STREAM_PAGE_SIZE is not 1 to 999999", where="settings")
    if settings["CROSSLINKS_AUTHOR_STREAM"] not in range(1_000_000):
        raise SiteError("CROSSLINKS_AUTHOR_STREAM is not 0 to 999999", where="settings")
