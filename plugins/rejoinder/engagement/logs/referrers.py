"""Where views began: a host, or the name of a network or search engine. Of the address nothing
else is kept. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

_NAMES = {
    "t.co": "X", "x.com": "X", "twitter.com": "X", "lnkd.in": "LinkedIn",
    "linkedin.com": "LinkedIn", "com.linkedin.android": "LinkedIn", "bsky.app": "Bluesky",
    "go.bsky.app": "Bluesky", "facebook.com": "Facebook", "instagram.com": "Instagram",
    "threads.net": "Threads", "threads.com": "Threads", "news.ycombinator.com": "Hacker News",
    "reddit.com": "Reddit", "com.reddit.frontpage": "Reddit", "youtube.com": "YouTube",
    "github.com": "GitHub", "lobste.rs": "Lobsters", "duckduckgo.com": "DuckDuckGo",
    "com.duckduckgo.mobile.android": "DuckDuckGo", "bing.com": "Bing", "ecosia.org": "Ecosia",
    "qwant.com": "Qwant", "startpage.com": "Startpage", "kagi.com": "Kagi",
    "search.brave.com": "Brave", "baidu.com": "Baidu", "yandex.ru": "Yandex",
    "yandex.com": "Yandex", "chatgpt.com": "ChatGPT", "perplexity.ai": "Perplexity",
    "com.google.android.gm": "e-mail", "mail.google.com": "e-mail", "outlook.live.com": "e-mail",
    "com.google.android.googlequicksearchbox": "Google", "feedly.com": "Feedly",
    "inoreader.com": "Inoreader", "web.telegram.org": "Telegram", "org.telegram.messenger":
    "Telegram", "com.slack": "Slack", "app.slack.com": "Slack",
}  # fmt: skip
_GROUPS = (
    (re.compile(r"(^|\.)google\.[a-z.]{2,6}$"), "Google"),
    (re.compile(r"(^|\.)search\.yahoo\.[a-z.]{2,6}$|^yahoo\.com$"), "Yahoo"),
    (re.compile(r"(^|\.)(reddit|linkedin|facebook|instagram|pinterest|tumblr)\.com$"), ""),
    (re.compile(r"^(web)?mail\."), "e-mail"),
)
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+|localhost")
_NUMBER = re.compile(r"(^|\.)(\d+|0x[0-9a-f]*)$")
"""How a network address ends, which is no name: it may be a person's."""

MOST, OTHERS = 500, "others"
"""So many referrers are told apart on one day, as the beacon does: anybody can name any."""

_FRONT = re.compile(r"^(www\d?|m|l|lm|out|amp|mobile)\.")


def referrer_of(address: str, own: Collection[str]) -> str:
    """Where an address leads back to; '' for none and for one of the site's `own` hosts,
    'no-address' for what is none."""
    address = address.strip()
    if address in ("", "-"):
        return ""
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return "no-address"
    try:
        host = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        return "no-address"
    if host in own:
        return ""
    if len(host) > 253 or not _HOST.fullmatch(host) or _NUMBER.search(host):
        return "no-address"
    plain = _FRONT.sub("", host, count=1)
    if plain in own:
        return ""
    for name in (host, plain):
        if name in _NAMES:
            return _NAMES[name]
    for pattern, group in _GROUPS:
        if pattern.search(plain):
            return group or _NAMES.get(".".join(plain.split(".")[-2:]), plain)
    return plain


def most_of(counts: Mapping[str, int], known: Collection[str]) -> dict[str, int]:
    """A day's counts by referrer, of no more than are told apart: those that are `known` already,
    then those with most views. The rest is one."""
    if len(counts) <= MOST:
        return dict(counts)
    found = sorted(counts, key=lambda name: (name not in known, -counts[name], name))
    names = [name for name in found if name != OTHERS]
    others = counts.get(OTHERS, 0) + sum(counts[name] for name in names[MOST:])
    kept = {name: counts[name] for name in names[:MOST]}
    return kept | {OTHERS: others} if others else kept
