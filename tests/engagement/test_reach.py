"""Views as context: who is believed, what belongs to which post, and rates with their interval."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rejoinder.engagement.reach import Places, Rate, places_of, reach, weeks
from rejoinder.engagement.report import reach_rows
from rejoinder.engagement.said import Post
from rejoinder.engagement.views import Figure, Key, Source

DAY = date(2026, 3, 1)
NEXT = DAY + timedelta(days=1)
PLACES = Places({"/first/": "first"})


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


def test_of_two_who_counted_a_day_who_saw_more_is_taken() -> None:
    after = NEXT + timedelta(days=1)
    counted = {
        Source.LOGS: {
            Key(DAY, Figure.VIEW, "/first/"): 5, Key(DAY, Figure.VISITS): 4,
            Key(NEXT, Figure.VIEW, "/first/"): 1, Key(NEXT, Figure.LEFT_OUT, "bot"): 7,
            Key(NEXT, Figure.FEED, "Feedly"): 30, Key(after, Figure.LEFT_OUT, "bot"): 1,
        },
        Source.BEACON: {
            Key(DAY, Figure.VIEW, "/first/"): 3, Key(NEXT, Figure.VIEW, "/first/"): 2,
            Key(NEXT, Figure.VISITS): 1, Key(NEXT, Figure.LEFT_OUT, "bot"): 2,
            Key(NEXT, Figure.REFERRER, "a.example"): 1, Key(after, Figure.VIEW, "/first/"): 6,
        },
    }  # fmt: skip
    found = reach(counted, PLACES, DAY, after + timedelta(days=1))
    assert found.views == {DAY: 5, NEXT: 2, after: 6}
    assert found.visits == {DAY: 4, NEXT: 1, after: 0}
    assert found.days == {DAY: Source.LOGS, NEXT: Source.BEACON, after: Source.BEACON}
    assert (found.left_out, found.referrers) == ({"bot": 8}, {"a.example": 1})
    assert (found.feed, found.feed_day) == ({"Feedly": 30}, NEXT)
    assert found.rate({DAY.isoformat(): (2, 9), "2025-01-01": (7, 0)}) == Rate(2, 13)


def test_a_log_that_cant_tell_people_from_bots_counts_no_views() -> None:
    logs = {Key(DAY, Figure.UNKNOWN, "/first/"): 7, Key(DAY, Figure.LEFT_OUT, "asset"): 3}
    found = reach({Source.LOGS: logs}, PLACES, DAY, NEXT)
    assert (found.days, found.unknown, found.views.total()) == ({}, 7, 0)
    views = reach_rows(found, {})[0]
    assert (views.figure, views.sample) == (
        "–", "nothing was counted; 7 by people or bots, where the log doesn't say")  # fmt: skip
    beacon = {Key(DAY, Figure.VIEW, "/first/"): 2}
    found = reach({Source.LOGS: logs, Source.BEACON: beacon}, PLACES, DAY, NEXT)
    assert (found.days, found.unknown, found.views) == ({DAY: Source.BEACON}, 7, {DAY: 2})


def post(thread: str, url: str) -> Post:
    return Post(thread, "T", None, frozenset(), url)


def views(*each: tuple[str, int]) -> dict[Source, dict[Key, int]]:
    return {Source.LOGS: {Key(DAY, Figure.VIEW, path): number for path, number in each}}


def test_a_post_has_the_views_of_its_old_address() -> None:
    posts = [post("first", "https://b.example/caf%C3%A9/"), post("home", "https://b.example/b/")]
    places = places_of(posts, "", [("/old/", "/café/"), ("/gone", "/nowhere/"), ("/b/", "/café/")])
    counted = views(("/café/", 1), ("/old/", 2), ("/b/", 8), ("/gone/", 4), ("/nowhere/", 3))
    found = reach(counted, places, DAY, NEXT)
    assert {thread: of.total() for thread, of in found.posts.items()} == {"first": 2, "home": 8}
    assert found.pages == {"/nowhere/": 4}
    assert found.views == {DAY: 14}


def test_a_post_has_the_views_of_its_address_without_the_slash() -> None:
    posts = [post(path[1:], f"https://b.example{path}") for path in ("/a/", "/a", "/b/", "/c/")]
    places = places_of(posts, "", [("/c", "/b/"), ("/old/", "/b")])
    counted = views(("/a/", 1), ("/a", 2), ("/b", 4), ("/b/", 8), ("/c", 16), ("/old/", 3))
    found = reach(counted, places, DAY, NEXT)
    assert {thread: of.total() for thread, of in found.posts.items()} == {
        "a/": 1, "a": 2, "b/": 4 + max(8, 16 + 3)}  # fmt: skip
    assert found.pages == {}


def test_who_is_led_on_by_redirects_is_one_view() -> None:
    moved = [("/a", "/b/"), ("/b/", "/c"), ("/x.html", "/c/"), ("/r/", "/s/"), ("/s/", "/r/")]
    places = places_of([post("c", "https://b.example/blog/c/")], "/blog", moved)
    by_page = views(("/blog/a/", 3), ("/blog/b/", 5), ("/blog/x.html", 2), ("/blog/c/", 9))
    assert reach(by_page, places, DAY, NEXT).posts == {"c": {DAY: 9}}
    before = views(("/blog/a/", 3), ("/blog/x.html", 2), ("/blog/r/", 1))
    found = reach(before, places, DAY, NEXT)
    assert (found.posts, found.pages) == ({"c": {DAY: 5}}, {"/blog/r/": 1})


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdefgh"), max_size=6),
       st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 9)))  # fmt: skip
def test_views_are_neither_lost_nor_made_by_redirects(
    led: dict[str, str], seen: dict[str, int]
) -> None:
    """However many redirects there are: not more than was counted, nor less than at any path."""
    moved = [(f"/{old}/", f"/{new}/") for old, new in led.items()]
    places = places_of([post("g", "https://b.example/g/")], "", moved)
    counted = {f"/{path}/": number for path, number in seen.items()}
    found = places.settled(counted)
    assert max(counted.values(), default=0) <= sum(found.values()) <= sum(counted.values())
    assert not found.keys() & places.moved.keys()


def test_readers_of_the_feed_are_those_of_the_last_day() -> None:
    counted = {Source.LOGS: {
        Key(DAY, Figure.FEED, "Feedly"): 50, Key(NEXT, Figure.FEED, "Feedly"): 40,
        Key(NEXT, Figure.FEED, "other"): 2, Key(DAY, Figure.UNKNOWN, "/a/"): 7,
        Key(NEXT, Figure.LEFT_OUT, "bot"): 9, Key(NEXT, Figure.REFERRER, "X"): 1,
    }}  # fmt: skip
    found = reach(counted, Places(), DAY, NEXT + timedelta(days=1))
    assert (found.feed, found.feed_day) == ({"Feedly": 40, "other": 2}, NEXT)
    assert (found.unknown, found.left_out, found.referrers) == (7, {"bot": 9}, {"X": 1})
    assert found.views.total() == 0


def test_weeks_end_with_a_day() -> None:
    days = {DAY - timedelta(days=n): 1 for n in range(20)}
    assert weeks(days, NEXT, 3) == [6, 7, 7]
