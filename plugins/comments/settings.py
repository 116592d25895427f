"""The adapter's settings: their defaults and what they must be."""

from __future__ import annotations

from typing import Any

from rejoinder.comments.portraits import FOLDER as PORTRAITS
from rejoinder.comments.verified import is_provider
from rejoinder.comments.view import wish
from rejoinder.errors import SiteError
from rejoinder.posts import OWN_FOLDERS
from rejoinder.tables import fill_in

SETTINGS: dict[str, Any] = {
    "COMMENTS_DEFAULT": "open",
    "COMMENTS_MAX_DEPTH": 5,
    "COMMENTS_PAGE_SIZE": 0,
    "COMMENTS_ORDER": "oldest",
    "COMMENTS_TWO_ORDERS": 10,
    "COMMENTS_CLOSE_AFTER_DAYS": 0,
    "COMMENTS_REPLY_URL": "",
    "COMMENTS_AGREE": False,
    "COMMENTS_PORTRAITS": "initial",
    "COMMENTS_SIGN_IN": [],
    "COMMENTS_GRAVATAR": False,
    "COMMENTS_WEBMENTION_URL": "",
    "COMMENTS_PINGBACK_URL": "",
    "COMMENTS_BEACON": False,
    "COMMENTS_DATE_FORMAT": "",
    "COMMENTS_FEED_ATOM": "feeds/comments.atom.xml",
    "COMMENTS_FEED_JSON": "feeds/comments.json",
    "COMMENTS_FEED_ITEMS": 50,
    "COMMENTS_POST_FEEDS": True,
    "COMMENTS_RECENT": 5,
    "COMMENTS_STYLESHEET": "theme/rejoinder.css",
}
"""Every setting and its default; each is described in docs/settings.md."""


def check_settings(pelican: Any) -> None:
    """Fill in the defaults and refuse what can't be. Raises SiteError before anything is built."""
    settings = pelican.settings
    fill_in(settings, SETTINGS)
    if settings["COMMENTS_ORDER"] not in ("oldest", "newest"):
        raise SiteError(
            f"COMMENTS_ORDER is {settings['COMMENTS_ORDER']!r}", where="settings",
            mend="Use 'oldest' or 'newest'.",
        )  # fmt: skip
    if settings["COMMENTS_PORTRAITS"] not in ("initial", "pattern", "none"):
        raise SiteError(
            f"COMMENTS_PORTRAITS is {settings['COMMENTS_PORTRAITS']!r}", where="settings",
            mend="Use 'initial', 'pattern' or 'none'.",
        )  # fmt: skip
    if settings["COMMENTS_MAX_DEPTH"] not in range(1, 21):
        raise SiteError("COMMENTS_MAX_DEPTH is not 1 to 20", where="settings")
    for name in ("PAGE_SIZE", "TWO_ORDERS", "CLOSE_AFTER_DAYS", "FEED_ITEMS", "RECENT"):
        if settings[f"COMMENTS_{name}"] not in range(1_000_000):
            raise SiteError(f"COMMENTS_{name} is not 0 to 999999", where="settings")
    wish(settings["COMMENTS_DEFAULT"], "settings: COMMENTS_DEFAULT")
    for name in settings["COMMENTS_SIGN_IN"]:
        if not (isinstance(name, str) and is_provider(name)):
            raise SiteError(f"COMMENTS_SIGN_IN holds {name!r}", where="settings")
    if PORTRAITS not in settings["STATIC_PATHS"]:
        settings["STATIC_PATHS"] = [*settings["STATIC_PATHS"], PORTRAITS]
    for name in ("ARTICLE_EXCLUDES", "PAGE_EXCLUDES"):  # Pelican would read them as articles
        settings[name] = [*settings[name], *sorted(OWN_FOLDERS - set(settings[name]))]
