"""Who answers whom, whatever the data."""

from __future__ import annotations

import random

import pytest
from conftest import make_comment, number_id
from hypothesis import given
from hypothesis import strategies as st

from rejoinder.comments.model import Comment, Kind
from rejoinder.comments.threads import Counts, Node, build, count, walk


def shape(nodes: list[Node]) -> list:
    """Numbers, nested as the nodes are."""
    return [[int(n.comment.id.partition("-n")[2]), *shape(n.children)] for n in nodes]


def test_answers_stand_under_what_they_answer() -> None:
    thread = build([make_comment(3, 1), make_comment(1), make_comment(2), make_comment(4, 3)])
    assert shape(thread.nodes) == [[1, [3, [4]]], [2]]
    assert [n.depth for n in walk(thread.nodes)] == [1, 2, 3, 1]


def test_below_the_depth_it_goes_on_flat_and_says_whom_it_answers() -> None:
    comments = [make_comment(1), make_comment(2, 1), make_comment(3, 2), make_comment(4, 3),
                make_comment(5, 2), make_comment(6, 4), make_comment(7, 1)]  # fmt: skip
    thread = build(comments, max_depth=2)
    assert shape(thread.nodes) == [[1, [2], [3], [4], [5], [6], [7]]]
    said = {n.comment.author: n.answers and n.answers.author for n in walk(thread.nodes)}
    assert said["Reader 2"] is None
    assert said["Reader 7"] is None
    assert said["Reader 3"] == "Reader 2"
    assert said["Reader 6"] == "Reader 4"


def test_depth_one_is_a_flat_page() -> None:
    thread = build([make_comment(1), make_comment(2, 1), make_comment(3, 2)], max_depth=1)
    assert shape(thread.nodes) == [[1], [2], [3]]
    assert [n.answers.author if n.answers else None for n in thread.nodes] == [
        None, "Reader 1", "Reader 2",
    ]  # fmt: skip


def test_newest_first_turns_the_top_level_alone() -> None:
    comments = [make_comment(1), make_comment(2), make_comment(3, 1), make_comment(4, 1)]
    assert shape(build(comments, newest_first=True).nodes) == [[2], [1, [3], [4]]]


def test_an_orphan_stays_in_its_place_and_says_so() -> None:
    thread = build([make_comment(1), make_comment(2, 99), make_comment(3)])
    assert shape(thread.nodes) == [[1], [2], [3]]
    assert [n.orphan for n in thread.nodes] == [False, True, False]


def test_a_ring_is_cut_at_its_newest_link() -> None:
    comments = [make_comment(1, 3), make_comment(2, 1), make_comment(3, 2), make_comment(4, 2),
                make_comment(5, 5)]  # fmt: skip
    thread = build(comments)
    assert shape(thread.nodes) == [[3, [1, [2, [4]]]], [5]]
    assert thread.cycles == [[number_id(1), number_id(2), number_id(3)], [number_id(5)]]
    assert not thread.nodes[0].orphan
    assert thread.nodes[0].answers is not None


def test_mentions_and_reactions_stand_apart() -> None:
    comments = [
        make_comment(1),
        make_comment(2, 1, kind=Kind.AUTHOR),
        make_comment(3, kind=Kind.WEBMENTION),
        make_comment(4, 1, kind=Kind.WEBMENTION),
        make_comment(5, kind=Kind.PINGBACK),
        make_comment(6, 5),
        make_comment(7, kind=Kind.LIKE),
        make_comment(8, kind=Kind.REPOST),
        make_comment(9, kind=Kind.TRACKBACK),
    ]
    thread = build(comments)
    assert shape(thread.nodes) == [[1, [2], [4]], [5, [6]]]  # an answered mention is a talk
    assert shape(thread.mentions) == [[3], [9]]
    assert thread.counts == Counts(comments=3, by_author=1, mentions=4, likes=1, reposts=1)
    assert thread.counts.thoughts == 7
    assert thread.counts == count(comments)


@pytest.mark.parametrize("max_depth", [1, 2, 5, 20])
def test_ten_thousand_replies_deep(max_depth: int) -> None:
    comments = [make_comment(n, n - 1 if n else None) for n in range(10_000)]
    random.Random(1).shuffle(comments)
    nodes = walk(build(comments, max_depth=max_depth).nodes)
    assert len(nodes) == 10_000
    assert max(n.depth for n in nodes) == max_depth


parents = st.lists(st.integers(-1, 40), min_size=1, max_size=40)


@given(parents, st.integers(1, 6), st.booleans(), st.randoms())
def test_nothing_is_lost_or_doubled(
    links: list[int], max_depth: int, newest: bool, rng: random.Random
) -> None:
    """Any links at all, rings and orphans among them: each comment is shown just once, after
    the order in which the files are read has been shaken."""
    comments = [make_comment(n, None if p < 0 else p) for n, p in enumerate(links)]
    shaken = comments[:]
    rng.shuffle(shaken)
    thread = build(shaken, max_depth=max_depth, newest_first=newest)
    shown = [n.comment for n in walk(thread.nodes)]
    assert sorted(shown, key=lambda c: c.sort_key) == comments
    assert shape(thread.nodes) == shape(
        build(comments, max_depth=max_depth, newest_first=newest).nodes
    )
    by_id: dict[str, Comment] = {c.id: c for c in comments}
    ringed = {i for ring in thread.cycles for i in ring}
    for node in walk(thread.nodes):
        assert 1 <= node.depth <= max_depth
        for child in node.children:
            assert child.depth == node.depth + 1
            direct = child.comment.in_reply_to == node.comment.id
            assert direct or child.answers == by_id[child.comment.in_reply_to or ""]
        if node.orphan:
            assert node.comment.in_reply_to not in by_id
        if node.depth == 1 and max_depth > 1 and not node.orphan and node.comment.in_reply_to:
            assert node.comment.id in ringed
