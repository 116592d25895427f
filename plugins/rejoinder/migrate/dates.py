"""Dates as WordPress keeps them, local wall time and GMT, either of which may be missing; and as
people write them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from dateutil import parser as dateutil_parser

from rejoinder.errors import ImportFailed

# Asked in this order: where several zones fit, the one that most sites mean.
_USUAL = (
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Athens",
    "Europe/Moscow",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Phoenix",
    "America/Toronto",
    "America/Sao_Paulo",
    "America/Argentina/Buenos_Aires",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Dubai",
    "Asia/Jerusalem",
    "Australia/Sydney",
    "Australia/Brisbane",
    "Australia/Perth",
    "Pacific/Auckland",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Europe/Istanbul",
    "America/Halifax",
)
_MOST = 300  # observations are enough to know a zone by
_FARTHEST = timedelta(hours=14)

# As YAML 1.1 writes a timestamp (yaml.org/type/timestamp.html), and close to it.
_SPELLED = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})"
    r"(?:(?:[Tt]|[ \t]+)(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d*)?)?"
    r"[ \t]*(?:([Zz]|UTC|GMT)|([-+])(\d\d?):?(\d\d)?)?)?"
)
_EPOCH = re.compile(r"-?\d{9,13}(?:\.\d+)?")
_MILLISECONDS = 1e11  # as seconds, that is the year 5138
_SCRIPTS = re.compile(r"(?:GMT|UTC)(?=[-+]\d)|\([^()]*\)")  # as a script prints a date
_ZONES = {"UTC": 0, "GMT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7,
          "MDT": -6, "PST": -8, "PDT": -7}  # fmt: skip
_NO_TIME = datetime(1, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_A_YEAR = re.compile(r"\b[12]\d{3}\b")


def parse(text: str) -> datetime | None:
    """A date as MySQL writes it, without a zone; None for '0000-00-00 00:00:00' and for what is
    no date."""
    try:
        date = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return date.replace(tzinfo=None, microsecond=0) if date.year >= 1000 else None


def parse_rfc(text: str) -> datetime | None:
    """A feed's date (RFC 2822), aware; None for what is none, or WordPress's year -0001."""
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)) if date.year >= 1000 else None


def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises ImportFailed."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ImportFailed(
            f"there is no time zone {name!r}", mend="Use an IANA name like Europe/London."
        ) from error


def spelled(text: str) -> datetime | None:
    """A date as people and programs write it: ISO 8601 and what is close to it, seconds or
    milliseconds since 1970, a feed's (RFC 2822), or in English words. Without a zone where it says
    none; None for what is no date."""
    text = text.strip()
    try:
        if match := _SPELLED.fullmatch(text):
            return _from_parts(match)
        if _EPOCH.fullmatch(text):
            number = float(text)
            return datetime.fromtimestamp(
                number / 1000 if abs(number) >= _MILLISECONDS else number, UTC
            )
        if not _A_YEAR.search(text):
            return None
        text = _SCRIPTS.sub("", text)
        return dateutil_parser.parse(text, default=_NO_TIME, tzinfos=_named)
    except (ValueError, OverflowError, OSError):
        return None


def _from_parts(match: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    zone: tzinfo | None = UTC if match[7] else None
    if match[8]:
        apart = timedelta(hours=int(match[9]), minutes=int(match[10] or 0))
        zone = timezone(-apart if match[8] == "-" else apart) if apart else UTC
    return datetime(year, month, day, hour, minute, second, tzinfo=zone)


def _named(name: str | None, seconds: int | None) -> tzinfo | None:
    """The zone of a name that means the same everywhere (RFC 2822, 4.3); this machine is not
    asked."""
    if seconds is None:
        hours = _ZONES.get(name or "")
        seconds = None if hours is None else 3600 * hours
    return None if seconds is None else timezone(timedelta(seconds=seconds))


def offset(local: datetime, gmt: datetime) -> timedelta | None:
    """What local time was ahead of GMT; None when no zone is (they are apart by more than 14
    hours or by no whole quarter of one)."""
    apart = local - gmt
    if abs(apart) > _FARTHEST or apart % timedelta(minutes=15):
        return None
    return apart


def moment(local: str, gmt: str, zone: tzinfo) -> tuple[datetime | None, str | None]:
    """The instant of a pair, in local time with the offset that the pair shows, and what was
    wrong with the pair. Without a date at all: None."""
    here, there = parse(local), parse(gmt)
    if here and there:
        apart = offset(here, there)
        if apart is None:
            return there.replace(tzinfo=UTC).astimezone(zone), (
                f"the local date {here} and the GMT date {there} can't both be right; GMT was taken"
            )
        return here.replace(tzinfo=UTC if not apart else timezone(apart)), None
    if there:
        return there.replace(tzinfo=UTC).astimezone(zone), "it has no local date; GMT was taken"
    if here:
        aware = here.replace(tzinfo=zone)
        fixed = aware.utcoffset() or timedelta()
        return here.replace(tzinfo=timezone(fixed) if fixed else UTC), (
            "it has no GMT date; the local date was taken"
        )
    return None, "it has no date"


def infer(seen: Mapping[datetime, timedelta]) -> str:
    """The IANA zone that explains most of the offsets seen at GMT dates; 'UTC' without any."""
    if not seen:
        return "UTC"
    step = max(1, len(seen) // _MOST)
    sample = [(day.replace(tzinfo=UTC), seen[day]) for day in sorted(seen)[::step]]
    best: Counter[str] = Counter()
    for name in (*_USUAL, *sorted(n for n in available_timezones() if "/" in n)):
        if name not in best:
            best[name] = sum(day.astimezone(_zone(name)).utcoffset() == o for day, o in sample)
            if best[name] == len(sample):
                return name
    return best.most_common(1)[0][0]


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
