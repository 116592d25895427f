"""E-mail and IP addresses in text, however they are written. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import unescape
from ipaddress import IPv6Address, IPv6Network, ip_address
from unicodedata import normalize
from urllib.parse import unquote

# A handle like @ada@social.example is no e-mail address, so none begins after an '@'.
_MAIL = re.compile(
    r"(?<![@\w.%+'-])[\w.%+'-]{1,64}@"
    r"((?:[\w-]{1,63}\.){1,8}(?:xn--[\w-]{1,59}|[^\W\d_]{2,24}))(?![\w@])"
)
_DOMAIN = re.compile(r"@([\w.-]+)")
_IPV4 = re.compile(r"(?<![0-9A-Za-z.])\d{1,3}(?:\.\d{1,3}){3}(?![0-9A-Za-z]|\.\d)")
_IPV6 = re.compile(r"(?<![0-9A-Fa-f:])[0-9A-Fa-f:]*:[0-9A-Fa-f:]+(?:\.\d{1,3}){0,3}(?![0-9A-Za-z])")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_FILES = frozenset({"avif", "css", "gif", "jpeg", "jpg", "js", "png", "svg", "webp"})  # logo@2x.png
# What is given to hosts; the rest of what reads as IPv6, like 'add::bad', is something else.
_NETWORKS = tuple(map(IPv6Network, ("2000::/3", "fc00::/7", "fe80::/10")))


class Known:
    """A set of addresses, to be found in texts: e-mail whatever its case and spelling of the
    domain, IP addresses whatever their spelling."""

    def __init__(self, values: Iterable[str]) -> None:
        self._locals: dict[str, set[str]] = defaultdict(set)
        self._ips: set[str] = set()
        for value in values:
            ip = canonical_ip(value)
            name, at, domain = normalize("NFC", value).lower().rpartition("@")
            if ip:
                self._ips.add(ip)
            elif at and name and domain:
                self._locals[_ascii(domain)].add(name)

    def __bool__(self) -> bool:
        return bool(self._locals or self._ips)

    def find(self, line: str) -> Iterator[str]:
        """Each known address in a line, once."""
        yield from sorted({found for text in {line, plain(line)} for found in self._in(text)})

    def _in(self, text: str) -> Iterator[str]:
        if self._locals and "@" in text:
            text = normalize("NFC", text).lower()
            for match in _DOMAIN.finditer(text):
                before = text[max(0, match.start() - 256) : match.start()]
                domain = match[1].rstrip(".-_")
                for name in self._locals.get(_ascii(domain), ()):
                    if before.endswith(name) and not before[: -len(name)][-1:].isalnum():
                        yield f"{name}@{domain}"
        if self._ips:
            yield from (ip for ip in _ips(text) if ip in self._ips)


def guess(line: str) -> Iterator[str]:
    """Whatever in a line looks like an e-mail address or a host's IP address, once each."""
    text = plain(line)
    found = {m[0] for m in _MAIL.finditer(text) if m[1].rpartition(".")[2].lower() not in _FILES}
    for ip in _ips(text):
        parsed = ip_address(ip)
        if not isinstance(parsed, IPv6Address) or any(parsed in net for net in _NETWORKS):
            found.add(ip)
    yield from sorted(found)


@lru_cache(4096)  # pages say the same times and versions again and again
def canonical_ip(text: str) -> str:
    """An IP address in the one spelling of RFC 5952; '' for what is none, and for this machine's
    own, which is nobody's."""
    try:
        found = ip_address(text.strip())
    except ValueError:
        return ""
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return "" if found.is_loopback or found.is_unspecified else str(found)


def plain(line: str) -> str:
    """A line without the escapes of HTML, addresses and JSON."""
    if "&" in line:
        line = unescape(line)
    if "%" in line:
        line = unquote(line)
    if "\\u" in line:
        line = _ESCAPE.sub(lambda m: chr(int(m[1], 16)), line)
    return line


def _ips(text: str) -> Iterator[str]:
    if "." in text:
        yield from filter(None, (canonical_ip(m[0]) for m in _IPV4.finditer(text)))
    if text.count(":") > 1:
        for match in _IPV6.finditer(text):
            # Colons of the prose around it: 'ip:2001:db8::1', 'is 2001:db8::1: so'.
            run = match[0]
            for spelling in (run, run.removeprefix(":"), run.removesuffix(":"), run[1:-1]):
                if ip := canonical_ip(spelling):
                    yield ip
                    break


def _ascii(domain: str) -> str:
    """A domain as DNS has it (IDNA); as it is where it can't be."""
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain
