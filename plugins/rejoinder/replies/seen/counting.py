"""Looks wait in memory for a moment, and a thread of its own adds them up in the database: a
request never waits for the disk, and replies have the database to themselves but for one
transaction in a while. What a crash loses is the looks of those seconds."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from rejoinder.engagement import views
from rejoinder.engagement.agents import is_bot
from rejoinder.engagement.reach import plain_path
from rejoinder.engagement.views import Figure, Source
from rejoinder.errors import RejoinderError
from rejoinder.replies.database import Database
from rejoinder.replies.seen.days import Days
from rejoinder.replies.seen.looks import Look, Why, hosts
from rejoinder.replies.seen.tally import Tally, marks_of, tally
from rejoinder.replies.settings import Settings
from rejoinder.replies.subjects import Subjects

logger = logging.getLogger(__name__)

SECONDS = 5.0
"""How often what waits is added up."""

MOST = 20_000
"""How many looks wait at most; beyond that they are left out, and only their number is kept."""

_TOGETHER = 1000
"""The most looks of one transaction, so that a reply waits for none of them long."""

_ANEW, _ANEW_FOR_UNKNOWN = 60.0, 10.0
"""After how many seconds the folder of posts is read again: by itself, and for a path that is not
known."""


class Counting:
    """What one desk counts. Close it. Safe for several threads."""

    def __init__(self, database: Database, subjects: Subjects, settings: Settings) -> None:
        self.days = Days(database)
        self.subjects = subjects
        self.settings = settings
        self._looks: list[Look] = []
        self._left_out: Counter[tuple[date, Why]] = Counter()
        self._lock = threading.Lock()  # of what waits
        self._flushing = threading.Lock()
        self._paths: frozenset[str] = frozenset()
        self._looked_at = float("-inf")
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._problem = ""

    def take(self, look: Look) -> None:
        """Count a look, soon."""
        with self._lock:
            if len(self._looks) < MOST:
                self._looks.append(look)
            else:
                self._left_out[look.day, Why.MANY] += 1
            self._start()

    def leave_out(self, day: date, why: Why) -> None:
        """Count what counts as no view."""
        with self._lock:
            self._left_out[day, why] += 1
            self._start()

    def views_today(self) -> int | None:
        """The views that were counted today, by all desks; None where nobody counts. Raises
        QueueError or SiteError."""
        facts = self.subjects.facts
        if not facts.engagement.beacon:
            return None
        today = datetime.now(UTC).astimezone(ZoneInfo(facts.timezone)).date()
        return sum(self.days.totals(today, (Figure.VIEW,)).values())

    def flush(self) -> None:
        """Add up what waits. What can't be added now goes on waiting. Raises RejoinderError or
        OSError."""
        with self._flushing:
            with self._lock:
                looks, self._looks = self._looks, []
                left, self._left_out = self._left_out, Counter()
            looks.sort(key=lambda look: look.day)
            try:
                for day, group in groupby(looks[:], key=lambda look: look.day):
                    whys = Counter({why: left[of, why] for of, why in left if of == day})
                    todays = list(group)
                    for at in range(0, len(todays), _TOGETHER):
                        part = todays[at : at + _TOGETHER]
                        self._count(day, part, whys)
                        del looks[: len(part)]
                        for why in whys:
                            del left[day, why]
                        whys = Counter()
                for day in sorted({of for of, _ in left}):
                    self._count(day, (), Counter({w: left[of, w] for of, w in left if of == day}))
                    for why in Why:
                        del left[day, why]
            finally:
                self._put_back(looks, left)

    def close(self) -> None:
        """Add up what waits, and stop."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._try()

    def _start(self) -> None:
        """A desk that is told of no views, like a task's, needs no thread."""
        if self._thread is None and not self._stop.is_set():
            self._thread = threading.Thread(target=self._run, name="views", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(SECONDS):
            self._try()

    def _try(self) -> None:
        try:
            self.flush()
            self._problem = ""
        except Exception as error:  # whatever it is: views are no reason to end
            ours = isinstance(error, RejoinderError | OSError)
            problem = str(error) if ours else type(error).__name__
            if problem != self._problem:  # once, however long it lasts
                logger.error("views could not be counted, and are tried again: %s", problem)
            self._problem = problem

    def _put_back(self, looks: list[Look], left: Counter[tuple[date, Why]]) -> None:
        with self._lock:
            self._looks[:0] = looks
            self._left_out.update(left)
            for look in self._looks[MOST:]:
                self._left_out[look.day, Why.MANY] += 1
            del self._looks[MOST:]

    def _count(self, day: date, looks: Sequence[Look], left: Counter[Why]) -> None:
        """One transaction: all of these, or none."""
        facts, base = self.subjects.facts, self.subjects.base
        paths = self._known_paths(look.path for look in looks)
        for look in looks:
            is_bot(look.agent)  # looked up before, so that the database is not held for it
        own = hosts([base, facts.url, *facts.old_urls, self.settings.address])
        with self.days.database.transaction() as db:
            key, is_new = self.days.begin(db, day)
            if not key:
                logger.warning("%d views of %s came when it was closed", len(looks), day)
                return
            if is_new:  # what the file has is of another database, and is added to
                self.days.add(db, day, self._in_file(day))
            marked = [(look, path, marks_of(look, path, key, base))
                      for look in looks for path in (paths.get(look.path, ""),)]  # fmt: skip
            known = self.days.known(db, day, (mark for _, _, both in marked for mark in both))
            most = self.settings.limits.visitors_per_day
            found = tally(marked, known, own=own, most=most, is_bot=is_bot)
            for why, count in left.items():
                found.counts[Figure.LEFT_OUT, why] += count
            self.days.add(db, day, found)

    def _in_file(self, day: date) -> Tally:
        path = self.subjects.content / views.FOLDER / Source.BEACON / f"{day:%Y-%m}.txt"
        counts = views.read(path)
        return Tally(Counter({(key.figure, key.what): count for key, count in counts.items()
                              if key.day == day}))  # fmt: skip

    def _known_paths(self, wanted: Iterable[str]) -> dict[str, str]:
        """Of paths as browsers say them, those of pages, in the one form that they are counted
        in. The folder is looked at anew once a minute, and soon when a path is not known."""
        asked = set(wanted)
        now = time.monotonic()
        found = self._pages(asked)
        age = now - self._looked_at
        if asked and (age > _ANEW or (len(found) < len(asked) and age > _ANEW_FOR_UNKNOWN)):
            self._paths, self._looked_at = self.subjects.paths(), now
            found = self._pages(asked)
        return found

    def _pages(self, asked: Iterable[str]) -> dict[str, str]:
        plain = ((path, plain_path(path)) for path in asked)
        return {path: one for path, begin in plain for one in (begin, f"{begin}/")
                if one in self._paths and not (one != begin and begin in self._paths)}  # fmt: skip
