"""Dates are what Pelican reads them as."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from incremental.dates import quick, quick_dates
from pelican import readers
from pelican.utils import SafeDatetime, get_date

_quick = quick(get_date)
_WRITTEN = ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f",
            "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%MZ", "%d %B %Y", "%m/%d/%Y %I:%M %p", "%a, %d %b %Y",
            "%Y-%m", "%Y", "%y-%m-%d", "%Y%m%d", "%H:%M"]  # fmt: skip
_OFFSETS = ["", "+00:00", "-00:00", "+01:00", "-05:30", "+14:00", "+24:00", "-99:99", "+0000", "Z",
            " +02:00", " UTC", " CET"]  # fmt: skip
_dates = st.builds(
    lambda date, written, offset: date.strftime(written) + offset,
    st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)),  # noqa: DTZ001
    st.sampled_from(_WRITTEN),
    st.sampled_from(_OFFSETS),
)


def _to(last: int) -> st.SearchStrategy[str]:
    return st.integers(0, last).map("{:02}".format)


_alike = st.builds(
    "{}{}-{}-{}{}{}:{}{}{}".format,
    _to(99), _to(99), _to(13), _to(32), st.sampled_from([*"     T_\t\xa0", "  "]), _to(25),
    _to(61), st.sampled_from(["", ":59", ":60", ":5"]), st.sampled_from(_OFFSETS),
)  # fmt: skip
_odd = st.sampled_from([
    "", " ", "2016-02-30", "2016-02-29", "2015-02-29", "2016-13-04", "2016-04-13 24:00",
    "0099-01-02", "２０１６-01-04", "2016-01-04\n", " 2016-01-04", "2016-01-04+00:00",
    "2016-01-04 08", "now", "2016-01-04 08:00 +00:00", "2016-01-04 08:00:00+0:00", "2016-W01-1",
    "2016-001",
]) | st.text(alphabet="0123456789-:+ TZ", max_size=20)  # fmt: skip


def outcome(read: Any, string: str) -> Any:
    """All that tells one date from another, or what is said of none."""
    try:
        date = read(string)
    except Exception as error:
        return type(error), str(error)
    return type(date), date.replace(tzinfo=None), date.fold, repr(date.tzinfo), type(date.tzinfo)


@pytest.mark.filterwarnings("ignore:tzname")
@settings(max_examples=1000, deadline=None)
@given(string=_dates | _alike | _odd)
def test_a_date_is_what_pelican_reads(string: str) -> None:
    assert outcome(_quick, string) == outcome(get_date, string)


@pytest.mark.parametrize("string", [
    "2016-01-04", "2016-01-04 08:00", "2016-01-04 08:00:01", "2016-01-04 08:00+00:00",
    "2016-01-04 08:00:00-05:30",
])  # fmt: skip
def test_a_plain_date_is_not_guessed(string: str) -> None:
    guessed: list[str] = []

    def read(one: str) -> datetime:
        guessed.append(one)
        found: datetime = get_date(one)
        return found

    date = quick(read)
    assert (date(string), date(string)) == (get_date(string), get_date(string))
    assert pickle.dumps(date(string)) == pickle.dumps(get_date(string))
    assert string not in guessed
    assert len(guessed) <= 1, "its zone is asked for once"


def test_readers_read_so_for_a_while() -> None:
    read = readers.METADATA_PROCESSORS["date"]
    with quick_dates():
        assert readers.get_date is not get_date
        date = read("2016-01-04_08:00+01:00", {})
    assert readers.get_date is get_date
    assert type(date) is SafeDatetime
    assert date == datetime(2016, 1, 4, 8, tzinfo=timezone(timedelta(hours=1)))
