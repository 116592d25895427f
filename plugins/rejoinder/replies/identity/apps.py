"""What servers gave the desk when it registered there: kept in the desk's private database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from rejoinder.replies.database import Database
from rejoinder.replies.identity.asking import unfit
from rejoinder.replies.queue import utc
from rejoinder.replies.schema import sign_in_apps as apps

_GOOD_FOR = timedelta(hours=20)
"""A server forgets an app that nobody is signed in to after a day (Mastodon's
app/lib/vacuum/applications_vacuum.rb)."""


class Apps:
    """The registrations. `name` and `website` are what servers are told of the site."""

    def __init__(self, database: Database, name: str, website: str) -> None:
        self._database = database
        self.name = name
        self.website = website

    def find(self, server: str, redirect: str) -> str | None:
        """The client id that a server gave, while it is sure to be good. Raises QueueError."""
        query = sa.select(apps.c.client_id, apps.c.at).where(
            apps.c.server == server, apps.c.redirect == redirect
        )
        with self._database.transaction() as db:
            row = db.execute(query).first()
        is_good = row is not None and datetime.now(UTC) - utc(row.at) < _GOOD_FOR
        return str(row.client_id) if row is not None and is_good else None

    def keep(self, server: str, redirect: str, client_id: str, client_secret: str) -> None:
        """Keep what a server gave. Raises QueueError, and SignInError for what no table holds."""
        if len(server) > 255 or len(client_id) > 1000 or len(client_secret) > 1000:
            raise unfit(server)
        here = (apps.c.server == server) & (apps.c.redirect == redirect)
        with self._database.transaction() as db:
            db.execute(apps.delete().where(here))
            db.execute(self._database.insert_new(apps).values(
                server=server, redirect=redirect, client_id=client_id,
                client_secret=client_secret, at=datetime.now(UTC),
            ))  # fmt: skip

    def secret(self, server: str, client_id: str) -> str:
        """The secret of a client id; '' of one that isn't known any more. Raises QueueError."""
        query = sa.select(apps.c.client_secret).where(
            apps.c.server == server, apps.c.client_id == client_id
        )
        with self._database.transaction() as db:
            return str(db.execute(query).scalar() or "")
