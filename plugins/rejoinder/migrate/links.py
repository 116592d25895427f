"""Links inside posts: those to the site itself lead to files of the site. No I/O of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from posixpath import splitext
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

from rejoinder.migrate.permalinks import own_path
from rejoinder.migrate.survey import Post, Survey

Media = Callable[[str], str | None]
"""From the address of an upload to its path below `content/`; None when it is not there."""

ATTRIBUTES = ("href", "src", "poster", "data")
"""Those that hold a link."""

_UPLOADS = "wp-content/uploads/"
_ID = re.compile(r"(?:^|&)(?:p|page_id)=(\d+)(?:&|$)")
_TAIL = re.compile(r"/(?:comment-page-\d+|feed|trackback|amp)$")
# Pelican reads some files as posts, and a server runs or hides others.
_UNFIT = frozenset({".md", ".markdown", ".mkd", ".mdown", ".rst", ".html", ".htm", ".php", ""})


def rewrite(soup: BeautifulSoup, survey: Survey, media: Media) -> None:
    """Turn links to the site's own posts into `{filename}` links, and those to its uploads, where
    they are at hand, into `{static}` links. All others stay to the letter."""
    retarget(soup, lambda link: _target(link, survey, media))


def retarget(soup: BeautifulSoup, target: Callable[[str], str | None]) -> None:
    """Let links lead where `target` says; those of which it says None stay to the letter."""
    for tag in soup.find_all(True):
        for name in ATTRIBUTES:
            value = tag.get(name)
            if isinstance(value, str) and (made := target(value)):
                tag[name] = made


def _target(link: str, survey: Survey, media: Media) -> str | None:
    if not link.startswith(("http://", "https://", "//", "/")):
        return None
    try:
        parts = urlsplit(link)
        path = own_path(link, survey.bases)
    except ValueError:
        return None
    if path is None:
        return None
    if path.startswith(_UPLOADS):
        place = media(link)
        return f"{{static}}/{place}" if place else None
    post = find(path, survey)
    if post is None or re.search(r"[\s\"'<>]", post.path):
        return None
    return f"{{filename}}/{post.path}" + (f"#{parts.fragment}" if parts.fragment else "")


def find(path: str, survey: Survey) -> Post | None:
    """The public post that a path below the blog's address stands for."""
    path, _, query = path.partition("?")
    if found := _ID.search(query):
        return survey.by_address.get(f"?{found[1]}")
    if not path.strip("/"):
        return None
    return survey.by_address.get(_TAIL.sub("", path.rstrip("/")))


def upload_path(url: str, bases: list[str]) -> str | None:
    """Where an upload belongs below `content/`: the path it had. None for what is none, for a
    path that climbs or hides, and for a kind of file that must not be served from there."""
    try:
        path = own_path(url, bases)
    except ValueError:
        return None
    path = unquote(path.partition("?")[0]) if path else ""
    parts = path.split("/")
    if not path.startswith(_UPLOADS) or re.search(r"[\x00-\x1f\x7f\\:*?\"<>|]", path):
        return None
    if any(not part or part.startswith(".") or len(part.encode()) > 200 for part in parts):
        return None
    return None if splitext(parts[-1])[1].lower() in _UNFIT else path
