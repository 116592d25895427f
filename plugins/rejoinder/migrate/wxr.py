"""WordPress eXtended RSS: the records of an export, read one item at a time.

Follows what WordPress writes (wp-admin/includes/export.php, WXR 1.0 to 1.2). Names stay as
they stand in the file ('wp:post_id'), so no namespace needs to be declared. An item that isn't
well-formed XML is read once more field by field; what can't be read even so is refused by line.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from rejoinder.errors import ImportFailed
from rejoinder.migrate.pieces import LIMIT, Cut, Piece, pieces

_CONTAINERS = frozenset(
    {"wp:comment", "wp:postmeta", "wp:commentmeta", "wp:author", "wp:category", "wp:tag", "wp:term"}
    | {"wp:termmeta"}
)
# Fields that hold somebody's words: markup inside one means that its CDATA went wrong.
_WORDS = frozenset(
    {"title", "content:encoded", "excerpt:encoded", "wp:comment_content", "wp:comment_author"}
    | {"wp:meta_value", "wp:author_display_name", "description"}
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_DECLARATION = re.compile(rb"<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST)", re.I)
_ASIDE = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>", re.S)
_LEAF = re.compile(r"<([A-Za-z][\w:.-]*)((?:\s[^<>]*)?)(?:/>|>(.*?)</\1\s*>)", re.S)
_OPEN_LEAF = re.compile(r"<((?:wp|content|excerpt|dc):[\w]+|title|link|guid|category)[\s>]")
_ATTRIBUTE = re.compile(r"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_BITE = 1 << 16  # the parser keeps a copy of what it is given at once
_MENDING = "Export the site again if it still runs, or mend the file at that line."


@dataclass(slots=True)
class Record:
    """One element with fields of its own: an item, a comment, an author, a term.

    `fields` maps the names of its children to their text (the first, where there are several);
    `terms` holds (domain, nicename, name) of an item's categories, `children` its comments,
    metadata and, in the head, its authors and terms.
    """

    name: str
    line: int
    fields: dict[str, str] = field(default_factory=dict)
    terms: list[tuple[str, str, str]] = field(default_factory=list)
    children: list[Record] = field(default_factory=list)

    def get(self, name: str) -> str:
        """A field's text without the space around it; empty when there is none."""
        return self.fields.get(name, "").strip()

    def all(self, name: str) -> list[Record]:
        """The children of one name, in file order."""
        return [child for child in self.children if child.name == name]

    def meta(self, key: str) -> list[str]:
        """The values of a post's metadata key, in file order."""
        return [
            child.get("wp:meta_value")
            for child in self.children
            if child.name == "wp:postmeta" and child.get("wp:meta_key") == key
        ]


@dataclass(slots=True)
class Refused:
    """An item, or a comment, that could not be read; `comments` counts those lost with an item."""

    line: int
    what: str
    comments: int = 0
    is_comment: bool = False


Told = Callable[[int, str], None]
"""Hears of each repair: the line and what was mended."""


class _Muddled(Exception):  # noqa: N818 - no error yet: the item is read another way
    """Markup where only text belongs, at a line of the piece."""


