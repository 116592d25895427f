"""HTML as Markdown, without losing anything.

Each top-level block is written as Markdown and read back with the same Markdown that the site
uses. Where the result is not the same document, plainer escapes are tried, and then the block
stays HTML. So what Markdown can't say is kept, by construction and not by a list of cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html.entities import html5

import markdown
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

EXTENSIONS = ("markdown.extensions.extra", "markdown.extensions.toc")
"""What a site's Markdown is read with here; `meta` is left out, for a body is no metadata."""

Node = str | tuple[str, tuple[tuple[str, str], ...], tuple["Node", ...]]

# Classes that say only which editor button made an element: its look comes from the element.
_EDITOR_CLASSES = re.compile(
    r"wp-block-(heading|list|list-item|paragraph|separator|code|quote|preformatted|image|table)"
    r"|has-alpha-channel-opacity|alignnone|wp-image-\d+"
)
_SAME = {"b": "strong", "i": "em"}
_URLS = ("href", "src", "poster", "data", "cite", "formaction", "action", "content")
_SPACE = re.compile(r"[ \t\n\r\f]+")
_BOGUS = (CData, Declaration, Doctype, ProcessingInstruction)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_ENTITY = re.compile(r"&([A-Za-z]\w*;)")
_LANGUAGE = re.compile(r"(?:language|lang|brush)[-:] ?([A-Za-z0-9_+#-]+)")
# Python-Markdown takes quadratic time on brackets and the like; such text stays HTML.
_MARKS = re.compile(r"[\[*_`<]")
_MOST_MARKS = 400
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]|])")
_LINE_START = re.compile(r"^( *)(\d*)((?<=\d)[.)]|(?<!\d)[-+#>:=~])", re.M)


@dataclass(frozen=True, slots=True)
class Converted:
    """The Markdown, and how many of its blocks stayed HTML."""

    text: str
    blocks: int
    kept_as_html: int


def to_markdown(html: str) -> Converted:
    """HTML as Markdown whose rendering has the same elements, attributes and words."""
    soup = parse(html)
    tidy(soup)
    return from_soup(soup)


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


def from_soup(soup: BeautifulSoup) -> Converted:
    """`to_markdown` of a tree; the tree is used up."""
    groups = [group for group in _blocks(soup) if _shape(group)]
    wanted = [_shape(group) for group in groups]
    first = [next(_ways(group)) for group in groups]
    if _reads_as(_join(first), wanted):
        return Converted(_join(first), len(groups), _count_html(groups, first))
    chosen = [_verified(group, shape) for group, shape in zip(groups, wanted, strict=True)]
    if not _reads_as(_join(chosen), wanted):  # alone each is right; together they aren't
        chosen = [_html(group) for group in groups]
        if not _reads_as(_join(chosen), wanted):
            chosen = ["<div>\n" + "\n".join(chosen) + "\n</div>"]
    return Converted(_join(chosen), len(groups), _count_html(groups, chosen))


def render(text: str) -> str:
    """Markdown as the site reads it."""
    machine = _machine()
    machine.reset()
    return machine.convert(text)


@lru_cache(maxsize=1)
def _machine() -> markdown.Markdown:
    return markdown.Markdown(extensions=list(EXTENSIONS))


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


def _blocks(soup: Tag) -> Iterator[Group]:
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


def _shape(nodes: list[PageElement], *, pre: bool = False) -> tuple[Node, ...]:
    """A tree that is equal for two fragments that mean the same: attributes sorted, space
    folded outside of pre, and space beside blocks, and the ids of headings, left out."""
    made: list[Node] = []
    for node in nodes:
        if isinstance(node, Comment):
            made.append(("!--", (), (str(node).strip(),)))
        elif isinstance(node, Tag):
            inside = pre or node.name in ("pre", "textarea", "script", "style")
            name = _SAME.get(node.name, node.name)
            attributes = {
                k: " ".join(v) if isinstance(v, list) else v for k, v in node.attrs.items()
            }
            if re.fullmatch("h[1-6]", name):
                attributes.pop("id", None)
            children = _shape(list(node.children), pre=inside)
            if name == "pre" and children and isinstance(children[0], str):
                children = (children[0].removeprefix("\n"), *children[1:])
            if name in ("pre", "code") and inside and children and isinstance(children[-1], str):
                children = (*children[:-1], children[-1].removesuffix("\n"))
            made.append((name, tuple(sorted(attributes.items())), children))
        elif isinstance(node, NavigableString):
            text = str(node) if pre else _SPACE.sub(" ", str(node))
            if made and isinstance(made[-1], str):
                text = made.pop() + text  # type: ignore[operator]
                text = text if pre else _SPACE.sub(" ", text)
            made.append(text)
    if pre:
        return tuple(made)
    return tuple(_trimmed(made))


