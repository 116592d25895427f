"""Python-Markdown, asked less: of its thirty rules a text is tried against those alone that can
match, by the characters that are in it. What comes out is the same.

Half of the time of a parse goes into rules that look for a character which isn't there. Which one a
rule needs is known of Python-Markdown's own: of inline rules by their very expression, of rules for
blocks by their class in the versions that were looked at. All others are tried as ever."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar
from xml.etree.ElementTree import Element

import markdown
from markdown import Markdown, inlinepatterns
from markdown.blockparser import BlockParser
from markdown.blockprocessors import (
    BlockQuoteProcessor,
    HashHeaderProcessor,
    HRProcessor,
    ReferenceProcessor,
    SetextHeaderProcessor,
    UListProcessor,
)
from markdown.extensions.abbr import AbbrBlockprocessor
from markdown.extensions.def_list import DefListProcessor
from markdown.extensions.footnotes import FootnoteBlockProcessor
from markdown.extensions.md_in_html import MarkdownInHtmlProcessor
from markdown.extensions.tables import TableProcessor
from markdown.treeprocessors import InlineProcessor
from markdown.util import STX, AtomicString

from .steps import quicken

INLINE: Mapping[str, str] = {
    inlinepatterns.BACKTICK_RE: "`\\",
    inlinepatterns.ESCAPE_RE: "\\",
    inlinepatterns.LINK_RE: "[",
    inlinepatterns.REFERENCE_RE: "[",
    inlinepatterns.IMAGE_LINK_RE: "[",
    inlinepatterns.IMAGE_REFERENCE_RE: "[",
    inlinepatterns.AUTOLINK_RE: "<",
    inlinepatterns.AUTOMAIL_RE: "<",
    inlinepatterns.HTML_RE: "<",
    inlinepatterns.ENTITY_RE: "&",
    inlinepatterns.LINE_BREAK_RE: "\n",
    r"\[\^([^\]]*)\]": "[",
    r"\*|_": "*_",
}
"""The expression of an inline rule, and the characters one of which every match of it has."""

BLOCKS: Mapping[type, str] = {
    MarkdownInHtmlProcessor: STX,
    TableProcessor: "|",
    HashHeaderProcessor: "#",
    SetextHeaderProcessor: "\n",
    HRProcessor: "-_*",
    UListProcessor: "-+*",
    DefListProcessor: ":",
    BlockQuoteProcessor: ">",
    FootnoteBlockProcessor: "[",
    AbbrBlockprocessor: "[",
    ReferenceProcessor: "[",
}
"""The class of a rule for blocks, and the characters one of which a block has that it changes."""

BLOCKS_OF = frozenset({(3, 11)})
"""Versions of Python-Markdown of which `BLOCKS` and the steps hold."""

_HANDLE = "_InlineProcessor__handleInline"
_APPLY = "_InlineProcessor__applyPattern"

_Rule = TypeVar("_Rule")


class _Rules(Generic[_Rule]):
    """Rules with what each needs ('' is nothing), by what is there."""

    def __init__(self, rules: Iterable[tuple[_Rule, str]]) -> None:
        self._rules = [*rules]
        self._characters = sorted({one for _, needed in self._rules for one in needed})
        self._known: dict[str, list[_Rule]] = {}

    def that_can_match(self, text: str) -> list[_Rule]:
        """Those of the rules, in their order."""
        there = "".join([one for one in self._characters if one in text])
        found = self._known.get(there)
        if found is None:
            found = [rule for rule, needed in self._rules
                     if not needed or any(one in there for one in needed)]  # fmt: skip
            self._known[there] = found
        return found


class _Inline(InlineProcessor):
    """Python-Markdown's own, but for how a text is taken through the rules."""

    def run(self, tree: Element, ancestors: list[str] | None = None) -> Element:
        rules: Any = enumerate(self.inlinePatterns)
        self._rules = _Rules(((n, rule), INLINE.get(rule.pattern, "")) for n, rule in rules)
        self._apply = getattr(self, _APPLY)
        return super().run(tree, ancestors)

    def _handle(self, data: str, first: int = 0) -> str:
        if isinstance(data, AtomicString):
            return data
        # A rule puts marks in the place of what it matches, and no character that another needs.
        for number, rule in self._rules.that_can_match(data):
            matched, start = number >= first, 0
            while matched:
                data, matched, start = self._apply(rule, data, number, start)
        return data


setattr(_Inline, _HANDLE, _Inline._handle)


class _Blocks(BlockParser):
    """Python-Markdown's own, but for how blocks are taken through the rules."""

    def parseBlocks(self, parent: Element, blocks: list[str]) -> None:  # noqa: N802
        rules = self._rules
        while blocks:
            for rule in rules.that_can_match(blocks[0]):
                if rule.test(parent, blocks[0]) and rule.run(parent, blocks) is not False:
                    break

    _rules: _Rules[Any]


def ask_less(parser: Markdown) -> Markdown:
    """Make a parser quicker, where its version is known. It gives what it gave."""
    if hasattr(InlineProcessor, _HANDLE) and hasattr(InlineProcessor, _APPLY):
        registry = parser.treeprocessors
        if type(registry["inline"]) is InlineProcessor:
            registry.register(_Inline(parser), "inline", 20)
    if markdown.__version_info__[:2] not in BLOCKS_OF:
        return parser
    quicken(parser)
    blocks = parser.parser
    if type(blocks) is BlockParser:
        blocks.__class__ = _Blocks
        blocks._rules = _Rules(  # type: ignore[attr-defined]
            (rule, BLOCKS.get(type(rule), "")) for rule in blocks.blockprocessors
        )
    return parser
