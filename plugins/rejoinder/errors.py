"""The one root of everything that Rejoinder raises on purpose.

A message says what is wrong, where, and how to mend it; whoever catches the error also
gets these apart, so that a report can be made without taking a sentence to pieces.
"""

from __future__ import annotations

from pathlib import Path


class RejoinderError(Exception):
    """Something that a user can mend.

    `what` is one sentence without its full stop; `where` is a file, an address or a
    setting; `line` counts from 1; `mend` says what to do about it.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | Path | None = None,
        line: int | None = None,
        mend: str | None = None,
    ) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.line = line
        self.mend = mend
        super().__init__(what)

    def __str__(self) -> str:
        place = ""
        if self.where is not None:
            place = self.where if self.line is None else f"{self.where}:{self.line}"
        elif self.line is not None:
            place = f"line {self.line}"
        text = f"{place}: {self.what}" if place else self.what
        return f"{text}. {self.mend}" if self.mend else text


class CommentError(RejoinderError):
    """A comment, or the file that holds it, is not what the format asks for."""


class StoreError(RejoinderError):
    """A comment could not be read from, or written to, the content folder."""


class SiteError(RejoinderError):
    """`site.toml` or a Pelican setting is not usable."""


class ImportFailed(RejoinderError):  # noqa: N818 - a result that is told, not a bug
    """An import could not go on; whatever had been written stays valid."""


class ExportFailed(RejoinderError):  # noqa: N818 - a result that is told, not a bug
    """An export could not be written."""


class PublishError(RejoinderError):
    """A build could not be made or brought to where it is published."""


class CrosslinkError(RejoinderError):
    """A profile, a feed, or a file of what was published there, is not usable."""


class FetchError(RejoinderError):
    """An address could not be fetched, or must not be."""


class EngagementError(RejoinderError):
    """Logs, views or measures that can't be read or written."""
