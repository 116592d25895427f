"""What readers meet: the form, the page of their own, previews, agreement, letters.

A reply is thanked for after it is on the disk, never before; what can't be kept is given back.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from rejoinder.comments.model import Format, clean_body
from rejoinder.comments.render import render_body
from rejoinder.comments.store import CommentStore
from rejoinder.errors import RejoinderError
from rejoinder.languages.texts import message, message_count
from rejoinder.replies import intake
from rejoinder.replies.arrivals import Kept
from rejoinder.replies.desk import Desk
from rejoinder.replies.judging.akismet import Akismet
from rejoinder.replies.judging.policy import Circumstances
from rejoinder.replies.model import LIMITS, Reply, Status, Submission
from rejoinder.replies.signing import StampError
from rejoinder.replies.web import speech
from rejoinder.replies.web.pages import (
    FieldsError,
    answer,
    asks_for_json,
    fields_of,
    is_json,
    is_there,
    later,
    page,
    see_other,
)
from rejoinder.replies.web.reply_form import CLOSED, NONE, TOO_LONG, ReplyForm, Seen, too_long
from rejoinder.replies.web.visits import Visits

logger = logging.getLogger(__name__)

_NO_FORM = message("What was sent is longer than any reply can be, or no form at all.")
_NOT_KEPT = message("It could not be kept just now. Here are your words; try again soon.")
_STALE = message("This form was open for too long. Your words are here: send them again.")
_OVER = message("The time in which it could be changed is over. Here are your words.")
_NOT_CHANGED = message("It could not be changed. Here are your words.")
_NOT_TOLD = message("It can’t be told just now.")
_NO_REPLY = message("No reply has this address.")
_SIGNED_OUT = message(
    "You are no longer signed in: a sign-in is good for one reply, and for two hours."
)
_SAID = message("You have said this already, and it was read.")


class _Wrong(Exception):  # noqa: N818 - an answer to the reader
    """What is wrong with which field, and the status of the answer."""

    def __init__(self, wrong: Mapping[str, str], status: int) -> None:
        self.wrong = wrong
        self.status = status
        super().__init__(*wrong.values())


class Readers:
    """The handlers of one site's readers."""

    def __init__(self, desk: Desk, visits: Visits) -> None:
        self.desk = desk
        self.visits = visits
        self.reply_form = ReplyForm(desk)
        self.akismet = Akismet(desk.settings) if desk.settings.akismet.key else None
        self._store = CommentStore(desk.content)
        self._asking: set[asyncio.Task[None]] = set()
        # With threads of their own, those who wait for Akismet keep nobody else waiting.
        self._askers = CapacityLimiter(4)

    async def form(self, request: Request) -> Response:
        """A form of its own for answering a comment, for readers without a script."""
        me = self.visits.reader(request)
        fields = {
            **{name: str(me.get(name, "")) for name in ("name", "email", "url")},
            "remember": "yes" if me.get("name") else "",
            "thread": request.query_params.get("thread", ""),
            "in_reply_to": request.query_params.get("to", ""),
        }
        return await run_in_threadpool(self.reply_form.page, fields, {}, 200)

    async def stamp(self, request: Request) -> Response:
        """A stamp for a form that a script fills in."""
        return answer({"stamp": self.desk.signer.stamp()}, 200)

    async def preview(self, request: Request) -> Response:
        """Words as they would look."""
        wait = self.visits.wait(self.visits.requests, self.visits.address(request))
        if wait:
            return later(answer({"errors": {"text": message("Too many at once.")}}, 429), wait)
        try:
            fields = await fields_of(request)
        except FieldsError:
            return answer({"errors": {"text": _NO_FORM}}, 413)
        text = clean_body(fields.get("text", ""))
        if wrong := too_long(text):
            return answer({"errors": wrong}, 422)
        return answer({"html": await run_in_threadpool(render_body, text)}, 200)

    async def take(self, request: Request) -> Response:
        """Keep a reply, then say thank you."""
        started, wants_json = time.perf_counter(), is_json(request)
        fields: dict[str, str] = {}
        seen: Seen | None = None
        try:
            fields = await fields_of(request)
            seen = await self._who(request, fields)
            address = self.visits.address(request)
            if fields.get("action") in ("preview", "quote") and not wants_json:
                return await self._drafted(fields, address, seen)
            wait = self.visits.wait(self.visits.replies, address)
            if wait:
                self._count("too many")
                return await self._too_many(fields, wait, wants_json, seen)
            me = self.visits.reader(request)
            submission, around = await self._read(fields, address, me)
            if seen is not None:
                signed_in = self.desk.door.flows.signed_in(seen.flow, fields)
                submission = replace(submission, signed_in=signed_in)
            kept = await asyncio.wrap_future(
                self.desk.arrivals.submit(submission, around, hold=self.akismet is not None)
            )
            if self._is_another(submission, kept):
                kept = await asyncio.wrap_future(
                    self.desk.arrivals.submit(
                        replace(submission, key=""), around, hold=self.akismet is not None
                    )
                )
            kept = await self._repeated(submission, kept)
        except FieldsError:
            return await self._refused(fields, {"text": _NO_FORM}, 413, wants_json)
        except _Wrong as error:
            self._count("refused")
            return await self._refused(fields, error.wrong, error.status, wants_json, seen)
        except Exception as error:  # whatever it is: nobody's words are lost by it
            self._count("not kept")
            why = error.what if isinstance(error, RejoinderError) else type(error).__name__
            logger.error("a reply could not be kept: %s", why)
            return await self._refused(fields, {"text": _NOT_KEPT}, 503, wants_json, seen)
        self._count(str(kept.reply.status) if kept.is_new else "repeated")
        if self.akismet is not None and kept.is_new and kept.reply.status is not Status.SPAM:
            self._ask_akismet(self.akismet, kept, address, request)
        if kept.reply.status is Status.APPROVED:
            self.desk.on_change()
        response = await self._thanks(kept, wants_json)
        self._keep_cookie(request, response, fields, submission, me)
        if seen is not None:
            await self._sign_out(request, response, seen)
        self.desk.metrics.seconds.observe(time.perf_counter() - started)
        return response

    async def status(self, request: Request) -> Response:
        """Where the reader's reply is, and their words."""
        token = request.path_params["token"]
        if asks_for_json(request):
            return await run_in_threadpool(self._status_in_json, token)
        return await run_in_threadpool(self._status, token, {}, 200)

    async def change(self, request: Request) -> Response:
        """Edit or withdraw one's own reply; the link is the right to do so."""
        token = request.path_params["token"]
        wait = self.visits.wait(self.visits.requests, self.visits.address(request))
        if wait:
            return later(page("none.html", 429), wait)
        try:
            fields = await fields_of(request)
        except FieldsError:
            return await run_in_threadpool(self._status, token, {"text": TOO_LONG}, 413)
        return await run_in_threadpool(self._change, token, fields)

    async def _drafted(
        self, fields: Mapping[str, str], address: str, seen: Seen | None
    ) -> Response:
        """The form again, for words that aren't sent yet."""
        wait = self.visits.wait(self.visits.requests, address)
        if wait:
            return await self._too_many(fields, wait, False, seen)
        form = self.reply_form
        do = form.previewed if fields["action"] == "preview" else form.quoting
        return await run_in_threadpool(do, fields, seen)

    async def _read(
        self, fields: Mapping[str, str], address: str, me: Mapping[str, Any]
    ) -> tuple[Submission, Circumstances]:
        """The submission and where it came from. Raises _Wrong."""
        key = fields.get("thread", "").strip()
        # A key that is known costs a look at one file; another one reads the folder.
        if self.desk.subjects.is_known(key):
            submission = self._checked(key, fields)
        else:
            submission = await run_in_threadpool(self._checked, key, fields)
        seconds = None
        if fields.get("stamp"):
            try:
                hours = self.desk.settings.limits.form_hours
                seconds = self.desk.signer.stamp_age(fields["stamp"], hours)
            except StampError:
                raise _Wrong({"stamp": _STALE}, 422) from None
        is_proven = bool(submission.email and me.get("proven")) and (
            submission.email.lower() == str(me.get("email", "")).lower()
        )
        return submission, Circumstances(address=address, seconds=seconds, is_known=is_proven)

    def _checked(self, key: str, fields: Mapping[str, str]) -> Submission:
        discussion = self.desk.subjects.find(key, datetime.now(UTC))
        needed = discussion is not None and discussion.email_required
        submission, wrong = intake.read(fields, email_required=needed)
        if discussion is None:
            raise _Wrong({**wrong, "thread": NONE}, 404)
        if not discussion.open:
            raise _Wrong({**wrong, "thread": CLOSED}, 410)
        if submission is None:
            raise _Wrong(wrong, 422)
        if submission.parent and not is_there(self._store, key, submission.parent):
            gone = message("The comment that it answers is no longer here.")
            raise _Wrong({"in_reply_to": gone}, 409)
        return submission

    @staticmethod
    def _is_another(said: Submission, kept: Kept) -> bool:
        """Whether a form that was sent before brings other words after those were decided on:
        they are a reply of their own, since nothing that is thanked for is dropped."""
        decided = kept.reply.status not in (Status.PENDING, Status.SPAM)
        return bool(said.key) and not kept.is_new and decided and said.text != kept.reply.text

    async def _repeated(self, said: Submission, kept: Kept) -> Kept:
        """A reply that was sent before: the same form's newer words take the older ones' place.
        Words that are public prove nothing: who repeats them gets no right to the reply."""
        if kept.is_new:
            return kept
        waits = kept.reply.status in (Status.PENDING, Status.SPAM)
        if not said.key and not waits:
            raise _Wrong({"text": _SAID}, 409)
        if waits and (said.text, said.name, said.url) != (
            kept.reply.text, kept.reply.name, kept.reply.url,
        ):  # fmt: skip
            edited = await run_in_threadpool(
                self.desk.queue.edit, kept.reply.id, said, datetime.now(UTC)
            )
            return replace(kept, reply=edited)
        return kept

    async def _thanks(self, kept: Kept, wants_json: bool) -> Response:
        reply = kept.reply
        place = speech.lead_to(f"/reply/status/{self.desk.signer.status_token(reply.id)}")
        if not wants_json:
            return see_other(place)
        return answer(await run_in_threadpool(_told, reply, place), 201)

    async def _too_many(
        self, fields: Mapping[str, str], wait: int, wants_json: bool, seen: Seen | None
    ) -> Response:
        said = message_count(
            "That is a lot at once. Your words are here: send them in a minute.",
            "That is a lot at once. Your words are here: send them in %(n)s minutes.",
            -(-wait // 60),
        )
        return later(await self._refused(fields, {"text": said}, 429, wants_json, seen), wait)

    async def _who(self, request: Request, fields: dict[str, str]) -> Seen | None:
        """Who has signed in for this form; None where nobody has. Its key is the sign-in's own, so
        that one is good for one reply. Raises _Wrong when it isn't good any more."""
        token = fields.get("sign_in", "")
        if not token:
            return None
        flows, browser = self.desk.door.flows, self.visits.signing_in(request)
        flow = await run_in_threadpool(flows.known, token, browser)
        if flow is not None:
            fields["key"] = flow.form
            return Seen(token, flow)
        thread, key = fields.get("thread", "").strip(), fields.get("key", "").strip()[:100]
        if await run_in_threadpool(flows.is_sent, thread, key):
            return None  # sent twice: the first was kept
        raise _Wrong({"sign_in": _SIGNED_OUT}, 409)

    async def _sign_out(self, request: Request, response: Response, seen: Seen) -> None:
        """Nothing of a sign-in outlives its form."""
        try:
            if await run_in_threadpool(self.desk.door.flows.end, seen.flow):
                self.visits.stop_signing_in(request, response)
        except RejoinderError as error:  # it ends by itself, in time
            logger.warning("a sign-in was not ended: %s", error.what)

    async def _refused(
        self, fields: Mapping[str, str], wrong: Mapping[str, str], status: int, wants_json: bool,
        seen: Seen | None = None,
    ) -> Response:  # fmt: skip
        if wants_json:
            return answer({"errors": wrong}, status)
        try:
            return await run_in_threadpool(self.reply_form.page, fields, wrong, status, seen)
        except (OSError, RuntimeError):  # not even a thread is to be had
            return self.reply_form.page(fields, wrong, status, seen)

    def _keep_cookie(
        self, request: Request, response: Response, fields: Mapping[str, str],
        said: Submission, me: Mapping[str, Any],
    ) -> None:  # fmt: skip
        if fields.get("remember"):
            kept = {key: me[key] for key in ("mark", "proven") if key in me}
            if kept.get("proven") and said.email.lower() != str(me.get("email", "")).lower():
                del kept["proven"]
            kept |= {"name": said.name, "email": said.email, "url": said.url}
            self.visits.remember(request, response, kept)
        elif me.get("name") and not is_json(request):
            self.visits.forget(response)

    def _status(self, token: str, wrong: Mapping[str, str], status: int) -> Response:
        try:
            reply = self._own(token)
        except RejoinderError as error:
            logger.error("a status could not be shown: %s", error.what)
            return page("none.html", 503)
        if reply is None:
            return page("none.html", 404)
        text = reply.text if reply.proposed is None else reply.proposed
        fields = {"text": text, "name": reply.name, "url": reply.url}
        return self._shown(reply, token, fields, wrong, status)

    def _status_in_json(self, token: str) -> Response:
        """The same for the script that shows a reader their own reply."""
        try:
            reply = self._own(token)
        except RejoinderError as error:
            logger.error("a status could not be told: %s", error.what)
            return answer({"errors": {"status": _NOT_TOLD}}, 503)
        if reply is None:
            return answer({"errors": {"status": _NO_REPLY}}, 404)
        return answer(_told(reply, speech.lead_to(f"/reply/status/{token}")), 200)

    def _shown(
        self, reply: Reply, token: str, fields: Mapping[str, str], wrong: Mapping[str, str],
        status: int,
    ) -> Response:  # fmt: skip
        if reply.status is Status.ERASED:
            return page("status.html", status, reply=reply, seen=Status.ERASED, may_edit=False,
                        may_withdraw=False, shown="", proposed="")  # fmt: skip
        return page(
            "status.html", status, reply=reply, seen=_seen(reply), token=token, fields=fields,
            wrong=wrong, limits=LIMITS, shown=render_body(reply.text, Format(reply.format)),
            proposed=render_body(reply.proposed) if reply.proposed else "",
            may_edit=self._may_edit(reply),
            may_withdraw=_seen(reply) in (Status.PENDING, Status.APPROVED),
            discussion=self.desk.subjects.find(reply.thread, datetime.now(UTC)),
        )  # fmt: skip

    def _may_edit(self, reply: Reply) -> bool:
        """Until it is published, and for a set time after."""
        if reply.status in (Status.PENDING, Status.SPAM):
            return True
        minutes = timedelta(minutes=self.desk.settings.limits.edit_minutes)
        if reply.status is not Status.APPROVED or reply.format != "markdown":
            return False
        past = [d.at for d in self.desk.queue.history(reply.id) if d.status is Status.APPROVED]
        return bool(past) and datetime.now(UTC) - min(past) < minutes

    def _change(self, token: str, fields: Mapping[str, str]) -> Response:
        now = datetime.now(UTC)
        try:
            reply = self._own(token)
            if reply is None:
                return page("none.html", 404)
            if fields.get("action") == "withdraw":
                self.desk.queue.decide(
                    reply.id, Status.WITHDRAWN, by="its writer", why="withdrawn", now=now
                )
            else:
                kept = {"thread": reply.thread, "email": reply.email}
                if reply.status is Status.APPROVED:  # name and site stay as they were approved
                    kept |= {"name": reply.name, "url": reply.url}
                submission, wrong = intake.read({**fields, **kept})
                if not self._may_edit(reply):
                    return _lost({"text": _OVER}, fields)
                if submission is None:
                    return self._shown(reply, token, fields, wrong, 422)
                if reply.status is Status.APPROVED:
                    self.desk.queue.propose(reply.id, submission.text, now)
                else:
                    self.desk.queue.edit(reply.id, submission, now)
        except RejoinderError as error:
            logger.warning("a reply could not be changed: %s", error.what)
            return _lost({"text": _NOT_CHANGED}, fields)
        self.desk.on_change()
        return see_other(speech.lead_to(f"/reply/status/{token}"))

    def _own(self, token: str) -> Reply | None:
        reply_id = self.desk.signer.reply_of(token)
        return self.desk.queue.get(reply_id) if reply_id else None

    def _ask_akismet(self, akismet: Akismet, kept: Kept, address: str, request: Request) -> None:
        """Ask aside; whatever goes wrong leaves the reply in the queue."""
        agent = request.headers.get("user-agent", "")[:300]

        async def ask() -> None:
            work = partial(akismet.judge, self.desk, kept, address, agent)
            await to_thread.run_sync(work, limiter=self._askers)

        asking = asyncio.create_task(ask())
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)

    def _count(self, outcome: str) -> None:
        self.desk.metrics.replies.labels(outcome).inc()


def _lost(wrong: Mapping[str, str], fields: Mapping[str, str]) -> Response:
    """The reader's words, given back with the reason."""
    kept_back = {"text": "", "name": "", "url": "", **fields}
    return page("lost.html", 409, wrong=wrong, fields=kept_back)


def _told(reply: Reply, place: str) -> dict[str, str]:
    """What its writer's browser is told of a reply whose own page is at `place`."""
    text = reply.text if reply.proposed is None else reply.proposed
    html = render_body(text, Format(reply.format)) if reply.status is not Status.ERASED else ""
    return {"id": reply.id, "status": place, "state": _seen(reply), "html": html,
            "name": reply.name, "in_reply_to": reply.parent or ""}  # fmt: skip


def _seen(reply: Reply) -> Status:
    """What its writer is told: spam is for the author to see, and waits like the others."""
    return Status.PENDING if reply.status is Status.SPAM else reply.status
