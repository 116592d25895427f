"""The network client against real servers on this machine, and against everything inward."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rejoinder.errors import FetchError
from rejoinder.web import Client, is_public, same_origin

LOOPBACK = ["127.0.0.0/8", "::1/128"]


class Handler(BaseHTTPRequestHandler):
    """A small program of a server: each path misbehaves in a way of its own."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, dict[str, str]]]

    def log_message(self, format: str, *args: object) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.server.seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}))  # type: ignore[attr-defined]
        path, _, rest = self.path.partition("?")
        match path:
            case "/plain":
                self.answer(200, b"hello", Content_Type="text/plain", X_Twice="a")
            case "/gzip":
                self.answer(200, gzip.compress(b"hello"), Content_Encoding="gzip")
            case "/deflate":
                self.answer(200, zlib.compress(b"hello"), Content_Encoding="deflate")
            case "/raw-deflate":
                squeeze = zlib.compressobj(wbits=-15)
                body = squeeze.compress(b"hello") + squeeze.flush()
                self.answer(200, body, Content_Encoding="deflate")
            case "/bomb":
                self.answer(200, gzip.compress(bytes(200 << 20), 9), Content_Encoding="gzip")
            case "/cut":
                self.answer(200, gzip.compress(b"hello" * 99)[:-12], Content_Encoding="gzip")
            case "/members":
                body = gzip.compress(b"hel") + gzip.compress(b"lo") + bytes(512)
                self.answer(200, body, Content_Encoding="gzip")
            case "/utf-8":
                self.answer(302, Location="/to?caf\xc3\xa9 x")
            case "/brotli":
                self.answer(200, b"x", Content_Encoding="br")
            case "/large":
                self.answer(200, bytes(1 << 20))
            case "/to":
                self.answer(302, Location=rest)
            case "/loop":
                self.answer(301, Location="/loop")
            case "/missing":
                self.answer(404, b"no")
            case "/endless" | "/drip" | "/slow-head" | "/endless-gzip":
                self.trickle(path)
            case _:
                self.answer(200)

    def do_POST(self) -> None:
        self.do_GET()

    def trickle(self, path: str) -> None:
        self.close_connection = True
        try:
            if path == "/slow-head":
                for byte in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 400:
                    self.wfile.write(bytes([byte]))
                    time.sleep(0.05)
            if path == "/endless-gzip":  # it unpacks to nothing, for ever
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
                self.wfile.write(gzip.compress(b"hello"))
            else:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            endless = {"/endless": b"z" * (1 << 16), "/endless-gzip": bytes(1 << 16)}
            for _ in range(100_000):
                self.wfile.write(endless.get(path, b"z"))
                time.sleep(0 if path in endless else 0.05)
        except OSError:
            pass  # the client has had enough


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    httpd.seen = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield httpd
    httpd.shutdown()
    httpd.server_close()
    thread.join()


@pytest.fixture
def url(server: ThreadingHTTPServer) -> Callable[[str], str]:
    server.seen.clear()  # type: ignore[attr-defined]
    return lambda path: f"http://127.0.0.1:{server.server_port}{path}"


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(allow=LOOPBACK, timeout=2, deadline=5, max_bytes=500_000) as client:
        yield client


@pytest.mark.parametrize("path", ["/plain", "/gzip", "/deflate", "/raw-deflate", "/members"])
def test_a_body_comes_decoded(client: Client, url: Callable[[str], str], path: str) -> None:
    answer = client.get(url(path))
    assert (answer.status, answer.body) == (200, b"hello")


def test_a_status_is_an_answer(client: Client, url: Callable[[str], str]) -> None:
    assert client.get(url("/missing")).status == 404


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/bomb", "longer than 500,000 bytes"),
        ("/large", "longer than 500,000 bytes"),
        ("/endless", "longer than 500,000 bytes"),
        ("/endless-gzip", "longer than 500,000 bytes"),
        ("/cut", "ended too soon"),
        ("/brotli", "not asked for"),
        ("/loop", "more than 5 redirects"),
    ],
)
def test_what_is_too_much_is_refused(
    client: Client, url: Callable[[str], str], path: str, says: str
) -> None:
    started = time.monotonic()
    with pytest.raises(FetchError, match=says):
        client.get(url(path))
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("path", ["/drip", "/slow-head"])
def test_a_drip_ends_at_the_deadline(url: Callable[[str], str], path: str) -> None:
    started = time.monotonic()
    with (
        Client(allow=LOOPBACK, timeout=2, deadline=1) as client,
        pytest.raises(FetchError, match="too long"),
    ):
        client.get(url(path))
    assert time.monotonic() - started < 4


