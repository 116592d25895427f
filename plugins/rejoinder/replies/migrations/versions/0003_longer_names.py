"""Thread keys and names as long as their files and SQLite take them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_WIDER = (("replies", "thread"), ("agreements", "thread"), ("recounts", "thread"),
          ("announced", "thread"), ("decisions", "by"))  # fmt: skip


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        return  # it keeps any length in any column
    for table, column in _WIDER:
        op.alter_column(table, column, type_=sa.Text())
