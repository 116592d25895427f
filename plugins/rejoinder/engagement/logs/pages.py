"""A request's address: a page, a feed, or neither. Pure."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

LONGEST = 500


class Asked(StrEnum):
    """What a request asks for."""

    PAGE = "page"
    FEED = "feed"
    OTHER = "asset"
    DESK = "desk"
    TOO_LONG = "too-long"


class Target(NamedTuple):
    """What was asked for, and its path, decoded."""

    asked: Asked
    path: str = ""


_FEED = re.compile(r"(\.atom|\.rss|(^|[/.])(atom|rss|feed|index)\.xml|/(feed|rss|atom)/?"
                   r"|(^|/)feed\.json)$")  # fmt: skip
_DESK = re.compile(r"/(reply|webmention|pingback|seen|drafts)(/|$)", re.I)
"""The desk's addresses, which hold tokens, and those of drafts: nobody's to keep."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\u2028\u2029\ufffd]")


def target_of(address: str) -> Target:
    """What an address of a request line asks for. Its query goes, `index.html` and doubled
    slashes too; percent-encoding is undone."""
    if not address.startswith("/"):
        try:
            address = urlsplit(address).path if "://" in address[:8] else ""
        except ValueError:
            address = ""
    path = unquote(address.partition("?")[0].partition("#")[0], errors="replace")
    path = re.sub("//+", "/", path).removesuffix("index.html")
    if not path.startswith("/") or _CONTROLS.search(path):
        return Target(Asked.OTHER)
    if _DESK.search(path):
        return Target(Asked.DESK)
    if len(path) > LONGEST:
        return Target(Asked.TOO_LONG)
    if _FEED.search(path.lower()):
        return Target(Asked.FEED, path)
    last = path.rpartition("/")[2]
    _, dot, ending = last.rpartition(".")
    if dot and ending.lower() not in ("html", "htm"):
        return Target(Asked.OTHER)
    return Target(Asked.PAGE, path)
