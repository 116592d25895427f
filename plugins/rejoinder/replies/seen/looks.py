"""A look at a page, as its script tells of it, and why one doesn't count. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

LONGEST = 2048
"""Bytes of what a script tells."""

NO_ADDRESS = "not an address"
"""What stands for a referrer that is no host's name."""

_HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}")
_EARLY = re.compile(r"\b(?:prefetch|prerender|preview)\b", re.IGNORECASE)


class Why(StrEnum):
    """Why a look is left out."""

    BOT = "bot"
    EARLY = "prefetch"
    ASKED = "asked not to be counted"
    ELSEWHERE = "not a page of this site"
    MANY = "too many"


class Look(NamedTuple):
    """Somebody has a page before them: the day in the site's zone; their network address and
    their browser's name, which are forgotten when it is counted; the page's path; the host that
    led there, or ''."""

    day: date
    address: str
    agent: str
    path: str
    referrer: str


def read(body: bytes) -> tuple[str, str] | None:
    """The path and the referrer's host, in two lines; None of what no page of ours sends."""
    try:
        path, _, referrer = body.decode("utf-8").partition("\n")
    except UnicodeDecodeError:
        return None
    if len(body) > LONGEST or not path.startswith("/") or "\n" in referrer or "\0" in path:
        return None
    return path, referrer.strip()


def unwanted(headers: Mapping[str, str]) -> Why | None:
    """Why a request with these headers doesn't count, whatever it says: its sender asks that
    (globalprivacycontrol.github.io/gpc-spec, the older DNT), or nobody has looked yet."""
    if headers.get("sec-gpc") == "1" or headers.get("dnt") == "1":
        return Why.ASKED
    if any(_EARLY.search(headers.get(name, "")) for name in ("sec-purpose", "purpose", "x-moz")):
        return Why.EARLY
    return None


def grouped(referrer: str, own: Collection[str]) -> str:
    """The host that led here without its `www.`; '' for the site's own, of which `own` are the
    names without it. A network address is no name: it may be a person's."""
    host = plain_host(referrer)
    if not host or host in own:
        return ""
    if not _HOST.fullmatch(host) or _is_number(host):
        return NO_ADDRESS
    return host


def hosts(addresses: Collection[str]) -> frozenset[str]:
    """The hosts of some addresses, as `grouped` compares them."""
    found = (urlsplit(one).hostname or "" for one in addresses)
    return frozenset(plain_host(host) for host in found if host)


def plain_host(host: str) -> str:
    """A host's name in small letters, without a dot at its end and `www.`."""
    return host.lower().rstrip(".").removeprefix("www.")


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return host.rpartition(".")[2].isdigit()
    return True
