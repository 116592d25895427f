"""The desk's tables. A column that is private says so; none of them leaves the database but
what a comment's file holds."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()


def _moment(name: str, **more: bool) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), **more)  # type: ignore[arg-type]


replies = sa.Table(
    "replies",
    metadata,
    sa.Column("id", sa.String(60), primary_key=True),
    sa.Column("thread", sa.Text, nullable=False, index=True),
    sa.Column("parent", sa.String(60)),
    sa.Column("name", sa.String(245), nullable=False),
    sa.Column("email", sa.String(254), nullable=False, index=True),  # private
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("format", sa.String(20), nullable=False),
    sa.Column("source", sa.String(40), nullable=False),
    sa.Column("anchor", sa.String(100)),
    sa.Column("notify", sa.Boolean, nullable=False),
    sa.Column("status", sa.String(20), nullable=False, index=True),
    _moment("received", nullable=False),
    sa.Column("author_id", sa.String(100)),  # set for what an author of the site wrote
    sa.Column("proposed", sa.Text),  # a published reply's new words, not yet approved
    sa.Column("proven", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("told", sa.Boolean, nullable=False, server_default=sa.false(), index=True),
    sa.Column("fingerprint", sa.String(32), unique=True),  # keyed hash of all that was sent
    sa.Column("network", sa.String(32)),  # keyed hash of the address; dropped after a time
    sa.Column("kind", sa.String(20), nullable=False, server_default="comment"),
    sa.Column("source_url", sa.Text),  # where a mention stands
    sa.Column("title", sa.Text),
    _moment("written"),  # as its own page says
    sa.Column("verified", sa.Text),  # who its writer had signed in as
    sa.Column("portrait", sa.String(200)),
    sa.Column("identity", sa.String(32), index=True),  # private: keyed hash of the account
)

portraits = sa.Table(
    "portraits",
    metadata,
    sa.Column("path", sa.String(200), primary_key=True),  # below the content folder
    sa.Column("picture", sa.Text, nullable=False),  # private until published; Base64
    _moment("at", nullable=False),
)

gravatars = sa.Table(
    "gravatars",
    metadata,
    sa.Column("email", sa.String(254), primary_key=True),  # private
    sa.Column("path", sa.String(200)),  # its portrait; NULL where Gravatar has none
    sa.Column("shown", sa.String(200)),  # what comments' files show of it
    _moment("at", nullable=False),  # when Gravatar was asked
)

sign_ins = sa.Table(
    "sign_ins",
    metadata,
    sa.Column("token", sa.String(32), primary_key=True),  # keyed hash of what the browser brings
    sa.Column("browser", sa.String(32), nullable=False, index=True),  # keyed hash of its cookie
    sa.Column("form", sa.String(100), nullable=False, index=True),  # the reply's own key
    sa.Column("stage", sa.String(20), nullable=False),  # asked, answered, known
    sa.Column("flow", sa.Text, nullable=False),  # private: the words so far, where one is sent
    sa.Column("portrait", sa.String(200)),
    _moment("at", nullable=False, index=True),
)

sign_in_apps = sa.Table(
    "sign_in_apps",
    metadata,
    sa.Column("server", sa.String(255), primary_key=True),
    sa.Column("redirect", sa.String(255), primary_key=True),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("client_secret", sa.Text, nullable=False),  # private
    _moment("at", nullable=False),
)

mentions = sa.Table(
    "mentions",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),  # of source and target
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("via", sa.String(20), nullable=False),
    sa.Column("thread", sa.Text, nullable=False),
    sa.Column("host", sa.String(255), nullable=False, index=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("reply", sa.String(60)),
    _moment("received", nullable=False),
    _moment("due", index=True),
)

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("reply", sa.String(60), sa.ForeignKey("replies.id"), nullable=False, index=True),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    _moment("at", nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("reply", sa.String(60), sa.ForeignKey("replies.id"), nullable=False),
    sa.Column("action", sa.String(20), nullable=False),
    _moment("done", index=True),  # its file is written
    _moment("live", index=True),  # its page is published
    sa.Column("told", sa.Boolean, nullable=False, server_default=sa.false(), index=True),
)

agreements = sa.Table(
    "agreements",
    metadata,
    sa.Column("thread", sa.Text, primary_key=True),
    sa.Column("comment", sa.String(60), primary_key=True),  # '' is the post itself
    sa.Column("reader", sa.String(32), primary_key=True),
    _moment("at", nullable=False),
)

recounts = sa.Table(
    "recounts",
    metadata,
    sa.Column("thread", sa.Text, primary_key=True),  # its agreements changed
    _moment("at", nullable=False),
)

words = sa.Table(
    "words",
    metadata,
    sa.Column("word", sa.String(80), primary_key=True),  # '' counts the replies themselves
    sa.Column("spam", sa.Integer, nullable=False),
    sa.Column("ham", sa.Integer, nullable=False),
)

learnt = sa.Table(
    "learnt",
    metadata,
    sa.Column("reply", sa.String(60), primary_key=True),
    sa.Column("words", sa.Text, nullable=False),  # as they were counted, to be uncounted
    sa.Column("spam", sa.Boolean, nullable=False),
)

moderators = sa.Table(
    "moderators",
    metadata,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("email", sa.String(254), nullable=False),  # private
    sa.Column("password", sa.String(200), nullable=False),  # argon2id; '' where there is none
    sa.Column("author_id", sa.String(100)),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token", sa.String(32), primary_key=True),  # keyed hash of the cookie
    sa.Column("moderator", sa.String(100), nullable=False),
    _moment("expires", nullable=False),
)

used_links = sa.Table(
    "used_links",
    metadata,
    sa.Column("number", sa.String(40), primary_key=True),
    _moment("at", nullable=False),
)

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("email", sa.String(254), nullable=False, index=True),  # private
    sa.Column("scope", sa.String(80), nullable=False),  # 'posts', or the reply whose answers
    sa.Column("state", sa.String(20), nullable=False),  # asked, confirmed, ended
    sa.Column("daily", sa.Boolean, nullable=False),
    _moment("at", nullable=False),
    sa.UniqueConstraint("email", "scope"),
    sqlite_autoincrement=True,  # an old link must never be another person's
)

proven = sa.Table(
    "proven",
    metadata,
    sa.Column("email", sa.String(254), primary_key=True),  # private
    _moment("at", nullable=False),
)

announced = sa.Table(
    "announced",
    metadata,
    sa.Column("thread", sa.Text, primary_key=True),
    _moment("at", nullable=False),
)

seen_days = sa.Table(
    "seen_days",
    metadata,
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("key", sa.String(64), nullable=False),  # private; '' when the day is closed
    sa.Column("version", sa.Integer, nullable=False),  # of its counts
    sa.Column("written", sa.Integer, nullable=False),  # the version that is in the file
)

seen_counts = sa.Table(
    "seen_counts",
    metadata,
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("figure", sa.String(20), primary_key=True),
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
)

seen_marks = sa.Table(
    "seen_marks",
    metadata,
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("mark", sa.BigInteger, primary_key=True),  # keyed hash; gone with its day
    sa.Column("count", sa.Integer, nullable=False),
)

reports = sa.Table(
    "reports",
    metadata,
    sa.Column("period", sa.String(20), primary_key=True),  # one report for each
    sa.Column("state", sa.String(32), nullable=False),  # digest of what it was about
    _moment("at", nullable=False),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("key", sa.String(200), nullable=False, unique=True),  # one letter for each
    sa.Column("kind", sa.String(20), nullable=False),  # mail or webhook
    sa.Column("recipient", sa.Text, nullable=False),  # private
    sa.Column("payload", sa.Text, nullable=False),  # private
    sa.Column("tries", sa.Integer, nullable=False),
    _moment("due", nullable=False, index=True),
    _moment("sent", index=True),
    sa.Column("problem", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)
