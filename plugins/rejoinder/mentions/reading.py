"""A page that is said to mention one of ours: whether it does, and what it says. Pure: bytes in.

Follows W3C Webmention 3.2.2 (the link must be there), microformats2 (read by mf2py, which is
given the bytes and fetches nothing) and the IndieWeb's comments presentation.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import urljoin, urlsplit

import mf2py
from bs4 import BeautifulSoup, Tag
from bs4.builder import ParserRejectedMarkup

from rejoinder.comments.model import Format, Kind, one_line
from rejoinder.mentions.model import Mention
from rejoinder.profiles.addresses import canonical, is_web

LONGEST = 20_000
"""Bytes of HTML that are kept of an answer in words; of what is longer, the beginning as text."""

EXCERPT = 400
"""Characters of a page's own words around its link, where it says no more of itself."""

MOST_TAGS = 30_000
"""Of a page with more elements, its microformats are not looked at: hostile ones take long."""

_PLACES = ("href", "src", "cite", "data", "action", "poster", "srcset")
_PROPERTIES = (("in-reply-to", Kind.COMMENT), ("like-of", Kind.LIKE), ("repost-of", Kind.REPOST))


@dataclass(frozen=True, slots=True)
class NoMention:
    """Why a page is no mention of the target."""

    why: str


