"""Finding the feed of a profile, and whether profile and site say of each other that they are
one person's (rel=me)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

from rejoinder.errors import CrosslinkError, FetchError
from rejoinder.profiles.addresses import canonical, is_web
from rejoinder.profiles.feeds import Feed, parse
from rejoinder.profiles.networks import recognise
from rejoinder.web import Client

_KINDS = ("application/rss+xml", "application/atom+xml", "application/feed+json",
          "application/json", "application/xml", "text/xml")  # fmt: skip
_GUESSES = ("feed", "feed.xml", "rss.xml", "atom.xml", "index.xml", "feed.json")
_PAGE = 4 << 20


@dataclass(frozen=True, slots=True)
class Discovered:
    """What was found of a profile. `feed` is '' where there is none; `export` names the import
    that brings what no feed has; `links_back` says whether its page has a rel=me link to the
    site, None where the page could not be read; `tried` are the addresses that were no feed."""

    url: str
    network: str
    handle: str
    feed: str
    content: Feed
    links_back: bool | None
    tried: tuple[str, ...] = ()


def discover(client: Client, url: str, site_urls: Iterable[str]) -> Discovered:
    """Look at a profile's page and at the feeds that it, its network or custom suggest. Raises
    CrosslinkError for what is no address of the web."""
    if not is_web(url):
        raise CrosslinkError("this is no address of the web", where=url,
                             mend="Give it as in the browser, with https://.")  # fmt: skip
    known = recognise(url)
    network = known.network if known else "web"
    body, where = b"", url
    links_back: bool | None = None
    try:
        answer = client.get(url, max_bytes=_PAGE)
        if answer.status == 200:
            body, where = answer.body, answer.url
            links_back = links_to(rel_me(body, where), site_urls)
    except FetchError:
        pass
    if body and is_feed(body):
        return Discovered(url, network, "", url, parse(body, network, url), None)
    wanted = [*(known.feeds if known else ()), *feeds_in(body, where)]
    if not wanted:
        wanted = [urljoin(f"{where.rstrip('/')}/", guess) for guess in _GUESSES]
    tried: list[str] = []
    for feed in dict.fromkeys(wanted):
        try:
            answer = client.get(feed, max_bytes=_PAGE)
            found = parse(answer.body, network, answer.url) if answer.status == 200 else None
        except (FetchError, CrosslinkError):
            found = None
        if found is not None:
            handle = known.handle if known else ""
            return Discovered(url, network, handle, feed, found, links_back, tuple(tried))
        tried.append(feed)
    handle = known.handle if known else ""
    return Discovered(url, network, handle, "", Feed(), links_back, tuple(tried))


def feeds_in(body: bytes, base: str) -> list[str]:
    """The feeds that a page names (`rel=alternate`, RSS Autodiscovery), in its order; those of
    comments last."""
    found = []
    for link in BeautifulSoup(body, "html.parser").find_all("link", href=True):
        kind = str(link.get("type", "")).partition(";")[0].strip().lower()
        if "alternate" in _rels(link) and kind in _KINDS:
            said = f"{link.get('title', '')} {link['href']}".lower()
            found.append(("comment" in said, urljoin(base, str(link["href"]))))
    return [url for _, url in sorted(found, key=lambda row: row[0]) if is_web(url)]


def rel_me(body: bytes, base: str) -> list[str]:
    """The addresses that a page says are the same person's (microformats.org/wiki/rel-me)."""
    soup = BeautifulSoup(body, "html.parser")
    return [urljoin(base, str(link["href"])) for link in soup.find_all(["a", "link"], href=True)
            if "me" in _rels(link)]  # fmt: skip


def links_to(found: Iterable[str], site_urls: Iterable[str]) -> bool:
    """Whether one of the links leads to the site: to its home page, or to a page below it."""
    sites = [canonical(url) for url in site_urls if url]
    linked = [canonical(url) for url in found]
    return any(link == site or link.startswith(f"{site}/") for link in linked for site in sites)


def is_feed(body: bytes) -> bool:
    """Whether it looks like a feed rather than a page."""
    start = body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return any(mark in start for mark in (b"<rss", b"<feed", b"<rdf:rdf")) or (
        start.startswith(b"{") and b"jsonfeed.org" in start
    )


def profile_name(network: str, url: str, taken: Iterable[str]) -> str:
    """A name for a new profile: its network's, else its host's first part; numbered where it is
    taken."""
    host = (urlsplit(url).hostname or "web").removeprefix("www.")
    plain = network if network != "web" else "".join(c if c.isalnum() else "-" for c in host)
    plain = plain.strip("-")[:30] or "web"
    names = set(taken)
    return next(name for name in (plain, *(f"{plain}-{n}" for n in range(2, 1000)))
                if name not in names)  # fmt: skip


def _rels(link: Tag) -> list[str]:
    rel = link.get("rel") or ()
    return [r.lower() for r in (rel.split() if isinstance(rel, str) else rel)]
