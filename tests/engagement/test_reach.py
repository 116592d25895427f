"""Views as context: who is believed, what belongs to which post, and rates with their interval."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rejoinder.engagement.reach import Rate, paths_of, reach, weeks
from rejoinder.engagement.said import Post
from rejoinder.engagement.views import Figure, Key, Source

DAY = date(2026, 3, 1)
NEXT = DAY + timedelta(days=1)
PATHS = {"/first/": "first"}


@given(st.integers(0, 5000), st.integers(1, 10**6))
def test_the_interval_is_close_to_the_exact_one(count: int, views: int) -> None:
    rate = Rate(count, views)
    assert rate.interval is not None
    low, high = (bound * views / 1000 for bound in rate.interval)
    exact_low = stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    exact_high = stats.chi2.ppf(0.975, 2 * (count + 1)) / 2
    assert low == pytest.approx(exact_low, rel=0.02, abs=0.02)
    assert high == pytest.approx(exact_high, rel=0.02, abs=0.02)


def test_small_rates_are_counts() -> None:
    assert str(Rate(3, 1200)) == "3 of 1,200 views"
    assert str(Rate(30, 2000)) == "15.0 (10.1 to 21.4)"
    assert (Rate(0, 0).per_thousand, str(Rate(0, 0))) == (None, "0 of 0 views")


def test_two_who_counted_are_not_added_up() -> None:
    counted = {
        Source.LOGS: {Key(DAY, Figure.VIEW, "/first/"): 5, Key(DAY, Figure.VISITS): 4},
        Source.BEACON: {Key(DAY, Figure.VIEW, "/first/"): 3, Key(NEXT, Figure.VIEW, "/first/"): 2,
                        Key(NEXT, Figure.VISITS): 1},
    }  # fmt: skip
    found = reach(counted, PATHS, DAY, NEXT + timedelta(days=1))
    assert found.views == {DAY: 5, NEXT: 2}
    assert found.visits == {DAY: 4, NEXT: 1}
    assert found.days == {DAY: Source.LOGS, NEXT: Source.BEACON}
    assert found.rate({DAY.isoformat(): (2, 9), "2025-01-01": (7, 0)}) == Rate(2, 7)


def test_old_addresses_and_other_spellings_are_the_same_post() -> None:
    posts = [Post("first", "F", None, frozenset(), "https://b.example/caf%C3%A9/"),
             Post("home", "H", None, frozenset(), "https://b.example/b/")]  # fmt: skip
    paths = paths_of(posts, {"/old/": "/café/", "/gone/": "/nowhere/", "/b/": "/café/"})
    assert paths == {"/café/": "first", "/b/": "home", "/old/": "first"}
    counted = {Source.LOGS: {
        Key(DAY, Figure.VIEW, "/caf%C3%A9/"): 1, Key(DAY, Figure.VIEW, "/old/index.html"): 2,
        Key(DAY, Figure.VIEW, "/about/"): 4,
    }}  # fmt: skip
    found = reach(counted, paths, DAY, NEXT)
    assert (found.posts["first"].total(), found.of_posts) == (3, 3)
    assert found.pages == {"/about/": 4}


def test_readers_of_the_feed_are_those_of_the_last_day() -> None:
    counted = {Source.LOGS: {
        Key(DAY, Figure.FEED, "Feedly"): 50, Key(NEXT, Figure.FEED, "Feedly"): 40,
        Key(NEXT, Figure.FEED, "other"): 2, Key(NEXT, Figure.UNKNOWN, "/a/"): 7,
        Key(NEXT, Figure.LEFT_OUT, "bot"): 9, Key(NEXT, Figure.REFERRER, "X"): 1,
    }}  # fmt: skip
    found = reach(counted, {}, DAY, NEXT + timedelta(days=1))
    assert (found.feed, found.feed_day) == ({"Feedly": 40, "other": 2}, NEXT)
    assert (found.unknown, found.left_out, found.referrers) == (7, {"bot": 9}, {"X": 1})
    assert found.views.total() == 0


def test_weeks_end_with_a_day() -> None:
    days = {DAY - timedelta(days=n): 1 for n in range(20)}
    assert weeks(days, NEXT, 3) == [6, 7, 7]
