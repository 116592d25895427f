"""Posts and what was said under them, read from a content folder: only what has changed since the
last time is read again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from rejoinder import authors, private, redirects, site
from rejoinder.collector import without_collector
from rejoinder.engagement import parts, threads, totals, views
from rejoinder.engagement.files import Files
from rejoinder.engagement.memory import Memory, forget, open_memory
from rejoinder.engagement.parts import Part, Person, Shape, Waiting
from rejoinder.engagement.reach import Places, places_of
from rejoinder.engagement.said import Announcement, Post, Said
from rejoinder.engagement.threads import FEW, Change
from rejoinder.engagement.totals import Reader, Row, Totals, total
from rejoinder.engagement.views import Key, Source
from rejoinder.posts import slugify

_VERSION = 4
"""Raised whenever the same files make other parts; what was kept is then made anew, as it is
where other things are kept."""

_BEHIND = 20
"""Of so many threads, the kept sum of all may be behind."""

_KEPT = [shape.__annotations__ for shape in (Part, Person, Waiting, Shape, Row, Reader, Said)]


@dataclass(slots=True)
class Talk:
    """All posts that are out by thread, the sum of their parts, what was said since an instant by
    thread; views
    since then by who counted, and where posts are; announcements of these
    posts, and whether anybody has ever listened for what is said under them; the names of the
    authors by slug, the site's facts, what could not be read."""

    site: site.Site
    zone: ZoneInfo
    posts: dict[str, Post] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    lately: dict[str, list[Said]] = field(default_factory=dict)
    views: dict[Source, dict[Key, int]] = field(default_factory=dict)
    places: Places = field(default_factory=Places)
    announced: list[Announcement] = field(default_factory=list)
    listens: bool = False
    authors: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read(
    content: Path,
    now: datetime,
    *,
    lately: datetime | None = None,
    seen_since: datetime | None = None,
    only: Callable[[Post], bool] | None = None,
    thorough: bool = True,
) -> Talk:
    """The talk of a content folder at `now`, of all posts that are out or of some, with what was
    said since `lately` and the views since `seen_since` (of whole months). Without `thorough`, a
    thread is looked into only when a file came to it, went, or was replaced: the way that the desk
    writes, but not every editor. Raises SiteError, CrosslinkError, EngagementError or OSError; a
    comment that can't be read is a problem."""
    views.require(content)
    wanted = lately, seen_since, only, thorough
    try:
        return _read(content, now, *wanted)
    except sqlite3.OperationalError:  # a full disk
        return _read(content, now, *wanted, nowhere=True)
    except (sqlite3.DatabaseError, ValueError, EOFError, TypeError, KeyError):
        forget(content)  # something else has written to the memory, or a disk has
        return _read(content, now, *wanted, nowhere=True)


def _read(
    content: Path,
    now: datetime,
    lately: datetime | None,
    seen_since: datetime | None,
    only: Callable[[Post], bool] | None,
    thorough: bool,
    *,
    nowhere: bool = False,
) -> Talk:
    facts = site.load(content)
    people = authors.load(content)
    zone = ZoneInfo(facts.timezone)
    names = {slug: author.name for slug, author in people.items()}
    listens = (private.folder_of(content) / private.LISTENED).exists()
    talk = Talk(facts, zone, listens=listens, authors=names)
    of_site = facts.timezone, facts.url, facts.permalinks, facts.author, facts.language
    made_by = f"{_VERSION} {_KEPT} {of_site} {people}"
    version = blake2b(made_by.encode(), digest_size=12).hexdigest()
    with open_memory(content, version, nowhere=nowhere) as memory, without_collector():
        files = Files(content, memory)
        posts = files.posts(facts, people)
        # Threads of the others are forgotten, and read when their posts are out.
        talk.posts = {thread: post for thread, post in posts.items() if post.is_out(now)}
        writers = _writers(facts, people, talk.posts) if people else None
        changes = threads.refresh(content, talk.posts, memory, now, zone, thorough, writers)
        talk.totals = _totals(memory, changes)
        talk.problems = memory.problems()
        if only is not None:
            talk.posts = {thread: post for thread, post in talk.posts.items() if only(post)}
            wanted = memory.parts(talk.posts)
            talk.totals = total({thread: parts.of_row(row) for thread, row in wanted})
        talk.announced = [one for one in files.announcements(people)
                          if one.thread in talk.posts and one.at <= now.timestamp()]  # fmt: skip
        if lately is not None:
            for thread, rows in memory.said(int(lately.timestamp())):
                if thread in talk.posts:
                    talk.lately[thread] = [threads.said_of(row, thread) for row in rows]
        if seen_since is not None:
            begin = seen_since.astimezone(zone).date()
            talk.views = {source: files.views(source, begin) for source in Source}
            if any(talk.views.values()):
                moved = [(one.path, one.new) for one in redirects.load(content) if not one.query]
                base = urlsplit(facts.url).path
                talk.places = places_of(talk.posts.values(), base, moved)
    return talk


def _writers(facts: site.Site, people: Iterable[str], posts: Mapping[str, Post]) -> frozenset[str]:
    """The slugs of the site's authors: who has a file, who wrote a post, whose the site is."""
    of_posts = (slug for post in posts.values() for slug in post.authors)
    return frozenset((slugify(facts.author or facts.title), *people, *of_posts))


def _totals(memory: Memory, changes: Sequence[Change]) -> Totals:
    """The sum of all parts, brought to what changed since it was kept. It is kept anew only now and
    then: writing it takes as long as all that one comment changes."""
    row, behind = memory.totals(), memory.behind()
    before = {thread: parts.of_row(part) if part else None for thread, part in behind.items()}
    before |= {thread: old for thread, old, _ in changes if thread not in behind}
    if row is not None and len(changes) <= FEW and len(before) <= FEW:
        found = totals.of_row(row)
        after = {thread: parts.of_row(part) for thread, part in memory.parts(before)}
        if all(_apply(found, thread, old, after.get(thread)) for thread, old in before.items()):
            if len(before) > _BEHIND:
                memory.keep_totals(totals.to_row(found))
            else:
                memory.keep_behind(
                    (thread, parts.to_row(old) if old else None)
                    for thread, old in before.items()
                    if thread not in behind
                )
            return found
    made = total({thread: parts.of_row(part) for thread, part in memory.parts()})
    memory.keep_totals(totals.to_row(made))
    return made


def _apply(found: Totals, thread: str, old: Part | None, new: Part | None) -> bool:
    if old is not None:
        return found.replace(thread, old, new)
    if new is not None:
        found.add({thread: new})
    return True
