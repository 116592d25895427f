"""The time of a build; and dates in words, as Pelican's `strftime` filter writes them, at a tenth
of the time: the names of months and days are asked of the locale once, and no locale is switched
for each date."""

from __future__ import annotations

import locale
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from zoneinfo import ZoneInfo

from rejoinder.errors import SiteError

_DIRECTIVE = re.compile("%[-]?.", re.S)
_KNOWN = "aAbBcdfGHIjmMpSUuVwWxXyYzZ%"  # those of C89, and of ISO 8601
_DAYS = [datetime(2024, 1, day) for day in range(1, 8)]  # noqa: DTZ001 - from a Monday on
_MONTHS = [datetime(2024, month, 1) for month in range(1, 13)]  # noqa: DTZ001
_HALVES = [datetime(2024, 1, 1, hour) for hour in (1, 13)]  # noqa: DTZ001
_NAMED = {"A": _DAYS, "a": _DAYS, "B": _MONTHS, "b": _MONTHS, "p": _HALVES}

_NUMBERS = {"Y": "year", "m": "month", "d": "day", "H": "hour", "M": "minute", "S": "second"}

_Part = Callable[[datetime], str]

Names = Callable[[str], Sequence[str]]
"""What `%A`, `%a` (from Monday), `%B`, `%b` (from January) and `%p` stand for, by their letter."""


def build_time() -> datetime:
    """Now; or what SOURCE_DATE_EPOCH says (reproducible-builds.org), in seconds. Raises SiteError
    where that is no such number."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return datetime.now(UTC)
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise SiteError(
            f"SOURCE_DATE_EPOCH is {epoch!r}", where="the environment",
            mend="It is a number of seconds since 1970, or not set.",
        ) from error  # fmt: skip


def date_writer(format: str, names: Names | None = None) -> _Part:
    """What writes dates in a format (`%B %-d, %Y`): with these names of days and months, else in
    the locale that is set now, whatever is set later. `-` leaves leading zeros out; what is no
    directive stays as it is."""
    parts: list[_Part | str] = []
    at = 0
    for match in _DIRECTIVE.finditer(format):
        part = _part(match[0], locale.setlocale(locale.LC_TIME), names or _names_here)
        parts += [format[at : match.start()], part]
        at = match.end()
    parts.append(format[at:])

    def write(date: datetime) -> str:
        return "".join([part if isinstance(part, str) else part(date) for part in parts])

    return _at_once(format, write) or write


class DateFilter:
    """A template's filter that writes dates: in `zone` ('' leaves each in its own), in `format` or
    in one that it is given. It can be pickled."""

    def __init__(self, zone: str = "", format: str = "") -> None:
        self.zone = zone
        self.format = format
        self._writers: dict[str, _Part] = {}

    def __getstate__(self) -> dict[str, object]:
        return {"zone": self.zone, "format": self.format, "_writers": {}}

    def __call__(self, date: datetime, format: str = "") -> str:
        """The date in words."""
        format = format or self.format
        if format not in self._writers:
            self._writers[format] = date_writer(format)
        return self._writers[format](date.astimezone(ZoneInfo(self.zone)) if self.zone else date)


def _at_once(format: str, write: _Part) -> _Part | None:
    """What writes a date of numbers alone (`%Y-%m-%d %H:%M`) as `write` does, in a third of the
    time; None of another."""
    directives = _DIRECTIVE.findall(format)
    if len(directives) < 2 or any(one[-1] not in _NUMBERS for one in directives):
        return None
    if format.endswith("%"):  # which is no directive
        return None
    pattern = _DIRECTIVE.sub(lambda one: "%d" if one[0][1] in "Y-" else "%02d", format)
    numbers = attrgetter(*(_NUMBERS[one[-1]] for one in directives))
    # Systems differ in how they write a year of three digits.
    return lambda date: pattern % numbers(date) if date.year > 999 else write(date)


def _part(directive: str, where: str, names: Names) -> _Part | str:
    letter = directive[-1]
    if letter not in _KNOWN:
        return directive
    plain = _quick(letter, names) or _by_the_system(f"%{letter}", where)
    if len(directive) == 3:
        return lambda date: plain(date).lstrip("0") or "0"
    return plain


def _quick(letter: str, names: Names) -> _Part | None:
    simple: dict[str, _Part] = {
        "d": lambda date: f"{date.day:02}", "m": lambda date: f"{date.month:02}",
        "H": lambda date: f"{date.hour:02}", "M": lambda date: f"{date.minute:02}",
        "S": lambda date: f"{date.second:02}", "%": lambda date: "%",
        "I": lambda date: f"{date.hour % 12 or 12:02}", "y": lambda date: f"{date.year % 100:02}",
    }  # fmt: skip
    if letter in simple:
        return simple[letter]
    if letter == "Y":
        return lambda date: str(date.year) if date.year > 999 else datetime.strftime(date, "%Y")
    if letter not in _NAMED:
        return None
    known = names(letter)
    if letter in "Aa":
        return lambda date: known[date.weekday()]
    if letter in "Bb":
        return lambda date: known[date.month - 1]
    return lambda date: known[date.hour // 12]


def _names_here(letter: str) -> Sequence[str]:
    """Those of the locale that is set."""
    return [one.strftime(f"%{letter}") for one in _NAMED[letter]]


def _by_the_system(directive: str, where: str) -> _Part:
    @lru_cache(maxsize=1_000)
    def write(date: datetime) -> str:
        with _locale(where):
            return datetime.strftime(date, directive)

    return write


@contextmanager
def _locale(wanted: str) -> Iterator[None]:
    before = locale.setlocale(locale.LC_TIME)
    locale.setlocale(locale.LC_TIME, wanted)
    try:
        yield
    finally:
        locale.setlocale(locale.LC_TIME, before)
