"""A reply on its way to being a comment. A leaf: it imports errors and the comment model alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rejoinder.comments.model import Comment, Kind


class Status(StrEnum):
    """Where a reply is. Only an approved one is public."""

    PENDING = "pending"
    APPROVED = "approved"
    SPAM = "spam"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


LIMITS = {"name": 245, "email": 100, "url": 200, "text": 65_525}
"""The longest a field may be: WordPress's own columns (`wp_comments`); `text` in UTF-8 bytes,
the others in characters. What is longer is refused, never cut."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What a reader sent, found to be well formed. `parent` is the comment's id, or None."""

    thread: str
    text: str
    name: str
    email: str = ""
    url: str = ""
    parent: str | None = None
    notify: bool = False
    trapped: bool = False
    """Whether the field that no person sees was filled in."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as the queue keeps it. `id` is that of the comment it becomes. `email` is
    private: it never leaves the queue."""

    id: str
    thread: str
    text: str
    name: str
    email: str
    url: str
    parent: str | None
    notify: bool
    status: Status
    received: datetime
    format: str = "markdown"
    source: str = "form"
    anchor: str | None = None

    def comment(self) -> Comment:
        """The public part: what its file will hold."""
        return Comment(
            id=self.id,
            author=self.name,
            date=self.received,
            body=self.text,
            in_reply_to=self.parent,
            kind=Kind.COMMENT,
            format=self.format,  # type: ignore[arg-type]  # the model makes it one of its own
            url=self.url or None,
            source=self.source,
            anchor=self.anchor,
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """One step of a reply's life: to what, by whom, why, when."""

    status: Status
    by: str
    why: str
    at: datetime
