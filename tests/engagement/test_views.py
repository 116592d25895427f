"""The files of views: what is written is read again, and a slip in one is named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoinder.engagement import views
from rejoinder.engagement.views import Figure, Key, Source
from rejoinder.errors import EngagementError

KEYS = st.builds(
    Key, st.dates(), st.sampled_from(Figure),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
)  # fmt: skip


@given(st.dictionaries(KEYS, st.integers(1, 10**14), max_size=20))
def test_what_is_written_is_read_again(counts: dict[Key, int]) -> None:
    text = views.render(counts)
    assert views.parse(text, Path("x")) == counts
    assert text == views.render(dict(reversed(counts.items())))


@pytest.mark.parametrize(
    "line",
    ["2026-02-30 view 1 /a/", "2026-02-03 seen 1 /a/", "2026-02-03 view 0 /a/", "x",
     "2026-02-03 view -1 /a/", "2026-02-03 view 1 /a/\n2026-02-03 view 2 /a/"],
)  # fmt: skip
def test_a_slip_is_named_with_its_line(line: str) -> None:
    with pytest.raises(EngagementError, match=r"2026-02\.txt:[34]: the line"):
        views.parse(f"# x\n2026-02-01 visits 3\n{line}\n", Path("2026-02.txt"))


def test_whole_days_are_replaced(tmp_path: Path) -> None:
    first, second, third = date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 2)
    view = {day: {Key(day, Figure.VIEW, "/a b/"): 3} for day in (first, second, third)}
    assert len(views.save(tmp_path, Source.LOGS, view)) == 2
    assert views.save(tmp_path, Source.LOGS, view) == []
    changed = views.save(tmp_path, Source.LOGS, {second: {Key(second, Figure.VISITS): 2}})
    assert [path.name for path in changed] == ["2026-02.txt"]
    assert views.load(tmp_path, Source.LOGS, since=second) == {
        Key(second, Figure.VISITS): 2, Key(third, Figure.VIEW, "/a b/"): 3,
    }  # fmt: skip
    assert views.load(tmp_path, Source.BEACON) == {}
    assert len(views.load(tmp_path, Source.LOGS)) == 3
