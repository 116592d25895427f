"""Site maps as sitemaps.org 0.9 has them, with translations as Google reads them
(https://developers.google.com/search/docs/specialty/international/localized-versions). Pure:
addresses in, files out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

MOST_ADDRESSES = 50_000
MOST_BYTES = 50 * 1024 * 1024
"""What one file may hold, says the protocol."""

_URI = "/%:=&?~#+!$,;'@()*[]"
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
_SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"
_HEAD = f'{_DECLARATION}<urlset xmlns="{_SCHEMA}" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
_FOOT = "</urlset>\n"


@dataclass(frozen=True, slots=True)
class Address:
    """A page that should be found: its absolute address, when it last changed (None where nobody
    can tell), and its translations, itself among them, as (language, absolute address)."""

    url: str
    changed: datetime | None = None
    translations: tuple[tuple[str, str], ...] = ()


def files(
    addresses: Iterable[Address], path: str, site: str,
    most_addresses: int = MOST_ADDRESSES, most_bytes: int = MOST_BYTES,
) -> dict[str, str]:  # fmt: skip
    """The site map by the paths of its files: one at `path`, or, where the addresses don't fit into
    one, an index there and parts beside it. `site` is the site's address with a slash at its end.
    Parts are filled in the order given: with the oldest first, a new page changes the last alone.
    """
    parts = list(_parts(addresses, most_addresses, most_bytes - len(_HEAD) - len(_FOOT)))
    if len(parts) <= 1:
        return {path: _urlset(part.entries for part in parts)}
    stem = path.removesuffix(".xml")
    named = {f"{stem}-{number}.xml": part for number, part in enumerate(parts, start=1)}
    index = "".join(
        f"<sitemap><loc>{_loc(site + name)}</loc>{_lastmod(part.changed)}</sitemap>\n"
        for name, part in named.items()
    )
    written = {name: _urlset([part.entries]) for name, part in named.items()}
    return {path: f'{_DECLARATION}<sitemapindex xmlns="{_SCHEMA}">\n{index}</sitemapindex>\n'} | (
        written
    )


@dataclass(slots=True)
class _Part:
    entries: list[str]
    size: int = 0
    changed: datetime | None = None


def _parts(addresses: Iterable[Address], number: int, size: int) -> Iterator[_Part]:
    part = _Part([])
    for address in addresses:
        entry = _entry(address)
        length = len(entry.encode())
        if part.entries and (len(part.entries) == number or part.size + length > size):
            yield part
            part = _Part([])
        part.entries.append(entry)
        part.size += length
        if address.changed and (part.changed is None or address.changed > part.changed):
            part.changed = address.changed
    if part.entries:
        yield part


def _urlset(entries: Iterable[Sequence[str]]) -> str:
    return _HEAD + "".join("".join(some) for some in entries) + _FOOT


def _entry(address: Address) -> str:
    others = "".join(
        f'\n<xhtml:link rel="alternate" hreflang="{escape(language)}" href="{_loc(url)}"/>'
        for language, url in address.translations
    )
    return f"<url><loc>{_loc(address.url)}</loc>{_lastmod(address.changed)}{others}</url>\n"


def _loc(url: str) -> str:
    """An address as the protocol wants it: as a URI (RFC 3986), and safe in XML."""
    return escape(quote(url, safe=_URI))


def _lastmod(changed: datetime | None) -> str:
    """W3C Datetime, to the second, in UTC."""
    if changed is None:
        return ""
    return f"<lastmod>{changed.astimezone(UTC).isoformat(timespec='seconds')}</lastmod>"
