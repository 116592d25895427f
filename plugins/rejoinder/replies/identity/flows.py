"""Sign-ins on their way: from the button on the form to the reply that is sent.

A reader's words are as long as a book's chapter, so what they wrote so far waits in the database,
not in a cookie. What the browser brings (the state, then the sign-in's own token) is kept as a
keyed hash, and is good for the browser alone that began, for a time, and once.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from rejoinder.replies.database import Database
from rejoinder.replies.identity.model import Identity, Server
from rejoinder.replies.model import SignedIn
from rejoinder.replies.portraits import keep
from rejoinder.replies.queue import utc
from rejoinder.replies.schema import gravatars, portraits, replies, sign_ins
from rejoinder.replies.signing import Signer

ANSWER_WITHIN = timedelta(minutes=10)
"""So long a provider's answer is awaited."""

KEPT = timedelta(hours=2)
"""So long somebody who signed in may write, and the words of who didn't are kept."""

FIELDS = ("thread", "in_reply_to", "text", "name", "email", "url", "notify", "remember", "key",
          "website2", "lang")  # fmt: skip
"""What is kept of a form."""


class Stage(StrEnum):
    """Where a sign-in is: its provider was asked, its answer came, its identity is known."""

    ASKED = "asked"
    ANSWERED = "answered"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Flow:
    """A sign-in. `fields` is the form so far, `redirect` where the provider was told to send the
    browser, `verifier` and `nonce` are PKCE's and OpenID's; `identity` and `portrait` (a path) are
    there once they are known."""

    token: str
    browser: str
    form: str
    stage: Stage
    at: datetime
    provider: str
    fields: Mapping[str, str]
    server: Server
    redirect: str
    verifier: str
    nonce: str
    identity: Identity | None = None
    portrait: str | None = None

    def is_late(self, now: datetime) -> bool:
        """Whether the answer comes too late."""
        return now - self.at > ANSWER_WITHIN


