"""The lines of a part of a log, each once, in portions that stay in a processor's own memory while
all is done with them that is to be done."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import BinaryIO, NamedTuple

from xxhash import xxh3_64_intdigest

_LINES = 1000
_BYTES = 200 << 10


class Portion(NamedTuple):
    """Some lines, and the same lines as they were read, joined."""

    lines: Sequence[bytes]
    data: bytes


def portions_of(lines: Sequence[bytes]) -> Iterator[Portion]:
    """Portions of lines that are split already."""
    for begin in range(0, len(lines), _LINES):
        some = lines[begin : begin + _LINES]
        yield Portion(some, b"\n".join(some))


class Portions:
    """The lines of some pieces, each once in its portion: the same line twice is one request, told
    twice. `numbers` are those by which the lines that were given out are known again."""

    def __init__(self, pieces: Iterable[bytes], seed: int) -> None:
        self.pieces = pieces
        self.seed = seed
        self.numbers = array("Q")

    def __iter__(self) -> Iterator[Portion]:
        for data in self.pieces:
            if b"\r" in data:  # the last line's end is cut off, or half of it
                data = data.replace(b"\r\n", b"\n").removesuffix(b"\r")
            lines = data.split(b"\n")
            numbers = list(map(xxh3_64_intdigest, lines, repeat(self.seed)))
            if len(set(numbers)) < len(numbers):
                once = dict(zip(numbers, lines, strict=True))
                numbers, lines = list(once), list(once.values())
                data = b"\n".join(lines)
            self.numbers.fromlist(numbers)
            yield Portion(lines, data)

    @property
    def have_doubles(self) -> bool:
        """Whether a line was given out in two portions. Servers write the same line twice at once,
        if they do; to know all lines in every portion would cost more than to begin again."""
        return len(set(self.numbers)) < len(self.numbers)


def pieces_of(block: bytes) -> Iterator[bytes]:
    """Pieces of a block, of some lines each, without the last line's end."""
    begin, size = 0, len(block.rstrip(b"\r\n"))
    while begin <= size:
        end = block.find(b"\n", begin + _BYTES, size)
        end = size if end < 0 else end
        yield block[begin:end]
        begin = end + 1


def pieces_in(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The same of so many bytes of a file: what is read in pieces needs no memory of its own.
    Raises OSError, and EOFError where there are fewer."""
    while size:
        data = file.read(min(size, _BYTES))
        if len(data) == min(size, _BYTES) < size:
            data += file.readline(size - len(data))
        if not data:
            raise EOFError("the file was cut off")
        size -= len(data)
        yield data.removesuffix(b"\n") if size else data.rstrip(b"\r\n")


def lines_of(pieces: Iterable[bytes], seed: int) -> tuple[list[bytes], array[int]]:
    """The lines of some pieces, each once, and their numbers."""
    portions = Portions(pieces, seed)
    lines = [line for portion in portions for line in portion.lines]
    once = dict(zip(portions.numbers, lines, strict=True))
    return list(once.values()), array("Q", once)
