"""A post of Blogger's as plain HTML, without the wrapping of its editor. Pure."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import NavigableString, PageElement

from rejoinder.migrate.autop import BLOCKS
from rejoinder.migrate.fragments import parse

_MORE = re.compile(r"<a\s+name=[\"']more[\"']\s*(?:/>|>\s*</a>)", re.I)
_NOTHING = frozenset({"br", "span", "b", "i", "u", "em", "strong", "font"})


def shown(html: str) -> str:
    """The same words and pictures: lines that are a `div` each, or end in two `br`, are paragraphs;
    pictures stand in one, too; where the summary ends is `<!--more-->`."""
    soup = parse(_MORE.sub("<!--more-->", html))
    top = [node for node in soup.contents if not _is_space(node)]
    if len(top) == 1 and isinstance(top[0], Tag) and top[0].name == "div":
        top[0].unwrap()
    for tag in soup.find_all(["div", "img"]):
        if tag.name == "img":
            tag.attrs = {name: value for name, value in tag.attrs.items()
                         if name != "border" and not name.startswith("data-")}  # fmt: skip
        elif _is_line(tag):
            tag.name, tag.attrs = "p", {}
    for tag in soup.find_all("p"):
        if not tag.get_text(strip=True) and all(one.name in _NOTHING for one in tag.find_all(True)):
            tag.decompose()
    _part(soup)
    return soup.decode(formatter="minimal")


def _is_line(tag: Tag) -> bool:
    is_bare = not tag.attrs or "separator" in tag.get_attribute_list("class")
    return is_bare and tag.find(BLOCKS) is None


def _part(soup: BeautifulSoup) -> None:
    """Put what stands between two breaks at the top into a paragraph of its own."""
    run: list[PageElement] = []
    breaks = 0
    for node in list(soup.contents):
        is_break, is_space = getattr(node, "name", None) == "br", _is_space(node)
        is_block = isinstance(node, Comment) or getattr(node, "name", None) in BLOCKS
        if is_block or (breaks > 1 and not is_break and not is_space):
            _wrap(soup, run)
            run = []
        if not is_block and (run or not (is_break or is_space)):
            run.append(node)
        elif is_break:
            node.extract()
        breaks = breaks + 1 if is_break else breaks if is_space else 0
    _wrap(soup, run)


def _wrap(soup: BeautifulSoup, run: list[PageElement]) -> None:
    while run and (_is_space(run[-1]) or getattr(run[-1], "name", None) == "br"):
        run.pop().extract()
    if run:
        paragraph = soup.new_tag("p")
        run[0].insert_before(paragraph)
        for node in run:
            paragraph.append(node.extract())


def _is_space(node: PageElement) -> bool:
    is_text = isinstance(node, NavigableString) and not isinstance(node, Comment)
    return is_text and not str(node).strip()
