"""`serve`: the built site on this machine, rebuilt when something that shapes it changes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from html import escape
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from watchfiles import watch

from rejoinder import redirects
from rejoinder.atomic import TEMP_SUFFIX
from rejoinder.errors import PublishError, RejoinderError

_TYPES = {
    ".xml": "application/xml",
    ".json": "application/json",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}

_PAGE = (
    '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    "<title>{title}</title>\n"
    "<style>body{{font:1.1rem/1.6 Georgia,serif;max-width:38rem;margin:3rem auto;padding:0 1rem;"
    "color-scheme:light dark}}pre{{white-space:pre-wrap;border-left:3px solid;padding-left:1rem}}"
    "</style>\n<h1>{title}</h1>\n{body}\n</html>\n"
)


class Preview(ThreadingHTTPServer):
    """A web server for one output folder, on this machine alone.

    It answers as a static host with redirect rules would: `index.html` for folders, 301 for
    the old addresses of `redirects.txt`, the site's own `404.html` where there is one.
    Raises PublishError when the port is taken.
    """

    daemon_threads = True

    def __init__(self, output: Path, content: Path, *, port: int = 8000) -> None:
        self.output = output
        self.content = content
        self.problem = ""
        self._redirects: dict[tuple[str, str], redirects.Redirect] = {}
        self._redirects_of = -1
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except (OSError, OverflowError) as error:
            raise PublishError(
                f"port {port} can't be used: {getattr(error, 'strerror', None) or error}",
                mend="Stop what uses it, or choose another with --port.",
            ) from error

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def redirect(self, path: str, query: str) -> redirects.Redirect | None:
        """The redirect that answers a request; the file is read again when it has changed.
        Raises RedirectError."""
        file = self.content / redirects.FILE
        stamp = file.stat().st_mtime_ns if file.exists() else 0
        if stamp != self._redirects_of:
            self._redirects = {(unquote(r.path), r.query): r for r in redirects.load(self.content)}
            self._redirects_of = stamp
        return self._redirects.get((unquote(path), query))

    def start(self) -> None:
        """Answer requests from now on, in a thread of its own."""
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Handler(SimpleHTTPRequestHandler):
    server: Preview

    def __init__(self, request: object, address: object, server: Preview) -> None:
        self.extensions_map = self.extensions_map | _TYPES
        super().__init__(request, address, server, directory=str(server.output))  # type: ignore[arg-type]

    def do_GET(self) -> None:
        if not self._redirected():
            super().do_GET()

    def do_HEAD(self) -> None:
        if not self._redirected():
            super().do_HEAD()

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        own = self.server.output / "404.html"
        if code == HTTPStatus.NOT_FOUND and own.is_file():
            self._send(code, own.read_bytes())
        elif code == HTTPStatus.NOT_FOUND and self.server.problem:
            problem = f"<p>The last build failed:</p><pre>{escape(self.server.problem)}</pre>"
            self._say(code, "Not here yet", problem)
        elif code == HTTPStatus.NOT_FOUND:
            self._say(code, "Not here", '<p>No page has this address. <a href="/">Home</a></p>')
        else:
            super().send_error(code, message, explain)

    def list_directory(self, path: str | os.PathLike[str]) -> None:
        """A static host lists no folders."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: an author wants to hear of builds, not of requests."""

    def _redirected(self) -> bool:
        parts = urlsplit(self.path)
        try:
            found = self.server.redirect(parts.path, parts.query)
        except RejoinderError:
            return False  # the build says what is wrong with the file
        if found is None:
            return False
        self.send_response(HTTPStatus.MOVED_PERMANENTLY)
        self.send_header("Location", found.new)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return True

    def _say(self, code: int, title: str, body: str) -> None:
        self._send(code, _PAGE.format(title=escape(title), body=body).encode("utf-8"))

    def _send(self, code: int, data: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def changes(folders: Iterable[Path], stop: threading.Event) -> Iterable[set[str]]:
    """Wait for changes below `folders` (files count too) and give each batch as paths; editors'
    and our own temp files are none. Ends when `stop` is set."""

    # A file is watched by its folder: an editor that saves by renaming makes another file.
    wanted = [path.absolute() for path in folders if path.exists()]
    files = {str(path) for path in wanted if path.is_file()}
    roots = [path for path in wanted if path.is_dir()]
    present = set(roots) | {Path(path).parent for path in files}

    def counts(change: object, path: str) -> bool:
        name = Path(path).name
        inside = path in files or any(Path(path).is_relative_to(root) for root in roots)
        return inside and not (
            name.endswith((TEMP_SUFFIX, "~", ".swp", ".swx", ".tmp", ".pyc"))
            or name.startswith((".#", "#"))
            or "__pycache__" in path
        )

    for batch in watch(*present, watch_filter=counts, stop_event=stop, debounce=300, step=50):
        yield {path for _, path in batch}


def serve(
    server: Preview,
    watched: Iterable[Path],
    rebuild: Callable[[set[str]], str],
    stop: threading.Event,
) -> None:
    """Serve until `stop` is set; `rebuild` is called with each batch of changed paths and
    answers with what went wrong, or with nothing."""
    server.start()
    try:
        for batch in changes(watched, stop):
            server.problem = rebuild(batch)
    finally:
        server.shutdown()
        server.server_close()
