"""Dates as WordPress keeps them: local wall time and GMT, either of which may be missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

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
