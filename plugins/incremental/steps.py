"""Steps of Python-Markdown that go through a whole text, or all that came of it: each looks first
whether there is something for it. What comes out is the same.

Nearly every step looks for a mark, such as `{`, at every place where it may be. Whether it is in
the text at all can be told a hundred times as fast."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions.attr_list import AttrListTreeprocessor
from markdown.extensions.fenced_code import FencedBlockPreprocessor
from markdown.extensions.md_in_html import HtmlBlockPreprocessor, MarkdownInHTMLPostprocessor
from markdown.extensions.toc import TocTreeprocessor
from markdown.preprocessors import NormalizeWhitespace
from markdown.util import ETX, HTML_PLACEHOLDER, STX

_BLANK = re.compile(r"\n +(?=\n)")
_FENCE = re.compile(r"\n(?:```|~~~)")
_STASHED = re.compile(HTML_PLACEHOLDER % "([0-9]+)")


def _text(root: Element) -> str:
    return "".join(root.itertext())


class _Whitespace(NormalizeWhitespace):
    """Looks for blank lines where lines end, instead of at every character."""

    def run(self, lines: list[str]) -> list[str]:
        text = "\n".join(lines).replace(STX, "").replace(ETX, "")
        text = text.replace("\r\n", "\n").replace("\r", "\n") + "\n\n"
        return _BLANK.sub("\n", text.expandtabs(self.md.tab_length)).split("\n")


class _Fence:
    """Finds a fenced block as the expression of all of it does, but begins at fences."""

    whole = FencedBlockPreprocessor.FENCED_BLOCK_RE

    def search(self, text: str, index: int) -> re.Match[str] | None:
        """The first at `index` or after it."""
        for begin in self._begins(text, index):
            if found := self.whole.match(text, begin):
                return found
        return None

    def _begins(self, text: str, index: int) -> Iterator[int]:
        if index == 0:
            yield 0
        for fence in _FENCE.finditer(text, max(index - 1, 0)):
            yield fence.start() + 1


class _Fences(FencedBlockPreprocessor):
    FENCED_BLOCK_RE: ClassVar[Any] = _Fence()


class _HtmlBlocks(HtmlBlockPreprocessor):
    """Parses a text where there is HTML in it."""

    def run(self, lines: list[str]) -> list[str]:
        text = "\n".join(lines)
        return super().run(lines) if "<" in text or "&" in text else text.split("\n")


class _AttrLists(AttrListTreeprocessor):
    """Looks for lists where there is a brace."""

    def run(self, doc: Element) -> None:
        if "{" in _text(doc):
            super().run(doc)


class _Toc(TocTreeprocessor):
    """Names headings, and makes a table of them where a text has a place for one. The parser's own
    `toc` is empty otherwise."""

    def run(self, doc: Element) -> None:
        self._has_place = bool(self.marker) and self.marker in _text(doc)
        super().run(doc)

    def build_toc_div(self, toc_list: list[Any]) -> Element:
        return super().build_toc_div(toc_list) if self._has_place else Element("div")

    def replace_marker(self, root: Element, elem: Element) -> None:
        if self._has_place:
            super().replace_marker(root, elem)


class _Stashed(MarkdownInHTMLPostprocessor):
    """Goes from one piece of HTML that was put away to the next."""

    def run(self, text: str) -> str:
        stash, last = self.md.htmlStash, 0
        parts: list[str] = []
        for found in _STASHED.finditer(text) if STX in text else ():
            (start, end), number = found.span(), int(found[1])
            if number < stash.html_counter:
                html = self.stash_to_string(stash.rawHtmlBlocks[number])
                if text.startswith("<p>", max(start - 3, 0)) and text.startswith("</p>", end):
                    start, end = start - 3, end + 4
                    if not self.isblocklevel(html):
                        html = f"<p>{html}</p>"
                parts += text[last:start], self.run(html)
                last = end
        return "".join((*parts, text[last:]))


QUICK: Mapping[type, type] = {
    NormalizeWhitespace: _Whitespace,
    FencedBlockPreprocessor: _Fences,
    HtmlBlockPreprocessor: _HtmlBlocks,
    AttrListTreeprocessor: _AttrLists,
    TocTreeprocessor: _Toc,
    MarkdownInHTMLPostprocessor: _Stashed,
}
"""A step's class, and one that does the same."""


def quicken(parser: Markdown) -> None:
    """Let the steps of a parser look first, where they are Python-Markdown's own, of a version
    that was looked at."""
    for steps in (parser.preprocessors, parser.treeprocessors, parser.postprocessors):
        for step in steps:
            step.__class__ = QUICK.get(type(step), type(step))
