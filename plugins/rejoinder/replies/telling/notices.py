"""What is to be told to whom: looks at what has happened, and puts letters in the queue.

Each step is one transaction, and each letter has a key: done twice, by two desks or after a
crash, it is done once.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from bs4 import BeautifulSoup
from markupsafe import Markup

from rejoinder.comments import verified
from rejoinder.comments.model import Format
from rejoinder.comments.render import render_body
from rejoinder.comments.store import CommentStore
from rejoinder.errors import SiteError, StoreError
from rejoinder.languages.catalogues import Catalogues
from rejoinder.languages.texts import ENGLISH, Texts
from rejoinder.permalinks import date_of, url_of
from rejoinder.replies.database import Database
from rejoinder.replies.model import Reply, Status
from rejoinder.replies.queue import reply_of, words_digest
from rejoinder.replies.schema import (
    announced,
    decisions,
    moderators,
    outbox,
    proven,
    replies,
    subscriptions,
)
from rejoinder.replies.settings import Settings
from rejoinder.replies.signing import Link, Signer
from rejoinder.replies.subjects import Discussion, Subjects
from rejoinder.replies.telling import wording
from rejoinder.replies.telling.deliveries import Deliveries, pack
from rejoinder.replies.telling.letters import (
    Block,
    RecipientError,
    Sender,
    compose,
)
from rejoinder.replies.telling.subscriptions import POSTS, Subscription, Subscriptions

logger = logging.getLogger(__name__)

WEBHOOK = "the webhook"
"""Who decides by the links that a webhook's receiver got."""

ONE_BY_ONE = 3
"""Up to so many waiting replies are told in letters of their own; more come in one."""

_LATELY = timedelta(minutes=30)
_MOST_LATELY = 3
"""How many replies the owner of an address is asked about in that time."""

_WHILE_ASKED = timedelta(seconds=15)
"""How long Akismet may think (`judging/akismet.py`) before moderators are told."""


