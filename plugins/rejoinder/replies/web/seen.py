"""Where a page's script tells that somebody looks at it. The answer says nothing of what became
of it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from rejoinder.replies.desk import Desk
from rejoinder.replies.seen.looks import LONGEST, Look, Why, read, unwanted
from rejoinder.replies.web.pages import HEADERS, is_cross_site, page
from rejoinder.replies.web.visits import Visits

PATH = "/seen"


class SeenDoor:
    """The handler of one site."""

    def __init__(self, desk: Desk, visits: Visits) -> None:
        self.desk = desk
        self.visits = visits

    async def seen(self, request: Request) -> Response:
        """Count a look, unless it doesn't count: 204 in both cases; 400, 413 or 415 for what no
        page of the site sends."""
        facts = self.desk.subjects.facts
        if not facts.engagement.beacon:
            return page("none.html", 404)
        day = datetime.now(UTC).astimezone(ZoneInfo(facts.timezone)).date()
        address = self.visits.address(request)
        if self.visits.wait(self.visits.looks, address):
            self.desk.counting.leave_out(day, Why.MANY)
            return _answer(204)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "text/plain":
            return _answer(415)
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > LONGEST:
                return _answer(413)
        said = read(bytes(body))
        if said is None:
            return _answer(400)
        why = None if self._is_ours(request) else Why.ELSEWHERE
        why = why or unwanted(request.headers)
        if why is not None:
            self.desk.counting.leave_out(day, why)
        else:
            agent = request.headers.get("user-agent", "")
            self.desk.counting.take(Look(day, address, agent, *said))
        return _answer(204)

    def _is_ours(self, request: Request) -> bool:
        """Whether a page of the site sent it. A browser always says where a POST comes from."""
        says = "origin" in request.headers or "sec-fetch-site" in request.headers
        return says and not is_cross_site(request, self.visits.origins)


def _answer(status: int) -> Response:
    return Response(status_code=status, headers=HEADERS)
