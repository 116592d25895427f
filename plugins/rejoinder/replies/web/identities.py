"""Signing in, as readers meet it: the button, the way to the provider and back, the form that comes
next. A form that is posted must not be redirected to another host (`form-action`), so the way there
is a page of our own, which leads on by itself."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from functools import partial

from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from rejoinder.errors import RejoinderError
from rejoinder.languages.texts import message
from rejoinder.replies.desk import Desk
from rejoinder.replies.identity.door import NOT_OFFERED
from rejoinder.replies.identity.flows import FIELDS, Flow
from rejoinder.replies.identity.model import SignInError
from rejoinder.replies.identity.providers import Provider
from rejoinder.replies.web import speech
from rejoinder.replies.web.pages import (
    HEADERS,
    FieldsError,
    answer,
    fields_of,
    later,
    page,
    see_other,
)
from rejoinder.replies.web.reply_form import ReplyForm, Seen
from rejoinder.replies.web.visits import Visits

logger = logging.getLogger(__name__)

_TYPED = "address"
"""The field that names one of a provider's many servers."""

_UNKNOWN = message(
    "This sign-in isn’t known here: it is too old, or a part of its address was lost."
)
_OTHERS = message("This sign-in was begun in another browser, and is good there alone.")
_LATE = message("This sign-in took longer than ten minutes.")
_AGAIN = message("This answer was used before: it is good once.")
_OFTEN = message("That was often.")
_NO_FORM = message("What was sent is no form of a reply.")
_NOT_NOW = message("Signing in isn’t possible just now.")


class Identities:
    """The handlers of those who say who they are."""

    def __init__(self, desk: Desk, visits: Visits) -> None:
        self.desk = desk
        self.visits = visits
        self.form = ReplyForm(desk)
        # With threads of their own, those who wait for a provider keep nobody else waiting.
        self._askers = CapacityLimiter(8)

    async def begin(self, request: Request) -> Response:
        """A button of the form: on to the provider, with the words kept."""
        try:
            fields = await fields_of(request)
        except FieldsError:
            return page("not_signed_in.html", 413, said=_NO_FORM)
        wait = self.visits.wait(self.visits.identities, self.visits.address(request))
        if wait:
            return later(await run_in_threadpool(self._given_back, fields, _OFTEN, 429), wait)
        browser = self.visits.signing_in(request) or secrets.token_urlsafe(32)
        response = await self._aside(self._begin, fields, browser)
        if response.status_code == 200:
            self.visits.keep_signing_in(request, response, browser)
        return response

    async def back(self, request: Request) -> Response:
        """The provider's answer."""
        browser = self.visits.signing_in(request)
        query = dict(request.query_params)
        return await self._aside(self._back, request.path_params["mark"], query, browser)

    async def show(self, request: Request) -> Response:
        """The form of somebody who has signed in."""
        token, browser = request.path_params["token"], self.visits.signing_in(request)
        return await run_in_threadpool(self._show, token, browser)

    async def portrait(self, request: Request) -> Response:
        """The portrait of who has signed in, for their own eyes."""
        token, browser = request.path_params["token"], self.visits.signing_in(request)
        return await run_in_threadpool(self._portrait, token, browser)

    async def client(self, request: Request) -> Response:
        """What the desk is, for the servers of people's own sites (IndieAuth, 4.2.1)."""
        return answer(self.desk.door.client(), 200)

    async def _aside(self, work: Callable[..., Response], *given: object) -> Response:
        return await to_thread.run_sync(partial(work, *given), limiter=self._askers)

    def _begin(self, fields: Mapping[str, str], browser: str) -> Response:
        try:
            discussion = self.form.page(fields, {}, 200)
            if discussion.status_code != 200:  # there is none, or it is closed
                return discussion
            provider = self.desk.door.offered().get(fields.get("with", ""))
            if provider is None:
                return self._given_back(fields, NOT_OFFERED, 404)
            typed = fields.get(_TYPED, "").strip()
            if provider.way == "indieauth" and _TYPED not in fields:
                typed = fields.get("url", "").strip()
            if provider.asks and not typed:
                return _which(provider, fields, typed, "", 200)
        except RejoinderError as error:
            return self._failed(fields, error)
        try:
            url = self.desk.door.begin(provider, typed, fields, browser)
        except SignInError as error:
            if provider.asks and error.status == 422:
                return _which(provider, fields, typed, error.what, 422)
            return self._given_back(fields, error.what, error.status)
        except RejoinderError as error:
            return self._failed(fields, error)
        return page("onward.html", url=url, label=_label(provider))

    def _back(self, mark: str, query: Mapping[str, str], browser: str) -> Response:
        flows = self.desk.door.flows
        fields: Mapping[str, str] = {}
        provider = ""
        try:
            flow, is_mine = flows.find(query.get("state", ""), browser)
            if flow is None:
                return self._none(_UNKNOWN, 400)
            if not is_mine:
                return self._none(_OTHERS, 403)
            fields, provider = flow.fields, flow.provider
            speech.follow(fields)
            if not flows.claim(flow):
                return self._given_back(fields, _AGAIN, 409)
            if flow.is_late(flows.clock()):
                return self._given_back(fields, _LATE, 410)
            token = self.desk.door.finish(flow, mark, query)
        except SignInError as error:
            logger.info("a sign-in with %s was refused: %s", provider, error.status)
            return self._given_back(fields, error.what, error.status)
        except RejoinderError as error:
            return self._failed(fields, error)
        return see_other(speech.lead_to(f"/reply/sign-in/{token}"))

    def _show(self, token: str, browser: str) -> Response:
        try:
            flow, is_mine = self.desk.door.flows.find(token, browser)
        except RejoinderError as error:
            return self._failed({}, error)
        if flow is None or flow.identity is None:
            return self._none(_UNKNOWN, 410)
        if not is_mine:
            return self._none(_OTHERS, 403)
        who = flow.identity
        filled = {"name": who.name, "url": who.link, "mark": "yes", "portrait": "yes"}
        return self.form.page({**flow.fields, **filled}, {}, 200, Seen(token, flow))

    def _portrait(self, token: str, browser: str) -> Response:
        flows = self.desk.door.flows
        try:
            flow: Flow | None = flows.known(token, browser)
            found = flows.picture(flow.portrait) if flow and flow.portrait else None
        except RejoinderError as error:
            return self._failed({}, error)
        if found is None:
            return page("none.html", 404)
        return Response(found, media_type="image/webp", headers=HEADERS)

    def _given_back(self, fields: Mapping[str, str], said: str, status: int) -> Response:
        return self.form.page(fields, {"sign_in": said}, status)

    def _none(self, said: str, status: int) -> Response:
        return page("not_signed_in.html", status, said=said)

    def _failed(self, fields: Mapping[str, str], error: RejoinderError) -> Response:
        logger.error("a sign-in failed: %s", error.what)
        if fields:
            return self._given_back(fields, _NOT_NOW, 503)
        return self._none(_NOT_NOW, 503)


def _which(
    provider: Provider, fields: Mapping[str, str], typed: str, wrong: str, status: int
) -> Response:
    """Ask which of a provider's many servers it is."""
    kept = [(name, fields[name]) for name in FIELDS if fields.get(name)]
    return page("which.html", status, provider=provider, label=_label(provider), kept=kept,
                typed=typed, wrong=wrong)  # fmt: skip


def _label(provider: Provider) -> str:
    return message("your own site") if provider.way == "indieauth" else provider.label
