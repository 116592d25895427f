"""Fragments of HTML as trees, and what of a tree is its meaning.

`parse` reads a fragment, `tidy` takes out what only an editor needs, and `shape` gives what two
fragments must have in common to be the same document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import html5

from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import (
    CData,
    Declaration,
    Doctype,
    NavigableString,
    PageElement,
    PreformattedString,
    ProcessingInstruction,
)

from rejoinder.migrate.autop import BLOCKS

Node = str | tuple[str, tuple[tuple[str, str], ...], tuple["Node", ...]]

# Classes that say only which editor button made an element: its look comes from the element.
_EDITOR_CLASSES = re.compile(
    r"wp-block-(heading|list|list-item|paragraph|separator|code|quote|preformatted|image|table)"
    r"|has-alpha-channel-opacity|alignnone|wp-image-\d+"
)
_SAME = {"b": "strong", "i": "em"}
_URLS = ("href", "src", "poster", "data", "cite", "formaction", "action", "content")
SPACE = re.compile(r"[ \t\n\r\f]+")
_BOGUS = (CData, Declaration, Doctype, ProcessingInstruction)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_ENTITY = re.compile(r"&([A-Za-z]\w*;)")


def parse(html: str) -> BeautifulSoup:
    """A fragment as a tree that may be changed before `from_soup`. What HTML reads as a comment
    (`<?php …?>`, `<![CDATA[…]]>`, `<!…>`) is one in the tree."""
    closed, end, open_ = _CONTROLS.sub("", html).rpartition("]]>")
    text = closed + end + open_.replace("<![CDATA[", "")  # one without end would hide the rest
    soup = BeautifulSoup(_ENTITY.sub(_known, text), "html.parser")
    for node in soup.find_all(string=lambda text: isinstance(text, _BOGUS)):
        node.replace_with(Comment(str(node).replace("--", "- -").strip("->")))
    return soup


def _known(entity: re.Match[str]) -> str:
    return entity[0] if entity[1] in html5 else f"&amp;{entity[1]}"  # the parser would drop its ';'


def tidy(soup: BeautifulSoup) -> None:
    """Take out classes that only the editor needs, and disarm attributes that Pelican would
    take for its own link syntax."""
    for tag in soup.find_all(True):
        classes = tag.get("class")
        if classes is not None:
            kept = [name for name in tag.get_attribute_list("class") if name]
            kept = [name for name in kept if not _EDITOR_CLASSES.fullmatch(name)]
            if kept:
                tag["class"] = " ".join(kept)
            else:
                del tag["class"]
        for name in _URLS:
            value = tag.get(name)
            if isinstance(value, str) and value.lstrip()[:1] in ("{", "|"):
                tag[name] = value.replace("{", "%7B", 1).replace("|", "%7C", 1)
        tag.attrs.pop("markdown", None)  # Python-Markdown's own switch


def words(html: str) -> str:
    """The visible text of a fragment, each run of space as one; no comments, no markup."""
    return " ".join(_words(parse(html)).split())


def _words(node: Tag) -> str:
    parts = []
    for child in node.children:
        if isinstance(child, Tag):
            gap = " " if child.name in BLOCKS or child.name == "br" else ""
            parts.append(gap + _words(child) + gap)
        elif not isinstance(child, PreformattedString):
            parts.append(str(child))
    return "".join(parts)


Group = list[PageElement]


def blocks(soup: Tag) -> Iterator[Group]:
    """The top level in blocks: each block element and comment by itself, and runs of the rest."""
    run: Group = []
    for child in soup.children:
        alone = isinstance(child, Comment) or (isinstance(child, Tag) and child.name in BLOCKS)
        if alone and run:
            yield run
            run = []
        if alone:
            yield [child]
        elif run or not (isinstance(child, NavigableString) and not child.strip()):
            run.append(child)
    if run:
        yield run


def shape(nodes: list[PageElement], *, pre: bool = False) -> tuple[Node, ...]:
    """A tree that is equal for two fragments that mean the same: attributes sorted, space
    folded outside of pre, and space beside blocks, and the ids of headings, left out."""
    made: list[Node] = []
    for node in nodes:
        if isinstance(node, Comment):
            made.append(("!--", (), (str(node).strip(),)))
        elif isinstance(node, Tag):
            inside = pre or node.name in ("pre", "textarea", "script", "style")
            name = _SAME.get(node.name, node.name)
            found = attributes(node)
            if re.fullmatch("h[1-6]", name):
                found.pop("id", None)
            children = shape(list(node.children), pre=inside)
            if name == "pre" and children and isinstance(children[0], str):
                children = (children[0].removeprefix("\n"), *children[1:])
            if name in ("pre", "code") and inside and children and isinstance(children[-1], str):
                children = (*children[:-1], children[-1].removesuffix("\n"))
            made.append((name, tuple(sorted(found.items())), children))
        elif isinstance(node, NavigableString):
            text = str(node) if pre else SPACE.sub(" ", str(node))
            if made and isinstance(made[-1], str):
                text = made.pop() + text  # type: ignore[operator]
                text = text if pre else SPACE.sub(" ", text)
            made.append(text)
    if pre:
        return tuple(made)
    return tuple(_trimmed(made))


def attributes(tag: Tag) -> dict[str, str]:
    """An element's attributes, each as one text."""
    return {k: v if isinstance(v, str) else " ".join(v) for k, v in tag.attrs.items()}


def _trimmed(nodes: list[Node]) -> Iterator[Node]:
    for index, node in enumerate(nodes):
        if isinstance(node, str):
            if index == 0 or _parts(nodes[index - 1]):
                node = node.lstrip(" ")
            if index == len(nodes) - 1 or _parts(nodes[index + 1]):
                node = node.rstrip(" ")
            if not node:
                continue
        yield node


def _parts(node: Node) -> bool:
    return not isinstance(node, str) and (node[0] in BLOCKS or node[0] in ("br", "!--"))


def flat(shapes: list[tuple[Node, ...]]) -> tuple[Node, ...]:
    """The blocks in a row, where a run of inline elements is the paragraph it will be."""
    made: list[Node] = []
    for shape in shapes:
        single = shape[0] if len(shape) == 1 else ""
        if not isinstance(single, str) and (single[0] in BLOCKS or single[0] == "!--"):
            made.append(single)
        else:
            made.append(("p", (), shape))
    return tuple(made)


def depth(soup: Tag) -> int:
    """How many elements are inside each other, at most."""
    deepest, level = 0, [soup]
    while level := [c for tag in level for c in tag.children if isinstance(c, Tag)]:
        deepest += 1
    return deepest
