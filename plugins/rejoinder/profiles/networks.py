"""The networks as they are: how a profile's address looks, where its feed is, and what names an
entry for good. Pure: patterns in, facts out. What is not known is a feed like any other.

Addresses and feeds as the networks have them in November 2026; each is a row in
docs/crosslinks.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Profile:
    """Somebody's place on a network. `feeds` are addresses to try, the likeliest first; none
    where the network offers no feed and an export is the way."""

    network: str
    url: str
    handle: str
    feeds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Network:
    """A kind of profile. `address` matches its host and path; `feeds` are made of what that
    found; `export` names the import that brings what no feed has."""

    name: str
    label: str
    address: re.Pattern[str]
    feeds: tuple[str, ...] = ()
    export: str = ""
    needs_page: bool = False


def _network(
    name: str, label: str, address: str, *feeds: str, export: str = "", needs_page: bool = False
) -> Network:
    return Network(name, label, re.compile(address, re.I), feeds, export, needs_page)


NETWORKS = (
    _network("github", "GitHub", r"(?:www\.)?github\.com/(?P<h>[\w-]+)/?",
             "https://github.com/{h}.atom"),
    _network("github", "GitHub", r"(?:www\.)?github\.com/(?P<h>[\w-]+/[\w.-]+)(?:/releases)?/?",
             "https://github.com/{h}/releases.atom"),
    _network("bluesky", "Bluesky", r"bsky\.app/profile/(?P<h>[\w.:-]+)/?",
             "https://bsky.app/profile/{h}/rss"),
    _network("youtube", "YouTube", r"(?:www\.)?youtube\.com/channel/(?P<h>UC[\w-]{22})/?",
             "https://www.youtube.com/feeds/videos.xml?channel_id={h}"),
    _network("youtube", "YouTube", r"(?:www\.)?youtube\.com/(?P<h>@[\w.-]+|c/[\w-]+|user/[\w-]+)/?",
             needs_page=True),
    _network("medium", "Medium", r"medium\.com/(?P<h>@[\w.-]+)/?", "https://medium.com/feed/{h}"),
    _network("medium", "Medium", r"(?P<h>[\w-]+)\.medium\.com/?", "https://{h}.medium.com/feed"),
    _network("substack", "Substack", r"(?P<h>[\w-]+)\.substack\.com/?",
             "https://{h}.substack.com/feed"),
    _network("reddit", "Reddit", r"(?:www\.|old\.)?reddit\.com/u(?:ser)?/(?P<h>[\w-]+)/?",
             "https://www.reddit.com/user/{h}/submitted/.rss", "https://www.reddit.com/user/{h}/.rss"),
    _network("hackernews", "Hacker News", r"news\.ycombinator\.com/user\?id=(?P<h>[\w-]+)",
             "https://hnrss.org/submitted?id={h}"),
    _network("linkedin", "LinkedIn", r"(?:\w+\.)?linkedin\.com/(?:in|company)/(?P<h>[^/?#]+)/?",
             export="linkedin"),
    _network("x", "X", r"(?:www\.|mobile\.)?(?:x|twitter)\.com/(?P<h>\w{1,15})/?", export="x"),
)  # fmt: skip

MASTODON = re.compile(r"[\w.-]+\.[a-z]{2,}/(?:web/)?@(?P<h>[\w.]+)/?", re.I)
"""Any host's: Mastodon and what speaks like it put an @ before the name."""

LABELS = {network.name: network.label for network in NETWORKS} | {
    "mastodon": "Mastodon",
    "web": "the web",
}

HEARD = frozenset({"mastodon", "bluesky"})
"""The networks that anybody may ask what is said under a post."""


def recognise(url: str) -> Profile | None:
    """The profile that an address is; None for one that no network here has."""
    parts = urlsplit(url)
    where = f"{parts.netloc.lower()}{parts.path}" + (f"?{parts.query}" if parts.query else "")
    for network in NETWORKS:
        found = network.address.fullmatch(where)
        if found:
            feeds = tuple(feed.format(h=found["h"]) for feed in network.feeds)
            return Profile(network.name, url, found["h"], feeds)
    found = MASTODON.fullmatch(where)
    if found and parts.netloc.lower() != "medium.com":
        host = parts.netloc.lower()
        return Profile(
            "mastodon", url, f"{found['h']}@{host}", (f"https://{host}/@{found['h']}.rss",)
        )
    return None


def feed_of(url: str, named: str = "") -> str:
    """Where a profile's feed is: as its line names it, else as its network has it; '' without."""
    known = recognise(url)
    return named or (known.feeds[0] if known and known.feeds else "")


# What names an entry for good, found in its address or its feed's id.
_IDS: Mapping[str, re.Pattern[str]] = {
    "mastodon": re.compile(r"https?://([\w.-]+)/(?:web/)?(?:@[\w.@-]+|users/[\w.-]+/statuses)/(\d+)"),
    "bluesky": re.compile(r"(?:profile/[\w.:-]+/post/|app\.bsky\.feed\.post/)(\w+)"),
    "youtube": re.compile(r"(?:yt:video:|[?&]v=|youtu\.be/|/shorts/)([\w-]{11})"),
    "medium": re.compile(r"(?:medium\.com/p/|[-/])([0-9a-f]{10,12})(?:\?|$)"),
    "reddit": re.compile(r"(?:t3_|/comments/)(\w+)"),
    "hackernews": re.compile(r"item\?id=(\d+)"),
    "linkedin": re.compile(
        r"(?:urn(?::|%3A)li(?::|%3A)\w+(?::|%3A)|activity[-:]|share[-:])(\d{15,})", re.I
    ),
    "x": re.compile(r"/status(?:es)?/(\d+)"),
    "github": re.compile(r"tag:github\.com,2008:(.+)"),
}  # fmt: skip

Finder = Callable[[str], str]


def native_id(network: str, *names: str) -> str:
    """The network's own id of an entry, from the first of its names (feed id, address) that
    shows one; else the first name, without its trackers."""
    pattern = _IDS.get(network)
    for name in names:
        found = pattern.search(name) if pattern else None
        if found:
            return ":".join((network, *found.groups()))
    return next((name for name in names if name), "")
