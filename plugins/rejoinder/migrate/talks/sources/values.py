"""What exports hold, as what a remark is made of. Pure: any value in, no error out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from rejoinder.comments.model import Kind
from rejoinder.migrate.talks.model import Remark

_KINDS = frozenset(map(str, Kind)) - {Kind.REMOVED}


def text(value: object) -> str:
    """Text, or a number in digits; '' for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def record(value: object) -> dict[str, Any]:
    """An object of JSON; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def records(value: object) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def count(value: object) -> int:
    """A number of votes; those against are none."""
    return max(value, 0) if isinstance(value, int) else 0


def moment(value: object) -> datetime | None:
    """A date as ISO 8601 writes it, without a zone where it says none; None for no date."""
    try:
        return datetime.fromisoformat(text(value).strip())
    except ValueError:
        return None


def instant(value: object) -> datetime | None:
    """Seconds since 1970, as a number or in digits."""
    try:
        return datetime.fromtimestamp(float(text(value)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def address(value: object) -> str:
    """An IP address; '' for what is none, like the hash of one."""
    try:
        return str(ip_address(text(value).strip()))
    except ValueError:
        return ""


def kind(value: object) -> tuple[Kind, bool]:
    """A kind as this program's own files name it, and whether that is the author's word."""
    named = text(value)
    if named == Kind.AUTHOR:
        return Kind.COMMENT, True
    is_known = named in _KINDS
    return Kind(named) if is_known else Kind.COMMENT, False


def by_date(remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    """Oldest first; those without a date before all."""
    return tuple(sorted(remarks, key=_seconds))


def _seconds(remark: Remark) -> float:
    date = remark.date
    if date is None:
        return 0
    wall = date.toordinal() * 86_400 + date.hour * 3_600 + date.minute * 60 + date.second
    offset = date.utcoffset()
    return wall - offset.total_seconds() if offset else wall
