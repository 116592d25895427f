"""Figures that say what they are of: shares with their interval, times with those that still
wait."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from math import sqrt
from typing import NamedTuple

from rejoinder.languages.texts import later, message, message_count

SMALL = 20
"""Of fewer than so many, a share is shown as a count."""

_Z = 1.959963984540054  # the normal quantile of 97.5 %


class Phrase(NamedTuple):
    """A figure in words, said later: all of it; what is read first, and the rest; and a few words
    of it, to be told beside others."""

    whole: str
    first: str
    rest: str = ""
    brief: str = ""


def plain(words: str) -> Phrase:
    """A figure that is read as a whole."""
    return Phrase(words, words, "", words)


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval; 0 to 1 of nothing."""
        return _wilson(self.count / self.of, self.of) if self.of else (0.0, 1.0)

    def __str__(self) -> str:
        """A count where the sample is small, else a percentage with its interval."""
        return str(self.phrase.whole)

    @property
    def phrase(self) -> Phrase:
        """The same in its parts."""
        if self.of < SMALL:
            words = message("%(count)s of %(of)s", count=self.count, of=self.of)
            return plain(words) if self.of else Phrase(words, "–", "", "–")
        return _estimate(self.count / self.of, self.of, self.interval)


@dataclass(frozen=True)
class Waits:
    """How long things took, of which some aren't over: seconds, shortest first. `ended` took so
    long, `waiting` have waited so long until now."""

    ended: tuple[float, ...]
    waiting: tuple[float, ...]

    @property
    def of(self) -> int:
        """How many there are."""
        return len(self.ended) + len(self.waiting)

    def soon(self, limit: timedelta) -> Share:
        """Those of all that ended within a time: what is told of small samples."""
        return Share(sum(time <= limit.total_seconds() for time in self.ended), self.of)

    def soon_phrase(self, limit: timedelta) -> Phrase:
        """How many end within a time: a count of small samples, else the estimate that takes in
        those that wait, with its interval; 'not yet' where that can't be told."""
        if self.of < SMALL:
            return self.soon(limit).phrase
        share = self.within(limit)
        if share is None:
            return plain(message("not yet"))
        return _estimate(share, self.of, self.interval(limit))

    @cached_property
    def curve(self) -> list[tuple[float, float]]:
        """The estimated share that still waits after so many seconds, at each time at which one
        ended (Kaplan and Meier 1958): those that wait count for as long as they have waited."""
        at_risk = len(self.ended) + len(self.waiting)
        rows: list[tuple[float, float]] = []
        share, before = 1.0, 0
        times = sorted(set(self.ended))
        waiting, passed = sorted(self.waiting), 0
        ended = sorted(self.ended)
        at = 0
        for time in times:
            while passed < len(waiting) and waiting[passed] < time:
                passed += 1
            risk = at_risk - before - passed
            events = 0
            while at < len(ended) and ended[at] == time:
                events += 1
                at += 1
            share *= 1 - events / risk
            before += events
            rows.append((time, share))
        return rows

    def quantile(self, part: float) -> timedelta | None:
        """The time by which `part` (0 to 1) have ended; None where that can't be told yet."""
        return next((timedelta(seconds=time) for time, left in self.curve
                     if left <= 1 - part + 1e-12), None)  # fmt: skip

    def within(self, limit: timedelta) -> float | None:
        """The estimated share that ends within a time; None of nothing, or where those that
        wait haven't waited so long and nothing says how they end."""
        if not self.ended and not self.waiting:
            return None
        at = bisect_right(self.curve, (limit.total_seconds(), 1.0))
        left = self.curve[at - 1][1] if at else 1.0
        longest = max(max(self.ended, default=0.0), max(self.waiting, default=0.0))
        return None if longest < limit.total_seconds() and left > 0 else 1 - left

    def interval(self, limit: timedelta) -> tuple[float, float]:
        """The 95 % interval of `within`: Wilson's, of as many as would be as certain if none had
        to be watched for less long (by Greenwood's variance; Dorey and Korn 1987). 0 to 1 where
        nothing is estimated."""
        share = self.within(limit)
        if share is None:
            return 0.0, 1.0
        seconds, waiting = limit.total_seconds(), sorted(self.waiting)
        spread, left = 0.0, self.of
        for time, count in sorted(Counter(self.ended).items()):
            if time > seconds:
                break
            risk = left - bisect_left(waiting, time)
            left -= count
            if risk == count:  # after the last nothing is at risk, and the variance is of nothing
                return _wilson(share, len(self.ended))
            spread += count / (risk * (risk - count))
        if not spread:
            return _wilson(share, self.of - bisect_left(waiting, seconds))
        return _wilson(share, share / ((1 - share) * spread))


def counted(number: int, noun: str) -> str:
    """'1 thought', '26 thoughts', '1,024 thoughts': for tasks, which speak English."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def number(n: int) -> str:
    """A whole number: '1,024'."""
    return later(lambda texts: texts.manner.number(n))


def decimal(value: float) -> str:
    """A number with one digit after the point: '2.5'."""
    return later(lambda texts: texts.manner.decimal(value))


def percent(share: float) -> str:
    """A share of 0 to 1: '59%'."""
    return later(lambda texts: texts.manner.percent(share))


def beside(words: str, more: str) -> str:
    """Words, and what they are of: '3 h (12 answers)'."""
    return later(lambda texts: f"{texts.say(words)} ({texts.say(more)})")


def _estimate(share: float, of: int, interval: tuple[float, float]) -> Phrase:
    first, low, high = percent(share), *map(percent, interval)
    rest = message("of %(of)s (%(low)s to %(high)s)", of=of, low=low, high=high)
    return Phrase(
        message("%(share)s of %(of)s (%(low)s to %(high)s)", share=first, of=of, low=low,
                high=high),
        first, rest, message("%(count)s of %(of)s", count=first, of=of),
    )  # fmt: skip


def _wilson(p: float, n: float) -> tuple[float, float]:
    """The 95 % interval of a share `p` of `n` (Wilson 1927)."""
    middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def h_index(levels: Sequence[int]) -> int:
    """The deepest level that has at least as many comments as its number (Gómez, Kaltenbrunner
    and López 2008); `levels` are how many comments levels 1, 2, … have."""
    return max((level for level, count in enumerate(levels, start=1) if count >= level), default=0)


def effective(counts: Iterable[int]) -> float:
    """As many equally active people as would be as concentrated: the inverse of Simpson's index,
    a Hill number of order 2 (Hill 1973). 0 of nobody."""
    each = [count for count in counts if count > 0]
    total = sum(each)
    return total**2 / sum(count**2 for count in each) if total else 0.0


def in_words(time: timedelta) -> str:
    """A time for people, said later: '3 h', '2 days'."""
    minutes = time.total_seconds() / 60
    if minutes >= 2 * 1440:
        days = round(minutes / 1440)
        return message_count("%(days)s day", "%(days)s days", days, days=days)
    if minutes >= 2 * 60:
        return message("%(hours)s h", hours=round(minutes / 60))
    return message("%(minutes)s min", minutes=round(minutes))


def on_day(day: date) -> str:
    """A day for people, said later: '8 Oct 2026'."""
    return later(lambda texts: texts.manner.brief_day(day))
