"""How a language writes numbers and dates: English as it is written here, all others by the Unicode
consortium's data (CLDR), which Babel brings. No locale of the machine's is asked, so that every
machine writes the same. Leaf: imports nothing of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from babel.core import Locale


class Manner(Protocol):
    """How a language writes."""

    def number(self, n: int) -> str:
        """A whole number."""

    def compact(self, n: int) -> str:
        """A whole number in few characters."""

    def decimal(self, value: float) -> str:
        """A number with one digit after the point."""

    def percent(self, share: float) -> str:
        """A share (1 is all), as a whole number of percent."""

    def plural_name(self, n: int) -> str:
        """What CLDR calls the plural form for so many: `one`, `few`, `many`, `other` …"""

    def day(self, date: date) -> str:
        """A date in words."""

    def brief_day(self, date: date) -> str:
        """A date whose month is short."""

    def short_day(self, date: date) -> str:
        """A day and its month, short."""

    def month(self, date: date) -> str:
        """A month and its year."""

    def time(self, moment: datetime) -> str:
        """The time of day, to the minute."""

    def names(self, directive: str) -> Sequence[str]:
        """What strftime's `%A` and `%a` (from Monday), `%B` and `%b` (from January) or `%p` (before
        noon, after) stand for."""


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")  # fmt: skip


class English:
    """As the pages of Rejoinder write it: March 5, 2026 at 09:30."""

    _names: ClassVar[Mapping[str, Sequence[str]]] = {
        "A": _DAYS, "a": tuple(name[:3] for name in _DAYS), "B": _MONTHS,
        "b": tuple(name[:3] for name in _MONTHS), "p": ("AM", "PM"),
    }  # fmt: skip

    def number(self, n: int) -> str:
        return f"{n:,}"

    def compact(self, n: int) -> str:
        if n >= 999_500:
            return f"{n / 1_000_000:.1f}M".replace(".0M", "M")
        if n >= 10_000:
            return f"{n / 1000:.0f}k"
        return f"{n / 1000:.1f}k".replace(".0k", "k") if n >= 1000 else str(n)

    def decimal(self, value: float) -> str:
        return f"{value:.1f}"

    def percent(self, share: float) -> str:
        return f"{share:.0%}"

    def plural_name(self, n: int) -> str:
        return "one" if n == 1 else "other"

    def day(self, date: date) -> str:
        return f"{_MONTHS[date.month - 1]} {date.day}, {date.year}"

    def brief_day(self, date: date) -> str:
        return f"{date.day} {_MONTHS[date.month - 1][:3]} {date.year}"

    def short_day(self, date: date) -> str:
        return f"{_MONTHS[date.month - 1][:3]} {date.day}"

    def month(self, date: date) -> str:
        return f"{_MONTHS[date.month - 1]} {date.year}"

    def time(self, moment: datetime) -> str:
        return f"{moment.hour:02}:{moment.minute:02}"

    def names(self, directive: str) -> Sequence[str]:
        return self._names[directive]


_FOUR_TOGETHER = ("es", "pl")
"""Languages that write 1234 and 12.345: CLDR's minimumGroupingDigits, which Babel leaves out."""


class Cldr:
    """As CLDR says of a locale."""

    def __init__(self, locale: Locale) -> None:
        from babel import dates, numbers

        self._locale = locale
        self._dates, self._numbers = dates, numbers

    def number(self, n: int) -> str:
        is_grouped = n > 9999 or self._locale.language not in _FOUR_TOGETHER
        return str(self._numbers.format_decimal(n, locale=self._locale, group_separator=is_grouped))

    def compact(self, n: int) -> str:
        said = self._numbers.format_compact_decimal(
            n, format_type="short", locale=self._locale,
            fraction_digits=0 if 10_000 <= n < 999_500 else 1,
        )  # fmt: skip
        return self.number(n) if said.isdigit() else said  # German has no short thousands

    def decimal(self, value: float) -> str:
        return self._numbers.format_decimal(value, "#,##0.0", self._locale)

    def percent(self, share: float) -> str:
        return str(self._numbers.format_percent(share, locale=self._locale))

    def plural_name(self, n: int) -> str:
        return str(self._locale.plural_form(n))

    def day(self, date: date) -> str:
        return self._dates.format_date(date, "long", self._locale)

    def brief_day(self, date: date) -> str:
        return self._dates.format_skeleton("yMMMd", date, locale=self._locale)

    def short_day(self, date: date) -> str:
        return self._dates.format_skeleton("MMMd", date, locale=self._locale)

    def month(self, date: date) -> str:
        return self._dates.format_skeleton("yMMMM", date, locale=self._locale)

    def time(self, moment: datetime) -> str:
        return self._dates.format_time(moment.replace(tzinfo=None), "short", locale=self._locale)

    def names(self, directive: str) -> Sequence[str]:
        return self._names[directive]

    @cached_property
    def _names(self) -> dict[str, Sequence[str]]:
        days, months = self._locale.days["format"], self._locale.months["format"]
        halves = self._locale.day_periods["format"]["abbreviated"]
        return {
            "A": [days["wide"][n] for n in range(7)],
            "a": [days["abbreviated"][n] for n in range(7)],
            "B": [months["wide"][n] for n in range(1, 13)],
            "b": [months["abbreviated"][n] for n in range(1, 13)],
            "p": [halves["am"], halves["pm"]],
        }


ENGLISH = English()


def manner_of(language: str) -> Manner:
    """The manner of a language (a BCP 47 tag); English where CLDR doesn't know it."""
    from babel.core import Locale, UnknownLocaleError

    try:
        return Cldr(Locale.parse(language, sep="-"))
    except (UnknownLocaleError, ValueError):
        return ENGLISH


def language_name(tag: str) -> str:
    """A language's name in itself ('Deutsch'), of a BCP 47 tag; the tag where CLDR doesn't know
    it."""
    from babel.core import Locale, UnknownLocaleError

    try:
        name = Locale.parse(tag.replace("_", "-"), sep="-").get_display_name() or tag
    except (UnknownLocaleError, ValueError):
        return tag
    return name[:1].upper() + name[1:]
