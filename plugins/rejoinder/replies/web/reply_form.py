"""The desk's own reply form: for readers without a script, for words that are given back, for who
has signed in. It shows what is answered, quotes it, previews."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.responses import Response

from rejoinder.comments.model import Comment, clean_body
from rejoinder.comments.render import quotation, render, render_body
from rejoinder.comments.store import CommentStore
from rejoinder.comments.verified import Verified
from rejoinder.comments.verified import read as read_verified
from rejoinder.errors import RejoinderError
from rejoinder.languages.texts import message
from rejoinder.replies.desk import Desk
from rejoinder.replies.identity.flows import Flow
from rejoinder.replies.model import LIMITS
from rejoinder.replies.web.pages import comment_of, page

CLOSED = message("This discussion is closed.")
NONE = message("There is no such discussion.")
NO_WORDS = message("There are no words in it yet.")
TOO_LONG = message("It is longer than a reply can be.")


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
        self._store = CommentStore(desk.content)

    def page(
        self, fields: Mapping[str, str], wrong: Mapping[str, str], status: int,
        seen: Seen | None = None, preview: str = "",
    ) -> Response:  # fmt: skip
        """The form, filled in, with what is wrong with which field; `seen` of who has signed
        in; `preview` is how the words will look (HTML)."""
        try:
            discussion = self.desk.subjects.find(fields.get("thread", ""), datetime.now(UTC))
        except (RejoinderError, OSError):
            discussion = None
        if discussion is None and status == 200:
            status, wrong = 404, {"thread": NONE}
        elif discussion is not None and not discussion.open and status == 200:
            status, wrong = 410, {"thread": CLOSED}
        answered = self._answered(fields) if discussion is not None and discussion.open else None
        return page(
            "reply.html", status, fields=fields, wrong=wrong, discussion=discussion, limits=LIMITS,
            stamp=(fields.get("stamp") if preview else "") or self.desk.signer.stamp(),
            key=fields.get("key") or secrets.token_urlsafe(12),
            mail=bool(self.desk.settings.mail.host),
            seen=seen, providers=self._providers(),
            gravatar=discussion is not None and not seen  # who signs in has a portrait from there
            and self.desk.subjects.facts.discussions.gravatar,
            preview=preview, answered=answered, answered_html=render(answered) if answered else "",
        )  # fmt: skip

    def previewed(self, fields: Mapping[str, str], seen: Seen | None) -> Response:
        """The form, with how the words will look."""
        text = clean_body(fields.get("text", ""))
        wrong = {"text": NO_WORDS} if not text.strip() else too_long(text)
        if wrong:
            return self.page(fields, wrong, 422, seen)
        return self.page(fields, {}, 200, seen, render_body(text))

    def quoting(self, fields: Mapping[str, str], seen: Seen | None) -> Response:
        """The form, with the words that are answered as a quotation after what was written."""
        answered = self._answered(fields)
        text = fields.get("text", "")
        if answered is not None:
            text = f"{text.rstrip()}\n\n{quotation(answered)}".lstrip()
        return self.page({**fields, "text": text}, {}, 200, seen)

    def _answered(self, fields: Mapping[str, str]) -> Comment | None:
        """The comment that is answered; None where that is the post, or gone."""
        return comment_of(self._store, fields.get("thread", ""), fields.get("in_reply_to", ""))

    def _providers(self) -> list[tuple[str, str]]:
        """What one can sign in with: a name, and what it is called."""
        try:
            return [(one.name, one.label) for one in self.desk.door.offered().values()]
        except RejoinderError:  # whatever is wrong: nobody's words are lost by it
            return []


def too_long(text: str) -> dict[str, str]:
    """What is wrong with words that are more than a reply can be; nothing with others."""
    return {"text": TOO_LONG} if len(text.encode("utf-8")) > LIMITS["text"] else {}
