"""Threads as the files have them: which have changed, and what they are now."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

from rejoinder.comments.model import Kind
from rejoinder.comments.store import CommentStore, folder_name
from rejoinder.engagement import parts
from rejoinder.engagement.memory import Kept, Memory
from rejoinder.engagement.parts import Part, part_of
from rejoinder.engagement.said import Post, Said, said
from rejoinder.errors import StoreError

_MANY = 10_000
"""So many files are read by all processors; for fewer, starting them takes longer."""

FEW = 100
"""Of so many changed threads it is told what they were before."""

_Stale = tuple[Post, str, int]
"""A post whose thread is to be read, the thread's stamp and its folder's time."""

Change = tuple[str, Part | None, Part | None]
"""A thread, and its part before and now; None where there was none, or is none."""


def refresh(
    content: Path,
    posts: Mapping[str, Post],
    memory: Memory,
    now: datetime,
    zone: ZoneInfo,
    thorough: bool,
    authors: frozenset[str] | None = None,
) -> list[Change]:
    """Bring the memory to what is in the files: which threads changed, from what to what. Without
    `thorough` a thread is looked into only when its folder, or whose post it is, has changed.
    `authors` are as in `said`."""
    store = CommentStore(content)
    known = memory.stamps()
    folders = _folders(store.root)
    stale: list[_Stale] = []
    count = 0
    gone = set(known)
    of_site = " ".join(sorted(authors or ()))
    for thread, post in posts.items():
        try:
            folder = folder_name(thread)
        except StoreError:  # too long for a folder: `check` says so
            continue
        if folder not in folders:
            continue
        gone.discard(thread)
        whose = f"{' '.join(sorted(post.authors))}, {of_site}"
        changed = folders[folder] + crc32(whose.encode())
        before = known.get(thread, ("", 0))
        if not thorough and before[1] == changed:
            continue
        stamp, files = _stamp(store.root / folder, whose)
        if before[0] != stamp:
            stale.append((post, stamp, changed))
            count += files
    names = [*(post.thread for post, _, _ in stale), *sorted(gone)]
    old = _kept(memory, names)
    memory.keep(_look(content, stale, now, zone, authors, count), gone)
    new = _kept(memory, names)
    return [(thread, old.get(thread), new.get(thread)) for thread in names]


def _kept(memory: Memory, threads: Sequence[str]) -> dict[str, Part]:
    """The parts of changed threads, where they are few: else all parts are summed up anew."""
    few = threads if len(threads) <= FEW else ()
    return {thread: parts.of_row(row) for thread, row in memory.parts(few)}


def _folders(root: Path) -> dict[str, int]:
    """The folders of threads, and when files last came to them or went (ns)."""
    if not root.is_dir():
        return {}
    with os.scandir(root) as entries:
        return {e.name: _status(e)[0] for e in entries if e.is_dir()}


def _stamp(folder: Path, whose: str) -> tuple[str, int]:
    """What changes with any of a thread's files, or with whose post it is; how many files."""
    rows: list[tuple[str, int, int]] = []
    with suppress(FileNotFoundError), os.scandir(folder) as entries:  # another has removed it
        rows = sorted((e.name, *_status(e)) for e in entries
                      if e.name.endswith(".md") and not e.name.startswith("."))  # fmt: skip
    text = f"{rows} {whose}"
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest(), len(rows)


def _status(entry: os.DirEntry[str]) -> tuple[int, int]:
    """When a file or folder changed (ns), and its size. Of a link that leads nowhere, and of what
    went away in between, nothing is known: the store says of it what is amiss."""
    try:
        found = entry.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def _look(
    content: Path, stale: Sequence[_Stale], now: datetime, zone: ZoneInfo,
    authors: frozenset[str] | None, files: int,
) -> Iterator[Kept]:  # fmt: skip
    """Read the threads of these posts, where they are many by all processors."""
    processors = os.cpu_count() or 1
    if files >= _MANY and processors > 1:
        pieces = [stale[i::processors] for i in range(processors)]
        try:
            with ProcessPoolExecutor(
                processors, get_context("spawn"), initializer=gc.disable
            ) as pool:
                look = partial(look_at, content, now=now, zone=zone, authors=authors)
                for found in list(pool.map(look, pieces)):
                    yield from found
            return
        except BrokenProcessPool:  # no more processes here: one does
            pass
    yield from look_at(content, stale, now, zone, authors)


def look_at(
    content: Path, stale: Iterable[_Stale], now: datetime, zone: ZoneInfo,
    authors: frozenset[str] | None,
) -> list[Kept]:  # fmt: skip
    """The threads of these posts as they are in the files."""
    store = CommentStore(content)
    found = []
    for post, stamp, folder in stale:
        reading = store.read(post.thread)
        everything = said(post.thread, reading.comments, authors)
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


def said_of(row: list[Any], thread: str) -> Said:
    """What was said, as it was kept."""
    given = [*row[:_THREAD], thread, *row[_THREAD:]]
    for place in (_DATE, _APPROVED):
        given[place] = given[place] and datetime.fromtimestamp(given[place], UTC)
    given[_KIND] = Kind(given[_KIND])
    return Said(*given)


_FIELDS = tuple(Said.__dataclass_fields__)
_THREAD, _DATE = _FIELDS.index("thread"), _FIELDS.index("date")
_KIND, _APPROVED = _FIELDS.index("kind"), _FIELDS.index("approved")
