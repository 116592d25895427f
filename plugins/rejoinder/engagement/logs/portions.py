"""The lines of a block, each once, in portions that stay in a processor's own memory while all is
done with them that is to be done. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import NamedTuple

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
    """The lines of a block, each once in its portion: the same line twice is one request, told
    twice. `numbers` are those by which the lines that were given out are known again."""

    def __init__(self, block: bytes, seed: int) -> None:
        self.block = block.replace(b"\r\n", b"\n") if b"\r" in block else block
        self.seed = seed
        self.numbers = array("Q")

    def __iter__(self) -> Iterator[Portion]:
        for data in _cut(self.block):
            lines = data.split(b"\n")
            numbers = list(map(xxh3_64_intdigest, lines, repeat(self.seed)))
            if len(set(numbers)) < len(numbers):
                once = dict(zip(numbers, lines, strict=True))
                numbers, lines = list(once), list(once.values())
                data = b"\n".join(lines)
            self.numbers.extend(numbers)
            yield Portion(lines, data)

    @property
    def have_doubles(self) -> bool:
        """Whether a line was given out in two portions. Servers write the same line twice at once,
        if they do; to know all lines in every portion would cost more than to begin again."""
        return len(set(self.numbers)) < len(self.numbers)


def _cut(block: bytes) -> Iterator[bytes]:
    """Pieces of a block of some lines each, without the last line's end."""
    begin, size = 0, len(block.rstrip(b"\n"))
    while begin <= size:
        end = block.find(b"\n", begin + _BYTES, size)
        end = size if end < 0 else end
        yield block[begin:end]
        begin = end + 1


def lines_of(block: bytes, seed: int) -> tuple[list[bytes], array[int]]:
    """The lines of a block, each once, and their numbers."""
    portions = Portions(block, seed)
    lines = [line for portion in portions for line in portion.lines]
    once = dict(zip(portions.numbers, lines, strict=True))
    return list(once.values()), array("Q", once)
