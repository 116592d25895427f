"""The labelled set holds: nothing is taken wrongly, and next to nothing is missed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rejoinder.profiles.feeds import make
from rejoinder.profiles.matcher import Matcher

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from bench import labelled, match


@pytest.fixture(scope="module")
def cases() -> list[labelled.Case]:
    return labelled.cases()


def test_precision_and_recall_over_the_labelled_set(cases: list[labelled.Case]) -> None:
    result = match.score(Matcher(labelled.posts()), cases)
    assert len(cases) >= 200
    assert result.wrong == []
    assert result.recall >= 0.97, result.lost
    assert sum(result.taken.values()) > 150
    assert set(result.entries) == set(labelled.NETWORKS)


def test_the_set_has_negatives_in_every_network(cases: list[labelled.Case]) -> None:
    for network in labelled.NETWORKS:
        assert sum(not case.right for case in cases if case.network == network) >= 5


def test_a_matcher_that_takes_everything_fails_it(cases: list[labelled.Case]) -> None:
    class Greedy(Matcher):
        def proposals(self, entry):  # type: ignore[no-untyped-def]
            from dataclasses import replace

            return [replace(one, sure=True) for one in super().proposals(entry)]

    assert len(match.score(Greedy(labelled.posts()), cases).wrong) > 10


@given(st.text(max_size=300), st.sampled_from([*labelled.NETWORKS, "web"]))
@example("notes.html", "web")
def test_no_words_break_reading_or_matching(html: str, network: str) -> None:
    for text in (html, f'<a href="http://[{html}">x</a>', f"blog.example/{html}"):
        entry = make(network, "id", "https://x.example/1", labelled.START, "T", text)
        matcher_of_posts().proposals(entry)


def matcher_of_posts(made: list[Matcher] = []) -> Matcher:  # noqa: B006 - made once
    if not made:
        made.append(Matcher(labelled.posts()))
    return made[0]
