"""Dates in words: each quick way writes what the plain one does."""

from __future__ import annotations

from datetime import datetime

from hypothesis import example, given
from hypothesis import strategies as st

from rejoinder.dates import date_writer

_PARTS = st.sampled_from([
    "%Y", "%m", "%d", "%H", "%M", "%S", "%-Y", "%-m", "%-d", "%-H", "%-M", "-", ":", " at {0} ",
]) | st.sampled_from(["%B", "%%", "%y"])  # fmt: skip
_FIRST = datetime(1, 1, 1)  # noqa: DTZ001 - as Pelican's dates may be


@given(st.lists(_PARTS, max_size=8), st.sampled_from(["", "%", "%-"]), st.datetimes())
@example(["%Y", "%m"], "", _FIRST)
@example(["%Y", "-", "%m", "-", "%-d", " ", "%H", ":", "%M"], "", _FIRST.replace(year=2026))
@example(["%Y", "%m"], "%", _FIRST.replace(year=1000))
def test_directives_together_write_what_each_writes(
    parts: list[str], end: str, date: datetime
) -> None:
    each = [date_writer(part)(date) for part in parts]
    assert date_writer("".join(parts) + end)(date) == "".join(each) + end
