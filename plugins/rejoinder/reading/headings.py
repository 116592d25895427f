"""The headings of a post, as its contents. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

_LEVELS = {f"h{level}": level for level in range(1, 7)}
_KEPT = frozenset({"abbr", "b", "bdi", "cite", "code", "em", "i", "kbd", "q", "s", "strong", "sub",
                   "sup", "var"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its level (1 to 6), the id that links lead to, its words as HTML without links
    and attributes, and the headings below it."""

    level: int
    id: str
    title: str
    below: tuple[Heading, ...] = ()


def contents(html: str, depth: int = 2) -> tuple[Heading, ...]:
    """The headings of a post that have an id and words, those of the `depth` highest levels that
    occur, each above those that it begins. A footnote's number is no part of a heading."""
    found = _Headings()
    found.feed(html)
    found.close()
    levels = sorted({one.level for one in found.all})[:depth]
    return tuple(_nested([one for one in found.all if one.level in levels]))


def count(headings: Iterable[Heading]) -> int:
    """How many headings there are, with those below."""
    return sum(1 + count(one.below) for one in headings)


def _nested(flat: list[Heading]) -> Iterator[Heading]:
    at = 0
    while at < len(flat):
        end = at + 1
        while end < len(flat) and flat[end].level > flat[at].level:
            end += 1
        one = flat[at]
        yield Heading(one.level, one.id, one.title, tuple(_nested(flat[at + 1 : end])))
        at = end


class _Headings(HTMLParser):
    """All headings in their order, as they are found in a text."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[Heading] = []
        self._id = ""
        self._level = 0
        self._words: list[str] = []
        self._skipped = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._level and tag in _LEVELS:
            self._level, self._id, self._words = _LEVELS[tag], dict(attrs).get("id") or "", []
        elif self._level and not self._skipped:
            if tag == "sup" and (dict(attrs).get("id") or "").startswith("fnref"):
                self._skipped = tag
            elif tag in _KEPT:
                self._words.append(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if self._skipped:
            self._skipped = "" if tag == self._skipped else self._skipped
        elif self._level and _LEVELS.get(tag) == self._level:
            title = " ".join("".join(self._words).split())
            if self._id and title:
                self.all.append(Heading(self._level, self._id, title))
            self._level = 0
        elif self._level and tag in _KEPT:
            self._words.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._level and not self._skipped:
            self._words.append(escape(data, quote=False))
