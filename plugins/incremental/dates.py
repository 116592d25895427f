"""Dates, taken as they are written: Pelican has each guessed, whatever order and words it is in,
and nearly all are written in one way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache

from pelican import readers
from pelican.utils import SafeDatetime

_PLAIN = re.compile(
    r"(\d{4}-\d\d-\d\d)"
    r"(?:( (?:[01]\d|2[0-3]):\d\d(?::\d\d)?)([+-]\d\d:\d\d)?)?",
    re.ASCII,
)
"""Year, month and day; an hour, which is never 24 to Pelican; an offset."""


def quick(read: Callable[[str], datetime]) -> Callable[[str], datetime]:
    """Read dates as `read` does, Pelican's `get_date`, which is asked where one isn't plain."""

    @lru_cache(maxsize=100)
    def zone(offset: str) -> object:
        return read(f"2000-01-01 00:00{offset}").tzinfo

    def date(string: str) -> datetime:
        if (found := _PLAIN.fullmatch(string)) is None:
            return read(string)
        day, hour, offset = found.groups("")
        try:
            plain: datetime = SafeDatetime.fromisoformat(day + hour)
        except ValueError:  # such as 2016-13-04, of which a day may still be made
            return read(string)
        return plain.replace(tzinfo=zone(offset)) if offset else plain  # type: ignore[arg-type]

    return date


@contextmanager
def quick_dates() -> Iterator[None]:
    """Let Pelican's readers read them so."""
    before = readers.get_date
    readers.get_date = quick(before)
    try:
        yield
    finally:
        readers.get_date = before
