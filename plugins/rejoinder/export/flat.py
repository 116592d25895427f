"""Discussions as JSON that anybody reads: one JSON Feed 1.1 of all comments, as the site's own feed
says them, and a file for each thread. Pure; nothing private is in either."""

from __future__ import annotations

import json
from collections.abc import Iterator

from markupsafe import Markup

from rejoinder.comments.feeds import Entry as FeedEntry
from rejoinder.comments.feeds import Feed, json_feed
from rejoinder.comments.model import Comment
from rejoinder.export.model import Entry, Leaving


def feed(leaving: Leaving, address: str) -> str:
    """All comments as one feed, oldest first; `address` is where it will be."""
    site = leaving.site
    entries = [one for entry in leaving.discussed for one in _entries(entry)]
    entries.sort(key=lambda one: one.comment.sort_key)
    return json_feed(Feed(site.title, f"{site.url}/", address, site.language), entries)


def _entries(entry: Entry) -> Iterator[FeedEntry]:
    title = str(Markup(entry.post.title).striptags())
    whole = {said.number: said.comment for said in entry.comments if said.approved}
    for said in entry.comments:
        if said.approved:
            parent = whole.get(said.parent)
            yield FeedEntry(
                said.comment, title, entry.post.thread, _permalink(entry, said.comment),
                _permalink(entry, parent) if parent else entry.url, parent,
            )  # fmt: skip


def _permalink(entry: Entry, comment: Comment) -> str:
    return f"{entry.url}#{comment.fragment}"


def threads(leaving: Leaving) -> Iterator[tuple[str, str]]:
    """Each discussion: its key, and what its file says."""
    for entry in leaving.discussed:
        comments = [
            {
                "id": said.comment.id,
                "in_reply_to": said.comment.in_reply_to,
                "kind": str(said.comment.kind),
                "author": said.comment.author,
                "url": said.comment.url,
                "date": said.comment.date.isoformat(),
                "permalink": _permalink(entry, said.comment),
                "format": str(said.comment.format),
                "text": said.comment.body,
                "html": said.html,
            }
            for said in entry.comments if said.approved
        ]  # fmt: skip
        value = {"thread": entry.post.thread, "url": entry.url, "title": entry.post.title,
                 "open": entry.is_open, "comments": comments}  # fmt: skip
        yield entry.post.thread, json.dumps(value, ensure_ascii=False, indent=1) + "\n"