class Export:
    """A WordPress export on disk. `records` may be run through more than once.

    Raises ImportFailed, from `records`, for a file that is missing, empty, packed, no export, or
    that declares a document type or entities.
    """

    def __init__(self, path: Path, *, limit: int = LIMIT) -> None:
        self.path = path
        self.limit = limit
        self._encoding = "utf-8"

    @property
    def size(self) -> int:
        """In bytes. Raises ImportFailed when there is no such file."""
        try:
            if self.path.is_dir():
                raise self._failed("this is a folder", "Name the .xml file that WordPress made.")
            return self.path.stat().st_size
        except OSError as error:
            raise self._failed(f"the file can't be read: {error.strerror}") from error

    def records(
        self, told: Told = lambda line, what: None, read: Callable[[int], None] = lambda _: None
    ) -> Iterator[Record | Refused]:
        """The head (a Record named 'channel'), then each item or why it was refused."""
        if self.size == 0:
            raise self._failed("the file is empty", "Export the site again.")
        try:
            with self.path.open("rb") as stream:
                for piece in pieces(stream, limit=self.limit, read=read):
                    found = list(self._piece(piece, told))
                    del piece  # its bytes, while its records are looked at
                    yield from found
        except OSError as error:
            raise self._failed(f"the file can't be read: {error.strerror}") from error

    def _piece(self, piece: Piece, told: Told) -> Iterator[Record | Refused]:
        if piece.cut is Cut.HEAD:
            yield self._head(piece, told)
        elif piece.cut is Cut.ITEM:
            yield from self._item(piece, told)
        elif piece.cut is not Cut.TAIL:
            lost = piece.data.count(b"<wp:comment>")
            yield Refused(piece.line, f"the item can't be read: {piece.cut.value}", lost)
        elif b"</rss" not in piece.data:
            told(piece.line, "the file ends before its feed does; what came before was read")

    def _head(self, piece: Piece, told: Told) -> Record:
        data = piece.data
        if data[:2] == b"PK" or data[:2] == b"\x1f\x8b":
            raise self._failed("the file is packed", "Unpack it and name the .xml file inside.")
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise self._failed("the file is UTF-16", "Save it as UTF-8.")
        bare = _ASIDE.sub(lambda aside: b"\n" * aside[0].count(b"\n"), data)
        if declaration := _DECLARATION.search(bare):
            raise self._failed(
                f"the file has a {declaration[1].decode().upper()} declaration, which no WordPress "
                "export has and which can be an attack",
                "Take it out if the file is yours.",
                bare.count(b"\n", 0, declaration.start()) + 1,
            )
        opening = re.search(rb"<channel[\s>]", bare)
        if not opening or not re.search(rb"<(?:\w+:)?rss[\s>]", bare):
            raise self._failed(
                "this is not a WordPress export",
                "Make one in WordPress: Tools, Export, All content.",
            )
        if found := _ENCODING.search(data[:200]):
            self._encoding = found[1].decode().lower()
            with suppress(LookupError):
                "".encode(self._encoding)
        start = data.find(b"<channel")
        inner = re.sub(rb"</channel\s*>.*\Z", b"", data[start:], flags=re.S) + b"</channel>"
        line = piece.line + data.count(b"\n", 0, start)
        for found_record in self._parse(inner, line, told):
            if isinstance(found_record, Record):
                return found_record
        raise self._failed("the head of the file can't be read", _MENDING, line)

    def _item(self, piece: Piece, told: Told) -> Iterator[Record | Refused]:
        return iter(self._parse(piece.data, piece.line, told))

    def _parse(self, data: bytes, line: int, told: Told) -> list[Record | Refused]:
        if self._encoding not in ("utf-8", "utf8", "us-ascii"):
            data = self._decoded(data).encode()
        try:
            return [_strict(data, line)]
        except (expat.ExpatError, _Muddled) as error:
            first = error
        mended = _CONTROLS.sub(b"", data)
        if mended != data:
            told(line, f"{len(data) - len(mended)} bytes of control characters were taken out")
        try:
            mended.decode()
        except UnicodeDecodeError as error:
            at = line + mended.count(b"\n", 0, error.start)
            told(at, "bytes that are not UTF-8 were replaced by �")
            mended = mended.decode(errors="replace").encode()
        with suppress(expat.ExpatError, _Muddled):
            if mended != data:
                return [_strict(mended, line)]
        why, at = _reason(first, line)
        found = _lenient(mended.decode(), line)
        if any(isinstance(record, Record) for record in found):
            told(at, f"the item is not well-formed XML ({why}) and was read field by field")
        return found

    def _decoded(self, data: bytes) -> str:
        try:
            return data.decode(self._encoding, "replace")
        except LookupError:
            raise self._failed(
                f"the encoding {self._encoding!r} is not known", "Save the file as UTF-8."
            ) from None

    def _failed(self, what: str, mend: str | None = None, line: int | None = None) -> ImportFailed:
        return ImportFailed(what, where=self.path, line=line, mend=mend)


def _reason(error: Exception, line: int) -> tuple[str, int]:
    if isinstance(error, expat.ExpatError):
        return expat.ErrorString(error.code) or "syntax", line + error.lineno - 1
    return f"markup in {error.args[0]}, where only text belongs", error.args[1]


