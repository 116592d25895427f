"""The built site on this machine as a host serves it, with the desk, and what helps to write."""

from __future__ import annotations

import mimetypes
from html import escape
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from rejoinder import redirects
from rejoinder.errors import RejoinderError
from rejoinder.preview import pages
from rejoinder.preview.news import News, Told
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
    '<link rel="icon" href="/reply/icon.svg">\n'
    "</head>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</html>\n"
)


DESK = ("reply", "webmention", "pingback")
"""The first part of the addresses that are the reply desk's."""

SEEN = "/seen"
"""The desk's alone: below it, pages may be."""


DASHBOARD = "engagement"
"""Where the dashboard is; unless it is public, the desk has it."""

_STATIC = Path(__file__).parent / "static"


class Preview:
    """The built site of one output folder, as an ASGI application, with `desk` under its own
    addresses as a web server in front of both would have it.

    It answers as a static host with redirect rules would: `index.html` for folders, 301 for
    the old addresses of `redirects.txt`, the site's own `404.html` where there is one, and the
    headers that the examples for web servers have; but only files that can't change are kept.
    Where it `is_live`, pages get a script as they are sent, which exchanges them when they change,
    and says what a build failed of.
    """

    def __init__(
        self, output: Path, content: Path, desk: ASGIApp, *, is_live: bool = False
    ) -> None:
        self.output = output
        self.content = content
        self.desk = desk
        self.is_live = is_live
        self.news = News()
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
        request = Request(scope)
        if self.is_live and path.startswith(pages.PLACE):
            response = await self._own(path.removeprefix(pages.PLACE), request)
        else:
            response = self._shown(await self._answer(request, scope))
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
        if self.news.state.errors:
            problem = "<p>The last build failed:</p>" + _told(self.news.state.errors)
            return _say(HTTPStatus.NOT_FOUND, "Not here yet", problem)
        home = '<p>No page has this address. <a href="/">Home</a></p>'
        return _say(HTTPStatus.NOT_FOUND, "Not here", home)

    def _shown(self, response: Response) -> Response:
        """The same, with the script where it is a page."""
        html = _html(response) if self.is_live else None
        if html is None:
            return response
        shown = pages.with_script(html, bool(self.news.state.errors))
        return HTMLResponse(shown, response.status_code)

    async def _own(self, name: str, request: Request) -> Response:
        """What the script asks for, and what who has none may read."""
        if name in ("live.js", "live.css"):
            return FileResponse(_STATIC / name)
        if name == "events":
            return StreamingResponse(self.news.listen(), media_type="text/event-stream")
        if name == "page":
            at = urlsplit(request.query_params.get("at", "/"))
            scope: Scope = {**request.scope, "path": unquote(at.path), "method": "GET",
                            "headers": [], "query_string": at.query.encode()}  # fmt: skip
            html = _html(await self._answer(Request(scope), scope)) or b""
            return JSONResponse({"page": pages.digest(html), "sheets": pages.sheets(html)})
        if name:
            return self._shown(self._not_here())
        state = self.news.state
        said = "<p>All is well.</p>" if not (state.errors or state.notes) else ""
        if state.errors:
            said += "<p>The last build failed. The site is shown as it was before.</p>"
        body = said + _told(state.errors or state.notes) + '<p><a href="/">Home</a></p>'
        return self._shown(_say(HTTPStatus.OK, "The last build", body))


def _html(response: Response) -> bytes | None:
    """The text of an answer that is a page."""
    if not response.headers.get("content-type", "").startswith("text/html"):
        return None
    if isinstance(response, FileResponse):
        return Path(response.path).read_bytes()
    return bytes(response.body)


def _told(messages: tuple[Told, ...]) -> str:
    return "".join(
        f"<h2>{escape(one.where)}{f':{one.line}' if one.line else ''}</h2>"
        f"<p>{escape(one.what)}</p>"
        + (f'<pre class="kept">{escape(_listed(one))}</pre>' if one.lines else "")
        for one in messages
    )


def _listed(message: Told) -> str:
    return "\n".join(f"{'>' if number == message.line else ' '} {number:4}  {line}"
                     for number, line in message.lines)  # fmt: skip


def _say(status: int, title: str, body: str) -> Response:
    return HTMLResponse(_PAGE.format(title=escape(title), body=body), status)
