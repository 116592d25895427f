"""Where other sites tell that they mention ours: W3C Webmention and Pingback 1.0."""

from __future__ import annotations

import logging
import xmlrpc.client
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from rejoinder.errors import RejoinderError
from rejoinder.languages.texts import message
from rejoinder.replies.desk import Desk
from rejoinder.replies.mentioning import Mentions, RefusedError, State
from rejoinder.replies.web import speech
from rejoinder.replies.web.pages import HEADERS, FieldsError, fields_of, is_json, later, page
from rejoinder.replies.web.visits import Visits

logger = logging.getLogger(__name__)

_LONGEST_PING = 16 << 10
_SAID = {
    State.WAITING: message("Your mention waits to be looked at."),
    State.TAKEN: message("Your mention was found, and is with the author."),
    State.REFUSED: message("Your mention was not taken."),
    State.GONE: message("Your mention was taken down."),
}
# Pingback 1.0, 3.1: fault codes.
_GENERIC, _NO_TARGET, _DENIED = 0, 33, 49


class MentionDoors:
    """The handlers of one site."""

    def __init__(self, desk: Desk, visits: Visits) -> None:
        self.mentions = Mentions(desk)
        self.visits = visits

    async def form(self, request: Request) -> Response:
        """A form, for those who have no program that tells."""
        target = request.query_params.get("target", "")
        return page("webmention.html", target=target, source="", wrong="")

    async def webmention(self, request: Request) -> Response:
        """Keep a mention, and say where its state can be seen (201)."""
        wait = self.visits.wait(self.visits.requests, self.visits.address(request))
        if wait:
            return later(_plain("That is a lot at once; try again later.", 429), wait)
        try:
            if is_json(request):
                raise FieldsError
            fields = await fields_of(request)
        except FieldsError:
            return _plain("A webmention is a form with the fields source and target.", 400)
        source, target = fields.get("source", ""), fields.get("target", "")
        try:
            key = await run_in_threadpool(
                self.mentions.tell, source, target, "webmention", datetime.now(UTC)
            )
        except RefusedError as error:
            if fields.get("by") == "form":
                return page("webmention.html", error.status, source=source, target=target,
                            wrong=_sentence(error))  # fmt: skip
            answer = _plain(_sentence(error), error.status)
            return later(answer, 3600) if error.status in (429, 503) else answer
        except (RejoinderError, OSError) as error:
            logger.error("a mention could not be kept: %s", type(error).__name__)
            return later(_plain("It could not be kept just now; try again later.", 503), 600)
        place = f"{self.mentions.desk.notices.desk}/webmention/{key}"
        if fields.get("by") == "form":
            return Response(status_code=303, headers={**HEADERS, "Location": place})
        return Response("It is kept, and will be looked at.\n", 201, media_type="text/plain",
                        headers={**HEADERS, "Location": place})  # fmt: skip

    async def state(self, request: Request) -> Response:
        """Where a mention is."""
        try:
            row = await run_in_threadpool(self.mentions.get, request.path_params["key"])
        except RejoinderError:
            return page("none.html", 503)
        if row is None:
            return page("none.html", 404)
        why = f"{row.problem[:1].upper()}{row.problem[1:]}." if row.problem else ""
        return page("mentioned.html", said=_SAID[State(row.state)], why=why)

    async def pingback(self, request: Request) -> Response:
        """`pingback.ping(sourceURI, targetURI)` by XML-RPC."""
        wait = self.visits.wait(self.visits.requests, self.visits.address(request))
        if wait:
            return later(_fault(_DENIED, "a lot at once"), wait)
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > _LONGEST_PING:
                return _fault(_GENERIC, "longer than any ping")
        try:
            if b"<!DOCTYPE" in body or b"<!ENTITY" in body:  # entities could grow
                raise ValueError
            words, method = xmlrpc.client.loads(bytes(body))
            source, target = words
        except Exception:  # expat's, xmlrpc's own, a wrong number: it is no ping
            return _fault(_GENERIC, "this is no ping")
        if method != "pingback.ping":
            return _fault(-32601, "only pingback.ping is known here")
        try:
            await run_in_threadpool(
                self.mentions.tell, str(source), str(target), "pingback", datetime.now(UTC)
            )
        except RefusedError as error:
            return _fault(_DENIED if error.status != 400 else _NO_TARGET, str(error.what))
        except (RejoinderError, OSError) as error:
            logger.error("a mention could not be kept: %s", type(error).__name__)
            return _fault(_GENERIC, "it could not be kept just now")
        return _xml(xmlrpc.client.dumps(("It is kept, and will be looked at.",),
                                        methodresponse=True))  # fmt: skip


def _sentence(error: RejoinderError) -> str:
    said = speech.texts().say(error.what)
    return f"{said[0].upper()}{said[1:]}."


def _plain(text: str, status: int) -> Response:
    return Response(f"{text}\n", status, media_type="text/plain", headers=HEADERS)


def _fault(code: int, text: str) -> Response:
    return _xml(xmlrpc.client.dumps(xmlrpc.client.Fault(code, text)))


def _xml(text: str) -> Response:
    return Response(text, media_type="text/xml", headers=HEADERS)
