"""Rules, moderators, letters, agreements, and what each of them must remember."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _moment(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    for column in (
        sa.Column("author_id", sa.String(100)),
        sa.Column("proposed", sa.Text),
        sa.Column("proven", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("told", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("fingerprint", sa.String(32)),
        sa.Column("network", sa.String(32)),
    ):
        op.add_column("replies", column)
    op.create_index("ix_replies_fingerprint", "replies", ["fingerprint"], unique=True)
    op.create_index("ix_replies_told", "replies", ["told"])
    op.add_column("outbox", _moment("live", nullable=True))
    op.create_index("ix_outbox_live", "outbox", ["live"])
    told = sa.Column("told", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("outbox", told)
    op.create_index("ix_outbox_told", "outbox", ["told"])
    op.create_table(
        "agreements",
        sa.Column("thread", sa.String(200), primary_key=True),
        sa.Column("comment", sa.String(60), primary_key=True),
        sa.Column("reader", sa.String(32), primary_key=True),
        _moment("at"),
    )
    op.create_table(
        "recounts", sa.Column("thread", sa.String(200), primary_key=True), _moment("at")
    )
    op.create_table(
        "words",
        sa.Column("word", sa.String(80), primary_key=True),
        sa.Column("spam", sa.Integer, nullable=False),
        sa.Column("ham", sa.Integer, nullable=False),
    )
    op.create_table(
        "learnt",
        sa.Column("reply", sa.String(60), primary_key=True),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("spam", sa.Boolean, nullable=False),
    )
    op.create_table(
        "moderators",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("password", sa.String(200), nullable=False),
        sa.Column("author_id", sa.String(100)),
    )
    op.create_table(
        "sessions",
        sa.Column("token", sa.String(32), primary_key=True),
        sa.Column("moderator", sa.String(100), nullable=False),
        _moment("expires"),
    )
    op.create_table(
        "used_links", sa.Column("number", sa.String(40), primary_key=True), _moment("at")
    )
    op.create_table(
        "subscriptions",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("email", sa.String(254), nullable=False, index=True),
        sa.Column("scope", sa.String(80), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("daily", sa.Boolean, nullable=False),
        _moment("at"),
        sa.UniqueConstraint("email", "scope"),
        sqlite_autoincrement=True,
    )
    op.create_table("proven", sa.Column("email", sa.String(254), primary_key=True), _moment("at"))
    op.create_table(
        "announced", sa.Column("thread", sa.String(200), primary_key=True), _moment("at")
    )
    op.create_table(
        "deliveries",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(200), nullable=False, unique=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        _moment("due"),
        _moment("sent", nullable=True),
        sa.Column("problem", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deliveries_due", "deliveries", ["due"])
    op.create_index("ix_deliveries_sent", "deliveries", ["sent"])


def downgrade() -> None:
    for table in ("deliveries", "announced", "proven", "subscriptions", "used_links", "sessions",
                  "moderators", "learnt", "words", "recounts", "agreements"):  # fmt: skip
        op.drop_table(table)
    for name in ("told", "live"):
        op.drop_index(f"ix_outbox_{name}", "outbox")
        op.drop_column("outbox", name)
    for name in ("fingerprint", "told"):
        op.drop_index(f"ix_replies_{name}", "replies")
    for name in ("network", "fingerprint", "told", "proven", "proposed", "author_id"):
        op.drop_column("replies", name)
