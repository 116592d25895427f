"""A parser that is asked less gives what Python-Markdown gives."""

from __future__ import annotations

import re
from typing import Any

import markdown
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from incremental.parsing import BLOCKS, BLOCKS_OF, INLINE, ask_less
from markdown import Markdown
from markdown.blockparser import BlockParser
from markdown.treeprocessors import InlineProcessor

_EXTENSIONS = ["extra", "meta", "codehilite", "toc"]
_MORE = ["admonition", "sane_lists", "smarty", "nl2br", "wikilinks", "legacy_em", "legacy_attrs"]

_PIECES = [
    "word", "two words", " ", "\n", "\n\n", "\n    ", "    code", "\t", "# Head", "## Head ##",
    "Head\n====", "Head\n-----", "- one", "* two", "\n\n+ three", "1. first", "2. second", "> said",
    ">", "---", "***", "_ _ _", "*em*", "**strong**", "***both***", "_em_", "__init__",
    "snake_case", "`code`", "``a ` b``", "`", "\\*", "\\\\", "\\`",
    "[text](https://example.com)", "[text](u 't')", "[text][ref]", "[ref]", "[ref]: /u 'T'",
    "![alt](a.png)", "![alt][ref]", "[^1]", "[^1]: a note", "<https://example.com>",
    "<a@example.com>", "<b>bold</b>", "<div>", "</div>", "<div markdown='1'>", "<!-- aside -->",
    "&amp;", "&", "&#65;", "  \n", "a | b\n--|--\n1 | 2", "| a |\n|---|\n| b |",
    "Term\n: meaning", ":", "*[HTML]: Hyper", "HTML", "```python\nx = 1\n```", "~~~\nraw\n~~~",
    "{: .class #id}", '{: title="*"}', "[TOC]", '"quoted"', "!!! note\n    text", "[[Wiki]]",
    "<", ">", "[", "]", "!", "|", "~", "klzzwxh:0000", "é", "مرحبا",
]  # fmt: skip
_texts = st.lists(st.sampled_from(_PIECES), max_size=24).map(" ".join) | st.lists(
    st.sampled_from(_PIECES), max_size=24
).map("\n".join)


def parsers(*extensions: str) -> tuple[Markdown, Markdown]:
    """Python-Markdown's own and one that is asked less."""
    options: dict[str, Any] = {"extensions": list(extensions), "output_format": "html"}
    return Markdown(**options), ask_less(Markdown(**options))


_PAIRS = {name: parsers(*some) for name, some in {
    "none": (), "the demo's": _EXTENSIONS, "all": (*_EXTENSIONS, *_MORE),
}.items()}  # fmt: skip


@pytest.mark.parametrize("name", _PAIRS)
@settings(max_examples=300, deadline=None)
@given(text=_texts)
def test_the_same_comes_out(name: str, text: str) -> None:
    plain, quick = _PAIRS[name]
    assert quick.reset().convert(text) == plain.reset().convert(text)


def test_the_demo_s_rules_are_known() -> None:
    _, quick = _PAIRS["the demo's"]
    unknown = [rule.pattern for rule in quick.inlinePatterns if rule.pattern not in INLINE]
    assert not unknown
    known = {type(rule) for rule in quick.parser.blockprocessors}
    assert known >= BLOCKS.keys()


def test_the_version_here_is_one_that_was_looked_at() -> None:
    assert markdown.__version_info__[:2] in BLOCKS_OF


@settings(max_examples=300, deadline=None)
@given(text=st.text() | _texts)
def test_no_inline_rule_matches_without_what_it_needs(text: str) -> None:
    for expression, needed in INLINE.items():
        if found := re.search(expression, text, re.DOTALL):
            assert set(needed) & set(found.group() or text[found.start() : found.end() + 1])


def test_what_another_put_there_stays() -> None:
    class Mine(InlineProcessor):
        pass

    class MyBlocks(BlockParser):
        pass

    parser = Markdown()
    parser.treeprocessors.register(Mine(parser), "inline", 20)
    parser.parser.__class__ = MyBlocks
    ask_less(parser)
    assert type(parser.treeprocessors["inline"]) is Mine
    assert type(parser.parser) is MyBlocks


def test_blocks_of_another_version_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "__version_info__", (9, 0, 0, "final", 0))
    assert type(ask_less(Markdown()).parser) is BlockParser


def test_rules_are_tried_by_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    apply = InlineProcessor._InlineProcessor__applyPattern  # type: ignore[attr-defined]

    def noted(self: Any, rule: Any, *rest: Any) -> Any:
        tried.append(rule.pattern)
        return apply(self, rule, *rest)

    monkeypatch.setattr(InlineProcessor, "_InlineProcessor__applyPattern", noted)
    _, quick = parsers(*_EXTENSIONS)
    assert quick.convert("Only words.") == "<p>Only words.</p>"
    assert tried == []
    quick.convert("A *word*.")
    assert set(tried) == {r"\*|_"}
