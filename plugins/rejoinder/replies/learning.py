"""What the filter has learnt from moderators' decisions, kept beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from rejoinder.replies.database import Database
from rejoinder.replies.judging.words import ENOUGH, Opinion, Seen, judge, words_of
from rejoinder.replies.model import Reply, Status, Submission
from rejoinder.replies.schema import learnt, words

_TEACHES = {Status.APPROVED: False, Status.SPAM: True}


class Learning:
    """Counts words of decided replies, and gives opinions on new ones. All calls are made in
    somebody else's transaction, so that a decision and what it teaches are one."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def learn(self, db: sa.Connection, reply: Reply) -> None:
        """Take a decision in; one that says nothing about spam (pending, rejected) takes back
        what the reply taught before."""
        row = db.execute(sa.select(learnt).where(learnt.c.reply == reply.id)).mappings().first()
        spam = _TEACHES.get(reply.status)
        if row is not None and row["spam"] is spam:
            return
        if row is not None:
            self._count(db, json.loads(row["words"]), row["spam"], -1)
            db.execute(learnt.delete().where(learnt.c.reply == reply.id))
        if spam is not None and not reply.author_id:
            found = sorted(words_of(reply.text, reply.name, reply.url))
            self._count(db, found, spam, 1)
            db.execute(
                learnt.insert().values(
                    reply=reply.id, words=json.dumps(found, ensure_ascii=False), spam=spam
                )
            )

    def opinions(self, db: sa.Connection, said: Sequence[Submission]) -> Sequence[Opinion | None]:
        """An opinion on each; None while too little has been learnt."""
        total = self._seen(db, [""]).get("", Seen())
        if min(total.spam, total.ham) < ENOUGH:
            return [None] * len(said)
        each = [words_of(one.text, one.name, one.url) for one in said]
        seen = self._seen(db, set().union(*each))
        return [judge(found, seen, total) for found in each]

    @staticmethod
    def _seen(db: sa.Connection, wanted: Iterable[str]) -> dict[str, Seen]:
        found: dict[str, Seen] = {}
        every = sorted(wanted)
        for at in range(0, len(every), 10_000):  # SQLite takes 32,766 values in a question
            part = words.c.word.in_(every[at : at + 10_000])
            for word, spam, ham in db.execute(sa.select(words).where(part)):
                found[word] = Seen(spam, ham)
        return found

    def _count(self, db: sa.Connection, found: Sequence[str], spam: bool, by: int) -> None:
        every = sorted({"", *found})  # in one order, so that two desks wait and don't deadlock
        db.execute(
            self.database.insert_new(words), [{"word": w, "spam": 0, "ham": 0} for w in every]
        )
        column = words.c.spam if spam else words.c.ham
        db.execute(words.update().where(words.c.word.in_(every)).values({column: column + by}))
        if by < 0:  # a word that nobody's reply holds any more is nobody's to keep
            nothing = (words.c.spam <= 0) & (words.c.ham <= 0)
            db.execute(words.delete().where(words.c.word.in_(every), nothing))
