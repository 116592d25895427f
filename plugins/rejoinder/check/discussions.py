"""Threads and the comments in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from rejoinder.check.problem import Problem, problem_at, problem_of
from rejoinder.comments.model import Comment
from rejoinder.comments.portraits import FOLDER as PORTRAITS
from rejoinder.comments.store import CommentStore, read_comment
from rejoinder.comments.threads import build
from rejoinder.errors import CommentError, StoreError
from rejoinder.posts import PostHead


def check(content: Path, heads: Sequence[PostHead], authors: Collection[str]) -> Iterator[Problem]:
    """Everything about `content/comments/`."""
    store = CommentStore(content)
    by_key = {head.thread: head for head in heads if head.thread}
    yield from strays(store.root)
    shown: set[str] = set()
    for key in store.threads():
        try:
            folder = store.path(key, "x").parent
            files = list(store.files(key))
        except (StoreError, OSError) as error:
            yield problem_at(store.root, error)
            continue
        if not folder.is_dir():
            yield Problem(
                str(store.root), 0, f"the folder of the thread {key!r} is named otherwise than it",
                f"Rename it to {folder.name!r}.",
            )  # fmt: skip
            continue
        if files and key not in by_key:
            yield orphaned(folder, key, by_key, content)
        comments: dict[Path, Comment] = {}
        for path in files:
            try:
                comments[path] = read_comment(path)
            except CommentError as error:
                yield problem_of(error)
        yield from check_thread(comments, authors)
        shown |= {comment.portrait for comment in comments.values() if comment.portrait}
        yield from without_portrait(comments, content)
    for picture in sorted((content / PORTRAITS).glob("*.webp")):
        if f"{PORTRAITS}/{picture.name}" not in shown:
            yield Problem(str(picture), 0, "no comment shows this portrait",
                          "Remove it.", is_error=False)  # fmt: skip


def without_portrait(comments: Mapping[Path, Comment], content: Path) -> Iterator[Problem]:
    """Comments whose picture isn't there."""
    for path, comment in comments.items():
        if comment.portrait and not (content / comment.portrait).is_file():
            yield Problem(
                str(path), 0, f"the portrait {comment.portrait} is not there",
                "Put it there, or take the line 'Portrait:' out.",
            )  # fmt: skip


def strays(root: Path) -> Iterator[Problem]:
    """Files that look like comments where no reader looks for one."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if path.suffix.lower() != ".md" or any(p.startswith(".") for p in parts) or path.is_dir():
            continue
        if len(parts) != 2:
            yield Problem(
                str(path), 0, "this comment lies in no thread's folder, so no page shows it",
                "Move it to the folder of its thread.",
            )  # fmt: skip
        elif path.suffix != ".md":
            yield Problem(
                str(path), 0, f"its name ends in {path.suffix}, so no page shows this comment",
                "Rename it to end in .md.",
            )  # fmt: skip


def orphaned(folder: Path, key: str, by_key: dict[str, PostHead], content: Path) -> Problem:
    """A discussion that no post shows, with the post that it most likely was about. Pure."""
    close = get_close_matches(key, sorted(by_key), n=1, cutoff=0.5)
    if close:
        post = by_key[close[0]].path.relative_to(content).as_posix()
        mend = f"Add 'Thread: {key}' to {post}, or rename the folder to '{close[0]}'."
    else:
        mend = f"Add 'Thread: {key}' to the post that it is about."
    return Problem(str(folder), 0, "this discussion belongs to no post or page", mend)


def check_thread(comments: Mapping[Path, Comment], authors: Collection[str]) -> Iterator[Problem]:
    """What is amiss among the comments of one thread, given by their files. Pure."""
    files: dict[str, Path] = {}
    anchors: dict[str, Path] = {}
    for path, comment in comments.items():
        where = str(path)
        first = files.setdefault(comment.id, path)
        if first is not path:
            yield Problem(
                where, 0, f"the Id {comment.id} is that of {first.name} too",
                "Remove one of the files, or give it an Id of its own.",
            )  # fmt: skip
            continue
        other = anchors.setdefault(comment.fragment, path)
        if other is not path:
            yield Problem(
                where, 0, f"the anchor {comment.fragment!r} is that of {other.name} too",
                "Give one of them another 'Anchor:'.",
            )  # fmt: skip
        if comment.author_id and comment.author_id not in authors:
            yield Problem(
                where, 0, f"there is no author {comment.author_id!r}",
                f"Add authors/{comment.author_id}.md, or take the line 'Author-Id:' out.",
                is_error=False,
            )  # fmt: skip
    for path, comment in comments.items():
        if comment.in_reply_to and comment.in_reply_to not in files:
            yield Problem(
                str(path), 0, f"the comment that it answers, {comment.in_reply_to}, is not here",
                is_error=False,
            )  # fmt: skip
    for ring in build([comments[path] for path in files.values()]).cycles:
        yield Problem(
            str(files[ring[0]]), 0,
            "these comments answer each other in a ring: "
            + ", ".join(files[comment_id].name for comment_id in ring),
            "Correct the 'In-Reply-To:' of one of them.",
        )  # fmt: skip
