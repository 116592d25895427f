"""Posts and what was said under them, read from a content folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from rejoinder import authors, posts, site
from rejoinder.authors import AuthorFile
from rejoinder.comments.store import CommentStore
from rejoinder.engagement.said import Post, Said, said
from rejoinder.permalinks import date_of, url_of


@dataclass(slots=True)
class Talk:
    """All posts by thread, all that was said, and what could not be read."""

    posts: dict[str, Post] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read(content: Path, *, since: datetime | None = None, only: str = "") -> Talk:
    """The talk of a content folder: of posts published since an instant, or of one thread. Raises
    SiteError or OSError; a comment that can't be read is a problem."""
    facts = site.load(content)
    people = authors.load(content)
    store = CommentStore(content)
    talk = Talk()
    for head in posts.posts(content):
        key = head.thread
        if head.is_page or head.status != "published" or key is None or key in talk.posts:
            continue
        date = date_of(head, facts)
        if (only and key != only) or (since and (date is None or date < since)):
            continue
        names = head.values.get("authors") or head.values.get("author") or facts.author
        url = f"{facts.url}/{url_of(head, facts, date)}"
        title = str(Markup(head.title).striptags())
        talk.posts[key] = Post(key, title, date, _slugs(names, people), url)
        found = store.read(key)
        talk.said += said(key, found.comments)
        talk.problems += [str(problem) for problem in found.problems]
    return talk


def _slugs(names: str, people: Mapping[str, AuthorFile]) -> frozenset[str]:
    """The slugs of the authors that a post names; without a file, the slug of the name."""
    by_name = {author.name: slug for slug, author in people.items()}
    each = [name.strip() for name in re.split("[;,]", names) if name.strip()]
    return frozenset(by_name.get(name) or posts.slugify(name) for name in each)
