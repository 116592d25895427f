"""A built site made readable from a folder without a server: each link to a page of its own leads
to a file, by a relative path; what isn't among its files leads to the site on the web."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Set
from html import escape, unescape
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

_LINK = re.compile(r"""(\s(?:href|src|action|poster|content|data-[\w-]+)=)(["'])(.*?)\2""", re.S)
_SET = re.compile(r"""(\ssrcset=)(["'])(.*?)\2""", re.S)
_IN_CSS = re.compile(r"""url\(\s*(["']?)([^"')]+)\1\s*\)""")


def make_readable(folder: Path, url: str) -> int:
    """Rewrite the pages and stylesheets of a site that was built for `url`; how many were. Raises
    OSError."""
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    links = _Links(url, files)
    changed = 0
    for name in sorted(files):
        rewrite = {".html": links.html, ".css": links.css}.get(Path(name).suffix)
        if rewrite is None:
            continue
        path = folder / name
        before = path.read_text("utf-8")
        after = rewrite(before, name)
        if after != before:
            path.write_text(after, "utf-8")
            changed += 1
    return changed


class _Links:
    def __init__(self, url: str, files: Set[str]) -> None:
        self.url = url.rstrip("/")
        self.base = urlsplit(self.url).path.rstrip("/")
        self.files = files

    def html(self, text: str, page: str) -> str:
        """A page with its links led to files."""

        def lead(match: re.Match[str]) -> str:
            link = unescape(match[3])
            if not link.startswith(("/", f"{self.url}/")) and link != self.url:
                return match[0]
            return f"{match[1]}{match[2]}{escape(self.led(link, page))}{match[2]}"

        def lead_all(match: re.Match[str]) -> str:
            each = (part.split() for part in unescape(match[3]).split(","))
            led = ", ".join(" ".join((self.led(p[0], page), *p[1:])) for p in each if p)
            return f"{match[1]}{match[2]}{escape(led)}{match[2]}"

        return _SET.sub(lead_all, _LINK.sub(lead, text))

    def css(self, text: str, sheet: str) -> str:
        """A stylesheet with its links led to files."""
        return _IN_CSS.sub(lambda match: f"url({match[1]}{self.led(match[2], sheet)}{match[1]})",
                           text)  # fmt: skip

    def led(self, link: str, page: str) -> str:
        """Where a link of a file leads: to another file where there is one, else to the web."""
        is_own = bool(self.url) and (link == self.url or link.startswith(f"{self.url}/"))
        bare = self.base + (link[len(self.url) :] or "/") if is_own else link
        if not bare.startswith("/") or bare.startswith("//"):
            return link
        parts = urlsplit(bare)
        path = unquote(parts.path.removeprefix(self.base)).lstrip("/")
        for name in (path, f"{path.rstrip('/')}/index.html".lstrip("/")):
            if name in self.files:
                to = quote(posixpath.relpath(name, posixpath.dirname(page) or "."))
                return f"{to}#{parts.fragment}" if parts.fragment else to
        return f"{self.url}{bare.removeprefix(self.base)}" if self.url else link
