"""Pygments' lexers, asked less: they say what they said."""

from __future__ import annotations

import gc
import re
import weakref
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from incremental.lexing import ask_less, beginnings
from pygments.lexer import Lexer, RegexLexer
from pygments.lexers import find_lexer_class_by_name, get_all_lexers
from pygments.token import Text

CODE = (
    Path(__file__).read_text("utf-8")
    + """
<?php echo "<p>$a</p>"; ?> <a href="x">&amp;</a> @media (min-width: 3em) { p { color: #fff } }
KſK İı\u00a0\x1c\x85\x00 `tick` ${name} 12.5e-3 0x1F 'it''s' -- SELECT * FROM t; /* end */ |> \\
"""
)

LETTERS = "aAkK0_ \n\t\"'#<>/*{}()[]=.:;@$%-+\\K\x00\u00a0é"


@cache
def _lexers() -> list[str]:
    return [names[0] for _, names, _, _ in get_all_lexers() if names]


def _new(name: str) -> Any:
    return find_lexer_class_by_name(name)()


@pytest.fixture(scope="module", autouse=True)
def _at_once() -> Iterator[None]:
    """Lexers choose from the first place on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("incremental.lexing._ASKED_ENOUGH", 0)
        yield


@pytest.mark.parametrize("part", range(8))
def test_every_lexer_says_what_it_said(part: int) -> None:
    asked = 0
    for name in _lexers()[part::8]:
        lexer, plain = ask_less(_new(name)), _new(name)
        if type(lexer) is type(plain):
            continue
        asked += 1
        assert list(lexer.get_tokens(CODE)) == list(plain.get_tokens(CODE)), name
    assert asked > 40


@pytest.mark.parametrize("name", ["python", "javascript", "html", "css", "bash", "yaml", "perl"])
@given(text=st.text(LETTERS, max_size=80))
def test_any_text_comes_out_the_same(name: str, text: str) -> None:
    assert list(ask_less(_new(name)).get_tokens(text)) == list(_new(name).get_tokens(text))


expressions = st.recursive(
    st.sampled_from([
        "a", "k", "é", ".", "[a-c]", "[^a]", r"\d", r"\W", r"\s", "^", "$", r"\b", "(?=a)", "(?!b)",
        "(?<=a)", "(?:)", "[k-é]", "[一-丁]", r"[\w-]", "\\.", "(?i:k)", "(?>a?)", "x*+",
    ]),
    lambda inner: st.one_of(
        st.builds("({})".format, inner), st.builds("(?:{}|{})".format, inner, inner),
        st.builds("{}{}".format, inner, inner), st.builds("(?:{})?".format, inner),
        st.builds("(?:{})+".format, inner), st.builds("(?:{}){{0,2}}?".format, inner),
        st.builds(r"({})\1".format, inner),
    ),
    max_leaves=6,
)  # fmt: skip


@given(expressions, st.sampled_from([0, re.IGNORECASE, re.MULTILINE, re.DOTALL]),
       st.text(LETTERS, max_size=6))  # fmt: skip
def test_a_match_begins_with_one_of_the_characters(source: str, flags: int, text: str) -> None:
    try:
        pattern = re.compile(source, flags)
    except re.error:
        return
    begins = beginnings(pattern)
    for at, character in enumerate(text):
        if character.isascii() and (character.isprintable() or character in "\t\n"):
            assert character in begins or pattern.match(text, at) is None


def test_what_a_match_begins_with_is_told_apart() -> None:
    found = beginnings(re.compile(r"(?<!\.)(?:def|class)\b|[0-9]+"))
    assert found == set("dc0123456789")
    assert beginnings(re.compile("k", re.IGNORECASE)) == {"k", "K"}


def test_lexers_that_go_their_own_way_are_left_alone() -> None:
    class Each(RegexLexer):
        tokens = {"root": [("a", Text)], "digits": [("[0-9]", Text)]}  # noqa: RUF012

        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self._tokens = {"root": type(self)._tokens["digits"]}

    assert list(ask_less(Each()).get_tokens("1")) == list(Each().get_tokens("1"))

    class Own(RegexLexer):
        tokens = {"root": [("a", lambda lexer, match: iter(()))]}  # noqa: RUF012

        def get_tokens_unprocessed(self, text: str, stack: Any = ("root",)) -> Any:
            return iter([(0, None, text)])

    assert type(ask_less(Own())) is Own
    assert type(ask_less(Lexer())) is Lexer


def test_lexers_go_when_nobody_holds_them() -> None:
    gc.disable()  # as in a worker
    try:
        lexer = ask_less(_new("python"))
        list(lexer.get_tokens("f(1)"))
        gone = weakref.ref(lexer)
        del lexer
        assert gone() is None
    finally:
        gc.enable()
