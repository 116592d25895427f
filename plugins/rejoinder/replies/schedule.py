"""When posts come out by themselves: at the hour that their dates say."""

from __future__ import annotations

from datetime import datetime, timedelta

from rejoinder.replies.subjects import Subjects

_EVERY = timedelta(minutes=1)
"""How often the posts are looked at: a file may be new, or another date in it."""


class Schedule:
    """The posts of a site that wait. `since` is when its pages were brought last: what has come due
    in between, while no desk ran, is due at once."""

    def __init__(self, subjects: Subjects, since: datetime) -> None:
        self._subjects = subjects
        self._since = since
        self._next: datetime | None = None
        self._looked: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether a post is to come out, which hasn't. Raises SiteError or OSError."""
        is_waiting = self._next is not None and self._next <= now
        if not is_waiting and (self._looked is None or now - self._looked >= _EVERY):
            self._next = self._subjects.due(self._since)
            self._since = self._looked = now
        return self._next is not None and self._next <= now

    def is_brought(self, now: datetime) -> None:
        """All that was due at `now` is on the pages."""
        self._since, self._next, self._looked = now, None, None
