"""What was said last, over many discussions. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from markupsafe import Markup

from rejoinder.comments.model import Comment
from rejoinder.comments.render import excerpt
from rejoinder.comments.view import ThreadView


class Recent:
    """A comment outside of its thread: with the title of the post and its own permalink."""

    def __init__(self, comment: Comment, thread: ThreadView) -> None:
        self.comment = comment
        self.thread = thread
        self.title = Markup(thread.subject.title)
        self.url = thread.url_of(comment)

    @property
    def excerpt(self) -> str:
        return excerpt(self.comment)

    @property
    def text_title(self) -> str:
        return str(self.title.striptags())

    @property
    def answers(self) -> Comment | None:
        """What this comment answers, where that is one."""
        return self.thread.comment(self.comment.in_reply_to)

    @property
    def answers_url(self) -> str:
        """The permalink of what this comment answers: another comment, else the post."""
        parent = self.answers
        return self.thread.url_of(parent) if parent else self.thread.subject.url


class Recents(list[Recent]):
    """The newest of a site, newest first; `number` were wanted."""

    number: int


def newest_threads(threads: Iterable[ThreadView], number: int, *, mentions: bool = True) -> (
    list[ThreadView]
):  # fmt: skip
    """The threads in which something was said last, each once: others have none of the newest."""
    each = {thread.key: thread for thread in reversed(list(threads))}
    said = [
        (last, key, thread) for key, thread in each.items()
        if (last := thread.summary.last(mentions=mentions)) is not None
    ]  # fmt: skip
    return [thread for *_, thread in heapq.nlargest(number, said, key=lambda row: row[:2])]


def recent(threads: Iterable[ThreadView], number: int, *, mentions: bool = True) -> Recents:
    """The newest contributions over all `threads`, reactions left out, and `mentions` too where
    only words are wanted; a thread that several translations share counts once, as the first."""
    newest = heapq.nlargest(
        number,
        (
            (last, thread.key, thread)
            for thread in newest_threads(threads, number, mentions=mentions)
            for last in thread.summary.newest(mentions=mentions)
        ),
        key=lambda row: row[:2],
    )
    found = ((thread.comment(last.id), thread) for last, _, thread in newest)
    recents = Recents(Recent(comment, thread) for comment, thread in found if comment is not None)
    recents.number = number
    return recents
