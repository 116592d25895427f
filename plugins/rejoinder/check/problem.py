"""One thing that is wrong with a site, or worth a note."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rejoinder.errors import RejoinderError


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """`path` is the file as a user would write it; `line` counts from 1, 0 is the whole file;
    `what` is a sentence without its full stop, `mend` whole sentences or nothing. A problem that
    is no error is a note: it is told, and the check is passed all the same."""

    path: str
    line: int
    what: str
    mend: str = ""
    is_error: bool = True

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        text = f"{place}: {self.what}." + (f" {self.mend}" if self.mend else "")
        return " ".join((text if self.is_error else f"note: {text}").split())


def error(path: Path | str, what: str, mend: str = "", *, line: int = 0) -> Problem:
    """What makes the check fail."""
    return Problem(str(path), line, what, mend)


def note(path: Path | str, what: str, mend: str = "", *, line: int = 0) -> Problem:
    """What the author may want to know."""
    return Problem(str(path), line, what, mend, is_error=False)


def from_error(found: RejoinderError, path: Path | str) -> Problem:
    """What reading a file raised, as a problem; `path` where the error names no place."""
    return Problem(found.where or str(path), found.line or 0, found.what, found.mend or "")
