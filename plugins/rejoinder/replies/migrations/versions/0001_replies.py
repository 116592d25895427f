"""Replies, what was decided on them, and what is still to be written."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "replies",
        sa.Column("id", sa.String(60), primary_key=True),
        sa.Column("thread", sa.String(200), nullable=False, index=True),
        sa.Column("parent", sa.String(60)),
        sa.Column("name", sa.String(245), nullable=False),
        sa.Column("email", sa.String(254), nullable=False, index=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("format", sa.String(20), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("anchor", sa.String(100)),
        sa.Column("notify", sa.Boolean, nullable=False),
        sa.Column("status", sa.String(20), nullable=False, index=True),
        sa.Column("received", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "decisions",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("reply", sa.String(60), sa.ForeignKey("replies.id"), nullable=False, index=True),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("reply", sa.String(60), sa.ForeignKey("replies.id"), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("done", sa.DateTime(timezone=True), index=True),
    )


def downgrade() -> None:
    for table in ("outbox", "decisions", "replies"):
        op.drop_table(table)
