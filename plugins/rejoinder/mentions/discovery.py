"""Where a page takes mentions (W3C Webmention, 3.1.2; Pingback 1.0, 2). Pure: an answer in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag

from rejoinder.web import Response

_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[^\s=;,<]+\s*(?:=\s*(?:\"[^\"]*\"|[^\s;,\"]+))?)*)")
_PARAMETER = re.compile(r";\s*([^\s=;,]+)\s*(?:=\s*(?:\"([^\"]*)\"|([^\s;,\"]+)))?")
_HTML = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to tell, and how: as a webmention, or as a pingback."""

    url: str
    is_pingback: bool = False


def endpoint(answer: Response) -> Endpoint | None:
    """The first webmention endpoint of a page: by HTTP Link header, else the first <link> or <a>
    in document order; else its pingback server. Relative ones are below where the redirects
    ended."""
    found = next((url for rels, url in link_header(answer.headers.get("link", ""))
                  if "webmention" in rels), None)  # fmt: skip
    kind = answer.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
    soup = BeautifulSoup(answer.body if kind in _HTML else b"", "html.parser")
    if found is None:
        for element in soup.find_all(["link", "a"], href=True):
            if "webmention" in _rels(element):
                found = str(element["href"])
                break
    if found is not None:
        return _at(answer.url, found, is_pingback=False)
    pingback = answer.headers.get("x-pingback", "")
    if not pingback:
        link = soup.find("link", rel="pingback", href=True)
        pingback = str(link["href"]) if link is not None else ""
    return _at(answer.url, pingback, is_pingback=True) if pingback else None


def link_header(value: str) -> Iterator[tuple[list[str], str]]:
    """The relations and the address of each link in a Link header (RFC 8288, 3)."""
    for match in _LINK.finditer(value):
        for name, quoted, plain in _PARAMETER.findall(match[2]):
            if name.lower() == "rel":
                yield (quoted or plain).lower().split(), match[1]
                break


def _rels(element: Tag) -> list[str]:
    return " ".join(str(one) for one in element.get_attribute_list("rel") if one).lower().split()


def _at(base: str, url: str, *, is_pingback: bool) -> Endpoint | None:
    try:
        found = urljoin(base, url)
    except ValueError:
        return None
    return Endpoint(found, is_pingback) if found.startswith(("http://", "https://")) else None
