"""Posts and what was said under them, read from a content folder: only what has changed since the
last time is read again."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from rejoinder import authors, posts, site
from rejoinder.authors import AuthorFile
from rejoinder.comments.model import Kind
from rejoinder.comments.store import CommentStore, folder_name
from rejoinder.engagement import parts, totals
from rejoinder.engagement.memory import Kept, Memory, open_memory
from rejoinder.engagement.parts import Part, part_of
from rejoinder.engagement.said import Post, Said, said
from rejoinder.engagement.totals import Totals, total
from rejoinder.permalinks import date_of, url_of

_VERSION = 1
"""Raised whenever the same files make another part; what was kept is then made anew."""

_MANY = 10_000
"""So many files are read by all processors; for fewer, starting them takes longer."""

_FEW = 100
"""The sum follows so many changed threads; for more, it is made anew."""


@dataclass(slots=True)
class Talk:
    """All posts by thread, the sum of their parts, what was said since an instant by thread, the
    names of the authors by slug, and what could not be read."""

    posts: dict[str, Post] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    lately: dict[str, list[Said]] = field(default_factory=dict)
    authors: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read(
    content: Path,
    now: datetime,
    *,
    lately: datetime | None = None,
    only: Callable[[Post], bool] | None = None,
    thorough: bool = True,
) -> Talk:
    """The talk of a content folder at `now`, of all posts or of some, with what was said since
    `lately`. Without
    `thorough`, a thread is looked into only when a file came to it, went, or was replaced: the
    way that the desk writes, but not every editor. Raises SiteError or OSError; a comment that
    can't be read is a problem."""
    facts = site.load(content)
    people = authors.load(content)
    talk = Talk(authors={slug: author.name for slug, author in people.items()})
    made_by = f"{_VERSION} {facts.timezone} {facts.url} {facts.permalinks} {facts.author} {people}"
    version = blake2b(made_by.encode(), digest_size=12).hexdigest()
    with open_memory(content, version) as memory, _without_collector():
        talk.posts = _read_posts(content, facts, people, memory)
        changes = _refresh(content, talk, memory, now, ZoneInfo(facts.timezone), thorough)
        talk.totals = _totals(memory, changes)
        talk.problems = memory.problems()
        if only is not None:
            talk.posts = {thread: post for thread, post in talk.posts.items() if only(post)}
            wanted = memory.parts(talk.posts)
            talk.totals = total({thread: parts.of_row(row) for thread, row in wanted})
        if lately is not None:
            for thread, rows in memory.said(int(lately.timestamp())):
                if thread in talk.posts:
                    talk.lately[thread] = [_said_of(row, thread) for row in rows]
    return talk