def test_redirects_are_followed_and_remembered(
    client: Client, server: ThreadingHTTPServer, url: Callable[[str], str]
) -> None:
    start = url(f"/to?{url('/plain')}")
    answer = client.get(start, headers={"Authorization": "Bearer x"})
    assert (answer.url, answer.history) == (url("/plain"), (start,))
    assert server.seen[-1][1]["authorization"] == "Bearer x"  # type: ignore[attr-defined]


def test_who_one_is_does_not_follow_to_another_host(
    client: Client, server: ThreadingHTTPServer, url: Callable[[str], str]
) -> None:
    other = f"http://localhost:{server.server_port}/plain"
    client.get(url(f"/to?{other}"), headers={"Authorization": "Bearer x", "Cookie": "a=b"})
    sent = server.seen[-1][1]  # type: ignore[attr-defined]
    assert sent["host"].startswith("localhost")
    assert "authorization" not in sent
    assert "cookie" not in sent


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        ("https://h.example/x", True),
        ("https://H.example/", True),
        ("http://h.example/", False),
        ("https://h.example:8443/", False),
        ("https://sub.h.example/", False),
    ],
)
def test_of_one_origin(other: str, is_same: bool) -> None:
    """A step down to http is to another one: who one is does not go there in the clear."""
    assert same_origin("https://h.example/", other) is is_same


def test_a_redirect_in_utf_8_and_with_a_space(client: Client, url: Callable[[str], str]) -> None:
    answer = client.get(url("/utf-8"))
    assert answer.url == url("/caf%C3%A9%20x")


def test_a_header_that_is_not_ascii(
    client: Client, server: ThreadingHTTPServer, url: Callable[[str], str]
) -> None:
    assert client.get(url("/plain"), headers={"X-Name": "Zoë"}).status == 200
    assert server.seen[-1][1]["x-name"].encode("latin-1").decode() == "Zoë"  # type: ignore[attr-defined]


def test_host_and_server_name_stay_the_name(server: ThreadingHTTPServer) -> None:
    """The connection goes to the address that was checked; what is said is the name."""
    with Client(allow=LOOPBACK, resolver=lambda *_: ["127.0.0.1"], timeout=2) as client:
        client.get(f"http://name.example:{server.server_port}/plain")
        host = server.seen[-1][1]["host"]  # type: ignore[attr-defined]
        assert host == f"name.example:{server.server_port}"
        with socket.create_server(("127.0.0.1", 0)) as listener:
            said: list[bytes] = []

            def listen() -> None:
                connection, _ = listener.accept()
                said.append(connection.recv(4096))
                connection.close()

            thread = threading.Thread(target=listen)
            thread.start()
            with pytest.raises(FetchError):
                client.get(f"https://secure.example:{listener.getsockname()[1]}/")
            thread.join()
        assert b"secure.example" in said[0]


def test_a_resolver_that_is_slow_or_talks_nonsense() -> None:
    def slow(host: str, port: int) -> list[str]:
        time.sleep(1.5)
        return ["127.0.0.1"]

    started = time.monotonic()
    with (
        Client(allow=LOOPBACK, deadline=0.3, resolver=slow) as client,
        pytest.raises(FetchError, match="too long"),
    ):
        client.get("http://slow.example/")
    assert time.monotonic() - started < 1.2
    for answer in (["nonsense"], []):
        with (
            Client(resolver=lambda *_, answer=answer: answer) as client,
            pytest.raises(FetchError, match=r"not known|no address"),
        ):
            client.get("http://odd.example/")


def test_a_post_becomes_a_get_where_the_server_says_so(
    client: Client, url: Callable[[str], str]
) -> None:
    assert client.request("POST", url("/to?/plain"), content=b"x").body == b"hello"


