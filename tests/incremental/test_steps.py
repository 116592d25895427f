"""Steps that look first whether there is something for them give what Python-Markdown's own do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from incremental.parsing import ask_less
from incremental.steps import QUICK, _Fences, quicken
from markdown import Markdown
from markdown.extensions.fenced_code import FencedBlockPreprocessor
from markdown.extensions.toc import TocTreeprocessor

_EXTENSIONS = ["extra", "meta", "codehilite", "toc"]
_MORE = ["admonition", "sane_lists", "smarty", "nl2br", "wikilinks", "legacy_em", "legacy_attrs"]

_PIECES = [
    "word", "é words", " ", "  ", "\n", "\n\n", "\n   \n", "\n \n \n", "\n\t\n", "\t", "\r", "\r\n",
    "\x0b", "\x0c", "\x85", "\xa0", "\u2028", "\x00", "\x02", "\x03", "\x020\x03", "\x02amp\x03",
    "\x02wzxhzdk:0\x03", "<p>\x02wzxhzdk:0\x03</p>", "\x02klzzwxh:0000\x03", "\x02wzxhzdk:7\x03",
    "\\", "# Head", "## Head {#id .class}", "### *Em* & `a<b>`", "#### [^1] Note", "Head\n====",
    "Head {: data-toc-label='x & y'}\n----", "# Head ##", "# [TOC]", "[TOC]", "\n\n[TOC]\n\n",
    "[T\x02OC]", "[TOC\\]", "> [TOC]", "- [TOC]", "`[TOC]`", "*[TOC]*", "[TOC]\n{: .x}", "- one",
    "* two", "+ three", "1. first", "    code", "> said", "---", "a | b\n--|--\n1 | {: .x}",
    "Term\n: meaning {: .x}", "*em*{: .x}", "**strong**", "`code`{.x}", "{: .class #id}", "{.x",
    "\n{: .block}", "}", "{: a=b 'c' }", "\\{", "&#123;: .x}", "\\*", "\\&", "`` ` ``",
    "[text](https://example.com){: .x}", "[ref]", "[ref]: /u 'T {'", "![alt](a.png)", "[^1]",
    "[^1]: a {: .x} note", "*[HTML]: Hyper", "HTML", "<https://example.com>", "<a@example.com>",
    "<b>", "</b>", "<b>bold</b>", "<div>", "</div>", "<div markdown='1'>", "<p markdown>", "<p>",
    "</p>", "<hr>", "<pre>", "</pre>", "<!-- aside -->", "<!--", "-->", "<?php ?>", "<!DOCTYPE>",
    "<![CDATA[", "]]>", "<", ">", "&", "&amp;", "&#65;", "&#65 ", "&#x41", "&copy ", "&;", "&lt;",
    "```", "````", "~~~", "~~~~", "\n```\n", "\n~~~\n", "```python\nx = 1 < 2\n```", "``` {.py #i}",
    "```py hl_lines='1'\n", "``` {.py\n", " ```", "> ```\n> x\n> ```", "~~~\n```\n~~~\n", "```\r\n",
    "Title: one", "  more", "---\nTitle: two\n---\n",
]  # fmt: skip
_pieces = st.lists(st.sampled_from(_PIECES) | st.text(max_size=3), max_size=20)
_texts = st.sampled_from(["", " ", "\n", "\n\n"]).flatmap(lambda by: _pieces.map(by.join))


def parsers(**options: Any) -> tuple[Markdown, Markdown]:
    """Python-Markdown's own and one whose steps look first."""
    options = {"extensions": _EXTENSIONS, "output_format": "html", **options}
    quick = Markdown(**options)
    quicken(quick)
    return Markdown(**options), quick


_PAIRS = {name: parsers(**options) for name, options in {
    "the demo's": {},
    "all": {"extensions": [*_EXTENSIONS, *_MORE]},
    "links to headings": {"extension_configs": {
        "toc": {"permalink": True, "baselevel": 2, "toc_depth": "2-3", "title": "Here"},
    }},
    "linked headings": {"extension_configs": {"toc": {"anchorlink": True, "marker": ""}}},
    "no Pygments": {"extension_configs": {"codehilite": {"use_pygments": False}}},
    "fences alone": {"extensions": ["fenced_code", "attr_list"], "tab_length": 3},
}.items()}  # fmt: skip


