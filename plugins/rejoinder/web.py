"""The one client that touches the network, safe to point at addresses that strangers wrote.

It speaks HTTP and HTTPS alone, to public addresses alone, and connects to the very address that
it checked, so that a name that changes its answer between check and connect gains nothing
(OWASP, Server-Side Request Forgery Prevention; CWE-918). Bodies, redirects and time are bounded.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore

from rejoinder import __version__
from rejoinder.errors import FetchError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Sequence[str]]
"""(host name, port) → the addresses it stands for, as text; raises OSError."""

USER_AGENT = f"Rejoinder/{__version__}"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.ASCII)
# What a numeric notation of an address may look like beside the usual one: 0x7f.1, 2130706433.
_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*", re.ASCII)
# Prefixes that carry a v4 address: it is what the packets reach (RFC 6052, 3056, 4380).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered. `headers` have lower-case names, `url` is where the redirects
    ended, `history` the addresses before it, `body` is decoded and whole."""

    status: int
    headers: Mapping[str, str]
    url: str
    body: bytes
    history: tuple[str, ...] = ()


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        low = int(address) & 0xFFFFFFFF
        inner: list[int] = []
        if address.ipv4_mapped is not None or int(address) >> 32 == 0 or address in _NAT64:
            inner.append(low)
        if address.sixtofour is not None:
            inner.append(int(address.sixtofour))
        if address.teredo is not None:
            inner += [int(part) for part in address.teredo]
        if inner:
            return all(is_public(ipaddress.IPv4Address(part)) for part in inner)
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast


def resolve(host: str, port: int) -> list[str]:
    """The system's own answer for a name. Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Client:
    """An HTTP client with limits.

    `allow` exempts networks from the check (tests, a host of one's own); `timeout` bounds each
    wait and `deadline` a whole request with its redirects, in seconds; `max_bytes` bounds a
    body, decoded. Raises FetchError from every method, for whatever goes wrong; a status of
    400 and more is an answer, not an error. Safe to use from several threads.
    """

    def __init__(
        self,
        *,
        allow: Iterable[str | Network] = (),
        timeout: float = 10.0,
        deadline: float = 60.0,
        max_bytes: int = 32 << 20,
        max_redirects: int = 5,
        user_agent: str = USER_AGENT,
        resolver: Resolver = resolve,
    ) -> None:
        self.timeout = timeout
        self.deadline = deadline
        self.max_bytes = max_bytes
        self.max_redirects = max_redirects
        self.user_agent = user_agent
        self._guard = _Guard([ipaddress.ip_network(n) for n in allow], resolver)
        self._pool = httpcore.ConnectionPool(network_backend=self._guard, max_connections=32)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._pool.close()

    def get(self, url: str, **options: Any) -> Response:
        """`request("GET", url)`."""
        return self.request("GET", url, **options)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        max_bytes: int | None = None,
    ) -> Response:
        """Send a request and follow its redirects, each checked like the first; headers that
        say who one is do not follow to another host."""
        self._guard.until = time.monotonic() + self.deadline
        sent = {"user-agent": self.user_agent, "accept-encoding": "gzip, deflate"}
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        history: list[str] = []
        limit = self.max_bytes if max_bytes is None else max_bytes
        while True:
            target = _checked(url)
            try:
                status, got, body = self._once(method, target, sent, content, limit)
            except FetchError as error:
                raise FetchError(error.what, where=url, mend=error.mend) from error
            except (httpcore.TimeoutException, TimeoutError) as error:
                raise FetchError("the server took too long", where=url) from error
            except (httpcore.NetworkError, httpcore.ProtocolError, OSError, zlib.error) as error:
                raise FetchError(f"no answer could be read: {error}", where=url) from error
            if status not in _REDIRECTS or "location" not in got:
                return Response(status, got, url, body, tuple(history))
            if len(history) == self.max_redirects:
                raise FetchError(f"more than {self.max_redirects} redirects", where=history[0])
            history.append(url)
            try:
                new = urljoin(url, got["location"])
                elsewhere = urlsplit(new).netloc != urlsplit(url).netloc
            except ValueError as error:
                raise FetchError(f"it leads to no address: {error}", where=url) from error
            if elsewhere:
                sent = {n: v for n, v in sent.items() if n not in ("authorization", "cookie")}
            if status == 303 or (status in (301, 302) and method == "POST"):
                method, content = "GET", None
            url = new

    def _once(
        self, method: str, url: str, sent: Mapping[str, str], content: bytes | None, limit: int
    ) -> tuple[int, dict[str, str], bytes]:
        times = dict.fromkeys(("connect", "read", "write", "pool"), self.timeout)
        with self._pool.stream(
            method, url, headers=list(sent.items()), content=content, extensions={"timeout": times}
        ) as answer:
            got: dict[str, str] = {}
            for raw_name, raw_value in answer.headers:
                name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
                got[name] = f"{got[name]}, {value}" if name in got else value
            if answer.status in _REDIRECTS or method == "HEAD":
                return answer.status, got, b""
            if got.get("content-length", "").isdigit() and int(got["content-length"]) > limit:
                raise FetchError(f"the answer is longer than {limit:,} bytes")
            body = _read(answer.iter_stream(), got.get("content-encoding", ""), limit)
            return answer.status, got, body


def _read(parts: Iterable[bytes], encoding: str, limit: int) -> bytes:
    """A body, decoded as it comes, so that a small one that unpacks to a large one stops early."""
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise FetchError(f"the answer is encoded as {encoding!r}, which was not asked for")
    decoder = None
    if "gzip" in encoding:
        decoder = zlib.decompressobj(16 + zlib.MAX_WBITS)
    body = bytearray()
    for part in parts:
        if encoding == "deflate" and decoder is None:  # some servers leave the zlib frame out
            raw = not (part[:1] and part[0] & 0x0F == 8 and len(part) > 1
                       and (part[0] * 256 + part[1]) % 31 == 0)  # fmt: skip
            decoder = zlib.decompressobj(-zlib.MAX_WBITS if raw else zlib.MAX_WBITS)
        body += decoder.decompress(part, limit + 1 - len(body)) if decoder else part
        if len(body) > limit:
            raise FetchError(f"the answer is longer than {limit:,} bytes")
    if decoder and not decoder.eof and body:
        raise FetchError("the answer ended too soon")
    return bytes(body)


def _checked(url: str) -> str:
    """`url` without its fragment, if it is one that may be fetched at all."""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
        ascii_host = host if ":" in host else host.encode("idna").decode("ascii").lower()
    except (ValueError, UnicodeError) as error:
        raise FetchError(f"this is not an address: {error}", where=url) from error
    if parts.scheme not in ("http", "https"):
        raise FetchError(f"{parts.scheme or 'no scheme'!r} is not http or https", where=url)
    if parts.username is not None or parts.password is not None:
        raise FetchError("an address with a user in it is not fetched", where=url)
    if ":" in host:
        if "%" in host:
            raise FetchError("an address with a zone is not fetched", where=url)
        ascii_host = f"[{ipaddress.IPv6Address(host)}]"
    elif _NUMERIC.fullmatch(ascii_host):
        try:
            ipaddress.IPv4Address(ascii_host)
        except ValueError as error:
            raise FetchError("an odd way to write a number is no host", where=url) from error
    elif not _HOST.fullmatch(ascii_host):
        raise FetchError("this is no host's name", where=url)
    place = ascii_host if port is None else f"{ascii_host}:{port}"
    rest = parts.path or "/"
    if re.search(r"[\x00-\x20\x7f]", url):
        raise FetchError("an address holds no spaces and controls", where=url)
    rest = "".join(c if c.isascii() else _percent(c) for c in rest)
    query = "".join(c if c.isascii() else _percent(c) for c in parts.query)
    return f"{parts.scheme}://{place}{rest}" + (f"?{query}" if query else "")


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))


class _Guard(httpcore.NetworkBackend):
    """Resolves a name once, refuses it when any of its addresses is not public, and connects
    to one that was checked."""

    def __init__(self, allow: Sequence[Network], resolver: Resolver) -> None:
        self._allow = allow
        self._resolve = resolver
        self._local = threading.local()
        self._inner = httpcore.SyncBackend()

    @property
    def until(self) -> float:
        """When this thread's request must be over, on the monotonic clock."""
        return float(getattr(self._local, "until", 0.0))

    @until.setter
    def until(self, value: float) -> None:
        self._local.until = value

    def wait(self, timeout: float | None) -> float:
        """How long one step may take: not beyond the deadline."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline has passed")
        return left if timeout is None else min(timeout, left)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = [ipaddress.ip_address(text) for text in self._resolve(host, port)]
        except OSError as error:
            raise FetchError(f"the name {host!r} is not known: {error}") from error
        if not found:
            raise FetchError(f"the name {host!r} has no address")
        for address in found:
            exempt = any(address in network for network in self._allow)
            if not exempt and not is_public(address):
                raise FetchError(f"{host!r} is {address}, which is not on the public internet")
        problem: Exception | None = None
        for address in found:
            try:
                stream = self._inner.connect_tcp(
                    str(address), port, self.wait(timeout), local_address, socket_options
                )
            except httpcore.ConnectError as error:
                problem = error
            else:
                return _Timed(stream, self)
        assert problem is not None
        raise problem

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise FetchError("a socket of this machine is not fetched")


class _Timed(httpcore.NetworkStream):
    """A stream whose every step keeps to the deadline of the request that uses it."""

    def __init__(self, stream: httpcore.NetworkStream, guard: _Guard) -> None:
        self._stream = stream
        self._guard = guard

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._guard.wait(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._guard.wait(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._guard.wait(timeout))
        return _Timed(stream, self._guard)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
