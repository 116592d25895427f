"""The moderator's page: what waits, in its thread; decide, edit, answer, undo. It works without
a script; the script adds keys."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from rejoinder import authors
from rejoinder.comments.model import Comment, Format, clean_body
from rejoinder.comments.render import excerpt, render, render_body
from rejoinder.comments.store import CommentStore
from rejoinder.errors import RejoinderError
from rejoinder.languages.texts import Texts, later, message, message_count
from rejoinder.posts import slugify
from rejoinder.replies.arrivals import new_id
from rejoinder.replies.desk import Desk
from rejoinder.replies.model import LIMITS, Decision, Reply, Status
from rejoinder.replies.moderators import SESSION, Moderator
from rejoinder.replies.noted import noted, sentence
from rejoinder.replies.queue import words_digest
from rejoinder.replies.web.pages import HEADERS, FieldsError, page, pairs_of, see_other
from rejoinder.replies.web.visits import Visits

logger = logging.getLogger(__name__)

COOKIE = "rejoinder_desk"
PAGE = 25
LINK_SECONDS = 3600
_HASHING = threading.BoundedSemaphore(2)
"""argon2 takes 64 MB each time: two at once are enough."""

_ACTIONS = {
    "approve": Status.APPROVED,
    "reject": Status.REJECTED,
    "spam": Status.SPAM,
}
_NONE = message("There is no such reply.")
_SHOWN = (Status.PENDING, Status.APPROVED, Status.SPAM, Status.REJECTED, Status.WITHDRAWN,
          Status.ERASED)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Session:
    """Who is here, and what their forms carry."""

    moderator: Moderator
    csrf: str


@dataclass(frozen=True, slots=True)
class _Card:
    """A reply as its moderator sees it."""

    reply: Reply
    html: Markup
    proposed: Markup | None
    title: str
    url: str
    parent: Comment | None
    quoted: str
    why: Decision | None
    digest: str


Handler = Callable[["Moderation", Request, _Session], Awaitable[Response]]


def signed_in(handler: Handler) -> Callable[[Moderation, Request], Awaitable[Response]]:
    """Let moderators in, and send others to the door. What changes something must carry the
    session's own token."""

    async def guarded(self: Moderation, request: Request) -> Response:
        try:
            session = await run_in_threadpool(self.session, request)
            if session is None:
                return see_other("/reply/desk/sign-in")
            return await handler(self, request, session)
        except FieldsError:
            return _said(message("What was sent is longer than this page takes."), 413)
        except RejoinderError as error:
            return _failed(error)

    return guarded


