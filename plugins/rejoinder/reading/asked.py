"""What is looked up in a post's text when a template asks for it: few pages are made in a build,
and each post has this."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rejoinder.reading import pace
from rejoinder.reading.headings import Heading, contents, count
from rejoinder.words import plain


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a post is: whole minutes of reading, and words."""

    minutes: int
    words: int


class ReadingTime:
    """The same, found when it is asked for. `html` gives the post's text; it is in `language`, and
    read at `words_per_minute` (0 is that language's own speed)."""

    def __init__(self, html: Callable[[], str], language: str, words_per_minute: int = 0) -> None:
        self._html = html
        self._language = language
        self._speed = words_per_minute

    @property
    def minutes(self) -> int:
        """How long reading takes, in whole minutes, at least one."""
        return self._pace.minutes

    @property
    def words(self) -> int:
        """How many words the post has; of languages without spaces, as many as take as long."""
        return self._pace.words

    @cached_property
    def _pace(self) -> Pace:
        text = plain(self._html())
        return Pace(pace.minutes(text, self._language, self._speed), pace.words(text))

    def fingerprint(self) -> bytes:
        """What shapes it beside the post's text, which is part of the post's own fingerprint."""
        return f"{self._language} {self._speed}".encode()

    def __reduce__(self) -> tuple[Any, ...]:
        return Pace, (self.minutes, self.words)


@dataclass(frozen=True, slots=True)
class Limits:
    """Which posts show their contents: those of so many minutes and headings; and how many levels
    of headings these have."""

    minutes: int = 5
    headings: int = 3
    depth: int = 2


class Contents:
    """The headings of a post, for its contents; none where they would be too few or the post is
    short, unless the author says otherwise (`wish`)."""

    def __init__(
        self, html: Callable[[], str], time: ReadingTime, limits: Limits, wish: bool | None = None
    ) -> None:
        self._html = html
        self._time = time
        self._limits = limits
        self._wish = wish

    @cached_property
    def _headings(self) -> tuple[Heading, ...]:
        limits, html = self._limits, self._html()
        if self._wish is False or "<h" not in html:
            return ()
        if self._wish is None and html.count("<h") < limits.headings:
            return ()
        found = contents(html, limits.depth)
        if self._wish or (
            count(found) >= limits.headings and self._time.minutes >= limits.minutes
        ):  # fmt: skip
            return found
        return ()

    def __iter__(self) -> Iterator[Heading]:
        return iter(self._headings)

    def __len__(self) -> int:
        return len(self._headings)

    def fingerprint(self) -> bytes:
        """What shapes it beside the post's text and its reading time."""
        return f"{self._limits} {self._wish}".encode()

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (self._headings,)
