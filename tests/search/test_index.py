"""The words of a text, what they weigh, and the files of the index: without a site or a browser."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from rejoinder.search.entries import FRESH, Brief, Entry, Said, Text, enter
from rejoinder.search.index import BEGINNING, Index, file_count, file_of, fresh_comments
from rejoinder.search.weights import BODY, COMMENT, SCALE, TITLE, weights
from rejoinder.search.words import LONGEST, count, plain


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't wait; WAIT.", {"dont": 1, "wait": 2}),
        ("Nora’s memo, Ada's", {"nora": 1, "memo": 1, "ada": 1}),
        ("Straße, naïve Öre, e\u0301", {"strasse": 1, "naive": 1, "ore": 1, "e": 1}),
        ("ΟΔΟΣ οδός", {"οδοσ": 2}),
        ("東京都は", {"東京": 1, "京都": 1, "都は": 1}),
        ("の", {"の": 1}),
        ("version2東京ok", {"version2": 1, "東京": 1, "ok": 1}),
        ("ﬁne snake_case", {"fine": 1, "snake": 1, "case": 1}),
        ("हिन्दी", {"हिन्दी": 1}),
        ("— …  '", {}),
        ("x" * 99, {"x" * LONGEST: 1}),
    ],
)
def test_words_are_folded_and_counted(text: str, words: dict[str, int]) -> None:
    assert dict(count(text)) == words


def test_markup_is_no_part_of_the_text() -> None:
    html = '<p>One <b>t</b>wo &amp; <a title="a > b">three</a></p><script>no()</script><p>four</p>'
    assert plain(html) == "One two & three four"
    assert plain("2 < 3") == "2 < 3"


def test_a_title_outweighs_the_text_and_a_long_text_a_short_one_less() -> None:
    typical = weights((BODY, "memo " + "x " * (BODY.typical - 1)))
    assert typical["memo"] == round(BODY.counts * SCALE)
    assert weights((TITLE, "a memo of six words here"))["memo"] > typical["memo"]
    assert weights((BODY, "memo " + "x " * 5000))["memo"] < typical["memo"]
    assert weights((COMMENT, "memo " + "x " * (COMMENT.typical - 1)))["memo"] == SCALE / 2


def talk(*counts: int) -> list[Text]:
    """Posts with so many comments; those of all posts take turns, minute by minute."""
    return [
        Text(f"p{post}/", f"Post {post}", "2026-03-01", "", f"body{post}", [
            Said(f"c{number}", number * 10 + post, f"p{post}/#c{number}", "Ann", "2026-03-01",
                 f"shared only{post}x{number}")
            for number in range(comments)
        ])
        for post, comments in enumerate(counts)
    ]  # fmt: skip


def index_of(texts: Sequence[Text]) -> Index:
    pairs = [enter(one) for one in texts]
    briefs = [Brief.from_bytes(brief.to_bytes()) for brief, _ in pairs]
    return Index(
        briefs, lambda number: Entry.from_bytes(pairs[number][1].to_bytes()), texts.__getitem__
    )


def all_weights(index: Index) -> dict[tuple[str, int], list[int]]:
    """What each word weighs in each post and in its comments, from the files alone."""
    found: dict[tuple[str, int], list[int]] = {}

    def add(word: str, pairs: list[int], where: int) -> None:
        number = 0
        for step, weight in zip(pairs[::2], pairs[1::2], strict=True):
            number += step
            found.setdefault((word, number), [0, 0])[where] += weight

    for at, text in enumerate(index.word_files):
        for word, (own, comments) in json.loads(text).items():
            assert file_of(word, index.files) == at
            add(word, own, 0)
            add(word, comments, 1)
    for word, pairs in json.loads(index.fresh_file()).items():
        add(word, pairs, 1)
    return found


@pytest.mark.parametrize("counts", [(), (0,), (3, 5), (FRESH,), (FRESH + 1, 2), (70, 0, 41)])
def test_the_files_hold_every_weight_once(counts: tuple[int, ...]) -> None:
    texts = talk(*counts)
    index = index_of(texts)
    expected: dict[tuple[str, int], list[int]] = {}
    for number, text in enumerate(texts):
        for word, weight in enter(text)[1].post.items():
            expected.setdefault((word, number), [0, 0])[0] += weight
        for one in text.said:
            for word, weight in weights((COMMENT, f"{one.author} {one.text}")).items():
                expected.setdefault((word, number), [0, 0])[1] += weight
    assert all_weights(index) == expected
    assert sum(map(len, index.fresh.values())) == sum(counts) % FRESH


def test_a_new_comment_changes_the_file_of_the_newest_alone() -> None:
    before, after = index_of(talk(40, 50)), index_of(talk(40, 51))
    assert after.word_files == before.word_files
    assert after.print() == before.print()
    assert after.fresh_print() != before.fresh_print()
    assert after.fresh_file() != before.fresh_file()


def test_when_the_newest_are_enough_they_are_settled() -> None:
    before, after = index_of(talk(FRESH - 1)), index_of(talk(FRESH))
    assert json.loads(after.fresh_file()) == {}
    assert after.print() != before.print()
    assert fresh_comments([enter(one)[0] for one in talk(FRESH + 2)]) == {0: ("c32", "c33")}


def test_words_with_one_beginning_lie_in_one_file_and_files_are_a_power_of_two() -> None:
    assert file_of("potato", 1024) == file_of("potatoes", 1024) == file_of("potash"[:4], 1024)
    assert len({file_of(f"{number:04}", 64) for number in range(2000)}) == 64
    assert [file_count(one) for one in (0, 3000, 3001, 10**6, 10**9)] == [1, 1, 2, 512, 4096]
    assert BEGINNING == 4
