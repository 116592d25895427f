"""The desk as a web service (ASGI): plain forms in, plain pages out, JSON for those who ask.

A reply is thanked for after it is on the disk, never before; what can't be kept is given back.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from rejoinder.comments.render import render
from rejoinder.errors import RejoinderError
from rejoinder.replies import intake
from rejoinder.replies.desk import Desk
from rejoinder.replies.model import LIMITS, Reply, Status, Submission
from rejoinder.replies.schema import QueueError

logger = logging.getLogger(__name__)

MAX_REQUEST = 256 * 1024
"""The longest request that is read: the longest reply, percent-encoded, fits."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # a status link is a secret
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
_STYLE = (Path(__file__).parent / "templates" / "desk.css").read_text("utf-8")


def make_app(desk: Desk) -> Starlette:
    """The service for one site."""
    handlers = _Handlers(desk)
    return Starlette(
        routes=[
            Route("/reply", handlers.form, methods=["GET"]),
            Route("/reply", handlers.take, methods=["POST"]),
            Route("/reply/desk.css", handlers.style),
            Route("/reply/status/{token}", handlers.status, methods=["GET"]),
            Route("/reply/status/{token}", handlers.change, methods=["POST"]),
            Route("/healthz", handlers.health),
        ]
    )


class _TooLongError(Exception):
    """More was sent than any reply is long."""