@pytest.mark.parametrize("name", _PAIRS)
@settings(max_examples=300, deadline=None)
@given(text=_texts)
def test_the_same_comes_out(name: str, text: str) -> None:
    plain, quick = _PAIRS[name]
    assert quick.reset().convert(text) == plain.reset().convert(text)
    assert vars(quick).get("Meta") == vars(plain).get("Meta")


@pytest.mark.parametrize("name", ["normalize_whitespace", "fenced_code_block", "html_block"])
@settings(max_examples=300, deadline=None)
@given(text=_texts)
def test_a_step_before_the_rules_gives_the_same(name: str, text: str) -> None:
    outcomes = []
    for parser in _PAIRS["no Pygments"]:
        lines = parser.reset().preprocessors[name].run(text.split("\n"))
        written: Any = parser.postprocessors["raw_html"]
        outcomes.append((lines, [*map(written.stash_to_string, parser.htmlStash.rawHtmlBlocks)]))
    assert outcomes[0] == outcomes[1]


@settings(max_examples=300, deadline=None)
@given(text=_texts)
def test_a_fence_is_found_where_it_is(text: str) -> None:
    plain, quick = FencedBlockPreprocessor.FENCED_BLOCK_RE, vars(_Fences)["FENCED_BLOCK_RE"]
    for index in range(len(text)):
        assert str(quick.search(text, index)) == str(plain.search(text, index))


@settings(max_examples=300, deadline=None)
@given(stash=st.lists(_texts, max_size=3), text=_texts, block=st.booleans())
def test_what_was_put_away_comes_back_the_same(stash: list[str], text: str, block: bool) -> None:
    outcomes = []
    # A piece may hold those before it: one that held itself would never end.
    pieces = [piece.replace("wzxhzdk:0", f"wzxhzdk:{at - 1}" if at else "")
              for at, piece in enumerate(stash)]  # fmt: skip
    for parser in _PAIRS["the demo's"]:
        for piece in pieces:
            parser.htmlStash.store(f"<div>{piece}</div>" if block else piece)
        marked = text.replace("wzxhzdk:0", f"wzxhzdk:{len(stash) - 1}")
        outcomes.append(parser.postprocessors["raw_html"].run(marked))
        parser.reset()
    assert outcomes[0] == outcomes[1]


def test_a_table_of_contents_is_made_where_it_has_a_place() -> None:
    plain, quick = _PAIRS["the demo's"]
    for text in "# A\n\n## B\n\n[TOC]", "[TOC]", "> [TOC]\n\n# A":
        plain.reset().convert(text)
        quick.reset().convert(text)
        assert (vars(quick)["toc"], vars(quick)["toc_tokens"]) == (
            vars(plain)["toc"], vars(plain)["toc_tokens"]
        )  # fmt: skip


def test_every_step_is_one_of_the_demo_s() -> None:
    plain, quick = _PAIRS["the demo's"]
    own, ours = (
        {type(step) for steps in (parser.preprocessors, parser.treeprocessors,
                                  parser.postprocessors) for step in steps}
        for parser in (plain, quick)
    )  # fmt: skip
    assert own >= set(QUICK)
    assert ours >= set(QUICK.values())
    assert not ours & set(QUICK)


def test_a_step_of_another_s_stays() -> None:
    class MyFences(FencedBlockPreprocessor):
        pass

    class MyToc(TocTreeprocessor):
        pass

    parser = Markdown(extensions=_EXTENSIONS)
    parser.preprocessors["fenced_code_block"].__class__ = MyFences
    parser.treeprocessors["toc"].__class__ = MyToc
    ask_less(parser)
    assert type(parser.preprocessors["fenced_code_block"]) is MyFences
    assert type(parser.treeprocessors["toc"]) is MyToc


def test_steps_of_another_version_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("markdown.__version_info__", (9, 0, 0, "final", 0))
    parser = ask_less(Markdown(extensions=_EXTENSIONS))
    assert type(parser.treeprocessors["toc"]) is TocTreeprocessor
