"""The desk's own reply form: for readers without a script, for words that are given back, for who
has signed in."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.responses import Response

from rejoinder.comments.verified import Verified
from rejoinder.comments.verified import read as read_verified
from rejoinder.errors import RejoinderError
from rejoinder.languages.texts import message
from rejoinder.replies.desk import Desk
from rejoinder.replies.identity.flows import Flow
from rejoinder.replies.model import LIMITS
from rejoinder.replies.web.pages import page

CLOSED = message("This discussion is closed.")
NONE = message("There is no such discussion.")


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody who has signed in, as the form shows them: `token` is the sign-in's own."""

    token: str
    flow: Flow

    @property
    def verified(self) -> Verified | None:
        """Who it is."""
        return read_verified(self.flow.identity.verified) if self.flow.identity else None


class ReplyForm:
    """The form of one desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def page(
        self, fields: Mapping[str, str], wrong: Mapping[str, str], status: int,
        seen: Seen | None = None,
    ) -> Response:  # fmt: skip
        """The form, filled in, with what is wrong with which field; `seen` of who has signed
        in."""
        try:
            discussion = self.desk.subjects.find(fields.get("thread", ""), datetime.now(UTC))
        except (RejoinderError, OSError):
            discussion = None
        if discussion is None and status == 200:
            status, wrong = 404, {"thread": NONE}
        elif discussion is not None and not discussion.open and status == 200:
            status, wrong = 410, {"thread": CLOSED}
        return page(
            "reply.html", status, fields=fields, wrong=wrong, discussion=discussion, limits=LIMITS,
            stamp=self.desk.signer.stamp(),
            key=fields.get("key") or secrets.token_urlsafe(12),
            mail=bool(self.desk.settings.mail.host),
            seen=seen, providers=self._providers(),
        )  # fmt: skip

    def _providers(self) -> list[tuple[str, str]]:
        """What one can sign in with: a name, and what it is called."""
        try:
            return [(one.name, one.label) for one in self.desk.door.offered().values()]
        except RejoinderError:  # whatever is wrong: nobody's words are lost by it
            return []
