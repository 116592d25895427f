"""Which post a discussion of another system belongs to, and by what evidence. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, unquote

from rejoinder.migrate.permalinks import split
from rejoinder.migrate.talks.model import Talk

SAME = "the same address"
OLD = "an old address of it"
ELSEWHERE = "the same path on another host"
BY_SLUG = "the same slug"
BY_LETTERS = "its path without slashes"
BY_TITLE = "the same title"
SAID = "as you said"

_INDEX = re.compile(r"/index\.(?:html?|php)$")
_ASKS = ("p", "page_id", "attachment_id")
"""Parts of a query that name a page of WordPress's; all others say nothing of which page it is."""


@dataclass(frozen=True, slots=True)
class Place:
    """A post or page that can be discussed: the key of its thread, its address below the site's
    own, old ones that lead there, slug, title, the date that undated comments get, and who wrote
    it: the slug of an author of the site, and the name."""

    thread: str
    address: str
    old: tuple[str, ...] = ()
    slug: str = ""
    title: str = ""
    date: datetime | None = None
    author: str = ""
    writer: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A place, and why a discussion belongs there."""

    place: Place
    evidence: str


class Places:
    """The posts of a site, found by what another system knows of them.

    `bases` are addresses that the site has or had; whether a discussion stood at http or https,
    with or without www, makes no difference. `said` is an author's own word: address (or the
    discussion's key) → thread.
    """

    def __init__(
        self, places: Iterable[Place], bases: Iterable[str], said: Mapping[str, str] | None = None
    ) -> None:
        self._bases = [split(base) for base in bases if base]
        self._said = dict(said or {})
        self._by_thread: dict[str, Place] = {}
        self._by_path: dict[str, Match] = {}
        slugs: dict[str, list[Place]] = defaultdict(list)
        letters: dict[str, list[Place]] = defaultdict(list)
        titles: dict[str, list[Place]] = defaultdict(list)
        every = list(places)
        for place in every:
            self._by_thread.setdefault(place.thread, place)
            self._by_path.setdefault(_plain(place.address), Match(place, SAME))
        for place in every:
            for old in place.old:
                self._by_path.setdefault(_plain(old), Match(place, OLD))
            slugs[place.slug.lower()].append(place)
            for address in {place.address, *place.old}:
                letters[_letters(address)].append(place)
            titles[_words(place.title)].append(place)
        self._by_slug = _single(slugs)
        self._by_letters = _single(letters)
        self._by_title = _single(titles)

    def find(self, talk: Talk) -> Match | None:
        """Where a discussion belongs; None where nothing is certain enough: a slug or a title
        counts only where one post alone has it."""
        for name in (talk.key, *talk.addresses):
            if place := self._by_thread.get(self._said.get(name, "")):
                return Match(place, SAID)
        for address in talk.addresses:
            if match := self._at(address):
                return match
        names = [talk.slug, *(_plain(address).rpartition("/")[2] for address in talk.addresses)]
        for name in names:
            stem = re.sub(r"\.(?:html?|php|md)$", "", name.lower())
            if stem and (place := self._by_slug.get(stem)):
                return Match(place, BY_SLUG)
        if place := self._by_letters.get(_letters(talk.slug)):
            return Match(place, BY_LETTERS)
        place = self._by_title.get(_words(talk.title))
        return Match(place, BY_TITLE) if place else None

    def _at(self, address: str) -> Match | None:
        found = split(address)
        host = _host(found.netloc)
        for base in self._bases:
            if host and host != _host(base.netloc):
                continue
            front = base.path.rstrip("/")
            if front and not (found.path + "/").startswith(front + "/"):
                continue
            if match := self._by_path.get(_plain(address, front)):
                return match
        match = self._by_path.get(_plain(address))
        if match is None or (host and _plain(address) == ""):  # any site has a home page
            return None
        return Match(match.place, ELSEWHERE) if host and self._bases else match


def _plain(address: str, front: str = "") -> str:
    """The path of an address below `front`, as all its spellings have it: decoded, without slashes
    at its ends, without the file that stands for a folder, with the query that names a page."""
    found = split(address)
    path = _INDEX.sub("/", unquote(found.path)[len(front) :])
    path = re.sub(r"/{2,}", "/", path).strip("/")
    asks = [f"{name}={value}" for name, value in parse_qsl(found.query) if name in _ASKS]
    return f"{path}?{asks[0]}" if asks else path


def _letters(address: str) -> str:
    """The letters and digits of a path, in lower case: what is left of it in a file's name."""
    return re.sub(r"[\W_]+", "", re.sub(r"\.html?$", "", _plain(address))).lower()


def _host(netloc: str) -> str:
    return (
        netloc.lower()
        .rpartition("@")[2]
        .removeprefix("www.")
        .removesuffix(":80")
        .removesuffix(":443")
    )


def _words(title: str) -> str:
    return " ".join(re.findall(r"\w+", title.casefold()))


def _single(groups: Mapping[str, list[Place]]) -> dict[str, Place]:
    """Those that stand alone, by a name that says something."""
    return {
        name: found[0]
        for name, found in groups.items()
        if name and len({one.thread for one in found}) == 1
    }
