"""One address for all the ways in which a page is linked to. Pure: no network.

Follows RFC 3986, 6.2 (normalisation), and what the networks really do to links: trackers,
redirects that hold their target, `www`, `m.` and `amp` twins.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

# Parameters that say where a click came from and never what is shown.
_TRACKERS = re.compile(
    r"utm_\w+|hsa_\w+|mtm_\w+|pk_\w+|piwik_\w+|matomo_\w+|fbclid|gclid|gbraid|wbraid|dclid|msclkid"
    r"|twclid|li_fat_id|igshid|igsh|yclid|_openstat|mc_cid|mc_eid|mkt_tok|_hsenc|_hsmi|oly_\w+_id"
    r"|ref|ref_src|ref_url|referrer|source|src|si|feature|trk|trkinfo|lipi|licu|rss|cmpid|s_cid|wt_mc"
    r"|ncid|sr_share|share|shared|via|amp|outputtype|guccounter|triedredirect|postpublishedtype|r",
    re.I,
)
# Parameters that name what is shown, whatever they are called elsewhere.
_KEPT = {"news.ycombinator.com": {"id"}, "www.youtube.com": {"v"}, "youtube.com": {"v"}}

# Redirects that say where they lead: host, path, and the parameter that holds the target.
_WRAPPERS = (
    (re.compile(r"(?:l|lm)\.(?:facebook|instagram)\.com"), re.compile(r"/l\.php|/"), ("u",)),
    (re.compile(r"(?:www\.)?google\.[a-z.]+"), re.compile(r"/url"), ("q", "url")),
    (re.compile(r"(?:www\.)?linkedin\.com"), re.compile(r"/(?:safety/go|redir/\w+)"), ("url",)),
    (re.compile(r"(?:www\.)?youtube\.com"), re.compile(r"/redirect"), ("q",)),
    (re.compile(r"out\.reddit\.com"), re.compile(r"/.*"), ("url",)),
    (re.compile(r"(?:www\.)?reddit\.com"), re.compile(r"/media"), ("url",)),
    (re.compile(r"(?:\w+\.)?safelinks\.protection\.outlook\.com"), re.compile(r"/"), ("url",)),
    (re.compile(r"href\.li"), re.compile(r"/"), ("",)),
    (re.compile(r"slack-redir\.net"), re.compile(r"/link"), ("url",)),
    (re.compile(r"vk\.com"), re.compile(r"/away\.php"), ("to",)),
    (re.compile(r"steamcommunity\.com"), re.compile(r"/linkfilter/?"), ("url", "u")),
)  # fmt: skip

SHORTENERS = frozenset({
    "t.co", "lnkd.in", "bit.ly", "buff.ly", "ow.ly", "tinyurl.com", "is.gd", "goo.gl", "dlvr.it",
    "ift.tt", "wp.me", "fb.me", "trib.al", "youtu.be", "hubs.ly", "hubs.la", "rebrand.ly",
    "cutt.ly", "shorturl.at", "t.ly", "amzn.to", "redd.it", "git.io", "feedproxy.google.com",
})  # fmt: skip
"""Hosts whose links say nothing of where they lead: only the network can tell."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_TWINS = re.compile(r"(?:www\d?|m|mobile|amp)\.(?=[^.]+\.[^.])")
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)$", re.I)
_AMP = re.compile(r"/(?:amp/?|\?amp(?:=1)?)$|\.amp(?=\.html?$)", re.I)
_UNRESERVED = "-._~!$&'()*+,;=:@/"


def is_web(url: str) -> bool:
    """Whether it is an address of the web that can be read at all."""
    try:
        parts = urlsplit(url.strip())
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def unwrap(url: str) -> str:
    """The target of a redirect that says where it leads, however deep; else the address."""
    for _ in range(5):
        inner = _inside(url)
        if inner is None:
            return url
        url = inner
    return url


def canonical(url: str) -> str:
    """What is the same for all addresses of one page: no scheme, host in lower case without
    `www.` and its like, the path without a slash at its end, parameters that matter in order.
    '' for what is no address of the web."""
    url = unwrap(url.strip())
    if not is_web(url):
        return ""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        return ""
    host = (parts.hostname or "").rstrip(".")
    try:
        if not host.isascii():
            host = host.encode("idna").decode("ascii").rstrip(".")
    except UnicodeError:
        return ""
    if not host or re.search(
        r"\s", host
    ):  # none has one (URL Standard, 3.2), and some letters come to it
        return ""
    plain = _TWINS.sub("", host)
    if port is not None and port != _DEFAULT_PORTS[parts.scheme.lower()]:
        plain = f"{plain}:{port}"
    path = quote(unquote(_dotless(parts.path)), safe=_UNRESERVED)
    path = _INDEX.sub("/", _AMP.sub("", path)).rstrip("/")
    kept = _KEPT.get(host, set())
    query = sorted(
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name in kept or not _TRACKERS.fullmatch(name)
    )
    return f"{plain}{path}" + (f"?{urlencode(query)}" if query else "")


def is_short(url: str) -> bool:
    """Whether only the network can tell where it leads."""
    if not is_web(url):
        return False
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return host in SHORTENERS


def _inside(url: str) -> str | None:
    if not is_web(url):
        return None
    parts = urlsplit(url)
    host, path = parts.hostname or "", parts.path or "/"
    if host == "web.archive.org":
        found = re.match(r"/web/[^/]+/(https?:/.*)", path)
        return re.sub(r"^(https?):/+", r"\1://", found[1]) if found else None
    if host.endswith(".cdn.ampproject.org"):
        found = re.match(r"/[cvi]/(?:s/)?(.+)", path)
        return f"https://{found[1]}" if found else None
    google = re.match(r"/amp/s/(.+)", path) if host.startswith(("www.google.", "google.")) else None
    if google:
        return f"https://{google[1]}"
    for hosts, paths, names in _WRAPPERS:
        if hosts.fullmatch(host) and paths.fullmatch(path):
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            for name in names:
                target = query.get(name, "") if name else unquote(parts.query)
                if is_web(target):
                    return target
    return None


def _dotless(path: str) -> str:
    """A path without `.` and `..` (RFC 3986, 5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    parts = path.split("/")
    for part in parts:
        if part == "..":
            if len(kept) > 1:
                kept.pop()
        elif part != ".":
            kept.append(part)
    if parts[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)
