"""What reads: people's browsers, feed readers, bots. Pure."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from rejoinder.engagement.agents import is_bot


class Reader(StrEnum):
    """Who is behind a name."""

    PERSON = "person"
    FEED_READER = "feed-reader"
    BOT = "bot"
    NOBODY = "no-software"


class Software(NamedTuple):
    """Who is behind a name; of a feed reader which one ('' where it has no name), and for how many
    readers it speaks (0 where it doesn't say, or what nobody would believe)."""

    reader: Reader
    name: str = ""
    readers: int = 0


_FEED_READERS = {
    word.casefold().replace(" ", ""): word
    for word in (
        "Akregator", "BazQux", "Blogtrottr", "CommaFeed", "FeedBurner", "Feedbin", "Feedbro",
        "Feeder", "FeedFetcher-Google", "Feedly", "Feedspot", "Flipboard", "FreshRSS", "Inoreader",
        "Kill the Newsletter", "Liferea", "Miniflux", "Netvibes", "NetNewsWire", "NewsBlur",
        "Newsboat", "Newsify", "Nextcloud-News", "QuiteRSS", "Readwise", "Reeder", "RSS Guard",
        "RSSOwl", "Selfoss", "SimplePie", "Superfeedr", "The Old Reader", "Thunderbird",
        "Tiny Tiny RSS", "Unread", "UniversalFeedParser", "Vienna", "Yarr",
    )
}  # fmt: skip
_SPELLED = "|".join(
    re.escape(name.casefold()).replace(r"\ ", " ?") for name in _FEED_READERS.values()
)
_NAMED = re.compile(rf"(?<![^\W\d_])({_SPELLED})(?:app|bot|proxy|rss)?(?![^\W\d_])")
"""One of them as a word of its own; some go on with what part of them asks ('FlipboardProxy')."""

_SPEAKS_FOR = re.compile(r"(\d{1,9}) (?:subscriber|reader|user)s?\b", re.I)
_PRODUCT = re.compile(r"(?:Mozilla/[\d.]+ \(compatible; *)?([A-Za-z][A-Za-z0-9 ._+-]{0,39}?)"
                      r"(?=/| v?\d| ?[(;,])")  # fmt: skip
MOST, MOST_OF_UNKNOWN = 1_000_000, 1000
"""So many readers are believed at most: of a feed reader that is on the list, and of any other."""
_VERSION = re.compile(r"\b((?:Chrome|Firefox|Safari|Version|Edg|OPR)/)[0-9.]+")
"""What a browser's name goes on with tells nothing of who reads, and is another in each of
thousands of names, of which each would be held against the whole list of bots."""

_LONGEST = 512


@lru_cache(maxsize=50_000)
def software_of(agent: str) -> Software:
    """Who is behind what a client calls itself."""
    agent = agent[:_LONGEST].strip()
    if agent in ("", "-"):
        return Software(Reader.NOBODY)
    speaks_for = _SPEAKS_FOR.search(agent)
    named = _NAMED.search(agent.casefold())
    claim = int(speaks_for[1]) if speaks_for else 0
    if named:
        name = _FEED_READERS[named[1].replace(" ", "")]
        return Software(Reader.FEED_READER, name, claim if claim <= MOST else 0)
    if speaks_for:
        product = _PRODUCT.match(agent)
        is_likely = product is not None and claim <= MOST_OF_UNKNOWN
        return Software(Reader.FEED_READER, product[1] if product else "", claim * is_likely)
    return Software(Reader.BOT if is_bot(_VERSION.sub(r"\1", agent)) else Reader.PERSON)