class Flows:
    """The sign-ins of one site. Raises QueueError from every method."""

    def __init__(
        self, database: Database, signer: Signer,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._database = database
        self._signer = signer
        self.clock = clock

    def begin(
        self, browser: str, provider: str, fields: Mapping[str, str], server: Server, redirect: str
    ) -> tuple[str, Flow]:
        """Begin one for a browser (its cookie); the state that goes to the provider, and the
        flow."""
        state = secrets.token_urlsafe(32)
        kept = {name: fields[name] for name in FIELDS if fields.get(name)}
        form = kept.get("key", "").strip()[:100] or secrets.token_urlsafe(12)
        flow = Flow(
            token=self._hashed(state), browser=self._of(browser), form=form, stage=Stage.ASKED,
            at=self.clock(), provider=provider, fields=kept | {"key": form}, server=server,
            redirect=redirect, verifier=secrets.token_urlsafe(48), nonce=secrets.token_urlsafe(24),
        )  # fmt: skip
        with self._database.transaction() as db:
            db.execute(sign_ins.insert().values(**_row(flow)))
        return state, flow

    def find(self, token: str, browser: str) -> tuple[Flow | None, bool]:
        """The sign-in that a state or token is of, while anything is kept of it, and whether this
        browser began it."""
        query = sa.select(sign_ins).where(
            sign_ins.c.token == self._hashed(token), sign_ins.c.at > self.clock() - KEPT
        )
        with self._database.transaction() as db:
            row = db.execute(query).mappings().first()
        flow = _flow(row) if row is not None else None
        is_mine = flow is not None and bool(browser) and flow.browser == self._of(browser)
        return flow, is_mine

    def claim(self, flow: Flow) -> bool:
        """Take the provider's answer, the first time that it comes; False after that."""
        change = sign_ins.update().where(
            sign_ins.c.token == flow.token, sign_ins.c.stage == Stage.ASKED
        )
        with self._database.transaction() as db:
            return bool(db.execute(change.values(stage=Stage.ANSWERED)).rowcount)

    def know(self, flow: Flow, identity: Identity, picture: bytes | None) -> str:
        """Note who it is, with a portrait if there is one; the token of the form that comes
        next. Nothing of what was asked remains."""
        token = secrets.token_urlsafe(32)
        known = replace(
            flow, token=self._hashed(token), stage=Stage.KNOWN, at=self.clock(), verifier="",
            nonce="", identity=identity,
        )  # fmt: skip
        with self._database.transaction() as db:
            if picture:
                path = keep(db, self._database, picture, known.at)
                known = replace(known, portrait=path)
            db.execute(sign_ins.delete().where(sign_ins.c.token == flow.token))
            db.execute(sign_ins.insert().values(**_row(known)))
        return token

    def known(self, token: str, browser: str) -> Flow | None:
        """The sign-in of a form, if it is this browser's and its identity is known."""
        flow, is_mine = self.find(token, browser)
        return flow if is_mine and flow is not None and flow.stage is Stage.KNOWN else None

    def signed_in(self, flow: Flow, fields: Mapping[str, str]) -> SignedIn | None:
        """What a reply shows of it: the mark where it still says what was seen, and the portrait
        where its writer wants it."""
        who = flow.identity
        if who is None:
            return None
        name, url = fields.get("name", ""), fields.get("url", "").strip()
        is_so = bool(fields.get("mark")) and who.says(name, url)
        return SignedIn(
            identity=self._signer.digest("identity", who.provider, who.subject),
            verified=who.verified if is_so else None,
            portrait=flow.portrait if fields.get("portrait") else None,
        )

    def is_sent(self, thread: str, form: str) -> bool:
        """Whether the reply of a form is kept already."""
        mark = self._signer.digest("reply", thread, "key", form)
        query = sa.select(replies.c.id).where(replies.c.fingerprint == mark)
        with self._database.transaction() as db:
            return db.execute(query).first() is not None

    def end(self, flow: Flow) -> bool:
        """Forget a sign-in whose reply is kept, and all that the same form began; whether the
        browser has no other."""
        mine = sign_ins.c.browser == flow.browser
        with self._database.transaction() as db:
            db.execute(sign_ins.delete().where(mine, sign_ins.c.form == flow.form))
            return db.execute(sa.select(sign_ins.c.token).where(mine)).first() is None

    def forget_old(self) -> None:
        """Forget what nobody came back for, and portraits that nobody shows."""
        before = self.clock() - KEPT
        showing = (replies.c.portrait, sign_ins.c.portrait, gravatars.c.path)
        shown = [sa.select(one).where(one == portraits.c.path).exists() for one in showing]
        with self._database.transaction() as db:
            db.execute(sign_ins.delete().where(sign_ins.c.at < before))
            db.execute(portraits.delete().where(portraits.c.at < before, ~sa.or_(*shown)))

    def picture(self, path: str) -> bytes | None:
        """A portrait."""
        query = sa.select(portraits.c.picture).where(portraits.c.path == path)
        with self._database.transaction() as db:
            found = db.execute(query).scalar()
        return base64.b64decode(found) if found else None

    def _hashed(self, token: str) -> str:
        return self._signer.digest("sign-in", token)

    def _of(self, browser: str) -> str:
        return self._signer.digest("browser", browser)


def _row(flow: Flow) -> dict[str, Any]:
    known = {"token", "browser", "form", "stage", "portrait", "at"}
    values = asdict(flow)
    rest = json.dumps({key: value for key, value in values.items() if key not in known})
    return {key: values[key] for key in known} | {"flow": rest}


def _flow(row: Any) -> Flow:
    rest = json.loads(row["flow"])
    server = rest.pop("server")
    server["algorithms"] = tuple(server["algorithms"])
    who = rest.pop("identity")
    if who is not None:
        who = Identity(**who | {"names": tuple(who["names"]), "links": tuple(who["links"])})
    return Flow(
        token=row["token"], browser=row["browser"], form=row["form"], stage=Stage(row["stage"]),
        at=utc(row["at"]), portrait=row["portrait"], server=Server(**server), identity=who, **rest,
    )  # fmt: skip