def _attributes(tag: Tag) -> dict[str, str]:
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


def _flat(shapes: list[tuple[Node, ...]]) -> tuple[Node, ...]:
    """The blocks in a row, where a run of inline elements is the paragraph it will be."""
    made: list[Node] = []
    for shape in shapes:
        single = shape[0] if len(shape) == 1 else ""
        if not isinstance(single, str) and (single[0] in BLOCKS or single[0] == "!--"):
            made.append(single)
        else:
            made.append(("p", (), shape))
    return tuple(made)


def _reads_as(text: str, wanted: list[tuple[Node, ...]]) -> bool:
    found = [_shape(group) for group in _blocks(parse(render(text)))]
    return _flat([shape for shape in found if shape]) == _flat(wanted)


def _verified(group: Group, shape: tuple[Node, ...]) -> str:
    for text in _ways(group):
        if _reads_as(text, [shape]):
            return text
    return _html(group)


def _ways(group: Group) -> Iterator[str]:
    """A block as Markdown: as plainly as can be, with every mark escaped, and as HTML."""
    html = _html(group)
    if len(_MARKS.findall(html)) <= _MOST_MARKS:
        for escape in (False, True):
            if text := _Writer(escape).block(group):
                yield text
    yield html


def _join(blocks: list[str]) -> str:
    return "\n\n".join(blocks)


def _html(group: Group) -> str:
    text = "".join(_serialised(node) for node in group).strip()
    single = group[0] if len(group) == 1 else None
    if isinstance(single, Comment) or (isinstance(single, Tag) and single.name in BLOCKS):
        return text
    return f"<p>{text}</p>"


def _serialised(node: PageElement) -> str:
    if isinstance(node, Tag):
        return node.decode(formatter="minimal")
    assert isinstance(node, NavigableString)
    return node.output_ready(formatter="minimal")


def _count_html(groups: list[Group], chosen: list[str]) -> int:
    if len(groups) != len(chosen):
        return len(groups)
    return sum(
        text.startswith("<") and not isinstance(group[0], Comment) and text == _html(group)
        for group, text in zip(groups, chosen, strict=True)
    )


class _Unsaid(Exception):  # noqa: N818 - no error: the block stays HTML
    """Markdown has no words for this element."""


