"""What a check found. A leaf."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rejoinder.errors import RejoinderError


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong, or a note: where, what, and how to mend it. As text, one line."""

    where: str
    line: int
    what: str
    mend: str = ""
    is_error: bool = True

    def __str__(self) -> str:
        place = f"{self.where}:{self.line}" if self.line else self.where
        text = f"{'' if self.is_error else 'note: '}{place}: {self.what}"
        return f"{text}. {self.mend}" if self.mend else text


def problem_of(error: RejoinderError) -> Problem:
    """An error of ours as a problem."""
    return Problem(error.where or "", error.line or 0, error.what, error.mend or "")


def problem_at(path: Path, error: Exception) -> Problem:
    """Whatever made a file or folder unreadable, as a problem."""
    if isinstance(error, RejoinderError):
        return problem_of(error)
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return Problem(str(path), 0, f"it can't be read: {reason}")
