"""Links and anchors inside the built site."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from html import unescape
from pathlib import Path
from posixpath import join, normpath
from urllib.parse import SplitResult, unquote, urlsplit

from rejoinder.check.problem import Problem, problem_at

REPLY_DESK = ("/reply", "/webmention", "/pingback")

_TAG = re.compile(r"<([a-zA-Z][^\s/>]*+)((?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*)>")
_ATTRIBUTE = re.compile(r"([^\s=\"'/]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+))")
# The addresses of a srcset, as HTML's "parse a srcset attribute" splits it.
_SRCSET = re.compile(r"[\s,]*(\S*[^\s,])(?:\s[^,]*)?(?:,|$)")
_SCRIPT = re.compile(r"<(script|style|textarea)\b.*?</\1\s*>|<!--.*?-->", re.S | re.I)


class Page:
    """The addresses that a page names, with their lines, and the ids in it."""

    def __init__(self, html: str) -> None:
        self.ids: set[str] = set()
        self.links: list[tuple[str, int]] = []
        html = _SCRIPT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), html)
        at, line = 0, 1
        for tag in _TAG.finditer(html):
            line += html.count("\n", at, tag.start())
            at = tag.start()
            for name, *values in _ATTRIBUTE.findall(tag[2]):
                self._add(
                    tag[1].lower(), name.lower(), unescape(next(filter(None, values), "")), line
                )

    def _add(self, tag: str, name: str, value: str, line: int) -> None:
        if name == "id" or (name == "name" and tag == "a"):
            self.ids.add(value)
        elif name in ("href", "src", "poster"):
            self.links.append((value, line))
        elif name == "srcset":
            self.links += [(found, line) for found in _SRCSET.findall(value)]

    def has(self, fragment: str) -> bool:
        """Whether a browser finds the place: an id, the page's top, or the words of a text
        fragment (`#:~:text=`), which are not looked for."""
        fragment = fragment.partition(":~:")[0]
        return not fragment or fragment.lower() == "top" or fragment in self.ids


def check(output: Path, site_url: str, ignore: Collection[str] = REPLY_DESK) -> Iterator[Problem]:
    """Each internal address in `output` that leads to no file, or to no such place in its page.

    `site_url` is the site's own address, which counts as internal; `ignore` are paths that a
    service answers.
    """
    files = {p.relative_to(output).as_posix() for p in output.rglob("*") if p.is_file()}
    pages: dict[str, Page] = {}
    for name in sorted(files):
        if name.endswith(".html"):
            try:
                pages[name] = Page((output / name).read_text("utf-8", "replace"))
            except OSError as error:
                yield problem_at(output / name, error)
    for name, page in pages.items():
        said: set[str] = set()
        for address, line in page.links:
            target = internal(address, name, site_url)
            if target is None or address in said:
                continue
            path, fragment = target
            if any(path == skip.strip("/") or path.startswith(skip.strip("/") + "/")
                   for skip in ignore):  # fmt: skip
                continue
            found = resolve(path, files)
            if found is None:
                what = f"the link {address!r} leads to no file"
            elif fragment and found in pages and not pages[found].has(fragment):
                what = f"the link {address!r} leads to a page without that anchor"
            else:
                continue
            said.add(address)
            yield Problem(str(output / name), line, what)


def internal(address: str, page: str, site_url: str) -> tuple[str, str] | None:
    """The path below the site and the fragment that `address` on `page` means; None for what
    isn't this site's. Pure."""
    try:
        parts, base = urlsplit(address.strip(" \t\r\n\f")), urlsplit(site_url)
        elsewhere = bool(parts.netloc) and _host(parts) != _host(base)
    except ValueError:
        return None
    if parts.scheme not in ("", "http", "https") or (parts.scheme and not parts.netloc):
        return None
    path, prefix = unquote(parts.path), base.path.rstrip("/")
    below = (path + "/").startswith(prefix + "/")
    if elsewhere or (parts.netloc and prefix and not below):
        return None
    if prefix and below:
        path = path[len(prefix) :] or "/"
    elif parts.netloc:
        path = path or "/"
    if not path:
        return page, unquote(parts.fragment)
    joined = normpath(path if path.startswith("/") else join("/", page, "..", path)).lstrip("/")
    return joined + ("/" if path.endswith("/") and joined else ""), unquote(parts.fragment)


def _host(parts: SplitResult) -> tuple[str | None, int | None]:
    return parts.hostname, None if parts.port in (80, 443) else parts.port


def resolve(path: str, files: Collection[str]) -> str | None:
    """The file that a static host answers `path` with. Pure."""
    for name in (path, path.rstrip("/") + "/index.html"):
        if name.lstrip("/") in files:
            return name.lstrip("/")
    return None
