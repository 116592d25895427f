"""All that is held on somebody: to be given to them, or to be removed.

What is found is found by the e-mail address: in the queue, among subscriptions and letters, and
in what an import left; or by the address of the account that somebody had signed in to. Whoever
gave neither has none by which they could be found.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from rejoinder import atomic
from rejoinder.comments.store import CommentStore
from rejoinder.errors import RejoinderError, StoreError
from rejoinder.private import imported
from rejoinder.profiles.addresses import is_web
from rejoinder.replies import intake
from rejoinder.replies.database import Database
from rejoinder.replies.model import Decision, Reply, Status
from rejoinder.replies.portraits import forget
from rejoinder.replies.publisher import remove
from rejoinder.replies.queue import Queue, log, reply_of
from rejoinder.replies.schema import (
    decisions,
    deliveries,
    gravatars,
    learnt,
    moderators,
    outbox,
    portraits,
    proven,
    replies,
    sign_ins,
    subscriptions,
)

IMPORTED = ("people", "pending", "withheld")
"""Files of JSON lines that imports left: see `private.imported`."""


@dataclass(slots=True)
class Erased:
    """What was removed: ids of replies, ids of imported comments, and counts of the rest.
    `missing` are those that were published and are in no file; `moderator` is the account that
    the address has, which stays."""

    replies: list[str] = field(default_factory=list)
    imported: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    moderator: str = ""
    lines: int = 0
    subscriptions: int = 0
    letters: int = 0

    def text(self) -> str:
        """The report, a line for each kind."""
        rows = [
            *(f"reply {one}: removed at the writer's wish" for one in self.replies),
            *(f"imported comment {one}: removed at the writer's wish" for one in self.imported),
            *(
                f"{one}: in no file below content/comments; look for its words"
                for one in self.missing
            ),
            f"{self.lines} private lines of an import removed",
            f"{self.subscriptions} subscriptions removed",
            f"{self.letters} letters not sent, or forgotten",
            *self._account(),
            "Not reached from here: backups, the history of a git repository, and what was "
            "published elsewhere. The next build takes the words from the pages.",
        ]
        return "\n".join(rows)

    def _account(self) -> list[str]:
        how = f"'invoke moderator {self.moderator} --remove' ends the account"
        said = f"The moderator {self.moderator!r} has this address and stays: {how}."
        return [said] if self.moderator else []


def export(database: Database, content: Path, private: Path, email: str) -> dict[str, Any]:
    """All that is held on an address, as JSON can hold it. Raises RejoinderError for what is no
    e-mail address, and none of an account."""
    email = _address(email)
    with database.transaction() as db:
        mine = _mine(email)
        found = [dict(row) for row in db.execute(sa.select(replies).where(mine)).mappings()]
        ids = [row["id"] for row in found]
        past = sa.select(decisions).where(decisions.c.reply.in_(ids)).order_by(decisions.c.number)
        history = [dict(row) for row in db.execute(past).mappings()]
        wishes = _rows(db, subscriptions, subscriptions.c.email == email)
        shown = _rows(db, proven, proven.c.email == email)
        letters = _rows(db, deliveries, sa.func.lower(deliveries.c.recipient) == email)
        taught = _rows(db, learnt, learnt.c.reply.in_(ids))
        account = _rows(db, moderators, sa.func.lower(moderators.c.email) == email)
        signing_in = [row["flow"] for row in _rows(db, sign_ins, sa.true())]
        paths = [row["portrait"] for row in found if row["portrait"]]
        pictures = _rows(db, portraits, portraits.c.path.in_(paths))
        asked = _rows(db, gravatars, gravatars.c.email == email)
    for one in account:
        one["password"] = bool(one["password"])
    for row in found:
        row["decisions"] = [
            {key: value for key, value in one.items() if key not in ("reply", "number")}
            for one in history
            if one["reply"] == row["id"]
        ]
    lines = {
        path.stem: [json.loads(line) for line in _lines(path) if _is_of(line, email)]
        for path in imported(private, *IMPORTED)
    }
    return {
        "email": email,
        "replies": found,
        "subscriptions": wishes,
        "proven": shown,
        "letters": letters,
        "learnt": taught,
        "signing_in": [flow for text in signing_in if _is_by(flow := json.loads(text), email)],
        "portraits": pictures,
        "gravatar": asked,
        "moderator": account,
        "imported": {name: rows for name, rows in lines.items() if rows},
        "comments": _published(content, lines.get("people", [])),
    }


def erase(
    queue: Queue, content: Path, private: Path, email: str, *, by: str, now: datetime
) -> Erased:
    """Remove all that is held on an address; the thread keeps a mark in each comment's place.
    Doing it again finds nothing. Raises RejoinderError for what is no e-mail address, and none of
    an account, QueueError or StoreError; what was done until then stays done, and a second run does
    the rest."""
    email = _address(email)
    report = Erased()
    database, store = queue.database, CommentStore(content)
    with database.transaction() as db:
        mine = _mine(email)
        found = [reply_of(row) for row in db.execute(sa.select(replies).where(mine)).mappings()]
        for reply in found:
            _erase_reply(db, queue, reply, by, now)
            report.replies.append(reply.id)
            if reply.status is Status.APPROVED and not store.find(reply.id):
                report.missing.append(reply.id)
        scopes = [reply.id for reply in found]
        for condition in (subscriptions.c.email == email, subscriptions.c.scope.in_(scopes)):
            report.subscriptions += db.execute(subscriptions.delete().where(condition)).rowcount
        db.execute(proven.delete().where(proven.c.email == email))
        for row in _rows(db, sign_ins, sa.true()):
            if _is_by(json.loads(row["flow"]), email):
                db.execute(sign_ins.delete().where(sign_ins.c.token == row["token"]))
        db.execute(gravatars.delete().where(gravatars.c.email == email))
        forget(db, [reply.portrait for reply in found if reply.portrait])
        account = _rows(db, moderators, sa.func.lower(moderators.c.email) == email)
        report.moderator = account[0]["name"] if account else ""
        # A letter to somebody else may quote them: it goes too.
        quoting = sa.or_(
            sa.func.lower(deliveries.c.recipient) == email,
            *(deliveries.c.key.contains(one, autoescape=True) for one in scopes),
        )
        report.letters = db.execute(
            deliveries.delete().where(quoting, deliveries.c.payload != "")
        ).rowcount
    report.imported, missing = _erase_imported(store, private, email)
    report.missing += missing
    for path in imported(private, *IMPORTED):
        lines = _lines(path)
        kept = [line for line in lines if not _is_of(line, email)]
        if len(kept) != len(lines):
            text = "".join(f"{line}\n" for line in kept)
            atomic.write_text(path, text, mode=0o600)
            report.lines += len(lines) - len(kept)
    return report


def _erase_reply(db: sa.Connection, queue: Queue, reply: Reply, by: str, now: datetime) -> None:
    was_public = reply.status is Status.APPROVED
    gone = {
        "name": "", "email": "", "url": "", "text": "", "proposed": None, "network": None,
        "fingerprint": None, "notify": False, "proven": False, "status": Status.ERASED,
        "verified": None, "portrait": None, "identity": None,
    }  # fmt: skip
    db.execute(replies.update().where(replies.c.id == reply.id).values(**gone))
    # A reason may quote the words that it was given for.
    db.execute(decisions.update().where(decisions.c.reply == reply.id).values(why=""))
    log(db, reply.id, Decision(Status.ERASED, by, "removed at the writer's wish", now))
    queue.forget(db, reply)
    if was_public:
        db.execute(outbox.insert().values(reply=reply.id, action="remove"))


def _erase_imported(store: CommentStore, private: Path, email: str) -> tuple[list[str], list[str]]:
    """Put marks in the place of the imported comments that an address wrote; which, and which
    are in no file."""
    erased: list[str] = []
    missing: list[str] = []
    for path in imported(private, *IMPORTED):
        if path.stem != "people":
            continue
        for line in _lines(path):
            row = json.loads(line) if _is_of(line, email) else {}
            if {"thread", "id"} <= row.keys():
                gone = remove(store, str(row["thread"]), str(row["id"]), Status.ERASED)
                (erased if gone else missing).append(str(row["id"]))
    return erased, missing


def _published(content: Path, people: list[Any]) -> list[dict[str, str]]:
    """The words of imported comments, from the files that hold them."""
    store = CommentStore(content)
    found = []
    for row in people:
        for path in store.find(str(row.get("id", ""))):
            found.append({"id": str(row["id"]), "file": path.read_text("utf-8", "replace")})
    return found


def _address(address: str) -> str:
    """An e-mail address, or that of an account: neither is ever taken for the other."""
    address = address.strip().lower()
    if not intake.is_email(address) and not is_web(address):
        raise RejoinderError(
            f"{address!r} is no e-mail address, and none of an account",
            mend="Write it in full, like bo@mail.example or https://github.com/bo.",
        )
    return address


def _mine(address: str) -> sa.ColumnElement[bool]:
    """The replies that somebody sent: under their e-mail address, or signed in to their account,
    whatever name stands above them."""
    ends = [f" {address.rstrip('/')}", f" {address.rstrip('/')}/"]
    verified = sa.func.lower(replies.c.verified)
    accounts = sa.select(replies.c.identity).where(
        replies.c.identity.is_not(None),
        sa.or_(*(verified.endswith(end, autoescape=True) for end in ends)),
    )
    return (sa.func.lower(replies.c.email) == address) | replies.c.identity.in_(accounts)


def _is_by(flow: dict[str, Any], address: str) -> bool:
    """Whether somebody who is just signing in is that person."""
    account = str((flow.get("identity") or {}).get("url", "")).lower().rstrip("/")
    typed = str(flow.get("fields", {}).get("email", "")).strip().lower()
    return address in (typed, account) or address.rstrip("/") == account


def _rows(
    db: sa.Connection, table: sa.Table, condition: sa.ColumnElement[bool]
) -> list[dict[str, Any]]:
    return [dict(row) for row in db.execute(sa.select(table).where(condition)).mappings()]


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text("utf-8").split("\n") if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"the file can't be read: {error}", where=path) from error


def _is_of(line: str, email: str) -> bool:
    try:
        row = json.loads(line)
    except ValueError:
        return False
    return isinstance(row, dict) and str(row.get("email") or "").lower() == email
