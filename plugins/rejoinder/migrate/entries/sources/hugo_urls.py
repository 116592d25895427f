"""Addresses as Hugo makes them: resources/page/permalinks.go, page_paths.go, common/paths. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

_TOKEN = re.compile(r":(\w+)(\[[^\]]*\])?")
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")  # fmt: skip
_KEPT = "./\\_#+~"


@dataclass(frozen=True, slots=True)
class Page:
    """What an address can be made of: the folders of the page's file below `content`, its name
    without ending and language, and what its front matter says."""

    sections: Sequence[str]
    name: str
    slug: str
    title: str
    date: datetime | None


def urlized(text: str, *, lower: bool = True) -> str:
    """`paths.Sanitize`: letters, digits and some marks; runs of space and dashes as one dash."""
    made: list[str] = []
    is_apart = False
    for character in text:
        if character.isalnum() or character in _KEPT or unicodedata.category(character)[0] == "M":
            made += ["-", character] if is_apart else [character]
            is_apart = False
        elif made and (character == "-" or character.isspace()):
            is_apart = True
    found = "".join(made)
    return found.lower() if lower else found


def address(page: Page, pattern: str, *, ugly: bool = False, lower: bool = True) -> str:
    """A page's address below its language's, without its leading slash; `pattern` is that of its
    section, or ''."""

    def clean(text: str) -> str:
        return urlized(text, lower=lower)

    if pattern:
        made = _TOKEN.sub(lambda match: _value(match, page, clean), pattern)
    else:
        made = "/".join((*map(clean, page.sections), clean(page.slug or page.name)))
    made = re.sub(r"/{2,}", "/", made).strip("/")
    if ugly:
        return f"{made}.html"
    return f"{made}/" if made else ""


def _value(match: re.Match[str], page: Page, clean: Callable[[str], str]) -> str:
    name, part = match[1], match[2]
    if name in ("section", "sectionslug"):
        return clean(page.sections[0]) if page.sections else ""
    if name in ("sections", "sectionslugs"):
        return "/".join(map(clean, _sliced(page.sections, part)))
    texts = {
        "title": page.title, "slug": page.slug or page.title, "filename": page.name,
        "contentbasename": page.name, "slugorfilename": page.slug or page.name,
        "slugorcontentbasename": page.slug or page.name,
    }  # fmt: skip
    if name in texts:
        return clean(texts[name]) + (part or "")
    found = _of_date(name, page.date or datetime(1, 1, 1))  # noqa: DTZ001 - Go's zero date
    return match[0] if found is None else found + (part or "")


def _of_date(name: str, date: datetime) -> str | None:
    weekday = (date.weekday() + 1) % 7
    return {
        "year": str(date.year), "month": f"{date.month:02}", "day": f"{date.day:02}",
        "monthname": _MONTHS[date.month - 1], "weekday": str(weekday),
        "weekdayname": _DAYS[weekday], "yearday": str(date.timetuple().tm_yday),
    }.get(name)  # fmt: skip


def _sliced(sections: Sequence[str], part: str | None) -> Sequence[str]:
    """`[1:]`, `[:last]`, `[0]` of the sections."""
    if not part:
        return sections
    begin, colon, end = part.strip("[]").partition(":")

    def number(text: str, default: int) -> int:
        if text == "last":
            return len(sections) - 1
        return int(text) if text.isdecimal() else default

    if not colon:
        at = number(begin, 0)
        return sections[at : at + 1]
    return sections[number(begin, 0) : number(end, len(sections))]
