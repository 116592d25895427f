"""Views: what pages told of, day by day, and whom they were counted of."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "seen_days",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("written", sa.Integer, nullable=False),
    )
    op.create_table(
        "seen_counts",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("figure", sa.String(20), primary_key=True),
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "seen_marks",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("mark", sa.BigInteger, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
