"""How the feeds are: which break, move, go quiet, or tell old news. Pure.

A feed that stops working does so in silence; nobody sees what a page no longer shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median

from rejoinder.profiles.polling import Memory

_QUIET = timedelta(days=30)
_RHYTHM = 20  # as many gaps between entries as say how often somebody publishes
_OLD = timedelta(days=365)


class Health(StrEnum):
    """What can be wrong with a feed, the worst first."""

    GONE = "gone"
    BROKEN = "broken"
    MOVED = "moved"
    OLD_NEWS = "old news"
    QUIET = "quiet"
    ODD = "odd"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one feed, and what to do about it."""

    health: Health
    what: str
    mend: str = ""


def examine(
    memory: Memory, dates: Sequence[datetime], now: datetime, *, feed: str, account_moved: str = ""
) -> list[Finding]:
    """What is to be said of a feed, given the dates of all entries that are known of it.

    Quiet is held against its own rhythm: six times the usual gap between its entries, and a
    month at least; a feed of less than three entries has no rhythm.
    """
    found: list[Finding] = []
    if memory.gone:
        found.append(Finding(Health.GONE, "its server says that it is gone for good (410)",
                             "Take it out of the author's file, or mend it there."))  # fmt: skip
    elif memory.failures:
        since = memory.failing_since or now
        times = "once" if memory.failures == 1 else f"{memory.failures} times"
        found.append(
            Finding(Health.BROKEN, f"{memory.problem} ({times}, since {since:%Y-%m-%d})",
                    "Look at it in a browser." if memory.failures > 1 else "It is tried again.")
        )  # fmt: skip
    if memory.moved and memory.moved != feed:
        found.append(Finding(Health.MOVED, f"it has moved for good to {memory.moved}",
                             "Write the new address in the author's file."))  # fmt: skip
    if account_moved:
        found.append(Finding(Health.MOVED, f"the account has moved to {account_moved}",
                             f"invoke profiles add {account_moved}"))  # fmt: skip
    newest = max(dates, default=None)
    if memory.newest is not None and newest is not None and newest - memory.newest > _QUIET:
        found.append(
            Finding(Health.OLD_NEWS, f"it shows nothing newer than {memory.newest:%Y-%m-%d}, and "
                    f"had shown an entry of {newest:%Y-%m-%d}", "Ask its server: a cache, perhaps.")
        )  # fmt: skip
    elif memory.newest is not None and now - memory.newest > _OLD:
        found.append(Finding(Health.OLD_NEWS, f"its newest entry is of {memory.newest:%Y-%m-%d}",
                             "Look whether it is still the right feed."))  # fmt: skip
    elif newest is not None and memory.seen is not None:
        usual = rhythm(dates)
        if usual is not None and now - newest > max(6 * usual, _QUIET):
            found.append(
                Finding(Health.QUIET, f"nothing since {newest:%Y-%m-%d}; an entry used to come "
                        f"every {_days(usual)}", "Does it still show what you publish?")
            )  # fmt: skip
    if memory.seen is not None and memory.newest is None and not memory.failures:
        found.append(Finding(Health.ODD, "it is a feed without a single entry",
                             "Look whether it is the right one."))  # fmt: skip
    found += [Finding(Health.ODD, note) for note in memory.notes]
    return found


def rhythm(dates: Sequence[datetime]) -> timedelta | None:
    """The usual gap between entries: the median of the newest ones; None below three entries."""
    newest = sorted(set(dates))[-_RHYTHM - 1 :]
    if len(newest) < 3:
        return None
    gaps = [(b - a).total_seconds() for a, b in pairwise(newest)]
    return timedelta(seconds=median(gaps))


def _days(usual: timedelta) -> str:
    days = round(usual.total_seconds() / 86400)
    return "day" if days <= 1 else f"{days} days"