def read(
    body: bytes, content_type: str, url: str, source: str, target: str, via: str
) -> Mention | NoMention:
    """What the page at `url` (where the redirects of `source` ended) says of `target`."""
    kind = content_type.partition(";")[0].strip().lower() or "text/html"
    plain = Mention(source, target, url, Kind.PINGBACK if via == "pingback" else Kind.WEBMENTION,
                    via, author=urlsplit(url).hostname or "")  # fmt: skip
    if kind in ("application/json",) or kind.endswith("+json"):
        return plain if _in_json(body, target) else NoMention("the page doesn't link there")
    if kind.startswith("text/") and kind != "text/html":
        return plain if target in body.decode("utf-8", "replace").split() else NoMention(
            "the page doesn't link there")  # fmt: skip
    if kind not in ("text/html", "application/xhtml+xml"):
        return NoMention(f"a page of the kind {kind[:60]} is not read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pages that are no HTML
            soup = BeautifulSoup(body, "html.parser")
        link = next((tag for tag in soup.find_all(True) if _links(tag, url, target)), None)
        if link is None:
            return NoMention("the page doesn't link there")
        found = _entry(_items(body, url), url, target)
    except (RecursionError, ParserRejectedMarkup, ValueError):
        return NoMention("the page can't be read")
    return _of_entry(plain, found, url) if found else _of_page(plain, soup, link)


def _links(tag: Tag, base: str, target: str) -> bool:
    for name in _PLACES:
        value = tag.get(name)
        if isinstance(value, str) and value:
            try:
                found = urljoin(base, value.strip())
            except ValueError:
                continue
            if found == target or _is_same(found, target):
                return True
    return False


def _is_same(found: str, target: str) -> bool:
    """Whether two addresses are one page's; a look at the host first, since pages have many
    links."""
    host = (urlsplit(target).hostname or "").removeprefix("www.")
    return host in found.lower() and is_web(found) and canonical(found) == canonical(target)


def _in_json(body: bytes, target: str) -> bool:
    def strings(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            for one in value.values() if isinstance(value, dict) else value:
                yield from strings(one)

    try:
        return target in strings(json.loads(body))
    except (ValueError, RecursionError):
        return False


def _items(body: bytes, url: str) -> list[dict[str, Any]]:
    if body.count(b"<") > MOST_TAGS:
        return []
    # Not html5lib, though it reads as browsers do: 30 KB of open elements take it 18 s.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: list[dict[str, Any]] = mf2py.Parser(
            doc=body, url=url, html_parser="html.parser"
        ).to_dict()["items"]
    return found


def card_of(body: bytes, url: str, me: str) -> dict[str, str]:
    """`name` and `photo` of whose page `me` is, as the page says it at `url`: of the first h-card
    whose address that is (microformats.org/wiki/representative-h-card-parsing)."""
    try:
        found = list(_all(_items(body, url)))
    except (RecursionError, ParserRejectedMarkup, ValueError):
        return {}
    authors = [one for item in found for one in item.get("properties", {}).get("author", [])]
    for card in (*found, *authors):
        if isinstance(card, dict) and "h-card" in card.get("type", ()) and any(
            canonical(one) == canonical(me) for one in _texts(card, "url")
        ):  # fmt: skip
            return {key: value for key in ("name", "photo")
                    if (value := next(iter(_texts(card, key)), ""))}  # fmt: skip
    return {}


def _entry(items: list[dict[str, Any]], url: str, target: str) -> dict[str, Any] | None:
    """The page's representative h-entry: one that names the target, else one at the page's
    address, else the only one."""
    entries = [item for item in _all(items) if "h-entry" in item.get("type", ())]
    for entry in entries:
        if _kind(entry, target) is not None:
            return entry
    at = [e for e in entries if any(canonical(u) == canonical(url) for u in _texts(e, "url"))]
    return next(iter(at or (entries if len(entries) == 1 else ())), None)


def _all(items: list[dict[str, Any]], depth: int = 0) -> Iterator[dict[str, Any]]:
    for item in items:
        yield item
        if depth < 5:
            yield from _all(item.get("children", []), depth + 1)


def _kind(entry: dict[str, Any], target: str) -> Kind | None:
    for name, kind in _PROPERTIES:
        if any(canonical(u) == canonical(target) for u in _texts(entry, name)):
            return kind
    return None


def _of_entry(plain: Mention, entry: dict[str, Any], url: str) -> Mention:
    kind = _kind(entry, plain.target) or plain.kind
    author, author_url = _author(entry, url)
    title = next(iter(_texts(entry, "name")), "")
    html, text = _content(entry)
    if kind in (Kind.LIKE, Kind.REPOST):
        title, body = "", ""
    elif kind is not Kind.COMMENT or len(html.encode()) > LONGEST:
        summary = next(iter(_texts(entry, "summary")), "") or text
        body = f"<p>{escape(_cut(summary))}</p>" if summary.strip() else ""
    else:
        body = html
    if one_line(title) in (one_line(text), "") or one_line(text).startswith(one_line(title)):
        title = ""  # a note: its name is its words (microformats.org/wiki/note)
    answers = [u for u in _texts(entry, "in-reply-to") if "#" in u or u != plain.target]
    permalink = next((u for u in _texts(entry, "url") if is_web(u)), url)
    if urlsplit(permalink).netloc != urlsplit(url).netloc:
        permalink = url  # nobody speaks for another's page
    return Mention(
        plain.source, plain.target, permalink, kind, plain.via,
        author=one_line(author or plain.author)[:245], author_url=author_url,
        date=_date(entry), title=one_line(title)[:300], body=body, format=Format.HTML,
        answers=next(iter(answers), ""),
    )  # fmt: skip


def _of_page(plain: Mention, soup: BeautifulSoup, link: Tag) -> Mention:
    """A page that says nothing of itself: its title, and the words around its link."""
    name = soup.title.get_text(" ") if soup.title else ""
    around = link
    for _ in range(4):
        if len(around.get_text(" ").split()) >= 30 or around.parent is None or (
            around.parent.name in ("body", "html", "[document]")):  # fmt: skip
            break
        around = around.parent
    words = one_line(around.get_text(" "))
    return Mention(
        plain.source, plain.target, plain.url, plain.kind, plain.via, author=plain.author,
        title=one_line(name)[:300], body=f"<p>{escape(_cut(words))}</p>" if words else "",
        format=Format.HTML,
    )  # fmt: skip


def _author(entry: dict[str, Any], url: str) -> tuple[str, str]:
    for author in entry.get("properties", {}).get("author", []):
        if isinstance(author, str):
            return ("", author) if is_web(author) else (author, "")
        name = next(iter(_texts(author, "name")), "")
        link = next((u for u in _texts(author, "url") if is_web(u)), "")
        return name, link[:200] if len(link) <= 200 else ""
    return "", ""


def _content(entry: dict[str, Any]) -> tuple[str, str]:
    for one in entry.get("properties", {}).get("content", []):
        if isinstance(one, dict):
            return str(one.get("html", "")), str(one.get("value", ""))
        return f"<p>{escape(str(one))}</p>", str(one)
    return "", ""


def _date(entry: dict[str, Any]) -> datetime | None:
    for text in _texts(entry, "published"):
        try:
            date = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
        except ValueError:
            continue
        try:
            return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
        except OverflowError:
            continue
    return None


def _texts(item: dict[str, Any], name: str) -> list[str]:
    """The values of a property as text: of an embedded thing, its addresses or its name."""
    found: list[str] = []
    for value in item.get("properties", {}).get(name, []):
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            urls = value.get("properties", {}).get("url", [])
            found += [u for u in urls if isinstance(u, str)] or [str(value.get("value", ""))]
    return found


def _cut(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= EXCERPT else text[:EXCERPT].rpartition(" ")[0] + " …"
