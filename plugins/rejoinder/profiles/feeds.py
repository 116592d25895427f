"""Feeds as entries: RSS, Atom and JSON Feed, with what each network makes of them. Pure: bytes
that somebody fetched in, entries out.

feedparser reads RSS and Atom; the links are taken from the HTML itself, since networks shorten
what is shown and keep what is meant in `href`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from time import struct_time
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser
from bs4 import BeautifulSoup, Tag

from rejoinder.comments.model import one_line
from rejoinder.errors import CrosslinkError
from rejoinder.profiles.addresses import canonical, is_web
from rejoinder.profiles.entries import Entry, Kind
from rejoinder.profiles.networks import native_id

TEXT = 500
"""How many characters of an entry's words are kept: enough to know it by."""

MOST = 2000
"""The most entries that one feed may hold."""

_BARE = re.compile(r"https?://[^\s<>\"'）)\]]*[^\s<>\"'.,;:!?…）)\]]")


_PLAIN = re.compile(r"(?<![\w@/.])(?:[a-z0-9-]+\.)+[a-z]{2,}/[^\s<>\"'）)\]]*", re.I)


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed said: its title, its entries, and the address it says that it moved to."""

    title: str = ""
    entries: tuple[Entry, ...] = ()
    moved: str = ""
    problems: tuple[str, ...] = field(default=())


def parse(data: bytes, network: str, where: str, headers: dict[str, str] | None = None) -> Feed:
    """The entries of a feed. Raises CrosslinkError for what is none."""
    start = data[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"{"):
        return _json(data, network, where)
    found: Any = feedparser.parse(data, response_headers=headers or {}, sanitize_html=False)
    if not found.get("version") and not found.get("entries"):
        raise CrosslinkError(
            "this is no feed", where=where, mend="Look at the address in a browser."
        )
    entries: list[Entry] = []
    problems: list[str] = []
    for row in found.entries[:MOST]:
        entry = _entry(row, network, where)
        if entry is None:
            problems.append("an entry without an address or a date was left out")
        else:
            entries.append(entry)
    if len(found.entries) > MOST:
        problems.append(f"only the first {MOST} of {len(found.entries)} entries were read")
    title = one_line(_plain(found.feed.get("title", "")))[:200]
    return Feed(title, _once(entries), problems=tuple(dict.fromkeys(problems)))


def _entry(row: Any, network: str, where: str) -> Entry | None:
    date = _date(row.get("published_parsed") or row.get("updated_parsed"))
    url = urljoin(where, str(row.get("link") or ""))
    guid = str(row.get("id") or "")
    if not is_web(url) and is_web(guid):
        url = guid
    if date is None or not is_web(url):
        return None
    parts = [str(part.get("value", "")) for part in row.get("content", ())]
    html = max((*parts, str(row.get("summary") or "")), key=len)
    if network == "youtube":
        html = html or str(row.get("media_description") or "")
    title = _plain(str(row.get("title") or ""))
    return make(network, guid, url, date, title, html, comments=str(row.get("comments") or ""))


def make(
    network: str, guid: str, url: str, date: datetime, title: str, html: str, *, comments: str = ""
) -> Entry:
    """An entry of what a feed or an export says, with the peculiarities of its network."""
    soup = BeautifulSoup(f"{html}\n", "html.parser")  # words alone are taken for a file's name else
    quoted = _quoted_links(soup, url)
    text = one_line(_plain_soup(soup))
    links = _links(soup, text, url, network)
    kind = Kind.OWN
    if network == "hackernews":  # the link is what was submitted; the page of its talk is ours
        links, url = [url, *links], comments or url
    elif network == "reddit":
        anchor = soup.find("a", string=re.compile(r"^\[link\]$"))
        links = [str(anchor["href"])] if isinstance(anchor, Tag) and anchor.get("href") else links
    elif network == "mastodon":
        if re.match(r"(?:RT|Boosted?|Shared by)\b", title) or ": RT @" in title:
            kind = Kind.SHARED
        elif re.match(r"@[\w.-]+(?:@[\w.-]+)?\s", text):
            kind = Kind.ANSWER
    elif network == "x":
        if text.startswith("RT @"):
            kind = Kind.SHARED
        elif text.startswith("@"):
            kind = Kind.ANSWER
    elif network == "medium":
        url = url.partition("?source=")[0]
    own = canonical(url)
    host = urlsplit(url).hostname or ""
    kept = tuple(
        dict.fromkeys(
            link for link in links
            if canonical(link) not in ("", own) and not _is_furniture(link, host, network)
        )
    )  # fmt: skip
    extra = [("Quoted", link) for link in quoted if link not in kept]
    if network == "bluesky":
        extra += [("Cut", link.rstrip("….")) for link in _schemeless(text) if _is_cut(link)]
    return Entry(
        id=native_id(network, guid, url), url=url, date=date, title=one_line(title)[:300],
        text=_cut(text), kind=kind, links=kept, extra=tuple(extra),
    )  # fmt: skip


def _links(soup: BeautifulSoup, text: str, base: str, network: str) -> list[str]:
    """The addresses in an entry, full ones first: what `href` says, then bare ones in the text
    (Bluesky and YouTube have nothing else)."""
    found = [_joined(base, str(a["href"])) for a in soup.find_all("a", href=True)]
    shown = {one_line(a.get_text()) for a in soup.find_all("a")}
    bare = [link for link in _BARE.findall(text) if link not in shown]
    if network == "bluesky":
        bare = [*bare, *(f"https://{link}" for link in _schemeless(text) if not _is_cut(link))]
    return [link for link in (*found, *bare) if is_web(link)]


def _schemeless(text: str) -> list[str]:
    """Links as Bluesky shows them: without a scheme, and long ones cut, with an ellipsis."""
    return _PLAIN.findall(_BARE.sub(" ", text))


def _is_cut(link: str) -> bool:
    return link.endswith(("…", "..."))


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:  # like http://[x
        return ""


def _quoted_links(soup: BeautifulSoup, base: str) -> list[str]:
    """Take quoted posts out, and give the addresses that were in them."""
    found: list[str] = []
    for part in soup.select("blockquote, .quote-inline, .quote"):
        for a in part.find_all("a", href=True):
            found.append(_joined(base, str(a["href"])))
        found += _BARE.findall(part.get_text(" "))
        part.extract()
    return [link for link in dict.fromkeys(found) if is_web(link)]


def _is_furniture(link: str, host: str, network: str) -> bool:
    """Whether a link is the network's own: a hashtag, somebody's name, a page of its talk."""
    parts = urlsplit(link)
    if (parts.hostname or "").removeprefix("www.") != host.removeprefix("www."):
        return bool(re.fullmatch(r"/(?:users/[\w.-]+|@[\w.@-]+)/?", parts.path))
    return network in {"mastodon", "bluesky", "reddit", "x", "linkedin", "hackernews", "youtube"}


def _json(data: bytes, network: str, where: str) -> Feed:
    """JSON Feed 1.1 (jsonfeed.org/version/1.1)."""
    try:
        found = json.loads(data)
        items = found["items"]
        if not str(found.get("version", "")).startswith("https://jsonfeed.org/version/"):
            raise KeyError("version")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CrosslinkError("this is JSON, but no JSON Feed", where=where) from error
    entries = []
    problems = []
    for item in items[:MOST] if isinstance(items, list) else ():
        try:
            date = datetime.fromisoformat(str(item.get("date_published")
                                              or item.get("date_modified")))  # fmt: skip
            url = urljoin(where, str(item.get("url") or item.get("external_url") or ""))
        except (ValueError, AttributeError):
            problems.append("an entry without a date was left out")
            continue
        if date.tzinfo is None or not is_web(url):
            problems.append("an entry without an address or a zone was left out")
            continue
        html = str(item.get("content_html") or unescape(str(item.get("content_text") or "")))
        more = str(item.get("external_url") or "")
        html += f' <a href="{more}">{more}</a>' if is_web(more) and more != url else ""
        title = str(item.get("title") or "")
        entries.append(make(network, str(item.get("id") or ""), url, date.astimezone(UTC), title,
                            html))  # fmt: skip
    title = one_line(str(found.get("title") or ""))[:200]
    return Feed(title, _once(entries), problems=tuple(dict.fromkeys(problems)))


def _once(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Each id once: a feed that says a thing twice says it once."""
    found: dict[str, Entry] = {}
    for entry in entries:
        found.setdefault(entry.id, entry)
    return tuple(sorted(found.values(), key=lambda entry: entry.sort_key))


def _date(parsed: struct_time | None) -> datetime | None:
    if parsed is None:
        return None
    try:
        return datetime(*parsed[:6], tzinfo=UTC)
    except (ValueError, TypeError):
        return None


def _plain(html: str) -> str:
    return one_line(_plain_soup(BeautifulSoup(html, "html.parser"))) if "<" in html else html


def _plain_soup(soup: BeautifulSoup) -> str:
    for unseen in soup.select("script, style, .invisible"):
        if unseen.name in ("script", "style"):
            unseen.extract()
    return soup.get_text(" ")


def _cut(text: str) -> str:
    return text if len(text) <= TEXT else text[:TEXT].rsplit(" ", 1)[0] + " …"
