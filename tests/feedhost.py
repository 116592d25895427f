"""A server of feeds, as a small program: it knows ETags, counts what it sends, and misbehaves on
demand."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Page:
    """What an address answers. `drip` sends a byte at a time, for ever."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: bool = True
    drip: bool = False


class Host:
    """The pages of a host, and what it was asked: (method, path, headers in lower case)."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.bodies = 0
        self.delay = 0.0
        self.port = 0
        self.at_once = 0
        self.most_at_once = 0

    def url(self, path: str, address: str = "127.0.0.1") -> str:
        return f"http://{address}:{self.port}{path}"

    def put(self, path: str, body: bytes | str, **more: object) -> str:
        data = body.encode() if isinstance(body, str) else body
        self.pages[path] = Page(data, **more)  # type: ignore[arg-type]
        return self.url(path)


@contextmanager
def feed_host() -> Iterator[Host]:
    """A host on a free port of every loopback address."""
    host = Host()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            with lock:
                host.asked.append((self.command, self.path, headers))
                host.at_once += 1
                host.most_at_once = max(host.most_at_once, host.at_once)
            try:
                time.sleep(host.delay)
                self.give(host.pages.get(self.path, Page(b"none", 404)), headers)
            except OSError:
                pass  # the client has had enough
            finally:
                with lock:
                    host.at_once -= 1

        def do_HEAD(self) -> None:
            self.do_GET()

        def give(self, page: Page, headers: dict[str, str]) -> None:
            tag = f'"{hashlib.sha256(page.body).hexdigest()[:16]}"'
            same = page.etag and page.status == 200 and headers.get("if-none-match") == tag
            self.send_response(304 if same else page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            if page.etag:
                self.send_header("ETag", tag)
            if page.drip:
                self.end_headers()
                while True:
                    self.wfile.write(b" ")
                    time.sleep(0.05)
            body = b"" if same else page.body
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                with lock:
                    host.bodies += bool(body)
                self.wfile.write(body)

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    httpd = Server(("0.0.0.0", 0), Handler)
    host.port = httpd.server_port
    thread = threading.Thread(target=httpd.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield host
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()