def _strict(data: bytes, line: int) -> Record:
    """The record of one well-formed element. Raises ExpatError, or _Muddled for markup inside
    a field of words (a CDATA section that ended too early)."""
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    root = Record("", line)
    records = [root]
    leaf: list[str] = []  # the leaf that is open, and whatever is inside it
    attributes: dict[str, str] = {}
    plain: list[str] = []
    marked: list[str] = []
    in_cdata = False
    texts: dict[str, str] = {}  # a thread says 'comment', '0' and '1' over and over

    def start(name: str, found: dict[str, str]) -> None:
        nonlocal attributes
        if leaf:
            if leaf[0] in _WORDS:
                raise _Muddled(leaf[0], line + parser.CurrentLineNumber - 1)
            leaf.append(name)
        elif name in _CONTAINERS or not root.name:
            record = root
            if root.name:
                record = Record(name, line + parser.CurrentLineNumber - 1)
                records[-1].children.append(record)
                records.append(record)
            root.name = root.name or name
        else:
            leaf.append(name)
            attributes = found
            plain.clear()
            marked.clear()

    def end(name: str) -> None:
        if len(leaf) > 1:
            leaf.pop()
        elif leaf:
            text = _text(marked, plain)
            text = texts.setdefault(text, text) if len(text) < 40 else text
            _put(records[-1], leaf.pop(), attributes, text)
        elif len(records) > 1:
            records.pop()

    def text(data: str) -> None:
        if len(leaf) == 1:
            if in_cdata:
                marked.append(data)
            elif not data.isspace() or not marked:
                (marked if marked and not data.isspace() else plain).append(data)

    def cdata(opened: bool) -> Callable[[], None]:
        def switch() -> None:
            nonlocal in_cdata
            in_cdata = opened
            if opened and len(leaf) == 1:
                marked.append("")

        return switch

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartCdataSectionHandler = cdata(True)
    parser.EndCdataSectionHandler = cdata(False)
    with memoryview(data) as view:
        for begin in range(0, len(data), _BITE):
            parser.Parse(view[begin : begin + _BITE], False)
    parser.Parse(b"", True)
    return root


def _text(marked: list[str], plain: list[str]) -> str:
    """Space around CDATA sections is layout; other text beside them belongs to the field."""
    outside = "".join(plain)
    if not marked:
        return outside.strip()
    return (outside if outside.strip() else "") + "".join(marked)


def _put(record: Record, name: str, attributes: dict[str, str], text: str) -> None:
    if name == "category":
        record.terms.append((attributes.get("domain", ""), attributes.get("nicename", ""), text))
    else:
        record.fields.setdefault(name, text)


def _lenient(text: str, line: int) -> list[Record | Refused]:
    """The records of an element that is not well-formed, by its fields' opening and closing tags
    alone. Several items, when a CDATA section without end had swallowed the border."""
    found: list[Record | Refused] = []
    for part in re.split(r"(?<=</item>)(?=\s*<item[\s>])", text):
        found += _fields(part, line)
        line += part.count("\n")
    return found


def _fields(text: str, line: int) -> list[Record | Refused]:
    name = "channel" if text.startswith("<channel") else "item"
    record = Record(name, line + len(text[: len(text) - len(text.lstrip())].splitlines()))
    refused: list[Record | Refused] = []
    inner = re.sub(rf"\A\s*<{name}[^>]*>|</{name}\s*>\s*\Z", "", text)
    line += text[: text.find(inner[:50])].count("\n") if inner else 0
    containers = "|".join(sorted(_CONTAINERS - {"wp:commentmeta", "wp:termmeta"}))
    block = re.compile(rf"<({containers})>((?:(?!<\1>).)*?)</\1\s*>", re.S)

    seen, at = 0, line

    def take(match: re.Match[str]) -> str:
        nonlocal seen, at
        at, seen = at + inner.count("\n", seen, match.start()), match.start()
        child = Record(match[1], at)
        _leaves(child, re.sub(r"<wp:commentmeta>.*?</wp:commentmeta>", "", match[2], flags=re.S))
        record.children.append(child)
        return "\n" * match[0].count("\n")

    rest = block.sub(take, inner)
    for lost in re.finditer(r"<wp:comment>", rest):
        place = line + rest.count("\n", 0, lost.start())
        refused.append(Refused(place, "the comment can't be read: it has no end", is_comment=True))
    rest = re.sub(r"<wp:comment>.*\Z", "", rest, flags=re.S)
    left = _leaves(record, rest)
    if name == "item" and (broken := _OPEN_LEAF.search(left)):
        comments = sum(child.name == "wp:comment" for child in record.children) + len(refused)
        what = f"the item can't be read: its field {broken[1]} has no end"
        return [Refused(line + left.count("\n", 0, broken.start()), what, comments)]
    return [record, *refused]


def _leaves(record: Record, text: str) -> str:
    """Put each `<name>…</name>` of `text` into the record; the text without them is left."""

    def take(match: re.Match[str]) -> str:
        value = match[3] or ""
        bare = value.strip()
        if bare.startswith("<![CDATA["):
            value = bare.removeprefix("<![CDATA[").removesuffix("]]>")
            value = value.replace("]]]]><![CDATA[>", "]]>")
        else:
            value = html.unescape(bare.replace("<![CDATA[", "").replace("]]>", ""))
        attributes = {
            m[1]: html.unescape(m[2] or m[3] or "") for m in _ATTRIBUTE.finditer(match[2])
        }
        _put(record, match[1], attributes, value)
        return "\n" * match[0].count("\n")

    return _LEAF.sub(take, text)
