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

import markdown
from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import NavigableString, PageElement

from rejoinder.migrate.autop import BLOCKS
from rejoinder.migrate.fragments import (
    SPACE,
    Group,
    Node,
    attributes,
    blocks,
    depth,
    flat,
    parse,
    shape,
    tidy,
)

EXTENSIONS = ("markdown.extensions.extra", "markdown.extensions.toc")
"""What a site's Markdown is read with here; `meta` is left out, for a body is no metadata."""

_LANGUAGE = re.compile(r"(?:language|lang|brush)[-:] ?([A-Za-z0-9_+#-]+)")
# Python-Markdown takes quadratic time on brackets and the like; such text stays HTML.
_MARKS = re.compile(r"[\[*_`<]")
_MOST_MARKS = 400
_DEEPEST = 100  # it takes a quote in a quote for each level; nobody wrote more by hand
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


def from_soup(soup: BeautifulSoup) -> Converted:
    """`to_markdown` of a tree; the tree is used up."""
    if depth(soup) > _DEEPEST:
        return Converted(f"<div>\n{soup.decode(formatter='minimal')}\n</div>", 1, 1)
    groups = [group for group in blocks(soup) if shape(group)]
    wanted = [shape(group) for group in groups]
    first = [next(_ways(group)) for group in groups]
    if reads_as(_join(first), wanted):
        return Converted(_join(first), len(groups), _count_html(groups, first))
    chosen = [_verified(group, shape) for group, shape in zip(groups, wanted, strict=True)]
    if not reads_as(_join(chosen), wanted):  # alone each is right; together they aren't
        chosen = [_html(group) for group in groups]
        if not reads_as(_join(chosen), wanted):
            chosen = ["<div>\n" + "\n".join(chosen) + "\n</div>"]
    return Converted(_join(chosen), len(groups), _count_html(groups, chosen))


def render(text: str) -> str:
    """Markdown as the site reads it."""
    machine = _machine()
    machine.reset()
    return machine.convert(text)


def reads_as(text: str, wanted: list[tuple[Node, ...]]) -> bool:
    """Whether the site reads Markdown as blocks of these shapes."""
    found = [shape(group) for group in blocks(parse(render(text)))]
    return flat([shape for shape in found if shape]) == flat(wanted)


def fenced(code: str, language: str = "") -> str:
    """A block of code, in a fence that nothing in it ends."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", code)), default=0))
    return f"{fence}{language}\n{code}\n{fence}"


def fenced_in(indent: str, code: str, language: str) -> str:
    """A fence as far in as a tag stood, before code that has its place already: inside of a list,
    it is inside still."""
    first, *lines, last = fenced(code, language).split("\n")
    return "\n".join((f"{indent}{first}", *lines, f"{indent}{last}"))


@lru_cache(maxsize=1)
def _machine() -> markdown.Markdown:
    return markdown.Markdown(extensions=list(EXTENSIONS))


def _verified(group: Group, shape: tuple[Node, ...]) -> str:
    for text in _ways(group):
        if reads_as(text, [shape]):
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
        self.lists = 0  # that the element is in

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
        for group in blocks(tag):
            if not shape(group):
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
        self.lists += 1
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
        self.lists -= 1
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
        text = code.get_text().removesuffix("\n")
        if self.lists and not language:  # where Python-Markdown knows no fences
            return re.sub(r"^(?=.)", "    ", text, flags=re.M)
        return fenced(text, language)

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
        text = SPACE.sub(" ", text)
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
    bare = BeautifulSoup("", "html.parser").new_tag(node.name, attrs=attributes(node))
    text = bare.decode(formatter="minimal")
    return text if text.endswith("/>") else text.removesuffix(f"</{node.name}>")
