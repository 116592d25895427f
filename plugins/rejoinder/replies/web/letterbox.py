"""What the links in letters lead to. A look at one changes nothing, since mail programs look at
links by themselves: GET shows what it would do, and POST does it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from rejoinder.comments.render import render_body
from rejoinder.errors import RejoinderError
from rejoinder.languages.texts import message
from rejoinder.replies.desk import Desk
from rejoinder.replies.judging.policy import Circumstances
from rejoinder.replies.model import Reply, Status, Submission
from rejoinder.replies.noted import noted, sentence
from rejoinder.replies.queue import words_digest
from rejoinder.replies.signing import Link
from rejoinder.replies.telling.notices import WEBHOOK
from rejoinder.replies.telling.subscriptions import POSTS
from rejoinder.replies.web.pages import page
from rejoinder.replies.web.visits import Visits

logger = logging.getLogger(__name__)

_DAY = 86400
_LASTS = {"approve": 14 * _DAY, "reject": 14 * _DAY, "spam": 14 * _DAY, "confirm": 14 * _DAY,
          "mine": 14 * _DAY, "end": 3650 * _DAY}  # fmt: skip
_DECIDES = {
    "approve": (Status.APPROVED, message("Approve this reply")),
    "reject": (Status.REJECTED, message("Reject this reply")),
    "spam": (Status.SPAM, message("Call this reply spam")),
}
_LETTERS = {
    (True, True): (message("Tell me of new posts"), message("These are letters on new posts.")),
    (True, False): (message("Tell me of answers to my reply"),
                    message("These are letters on answers to your reply.")),
    (False, True): (message("Stop these letters"), message("These are letters on new posts.")),
    (False, False): (message("Stop these letters"),
                     message("These are letters on answers to your reply.")),
}  # fmt: skip
"""By whether they are to begin and whether they are on new posts: the button, and what they are."""

_LONGEST = max(_LASTS.values())


class Letterbox:
    """The handlers of links in letters."""

    def __init__(self, desk: Desk, visits: Visits) -> None:
        self.desk = desk
        self.visits = visits

    async def show(self, request: Request) -> Response:
        """What the link would do, with a button."""
        return await run_in_threadpool(self._show, request.path_params["token"])

    async def act(self, request: Request) -> Response:
        """Do it."""
        token = request.path_params["token"]
        response, email = await run_in_threadpool(self._act, token)
        if email:
            me = dict(self.visits.reader(request))
            if me.get("email", email).lower() != email.lower():
                me = {key: value for key, value in me.items() if key == "mark"}
            self.visits.remember(request, response, {**me, "email": email, "proven": True})
        return response

    def _link(self, token: str) -> Link | None:
        link = self.desk.signer.read_link(token, _LONGEST)
        if link is None or link.action not in _LASTS:
            return None
        return self.desk.signer.read_link(token, _LASTS[link.action])

    def _show(self, token: str) -> Response:
        try:
            link = self._link(token)
            if link is None:
                return _gone(410)
            if link.action in _DECIDES:
                reply = self._reply(link)
                if reply is None:
                    return _gone(404)
                if link.subject.partition(":")[2] not in ("", words_digest(reply)):
                    other = message("The reply has other words by now: look at it on the desk.")
                    return _said(other, 409)
                text = reply.text if reply.proposed is None else reply.proposed
                return page("letter.html", what=_DECIDES[link.action][1], token=token,
                            name=reply.name, shown=render_body(text), said="")  # fmt: skip
            if link.action == "mine":
                reply = self.desk.queue.get(link.subject)
                if reply is None or reply.status is Status.ERASED:
                    return _gone(404)
                return page("letter.html", what=message("I wrote this"), token=token, said="",
                            name=reply.name, shown=render_body(reply.text))  # fmt: skip
            wish = self.desk.notices.subscriptions.get(int(link.subject))
            if wish is None:
                return _gone(404)
            button, about = _LETTERS[link.action == "confirm", wish.scope == POSTS]
            return page("letter.html", what=button, token=token, name="", shown="", said=about)
        except RejoinderError as error:
            logger.error("a letter's link could not be shown: %s", error.what)
            return _said(message("It could not be done just now; try again soon."), 503)

    def _act(self, token: str) -> tuple[Response, str]:
        """The answer, and the address that was proven by the click."""
        now = datetime.now(UTC)
        try:
            link = self._link(token)
            if link is None:
                return _gone(410), ""
            if link.action in _DECIDES:
                return self._decide(link, now), ""
            if link.action == "mine":
                return self._mine(link, now)
            wish = self.desk.notices.subscriptions.get(int(link.subject))
            if wish is None:
                return _gone(404), ""
            if link.action == "end":
                self.desk.notices.subscriptions.set_state(wish.number, "ended", now)
                return _said(message("No more of these letters will come.")), ""
            if wish.state == "ended":
                return _gone(410), ""
            self.desk.notices.subscriptions.set_state(wish.number, "confirmed", now)
            return _said(message("Thank you. You will be told.")), wish.email
        except RejoinderError as error:
            logger.warning("a letter's link could not be followed: %s", error.what)
            return _said(sentence(error, is_mended=False), 409), ""

    def _decide(self, link: Link, now: datetime) -> Response:
        reply_id, _, seen = link.subject.partition(":")
        if link.who not in ("", WEBHOOK) and self.desk.moderators.get(link.who) is None:
            return _said(message("This link was a moderator’s who is none any more."), 403)
        # A page that shows it decided is worth more than an error for a second click.
        if not self.desk.moderators.use_link(link.number, now):
            return _said(message("This link was used before."), 410)
        status, _ = _DECIDES[link.action]
        by = f"{link.who}, by letter" if link.who else "a letter"
        try:
            reply = self.desk.queue.decide(reply_id, status, by=by, why="", now=now, seen=seen)
        except RejoinderError:
            self.desk.moderators.give_link_back(link.number)  # nothing was done with it
            raise
        self.desk.on_change()
        return _said(message("The reply is %(status)s.", status=noted(reply.status)))

    def _mine(self, link: Link, now: datetime) -> tuple[Response, str]:
        """Its writer says so from the address that it came under: the rules look again, if it
        was they who held it for want of that. What a moderator or another rule has said stays."""
        reply = self.desk.queue.get(link.subject)
        if reply is None or not reply.email:
            return _gone(404), ""
        if not self.desk.moderators.use_link(link.number, now):
            return _said(message("This link was used before."), 410), ""
        decided = [one for one in self.desk.queue.history(reply.id) if one.by != "its writer"]
        if reply.status is Status.PENDING and decided[-1].by == "the rule 'first-timers'":
            said = Submission(reply.thread, reply.text, reply.name, reply.email, reply.url)
            verdict = self.desk.arrivals.judge_again(said, Circumstances(is_known=True))
            self.desk.queue.prove(reply.id)
            if verdict.status is Status.APPROVED:
                self.desk.queue.decide(
                    reply.id, verdict.status, by=verdict.by, why=verdict.why, now=now,
                    seen=words_digest(reply), teaches=False,
                )  # fmt: skip
                self.desk.on_change()
                return _said(
                    message("Thank you. Your reply is on its way to the page.")
                ), reply.email
        self.desk.queue.prove(reply.id)
        return _said(message("Thank you. The author will see that it is yours.")), reply.email

    def _reply(self, link: Link) -> Reply | None:
        reply = self.desk.queue.get(link.subject.partition(":")[0])
        return None if reply is None or reply.status is Status.ERASED else reply


def _said(text: str, status: int = 200) -> Response:
    return page("letter.html", status, what="", token="", name="", shown="", said=text)


def _gone(status: int) -> Response:
    return _said(message("This link is too old, or a part of it was lost on the way."), status)
