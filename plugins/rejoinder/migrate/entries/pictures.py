"""Files that posts show, brought along: copied where the export has them, fetched where they stand
elsewhere and that was asked for."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from pathlib import PurePosixPath
from urllib.parse import unquote

from rejoinder.errors import ImportFailed, RejoinderError
from rejoinder.migrate.delivery import Delivery
from rejoinder.migrate.entries.model import Blog
from rejoinder.migrate.permalinks import own_path, split
from rejoinder.posts import OWN_FOLDERS

Fetch = Callable[[str], bytes]
"""The bytes at an address. Raises RejoinderError."""

FILE, PICTURE = "file", "picture"
"""How the report counts what the export has, and what stands elsewhere."""

_RISKY = frozenset({".md", ".markdown", ".mkd", ".mdown", ".rst", ".html", ".htm", ".php", ""})
"""Endings of files that Pelican reads as posts, or that a server runs or hides."""
_PLAIN = re.compile(r"[^\w.~/@+=, -]+")
_MARKS = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif", b"RIFF": ".webp",
          b"<svg": ".svg", b"<?xml": ".svg"}  # fmt: skip


class Pictures:
    """The files of a blog, by the path or address that posts show them by.

    What only posts show that are not public goes to the private side. `elsewhere` counts pictures
    that were left where they are, by host.
    """

    def __init__(
        self, blog: Blog, source: str, public: Delivery, hidden: Delivery, fetch: Fetch | None
    ) -> None:
        self.blog = blog
        self.elsewhere: Counter[str] = Counter()
        self._source = source
        self._public = public
        self._hidden = hidden
        self._fetch = fetch
        self._report = public.report
        self._places: dict[str, str | None] = {}

    def place(self, what: str, is_public: bool) -> str | None:
        """The path below `content/` of what is shown; None where it can't be had."""
        if what not in self._places:
            bring = self._copied if what in self.blog.media else self._fetched
            self._places[what] = bring(what, is_public)
        return self._places[what]

    def count_unused(self) -> None:
        """Account for files that no post shows."""
        used = sum(place is not None for what, place in self._places.items()
                   if what in self.blog.media)  # fmt: skip
        if unused := len(self.blog.media) - used:
            self._report.became(FILE, "", "left out, no post shows it", unused)

    def _copied(self, path: str, is_public: bool) -> str | None:
        if PurePosixPath(path).suffix.lower() in _RISKY or self.blog.files is None:
            return None
        try:
            data = self.blog.files.read(self.blog.media[path])
        except ImportFailed as error:
            self._report.problem(None, error.what)
            return None
        return self._kept(FILE, path, path, data, is_public)

    def _fetched(self, address: str, is_public: bool) -> str | None:
        own = own_path(address, self.blog.bases)
        if self._fetch is None:
            self.elsewhere[split(address).hostname or ""] += own is None
            return None
        side = self._public if is_public else self._hidden
        before = side.ledger.get(f"media/{address}")
        if before is not None:
            self._report.found(PICTURE, "elsewhere")
            self._report.became(PICTURE, "elsewhere", "unchanged" if side.has(before.path) else
                                "deleted or moved by you, left so")  # fmt: skip
            return before.path if side.has(before.path) else None
        data = b"" if side.dry_run else self._bytes(address)
        if data is None:
            return None
        self._report.found(PICTURE, "elsewhere")
        name = own.partition("?")[0] if own else self._name(address, data)
        return self._kept(PICTURE, address, name, data, is_public)

    def _bytes(self, address: str) -> bytes | None:
        assert self._fetch is not None
        try:
            data = self._fetch(address)
        except (RejoinderError, OSError) as error:
            self._report.problem(None, f"{address} could not be fetched: {error}")
            return None
        if not data.lstrip().startswith(tuple(_MARKS)):
            self._report.problem(None, f"{address} is no picture, and was left where it is")
            return None
        return data

    def _name(self, address: str, data: bytes) -> str:
        """A name of its own for a picture that had its place on another host."""
        last = PurePosixPath(unquote(split(address).path)).name
        stem = re.sub(r"[^\w.-]+", "-", last.rpartition(".")[0] or last)[:60].strip("-.")
        ending = next((e for mark, e in _MARKS.items() if data.lstrip().startswith(mark)), ".jpg")
        short = hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()[:8]
        return f"images/{self._source}/{stem}-{short}{ending}".replace("/-", "/")

    def _kept(self, kind: str, what: str, name: str, data: bytes, is_public: bool) -> str:
        place = _PLAIN.sub("-", name)
        if place.partition("/")[0] in OWN_FOLDERS:
            place = f"files/{place}"
        key = f"media/{what}"
        if is_public:
            became = str(self._public.put(key, place, data))
            self._hidden.retire(key)
        else:
            outcome = self._hidden.put(key, f"{self._source}/files/{place}", data)
            became = f"to the private side, {outcome}"
        self._report.became(kind, "elsewhere" if kind == PICTURE else "", became)
        return place
