"""Akismet, for those who have an account there: asked after a reply is kept, and never waited
for. Whatever goes wrong leaves the reply in the queue (akismet.com/developers: comment-check)."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from rejoinder.errors import RejoinderError
from rejoinder.replies.model import Status
from rejoinder.replies.queue import words_digest
from rejoinder.replies.settings import Settings
from rejoinder.web import Client

if TYPE_CHECKING:
    from rejoinder.replies.arrivals import Kept
    from rejoinder.replies.desk import Desk

logger = logging.getLogger(__name__)

_BY = "Akismet"


class Akismet:
    """Asks one account's opinion."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings.akismet
        self.client = Client(
            allow=settings.reachable_networks, timeout=5, deadline=10, max_bytes=1000,
            max_redirects=0,
        )  # fmt: skip

    def judge(self, desk: Desk, kept: Kept, address: str, agent: str) -> None:
        """Ask about a kept reply, and act: spam goes to spam, what the rules would publish is
        published. The reader's address and browser are told to Akismet and to nobody else."""
        reply = kept.reply
        try:
            discussion = desk.subjects.find(reply.thread, datetime.now(UTC))
            is_spam = self.is_spam(
                blog=desk.subjects.base,
                user_ip=address,
                user_agent=agent,
                permalink=discussion.url if discussion else "",
                comment_type="reply" if reply.parent else "comment",
                comment_author=reply.name,
                comment_author_email=reply.email,
                comment_author_url=reply.url,
                comment_content=reply.text,
            )
            if is_spam is None or not (is_spam or kept.is_held):
                return
            current = desk.queue.get(reply.id)
            if current is None or current.status is not reply.status:
                return  # somebody has decided meanwhile, or its writer took it back
            status = Status.SPAM if is_spam else Status.APPROVED
            why = "it says spam" if is_spam else "it says no spam"
            desk.queue.decide(reply.id, status, by=_BY, why=why, now=datetime.now(UTC),
                              seen=words_digest(reply), teaches=False)  # fmt: skip
            desk.on_change()
        except RejoinderError as error:
            logger.warning("Akismet has decided nothing: %s", error.what)

    def is_spam(self, **facts: str) -> bool | None:
        """Its opinion; None where it has none. Raises FetchError."""
        form = urlencode({"api_key": self.settings.key, "blog_charset": "UTF-8", **facts})
        answer = self.client.request(
            "POST",
            f"{self.settings.address}/1.1/comment-check",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            content=form.encode("utf-8"),
        )
        said = answer.body.strip() if answer.status == 200 else b""
        return {b"true": True, b"false": False}.get(said)
