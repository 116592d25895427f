"""Mentions on their way to being comments: kept when they are told, looked at later, judged by
the same rules as replies, in the same queue.

A mention is named by its source and its target for good (W3C Webmention, 3.2): told again it is
looked at again, and becomes an update, or its end.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

import sqlalchemy as sa
from bs4 import BeautifulSoup

from rejoinder import authors
from rejoinder.comments.model import ID_PATTERN, Format, Kind, make_id
from rejoinder.comments.store import CommentStore
from rejoinder.errors import RejoinderError
from rejoinder.languages.texts import message
from rejoinder.mentions.model import Mention
from rejoinder.profiles.addresses import canonical, is_web
from rejoinder.replies.desk import Desk
from rejoinder.replies.judging.policy import Circumstances, Verdict
from rejoinder.replies.model import GONE, LIMITS, Decision, Reply, Status, Submission
from rejoinder.replies.queue import log, reply_of
from rejoinder.replies.schema import mentions, replies

MOST_WAITING, MOST_OF_A_HOST = 5000, 50
"""How many mentions may wait to be looked at, in all and from one host."""

LONGEST_URL = 1000
LEASE = timedelta(minutes=5)
PAUSES = tuple(timedelta(minutes=m) for m in (5, 60, 360, 1440))
_BY = "its source"
_FRAGMENT = re.compile(r"comment-(.+)")


class State(StrEnum):
    """Where a mention is."""

    WAITING = "waiting"
    TAKEN = "taken"
    REFUSED = "refused"
    GONE = "gone"


_NO_SOURCE = message("the source is no address of the web, or too long a one")
_NO_TARGET = message("the target is no address of the web, or too long a one")


class RefusedError(RejoinderError):
    """A mention that is not even looked at; `status` is for the one who told."""

    def __init__(self, what: str, status: int = 400) -> None:
        super().__init__(what)
        self.status = status


@dataclass(frozen=True, slots=True)
class Row:
    """A mention as it is kept."""

    key: str
    source: str
    target: str
    via: str
    thread: str
    state: str
    problem: str
    tries: int
    reply: str | None


class Mentions:
    """The mentions of one site."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.database = desk.database
        self._store = CommentStore(desk.content)

    def tell(self, source: str, target: str, via: str, now: datetime) -> str:
        """Keep a mention to be looked at; its key, after it is on the disk. Raises RefusedError
        for what is none, or one too many; QueueError."""
        source, target = source.strip(), target.strip()
        for url, wrong in ((source, _NO_SOURCE), (target, _NO_TARGET)):
            if not is_web(url) or len(url) > LONGEST_URL:
                raise RefusedError(wrong)
        if source.partition("#")[0] == target.partition("#")[0]:
            raise RefusedError(message("source and target are the same page"))
        own = urlsplit(self.desk.subjects.base).netloc.lower()
        host = urlsplit(source).netloc.lower()
        if host == own:
            raise RefusedError(message("a page of this site doesn’t mention itself"))
        thread = self.desk.subjects.key_of(target)
        discussion = self.desk.subjects.find(thread, now) if thread else None
        if thread is None or discussion is None:
            raise RefusedError(message("the target is no page of this site that takes mentions"))
        if not discussion.open:
            raise RefusedError(message("the target takes no mentions any more"))
        key = key_of(source, target)
        with self.database.transaction() as db:
            waits = mentions.c.state == State.WAITING
            of_host = waits & (mentions.c.host == host[:255]) & (mentions.c.key != key)
            if _count(db, waits) >= MOST_WAITING:
                raise RefusedError(message("too many mentions wait already; try again later"), 503)
            if _count(db, of_host) >= MOST_OF_A_HOST:
                raise RefusedError(message("too many mentions of that host wait already"), 429)
            self._begin(db, key, source, target, via, thread, now)
            db.execute(
                mentions.update()
                .where(mentions.c.key == key)
                .values(state=State.WAITING, due=now, tries=0, problem="")
            )
        self.desk.on_change()
        return key

    def get(self, key: str) -> Row | None:
        """A mention by its key."""
        with self.database.transaction() as db:
            row = db.execute(sa.select(mentions).where(mentions.c.key == key)).mappings().first()
        return _row(row) if row else None

    def claim(self, now: datetime, most: int = 20) -> list[Row]:
        """Take what is to be looked at now; nobody else has it until the lease ends."""
        found = sa.select(mentions).where(
            mentions.c.state == State.WAITING, mentions.c.due <= now
        ).order_by(mentions.c.due).limit(most)  # fmt: skip
        claimed = []
        with self.database.transaction() as db:
            for row in db.execute(found).mappings().all():
                mine = db.execute(
                    mentions.update()
                    .where(mentions.c.key == row["key"], mentions.c.tries == row["tries"])
                    .where(mentions.c.state == State.WAITING)
                    .values(tries=row["tries"] + 1, due=now + LEASE)
                )
                if mine.rowcount == 1:
                    claimed.append(replace(_row(row), tries=row["tries"] + 1))
        return claimed

    def failed(self, row: Row, problem: str, now: datetime) -> None:
        """It could not be looked at: later again, or no more. What was taken of it before stays:
        a server that is down has taken nothing back."""
        values: dict[str, object] = {"problem": problem[:300]}
        if row.tries > len(PAUSES):
            values |= {"due": None, "state": State.TAKEN if row.reply else State.REFUSED}
        else:
            values["due"] = now + PAUSES[row.tries - 1]
        with self.database.transaction() as db:
            db.execute(mentions.update().where(mentions.c.key == row.key).values(**values))

    def refuse(self, row: Row, why: str, now: datetime) -> None:
        """Its source says nothing of us, or is gone: what was taken of it before is taken down."""
        self.gone(row.source, row.target, why, now)
        with self.database.transaction() as db:
            state = State.GONE if row.reply else State.REFUSED
            db.execute(
                mentions.update()
                .where(mentions.c.key == row.key)
                .values(state=state, problem=why[:300], due=None)
            )

    def gone(self, source: str, target: str, why: str, now: datetime) -> bool:
        """Take down what came of a mention; False where nothing did. Raises QueueError."""
        row = self.get(key_of(source, target))
        reply = self.desk.queue.get(row.reply) if row and row.reply else None
        if reply is None or reply.status in GONE:
            return False
        self.desk.queue.decide(reply.id, Status.WITHDRAWN, by=_BY, why=why, now=now)
        self.desk.on_change()
        return True

    def take(self, mention: Mention, now: datetime) -> str:
        """Take a mention that was looked at into the queue, or bring what came of it before up
        to date; the reply's id. Raises RefusedError for a target that isn't ours, QueueError."""
        key = key_of(mention.source, mention.target)
        thread = self.desk.subjects.key_of(mention.target)
        if thread is None:
            raise RefusedError(message("the target is no page of this site"))
        with self.database.transaction() as db:
            self._begin(db, key, mention.source, mention.target, mention.via, thread, now)
            row = db.execute(sa.select(mentions).where(mentions.c.key == key)).mappings().one()
            before = self._reply(db, row["reply"])
            if before is not None and before.status in GONE and before.status != Status.WITHDRAWN:
                before_id = before.id  # its writer is forgotten here: it doesn't come back
            elif before is not None and before.status is not Status.WITHDRAWN:
                before_id = before.id
                self._update(db, before, mention, now)
            else:
                # The same mention taken down and told again is another reply.
                before_id = self._new(db, mention, thread, f"{key} {row['reply']}", now)
            values = {"state": State.TAKEN, "reply": before_id, "due": None, "problem": ""}
            db.execute(mentions.update().where(mentions.c.key == key).values(**values))
        self.desk.on_change()
        return before_id

    def known(self, via: str, thread: str) -> set[str]:
        """The sources of what was taken by a door on a post, and is still there."""
        query = (
            sa.select(mentions.c.source)
            .join(replies, mentions.c.reply == replies.c.id)
            .where(mentions.c.via == via, mentions.c.thread == thread)
            .where(replies.c.status.not_in([str(one) for one in GONE]))
        )
        with self.database.transaction() as db:
            return set(db.execute(query).scalars())

    def _begin(
        self, db: sa.Connection, key: str, source: str, target: str, via: str, thread: str,
        now: datetime,
    ) -> None:  # fmt: skip
        db.execute(
            self.database.insert_new(mentions).values(
                key=key, source=source, target=target, via=via, thread=thread, received=now,
                host=urlsplit(source).netloc.lower()[:255], state=State.TAKEN, problem="", tries=0,
            )
        )  # fmt: skip

    def _new(
        self, db: sa.Connection, mention: Mention, thread: str, name: str, now: datetime
    ) -> str:
        reply = self._made(db, mention, thread, name, now)
        verdict = self._judged(db, reply, mention)
        if reply.author_id:
            verdict = Verdict(Status.APPROVED, "author", "an author's own")
        reply = replace(reply, status=verdict.status)
        decision = Decision(reply.status, verdict.by, verdict.why, reply.received)
        self.desk.queue.put(db, reply, decision, publish=reply.status is Status.APPROVED)
        return reply.id

    def _update(self, db: sa.Connection, before: Reply, mention: Mention, now: datetime) -> None:
        """New words wait like an edit; what nobody has decided on is simply as it is now."""
        text, name = _body(mention), _name(mention)
        if before.status is Status.APPROVED:
            if text != before.text and text != before.proposed:
                db.execute(replies.update().where(replies.c.id == before.id)
                           .values(proposed=text, told=False))  # fmt: skip
                log(db, before.id, Decision(before.status, _BY, "has other words", now))
        elif before.status is Status.PENDING and (text, name) != (before.text, before.name):
            values = {"text": text, "name": name, "url": mention.author_url,
                      "title": mention.title or None, "kind": _kind(mention)}  # fmt: skip
            db.execute(replies.update().where(replies.c.id == before.id).values(**values))
            log(db, before.id, Decision(before.status, _BY, "changed", now))

    def _made(
        self, db: sa.Connection, mention: Mention, thread: str, name: str, now: datetime
    ) -> Reply:
        received = now.replace(microsecond=0)
        written = mention.date if mention.date and mention.date <= now else None
        suffix = hashlib.sha256(name.encode()).hexdigest()[:10]
        return Reply(
            id=make_id(received, suffix),
            thread=thread,
            text=_body(mention),
            name=_name(mention),
            email="",
            url=mention.author_url if len(mention.author_url) <= LIMITS["url"] else "",
            parent=self._parent(db, mention, thread),
            notify=False,
            status=Status.PENDING,
            received=received,
            format=str(Format.HTML if mention.format is Format.HTML else Format.MARKDOWN),
            source=mention.via,
            author_id=self._author(mention),
            kind=str(_kind(mention)),
            source_url=mention.url if is_web(mention.url) else mention.source,
            title=mention.title or None,
            written=written.replace(microsecond=0) if written else None,
        )

    def _judged(self, db: sa.Connection, reply: Reply, mention: Mention) -> Verdict:
        """What the rules say: the link to the post is no link too many, and known is whose site
        was approved before."""
        soup = BeautifulSoup(reply.text, "html.parser") if reply.format == "html" else None
        if soup is not None:
            links = dict.fromkeys(str(a["href"]) for a in soup.find_all("a", href=True))
            others = [u for u in links if canonical(u) != canonical(mention.target)]
            words = " ".join((soup.get_text(" "), *others))
        else:
            words = reply.text.replace(mention.target, "")
        said = Submission(reply.thread, f"{reply.title or ''} {words}", reply.name, "", reply.url)
        approved = sa.select(replies.c.source_url, replies.c.url).where(
            replies.c.status == Status.APPROVED, replies.c.source == reply.source,
            replies.c.source_url.is_not(None),
        )  # fmt: skip
        host = urlsplit(reply.source_url or "").netloc
        own = sa.and_(replies.c.url == reply.url, replies.c.url != "")
        at = replies.c.source_url.startswith(f"{urlsplit(reply.source_url or '').scheme}://{host}/",
                                             autoescape=True)  # fmt: skip
        is_known = db.execute(approved.where(own, at).limit(1)).first() is not None
        around = Circumstances(is_known=is_known)
        if self.desk.arrivals.learning is not None:
            (opinion,) = self.desk.arrivals.learning.opinions(db, [said])
            around = replace(around, opinion=opinion)
        verdict = self.desk.arrivals.policy.judge(said, around)
        if verdict.rule == "first-timers":
            return replace(verdict, why="nothing of this writer and site was approved yet")
        return verdict

    def _parent(self, db: sa.Connection, mention: Mention, thread: str) -> str | None:
        """The comment that it answers: by a permalink of ours, or by where another came from."""
        for url in (mention.answers, mention.target):
            fragment = urlsplit(url).fragment
            if fragment and canonical(url) == canonical(mention.target):
                named = _FRAGMENT.fullmatch(fragment)
                if named and ID_PATTERN.fullmatch(named[1]):
                    return named[1]
                comments = self._store.read(thread).comments
                return next((c.id for c in comments if c.anchor == fragment), None)
        if not mention.answers or canonical(mention.answers) == canonical(mention.target):
            return None
        query = sa.select(replies.c.id).where(
            replies.c.thread == thread, replies.c.source_url == mention.answers,
            replies.c.status.not_in([str(one) for one in GONE]),
        )  # fmt: skip
        found: str | None = db.execute(query.limit(1)).scalar_one_or_none()
        return found

    def _author(self, mention: Mention) -> str | None:
        """The site's own author whose profile it came from."""
        if _kind(mention) is not Kind.COMMENT or not mention.author_url:
            return None
        wanted = canonical(mention.author_url)
        for slug, author in authors.load(self.desk.content).items():
            if any(canonical(p.url) == wanted for p in author.profiles if not p.watches):
                # Whoever writes a page can claim an address: it counts where the network says so.
                return slug if mention.via in ("mastodon", "bluesky") else None
        return None

    @staticmethod
    def _reply(db: sa.Connection, reply_id: str | None) -> Reply | None:
        row = db.execute(sa.select(replies).where(replies.c.id == (reply_id or ""))).mappings()
        found = row.first()
        return reply_of(found) if found else None


def key_of(source: str, target: str) -> str:
    """What names a mention: short enough for an index and for an address."""
    return hashlib.sha256(f"{source}\0{target}".encode("utf-8", "replace")).hexdigest()


def _count(db: sa.Connection, condition: sa.ColumnElement[bool]) -> int:
    return int(db.execute(sa.select(sa.func.count()).where(condition)).scalar_one())


def _body(mention: Mention) -> str:
    return mention.body.encode("utf-8", "replace")[: LIMITS["text"]].decode("utf-8", "ignore")


def _name(mention: Mention) -> str:
    return (mention.author or urlsplit(mention.url).hostname or "")[: LIMITS["name"]]


def _kind(mention: Mention) -> Kind:
    """An answer that has no words is a mention."""
    if mention.kind is Kind.COMMENT and not mention.body.strip():
        return Kind.WEBMENTION
    return mention.kind


def _row(row: sa.RowMapping) -> Row:
    return Row(
        row["key"], row["source"], row["target"], row["via"], row["thread"], row["state"],
        row["problem"], row["tries"], row["reply"],
    )  # fmt: skip
