"""A request's address: a page, a feed, or neither. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
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
_DESK = re.compile(r"/(reply|webmention|drafts)(/|$)")
"""Where a site's folder goes on so, it is the desk's or a draft's: nobody's to keep. The desk's
other doors take no GET."""

_TOKENS = re.compile(r"/reply/(status|mail|subscribe|desk)(/|$)")
"""What holds tokens is nobody's to keep wherever it stands: not every site says what its folder
is."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\u2028\u2029\ufffd]")


def target_of(address: str, folders: Collection[str] = ()) -> Target:
    """What an address of a request line asks for. Its query goes, `index.html` and doubled
    slashes too; percent-encoding is undone. `folders` are paths below which the site may be, in
    small letters, without a slash at their end."""
    if not address.startswith("/"):
        try:
            address = urlsplit(address).path if "://" in address[:8] else ""
        except ValueError:
            address = ""
    path = unquote(address.partition("?")[0].partition("#")[0], errors="replace")
    path = re.sub("//+", "/", path).removesuffix("index.html")
    if not path.startswith("/") or _CONTROLS.search(path):
        return Target(Asked.OTHER)
    if _is_desks(path.lower(), folders):
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


def _is_desks(path: str, folders: Collection[str]) -> bool:
    return bool(_TOKENS.search(path)) or any(
        _DESK.match(path.removeprefix(folder)) for folder in ("", *folders)
    )
