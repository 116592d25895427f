"""From the queue to the author's files, so that a crash anywhere changes nothing in the end:
the outbox row comes first, the file is named by the comment's id, the row is closed last."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from rejoinder.comments.files import parse_comment
from rejoinder.comments.store import CommentStore
from rejoinder.errors import CommentError
from rejoinder.replies.model import Reply, Status
from rejoinder.replies.queue import Queue

PENDING = Path("wordpress") / "pending.jsonl"
"""Below the private folder: what an import left for the desk."""


def carry_out(queue: Queue, content: Path) -> list[Path]:
    """Do all that waits in the outbox, and say which files that touched. Doing it twice is
    doing it once. Raises StoreError or QueueError; the rest waits for the next time."""
    store = CommentStore(content)
    touched = []
    for number, action, reply in queue.waiting():
        if action == "write":
            touched.append(store.write(reply.thread, reply.comment()))
        else:
            store.remove(reply.thread, reply.id)
            touched.append(store.path(reply.thread, reply.id))
        queue.done(number, datetime.now(UTC))
    return touched


def take_over(queue: Queue, private: Path) -> int:
    """Take the pending comments that an import left into the queue; how many were new. The
    file stays as it is: what is known is not taken twice. Raises CommentError for a bad line."""
    path = private / PENDING
    try:
        lines = path.read_text("utf-8").split("\n")
    except FileNotFoundError:
        return 0
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
            email=str(row.get("email", "")),
            url=comment.url or "",
            parent=comment.in_reply_to,
            notify=False,
            status=Status.PENDING,
            received=comment.date.astimezone(UTC),
            format=str(comment.format),
            source=comment.source or "import",
            anchor=comment.anchor,
        )
        taken += queue.adopt(reply, "pending in the export")
    return taken
