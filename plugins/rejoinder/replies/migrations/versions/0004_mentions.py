"""Mentions: what is to be looked at, and what a reply must know to be one."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _moment(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    for column in (
        sa.Column("kind", sa.String(20), nullable=False, server_default="comment"),
        sa.Column("source_url", sa.Text),
        sa.Column("title", sa.Text),
        _moment("written", nullable=True),
    ):
        op.add_column("replies", column)
    op.create_table(
        "mentions",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("via", sa.String(20), nullable=False),
        sa.Column("thread", sa.Text, nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("reply", sa.String(60)),
        _moment("received"),
        _moment("due", nullable=True),
    )
    op.create_index("ix_mentions_due", "mentions", ["due"])
    op.create_index("ix_mentions_host", "mentions", ["host"])
