"""`serve`: the built site on this machine, rebuilt when something that shapes it changes."""

from __future__ import annotations

import mimetypes
import threading
from collections.abc import Iterable
from html import escape
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send
from watchfiles import watch

from rejoinder import redirects
from rejoinder.atomic import TEMP_SUFFIX
from rejoinder.errors import RejoinderError
from rejoinder.serving import headers, names

for _ending, _type in (
    (".xml", "application/xml"),
    (".json", "application/json"),
    (".js", "text/javascript"),
    (".svg", "image/svg+xml"),
):
    mimetypes.add_type(_type, _ending)  # not every system's table has them

_PAGE = (
    '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<title>{title}</title>\n<link rel="stylesheet" href="/reply/desk.css">\n'
    "<main>\n<h1>{title}</h1>\n{body}\n</main>\n</html>\n"
)


DESK = ("reply", "webmention", "pingback")
"""The first part of the addresses that are the reply desk's."""

SEEN = "/seen"
"""The desk's alone: below it, pages may be."""


DASHBOARD = "engagement"
"""Where the dashboard is; unless it is public, the desk has it."""


class Preview:
    """The built site of one output folder, as an ASGI application, with `desk` under its own
    addresses as a web server in front of both would have it.

    It answers as a static host with redirect rules would: `index.html` for folders, 301 for
    the old addresses of `redirects.txt`, the site's own `404.html` where there is one, and the
    headers that the examples for web servers have; but only files that can't change are kept.
    """

    def __init__(self, output: Path, content: Path, desk: ASGIApp) -> None:
        self.output = output
        self.content = content
        self.desk = desk
        self.problem = ""
        self._files = StaticFiles(directory=output, html=True, check_dir=False)
        self._redirects: dict[tuple[str, str], redirects.Redirect] = {}
        self._redirects_of = -1

    def redirect(self, path: str, query: str) -> redirects.Redirect | None:
        """The redirect that answers a request; the file is read again when it has changed.
        Raises RedirectError."""
        file = self.content / redirects.FILE
        stamp = file.stat().st_mtime_ns if file.exists() else 0
        if stamp != self._redirects_of:
            self._redirects = {(unquote(r.path), r.query): r for r in redirects.load(self.content)}
            self._redirects_of = stamp
        return self._redirects.get((unquote(path), query))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if path.partition("/")[2].partition("/")[0] in DESK or path == SEEN:
            await self.desk(scope, receive, send)
            return
        response = await self._answer(Request(scope), scope)
        is_kept = response.status_code < HTTPStatus.BAD_REQUEST and names.is_named(path)
        response.headers.update(
            {**headers.of_site(), "Cache-Control": headers.FOR_GOOD if is_kept else "no-store"}
        )
        await response(scope, receive, send)

    async def _answer(self, request: Request, scope: Scope) -> Response:
        try:
            found = self.redirect(request.url.path, request.url.query)
        except RejoinderError:
            found = None  # the build says what is wrong with the file
        if found is not None:
            return Response(status_code=HTTPStatus.MOVED_PERMANENTLY,
                            headers={"Location": found.new})  # fmt: skip
        is_dashboard = request.url.path.strip("/") == DASHBOARD
        dashboard = RedirectResponse(f"/reply/desk/{DASHBOARD}/", HTTPStatus.FOUND)
        try:
            # As a host serves it: a redirect to the folder's slash, and no way out of the folder.
            found_file = await self._files.get_response(self._files.get_path(scope), scope)
            if found_file.status_code == HTTPStatus.NOT_FOUND and is_dashboard:
                return dashboard  # in the place of the site's own 404.html
            return found_file
        except HTTPException as error:
            if is_dashboard:
                return dashboard
            if error.status_code == HTTPStatus.NOT_FOUND:
                return self._not_here()
            return _say(error.status_code, "This can't be answered", "")

    def _not_here(self) -> Response:
        if self.problem:
            said = f'<pre class="kept">{escape(self.problem)}</pre>'
            problem = f"<p>The last build failed:</p>{said}"
            return _say(HTTPStatus.NOT_FOUND, "Not here yet", problem)
        home = '<p>No page has this address. <a href="/">Home</a></p>'
        return _say(HTTPStatus.NOT_FOUND, "Not here", home)


def _say(status: int, title: str, body: str) -> Response:
    return HTMLResponse(_PAGE.format(title=escape(title), body=body), status)


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
