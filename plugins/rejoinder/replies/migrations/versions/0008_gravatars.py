"""Gravatars: which portrait Gravatar had for an e-mail address, and when it was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "gravatars",
        sa.Column("email", sa.String(254), primary_key=True),
        sa.Column("path", sa.String(200)),
        sa.Column("shown", sa.String(200)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
