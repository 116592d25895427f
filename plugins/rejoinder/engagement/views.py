"""How often pages were seen, day by day: `content/engagement/<source>/<year>-<month>.txt`, a line
for each figure, so that logs can be thrown away. The format is in docs/file-formats.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote

from rejoinder import atomic
from rejoinder.errors import EngagementError

FOLDER = "engagement"


class Source(StrEnum):
    """Who counted. The same view may be in both, so they are never added up."""

    LOGS = "logs"
    BEACON = "beacon"


class Figure(StrEnum):
    """What is counted, each of its own `what`: of `VIEW` and `UNKNOWN` the page's path, decoded, of
    `VISITS` nothing, of `FEED` the reader's software, of `REFERRER` where people came from, of
    `LEFT_OUT` why."""

    VISITS = "visits"
    """Different people who viewed pages on that day, as far as address and browser tell."""

    VIEW = "view"
    UNKNOWN = "unknown"
    """Views by people or bots: the log doesn't say by what software."""

    FEED = "feed"
    """Readers of the feeds."""

    REFERRER = "referrer"
    LEFT_OUT = "left-out"


class Key(NamedTuple):
    """What a count is of: a day in the site's zone, a figure, and of what."""

    day: date
    figure: Figure
    what: str = ""


_HEAD = "# DAY FIGURE COUNT [OF WHAT]; days in the site's zone\n"
_LINE = re.compile(r"(\d{4}-\d\d-\d\d) ([a-z-]+) ([1-9]\d{0,14})(?: (\S.*))?")
_DAY = re.compile(rb"^\d{4}-\d\d-\d\d", re.M)
_PLAIN = re.compile(r"[A-Za-z0-9/:;,.!?@&=+$()*'_-]+")
_HALF = re.compile("[\ud800-\udfff]")
"""Half of a character, which UTF-8 can't hold."""

_MONTH = re.compile(r"\d{4}-\d\d\.txt")
# What can stand in a line as it is; the rest is percent-encoded.
_SAFE = "/:;,.!?@&=+$()*'[]~#|^{}<>\"`\\"


def parse(text: str, where: Path) -> dict[Key, int]:
    """The counts of a file's text. Raises EngagementError, naming the line."""
    found: dict[Key, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line or line.startswith("#"):
            continue
        try:
            match = _LINE.fullmatch(line)
            if match is None:
                raise ValueError("it is not 'DAY FIGURE COUNT [OF WHAT]'")
            key = Key(date.fromisoformat(match[1]), Figure(match[2]), unquote(match[4] or ""))
            if key in found:
                raise ValueError("the same is counted in a line above")
        except ValueError as error:
            raise EngagementError(
                f"the line can't be read: {error}", where=where, line=number,
                mend="Mend the line, or remove it; what it counted is lost then.",
            ) from error  # fmt: skip
        found[key] = int(match[3])
    return found


def render(counts: Mapping[Key, int]) -> str:
    """Counts as a file's text: sorted, so that a day's changes stand together."""
    return _HEAD + _lines(counts)


def lines_of(day: date, figures: Mapping[Figure, Mapping[str, int]]) -> str:
    """A day's counts as lines of a file, sorted. Lines of figures in their order can be joined."""
    lines: list[str] = []
    for figure in sorted(figures):
        begin, counts = f"{day} {figure.value}", figures[figure]
        lines += [f"{begin} {counts[what]}{_spelled(what)}\n"
                  for what in sorted(counts) if counts[what]]  # fmt: skip
    return "".join(lines)


@lru_cache(maxsize=20_000)
def _spelled(what: str) -> str:
    if not what:
        return ""
    if _PLAIN.fullmatch(what):
        return f" {what}"
    return f" {quote(_HALF.sub(chr(0xFFFD), what), safe=_SAFE)}"


def require(content: Path) -> None:
    """Raises EngagementError where there is no such folder, before anything is made beside it."""
    if not content.is_dir():
        raise EngagementError("there is no content", where=content, mend="Use --content.")


def days_in(content: Path, source: Source) -> set[date]:
    """The days that the files of a source have lines of. Raises EngagementError."""
    found: set[bytes] = set()
    for path in files(content, source):
        try:
            found |= set(_DAY.findall(path.read_bytes()))
        except OSError as error:
            raise EngagementError(f"it can't be read: {error.strerror}", where=path) from error
    days = set()
    for text in found:
        with suppress(ValueError):
            days.add(date.fromisoformat(text.decode()))
    return days


def files(content: Path, source: Source) -> list[Path]:
    """The files of one source, the oldest month first."""
    folder = content / FOLDER / source
    return sorted(p for p in folder.glob("*.txt") if _MONTH.fullmatch(p.name))


def read(path: Path) -> dict[Key, int]:
    """The counts of one file; none where there is no file. Raises EngagementError."""
    try:
        return parse(path.read_text("utf-8"), path)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise EngagementError(f"the file can't be read: {error.strerror}", where=path) from error
    except UnicodeDecodeError as error:
        raise EngagementError("the file is not UTF-8", where=path) from error


def load(content: Path, source: Source, since: date | None = None) -> dict[Key, int]:
    """All counts of a source, of the days from `since` on. Raises EngagementError."""
    found: dict[Key, int] = {}
    for path in files(content, source):
        if since is None or path.stem >= f"{since:%Y-%m}":
            found |= read(path)
    return {key: n for key, n in found.items() if key.day >= since} if since else found


def save(content: Path, source: Source, days: Mapping[date, Mapping[Key, int]]) -> list[Path]:
    """`replace` whole days by their counts."""
    return replace(content, source, {day: _lines(counts) for day, counts in days.items()})


def replace(content: Path, source: Source, days: Mapping[date, str]) -> list[Path]:
    """Replace whole days by their `lines_of`; other days of the same months stay as they are. The
    files that changed. Raises EngagementError; a month's file then holds what it held, or all of
    it."""
    require(content)
    with suppress(OSError):  # what is left in the way of nothing may stay
        atomic.sweep(content / FOLDER / source)
    changed = []
    for month, group in groupby(sorted(days), key=lambda day: f"{day:%Y-%m}"):
        path = content / FOLDER / source / f"{month}.txt"
        before = _by_day(read(path))
        after = before | {day: days[day] for day in group}
        after = {day: after[day] for day in sorted(after) if after[day]}
        if after == before:
            continue
        try:
            # What can't be encoded costs a sign, and not every day's figures from then on.
            parts = (part.encode(errors="replace") for part in (_HEAD, *after.values()))
            atomic.write_parts(path, parts)
        except OSError as error:
            raise EngagementError(
                f"the file can't be written: {error.strerror}", where=path
            ) from error
        changed.append(path)
    return changed


def _lines(counts: Mapping[Key, int]) -> str:
    return "".join(lines for _, lines in sorted(_by_day(counts).items()))


def _by_day(counts: Mapping[Key, int]) -> dict[date, str]:
    """The lines of each day."""
    found: dict[date, dict[Figure, dict[str, int]]] = {}
    for (day, figure, what), count in counts.items():
        found.setdefault(day, {}).setdefault(figure, {})[what] = count
    return {day: lines_of(day, figures) for day, figures in found.items()}


def of(counts: Mapping[Key, int], *figures: Figure) -> Iterator[tuple[Key, int]]:
    """Those of some figures."""
    wanted: Iterable[Figure] = frozenset(figures)
    return ((key, count) for key, count in counts.items() if key.figure in wanted)
