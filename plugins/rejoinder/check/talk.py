"""What can be wrong inside a discussion: ids, anchors, and who answers whom. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from rejoinder.check.problem import Problem, error, note
from rejoinder.check.sources import Entry, Sources
from rejoinder.comments.threads import build


def check(sources: Sources) -> Iterator[Problem]:
    """Every thread's problems. An answer to nothing is a note where all files could be read:
    the comment that it answers may be in the one that could not."""
    for folder, entries in sources.threads.items():
        yield from _doubles(entries)
        yield from _rings(entries)
        if folder not in sources.unread:
            yield from _answers_to_nothing(entries)
        if sources.authors is not None:
            yield from _unknown_authors(entries, sources.authors.keys())


def _doubles(entries: Sequence[Entry]) -> Iterator[Problem]:
    ids: dict[str, Entry] = {}
    fragments: dict[str, Entry] = {}
    for entry in entries:
        comment = entry.comment
        first = ids.setdefault(comment.id, entry)
        if first is not entry:
            yield error(
                entry.path, f"the id {comment.id} is also that of {first.path.name}",
                "Give one of them another id, in its Id line and as its file's name.",
                line=entry.lines.get("id", 0),
            )  # fmt: skip
            continue
        first = fragments.setdefault(comment.fragment, entry)
        if first is not entry:
            yield error(
                entry.path, f"the anchor {comment.fragment!r} is also that of {first.path.name}",
                "Take the Anchor line out of one of them.",
                line=entry.lines.get("anchor", 0),
            )  # fmt: skip


def _rings(entries: Sequence[Entry]) -> Iterator[Problem]:
    by_id = {entry.comment.id: entry for entry in entries}
    for ring in build([entry.comment for entry in by_id.values()]).cycles:
        files = [by_id[comment_id].path.name for comment_id in ring]
        newest = max((by_id[i] for i in ring), key=lambda entry: entry.comment.sort_key)
        what = (
            "these comments answer each other in a ring: " + ", ".join(files)
            if len(files) > 1
            else "the comment answers itself"
        )
        yield error(
            newest.path, what, "Mend or remove its In-Reply-To.",
            line=newest.lines.get("in-reply-to", 0),
        )  # fmt: skip


def _answers_to_nothing(entries: Sequence[Entry]) -> Iterator[Problem]:
    known = {entry.comment.id: entry.comment for entry in entries}
    for entry in entries:
        wanted = entry.comment.in_reply_to
        if wanted is None:
            continue
        line = entry.lines.get("in-reply-to", 0)
        answered = known.get(wanted)
        if answered is None:
            yield note(entry.path, f"it answers {wanted}, which is not in this thread", line=line)
        elif answered.kind.is_reaction:
            yield note(entry.path, f"it answers {wanted}, which is a {answered.kind}", line=line)


def _unknown_authors(entries: Sequence[Entry], known: Collection[str]) -> Iterator[Problem]:
    for entry in entries:
        slug = entry.comment.author_id
        if slug is not None and slug not in known:
            yield note(
                entry.path, f"no file in authors/ is that of {slug!r}",
                line=entry.lines.get("author-id", 0),
            )  # fmt: skip