class _Handlers:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def form(self, request: Request) -> Response:
        """A form of its own for answering a comment, for readers without a script."""
        fields = {
            "thread": request.query_params.get("thread", ""),
            "in_reply_to": request.query_params.get("to", ""),
        }
        return await run_in_threadpool(self._form, fields, {}, 200)

    async def take(self, request: Request) -> Response:
        """Keep a reply, then say thank you."""
        fields, wants_json = {}, _is_json(request)
        try:
            fields = await _fields(request)
            return await run_in_threadpool(self._take, fields, wants_json)
        except (_TooLongError, ValueError):
            wrong = {"text": "What was sent is longer than any reply can be, or no form at all."}
            if wants_json:
                return _json({"errors": wrong}, 413)
            return await run_in_threadpool(self._form, fields, wrong, 413)

    async def status(self, request: Request) -> Response:
        """Where the reader's reply is, and their words."""
        return await run_in_threadpool(self._status, request.path_params["token"], {}, 200)

    async def change(self, request: Request) -> Response:
        """Edit or withdraw one's own reply; the link is the right to do so."""
        token = request.path_params["token"]
        try:
            fields = await _fields(request)
        except (_TooLongError, ValueError):
            return await run_in_threadpool(
                self._status, token, {"text": "It is longer than a reply can be."}, 413
            )
        return await run_in_threadpool(self._change, token, fields)

    async def style(self, request: Request) -> Response:
        return Response(_STYLE, media_type="text/css", headers={"Cache-Control": "max-age=3600"})

    async def health(self, request: Request) -> Response:
        """200 while the queue answers, else 503."""
        try:
            await run_in_threadpool(self.desk.queue.get, "none")
        except QueueError:
            return PlainTextResponse("the queue does not answer\n", 503, headers=HEADERS)
        return PlainTextResponse("ok\n", headers=HEADERS)

    def _take(self, fields: Mapping[str, str], wants_json: bool) -> Response:
        try:
            submission, wrong, status = self._checked(fields)
            if submission is None:
                if wants_json:
                    return _json({"errors": wrong}, status)
                return self._form(fields, wrong, status)
            reply = self.desk.queue.submit(submission, datetime.now(UTC))
        except RejoinderError as error:
            logger.error("a reply could not be kept: %s", error)
            wrong = {"text": "It could not be kept just now. Here are your words; try again soon."}
            if wants_json:
                return _json({"errors": wrong}, 503)
            return self._form(fields, wrong, 503)
        place = f"/reply/status/{self.desk.token(reply.id)}"
        if wants_json:
            return _json({"id": reply.id, "status": place}, 201)
        return Response(status_code=303, headers={**HEADERS, "Location": place})

    def _checked(self, fields: Mapping[str, str]) -> tuple[Submission | None, dict[str, str], int]:
        """The submission, or None, what is wrong with which field, and the answer's status."""
        key = fields.get("thread", "").strip()
        discussion = self.desk.subjects.find(key, datetime.now(UTC))
        needed = discussion is not None and discussion.email_required
        submission, wrong = intake.read(fields, email_required=needed)
        if discussion is None:
            return None, {**wrong, "thread": "There is no such discussion."}, 404
        if not discussion.open:
            return None, {**wrong, "thread": "This discussion is closed."}, 410
        if submission is None:
            return None, wrong, 422
        if submission.parent and not self.desk.subjects.holds(key, submission.parent):
            return None, {"in_reply_to": "The comment that it answers is no longer here."}, 409
        return submission, {}, 303

    def _form(self, fields: Mapping[str, str], wrong: Mapping[str, str], status: int) -> Response:
        discussion = self.desk.subjects.find(fields.get("thread", ""), datetime.now(UTC))
        if discussion is None and status == 200:
            status, wrong = 404, {"thread": "There is no such discussion."}
        elif discussion is not None and not discussion.open and status == 200:
            status, wrong = 410, {"thread": "This discussion is closed."}
        return _page(
            "reply.html", status, fields=fields, wrong=wrong, discussion=discussion, limits=LIMITS
        )

    def _status(self, token: str, wrong: Mapping[str, str], status: int) -> Response:
        reply = self._own(token)
        if reply is None:
            return _page("none.html", 404)
        return self._shown(reply, token, {"text": reply.text, "name": reply.name,
                                          "url": reply.url}, wrong, status)  # fmt: skip

    def _shown(
        self, reply: Reply, token: str, fields: Mapping[str, str], wrong: Mapping[str, str],
        status: int,
    ) -> Response:  # fmt: skip
        # Spam is for the author to see; its writer is told what a waiting reader is told.
        seen = Status.PENDING if reply.status is Status.SPAM else reply.status
        return _page(
            "status.html", status, reply=reply, seen=seen, token=token, fields=fields, wrong=wrong,
            shown=render(reply.comment()), limits=LIMITS,
            discussion=self.desk.subjects.find(reply.thread, datetime.now(UTC)),
        )  # fmt: skip

    def _change(self, token: str, fields: Mapping[str, str]) -> Response:
        reply = self._own(token)
        if reply is None:
            return _page("none.html", 404)
        now = datetime.now(UTC)
        try:
            if fields.get("action") == "withdraw":
                self.desk.queue.decide(
                    reply.id, Status.WITHDRAWN, by="its writer", why="withdrawn", now=now
                )
                self.desk.publish()
            else:
                kept = {"thread": reply.thread, "email": reply.email}
                submission, wrong = intake.read({**fields, **kept})
                if submission is None:
                    return self._shown(reply, token, fields, wrong, 422)
                self.desk.queue.edit(reply.id, submission, now)
        except RejoinderError as error:
            return self._shown(reply, token, fields, {"text": f"{error.what}."}, 409)
        return Response(status_code=303, headers={**HEADERS, "Location": f"/reply/status/{token}"})

    def _own(self, token: str) -> Reply | None:
        reply_id = self.desk.reply_of(token)
        return self.desk.queue.get(reply_id) if reply_id else None


def _page(template: str, status: int, **values: Any) -> HTMLResponse:
    return HTMLResponse(_PAGES.get_template(template).render(**values), status, headers=HEADERS)


def _json(values: Mapping[str, Any], status: int) -> JSONResponse:
    return JSONResponse(values, status, headers=HEADERS)


def _is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip() == "application/json"


async def _fields(request: Request) -> dict[str, str]:
    """The fields of a form or a JSON object, the first of each name."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_REQUEST:
            raise _TooLongError
    if _is_json(request):
        found = json.loads(body.decode("utf-8"))
        if not isinstance(found, dict):
            raise ValueError("a JSON object is wanted")
        return {str(key): value if isinstance(value, str) else json.dumps(value)
                for key, value in found.items() if value not in (None, False)}  # fmt: skip
    pairs = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=50)
    return {name: values[0] for name, values in pairs.items()}
