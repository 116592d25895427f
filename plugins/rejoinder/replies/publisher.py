"""From the queue to the author's files, so that a crash anywhere changes nothing in the end:
the outbox row comes first, the file is named by the comment's id, the row is closed last."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rejoinder import atomic, private
from rejoinder.comments.agreements import AGREEMENTS, format_agreements
from rejoinder.comments.files import parse_comment
from rejoinder.comments.model import Comment, Kind
from rejoinder.comments.store import CommentStore, thread_key
from rejoinder.errors import CommentError, StoreError
from rejoinder.replies import portraits
from rejoinder.replies.database import QueueError
from rejoinder.replies.model import Decision, Reply, Status
from rejoinder.replies.queue import Queue

_IN_FILES = ("What was decided is in the files, and the commit is tried again. Or set "
             "publishing.git = false.")  # fmt: skip

PENDING = "pending"
"""What imports left for the desk: see `private.imported`."""


def carry_out(queue: Queue, content: Path, *, git: bool = False) -> list[Path]:
    """Do all that waits in the outbox, and say which files that touched. Doing it twice is
    doing it once. Raises StoreError or QueueError; what isn't in the files waits for the next
    time, what git refused is in the files."""
    store = CommentStore(content)
    touched = []
    refused: StoreError | None = None
    if git:
        try:
            _commit_what_waits(content)
        except StoreError as error:
            refused = error
    for task in queue.outbox():
        try:
            paths = _carry_out(queue, store, task.reply)
        except StoreError as error:  # one that can't be written keeps no other from its file
            refused = error
            continue
        touched += paths
        if git:
            try:
                commit(content, paths, _message(task.reply))
            except StoreError as error:  # a broken repository keeps no reply from its page
                refused = error
                _let_wait(content, paths)
        queue.done(task.number, datetime.now(UTC))
    if refused is not None:
        raise refused
    return touched


def _approved(queue: Queue, reply: Reply) -> datetime | None:
    """When a reply was first let in."""
    decided = queue.history(reply.id)
    return next((one.at for one in decided if one.status is Status.APPROVED), None)


def _carry_out(queue: Queue, store: CommentStore, reply: Reply) -> list[Path]:
    """Bring one reply's file to what its status is now: the outbox row was right when it was
    written. Which files that touched."""
    if reply.status is Status.APPROVED:
        shown = portraits.publish(queue.database, store.content, reply.portrait)
        comment = reply.comment(_approved(queue, reply))
        return [*shown, store.write(reply.thread, comment)]
    paths = {store.path(reply.thread, reply.id), *store.find(reply.id)}
    hidden = portraits.withdraw(queue.database, store.content, sorted(paths))
    remove(store, reply.thread, reply.id, reply.status)
    return [*sorted(paths), *hidden]


def _waiting_file(content: Path) -> Path:
    return private.folder_of(content) / "desk" / "uncommitted.txt"


def _let_wait(content: Path, paths: Sequence[Path]) -> None:
    """Note files that git refused, for the next time. Raises StoreError."""
    file = _waiting_file(content)
    try:
        before = file.read_text("utf-8") if file.exists() else ""
        names = dict.fromkeys((*before.splitlines(), *map(str, paths)))
        atomic.write_text(file, "".join(f"{name}\n" for name in names), mode=0o600)
    except OSError as error:
        raise StoreError(f"it can't be noted: {error.strerror}", where=file) from error


def _commit_what_waits(content: Path) -> None:
    """Commit what git refused before. Raises StoreError when it still does."""
    file = _waiting_file(content)
    if file.exists():
        names = [Path(name) for name in file.read_text("utf-8").splitlines()]
        commit(content, names, "Publish what could not be committed before")
        file.unlink()


def remove(store: CommentStore, thread: str, comment_id: str, status: Status) -> bool:
    """Take a comment out of the files: one that was answered, or whose writer is to be
    forgotten, leaves a mark in its place, so that the thread stays whole. It is looked for in
    other threads too, since a folder may have been renamed. False when there was none."""
    if not store.path(thread, comment_id).is_file():
        elsewhere = [thread_key(path.parent.name) for path in store.find(comment_id)]
        return sum(remove(store, one, comment_id, status) for one in elsewhere) > 0
    comments = store.read(thread).comments
    found = next((comment for comment in comments if comment.id == comment_id), None)
    is_answered = any(comment.in_reply_to == comment_id for comment in comments)
    if found is not None and (is_answered or status is Status.ERASED):
        store.write(thread, tombstone(found))
    else:
        store.remove(thread, comment_id)
    return True


def tombstone(comment: Comment) -> Comment:
    """What stays of a comment that was taken back: its place, and nothing of its writer."""
    return Comment(
        id=comment.id,
        author="",
        date=comment.date,
        body="",
        in_reply_to=comment.in_reply_to,
        kind=Kind.REMOVED,
        anchor=comment.anchor,
    )


def commit(content: Path, paths: Sequence[Path], message: str) -> None:
    """Commit these files, and no others that the author may be at, to the repository around
    the content. Nothing to commit is no error. Raises StoreError when git refuses."""
    there = [str(path) for path in paths if path.exists()]
    known = [
        str(path)
        for path in paths
        if not path.exists()
        and not _git(content, "ls-files", "--error-unmatch", "--", str(path)).returncode
    ]
    names = [*there, *known]
    if not names:
        return  # neither there nor known: written and removed between two commits
    if there:
        added = _git(content, "add", "--", *there)
        if added.returncode:
            what = f"git refused: {added.stderr.strip()}"
            raise StoreError(what, where=content, mend=_IN_FILES)
    if not _git(content, "status", "--porcelain", "--", *names).stdout.strip():
        return
    done = _git(
        content, "-c", "user.name=Rejoinder", "-c", "user.email=desk@localhost",
        "commit", "--quiet", "--no-verify", "--author", "Rejoinder <desk@localhost>",
        "--message", message, "--only", "--", *names,
    )  # fmt: skip
    if done.returncode:
        raise StoreError(
            f"git refused: {(done.stderr or done.stdout).strip()}",
            where=content,
            mend=_IN_FILES,
        )


def write_agreements(content: Path, thread: str, counts: dict[str, int]) -> Path | None:
    """Bring the counts of a thread's agreements into its file; None when it has them already.
    Raises StoreError."""
    path = CommentStore(content).path(thread, "-").parent / AGREEMENTS
    text = format_agreements(counts)
    try:
        if path.exists() and path.read_text("utf-8") == text:
            return None
        atomic.write_text(path, text)
    except OSError as error:
        raise StoreError(
            f"the agreements could not be written: {error.strerror}", where=path
        ) from error
    return path


def take_over(queue: Queue, folder: Path) -> int:
    """Take the pending comments that imports left into the queue; how many were new. The
    files stay as they are: what is known is not taken twice. Raises CommentError for a bad line."""
    return sum(_take_over(queue, path) for path in private.imported(folder, PENDING))


def _take_over(queue: Queue, path: Path) -> int:
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise QueueError(f"the file can't be read: {error}", where=path) from error
    taken = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            comment = parse_comment(row["comment"], path)
        except (ValueError, KeyError, TypeError) as error:
            raise CommentError(
                "the line holds no pending comment", where=path, line=number
            ) from error
        reply = Reply(
            id=comment.id,
            thread=str(row["thread"]),
            text=comment.body,
            name=comment.author,
            email=str(row.get("email") or ""),
            url=comment.url or "",
            parent=comment.in_reply_to,
            notify=False,
            status=Status.PENDING,
            received=comment.date.astimezone(UTC),
            format=str(comment.format),
            source=comment.source or "import",
            anchor=comment.anchor,
            told=True,
        )
        decision = Decision(reply.status, "an import", "pending in the export", reply.received)
        taken += queue.adopt(reply, decision)
    return taken


def _git(content: Path, *words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", "-C", str(content), *words],
            capture_output=True, text=True, encoding="utf-8", check=False, timeout=60,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreError(f"git can't be run: {error}", where=content) from error


def _message(reply: Reply) -> str:
    """A commit's message: no word of the reader's is in it."""
    what = "Publish" if reply.status is Status.APPROVED else "Take back"
    return f"{what} reply {reply.id} on {reply.thread}"
