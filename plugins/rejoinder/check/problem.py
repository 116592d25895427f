"""What a check found. A leaf."""

from __future__ import annotations

from dataclasses import dataclass

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
