"""Movable Type, TypePad and Melody: the text that their export writes (lib/MT/ImportExport.pm).

Entries end with a line of eight dashes, their sections with one of five. The first has fields, a
line each: TITLE, BASENAME, DATE, … (TypePad: UNIQUE URL, too); then come BODY: and others, a
COMMENT: for each comment (AUTHOR, EMAIL, IP, URL, DATE, then its text, HTML with line ends that
count) and a PING: for each trackback (TITLE, URL, IP, BLOG NAME, DATE, then its excerpt). Dates are
'MM/DD/YYYY HH:MM:SS AM|PM', in the blog's wall time. Only what is published is exported, and none
says what it answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from rejoinder.comments.model import Format, Kind
from rejoinder.errors import ImportFailed
from rejoinder.migrate.talks.model import Remark, Talk, Told
from rejoinder.migrate.talks.sources.packed import contents

_ENTRY, _SECTION = "-" * 8, "-" * 5
_HEADING = re.compile(r"(?:[A-Z][A-Z ]*|CF[\w-]+):")
"""How a section begins; CF are custom fields."""
_FIELD = re.compile(r"\s*([A-Z][A-Z ]*?)\s*:\s*(.*)")
_FIELDS = {
    "COMMENT:": frozenset({"AUTHOR", "EMAIL", "IP", "URL", "DATE"}),
    "PING:": frozenset({"TITLE", "URL", "IP", "BLOG NAME", "DATE"}),
}
_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2,4})\s+(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\s(AM|PM))?")


class _Section(NamedTuple):
    line: int
    text: list[str]


def read(file: Path, told: Told) -> Iterator[Talk]:
    """The entries that somebody commented on, or linked to. Raises ImportFailed."""
    is_export = False
    for sections in _entries(_lines(file, told), told):
        fields = {f[1]: f[2] for one in sections[0].text if (f := _FIELD.fullmatch(one))}
        if not fields.keys() & {"TITLE", "DATE", "BASENAME"}:
            told(sections[0].line, "the entry has no title, date or basename, and was left out")
            continue
        is_export = True
        remarks = tuple(
            _remark(section, told)
            for section in sections[1:] if section.text[:1] and section.text[0] in _FIELDS
            if any(section.text[1:])
        )  # fmt: skip
        if remarks:
            yield _talk(fields, remarks, sections[0].line)
    if not is_export:
        raise ImportFailed(
            "this is no export of Movable Type: it has no entries", where=file,
            mend="Movable Type makes one at Tools, Export Entries.",
        )  # fmt: skip


def _lines(file: Path, told: Told) -> list[str]:
    data = contents(file, told)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        told(None, "the file is not UTF-8, and was read as Windows-1252")
        text = data.decode("cp1252", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _entries(lines: list[str], told: Told) -> Iterator[list[_Section]]:
    """The sections of each entry. A line of dashes that no section follows is part of a text."""
    sections = [_Section(1, [])]
    for number, line in enumerate(lines, start=1):
        if line == _ENTRY:
            if any(any(section.text) for section in sections):
                yield sections
            sections = [_Section(number + 1, [])]
        elif line == _SECTION and _begins(lines, number):
            sections.append(_Section(number + 1, []))
        elif line or sections[-1].text:
            sections[-1].text.append(line)
    if any(any(section.text) for section in sections):
        told(len(lines), "the file breaks off within an entry; what is there is read")
        yield sections


def _begins(lines: list[str], at: int) -> bool:
    """Whether what stands after a line of dashes is a section, or the end of an entry."""
    following = next((line for line in lines[at : at + 20] if line), _ENTRY)
    return following in (_ENTRY, _SECTION) or _HEADING.fullmatch(following) is not None


def _talk(fields: dict[str, str], remarks: tuple[Remark, ...], line: int) -> Talk:
    name, address = fields.get("BASENAME", ""), fields.get("UNIQUE URL", "")
    # Movable Type joins the words of a basename by '_', many templates write '-' in its address.
    addresses = filter(None, (address, name.replace("_", "-")))
    key = name or f"{fields.get('DATE', '')} {fields.get('TITLE', '')}"
    return Talk(key, tuple(addresses), remarks, fields.get("TITLE", ""), name, line)


def _remark(section: _Section, told: Told) -> Remark:
    heading = section.text[0]
    found: dict[str, str] = {}
    at = 1
    for line in section.text[1:]:
        field = _FIELD.fullmatch(line)
        if field is None or field[1] not in _FIELDS[heading] or field[1] in found:
            break
        found[field[1]] = field[2].strip()
        at += 1
    date = _moment(found.get("DATE", ""))
    if date is None and "DATE" in found:
        told(section.line, f"{found.get('DATE', '')!r} is no date")
    is_ping = heading == "PING:"
    author, url = found.get("BLOG NAME" if is_ping else "AUTHOR", ""), found.get("URL", "")
    return Remark(
        id=_number(found),
        date=date,
        body="\n".join(section.text[at:]).strip("\n"),
        author=author,
        format=Format.HTML,
        kind=Kind.TRACKBACK if is_ping else Kind.COMMENT,
        url=url,
        email=found.get("EMAIL", ""),
        ip=found.get("IP", ""),
        source_url=url if is_ping else "",
        title=found.get("TITLE", ""),
        line=section.line,
    )


def _number(fields: dict[str, str]) -> str:
    """What tells it from others over exports, which have no numbers: who it is by, and when."""
    return sha256(repr(sorted(fields.items())).encode("utf-8", "replace")).hexdigest()[:12]


def _moment(text: str) -> datetime | None:
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    month, day, year, hour, minute, second = (int(part) for part in found.groups()[:6])
    if found[7]:
        hour = hour % 12 + 12 * (found[7] == "PM")
    if len(found[3]) == 2:
        year += 2000 if year < 70 else 1900
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - wall time
    except ValueError:
        return None
