"""Reading a site that is to leave: posts as Pelican has them, comments from their files, and, where
that is asked for, what the private side knows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rejoinder import building, private, site
from rejoinder.building import Written
from rejoinder.comments.model import Comment, Kind
from rejoinder.comments.render import render
from rejoinder.comments.store import CommentStore
from rejoinder.comments.view import wish
from rejoinder.errors import ExportFailed, SiteError
from rejoinder.export.model import Entry, Leaving, Said

_NUMBER = re.compile(r"comment-([1-9]\d{0,8})")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is private of a comment, and whether it was approved; of one that waits, itself."""

    email: str = ""
    ip: str = ""
    agent: str = ""


def gather(content: Path, settings_file: Path, *, with_private: bool = False) -> Leaving:
    """The whole site. With `with_private` also e-mail addresses, and replies that wait. Raises
    PublishError where it can't be built, ExportFailed without an address, RejoinderError for a
    desk that can't be opened."""
    facts = site.load(content)
    if not facts.url:
        raise ExportFailed(
            "the site's address is not known, and other systems go by it",
            where=content / site.FILE, mend='Add a line like url = "https://example.com".',
        )  # fmt: skip
    posts = building.contents(content, settings_file, {"SITEURL": facts.url})
    known, waiting = _private_side(content) if with_private else ({}, {})
    store = CommentStore(content)
    threads = {post.thread for post in posts if post.thread}
    comments = {
        thread: [(one, True) for one in store.read(thread).comments]
        + [(one, False) for one in waiting.get(thread, ())]
        for thread in sorted(threads)
    }
    numbers = _numbers([one for rows in comments.values() for one, _ in rows])
    entries = []
    taken: set[str] = set()
    ordered = sorted(posts, key=lambda post: (post.date or "9", post.kind, post.slug, post.lang))
    for number, post in enumerate(ordered, start=1):
        first = post.thread and post.thread not in taken  # translations share a discussion
        taken.add(post.thread)
        rows = comments.get(post.thread, []) if first else []
        entries.append(Entry(
            post, number, _address(facts, post), tuple(_said(rows, numbers, known)),
            _is_open(post, facts),
        ))  # fmt: skip
    written = {slug: name for entry in entries for name, slug in entry.terms("author")}
    authors = tuple((n, slug, written[slug]) for n, slug in enumerate(sorted(written), start=1))
    orphans = tuple(thread for thread in store.threads() if thread not in threads)
    return Leaving(facts, tuple(entries), authors, orphans)


def _address(facts: site.Site, post: Written) -> str:
    return f"{facts.url}/{post.url}" if post.url else f"{facts.url}/?draft={post.slug}"


def _is_open(post: Written, facts: site.Site) -> bool:
    with suppress(SiteError):
        return (wish(post.comments, post.source) or facts.discussions.default) == "open"
    return False


def _numbers(comments: Sequence[Comment]) -> dict[str, int]:
    """A number for each comment by its id, higher than that of what it answers, for WordPress
    brings them in by number: that of its old permalink, where it is the first with it, else one
    that is free, in order of date."""
    ordered = list(_parents_first(comments))
    found: dict[str, int] = {}
    taken: set[int] = set()
    here = {comment.id for comment in comments}
    for comment in ordered:
        old = _NUMBER.fullmatch(comment.anchor or "")
        if old is None or int(old[1]) in taken:
            continue
        parent = comment.in_reply_to if comment.in_reply_to in here else None
        if parent is None or found.get(parent, int(old[1])) < int(old[1]):
            found[comment.id] = int(old[1])
            taken.add(int(old[1]))
    free = max(taken, default=0)
    for comment in ordered:
        if comment.id not in found:
            free += 1
            found[comment.id] = free
    return found


def _parents_first(comments: Sequence[Comment]) -> Iterator[Comment]:
    """In order of date, but nothing before what it answers."""
    by_id = {comment.id: comment for comment in comments}
    done: set[str] = set()
    for comment in sorted(comments, key=lambda one: one.sort_key):
        branch: list[Comment] = []
        above: Comment | None = comment
        while above is not None and above.id not in done:
            done.add(above.id)
            branch.append(above)
            above = by_id.get(above.in_reply_to or "")
        yield from reversed(branch)


def _said(
    rows: Sequence[tuple[Comment, bool]], numbers: dict[str, int], known: dict[str, Facts]
) -> Iterator[Said]:
    here = {comment.id for comment, _ in rows}
    for comment, is_approved in sorted(rows, key=lambda row: row[0].sort_key):
        private_facts = known.get(comment.id, Facts())
        parent = comment.in_reply_to if comment.in_reply_to in here else None
        yield Said(
            comment, numbers[comment.id], numbers[parent] if parent else 0, render(comment),
            private_facts.email, private_facts.ip, private_facts.agent, is_approved,
        )  # fmt: skip


def _private_side(content: Path) -> tuple[dict[str, Facts], dict[str, list[Comment]]]:
    """Private facts by a comment's id, and comments that wait by thread. Raises RejoinderError."""
    known: dict[str, Facts] = {}
    waiting: dict[str, list[Comment]] = {}
    folder = private.folder_of(content)
    for path in private.imported(folder, "people", "pending"):
        for line in path.read_text("utf-8").splitlines():
            with suppress(ValueError, TypeError, AttributeError):  # a line that is none
                row = json.loads(line)
                name = str(row.get("key", "")).rpartition("/")[2]
                fields = (str(row.get(field) or "") for field in ("email", "ip", "agent"))
                known[name] = Facts(*fields)
    if (folder / private.DESK).is_dir():
        from rejoinder.replies.desk import open_desk
        from rejoinder.replies.model import Status

        with open_desk(content) as desk:
            for reply in desk.queue.with_status(Status.APPROVED, Status.PENDING):
                known.setdefault(reply.id, Facts(email=reply.email))
                if reply.status is Status.PENDING and reply.kind == str(Kind.COMMENT):
                    waiting.setdefault(reply.thread, []).append(reply.comment())
    return known, waiting
