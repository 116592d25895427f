"""Pelican with our plugins, and without: the same theme, the same extensions, the same pages."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from typing import Any

from bench.corpus import Post
from bench.machine import ROOT, Cost, timed
from bench.peers.peer import SITES, Peer
from rejoinder.site import CONTENT_VARIABLE

SETTINGS: dict[str, Any] = {
    "THEME": str(SITES / "pelican"),
    "ARTICLE_PATHS": ["posts"],
    "PAGE_PATHS": [],
    "STATIC_PATHS": [],
    "DIRECT_TEMPLATES": ["index"],
    "AUTHOR_SAVE_AS": "",
    "CATEGORY_FEED_ATOM": None,
    "DEFAULT_DATE_FORMAT": "%Y-%m-%d",
    "DELETE_OUTPUT_DIRECTORY": False,
    "COMMENTS_DATE_FORMAT": "%Y-%m-%d %H:%M",
    "COMMENTS_FEED_ATOM": "",
    "COMMENTS_FEED_JSON": "",
    "COMMENTS_POST_FEEDS": False,
    "COMMENTS_REPLY_URL": "",
    "COMMENTS_STYLESHEET": "",
    "COMMENTS_TWO_ORDERS": 0,
}
"""What makes the site that all build, beside the demo's own settings."""


class _Pelican(Peer):
    family = "pelican"
    plugins: Sequence[str]
    places: Sequence[str]

    def take(self, post: Post) -> None:
        """It reads the content folder itself."""

    def remembered(self) -> Sequence[str]:
        return ("output", "state.sqlite", "state.sqlite-wal", "state.sqlite-shm")

    def build(self) -> Cost:
        """Build as `invoke build` does, which gives a new process its order."""
        order = {"settings": str(ROOT / "publishconf.py"), "overrides": self.settings()}
        words = [sys.executable, "-m", "rejoinder.building"]
        env = {CONTENT_VARIABLE: str(self.content)}
        return timed(words, ROOT, json.dumps(order), env)

    def settings(self) -> dict[str, Any]:
        return {
            **SETTINGS,
            "PATH": str(self.content),
            "OUTPUT_PATH": str(self.output),
            "PLUGINS": self.plugins,
            "PLUGIN_PATHS": self.places,
            "INCREMENTAL_STATE": str(self.folder / "state.sqlite"),
        }


class Ours(_Pelican):
    """Pelican with `posts`, `comments` and `incremental`."""

    name = "ours"
    plugins = ("posts", "comments", "incremental")
    places = (str(ROOT / "plugins"),)

    def lose_output(self) -> None:
        """Remove what was built, and leave what is remembered."""
        shutil.rmtree(self.output)


class Stock(_Pelican):
    """Pelican with a plugin of the benchmark's that reads comments and calls `markdown.markdown` on
    each, as a site's filter does."""

    name = "pelican"
    plugins = ("stock",)
    places = (str(SITES / "pelican" / "plugins"),)
    one_parser = False

    def settings(self) -> dict[str, Any]:
        return {**super().settings(), "STOCK_ONE_PARSER": self.one_parser}


class StockOneParser(Stock):
    """The same with one parser for all comments: the best that can be had without another."""

    name = "pelican, 1 p."
    one_parser = True
