"""Markdown that was written for another program, as the site reads it. Pure.

Jekyll's kramdown and Hugo's Goldmark read lists, code and bare links as CommonMark and GitHub do
(cmark-gfm stands for both here); Python-Markdown wants a blank line before a list and four spaces
inside it. A post that both read alike is kept to the letter. Of another, each block is held against
what cmark-gfm makes of it, and those that would change are written anew, verified as `markdown`
does; all others stay as their author wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement

from rejoinder.comments import commonmark
from rejoinder.migrate.fragments import Group, Node, blocks, parse, shape, tidy
from rejoinder.migrate.markdown import Converted, from_soup, reads_as

_EXTENSIONS = ("table", "strikethrough", "tasklist")
_PLACE = "data-sourcepos"
# What kramdown and Python-Markdown know and CommonMark doesn't: footnotes, abbreviations,
# attributes, definitions, HTML with Markdown in it.
_MORE = re.compile(
    r"\[\^[^\]]+\]|^\*\[|\{:|\{ ?[.#]\w|\{ ?[\w-]+=|^ {0,3}[:~] |markdown=|\[TOC\]", re.M
)
_ADDRESS = re.compile(r"^ {0,3}\[[^^\]][^\]]*\]:[ \t]*\S.*$", re.M)


@dataclass(frozen=True, slots=True)
class _Region:
    """Some lines of the text, from 0 and without the last, and what they are as HTML."""

    begin: int
    end: int
    nodes: Group


def adapted(text: str, *, bare_links: bool) -> Converted:
    """Markdown that the site reads as kramdown or Goldmark would have; with `bare_links`, an
    address alone is a link."""
    extensions = (*_EXTENSIONS, "autolink") if bare_links else _EXTENSIONS
    lines = text.split("\n")
    regions = list(_regions(_parsed(text, extensions), len(lines)))
    shapes = [_shape(region.nodes) for region in regions]
    if reads_as(text, [one for shaped in shapes for one in shaped]):
        return Converted(text, len(regions), 0)
    addresses = _ADDRESS.findall(text)
    made: list[str] = []
    kept_as_html = at = 0
    lost: list[str] = []
    for region, wanted in zip(regions, shapes, strict=True):
        source = "\n".join(lines[region.begin : region.end]).strip("\n")
        made.append("\n".join(lines[at : region.begin]))
        at = region.end
        if _MORE.search(source) or reads_as("\n\n".join((source, *addresses)), wanted):
            made.append(source)
            continue
        written = from_soup(_alone(region.nodes))
        kept_as_html += written.kept_as_html
        made.append(written.text)
        lost += _ADDRESS.findall(source)
    made.append("\n".join(lines[at:]))
    parts = [part.strip("\n") for part in (*made, *lost) if part.strip()]
    return Converted("\n\n".join(parts) + "\n", len(regions), kept_as_html)


def code_lines(text: str) -> set[int]:
    """The lines, from 0, that are code in blocks: no link is one there."""
    found: set[int] = set()
    for tag in _parsed(text, _EXTENSIONS).find_all("pre"):
        if (place := _place(tag)) is not None:
            found.update(range(*place))
    return found


def _parsed(text: str, extensions: tuple[str, ...]) -> BeautifulSoup:
    soup = parse(commonmark.to_html(text, commonmark.PLACES, extensions))
    for cell in soup.find_all(("td", "th"), align=True):
        cell["style"] = f"text-align: {cell['align']};"  # as Python-Markdown writes it
        del cell["align"]
    return soup


def _regions(soup: BeautifulSoup, end: int) -> Iterator[_Region]:
    """The top level in order: each block by itself; raw HTML, whose place isn't told, with all
    lines between the blocks beside it."""
    last = 0
    unplaced: Group = []
    for node in soup.children:
        if isinstance(node, NavigableString) and not node.strip() and not unplaced:
            continue
        place = _place(node) if isinstance(node, Tag) else None
        if place is None:
            unplaced.append(node)
            continue
        if unplaced:
            yield _Region(last, place[0], unplaced)
            unplaced = []
        yield _Region(max(place[0], last), max(place[1], last), [node])
        last = max(place[1], last)
    if unplaced:
        yield _Region(last, end, unplaced)


def _place(tag: Tag) -> tuple[int, int] | None:
    match = re.fullmatch(r"(\d+):\d+-(\d+):(\d+)", str(tag.get(_PLACE, "")))
    if match is None:
        return None
    return int(match[1]) - 1, int(match[2]) - (match[3] == "0")


def _shape(nodes: Group) -> list[tuple[Node, ...]]:
    return [shape(group) for group in blocks(_alone(nodes)) if shape(group)]


def _alone(nodes: list[PageElement]) -> BeautifulSoup:
    soup = BeautifulSoup("", "html.parser")
    for node in nodes:
        soup.append(copy(node))
    for tag in soup.find_all(True):
        tag.attrs.pop(_PLACE, None)
    tidy(soup)
    return soup
