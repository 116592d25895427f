"""Text files of blocks: metadata lines `Name: value`, a blank line between blocks. A leaf."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rejoinder.errors import CrosslinkError


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a block; `number` counts from 1 in the file."""

    name: str
    value: str
    number: int


def blocks(text: str, where: Path) -> Iterator[list[Line]]:
    """The blocks of a file's text. Raises CrosslinkError, with the line, for one that is none."""
    block: list[Line] = []
    for number, line in enumerate((*text.removeprefix("\ufeff").split("\n"), ""), start=1):
        if not line.strip():
            if block:
                yield block
            block = []
            continue
        name, colon, value = line.partition(":")
        name = name.strip()
        if not colon or not name.replace("-", "").isalnum():
            raise CrosslinkError(
                f"{line[:60]!r} is not a metadata line", where=where, line=number,
                mend="Write 'Name: value', and a blank line between blocks.",
            )  # fmt: skip
        block.append(Line(name, value.strip(), number))


def once(block: list[Line], names: tuple[str, ...], where: Path) -> dict[str, str]:
    """The values of lines that may be there once. Raises CrosslinkError for a second one."""
    found: dict[str, str] = {}
    for line in block:
        if line.name in names:
            if line.name in found:
                raise CrosslinkError(f"{line.name} is given twice", where=where, line=line.number)
            found[line.name] = line.value
    return found