@contextmanager
def _without_collector() -> Iterator[None]:
    """Read without looking for garbage: nothing here makes rings, and going through all that was
    read again and again takes as long as reading it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _totals(memory: Memory, changes: Sequence[_Change]) -> Totals:
    """The sum of all parts, brought to what changed since it was kept."""
    row = memory.totals()
    if row is not None and len(changes) <= _FEW:
        found = totals.of_row(row)
        if all(_apply(found, *change) for change in changes):
            if changes:
                memory.keep_totals(totals.to_row(found))
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


def _read_posts(
    content: Path, facts: site.Site, people: Mapping[str, AuthorFile], memory: Memory
) -> dict[str, Post]:
    known = memory.posts()
    by_name = {author.name: slug for slug, author in people.items()}
    found: dict[str, Post] = {}
    changed = []
    paths = set()
    for path in posts.post_files(content):
        name = str(path.relative_to(content))
        paths.add(name)
        try:
            status = path.stat()
        except FileNotFoundError:  # a link that leads nowhere
            continue
        stamp = f"{status.st_mtime_ns} {status.st_size}"
        before = known.get(name)
        row = before[1] if before and before[0] == stamp else None
        if row is None:
            row = _post_row(posts.read_head(path, content), facts, by_name)
            changed.append((name, stamp, row))
        if row and row[0] not in found:
            found[row[0]] = Post(row[0], row[1], row[2] and datetime.fromisoformat(row[2]),
                                 frozenset(row[3]), row[4])  # fmt: skip
    memory.keep_posts(changed, known.keys() - paths)
    return found


def _post_row(head: posts.PostHead, facts: site.Site, by_name: Mapping[str, str]) -> list[Any]:
    """What is kept of a post; nothing of what is no published one."""
    if head.is_page or head.status != "published" or head.thread is None:
        return []
    date = date_of(head, facts)
    names = head.values.get("authors") or head.values.get("author") or facts.author
    each = [name.strip() for name in re.split("[;,]", names) if name.strip()]
    slugs = sorted({by_name.get(name) or posts.slugify(name) for name in each})
    url = f"{facts.url}/{url_of(head, facts, date)}"
    title = str(Markup(head.title).striptags())
    return [head.thread, title, date.isoformat() if date else None, slugs, url]


_Stale = tuple[Post, str, int]
"""A post whose thread is to be read, the thread's stamp and its folder's time."""

_Change = tuple[str, Part | None, Part | None]
"""A thread, and its part before and now; None where there was none, or is none."""


def _refresh(
    content: Path, talk: Talk, memory: Memory, now: datetime, zone: ZoneInfo, thorough: bool
) -> list[_Change]:
    """Bring the memory to what is in the files: which threads changed, from what to what."""
    store = CommentStore(content)
    known = memory.stamps()
    folders = _folders(store.root)
    stale: list[_Stale] = []
    count = 0
    for thread, post in talk.posts.items():
        changed = folders.get(folder_name(thread))
        if changed is None:
            continue
        before = known.get(thread, ("", 0))
        if not thorough and before[1] == changed:
            continue
        stamp, files = _stamp(store.root / folder_name(thread), post)
        if before[0] != stamp:
            stale.append((post, stamp, changed))
            count += files
    gone = [thread for thread in known
            if thread not in talk.posts or folder_name(thread) not in folders]  # fmt: skip
    names = [post.thread for post, _, _ in stale] + gone
    old = _kept(memory, names)
    memory.keep(_look(content, stale, now, zone, count), gone)
    new = _kept(memory, names)
    return [(thread, old.get(thread), new.get(thread)) for thread in names]


def _kept(memory: Memory, threads: Sequence[str]) -> dict[str, Part]:
    """The parts of changed threads, where they are few: else all parts are summed up anew."""
    few = threads if len(threads) <= _FEW else ()
    return {thread: parts.of_row(row) for thread, row in memory.parts(few)}


def _folders(root: Path) -> dict[str, int]:
    """The folders of threads, and when files last came to them or went (ns)."""
    if not root.is_dir():
        return {}
    with os.scandir(root) as entries:
        return {e.name: e.stat().st_mtime_ns for e in entries if e.is_dir()}


def _stamp(folder: Path, post: Post) -> tuple[str, int]:
    """What changes with any of a thread's files, or with whose post it is; how many files."""
    with os.scandir(folder) as entries:
        rows = sorted((e.name, s.st_mtime_ns, s.st_size)
                      for e in entries if e.name.endswith(".md") for s in (e.stat(),))  # fmt: skip
    text = f"{rows} {sorted(post.authors)}"
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest(), len(rows)


def _look(
    content: Path, stale: Sequence[_Stale], now: datetime, zone: ZoneInfo, files: int
) -> Iterator[Kept]:
    """Read the threads of these posts, where they are many by all processors."""
    processors = os.cpu_count() or 1
    if files >= _MANY and processors > 1:
        pieces = [stale[i::processors] for i in range(processors)]
        try:
            with ProcessPoolExecutor(processors, get_context("spawn")) as pool:
                each = [content] * processors, pieces, [now] * processors, [zone] * processors
                for found in list(pool.map(look_at, *each)):
                    yield from found
            return
        except BrokenProcessPool:  # no more processes here: one does
            pass
    yield from look_at(content, stale, now, zone)


def look_at(content: Path, stale: Iterable[_Stale], now: datetime, zone: ZoneInfo) -> list[Kept]:
    """The threads of these posts as they are in the files."""
    store = CommentStore(content)
    found = []
    for post, stamp, folder in stale:
        reading = store.read(post.thread)
        everything = said(post.thread, reading.comments)
        part = part_of(post, everything, now, zone=zone)
        last = max((int(one.date.timestamp()) for one in everything), default=0)
        if last > now.timestamp():  # not all has been said yet: to be looked at again
            stamp, folder = "", 0
        found.append(Kept(post.thread, stamp, folder, last, parts.to_row(part),
                          [_said_row(one) for one in everything],
                          [str(problem) for problem in reading.problems]))  # fmt: skip
    return found


def _said_row(one: Said) -> list[Any]:
    row = [getattr(one, name) for name in _FIELDS]
    for place in (_DATE, _APPROVED):
        row[place] = int(row[place].timestamp()) if row[place] else None
    row[_KIND] = str(one.kind)
    del row[_THREAD]
    return row


def _said_of(row: list[Any], thread: str) -> Said:
    given = [*row[:_THREAD], thread, *row[_THREAD:]]
    for place in (_DATE, _APPROVED):
        given[place] = given[place] and datetime.fromtimestamp(given[place], UTC)
    given[_KIND] = Kind(given[_KIND])
    return Said(*given)


_FIELDS = tuple(Said.__dataclass_fields__)
_THREAD, _DATE = _FIELDS.index("thread"), _FIELDS.index("date")
_KIND, _APPROVED = _FIELDS.index("kind"), _FIELDS.index("approved")