class Notices:
    """Finds what is to be told."""

    def __init__(
        self, database: Database, subjects: Subjects, signer: Signer, settings: Settings
    ) -> None:
        self.database = database
        self.subjects = subjects
        self.signer = signer
        self.settings = settings
        self.deliveries = Deliveries(database)
        self.subscriptions = Subscriptions(database)
        self._store = CommentStore(subjects.content)

    @property
    def desk(self) -> str:
        """The desk's own address, without a slash at its end: the site's, unless it has one."""
        return self.settings.address.rstrip("/") or self.subjects.base

    @property
    def sender(self) -> Sender:
        """Who the letters are from."""
        return Sender(self.subjects.facts.title, self.settings.mail.sender)

    def gather(self, now: datetime) -> None:
        """Queue all that is to be told now. Raises QueueError or SiteError."""
        if self.settings.webhook.url or self.settings.mail.host:
            self._tell_moderators(now)
        if self.settings.mail.host:
            self._ask_writers(now)
            self._tell_answers(now)

    def announce(self, now: datetime) -> int:
        """Queue letters on posts that are new since the last time; how many are. The first
        time, all that is there is taken as known."""
        fresh = [head for head in self.subjects.posts() if head.status == "published"]
        told = 0
        with self.database.transaction() as db:
            known = {row[0] for row in db.execute(sa.select(announced.c.thread))}
            is_first = not known
            facts = self.subjects.facts
            if is_first:  # so that the first post of an empty blog is news
                db.execute(self.database.insert_new(announced).values(thread="", at=now))
            for head in fresh:
                date = date_of(head, facts)
                if head.thread in known or date is None or date > now:
                    continue
                db.execute(self.database.insert_new(announced).values(thread=head.thread, at=now))
                if is_first or not self.settings.mail.host:
                    continue
                told += 1
                address = f"{self.subjects.base}/{url_of(head, facts, date)}"
                summary = Markup(head.values.get("summary", "")).striptags()
                blocks = wording.news(self.texts(), summary, address)
                for wish in self.subscriptions.of(db, [POSTS]):
                    self._letter(
                        db, wish, f"post:{head.thread}", _plain(head.title), blocks, now,
                        thread=head.thread or "", texts=self.texts(),
                    )  # fmt: skip
        return told

    def texts(self, discussion: Discussion | None = None) -> Texts:
        """Those of a discussion's language, or of the site's. A catalogue that can't be read is the
        author's to mend, and letters are in English meanwhile."""
        try:
            language = discussion.language if discussion else self.subjects.facts.language
            return Catalogues(self.subjects.content).texts(language)
        except SiteError as error:
            logger.error("letters are in English: %s", error)
            return ENGLISH

    def confirm(
        self, db: sa.Connection, wish: Subscription, now: datetime,
        discussion: Discussion | None = None,
    ) -> None:  # fmt: skip
        """Queue the letter that asks whether an address's owner means it: to hear of answers in a
        discussion, or of new posts."""
        texts = self.texts(discussion)
        title = _plain(discussion.title) if discussion else ""
        link = self._link("confirm", str(wish.number), texts=texts)
        subject, blocks = wording.confirmation(texts, self.sender.name, title, link)
        key = f"confirm:{wish.number}:{wish.at.isoformat()}"  # asked anew, it is sent anew
        self.put(db, key, wish.email, subject, blocks, now, texts=texts)

    def enter(self, name: str, email: str, now: datetime) -> None:
        """Queue the letter that lets a moderator in."""
        link = f"{self.desk}/reply/desk/enter/{self.signer.link(Link('enter', name))}"
        texts = self.texts()
        subject, blocks = wording.entry(texts, link)
        key = f"enter:{name}:{now.isoformat()}"
        with self.database.transaction() as db:
            self.put(db, key, email, subject, blocks, now, texts=texts)

    def _tell_moderators(self, now: datetime) -> None:
        """Letters and webhooks on replies that wait; spam is told to nobody."""
        mail = self.settings.mail
        query = (
            sa.select(replies)
            .where(replies.c.told.is_(sa.false()))
            .where((replies.c.status == Status.PENDING) | replies.c.proposed.is_not(None))
            .order_by(replies.c.id)
            .limit(200)
        )
        if self.settings.akismet.key:  # it may be spam, or published, in a moment
            query = query.where(replies.c.received <= now - _WHILE_ASKED)
        with self.database.transaction() as db:
            fresh = [reply_of(row) for row in db.execute(query).mappings()]
            if not fresh:
                return
            people = db.execute(sa.select(moderators)).mappings().all()
            if self.settings.webhook.url:
                for reply in fresh:
                    key = f"hook:{reply.id}:{words_digest(reply)}"
                    self.deliveries.put(db, key, "webhook", "", self._hook(db, reply), now)
            for person in people if mail.host else ():
                if not person["email"]:
                    continue
                if mail.moderators == "at once" and len(fresh) <= ONE_BY_ONE:
                    for reply in fresh:
                        self._tell_one(db, reply, person["name"], person["email"], now)
                else:
                    self._tell_many(db, fresh, person["name"], person["email"], now)
            ids = [reply.id for reply in fresh]
            db.execute(replies.update().where(replies.c.id.in_(ids)).values(told=True))

    def _tell_one(
        self, db: sa.Connection, reply: Reply, name: str, email: str, now: datetime
    ) -> None:
        key = f"moderator:{reply.id}:{words_digest(reply)}:{name}"
        texts = self.texts()
        subject = wording.waiting_subject(texts, reply.name, _plain(self._title(reply)))
        blocks = self._waiting(db, reply, name, texts)
        self.put(db, key, email, subject, blocks, now, thread=reply.thread, texts=texts)

    def _tell_many(
        self, db: sa.Connection, fresh: Sequence[Reply], name: str, email: str, now: datetime
    ) -> None:
        """The replies go into one letter; when it goes is the settings' choice."""
        due = _next(self.settings.mail.moderators, now, ZoneInfo(self.subjects.facts.timezone))
        texts = self.texts()
        for reply in fresh:
            key = f"moderator:{reply.id}:{words_digest(reply)}:{name}"
            subject = wording.waiting_subject(texts, reply.name, _plain(self._title(reply)))
            payload = pack(subject, self._waiting(db, reply, name, texts), "")
            self.deliveries.put(db, key, "daily", email, payload, due)

    def _waiting(
        self, db: sa.Connection, reply: Reply, moderator: str, texts: Texts
    ) -> list[Block]:
        """What a moderator is told of a reply, with links that decide."""
        last = db.execute(
            sa.select(decisions.c.why)
            .where(decisions.c.reply == reply.id)
            .order_by(decisions.c.number.desc())
            .limit(1)
        ).scalar_one_or_none()
        shown = _words(reply, reply.text if reply.proposed is None else reply.proposed)
        who = wording.writer(texts, reply.name, reply.url, verified.read(reply.verified))
        subject = f"{reply.id}:{words_digest(reply)}"
        approve, reject, spam = (
            self._link(action, subject, moderator) for action in ("approve", "reject", "spam")
        )
        links = approve, reject, spam, f"{self.desk}/reply/desk/reply/{reply.id}"
        return wording.waiting(texts, who, shown, str(last), links, is_new=reply.proposed is None)

    def _hook(self, db: sa.Connection, reply: Reply) -> str:
        """What a webhook says: nothing in it is private."""
        discussion = self._discussion(reply)
        links = {
            action: self._link(action, f"{reply.id}:{words_digest(reply)}", WEBHOOK)
            for action in ("approve", "reject", "spam")
        }
        return json.dumps(
            {
                "type": "reply.waiting",
                "timestamp": reply.received.isoformat(),
                "data": {
                    "id": reply.id,
                    "thread": reply.thread,
                    "title": _plain(self._title(reply)),
                    "url": discussion.url if discussion else "",
                    "name": reply.name,
                    "verified": reply.verified or "",
                    "text": reply.text if reply.proposed is None else reply.proposed,
                    "links": links,
                },
            },
            ensure_ascii=False,
        )

    def _ask_writers(self, now: datetime) -> None:
        """Those whose reply was published and who want to hear of answers are asked whether it
        was they; those whose first-timer's reply waits under a proven address are, too."""
        asked = sa.select(subscriptions.c.scope)
        query = (
            sa.select(replies)
            .where(replies.c.notify, replies.c.status == Status.APPROVED, replies.c.email != "")
            .where(replies.c.id.not_in(asked))
            .limit(200)
        )
        with self.database.transaction() as db:
            for reply in [reply_of(row) for row in db.execute(query).mappings()]:
                wish = self.subscriptions.ask(
                    db, reply.email, reply.id, now, confirmed=reply.proven
                )
                if wish is not None and wish.state == "asked":
                    self.confirm(db, wish, now, self._discussion(reply))
            shown = sa.select(proven.c.email)
            query = (
                sa.select(replies)
                .where(replies.c.status == Status.PENDING, replies.c.proven.is_(sa.false()))
                .where(sa.func.lower(replies.c.email).in_(shown))
                .where(replies.c.received > now - _LATELY)
                .order_by(replies.c.id)
                .limit(200)
            )
            count: Counter[str] = Counter()
            for reply in [reply_of(row) for row in db.execute(query).mappings()]:
                count[reply.email.lower()] += 1
                if count[reply.email.lower()] <= _MOST_LATELY:  # anybody can type an address
                    self._ask_whether(db, reply, now)

    def _ask_whether(self, db: sa.Connection, reply: Reply, now: datetime) -> None:
        texts = self.texts(self._discussion(reply))
        link = self._link("mine", reply.id, texts=texts)
        subject, blocks = wording.question(
            texts, _plain(self._title(reply)), _words(reply, reply.text), link
        )
        self.put(db, f"mine:{reply.id}", reply.email, subject, blocks, now, texts=texts)

    def _tell_answers(self, now: datetime) -> None:
        """Whoever wants to hear of answers hears of those that are on their page."""
        query = (
            sa.select(outbox.c.number, replies)
            .join(replies, outbox.c.reply == replies.c.id)
            .where(outbox.c.live.is_not(None), outbox.c.told.is_(sa.false()))
            .order_by(outbox.c.number)
            .limit(200)
        )
        with self.database.transaction() as db:
            for row in db.execute(query).mappings().all():
                reply = reply_of(row)
                if reply.status is Status.APPROVED and reply.parent:
                    self._tell_answer(db, reply, now)
                db.execute(
                    outbox.update().where(outbox.c.number == row["number"]).values(told=True)
                )

    def _tell_answer(self, db: sa.Connection, reply: Reply, now: datetime) -> None:
        discussion = self._discussion(reply)
        texts = self.texts(discussion)
        wishes = self.subscriptions.of(db, self._above(reply))
        heard = {reply.email.lower()}
        for wish in wishes:
            if wish.email in heard or discussion is None:
                continue
            heard.add(wish.email)  # one letter, however many of one's replies are above
            subject, blocks = wording.answer(
                texts, reply.name, _plain(discussion.title), _words(reply, reply.text),
                f"{discussion.url}#{reply.comment().fragment}",
            )  # fmt: skip
            self._letter(
                db, wish, f"answer:{reply.id}", subject, blocks, now, thread=reply.thread,
                texts=texts,
            )  # fmt: skip

    def _above(self, reply: Reply) -> list[str]:
        """The ids of all that a reply answers, up to the top of its thread."""
        try:
            parents = {c.id: c.in_reply_to for c in self._store.read(reply.thread).comments}
        except StoreError:
            parents = {}  # whom it answers is known without the files
        found: list[str] = []
        here = reply.parent
        while here and here not in found:
            found.append(here)
            here = parents.get(here)
        return found

    def _letter(
        self, db: sa.Connection, wish: Subscription, what: str, subject: str,
        blocks: Iterable[Block], now: datetime, *, thread: str, texts: Texts,
    ) -> None:  # fmt: skip
        """A letter that somebody asked for: at once, or with the day's."""
        key = f"{what}:{wish.number}"
        end = self._link("end", str(wish.number), texts=texts)
        if wish.daily:
            zone = ZoneInfo(self.subjects.facts.timezone)
            payload = pack(subject, list(blocks), end)
            self.deliveries.put(db, key, "daily", wish.email, payload, _next("daily", now, zone))
            return
        self.put(
            db, key, wish.email, subject, list(blocks), now, thread=thread, unsubscribe=end,
            texts=texts,
        )  # fmt: skip

    def put(
        self, db: sa.Connection, key: str, recipient: str, subject: str, blocks: Sequence[Block],
        now: datetime, *, thread: str = "", unsubscribe: str = "", texts: Texts = ENGLISH,
    ) -> None:  # fmt: skip
        """Queue a letter. An address that none can go to gets none, and keeps back nobody
        else's."""
        try:
            message = compose(
                self.sender, recipient, subject, blocks, key=key, date=now, thread=thread,
                unsubscribe=unsubscribe, texts=texts,
            )  # fmt: skip
        except RecipientError as error:
            logger.error("the letter %s can't be sent: %s", key, error)
            return
        self.deliveries.put(db, key, "mail", recipient, message, now)

    def _link(self, action: str, subject: str, who: str = "", texts: Texts = ENGLISH) -> str:
        """An address for a letter; a letter in another language than the site's leads to a page
        that is in it too."""
        token = self.signer.link(Link(action, subject, who))
        is_other = texts.is_translated and texts.language != self.subjects.facts.language
        return f"{self.desk}/reply/mail/{token}{f'?lang={texts.language}' if is_other else ''}"

    def _discussion(self, reply: Reply) -> Discussion | None:
        return self.subjects.find(reply.thread, datetime.now(UTC))

    def _title(self, reply: Reply) -> str:
        found = self._discussion(reply)
        return found.title if found else reply.thread


def _words(reply: Reply, text: str) -> str:
    """Words for a letter: of HTML, what a browser would show."""
    if reply.format != Format.HTML:
        return text
    return BeautifulSoup(render_body(text, Format.HTML), "html.parser").get_text(" ").strip()


def _plain(title: str) -> str:
    """A title, which is HTML in Pelican, as text."""
    return Markup(title).striptags()


def _next(rhythm: str, now: datetime, zone: ZoneInfo) -> datetime:
    """When the next letter of a rhythm goes: now, at the full hour, or at eight in the morning
    where the site is."""
    if rhythm == "hourly":
        return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if rhythm == "daily":
        local = now.astimezone(zone)
        eight = local.replace(hour=8, minute=0, second=0, microsecond=0)
        return (eight if local < eight else eight + timedelta(days=1)).astimezone(UTC)
    return now
