"""A reply on its way to being a comment. A leaf: it imports errors and the comment model alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rejoinder.comments.model import Comment, Format, Kind


class Status(StrEnum):
    """Where a reply is. Only an approved one is public."""

    PENDING = "pending"
    APPROVED = "approved"
    SPAM = "spam"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


GONE = frozenset({Status.WITHDRAWN, Status.ERASED})
"""What its writer took back: a decision that nobody but the writer may make or undo."""

LIMITS = {"name": 245, "email": 100, "url": 200, "text": 65_525}
"""The longest a field may be: WordPress's own columns (`wp_comments`); `text` in UTF-8 bytes,
the others in characters. What is longer is refused, never cut."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a reader has shown to be: `verified` as a comment's file says it, None where the reply
    says something else of its writer; `identity` is a keyed hash that tells the account from any
    other, `portrait` the path of their picture."""

    identity: str
    verified: str | None = None
    portrait: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """What a reader sent, found to be well formed. `parent` is the comment's id, or None.
    `key` is the form's own random name, so that sending it twice is sending it once."""

    thread: str
    text: str
    name: str
    email: str = ""
    url: str = ""
    parent: str | None = None
    notify: bool = False
    trapped: bool = False
    """Whether the field that no person sees was filled in."""
    key: str = ""
    signed_in: SignedIn | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as the queue keeps it. `id` is that of the comment it becomes; `email` is
    private; `author_id` is set for what one of the site's authors wrote; `proposed` holds the
    new words of a published reply until they are approved; `proven` says that the writer has
    shown the e-mail address to be theirs. `kind`, `source_url`, `title` and `written` are a
    mention's: what it is, where it stands, what it is called, when it was written there.
    `verified`, `portrait` and `identity` are as `SignedIn` has them; the last is private."""

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
    author_id: str | None = None
    proposed: str | None = None
    proven: bool = False
    told: bool = False
    fingerprint: str | None = None
    network: str | None = None
    kind: str = "comment"
    source_url: str | None = None
    title: str | None = None
    written: datetime | None = None
    verified: str | None = None
    portrait: str | None = None
    identity: str | None = None

    def comment(self, approved: datetime | None = None) -> Comment:
        """The public part: what its file will hold; `approved` is when it was let in."""
        return Comment(
            id=self.id,
            author=self.name,
            date=self.written or self.received,
            body=self.text,
            in_reply_to=self.parent,
            kind=Kind.AUTHOR if self.author_id else Kind(self.kind),
            author_id=self.author_id,
            format=Format(self.format),
            url=self.url or None,
            source=self.source,
            anchor=self.anchor,
            source_url=self.source_url,
            title=self.title,
            verified=self.verified,
            portrait=self.portrait,
            approved=None if self.author_id else approved,
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """One step of a reply's life: to what, by whom, why, when."""

    status: Status
    by: str
    why: str
    at: datetime
