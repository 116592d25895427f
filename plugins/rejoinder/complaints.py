"""What Pelican says of an author's files, with the line and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from rejoinder.check.problem import Problem
from rejoinder.posts import PostHead, post_files, posts, read_head

_DATE = "Write it like 2026-04-15 08:00."
_MISSING = {"title": "Add a line 'Title: …'.", "date": "Add a line 'Date: 2026-04-15 08:00'."}
_PLACED = re.compile(
    r"(?P<where>(?:[A-Za-z]:)?[^:\n]+\.\w+)(?::(?P<line>\d+))?: (?P<what>.+)", re.S
)
_LINKS = ("{filename}", "{static}", "{attach}")


def explain(text: str, content: Path) -> str:
    """A message of a build, said of the file and line that it is about, where that can be found;
    else as it is. Reads what it is about."""
    for pattern, say in _SAID:
        match = pattern.fullmatch(text)
        if match is not None:
            try:
                return str(say(match, content) or text)
            except OSError:  # the file has gone meanwhile
                return text
    return text


def read(text: str) -> Problem:
    """A message as a problem: with its place, where it begins with one."""
    match = _PLACED.fullmatch(text)
    if match is None:
        return Problem("", 0, text)
    return Problem(match["where"], int(match["line"] or 0), match["what"])


def _head(match: re.Match[str], content: Path) -> PostHead:
    return read_head(content / match["file"], content)  # which may be absolute


def _at(head: PostHead, what: str, mend: str, *names: str, value: str | None = None) -> Problem:
    """A problem at the first of these metadata lines (with that value), else at the first line."""
    lines = (head.lines[name] for name in names
             if name in head.lines and value in (None, head.values[name]))  # fmt: skip
    return Problem(str(head.path), next(lines, 1), what, mend)


def _no_date(match: re.Match[str], content: Path) -> Problem:
    value = match["value"]
    return _at(_head(match, content), f"{value!r} is not a date", _DATE, "date", "modified",
               value=value)  # fmt: skip


def _missing(match: re.Match[str], content: Path) -> Problem:
    return _lacks(_head(match, content), match["name"])


def _no_status(match: re.Match[str], content: Path) -> Problem:
    mend = "Use draft, published, hidden or skip."
    return _at(_head(match, content), f"{match['value']!r} is no status", mend, "status")


def _no_wish(match: re.Match[str], content: Path) -> Problem:
    return _at(_head(match, content), match["what"], "Use open, closed or off.", "comments")


def _no_zone(match: re.Match[str], content: Path) -> Problem:
    mend = "Use an IANA name like Europe/London."
    return _at(_head(match, content), f"there is no time zone {match['value']!r}", mend, "timezone")


def _no_utf8(match: re.Match[str], content: Path) -> Problem | None:
    path = content / match["file"]
    data = path.read_bytes()
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Problem(str(path), line, "it is not UTF-8", "Save it as UTF-8.")
    return None


def _outside(match: re.Match[str], content: Path) -> Problem:
    head = _head(match, content)
    if not head.slug:
        return _lacks(head, "title")
    return _at(head, f"it would be written outside the site, as {match['value']!r}",
               "Correct its 'Slug:' or 'Save_As:'.", "save_as", "slug")  # fmt: skip


def _lacks(head: PostHead, name: str) -> Problem:
    if not head.values:
        mend = "Begin with lines like 'Title: …' and 'Date: …', then a blank line."
        return _at(head, "it has no front matter", mend)
    return _at(head, f"it has no {name}", _MISSING.get(name, f"Add a line '{name.title()}: …'."))


def _written_by_two(match: re.Match[str], content: Path) -> Problem | None:
    first: dict[str, PostHead] = {}
    for head in posts(content):
        other = first.setdefault(head.slug, head)
        if other is not head and head.slug in match["value"]:
            return _at(head, f"its slug {head.slug!r} is that of {other.path.name}",
                       "Give one of them another 'Slug:'.", "slug", "title")  # fmt: skip
    return None


def _no_template(match: re.Match[str], content: Path) -> Problem | None:
    value = match["value"]
    for head in posts(content):
        if head.values.get("template") == value:
            return _at(head, f"the theme has no template {value!r}",
                       "Name another, or take the line out.", "template")  # fmt: skip
    return None


def _said_twice(match: re.Match[str], content: Path) -> Problem | None:
    for head in posts(content):
        for name, line in head.repeated.items():
            return Problem(str(head.path), line, f"there is a second line '{name.title()}:'",
                           "Take one of them out.")  # fmt: skip
    return None


def _leads_nowhere(match: re.Match[str], content: Path) -> Problem | None:
    value = match["value"]
    for path in post_files(content):
        lines = path.read_text("utf-8", "replace").split("\n")
        for number, line in enumerate(lines, start=1):
            if value in line and any(kind in line for kind in _LINKS):
                return Problem(str(path), number, f"it links to {value}, which isn't there",
                               "Correct the link.")  # fmt: skip
    return None


_SAID: list[tuple[re.Pattern[str], Callable[[re.Match[str], Path], Problem | None]]] = [
    (re.compile(pattern, re.S), say) for pattern, say in (
        (r"Could not process (?P<file>.+?):? '(?P<value>.*)' is not a valid date", _no_date),
        (r"Could not process (?P<file>.+?):? 'utf-8' codec .*", _no_utf8),
        (r"(?P<file>\S+): (?P<what>'Comments: .*' is not known)\. .*", _no_wish),
        (r"Could not process (?P<file>.+?):? '?No time zone found with key (?P<value>.*?)'?",
         _no_zone),
        (r"Skipping (?P<file>.+): could not find information about '(?P<name>\w+)'", _missing),
        (r"Skipping (?P<file>.+): file '(?P<value>.*)' would be written outside .*", _outside),
        (r"Unknown status '(?P<value>.*)' for file (?P<file>.+), skipping it\..*", _no_status),
        (r"WrittenTwiceError: (?P<value>.+) is to be written by two", _written_by_two),
        (r"PelicanTemplateNotFound: \[templates\] unable to load (?P<value>.+)\[\.html\] .*",
         _no_template),
        (r"AttributeError: 'list' object has no attribute .*", _said_twice),
        (r"Unable to find '(?P<value>.+)', skipping url replacement\.", _leads_nowhere),
    )
]  # fmt: skip
"""As Pelican 4.11 and 4.12 say it (readers.py, contents.py, generators.py)."""