class Moderation:
    """The handlers of one site's moderators."""

    def __init__(self, desk: Desk, visits: Visits) -> None:
        self.desk = desk
        self.visits = visits
        self._store = CommentStore(desk.content)

    def session(self, request: Request) -> _Session | None:
        """Whose request this is."""
        secret = request.cookies.get(COOKIE, "")
        found = self.desk.moderators.of_session(secret, datetime.now(UTC)) if secret else None
        return _Session(found, self.desk.moderators.csrf_token(secret)) if found else None

    async def sign_in_form(self, request: Request) -> Response:
        """The door."""
        return self._door("", 200)

    async def sign_in(self, request: Request) -> Response:
        """Take a password, or send a link."""
        wait = self.visits.wait(self.visits.sign_ins, self.visits.address(request))
        if wait:
            said = message("That was too often. Try again in some minutes.")
            response = self._door(said, 429)
            response.headers["Retry-After"] = str(wait)
            return response
        try:
            fields = dict(await pairs_of(request))
        except FieldsError:
            return self._door(message("What was sent is no form."), 413)
        try:
            if fields.get("action") == "link":
                return await run_in_threadpool(self._send_link, fields.get("email", ""))
            found = await run_in_threadpool(
                self._check, fields.get("name", "").strip(), fields.get("password", "")
            )
            if found is None:
                return self._door(message("Name and password do not belong together."), 403)
            return await run_in_threadpool(self._let_in, request, found)
        except RejoinderError as error:
            return _failed(error)

    async def enter_form(self, request: Request) -> Response:
        """A link in a letter: looking at it does not use it up."""
        return page("enter.html", token=request.path_params["token"])

    async def enter(self, request: Request) -> Response:
        """Use a link that lets in once."""
        token = request.path_params["token"]
        try:
            return await run_in_threadpool(self._enter, request, token)
        except RejoinderError as error:
            return _failed(error)

    @signed_in
    async def sign_out(self, request: Request, session: _Session) -> Response:
        """End the session."""
        if not _may(session, dict(await pairs_of(request))):
            return _forged()
        await run_in_threadpool(self.desk.moderators.end, request.cookies.get(COOKIE, ""))
        response = see_other("/reply/desk/sign-in")
        response.delete_cookie(COOKIE, path="/reply", httponly=True, samesite="lax")
        return response

    @signed_in
    async def queue(self, request: Request, session: _Session) -> Response:
        """What waits, or what has another status, a page at a time."""
        query = request.query_params
        return await run_in_threadpool(
            self._list, session, query.get("status", ""), query.get("q", "")[:200],
            query.get("page", "1"), query.get("done", ""),
        )  # fmt: skip

    @signed_in
    async def one(self, request: Request, session: _Session) -> Response:
        """A reply in its thread, with its history."""
        return await run_in_threadpool(self._one, session, request.path_params["id"], {}, 200)

    @signed_in
    async def portrait(self, request: Request, session: _Session) -> Response:
        """The portrait that a reply would show, for a moderator's eyes."""
        reply = await run_in_threadpool(self.desk.queue.get, request.path_params["id"])
        path = reply.portrait if reply is not None else None
        found = await run_in_threadpool(self.desk.door.flows.picture, path) if path else None
        if found is None:
            return page("none.html", 404)
        return Response(found, media_type="image/webp", headers=HEADERS)

    @signed_in
    async def decide(self, request: Request, session: _Session) -> Response:
        """Approve, reject, call spam or undo, one or many."""
        pairs = await pairs_of(request)
        if not _may(session, dict(pairs)):
            return _forged()
        return await run_in_threadpool(self._decide, session, pairs)

    @signed_in
    async def write(self, request: Request, session: _Session) -> Response:
        """Correct a reply, or answer it as the author."""
        fields = dict(await pairs_of(request))
        if not _may(session, fields):
            return _forged()
        return await run_in_threadpool(self._write, session, request.path_params["id"], fields)

    def _door(self, wrong: str, status: int) -> Response:
        has_mail = bool(self.desk.settings.mail.host)
        title = self.desk.subjects.facts.title
        return page("sign_in.html", status, wrong=wrong, has_mail=has_mail, title=title)

    def _check(self, name: str, password: str) -> Moderator | None:
        with _HASHING:
            return self.desk.moderators.check(name, password[:1000])

    def _send_link(self, email: str) -> Response:
        found = self.desk.moderators.with_email(email)
        if found is not None and self.desk.settings.mail.host:
            self.desk.notices.enter(found.name, found.email, datetime.now(UTC))
            self.desk.on_change()
        # The same for every address: nobody learns who moderates.
        return _said(message("If that address is a moderator’s, a link is on its way to it."))

    def _let_in(self, request: Request, found: Moderator) -> Response:
        secret = self.desk.moderators.begin(found.name, datetime.now(UTC))
        response = see_other("/reply/desk")
        response.set_cookie(
            COOKIE, secret, max_age=int(SESSION.total_seconds()), path="/reply", httponly=True,
            samesite="lax", secure=self.visits.is_https(request),
        )  # fmt: skip
        return response

    def _enter(self, request: Request, token: str) -> Response:
        link = self.desk.signer.read_link(token, LINK_SECONDS)
        found = self.desk.moderators.get(link.subject) if link and link.action == "enter" else None
        if link is None or found is None:
            old = message("This link is too old, or a part of it was lost on the way.")
            return _said(old, 410)
        if not self.desk.moderators.use_link(link.number, datetime.now(UTC)):
            return _said(message("This link was used before."), 410)
        return self._let_in(request, found)

    def _list(
        self, session: _Session, status: str, search: str, number: str, done: str
    ) -> Response:
        shown = Status(status) if status in _SHOWN else Status.PENDING
        at = max(int(number), 1) if number.isascii() and number.isdigit() and len(number) < 9 else 1
        at = min(at, 100_000)
        found, total = self.desk.queue.page(shown, search=search, skip=(at - 1) * PAGE, most=PAGE)
        counts = self.desk.queue.counts()
        return page(
            "moderate.html", wide=True, session=session, shown=shown, statuses=_SHOWN,
            counts=counts, cards=[self._card(reply) for reply in found], total=total, at=at,
            pages=-(-total // PAGE), search=search, title=self.desk.subjects.facts.title,
            site=self.desk.subjects.base, done=self._done(done),
        )  # fmt: skip

    def _done(self, done: str) -> dict[str, Any] | None:
        """What was just decided, to be said and to be undone."""
        ids = [one for one in done.split(",") if one][:PAGE]
        found = [reply for one in ids if (reply := self.desk.queue.get(one))]
        if not found:
            return None
        return {"ids": [reply.id for reply in found],
                "said": _decided(found[0].status, len(found))}  # fmt: skip

    def _one(
        self, session: _Session, reply_id: str, wrong: dict[str, str], status: int, **kept: str
    ) -> Response:
        reply = self.desk.queue.get(reply_id)
        if reply is None:
            return _said(_NONE, 404)
        comments = self._store.read(reply.thread).comments
        by_id = {comment.id: comment for comment in comments}
        above: list[Comment] = []
        here = by_id.get(reply.parent or "")
        while here is not None and here not in above and len(above) < 5:
            above.insert(0, here)
            here = by_id.get(here.in_reply_to or "")
        below = [c for c in comments if c.in_reply_to == reply.id]
        beside = [c for c in comments if c.in_reply_to == reply.parent and c.id != reply.id][-5:]
        around = [
            (name, [(c, Markup(render(c))) for c in group])
            for name, group in ((message("Above it"), above), (message("Beside it"), beside),
                                (message("Below it"), below))
            if group
        ]  # fmt: skip
        return page(
            "one.html", status, wide=True, session=session, card=self._card(reply),
            around=around, history=self.desk.queue.history(reply.id), wrong=wrong, kept=kept,
            limits=LIMITS, title=self.desk.subjects.facts.title, key=secrets.token_urlsafe(9),
            author=self._author(session.moderator)[0],
            may_write=reply.status not in (Status.WITHDRAWN, Status.ERASED),
        )  # fmt: skip

    def _card(self, reply: Reply) -> _Card:
        discussion = self.desk.subjects.find(reply.thread, datetime.now(UTC))
        parent = None
        if reply.parent:
            comments = self._store.read(reply.thread).comments
            parent = next((c for c in comments if c.id == reply.parent), None)
        history = self.desk.queue.history(reply.id)
        return _Card(
            reply=reply,
            html=Markup(render_body(reply.text, Format(reply.format))),
            proposed=Markup(render_body(reply.proposed)) if reply.proposed is not None else None,
            title=Markup(discussion.title).striptags() if discussion else reply.thread,
            url=discussion.url if discussion else "",
            parent=parent,
            quoted=excerpt(parent, 300) if parent else "",
            why=history[-1] if history else None,
            digest=words_digest(reply),
        )

    def _decide(self, session: _Session, pairs: list[tuple[str, str]]) -> Response:
        fields = dict(pairs)
        # A button of one card names its reply; the buttons for many take those that are ticked.
        action, _, only = fields.get("action", "").partition(":")
        chosen = [only] if only else [value for name, value in pairs if name == "reply"]
        status = _ACTIONS.get(action)
        if status is None and action != "undo":
            return _said(message("This page knows no such action."), 400)
        now, by = datetime.now(UTC), session.moderator.name
        done: list[str] = []
        problems: list[RejoinderError] = []
        for one in chosen[:PAGE]:
            try:
                if status is None:
                    self.desk.queue.undo(one, by=by, now=now)
                else:
                    seen, _, shown = fields.get(f"seen:{one}", "").partition(" ")
                    was = Status(shown) if shown in set(Status) else None
                    why = fields.get("why", "")[:500]
                    self.desk.queue.decide(one, status, by=by, why=why, now=now, seen=seen, was=was)
                done.append(one)
            except RejoinderError as error:
                problems.append(error)
        self.desk.on_change()
        if problems:
            return _said(_partly(len(done), problems), 409)
        back = fields.get("back", "")
        place = f"?status={back}" if back in _SHOWN else "?status=pending"
        more = f"&done={','.join(done)}" if done and action != "undo" else ""
        return see_other(f"/reply/desk{place}{more}")

    def _write(self, session: _Session, reply_id: str, fields: dict[str, str]) -> Response:
        action = fields.get("action", "")
        text = clean_body(fields.get("text", "")).strip("\n")
        now = datetime.now(UTC)
        reply = self.desk.queue.get(reply_id)
        if reply is None:
            return _said(_NONE, 404)
        size = len(text.encode("utf-8"))
        wrong = "" if text.strip() else message("There are no words in it yet.")
        if size > LIMITS["text"]:
            wrong = message_count("It is %(n)s bytes too long.", "It is %(n)s bytes too long.",
                                  size - LIMITS["text"])  # fmt: skip
        if wrong or action not in ("edit", "answer"):
            return self._one(session, reply_id, {action: wrong}, 422, **{action: text})
        by = session.moderator.name
        seen = fields.get("seen", "")
        try:
            if action == "edit":
                self.desk.queue.rewrite(reply_id, text, by=by, now=now, seen=seen)
            else:
                answer = self._answer(session.moderator, reply, text, now, fields.get("key", ""))
                self.desk.queue.answer(reply, answer, by=by, seen=seen, now=now)
        except RejoinderError as error:  # what was typed is given back
            said = sentence(error, is_mended=False)
            return self._one(session, reply_id, {action: said}, 409, **{action: text})
        self.desk.on_change()
        return see_other(f"/reply/desk/reply/{reply_id}")

    def _answer(self, moderator: Moderator, to: Reply, text: str, now: datetime, key: str) -> Reply:
        """The author's answer; the form's key makes one that is sent twice one answer."""
        name, author_id = self._author(moderator)
        received = now.replace(microsecond=0)
        return Reply(
            id=new_id(now),
            thread=to.thread,
            text=text,
            name=name,
            email="",
            url="",
            parent=to.id,
            notify=False,
            status=Status.APPROVED,
            received=received,
            source="desk",
            author_id=author_id,
            told=True,
            fingerprint=self.desk.signer.digest("answer", to.id, key) if key else None,
        )

    def _author(self, moderator: Moderator) -> tuple[str, str]:
        """Name and slug of the site's author that a moderator answers as."""
        known = authors.load(self.desk.content)
        facts = self.desk.subjects.facts
        name = facts.author or facts.title
        slug = moderator.author_id or next(
            (slug for slug, author in known.items() if author.name == name), slugify(name)
        )
        return (known[slug].name if slug in known else name), slug


def _may(session: _Session, fields: dict[str, str]) -> bool:
    """Whether a form is one that this session was given."""
    return compare_digest(fields.get("csrf", "").encode(), session.csrf.encode())


def _said(text: str, status: int = 200) -> Response:
    return page("said.html", status, said=text)


def _failed(error: RejoinderError) -> Response:
    logger.error("the moderator's page failed: %s", error.what)
    return _said(sentence(error), 503)


def _decided(status: Status, count: int) -> str:
    """So many replies have a status now."""
    return {
        Status.PENDING: message_count(
            "%(n)s reply is pending.", "%(n)s replies are pending.", count),
        Status.APPROVED: message_count(
            "%(n)s reply is approved.", "%(n)s replies are approved.", count),
        Status.SPAM: message_count("%(n)s reply is spam.", "%(n)s replies are spam.", count),
        Status.REJECTED: message_count(
            "%(n)s reply is rejected.", "%(n)s replies are rejected.", count),
        Status.WITHDRAWN: message_count(
            "%(n)s reply is withdrawn.", "%(n)s replies are withdrawn.", count),
        Status.ERASED: message_count(
            "%(n)s reply is erased.", "%(n)s replies are erased.", count),
    }[status]  # fmt: skip


def _partly(count: int, problems: Sequence[RejoinderError]) -> str:
    """So many were done, and what kept the others from it."""
    done = message_count("%(n)s done.", "%(n)s done.", count)

    def said(texts: Texts) -> str:
        each = (f"{texts.say(noted(one.what))}. {texts.say(noted(one.mend or ''))}".strip()
                for one in problems)  # fmt: skip
        return " ".join((texts.say(done), *each))

    return later(said)


def _forged() -> Response:
    return _said(message("This form was not given out by this page. Nothing was changed."), 403)
