"""The one client that touches the network, safe to point at addresses that strangers wrote.

It speaks HTTP and HTTPS alone, to public addresses alone, and connects to the very address that
it checked, so that a name that changes its answer between check and connect gains nothing
(OWASP, Server-Side Request Forgery Prevention; CWE-918). Bodies, redirects and time are bounded.
Any port may be asked: people serve their sites at odd ones, and what is sent is plain HTTP.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
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
_FRAME = 1 << 16  # bytes of encoding around a body that is nearly too long
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.ASCII)
# What a numeric notation of an address may look like beside the usual one: 0x7f.1, 2130706433.
_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*", re.ASCII)
# A prefix that carries a v4 address: it is what the packets reach (RFC 6052).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")  # all that IANA has given out for the public
# Set aside, though not in every Python's `ipaddress`: RFC 9637, 6890, 7526.
_SET_ASIDE = (
    ipaddress.IPv6Network("3fff::/20"),
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("192.88.99.0/24"),
)


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered. `headers` have lower-case names, `url` is where the redirects
    ended, `history` the addresses before it, `body` is decoded and whole; `moved` is where
    permanent redirects alone lead (RFC 9110, 15.4.2 and 15.4.9), '' without one."""

    status: int
    headers: Mapping[str, str]
    url: str
    body: bytes
    history: tuple[str, ...] = ()
    moved: str = ""


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
        isatap = int(address) >> 32 & 0xFDFFFFFF == 0x5EFE  # RFC 5214
        if isatap and not is_public(ipaddress.IPv4Address(low)):
            return False
        if address not in _GLOBAL_V6:
            return False
    aside = any(address in network for network in _SET_ASIDE)
    return address.is_global and not address.is_multicast and not aside


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
        moved, for_good = "", True
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
                return Response(status, got, url, body, tuple(history), moved)
            if len(history) == self.max_redirects:
                raise FetchError(f"more than {self.max_redirects} redirects", where=history[0])
            history.append(url)
            try:
                new = urljoin(url, got["location"].replace(" ", "%20"))
                elsewhere = not same_origin(url, new)
            except ValueError as error:
                raise FetchError(f"it leads to no address: {error}", where=url) from error
            if elsewhere:
                sent = {n: v for n, v in sent.items() if n not in ("authorization", "cookie")}
            if status == 303 or (status in (301, 302) and method == "POST"):
                method, content = "GET", None
            url = new
            for_good = for_good and status in (301, 308)
            moved = new if for_good else moved

    def _once(
        self, method: str, url: str, sent: Mapping[str, str], content: bytes | None, limit: int
    ) -> tuple[int, dict[str, str], bytes]:
        times = dict.fromkeys(("connect", "read", "write", "pool"), self.timeout)
        headers = [(name.encode(), value.encode()) for name, value in sent.items()]
        with self._pool.stream(
            method, url, headers=headers, content=content, extensions={"timeout": times}
        ) as answer:
            got: dict[str, str] = {}
            for raw_name, raw_value in answer.headers:
                name, value = raw_name.decode("latin-1").lower(), _text(raw_value)
                got[name] = f"{got[name]}, {value}" if name in got else value
            if answer.status in _REDIRECTS or method == "HEAD":
                return answer.status, got, b""
            if got.get("content-length", "").isdigit() and int(got["content-length"]) > limit:
                raise FetchError(f"the answer is longer than {limit:,} bytes")
            body = _read(answer.iter_stream(), got.get("content-encoding", ""), limit)
            return answer.status, got, body


def same_origin(one: str, other: str) -> bool:
    """Whether two addresses are of one scheme, host and port. Pure; raises ValueError."""
    first, second = urlsplit(one), urlsplit(other)
    return (first.scheme, first.netloc.lower()) == (second.scheme, second.netloc.lower())


def _text(value: bytes) -> str:
    """A header's value: UTF-8 is what servers send that send more than ASCII."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _read(parts: Iterable[bytes], encoding: str, limit: int) -> bytes:
    """A body, decoded as it comes, so that a small one that unpacks to a large one stops early;
    what comes in is bounded too, since it may unpack to nothing."""
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise FetchError(f"the answer is encoded as {encoding!r}, which was not asked for")
    body, came = bytearray(), 0
    decoder = None
    for part in parts:
        came += len(part)
        while part:
            if encoding in ("", "identity"):
                body += part
                part = b""
            else:
                if decoder is None:
                    decoder = _decoder(encoding, part)
                body += decoder.decompress(part, limit + 1 - len(body))
                # A gzip may be of several members, and end in zeros (RFC 1952, gzip(1)).
                part = decoder.unused_data.lstrip(b"\0") if "gzip" in encoding else b""
                if part:
                    decoder = _decoder(encoding, part)
            if len(body) > limit or came > limit + limit // 100 + _FRAME:
                raise FetchError(f"the answer is longer than {limit:,} bytes")
    if decoder and not decoder.eof:
        raise FetchError("the answer ended too soon")
    return bytes(body)


def _decoder(encoding: str, first: bytes) -> zlib._Decompress:
    if "gzip" in encoding:
        return zlib.decompressobj(16 + zlib.MAX_WBITS)
    # Some servers leave out the frame of zlib, whose first byte says 'deflate' in its low bits.
    framed = first[0] & 0x0F == 8 and (len(first) == 1 or (first[0] * 256 + first[1]) % 31 == 0)
    return zlib.decompressobj(zlib.MAX_WBITS if framed else -zlib.MAX_WBITS)


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
            found = [ipaddress.ip_address(text) for text in self._asked(host, port)]
        except (OSError, ValueError) as error:
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

    def _asked(self, host: str, port: int) -> Sequence[str]:
        """The resolver's answer, in time: the system's own can't be told to hurry."""
        answer: Future[Sequence[str]] = Future()

        def ask() -> None:
            try:
                answer.set_result(self._resolve(host, port))
            except BaseException as error:
                answer.set_exception(error)

        threading.Thread(target=ask, daemon=True).start()
        try:
            return answer.result(self.wait(None))
        except TimeoutError as error:
            if answer.done():  # the resolver's own, an OSError like any other
                raise
            raise httpcore.ConnectTimeout("the name's address was not told in time") from error

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
