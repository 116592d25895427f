"""Pages as a build sees them: what is to be made and how, what pages have in common, what was
done."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from xxhash import xxh3_128_digest

from rejoinder.atomic import write_if_other, write_new
from rejoinder.incremental.state import Page, Recipe
from rejoinder.incremental.templates import Seen

from .freezing import Freezer


@dataclass(slots=True)
class Job:
    """A file that is to be made: its path in the output, what it is made of, and how."""

    path: str
    print: bytes
    inputs: bytes
    why: str
    make: Callable[[], str | bytes]
    keep: Callable[[], Recipe | None] | None = None
    is_kept: bool = False  # what was in it is remembered
    is_dropped: bool = False  # it was made, and something else is to be in its place


@dataclass
class Family:
    """The pages of one template, and of the same conditions: what they have in common, with its
    digests."""

    name: str
    template: Any
    base: dict[str, Any]
    seen: Seen
    common: dict[str, Any]
    parts: dict[str, bytes]
    unseen: str
    _known: dict[tuple[str, ...], bytes] = field(default_factory=dict)

    @cached_property
    def freezer(self) -> Freezer:
        """What keeps what its pages are given."""
        return Freezer(self.seen, self.common)

    @property
    def blind(self) -> list[str]:
        """Names that can't be looked into."""
        return [name for name, digest in self.parts.items() if not digest]

    def without(self, own: dict[str, Any]) -> bytes:
        """The digest of what is in common with a page that has these names of its own."""
        key = tuple(name for name in own if name in self.parts)
        if key not in self._known:
            rest = [(name, mark) for name, mark in self.parts.items() if name not in own]
            self._known[key] = xxh3_128_digest(repr(rest).encode())[:8]
        return self._known[key]


@dataclass(slots=True)
class Report:
    """What a build did: why each file was made, how many stayed, were put back, and went."""

    made: dict[str, str] = field(default_factory=dict)
    stayed: int = 0
    put_back: int = 0
    removed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    whys: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """'3 pages made, 997 as they were'."""
        parts = [f"{len(self.made)} made", f"{self.put_back} put back" if self.put_back else "",
                 f"{self.stayed} as they were", f"{len(self.removed)} removed"]  # fmt: skip
        return ", ".join(part for part in parts if part and not part.startswith("0 "))


def put(path: str, data: bytes) -> tuple[int, int]:
    """Make a file hold `data`, and only where it doesn't; its size and time stamp. One that is
    there is replaced in one step. Should a new one stay half written, then the next build knows
    of it: it was noted as begun."""
    if not write_new(path, data):
        write_if_other(Path(path), data, durable=False)
    return stand(path)


def stand(path: str) -> tuple[int, int]:
    """A file's size and time stamp (ns). Raises OSError."""
    found = os.stat(path)  # noqa: PTH116 - strings, for speed
    return found.st_size, found.st_mtime_ns


def is_there(path: str, page: Page) -> bool:
    """Whether a file of the output is as it was left."""
    try:
        return stand(path) == (page.size, page.time)
    except OSError:
        return False