INWARD = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "10.255.255.255", "172.16.0.1",
    "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1", "100.127.255.255",
    "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:0",
    "::127.0.0.1", "::10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::",
    "64:ff9b:1::7f00:1", "64:ff9b:1:a00::1", "::ffff:0:127.0.0.1", "2600::5efe:7f00:1",
    "3fff::1", "4000::1", "5f00::1", "100:0:0:1::1", "192.0.0.8", "192.0.0.170", "192.88.99.1",
    "2002:a00:1::", "2002:c0a8:1::1", "2001:0:4136:e378:8000:63bf:80ff:fffe", "100::1",
]  # fmt: skip
ODD = [
    "http://127.1/", "http://127.0.1/", "http://2130706433/", "http://0x7f000001/",
    "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://017700000001/", "http://0/",
    "http://00000/", "http://0x0/", "http://127.0.0.1./", "http://１２７.0.0.1/",
    "http://127。0。0。1/", "http://①②⑦.0.0.1/", "http://[::1%25lo]/", "http://[fe80::1%251]/",
    "http://[::ffff:7f00:1]/", "http://[0:0:0:0:0:ffff:127.0.0.1]/", "http://user@127.0.0.1/",
    "http://a:b@example.org/", "http://example.org@127.0.0.1/", "http://127.0.0.1#@example.org/",
    "http://127.0.0.1\\@example.org/", "http://127.0.0.1%00.example.org/", "http:///etc/passwd",
    "http://[127.0.0.1]/", "http://exa mple.org/", "http://example.org\r\nHost: x/",
    "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:70/_x", "dict://127.0.0.1/",
    "data:text/plain,x", "unix:/var/run/docker.sock", "//127.0.0.1/", "javascript:alert(1)", "",
    "http://127.0.0.1:99999/", "http://-/", "http://.../", "http://[]/", "http://%31%32%37.0.0.1/",
]  # fmt: skip


class Recorder:
    """A resolver that keeps count; every real name is led to loopback."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return [host.strip("[]")] if host[0] in "[0123456789" or ":" in host else ["127.0.0.1"]


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A socket that would notice a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


def assert_nobody_came(listener: socket.socket) -> None:
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.parametrize("address", INWARD)
def test_no_inward_address_is_connected_to(address: str, listening: socket.socket) -> None:
    import ipaddress

    assert not is_public(ipaddress.ip_address(address))
    port = listening.getsockname()[1]
    host = f"[{address}]" if ":" in address else address
    with Client(timeout=0.5) as client:
        with pytest.raises(FetchError, match="not on the public internet"):
            client.get(f"http://{host}:{port}/")
        with pytest.raises(FetchError, match="not on the public internet"):
            Client(resolver=lambda *_: ["93.184.216.34", address]).get("http://name.example/")
    assert_nobody_came(listening)


@pytest.mark.parametrize("target", ODD)
def test_no_odd_notation_is_connected_to(target: str, listening: socket.socket) -> None:
    recorder = Recorder()
    with Client(timeout=0.5, resolver=recorder) as client, pytest.raises(FetchError):
        client.get(target)
    assert_nobody_came(listening)


def test_a_redirect_inward_is_refused(url: Callable[[str], str], listening: socket.socket) -> None:
    """The first host is allowed by its network, the second is not."""
    inward = f"http://127.0.0.2:{listening.getsockname()[1]}/"
    with (
        Client(allow=["127.0.0.1/32"]) as client,
        pytest.raises(FetchError, match=r"127\.0\.0\.2, which is not on the public internet"),
    ):
        client.get(url(f"/to?{inward}"))
    assert_nobody_came(listening)


def test_a_name_that_changes_its_answer_gains_nothing(listening: socket.socket) -> None:
    """Rebinding: the name is asked once a connection, and what was checked is connected to."""
    answers = iter([["127.0.0.3"], ["127.0.0.1"]])
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    with Client(allow=["127.0.0.3/32"], resolver=rebinding, timeout=1) as client:
        with pytest.raises(FetchError, match="refused"):  # nobody listens at the first answer
            client.get(f"http://rebind.example:{listening.getsockname()[1]}/")
        assert asked == ["rebind.example"]
        with pytest.raises(FetchError, match="not on the public internet"):
            client.get(f"http://rebind.example:{listening.getsockname()[1]}/")
    assert_nobody_came(listening)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_public_addresses_are_public(address: str) -> None:
    import ipaddress

    assert is_public(ipaddress.ip_address(address))


def test_proxies_of_the_environment_are_not_asked(
    client: Client, url: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert client.get(url("/plain")).status == 200
