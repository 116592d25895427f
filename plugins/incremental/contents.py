"""Fingerprints of what Pelican gives to a template: posts, pages, lists of them."""

from __future__ import annotations

import marshal
import re
from collections.abc import Mapping, Sized
from typing import Any

from pelican.contents import Content
from pelican.paginator import Page, Paginator
from pelican.urlwrappers import URLWrapper
from pelican.utils import SafeDatetime
from xxhash import xxh3_128, xxh3_128_digest

from rejoinder.incremental.fingerprint import Fingerprints, UnseenError
from rejoinder.incremental.stamps import NO_REFERENCES
from rejoinder.incremental.templates import Use

from .asked import may_have_links

_NOT_ITS_OWN = frozenset({"settings", "_context", "metadata"})
_OF_A_PAGE = frozenset({"number", "url", "save_as", "has_next", "has_previous", "has_other_pages",
                        "next_page_number", "previous_page_number"})  # fmt: skip
_OF_A_WRAPPER = {"settings", "_name", "_slug", "_slug_from_name"}
_TOLD_OTHERWISE = frozenset({"settings", "_slug", "slug", "name"})
"""What of a wrapper is in its digest by itself. Pelican leaves `slug` and `name` on those that were
asked for their address."""

_PLAIN = frozenset({str, int, bool, float, type(None)})
_FAR = 64
"""Posts that lead to more others than so many are taken to lead to all."""


