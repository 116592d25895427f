"""Alembic's door: migrates on the connection that `schema.open_database` hands over."""

from alembic import context

from rejoinder.replies.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
