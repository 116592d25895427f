"""What the desk does beside answering: files, pages, letters, and forgetting in time.

One thread a desk. Of several desks on one database, the one that holds the publishing lock does
this work; when it dies, its lock ends with its connection and another goes on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from rejoinder.errors import RejoinderError
from rejoinder.replies.bringing import Bringing
from rejoinder.replies.desk import Desk
from rejoinder.replies.seen import files
from rejoinder.replies.verifier import Verifier

logger = logging.getLogger(__name__)

SECONDS = 2.0
"""How often the worker looks when nobody wakes it: another process may have decided."""

_CHORES = timedelta(hours=1)
_VIEWS = timedelta(minutes=5)
"""How often what was counted is written, and sign-ins that are over are forgotten."""

_FIRST_PAUSE, _LONGEST_PAUSE = 4.0, 120.0
"""Seconds after which a publish that failed is tried again, twice as long each time."""


def _seen_at_once() -> None:
    """Whoever shows the pages watches the files (as `serve` does)."""


class Worker:
    """Runs until it is left, and a `Verifier` with it. `publish` brings the files to the pages;
    None where others do, who tell of it by `Desk.is_published`. `bringing` puts the pages of one
    thread in place at once, and while the site is built."""

    def __init__(
        self,
        desk: Desk,
        publish: Callable[[], None] | None = _seen_at_once,
        bringing: Bringing | None = None,
    ) -> None:
        self.desk = desk
        self.publish = publish
        self._bringing = bringing
        if bringing is not None:
            bringing.meanwhile = self._meanwhile
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._again = False
        self._tidied = self._written = self._swept = datetime.min.replace(tzinfo=UTC)
        self._tried: tuple[int, float] = (0, 0.0)  # what failed, and when it is tried again
        self._pause = _FIRST_PAUSE
        self._verifier = Verifier(desk)
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def __enter__(self) -> Worker:
        self.desk.on_change = self.wake
        self._thread.start()
        self._verifier.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._wake.set()
        self._verifier.__exit__()
        self._thread.join()
        self._write_last_views()

    def wake(self) -> None:
        """Something was decided or kept: look now."""
        self._wake.set()
        self._verifier.wake()

    def round(self) -> None:
        """One look at all that is to be done. Raises RejoinderError or OSError, when the rest is
        done."""
        now = datetime.now(UTC)
        desk = self.desk
        mine = False
        try:
            with desk.database.publishing(0) as mine:
                if mine:
                    self._bring_along(now)
        finally:
            if mine:
                desk.postman.carry(now)

    def _bring_along(self, now: datetime) -> None:
        """Files, pages, what is to be told: one that fails keeps the next from nothing."""
        desk = self.desk
        with ExitStack() as steps:
            for step in reversed((
                self._carry_out,
                lambda: self._bring_to_pages(now),
                lambda: desk.notices.gather(now),
                lambda: desk.reports.gather(now),
                lambda: self._write_views(now),
            )):  # fmt: skip
                steps.callback(step)
        if now - self._swept > _VIEWS:
            desk.door.flows.forget_old()
            self._swept = now
        if now - self._tidied > _CHORES:
            days = timedelta(days=desk.settings.privacy.network_days)
            desk.queue.forget_networks(now - days)
            self._tidied = now

    def _carry_out(self) -> None:
        """Bring what was decided into the files, and the files to their own pages."""
        touched = self.desk.carry_out()
        if self._bringing is not None:
            self._bringing.press(touched)

    def _meanwhile(self) -> None:
        """While the site is built: what is decided now need not wait for the end of it."""
        if self._wake.is_set():
            self._wake.clear()
            self._again = True
            self._carry_out()

    def _write_views(self, now: datetime, *, at_once: bool = False) -> None:
        """Bring what was counted into the author's files, every few minutes."""
        if now - self._written <= _VIEWS and not at_once:
            return
        self._written = now  # what fails is tried again with the next
        zone = ZoneInfo(self.desk.subjects.facts.timezone)
        files.write(self.desk.counting.days, self.desk.content, now, zone)

    def _write_last_views(self) -> None:
        """The same at the end, unless another desk is at it, and goes on."""
        try:
            self.desk.counting.flush()
            with self.desk.database.publishing(SECONDS) as mine:
                if mine:
                    self._write_views(datetime.now(UTC), at_once=True)
        except (RejoinderError, OSError) as error:
            what = error.what if isinstance(error, RejoinderError) else str(error)
            logger.error("views are not in the files yet: %s", what)

    def _bring_to_pages(self, now: datetime) -> None:
        newest = self.desk.queue.unpublished()
        tried, until = self._tried
        if newest is None or self.publish is None:
            return
        if tried == newest and time.monotonic() < until:
            return  # it failed a moment ago, and nothing is new
        try:
            self.publish()
        except (RejoinderError, OSError):
            self._tried = newest, time.monotonic() + self._pause
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            raise
        self._pause = _FIRST_PAUSE
        self.desk.queue.published(newest, now)
        self.desk.metrics.published.inc()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.round()
            except (RejoinderError, OSError) as error:
                self.desk.metrics.failures.inc()
                what = error.what if isinstance(error, RejoinderError) else str(error)
                logger.error("the work could not be done, and is tried again: %s", what)
            except Exception:
                self.desk.metrics.failures.inc()
                logger.exception("a mistake in the worker")
            if self._again:  # what was decided during the build isn't in it
                self._again = False
                continue
            self._wake.wait(SECONDS)
            self._wake.clear()