class Given:
    """Digests of what pages are given, in one build."""

    def __init__(self, context: dict[str, Any], settings: Mapping[str, Any]) -> None:
        self.context = context
        self._settings = settings
        self._links = re.compile(settings["INTRASITE_LINK_REGEX"])
        self._own: dict[int, tuple[Content, bytes, list[Any], dict[str, Any]]] = {}
        self._values: dict[tuple[int, Use], tuple[Any, bytes, list[Any]]] = {}
        self._wrappers: dict[tuple[Any, ...], tuple[URLWrapper, bytes]] = {}
        self._plain_wrappers: dict[tuple[Any, ...], bytes] = {}
        self._everything = b""
        self.prints = prints = Fingerprints()
        prints.special(Content, self._refer)
        prints.special(URLWrapper, self._wrapper)
        prints.special(Paginator, self._paginator)
        prints.special(Page, self._page)

    def of(
        self, value: Any, use: Use = Use.WHOLE, asked: frozenset[str] | None = None,
        words: frozenset[str] = frozenset(),
    ) -> bytes:  # fmt: skip
        """The digest of a value, as far as it is used; `asked` are the attributes that alone are
        asked of it, `words` all that templates ask of anything. Raises UnseenError."""
        if value is self.context:
            raise UnseenError("the whole context can't be looked into")
        kind = type(value)
        if kind is str or kind is bool or kind is int or value is None:
            return self.prints.of(value)
        if asked is not None and asked <= _OF_A_PAGE and isinstance(value, Page):
            said = ("page", value.number, value.paginator.num_pages, value.url, value.save_as)
            return xxh3_128_digest(repr(said).encode("utf-8", "surrogatepass"))
        if isinstance(value, Content):
            return self._with_asked(*self._closed(value), words)
        known = self._values.get((id(value), use))
        if known is None:
            known = self._values[id(value), use] = value, *self._of(value, use)
        return self._with_asked(known[1], known[2], words)

    def _with_asked(self, digest: bytes, reached: list[Any], words: frozenset[str]) -> bytes:
        """The digest of a value that leads to these posts, with what of them counts only where it
        is asked for."""
        parts = [
            b"%d %b %b" % (number, name.encode(), self.prints.of(value))
            for number, one in enumerate(reached)
            for name, value in self._own[id(one)][3].items() if name in words
        ]  # fmt: skip
        return xxh3_128_digest(b"\0".join((digest, *parts))) if parts else digest

    def _of(self, value: Any, use: Use) -> tuple[bytes, list[Any]]:
        if use is Use.LENGTH:
            length = len(value) if isinstance(value, Sized) else bool(value)
            return xxh3_128_digest(b"length %d" % length), []
        if use in (Use.KEYS, Use.COUNTS) and _is_pairs(value):
            return self._closed([
                part for key, listed in value
                for part in (key, len(listed) if use is Use.COUNTS else 0)
            ])  # fmt: skip
        return self._closed(value)

    def whole_list(self, value: Any, words: frozenset[str] = frozenset()) -> bytes:
        """The digest of all that a page of a list is a part of; b"" of anything else."""
        if isinstance(value, Page):
            value = value.paginator
        if not isinstance(value, Paginator):
            return b""
        return self.of(value.object_list, words=words)

    def _closed(self, value: Any) -> tuple[bytes, list[Any]]:
        """The digest of a value and of all posts that it leads to, and these."""
        with self.prints.apart() as referred:
            digest = self.prints.of(value)
        led_to = list(referred.values())
        if not led_to:
            return digest, led_to
        hashed = xxh3_128(digest)
        begun = len(led_to)
        seen = {id(one) for one in led_to}
        at = 0
        while at < len(led_to):
            own, further = self.own(led_to[at])
            hashed.update(own)
            at += 1
            for one in further:
                if id(one) not in seen:
                    seen.add(id(one))
                    led_to.append(one)
            if len(led_to) > begun + _FAR:
                hashed.update(self.everything())
                led_to = [*led_to[:at], *self._every_post()]
                break
        return hashed.digest(), led_to

    def own(self, content: Content) -> tuple[bytes, list[Any]]:
        """The digest of a post by itself, and what other posts it leads to."""
        known = self._own.get(id(content))
        if known is None:
            asked: dict[str, Any] = {}
            with self.prints.apart() as referred:
                digest = self._look(content, asked)
            known = self._own[id(content)] = content, digest, list(referred.values()), asked
        return known[1], known[2]

    def _look(self, content: Content, asked: dict[str, Any]) -> bytes:
        """The digest of a post by itself; what counts only where it is asked for is put aside."""
        of = self.prints.of
        raw = content.__dict__
        plain: list[object] = [type(content).__qualname__]
        parts: list[bytes] = []
        for name, value in raw.items():
            if type(value) in _PLAIN:
                plain += (name, value)
            elif name in _NOT_ITS_OWN:
                continue
            elif isinstance(value, URLWrapper):
                parts += (name.encode(), self._wrapper(value))
            elif type(value) is SafeDatetime:
                plain += (name, repr(value))
            elif type(value) is list and all(isinstance(one, URLWrapper) for one in value):
                parts += (b"%d %b" % (len(value), name.encode()), *map(self._wrapper, value))
            elif getattr(type(value), "only_where_asked", False):
                asked[name] = value
            else:
                parts += (name.encode(), of(value))
        for name, value in content.metadata.items():
            if raw.get(name.lower()) is value:
                continue
            if type(value) is SafeDatetime:
                plain += (name, repr(value))
            else:
                parts += (name.encode(), of(value))
        parts.append(marshal.dumps(plain, NO_REFERENCES))
        html = content._content
        # Where its links lead to belongs to it.
        if may_have_links(html, self._settings) and self._links.search(html):
            parts.append(of(content.content))
        return xxh3_128_digest(b"\0".join(parts))

    def everything(self) -> bytes:
        """The digest of all posts and pages."""
        if not self._everything:
            hashed = xxh3_128()
            for one in self._every_post():
                hashed.update(self.own(one)[0])
            self._everything = hashed.digest()
        return self._everything

    def _every_post(self) -> list[Any]:
        return [one for one in self.context["generated_content"].values() if one is not None]

    def _refer(self, content: Content) -> bytes:
        self.prints.refer(content)
        return xxh3_128_digest(f"{type(content).__qualname__} {content.source_path}".encode())

    def _wrapper(self, value: URLWrapper) -> bytes:
        slug, raw = value.slug, value.__dict__
        if raw.keys() == _OF_A_WRAPPER:  # as nearly all are
            plain = type(value), slug, raw["_name"], raw["_slug_from_name"]
            known = self._plain_wrappers.get(plain)
            if known is None:
                known = self._plain_wrappers[plain] = self._look_into_wrapper(value, slug)
            return known
        return self._look_into_wrapper(value, slug)

    def _look_into_wrapper(self, value: URLWrapper, slug: str) -> bytes:
        more = {k: v for k, v in value.__dict__.items() if k not in _TOLD_OTHERWISE}
        key = type(value), slug, *(v if type(v) is str else id(v) for v in more.values())
        if key not in self._wrappers:  # each post has its own, and they are alike
            kind = type(value).__qualname__
            digest = self.prints.mapping({"class": kind, "slug": slug, **more})
            if self.prints.refers:
                return digest
            self._wrappers[key] = value, digest
        return self._wrappers[key][1]

    def _paginator(self, value: Paginator) -> bytes:
        return self.prints.mapping({
            "name": value.name, "url": value.url, "count": value.count,
            "per_page": value.per_page, "orphans": value.orphans,
        })  # fmt: skip

    def _page(self, value: Page) -> bytes:
        return self.prints.mapping({
            "number": value.number, "list": value.object_list, "of": value.paginator,
            "name": value.full_name, "url": value.base_url,
        })  # fmt: skip


def _is_pairs(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(
        isinstance(one, tuple) and len(one) == 2 and isinstance(one[1], list | tuple)
        for one in value
    )
