"""The desk's own reply form, for readers without a script: shows what is answered, quotes it,
previews."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.responses import Response

from rejoinder.comments.model import Comment, clean_body
from rejoinder.comments.render import quotation, render, render_body
from rejoinder.comments.store import CommentStore
from rejoinder.errors import RejoinderError
from rejoinder.languages.texts import message
from rejoinder.replies.desk import Desk
from rejoinder.replies.model import LIMITS
from rejoinder.replies.web.pages import comment_of, page

CLOSED = message("This discussion is closed.")
NO_DISCUSSION = message("There is no such discussion.")
NO_WORDS = message("There are no words in it yet.")
TOO_LONG = message("It is longer than a reply can be.")


class ReplyForm:
    """The form of one desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._store = CommentStore(desk.content)

    def shown(
        self, fields: Mapping[str, str], wrong: Mapping[str, str], status: int, preview: str = ""
    ) -> Response:
        """The form with what was filled in, what is wrong with it, and how the words will look
        (HTML)."""
        key = fields.get("thread", "")
        try:
            discussion = self.desk.subjects.find(key, datetime.now(UTC))
        except (RejoinderError, OSError):
            discussion = None
        if discussion is None and status == 200:
            status, wrong = 404, {"thread": NO_DISCUSSION}
        elif discussion is not None and not discussion.open and status == 200:
            status, wrong = 410, {"thread": CLOSED}
        answered = self._answered(fields) if discussion is not None and discussion.open else None
        return page(
            "reply.html", status, fields=fields, wrong=wrong, discussion=discussion, limits=LIMITS,
            stamp=(fields.get("stamp") if preview else "") or self.desk.signer.stamp(),
            key=fields.get("key") or secrets.token_urlsafe(12),
            mail=bool(self.desk.settings.mail.host), preview=preview, answered=answered,
            answered_html=render(answered) if answered else "",
        )  # fmt: skip

    def previewed(self, fields: Mapping[str, str]) -> Response:
        """The form, with how the words will look."""
        text = clean_body(fields.get("text", ""))
        wrong = {"text": NO_WORDS} if not text.strip() else too_long(text)
        if wrong:
            return self.shown(fields, wrong, 422)
        return self.shown(fields, {}, 200, render_body(text))

    def quoting(self, fields: Mapping[str, str]) -> Response:
        """The form, with the words that are answered as a quotation after what was written."""
        answered = self._answered(fields)
        text = fields.get("text", "")
        if answered is not None:
            text = f"{text.rstrip()}\n\n{quotation(answered)}".lstrip()
        return self.shown({**fields, "text": text}, {}, 200)

    def _answered(self, fields: Mapping[str, str]) -> Comment | None:
        """The comment that is answered; None where that is the post, or gone."""
        return comment_of(self._store, fields.get("thread", ""), fields.get("in_reply_to", ""))


def too_long(text: str) -> dict[str, str]:
    """What is wrong with words that are more than a reply can be; nothing with others."""
    return {"text": TOO_LONG} if len(text.encode("utf-8")) > LIMITS["text"] else {}
