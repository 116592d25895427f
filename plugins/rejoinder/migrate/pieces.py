"""Cutting a large export into its items without reading it whole. A leaf.

A feed of 500 MB is text around many `<item>`s. Each is cut out by itself, so that one that is
broken spoils no other, and so that memory holds one item at a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO

CHUNK = 1 << 18
LIMIT = 64 << 20
"""No item may be larger than this many bytes: a thread of 50,000 comments is about 50 MB."""

_HOLD = 64  # a token that the end of a chunk cuts is looked at again with the next
_TOKEN = re.compile(rb"<!\[CDATA\[|<!--|<item(?=[\s>/])|</item\s*>")
_CLOSERS = {b"<![CDATA[": b"]]>", b"<!--": b"-->"}


class Cut(Enum):
    """What a piece is: the text before the first item, an item, or what went wrong with one."""

    HEAD = "head"
    ITEM = "item"
    UNCLOSED = "the next item begins before this one has ended"
    TRUNCATED = "the file ends in the middle of it"
    TOO_LARGE = f"it is larger than {LIMIT >> 20} MB"
    TAIL = "tail"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the file: the line it begins on (from 1), and its bytes (none, of an item
    that is too large)."""

    cut: Cut
    line: int
    data: bytes


class _Gathering:
    """The bytes of the piece that is being read, under the limit, with the line it began on."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.line = self.began = 1
        self.parts: list[bytes] = []
        self.size = 0

    def keep(self, data: bytes) -> None:
        self.line += data.count(b"\n")
        self.size += len(data)
        if self.size <= self.limit:
            self.parts.append(data)
        else:
            self.parts.clear()

    def piece(self, cut: Cut) -> Piece:
        if self.size > self.limit:
            cut = Cut.TOO_LARGE
        made = Piece(cut, self.began, b"".join(self.parts))
        self.parts, self.size, self.began = [], 0, self.line
        return made


def pieces(
    stream: BinaryIO, *, limit: int = LIMIT, read: Callable[[int], None] = lambda _: None
) -> Iterator[Piece]:
    """The head of a feed, its items and its tail, in file order; text between items is dropped.

    `<item>` inside CDATA and inside XML comments is none. `read` hears the size of each chunk.
    """
    gathering = _Gathering(limit)
    inside, closer, rest, before = False, b"", b"", Cut.HEAD
    while True:
        chunk = stream.read(CHUNK)
        read(len(chunk))
        data = rest + chunk
        end = max(0, len(data) - _HOLD) if chunk else len(data)
        at = mark = 0
        while at < end:
            if closer:
                found = data.find(closer, at)
                if found < 0:
                    at = end
                    break
                at, closer = found + 3, b""
            token = _TOKEN.search(data, at)
            if token is None or token.start() >= end:
                at = max(at, end)
                break
            at = token.end()
            if token[0] in _CLOSERS:
                closer = _CLOSERS[token[0]]
            elif token[0] == b"<item":
                gathering.keep(data[mark : token.start()])
                mark = token.start()
                piece = gathering.piece(Cut.UNCLOSED if inside else before)
                if inside or before is Cut.HEAD:
                    yield piece
                inside, before = True, Cut.TAIL
            elif inside:
                gathering.keep(data[mark:at])
                mark = at
                yield gathering.piece(Cut.ITEM)
                inside = False
        gathering.keep(data[mark:at])
        rest = data[at:]
        if not chunk:
            yield gathering.piece(Cut.TRUNCATED if inside else before)
            return
