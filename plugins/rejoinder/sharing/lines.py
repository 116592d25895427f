"""A title in lines: as large as fits, wrapped between words. Pure; sizes are in pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeAlias

Measure: TypeAlias = Callable[[str, int], float]
"""How wide a text is at a size."""

LINE = 1.2
"""From one line to the next, in sizes."""


def fit(
    text: str, measure: Measure, width: int, height: int, sizes: Iterable[int]
) -> tuple[int, list[str]]:
    """The first of `sizes` (descending, at least one) at which the text fits, and its lines. At
    the last one what doesn't fit is cut, and says so."""
    for size in sizes:
        lines = list(wrap(text, partial(_at, measure, size), width))
        if len(lines) * size * LINE <= height:
            return size, lines
    most = max(1, int(height / (size * LINE)))
    rest = " ".join(lines[most - 1 :])
    return size, [*lines[: most - 1], cut(rest, partial(_at, measure, size), width)]


def _at(measure: Measure, size: int, part: str) -> float:
    return measure(part, size)


def wrap(text: str, measure: Callable[[str], float], width: int) -> Iterator[str]:
    """The lines of a text: broken between words, and within one that is longer than a line."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if measure(longer) <= width:
            line = longer
            continue
        if line:
            yield line
        line = word
        while measure(line) > width and len(line) > 1:
            most = _most(line, measure, width)
            yield line[:most]
            line = line[most:]
    if line:
        yield line


def cut(text: str, measure: Callable[[str], float], width: int) -> str:
    """The text, or as much of its beginning as fits in one line, with an ellipsis."""
    if measure(text) <= width:
        return text
    most = _most(text, lambda part: measure(f"{part}…"), width)
    return f"{text[:most].rstrip()}…"


def _most(text: str, measure: Callable[[str], float], width: int) -> int:
    """How many letters fit; at least one."""
    fits, above = 1, len(text)
    while fits + 1 < above:
        middle = (fits + above) // 2
        if measure(text[:middle]) <= width:
            fits = middle
        else:
            above = middle
    return fits
