"""The commands that the documents give: where they stand, and what they say one would see."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from conftest import ROOT

PAGES = {
    path.relative_to(ROOT).as_posix(): path
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.M | re.S)
_INLINE = re.compile(r"`((?:\.venv/bin/)?(?:invoke|rejoinder) [^`\n]+)`")
_HOURS = re.compile(r"^(?:[\d*/]+ +){5}")
_PROGRAMS = re.compile(
    r"^ *(\$|sudo|\(?gh|git|cp|mv|curl|pip|python3?|invoke|rejoinder|\S*bin/\w+"
    r"|[\d*/]+ [\d*/]+ \*) ",
    re.M,
)


@dataclass(frozen=True)
class Command:
    """A command as a document has it, the lines that it is said to show, and in which of the
    page's blocks it stands."""

    page: str
    block: int
    text: str
    shown: tuple[str, ...] = ()


def commands(page: str) -> list[Command]:
    """Those of a page's fences, in order: of `sh` all, of `console` what follows `$`, of `cron`
    what follows the hours."""
    found: list[Command] = []
    numbers = count()
    for _, kind, body in _FENCE.findall(PAGES[page].read_text("utf-8")):
        if kind not in ("sh", "console", "cron"):
            continue
        number, lines = next(numbers), [line.strip() for line in body.splitlines() if line.strip()]
        if kind == "sh":
            found += [Command(page, number, text) for text in _whole(lines)]
        elif kind == "cron":
            found += [Command(page, number, _HOURS.sub("", line)) for line in lines]
        else:
            found += _typed(page, number, lines)
    return found


def inline(page: str) -> list[str]:
    """Those of a page's sentences and tables, `invoke …` and `rejoinder …`."""
    return _INLINE.findall(re.sub(r"```.*?```", "", PAGES[page].read_text("utf-8"), flags=re.S))


def unmarked(page: str) -> list[str]:
    """Lines of fences of no kind that look like commands."""
    bare = [body for _, kind, body in _FENCE.findall(PAGES[page].read_text("utf-8")) if not kind]
    return [line for body in bare for line in body.splitlines() if _PROGRAMS.match(line)]


def _whole(lines: list[str]) -> Iterator[str]:
    """Commands of one line or several, without remarks."""
    text = ""
    for line in lines:
        text = f"{text}\n{line}" if text else line
        if text.endswith("\\"):
            continue
        try:
            words = shlex.split(text, comments=True)
        except ValueError:  # a quotation goes on
            continue
        if text.count("(") > text.count(")"):
            continue
        if words:
            yield re.sub(r" +# .*$", "", text) if "\n" not in text else text
        text = ""
    assert not text, text


def _typed(page: str, number: int, lines: list[str]) -> Iterator[Command]:
    command, shown = "", list[str]()
    for line in [*lines, "$ "]:
        if not line.startswith("$"):
            shown.append(line)
            continue
        if command:
            yield Command(page, number, command, tuple(shown))
        command, shown = line[1:].strip(), []
