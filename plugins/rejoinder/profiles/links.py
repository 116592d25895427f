"""Where short links lead: asked once for each, and remembered in the entry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

from rejoinder.errors import FetchError
from rejoinder.profiles.addresses import is_short, is_web, unwrap
from rejoinder.profiles.entries import Entry
from rejoinder.profiles.ledger import short_links, unshorten
from rejoinder.web import Client

AT_MOST = 100
"""Short links that one run asks for; the others wait for the next."""

_NOWHERE = (404, 410)
_PAGE = 256 << 10


class Unshortener:
    """Asks shorteners, each link once a run."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._asked: dict[str, str | None] = {}
        self._silent: set[str] = set()

    def expand(self, entries: Mapping[str, Entry]) -> dict[str, Entry]:
        """The entries with their short links replaced, the newest first. A link that nobody
        answers for is asked again by later runs; one that leads nowhere stays as it is for
        good. A host that doesn't answer is left alone for this run."""
        found = dict(entries)
        for name, entry in sorted(entries.items(), key=lambda e: e[1].sort_key, reverse=True):
            wanted = short_links(entry)
            if wanted:
                targets = {link: self._target(link) for link in wanted}
                found[name] = unshorten(entry, {s: t for s, t in targets.items() if t})
        return found

    def _target(self, link: str) -> str | None:
        host = urlsplit(link).netloc.lower()
        if link not in self._asked:
            if len(self._asked) >= AT_MOST or host in self._silent:
                return None
            self._asked[link] = self._ask(link)
            if self._asked[link] is None:
                self._silent.add(host)
        return self._asked[link]

    def _ask(self, link: str) -> str | None:
        """Where a link leads; itself where it leads nowhere; None while nobody says."""
        try:
            answer = self.client.request("HEAD", link)
            chain = (*answer.history[1:], answer.url)
            target = first_target(chain)
            if target is None and answer.status not in _NOWHERE:
                answer = self.client.get(link, max_bytes=_PAGE)
                target = first_target((*answer.history[1:], answer.url))
                target = target or interstitial(answer.body, answer.url)
        except FetchError as error:  # the target may not answer, and yet be known
            return first_target((error.where or "",))
        return target or (link if answer.status in (200, *_NOWHERE) else None)


def first_target(chain: tuple[str, ...]) -> str | None:
    """The first address of a chain of redirects that is no short link itself."""
    return next((unwrap(url) for url in chain if is_web(url) and not is_short(url)), None)


def interstitial(body: bytes, base: str) -> str | None:
    """Where a page leads that stands between a short link and its target: LinkedIn's 'this
    link will take you to a page that's not on LinkedIn', or a page that moves on by itself."""
    soup = BeautifulSoup(body, "html.parser")
    anchor = soup.select_one("a[data-tracking-control-name=external_url_click][href]")
    if isinstance(anchor, Tag):
        return first_target((urljoin(base, str(anchor["href"])),))
    meta = soup.find("meta", attrs={"http-equiv": re.compile("^refresh$", re.I)})
    if isinstance(meta, Tag):
        _, _, rest = str(meta.get("content", "")).partition(";")
        name, _, url = rest.strip().partition("=")
        if name.strip().lower() == "url":
            return first_target((urljoin(base, url.strip(" '\"")),))
    return None