class _Writer:
    """Elements as Markdown. It may be wrong about a corner: every result is read back."""

    def __init__(self, escape: bool) -> None:
        self.escape = escape

    def block(self, group: Group) -> str | None:
        """A block's Markdown; None when it must stay HTML."""
        try:
            if len(group) == 1 and isinstance(group[0], Comment):
                return f"<!--{group[0]}-->"
            if len(group) == 1 and isinstance(group[0], Tag) and group[0].name in BLOCKS:
                return self._element(group[0])
            return self._paragraph(group)
        except _Unsaid:
            return None

    def _element(self, tag: Tag) -> str:
        name = tag.name
        if tag.attrs and not (
            (re.fullmatch("h[1-6]", name) and set(tag.attrs) == {"id"}) or name == "pre"
        ):
            raise _Unsaid
        if name == "p":
            return self._paragraph(list(tag.children))
        if re.fullmatch("h[1-6]", name):
            text = self._inline(list(tag.children))
            if not text or "\n" in text:
                raise _Unsaid
            mark = f" {{#{tag['id']}}}" if tag.get("id") else ""
            return "#" * int(name[1]) + f" {text}{mark}"
        if name == "hr":
            return "---"
        if name == "blockquote":
            inner = "\n\n".join(self._children(tag))
            return "\n".join(f"> {line}".rstrip() for line in inner.split("\n"))
        if name in ("ul", "ol"):
            return self._list(tag)
        if name == "pre":
            return self._code(tag)
        raise _Unsaid

    def _children(self, tag: Tag) -> list[str]:
        made = []
        for group in _blocks(tag):
            if not _shape(group):
                continue
            text = self.block(group)
            if text is None:
                raise _Unsaid
            made.append(text)
        return made

    def _paragraph(self, nodes: list[PageElement]) -> str:
        text = self._inline(nodes)
        if not text:
            raise _Unsaid
        if self.escape:
            return _LINE_START.sub(_armed, text)
        return text

    def _list(self, tag: Tag) -> str:
        items: list[str] = []
        loose = False
        for child in tag.children:
            if isinstance(child, NavigableString) and not child.strip():
                continue
            if not isinstance(child, Tag) or child.name != "li" or child.attrs:
                raise _Unsaid
            loose = loose or child.find("p", recursive=False) is not None
            inner = self._children(child)
            if not inner:
                raise _Unsaid
            mark = f"{1 + len(items)}.  " if tag.name == "ol" else "-   "
            text = ("\n\n" if loose else "\n").join(inner)
            items.append(mark[:4] + re.sub(r"\n(?=[^\n])", "\n    ", text))
        return ("\n\n" if loose else "\n").join(items)

    def _code(self, tag: Tag) -> str:
        code = tag.find("code", recursive=False)
        if (
            not isinstance(code, Tag)
            or len(list(tag.children)) != 1
            or code.find(True)
            or tag.attrs
        ):
            raise _Unsaid
        language = ""
        if code.attrs:
            found = _LANGUAGE.fullmatch(str(code.get("class", "")))
            if set(code.attrs) != {"class"} or not found:
                raise _Unsaid
            language = found[1]
        text = code.get_text()
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
        return f"{fence}{language}\n{text.removesuffix(chr(10))}\n{fence}"

    def _inline(self, nodes: list[PageElement]) -> str:
        text = "".join(self._span(node) for node in nodes)
        lines = [line.strip(" ") for line in text.split("\n")]
        return "\n".join(f"{line}  " if last else line for line, last in _breaks(lines)).strip()

    def _span(self, node: PageElement) -> str:
        if isinstance(node, Comment):
            return f"<!--{node}-->"
        if not isinstance(node, Tag):
            return self._text(str(node))
        if node.name in BLOCKS:
            raise _Unsaid
        if node.name == "br" and not node.attrs:
            return _BREAK
        if node.name == "code" and not node.attrs and not node.find(True):
            return self._code_span(node.get_text())
        if node.name == "img":
            return self._image(node)
        inner = "".join(self._span(child) for child in node.children)
        if node.name in ("strong", "b", "em", "i") and not node.attrs and inner.strip():
            mark = "**" if node.name in ("strong", "b") else "*"
            return _wrapped(mark, inner, mark)
        if node.name == "a" and inner.strip() and set(node.attrs) <= {"href", "title"}:
            return _wrapped("[", inner, f"]({_destination(node, 'href')})")
        shell = _shell(node)
        return shell if shell.endswith("/>") else f"{shell}{inner}</{node.name}>"

    def _code_span(self, text: str) -> str:
        if not text.strip() or text != text.strip() or "\n" in text:
            raise _Unsaid
        fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
        space = " " if "`" in text else ""
        return f"{fence}{space}{text}{space}{fence}"

    def _image(self, node: Tag) -> str:
        if not set(node.attrs) <= {"src", "alt", "title"} or "alt" not in node.attrs:
            return _shell(node)
        alt = str(node["alt"])
        if not node.get("src") or re.search(r"[\[\]\\\n*_`<&]", alt):
            return _shell(node)
        return f"![{alt}]({_destination(node, 'src')})"

    def _text(self, text: str) -> str:
        text = _SPACE.sub(" ", text)
        text = re.sub(r"&(?=#?\w+;)", "&amp;", text)
        if self.escape:
            text = _PUNCTUATION.sub(r"\\\1", text)
        return text.replace("<", "&lt;")


_BREAK = "\x00"  # stands for <br> until lines are made


def _breaks(lines: list[str]) -> Iterator[tuple[str, bool]]:
    """Lines at `<br>`, each but the last with two spaces after it."""
    split = [part.strip(" ") for line in lines for part in line.split(_BREAK)]
    for index, part in enumerate(split):
        if not part:
            raise _Unsaid  # an empty line would end the paragraph
        yield part, index < len(split) - 1


def _armed(match: re.Match[str]) -> str:
    """A mark at the start of a line that would begin a list, a heading, a fence or a table."""
    space, digits, mark = match.groups()
    return f"{space}{digits}\\{mark}" if mark in "-+#>.)" else f"{space}{digits}&#{ord(mark)};"


def _wrapped(before: str, inner: str, after: str) -> str:
    """Marks close to the words: the space inside an element goes outside of its marks."""
    lead = inner[: len(inner) - len(inner.lstrip(" "))]
    trail = inner[len(inner.rstrip(" ")) :]
    return f"{lead}{before}{inner.strip(' ')}{after}{trail}"


def _destination(node: Tag, name: str) -> str:
    url, title = str(node.get(name, "")), node.get("title")
    if not url or re.search(r"[\s<>]", url):
        raise _Unsaid
    return url if title is None else f'{url} "{title}"'


def _shell(node: Tag) -> str:
    """The opening tag of an element that stays HTML inside a paragraph."""
    if node.name in ("script", "style", "textarea", "iframe", "object"):
        raise _Unsaid
    bare = BeautifulSoup("", "html.parser").new_tag(node.name, attrs=_attributes(node))
    text = bare.decode(formatter="minimal")
    return text if text.endswith("/>") else text.removesuffix(f"</{node.name}>")
