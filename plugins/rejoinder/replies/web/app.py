"""The service for one site, or for several: routes, and what holds for all of them."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rejoinder.languages.texts import message
from rejoinder.replies.database import QueueError
from rejoinder.replies.desk import Desk
from rejoinder.replies.subjects import Subjects
from rejoinder.replies.web import speech
from rejoinder.replies.web.dashboard import DashboardDoor
from rejoinder.replies.web.identities import Identities
from rejoinder.replies.web.letterbox import Letterbox
from rejoinder.replies.web.mentions import MentionDoors
from rejoinder.replies.web.moderation import Moderation
from rejoinder.replies.web.openapi import describe
from rejoinder.replies.web.pages import ASSET_TYPES, ASSETS, HEADERS, TEMPLATES, is_cross_site, page
from rejoinder.replies.web.readers import Readers
from rejoinder.replies.web.seen import PATH as SEEN
from rejoinder.replies.web.seen import SeenDoor
from rejoinder.replies.web.visits import Visits
from rejoinder.replies.web.wishes import Wishes
from rejoinder.serving.headers import cache_control

logger = logging.getLogger(__name__)

_ASSETS = {
    known: ((TEMPLATES / name).read_bytes(), ASSET_TYPES[Path(name).suffix])
    for name, digested in ASSETS.items()
    for known in (name, digested)
}


def make_app(desk: Desk) -> ASGIApp:
    """The service for one site."""
    visits = Visits(desk)
    readers, letters = Readers(desk, visits), Letterbox(desk, visits)
    wishes, identities = Wishes(desk, visits), Identities(desk, visits)
    mentions = MentionDoors(desk, visits)
    moderation, machines = Moderation(desk, visits), _Machines(desk)
    dashboard = DashboardDoor(desk, moderation)
    get, post = ["GET"], ["POST"]
    routes = [
        Route("/reply", readers.take, methods=post),
        Route("/reply", readers.form, methods=get),
        Route("/reply/stamp", readers.stamp, methods=get),
        Route("/reply/preview", readers.preview, methods=post),
        Route("/reply/agree", wishes.agree, methods=post),
        Route("/reply/status/{token}", readers.status, methods=get),
        Route("/reply/status/{token}", readers.change, methods=post),
        Route("/reply/subscribe", wishes.subscribe_form, methods=get),
        Route("/reply/subscribe", wishes.subscribe, methods=post),
        Route("/reply/mail/{token}", letters.show, methods=get),
        Route("/reply/mail/{token}", letters.act, methods=post),
        Route("/reply/desk", moderation.queue, methods=get),
        Route("/reply/desk/decide", moderation.decide, methods=post),
        Route("/reply/desk/sign-in", moderation.sign_in_form, methods=get),
        Route("/reply/desk/sign-in", moderation.sign_in, methods=post),
        Route("/reply/desk/sign-out", moderation.sign_out, methods=post),
        Route("/reply/desk/enter/{token}", moderation.enter_form, methods=get),
        Route("/reply/desk/enter/{token}", moderation.enter, methods=post),
        Route("/reply/desk/engagement/", dashboard.show, methods=get),
        Route("/reply/desk/engagement/{file}", dashboard.show, methods=get),
        Route("/reply/desk/reply/{id}", moderation.one, methods=get),
        Route("/reply/desk/reply/{id}/portrait", moderation.portrait, methods=get),
        Route("/reply/desk/reply/{id}", moderation.write, methods=post),
        Route("/reply/sign-in", identities.begin, methods=post),
        Route("/reply/sign-in/client", identities.client, methods=get),
        Route("/reply/sign-in/back/{mark}", identities.back, methods=get),
        Route("/reply/sign-in/{token}", identities.show, methods=get),
        Route("/reply/sign-in/{token}/portrait", identities.portrait, methods=get),
        Route("/reply/openapi.json", machines.openapi, methods=get),
        Route("/reply/{asset}", machines.asset, methods=get),
        Route("/webmention", mentions.webmention, methods=post),
        Route("/webmention", mentions.form, methods=get),
        Route("/webmention/{key}", mentions.state, methods=get),
        Route("/pingback", mentions.pingback, methods=post),
        Route(SEEN, SeenDoor(desk, visits).seen, methods=post),
        Route("/healthz", machines.health, methods=get),
        Route("/metrics", machines.metrics, methods=get),
    ]
    middleware = []
    if desk.settings.address:  # pages of another origin may then ask by script
        origins = sorted(visits.origins)
        middleware = [Middleware(CORSMiddleware, allow_origins=origins,
                                 allow_methods=["GET", "POST"],
                                 allow_headers=["content-type"])]  # fmt: skip
    app = Starlette(
        routes=routes,
        middleware=middleware,
        exception_handlers={404: _not_here, 405: _not_so, Exception: _mistake},
    )
    app.router.redirect_slashes = False  # an address is one, or it isn't
    return _Guard(app, visits, desk.subjects)


class Sites:
    """Several sites behind one port: each request goes to the one whose address it names."""

    def __init__(self, apps: Mapping[str, ASGIApp]) -> None:
        self.apps = {_host(address): app for address, app in apps.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope)
        app = self.apps.get(_plain_host(request.headers.get("host", "")))
        if app is None and scope["path"] == "/healthz":
            app = await self._worst(scope, receive)
        if app is None:
            app = PlainTextResponse("no site of this desk has this address\n", 404)
        await app(scope, receive, send)

    async def _worst(self, scope: Scope, receive: Receive) -> ASGIApp:
        """Of a question to none of the sites, the answer of the one that is worst off."""
        worst: ASGIApp = PlainTextResponse("ok\n", headers=HEADERS)
        for app in self.apps.values():
            statuses: list[int] = []

            async def look(message: Message, seen: list[int] = statuses) -> None:
                if message["type"] == "http.response.start":
                    seen.append(message["status"])

            await app(scope, receive, look)
            if statuses != [200]:
                worst = app
        return worst


class _Guard:
    """Refuses what another site makes a browser send; but for looks, which are answered all
    alike."""

    def __init__(self, app: ASGIApp, visits: Visits, subjects: Subjects) -> None:
        self.app = app
        self.visits = visits
        self.subjects = subjects

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] != SEEN:
            speech.begin(self.subjects, Request(scope).query_params)
        if scope["type"] == "http" and ("\0" in scope["path"] or b"%00" in scope["query_string"]):
            await page("none.html", 404)(scope, receive, send)
            return
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] != SEEN:
            request = Request(scope)
            if is_cross_site(request, self.visits.origins):
                said = message("This was sent by another site. Nothing was changed.")
                await page("said.html", 403, said=said)(scope, receive, send)
                return
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            # It was answered (`_mistake`); a traceback in the log could quote a reader.
            last = traceback.extract_tb(error.__traceback__)[-1]
            logger.error("a mistake: %s at %s:%s", type(error).__name__, last.name, last.lineno)


class _Machines:
    """What programs ask for."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def openapi(self, request: Request) -> Response:
        """What may be sent, and what comes back (OpenAPI 3.1)."""
        return JSONResponse(describe(), headers=HEADERS)

    async def asset(self, request: Request) -> Response:
        """What the desk's pages link."""
        name = request.path_params["asset"]
        found = _ASSETS.get(name)
        if found is None:
            return page("none.html", 404)
        headers = {"Cache-Control": cache_control(name), "X-Content-Type-Options": "nosniff"}
        return Response(found[0], media_type=found[1], headers=headers)

    async def health(self, request: Request) -> Response:
        """200 while the queue answers, else 503."""
        try:
            await run_in_threadpool(self.desk.queue.get, "none")
        except QueueError:
            return PlainTextResponse("the queue does not answer\n", 503, headers=HEADERS)
        return PlainTextResponse("ok\n", headers=HEADERS)

    async def metrics(self, request: Request) -> Response:
        """The desk's figures for Prometheus."""
        text = await run_in_threadpool(self.desk.metrics.text)
        return Response(text, media_type="text/plain; version=0.0.4", headers=HEADERS)


async def _not_here(request: Request, error: Exception) -> Response:
    return page("none.html", 404)


async def _not_so(request: Request, error: Exception) -> Response:
    response = page("said.html", 405, said=message("This address is not for that."))
    allow = getattr(error, "headers", None) or {}
    response.headers.update(allow)
    return response


async def _mistake(request: Request, error: Exception) -> Response:
    """A mistake of ours; the guard logs it."""
    said = message("That went wrong here, and is our mistake. Try again soon.")
    return page("said.html", 500, said=said)


def _host(address: str) -> str:
    return _plain_host(urlsplit(address).netloc)


def _plain_host(host: str) -> str:
    """A host and port without the ports that go without saying."""
    return host.lower().removesuffix(":80").removesuffix(":443")
