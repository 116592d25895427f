"""What readers wish beside replying: to say that they agree, and to hear of new posts."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from rejoinder.comments.store import CommentStore
from rejoinder.errors import RejoinderError
from rejoinder.languages.texts import message
from rejoinder.replies import intake
from rejoinder.replies.desk import Desk
from rejoinder.replies.model import LIMITS
from rejoinder.replies.telling.subscriptions import POSTS
from rejoinder.replies.web.pages import (
    FieldsError,
    answer,
    fields_of,
    is_json,
    is_there,
    later,
    page,
    see_other,
)
from rejoinder.replies.web.visits import Visits

logger = logging.getLogger(__name__)

_NO_FORM = message("What was sent is longer than any form, or none at all.")

_A_LOT = message("That is a lot at once.")
_NOTHING = message("There is nothing of that name here.")
_NOT_KEPT = message("It could not be kept just now; try again soon.")


class Wishes:
    """The handlers of agreement and of subscriptions."""

    def __init__(self, desk: Desk, visits: Visits) -> None:
        self.desk = desk
        self.visits = visits
        self._store = CommentStore(desk.content)

    async def agree(self, request: Request) -> Response:
        """Note that a reader agrees with a post or a comment, once for each browser."""
        wait = self.visits.wait(self.visits.requests, self.visits.address(request))
        if wait:
            return later(_not_agreed(_A_LOT, 429, is_json(request)), wait)
        try:
            fields = {**request.query_params, **await fields_of(request)}
        except FieldsError:
            return _not_agreed(_NO_FORM, 413, is_json(request))
        me = dict(self.visits.reader(request))
        me.setdefault("mark", secrets.token_urlsafe(12))
        response = await run_in_threadpool(self._agree, fields, str(me["mark"]), is_json(request))
        if response.status_code < 400:
            self.visits.remember(request, response, me)
        return response

    async def subscribe_form(self, request: Request) -> Response:
        """Ask for new posts by mail."""
        return self._subscribe_page({}, {}, 200)

    async def subscribe(self, request: Request) -> Response:
        """Note the wish, and ask by letter whether it is meant."""
        wait = self.visits.wait(self.visits.replies, self.visits.address(request))
        if wait:
            return later(self._subscribe_page({}, {"email": _A_LOT}, 429), wait)
        try:
            fields = await fields_of(request)
        except FieldsError:
            return self._subscribe_page({}, {"email": _NO_FORM}, 413)
        return await run_in_threadpool(self._subscribe, fields)

    def _agree(self, fields: Mapping[str, str], mark: str, wants_json: bool) -> Response:
        thread, comment = fields.get("thread", "").strip(), fields.get("comment", "").strip()
        now = datetime.now(UTC)
        try:
            discussion = self.desk.subjects.find(thread, now)
            if discussion is None or not is_there(self._store, thread, comment):
                return _not_agreed(_NOTHING, 404, wants_json)
            reader = self.desk.signer.digest("agree", mark)
            if fields.get("action") == "undo":
                self.desk.agreements.take_back(thread, comment, reader)
            else:
                self.desk.agreements.add(thread, comment, reader, now)
            number = self.desk.agreements.counts(thread).get(comment, 0)
        except RejoinderError as error:
            logger.error("an agreement could not be kept: %s", error.what)
            return _not_agreed(_NOT_KEPT, 503, wants_json)
        self.desk.on_change()
        if wants_json:
            return answer({"count": number}, 200)
        fragment = f"#{self._fragment(thread, comment)}" if comment else ""
        return see_other(f"{discussion.url}{fragment}")

    def _fragment(self, thread: str, comment_id: str) -> str:
        found = (c for c in self._store.read(thread).comments if c.id == comment_id)
        return next((comment.fragment for comment in found), "comments")

    def _subscribe(self, fields: Mapping[str, str]) -> Response:
        email = fields.get("email", "").strip()
        if not intake.is_email(email):
            return self._subscribe_page(
                fields, {"email": message("This is no e-mail address.")}, 422
            )
        if fields.get(intake.HONEYPOT):
            return page("subscribed.html")
        now = datetime.now(UTC)
        try:
            with self.desk.database.transaction() as db:
                wish = self.desk.notices.subscriptions.ask(
                    db, email, POSTS, now, confirmed=False, daily=bool(fields.get("daily"))
                )
                if wish is not None:
                    self.desk.notices.confirm(db, wish, now)
        except RejoinderError as error:
            logger.error("a subscription could not be kept: %s", error.what)
            wrong = {"email": _NOT_KEPT}
            return self._subscribe_page(fields, wrong, 503)
        self.desk.on_change()
        return page("subscribed.html")  # the same for a known address: nobody learns who reads

    def _subscribe_page(
        self, fields: Mapping[str, str], wrong: Mapping[str, str], status: int
    ) -> Response:
        if not self.desk.settings.mail.host:
            return page("none.html", 404)
        title = self.desk.subjects.facts.title
        return page("subscribe.html", status, fields=fields, wrong=wrong, title=title,
                    limits=LIMITS)  # fmt: skip


def _not_agreed(said: str, status: int, wants_json: bool) -> Response:
    if wants_json:
        return answer({"errors": {"thread": said}}, status)
    return page("agree.html", status, said=said)
