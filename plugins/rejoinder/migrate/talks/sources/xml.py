"""XML that may be broken: the elements of some names, each parsed by itself, so that one that
can't be read spoils no other."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from html.entities import html5
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.sax.saxutils import quoteattr

from rejoinder.errors import ImportFailed
from rejoinder.migrate.talks.model import Told
from rejoinder.migrate.talks.sources.packed import contents

_DECLARATION = re.compile(rb"<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST)", re.I)
_ENCODING = re.compile(rb"\s*<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([\w.-]+)[\"']")
_SPACES = re.compile(rb"\sxmlns(?::([\w.-]+))?\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
_CLOSERS = {b"<![CDATA[": b"]]>", b"<!--": b"-->"}
_NAMES = re.compile(r"<!\[CDATA\[.*?\]\]>|&(\w+;)", re.S)
_MEND = "Export it again, or mend the file at that line."


def elements(file: Path, names: Collection[str], told: Told) -> Iterator[tuple[int, Element]]:
    """Each element of one of `names` (as they are written) that is inside no other of them, with
    the line it begins at. Tells of those that can't be read.

    Raises ImportFailed for a file that can't be read, is empty, or declares a document type or
    entities, which no export does and which can be an attack.
    """
    data = _as_utf_8(contents(file, told))
    cuts = list(_cuts(data, names))
    head = data[: cuts[0][0]] if cuts else data[:100_000]
    if found := _DECLARATION.search(re.sub(rb"<!--.*?-->", b"", head, flags=re.S)):
        raise ImportFailed(
            f"the file has a {found[1].decode().upper()} declaration, which can be an attack",
            where=file, mend="Take it out if the file is yours.",
        )  # fmt: skip
    spaces = {
        (name or b"").decode(): (one or other).decode("utf-8", "replace")
        for name, one, other in _SPACES.findall(head)
    }
    line, counted = 1, 0
    for begin, end in cuts:
        line, counted = line + data.count(b"\n", counted, begin), begin
        if end is None:
            told(line, f"an element begins here and has no end, and was left out. {_MEND}")
            continue
        if (element := _parsed(data[begin:end], spaces, line, told)) is not None:
            yield line, element


def _as_utf_8(data: bytes) -> bytes:
    """The file as UTF-8, where its first line names another encoding and its bytes agree."""
    declared = _ENCODING.match(data)
    if declared is None:
        return data
    try:
        data.decode()
    except UnicodeDecodeError:
        with suppress(LookupError, UnicodeDecodeError):  # then what isn't UTF-8 is replaced
            return data.decode(declared[1].decode()).encode()
    return data


def _cuts(data: bytes, names: Collection[str]) -> Iterator[tuple[int, int | None]]:
    """Where elements begin and end; None of one that has no end before the next begins."""
    listed = "|".join(map(re.escape, names)).encode()
    token = re.compile(
        rb"<!\[CDATA\[|<!--|<(" + listed + rb")(?=[\s>/])(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>|</("
        + listed + rb")\s*>"
    )  # fmt: skip
    begin, name, at = -1, b"", 0
    while found := token.search(data, at):
        at = found.end()
        if closer := _CLOSERS.get(found[0]):
            at = data.find(closer, at)
            if at < 0:
                break
        elif found[1]:
            is_empty = found[0].endswith(b"/>")
            if begin < 0 and is_empty:
                yield found.start(), at
            elif begin < 0:
                begin, name = found.start(), found[1]
            elif found[1] == name and not is_empty:
                yield begin, None
                begin = found.start()
        elif found[2] == name and begin >= 0:
            yield begin, at
            begin = -1
    if begin >= 0:
        yield begin, None


def _parsed(data: bytes, spaces: dict[str, str], line: int, told: Told) -> Element | None:
    named = ((f"xmlns:{name}" if name else "xmlns", spaces[name]) for name in spaces)
    opening = "<x" + "".join(f" {name}={quoteattr(address)}" for name, address in named)
    mended = _CONTROLS.sub(b"", data)
    if mended != data:
        told(line, f"{len(data) - len(mended)} bytes of control characters were taken out")
    try:
        text = mended.decode()
    except UnicodeDecodeError:
        told(line, "bytes that are not UTF-8 were replaced by �")
        text = mended.decode(errors="replace")
    try:
        return fromstring(f"{opening}>{text}</x>")[0]
    except ParseError as error:
        plain = _without_names(text)
        if plain != text:
            with suppress(ParseError):
                found = fromstring(f"{opening}>{plain}</x>")[0]
                told(line, "names of HTML's for characters, which XML doesn't know, were resolved")
                return found
        at = line + error.position[0] - 1
        told(at, f"the element can't be read, and was left out: {error.msg}. {_MEND}")
        return None


def _without_names(text: str) -> str:
    """Text with HTML's names for characters, like `&nbsp;`, resolved outside CDATA sections."""

    def resolved(found: re.Match[str]) -> str:
        means = html5.get(found[1] or "", "<")
        return found[0] if means in "<>&\"'" else means

    return _NAMES.sub(resolved, text)
