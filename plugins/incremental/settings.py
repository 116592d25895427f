"""The adapter's settings: their defaults and what they must be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rejoinder.tables import fill_in

SETTINGS: dict[str, Any] = {
    "INCREMENTAL": True,
    "INCREMENTAL_STATE": "",
    "INCREMENTAL_WORKERS": 0,
    "INCREMENTAL_EXPLAIN": False,
    "INCREMENTAL_KEEP_PAGES": True,
}
"""Every setting and its default; each is described in docs/settings.md."""

VOLATILE = frozenset({
    "OUTPUT_PATH", "PATH", "THEME", "PLUGIN_PATHS", "PLUGINS", "CACHE_PATH", "CACHE_CONTENT",
    "LOAD_CONTENT_CACHE", "DELETE_OUTPUT_DIRECTORY", "OUTPUT_RETENTION", "LOG_FILTER", "DEBUG",
    "PORT", "BIND", "THEME_TEMPLATES_OVERRIDES", *SETTINGS,
})  # fmt: skip
"""Settings that say where or how a site is built. What is found there counts, by itself; a page
that is given one of them is told apart by it."""


def check_settings(settings: dict[str, Any]) -> None:
    """Fill in the defaults. Raises SiteError for a value of another type."""
    fill_in(settings, SETTINGS)


def state_file(settings: dict[str, Any]) -> Path:
    """Where the state is kept."""
    named = settings["INCREMENTAL_STATE"]
    return Path(named) if named else Path(settings["CACHE_PATH"]) / "incremental.sqlite"
