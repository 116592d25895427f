"""What all pages of the desk share: templates, headers, fields, and who may send what."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from rejoinder.comments.model import ID_PATTERN, Comment, Kind
from rejoinder.comments.store import CommentStore, read_comment
from rejoinder.comments.verified import read as read_verified
from rejoinder.errors import RejoinderError
from rejoinder.replies.noted import noted
from rejoinder.replies.web import speech
from rejoinder.serving.names import named

MAX_REQUEST = 256 * 1024
"""The longest request that is read: the longest reply, percent-encoded, fits."""

MAX_FIELDS = 1100
"""A form of the moderator's page has a field for each reply that is ticked."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    # A status link is a secret, and must not leave with a click on another site's link; but a
    # form must say where it comes from, which 'no-referrer' would keep it from saying.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
TEMPLATES = Path(__file__).parent / "templates"
ASSET_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
ASSETS = {
    path.name: named(path.name, path.read_bytes())
    for path in sorted(TEMPLATES.iterdir())
    if path.suffix in ASSET_TYPES
}
"""What the desk's pages link, by name: the name with a digest that they link it by."""

_PAGES = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
    auto_reload=False,
)
_PAGES.globals["assets"] = ASSETS
_PAGES.globals["translate"] = lambda text, /, **names: speech.texts().html.translate(text, **names)
_PAGES.globals["translate_count"] = lambda one, many, n, /, **names: (
    speech.texts().html.translate_count(one, many, n, **names)
)
_PAGES.filters["noted"] = lambda words: speech.texts().say(noted(words))
_PAGES.filters["verified"] = read_verified
for _name in _PAGES.list_templates(["html"]):
    _PAGES.get_template(_name)  # when files can no longer be opened, pages must still be made


class FieldsError(Exception):
    """What was sent is no form, or longer than any that the desk takes."""


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page from a template, in the language of the answer; every value is escaped."""
    values = {"discussion": None, "wide": False, **speech.said(values), "texts": speech.texts(),
              "spoken": speech.spoken(), "home": speech.home()}  # fmt: skip
    return HTMLResponse(_PAGES.get_template(template).render(**values), status, headers=HEADERS)


def answer(values: Mapping[str, Any], status: int) -> JSONResponse:
    """An answer in JSON."""
    return JSONResponse(speech.said(values), status, headers=HEADERS)


def see_other(place: str) -> Response:
    """To a page that shows what was done (303)."""
    return Response(status_code=303, headers={**HEADERS, "Location": place})


def later(response: Response, seconds: int) -> Response:
    """An answer that says when to come again."""
    response.headers["Retry-After"] = str(seconds)
    return response


def comment_of(store: CommentStore, thread: str, comment: str) -> Comment | None:
    """A thread's comment; None where there is none of that id, or its words were taken back."""
    if not ID_PATTERN.fullmatch(comment):
        return None
    try:
        found = read_comment(store.path(thread, comment))
    except RejoinderError:
        return None
    return found if found.kind is not Kind.REMOVED else None


def is_there(store: CommentStore, thread: str, comment: str) -> bool:
    """Whether a thread has that comment, and its words; '' is the post, which is there."""
    return not comment or comment_of(store, thread, comment) is not None


def asks_for_json(request: Request) -> bool:
    """Whether who asks would rather have JSON than a page."""
    return "application/json" in request.headers.get("accept", "")


def is_json(request: Request) -> bool:
    """Whether the request's body is JSON."""
    return request.headers.get("content-type", "").partition(";")[0].strip() == "application/json"


async def fields_of(request: Request) -> dict[str, str]:
    """The fields of a form or a JSON object, the first of each name. Raises FieldsError."""
    fields = dict(reversed(await pairs_of(request)))
    speech.follow(fields)
    return fields


async def pairs_of(request: Request) -> list[tuple[str, str]]:
    """All fields of a form or a JSON object, in order. Raises FieldsError."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_REQUEST:
            raise FieldsError
    try:
        if is_json(request):
            return _json_pairs(body)
        text = body.decode("utf-8", "replace")
        found = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
        return [(key, _whole(value)) for key, value in found]
    except (ValueError, RecursionError) as error:
        raise FieldsError from error


def _json_pairs(body: bytearray) -> list[tuple[str, str]]:
    found = json.loads(body.decode("utf-8"))
    if not isinstance(found, dict):
        raise FieldsError
    # What is no text is no field of ours; true is what a ticked box says.
    return [
        (_whole(key), _whole(value if isinstance(value, str) else json.dumps(value)))
        for key, value in found.items()
        if value not in (None, False)
    ]


def _whole(text: str) -> str:
    """A value that can be kept: JSON can say half a character (a lone surrogate), and
    PostgreSQL has no place for NUL."""
    return (
        text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
    )


def is_cross_site(request: Request, origins: Collection[str]) -> bool:
    """Whether a browser sends this from another site than ours, and it would change something.

    As Go 1.25's net/http CrossOriginProtection: Sec-Fetch-Site where there is one, else Origin
    against Host; what has neither is no browser, and carries nobody's cookies.
    """
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return False
    origin = request.headers.get("origin", "")
    if origin in origins:
        return False
    site = request.headers.get("sec-fetch-site", "")
    if site:
        return site not in ("same-origin", "none")
    if not origin:
        return False
    try:
        return urlsplit(origin).netloc != request.headers.get("host", "")
    except ValueError:
        return True
