"""Identities: who a reply's writer had signed in as, portraits, sign-ins on their way, and what
servers gave the desk when it registered there."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def _moment() -> sa.Column[object]:
    return sa.Column("at", sa.DateTime(timezone=True), nullable=False)


def upgrade() -> None:
    op.add_column("replies", sa.Column("verified", sa.Text))
    op.add_column("replies", sa.Column("portrait", sa.String(200)))
    op.add_column("replies", sa.Column("identity", sa.String(32)))
    op.create_index("ix_replies_identity", "replies", ["identity"])
    op.create_table(
        "portraits",
        sa.Column("path", sa.String(200), primary_key=True),
        sa.Column("picture", sa.Text, nullable=False),
        _moment(),
    )
    op.create_table(
        "sign_ins",
        sa.Column("token", sa.String(32), primary_key=True),
        sa.Column("browser", sa.String(32), nullable=False),
        sa.Column("form", sa.String(100), nullable=False),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("flow", sa.Text, nullable=False),
        sa.Column("portrait", sa.String(200)),
        _moment(),
    )
    for column in ("browser", "form", "at"):
        op.create_index(f"ix_sign_ins_{column}", "sign_ins", [column])
    op.create_table(
        "sign_in_apps",
        sa.Column("server", sa.String(255), primary_key=True),
        sa.Column("redirect", sa.String(255), primary_key=True),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("client_secret", sa.Text, nullable=False),
        _moment(),
    )
