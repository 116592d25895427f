"""What the desk counted, written below content/engagement/beacon: whole days, from the database's
totals, by the one desk that publishes."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from rejoinder.engagement import views
from rejoinder.engagement.views import Source
from rejoinder.replies.seen.days import Days

LATE = timedelta(hours=1)
"""How long after its end a day is still added to: looks of its last seconds may wait in the
memory of a desk that can't reach the database."""

_MARK = timedelta(days=60)
"""How long it is known that a day was closed."""


def write(days: Days, content: Path, now: datetime, zone: tzinfo) -> list[Path]:
    """Write each day that has changed, and close those that are over: what was kept to tell
    visitors apart is forgotten. The files that changed. Raises QueueError or EngagementError."""
    changed: list[Path] = []
    today = (now - LATE).astimezone(zone).date()
    for due in days.due():
        if not due.is_written:
            counts = {due.day: days.totals(due.day)}
            changed += views.save(content, Source.BEACON, counts)
            days.written(due)
        if due.day < today:
            days.close(due.day)
    days.forget(today - _MARK)
    return changed
