"""Who a request comes from, and how much of it is too much.

Buckets as in RFC 2697's single-rate marker: `burst` at once, filled again at a steady rate.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Networks as they are written in the settings, which have been checked."""
    return tuple(ip_network(text) for text in texts)


def is_in(address: str, among: Sequence[Network]) -> bool:
    """Whether an address is in one of the networks; what is no address is in none."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found.version == network.version and found in network for network in among)


def client_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The address that a request came from: the peer, or what trusted proxies say of it.

    `forwarded` is X-Forwarded-For. It is read from its right end, where our own proxies
    write, and only as long as the hop before is one of `trusted`: what a client wrote
    there itself is never believed.
    """
    here = _plain(peer)
    hops = [_plain(hop) for hop in forwarded.split(",") if hop.strip()][-20:]
    while hops and is_in(here, trusted):
        here = hops.pop()
    return here


def bucket_of(address: str) -> str:
    """What is counted together: an IPv4 address, or an IPv6 /64, which is one customer's."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(ip_network((int(found) >> 64 << 64, 64)))
    return str(found)


class Buckets:
    """Token buckets in memory, the least recently used forgotten beyond `most`."""

    def __init__(self, per_second: float, burst: int, most: int = 50_000) -> None:
        self.per_second = per_second
        self.burst = burst
        self.most = most
        self._filled: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._filled)

    def take(self, who: str, now: float) -> float:
        """Take one; 0 when there was one, else the seconds until there is. `now` is a
        monotonic clock's."""
        if not self.per_second:
            return 0.0
        level, at = self._filled.pop(who, (float(self.burst), now))
        level = min(float(self.burst), level + (now - at) * self.per_second)
        wait = 0.0 if level >= 1 else (1 - level) / self.per_second
        self._filled[who] = (level - 1 if not wait else level, now)
        if len(self._filled) > self.most:
            self._filled.popitem(last=False)
        return wait


def _plain(address: str) -> str:
    """An address without port, brackets and zone; a v4 address in v6 clothes as v4."""
    text = address.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return text[:64]
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)
