"""Threads and the comments in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from rejoinder.check.problem import Problem, problem_of
from rejoinder.comments.model import Comment
from rejoinder.comments.store import CommentStore
from rejoinder.comments.threads import build
from rejoinder.errors import StoreError
from rejoinder.posts import PostHead


def check(content: Path, heads: Sequence[PostHead], authors: Collection[str]) -> Iterator[Problem]:
    """Everything about `content/comments/`."""
    store = CommentStore(content)
    by_key = {head.thread: head for head in heads if head.thread}
    for key in store.threads():
        try:
            reading = store.read(key)
        except StoreError as error:
            yield problem_of(error)
            continue
        folder = store.path(key, "x").parent
        if key not in by_key and (reading.comments or reading.problems):
            yield orphaned(folder, key, by_key, content)
        yield from map(problem_of, reading.problems)
        yield from check_thread(folder, reading.comments, authors)


def orphaned(folder: Path, key: str, by_key: dict[str, PostHead], content: Path) -> Problem:
    """A discussion that no post shows, with the post that it most likely was about. Pure."""
    close = get_close_matches(key, sorted(by_key), n=1, cutoff=0.5)
    if close:
        post = by_key[close[0]].path.relative_to(content).as_posix()
        mend = f"Add 'Thread: {key}' to {post}, or rename the folder to '{close[0]}'."
    else:
        mend = f"Add 'Thread: {key}' to the post that it is about."
    return Problem(str(folder), 0, "this discussion belongs to no post or page", mend)


def check_thread(
    folder: Path, comments: Sequence[Comment], authors: Collection[str]
) -> Iterator[Problem]:
    """What is amiss among the comments of one thread. Pure."""
    ids = {comment.id for comment in comments}
    anchors: dict[str, str] = {}
    for comment in comments:
        where = str(folder / f"{comment.id}.md")
        if comment.fragment in anchors:
            yield Problem(
                where, 0, f"the anchor {comment.fragment!r} is {anchors[comment.fragment]}'s too",
                "Give one of them another 'Anchor:'.",
            )  # fmt: skip
        anchors.setdefault(comment.fragment, comment.id)
        if comment.in_reply_to and comment.in_reply_to not in ids:
            yield Problem(
                where, 0, f"the comment that it answers, {comment.in_reply_to}, is not here",
                is_error=False,
            )  # fmt: skip
        if comment.author_id and comment.author_id not in authors:
            yield Problem(
                where, 0, f"there is no author {comment.author_id!r}",
                f"Add authors/{comment.author_id}.md, or take the line 'Author-Id:' out.",
                is_error=False,
            )  # fmt: skip
    for ring in build(comments).cycles:
        yield Problem(
            str(folder / f"{ring[0]}.md"), 0,
            f"these comments answer each other in a ring: {', '.join(ring)}",
            "Correct the 'In-Reply-To:' of one of them.",
        )  # fmt: skip
