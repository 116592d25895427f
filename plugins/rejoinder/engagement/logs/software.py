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
    """Who is behind a name; of a feed reader which one, and for how many readers it speaks (0
    where it doesn't say)."""

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
_NAMED = re.compile("|".join(map(re.escape, sorted(_FEED_READERS, key=len, reverse=True))))
_SPEAKS_FOR = re.compile(r"(\d{1,9}) (?:subscriber|reader|user)s?\b", re.I)
_LONGEST = 512


@lru_cache(maxsize=50_000)
def software_of(agent: str) -> Software:
    """Who is behind what a client calls itself."""
    agent = agent[:_LONGEST].strip()
    if agent in ("", "-"):
        return Software(Reader.NOBODY)
    speaks_for = _SPEAKS_FOR.search(agent)
    named = _NAMED.search(agent.casefold().replace(" ", ""))
    if named or speaks_for:
        name = _FEED_READERS[named[0]] if named else "other"
        return Software(Reader.FEED_READER, name, int(speaks_for[1]) if speaks_for else 0)
    return Software(Reader.BOT if is_bot(agent) else Reader.PERSON)
