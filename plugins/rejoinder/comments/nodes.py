"""A comment in its place, as a template shows it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from markupsafe import Markup

from rejoinder.comments.model import Comment
from rejoinder.comments.patterns import pattern
from rejoinder.comments.render import render
from rejoinder.comments.threads import Node
from rejoinder.comments.verified import Verified
from rejoinder.comments.verified import read as read_verified

if TYPE_CHECKING:
    from rejoinder.comments.view import ThreadView

TINTS = 12
"""So many colours tell writers apart."""


class NodeView:
    """A comment in its place, as a template shows it."""

    __slots__ = ("_thread", "answers", "children", "comment", "depth", "orphan", "url")

    def __init__(self, node: Node, thread: ThreadView, url: str) -> None:
        self.comment = node.comment
        self.depth = node.depth
        self.orphan = node.orphan
        self.answers = node.answers
        self.children: list[NodeView] = []
        self.url = url
        self._thread = thread

    @property
    def html(self) -> Markup:
        return Markup(render(self.comment))

    @property
    def fragment(self) -> str:
        return self.url.rpartition("#")[2]

    @property
    def local_url(self) -> str:
        """Its permalink on the page that shows it: `#comment-7`; '' where that isn't its own."""
        return "" if self._thread.options.is_turned else f"#{self.fragment}"

    @property
    def local_parent_url(self) -> str:
        """Where what it answers is, on the same page; '' where that isn't there."""
        return self._thread.local_url_of(self.parent, self.comment) if self.parent else ""

    @property
    def is_author(self) -> bool:
        return self.comment.kind == "author"

    @property
    def is_removed(self) -> bool:
        """Whether only a mark stands here, in the place of words that were taken back."""
        return self.comment.kind == "removed"

    @property
    def verified(self) -> Verified | None:
        """Who its writer had signed in as when it was sent."""
        return read_verified(self.comment.verified)

    @property
    def portrait(self) -> str:
        """Where the writer's picture is, site-relative; '' of one that has none."""
        return self.comment.portrait or ""

    @property
    def tint(self) -> int:
        """One of TINTS colours, always the same for the same writer."""
        return crc32(self._writer.encode()) % TINTS

    @property
    def _writer(self) -> str:
        who = self.comment.author_id or self.comment.url or self.comment.author
        return who.strip().casefold()

    @property
    def pattern(self) -> str:
        """A drawing that tells the writer from others: see `patterns`."""
        return pattern(self._writer)

    @property
    def below(self) -> int:
        """How many answers stand below it, and below those."""
        return sum(1 + child.below for child in self.children)

    @property
    def agreements(self) -> int:
        """How many readers agree with it."""
        return self._thread.agreements_with(self.comment.id)

    @property
    def agree_url(self) -> str:
        """Where the button posts that says 'I agree', which needs no fields; '' shows none."""
        url = self._thread.agree_url
        return f"{url}&comment={self.comment.id}" if url else ""

    @property
    def answers_url(self) -> str:
        """The permalink of the comment that this one answers; '' where it stands under it."""
        return self._thread.url_of(self.answers) if self.answers else ""

    @property
    def parent(self) -> Comment | None:
        """The comment that this one answers, wherever it is shown."""
        return self._thread.comment(self.comment.in_reply_to)

    @property
    def parent_author(self) -> str:
        return self.parent.author if self.parent else ""

    @property
    def in_reply_to_url(self) -> str:
        """What this comment answers, for u-in-reply-to: the parent's permalink, else the post."""
        return self._thread.url_of(self.parent) if self.parent else self._thread.subject.url

    @property
    def reply_url(self) -> str:
        """Where one answers this comment; '' when the discussion takes no replies."""
        if not (self._thread.open and self._thread.reply_url) or self.is_removed:
            return ""
        return self._thread.reply_to + self.comment.id  # an id needs no quoting
