"""A block of lines -> its tally. Pure. Lines of the formats that nearly all servers write go the
fast way."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rejoinder.engagement.logs.fast import Fast
from rejoinder.engagement.logs.formats import Format, Hit, Parser, recognise
from rejoinder.engagement.logs.opening import LONGEST
from rejoinder.engagement.logs.portions import (
    Portion,
    Portions,
    lines_of,
    pieces_in,
    pieces_of,
    portions_of,
)
from rejoinder.engagement.logs.tally import TOO_LONG, UNREADABLE, Day, Rules, Tally, count_hit


def unseen(
    lines: Sequence[bytes], numbers: Sequence[int], known: Sequence[array[int]]
) -> tuple[list[bytes], array[int]]:
    """Those of some lines whose numbers are in none of the sorted arrays. Sets would be faster,
    and for a busy day take more memory than there is."""
    found, left = [], array("Q")
    for line, number in zip(lines, numbers, strict=True):
        for one in known:
            at = bisect_left(one, number)
            if at < len(one) and one[at] == number:
                break
        else:
            found.append(line)
            left.append(number)
    return found, left


class Counting:
    """Counts blocks of one log."""

    def __init__(self, format: Format, rules: Rules, fields: tuple[str, ...] = ()) -> None:
        self.parser = Parser(format, fields)
        self._others = {other: Parser(other) for other in Format}
        self.rules = rules
        is_fast = format in (Format.COMBINED, Format.VHOST)
        self._fast = Fast(rules, has_host=format is Format.VHOST) if is_fast else None

    def count(self, portions: Iterable[Portion]) -> Tally:
        """The tally of lines that weren't counted before."""
        tally = Tally()
        if self._fast is not None:
            portions = portions_of(self._fast.count(tally, portions))
        for lines, _ in portions:
            for line in lines:
                self._count_one(tally, line)
        for date in [date for date, one in tally.days.items() if one == Day()]:
            del tally.days[date]
        return tally

    def _count_one(self, tally: Tally, line: bytes) -> None:
        if not line or line.isspace():
            return
        tally.lines += 1
        if len(line) > LONGEST:
            tally.unreadable(line, TOO_LONG)
            return
        try:
            hit = self._parse(line)
        except ValueError:
            tally.unreadable(line, UNREADABLE)
        else:
            if hit is not None:
                count_hit(tally, hit, self.rules)

    def _parse(self, line: bytes) -> Hit | None:
        """A line of the log's format, or of another: a server may be told to write on in it.
        Raises ValueError."""
        try:
            return self.parser.parse(line)
        except ValueError:
            return self._others[recognise([line])].parse(line)


@dataclass(frozen=True, slots=True)
class Job:
    """How a log is to be counted."""

    format: Format
    rules: Rules
    fields: tuple[str, ...] = ()


Answer: TypeAlias = "tuple[array[int], Tally]"

_counting: dict[Job, Counting] = {}


def counting_of(job: Job) -> Counting:
    """Who counts a log in this process: what has been decided of its fields is kept."""
    found = _counting.get(job)
    if found is None:
        _counting.clear()
        found = _counting[job] = Counting(job.format, job.rules, job.fields)
    return found


def count_block(block: bytes, job: Job) -> Answer:
    """The numbers of a block's lines, of which none was counted before, and its tally."""
    return _count(lambda: pieces_of(block), job)


def count_range(path: str, identity: tuple[int, int], begin: int, end: int, job: Job) -> (
    Answer | None
):  # fmt: skip
    """The same of a part of a file that isn't packed; None where another file is there by now, or
    it is cut off."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            status = os.fstat(file.fileno())
            if (status.st_dev, status.st_ino) != identity:
                return None

            def pieces() -> Iterator[bytes]:
                file.seek(begin)
                return pieces_in(file, end - begin)

            return _count(pieces, job)
    except (OSError, EOFError):
        return None


def _count(pieces: Callable[[], Iterable[bytes]], job: Job) -> Answer:
    portions = Portions(pieces(), job.rules.secret)
    tally = counting_of(job).count(portions)
    if not portions.have_doubles:
        return portions.numbers, tally
    lines, numbers = lines_of(pieces(), job.rules.secret)
    return numbers, counting_of(job).count(portions_of(lines))
