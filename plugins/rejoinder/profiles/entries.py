"""What somebody published on a profile, as it is kept: a leaf, pure.

`content/crosslinks/<profile>/<year>.txt` holds entries, newest last, a blank line between them;
each is metadata lines, one value a line, so that a diff shows what came and what was decided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from rejoinder.blocks import Line, blocks, once
from rejoinder.comments.model import one_line
from rejoinder.errors import CrosslinkError


class Kind(StrEnum):
    """What an entry is: the author's own words, words of somebody else that they passed on, an
    answer to somebody, or what others said where a feed watches for the site."""

    OWN = "own"
    SHARED = "shared"
    ANSWER = "answer"
    THEIRS = "theirs"


class Verdict(StrEnum):
    """What was decided on an entry and a post: taken by the matcher, or said by a person."""

    MATCHED = "matched"
    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Tie:
    """An entry and a post that belong together, or don't; `why` is for a person to read."""

    thread: str
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One publication. `id` is the network's own name for it and never changes; `links` are the
    addresses in it, unwrapped where the network was asked; `edited` is when its words were last
    seen to change."""

    id: str
    url: str
    date: datetime
    title: str = ""
    text: str = ""
    kind: Kind = Kind.OWN
    links: tuple[str, ...] = ()
    ties: tuple[Tie, ...] = ()
    extra: tuple[tuple[str, str], ...] = field(default=())

    @property
    def sort_key(self) -> tuple[datetime, str]:
        """Oldest first; the id decides between entries of one second."""
        return self.date, self.id

    def tied(self, ties: Iterable[Tie]) -> Entry:
        """The same entry with these ties."""
        return replace(self, ties=tuple(sorted(ties, key=lambda tie: tie.thread)))


_SINGLE = ("Entry", "Url", "Date", "Kind", "Title", "Text")


def format_entries(entries: Iterable[Entry]) -> str:
    """The text of a file, by date."""
    return "\n".join(_format(entry) for entry in sorted(entries, key=lambda e: e.sort_key))


def _format(entry: Entry) -> str:
    lines = [
        f"Entry: {one_line(entry.id)}",
        f"Url: {one_line(entry.url)}",
        f"Date: {entry.date.astimezone(UTC).replace(microsecond=0)}",
    ]
    if entry.kind is not Kind.OWN:
        lines.append(f"Kind: {entry.kind}")
    for name, value in (("Title", entry.title), ("Text", entry.text)):
        if one_line(value):
            lines.append(f"{name}: {one_line(value)}")
    lines += [f"Link: {one_line(link)}" for link in entry.links if one_line(link)]
    for tie in entry.ties:
        why = one_line(tie.why)
        lines.append(f"Post: {tie.verdict} {tie.thread}" + (f" | {why}" if why else ""))
    lines += [f"{name}: {one_line(value)}" for name, value in entry.extra]
    return "".join(f"{line}\n" for line in lines)


def parse_entries(text: str, where: Path) -> list[Entry]:
    """The entries in a file's text. Raises CrosslinkError, with the line."""
    found = [_parse(block, where) for block in blocks(text, where)]
    seen: set[str] = set()
    for entry in found:
        if entry.id in seen:
            raise CrosslinkError(f"the entry {entry.id} is there twice", where=where)
        seen.add(entry.id)
    return found


def _parse(block: list[Line], where: Path) -> Entry:
    single = once(block, _SINGLE, where)
    links = [line.value for line in block if line.name == "Link"]
    ties = [_tie(line.value, where, line.number) for line in block if line.name == "Post"]
    known = (*_SINGLE, "Link", "Post")
    extra = [(line.name, line.value) for line in block if line.name not in known]
    first = block[0].number
    for name in ("Entry", "Url", "Date"):
        if not single.get(name):
            raise CrosslinkError(f"the field {name} is missing", where=where, line=first)
    try:
        date = datetime.fromisoformat(single["Date"])
        kind = Kind(single.get("Kind", "own"))
    except ValueError as error:
        raise CrosslinkError(
            f"the entry can't be read: {error}", where=where, line=first
        ) from error
    if date.tzinfo is None:
        raise CrosslinkError("the date says no zone", where=where, line=first)
    return Entry(
        id=single["Entry"], url=single["Url"], date=date.astimezone(UTC),
        title=single.get("Title", ""), text=single.get("Text", ""), kind=kind, links=tuple(links),
        ties=tuple(ties), extra=tuple(extra),
    )  # fmt: skip


def _tie(value: str, where: Path, number: int) -> Tie:
    head, _, why = value.partition(" | ")
    verdict, _, thread = head.partition(" ")
    if verdict not in set(Verdict) or not thread.strip():
        raise CrosslinkError(
            f"'Post: {value[:60]}' is no decision", where=where, line=number,
            mend="Write 'Post: yes THREAD' or 'Post: no THREAD'.",
        )  # fmt: skip
    return Tie(thread.strip(), Verdict(verdict), why.strip())
