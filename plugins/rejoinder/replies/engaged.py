"""How the conversation goes, for Prometheus: from the files, read aside, at most once a minute."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from rejoinder.errors import RejoinderError
from rejoinder.replies.database import Database
from rejoinder.replies.schema import announced, outbox

if TYPE_CHECKING:
    from rejoinder.engagement.measures import Measures

logger = logging.getLogger(__name__)

_FRESH, _OLD = 60.0, 600.0
"""Seconds: figures are never made anew before the first, and after the second even where the desk
knows of nothing that was published, with a look at each file: other hands may have been at them."""

_PATIENCE = 1.0
"""For how many seconds a request waits for figures; then it gets those of before, or none."""


class Engaged(Collector):
    """The figures of one site's conversation. Safe for several threads."""

    def __init__(
        self, content: Path, database: Database, views_today: Callable[[], int | None]
    ) -> None:
        self.content = content
        self.database = database
        self.views_today = views_today
        self._lock = threading.Lock()
        self._working: threading.Thread | None = None
        self._looked_at = self._seen_all_at = float("-inf")
        self._stamp: object = None
        self._found: Measures | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        self._refresh()
        if (found := self._found) is not None:
            yield from self._figures(found)
        try:
            views = self.views_today()
        except RejoinderError:
            return  # the queue does not answer: /healthz says so
        if views is not None:
            family = GaugeMetricFamily(
                "rejoinder_views_today", "Views of this day by people.", labels=["source"]
            )
            family.add_metric(["beacon"], views)
            yield family

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: registering is no reason to read anything."""
        return iter(())

    def _figures(self, found: Measures) -> Iterator[GaugeMetricFamily]:
        oldest = min((one.at for one in found.awaiting), default=None)
        waits = datetime.now(UTC).timestamp() - oldest if oldest is not None else 0.0
        for name, what, value in (
            ("awaiting_answer", "Comments of readers without an author's answer.",
             len(found.awaiting)),
            ("awaiting_oldest_seconds", "How long the oldest of them waits.", waits),
            ("answered", "Comments of readers that an author answered.", found.answered.count),
            ("comments_by_readers", "Comments of readers.", found.by_readers),
            ("comments", "Comments of readers and authors.", found.comments),
            ("mentions", "Mentions by other sites.", sum(found.mentions.values())),
        ):  # fmt: skip
            yield GaugeMetricFamily(f"rejoinder_{name}", what, value=value)

    def _refresh(self) -> None:
        with self._lock:
            if self._working is None and time.monotonic() - self._looked_at > _FRESH:
                self._looked_at = time.monotonic()
                self._working = threading.Thread(target=self._make, name="figures", daemon=True)
                self._working.start()
            working = self._working
        if working is not None:
            working.join(_PATIENCE)

    def _make(self) -> None:
        try:
            from rejoinder.engagement import reading
            from rejoinder.engagement.measures import of_totals

            stamp, now = published(self.database), datetime.now(UTC)
            is_old = time.monotonic() - self._seen_all_at > _OLD
            if is_old or stamp != self._stamp:
                talk = reading.read(self.content, now, thorough=is_old)
                self._found = of_totals(talk.posts.values(), talk.totals, now)
                self._stamp = stamp
                if is_old:
                    self._seen_all_at = time.monotonic()
        except (RejoinderError, OSError, sqlite3.Error) as error:
            what = error.what if isinstance(error, RejoinderError) else str(error)
            logger.error("the figures of engagement can't be made: %s", what)
        finally:
            with self._lock:
                self._working = None


def published(database: Database) -> tuple[object, ...]:
    """What changes when something is published, as far as the desk knows. Raises QueueError."""
    with database.transaction() as db:
        pages = sa.select(sa.func.max(outbox.c.number)).where(outbox.c.live.is_not(None))
        posts = sa.select(sa.func.max(announced.c.at))
        return db.execute(pages).scalar_one(), db.execute(posts).scalar_one()
