"""Whether files changed, told without reading them: by name, size, times and inode."""

from __future__ import annotations

import marshal
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial, reduce
from operator import or_
from os.path import relpath
from pathlib import Path

from xxhash import xxh3_64, xxh3_64_digest

from rejoinder.incremental.forking import Ahead, processors

_TICK = 20_000_000
"""Nanoseconds. What changed so shortly before it is looked at may change again without another
time stamp: a kernel's clock goes by ticks of 4 to 10 ms."""

NO_REFERENCES = 2
"""A version of marshal's that writes the same for the same, whoever else holds it."""

_WORTH_HELP = 2_000
"""So many folders are looked at by several processes."""


def stamp(path: str | Path) -> bytes:
    """What tells one file from another, or from itself when it has changed; b"" of one that
    changed just now."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a Path takes longer to make than to look at
    except OSError:
        return b"none"
    if max(found.st_mtime_ns, found.st_ctime_ns) > time.time_ns() - _TICK:
        return b""
    return b"%d %d %d %d %d" % (
        found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev
    )  # fmt: skip


def stamps(paths: Iterable[str]) -> bytes:
    """One for many files."""
    hashed = xxh3_64()
    for path in paths:
        hashed.update(path.encode("utf-8", "surrogateescape") + b"\0" + stamp(path) + b"\0")
    return hashed.digest()


_begun: dict[tuple[str, str], Folders] = {}


def begin(root: str, output: str) -> None:
    """Look at the folders below `root` but for the one of the output while something else is done,
    such as loading Pelican: `folders` is quicker then."""
    _begun[root, output] = Folders(root, processors(), partial(_leave, relpath(output, root)))


def folders(root: str, output: str, workers: int) -> Folders:
    """The folders below `root` that a site may be made of, by `workers` processes; both paths are
    absolute."""
    begun = _begun.pop((root, output), None)
    return begun or Folders(root, workers, partial(_leave, relpath(output, root)))


def _leave(output: str, name: str) -> bool:
    last = name.rpartition("/")[2]
    return last in (".git", "__pycache__", ".hg", "node_modules") or name == output


class Folders:
    """The stamp of every folder below `root` by its path from there ('' is `root`): of the files
    right in it. b"" is of one with a file that changed just now. `leave` says of a path which
    folders are nobody's business; links to folders are followed, as Pelican does.

    Where they are many, other processes look at most of them while this one goes on: `near` are
    those that were looked at at once, `far` says below what the others are, `all` waits for them.
    """

    def __init__(
        self, root: str | Path, workers: int = 1, leave: Callable[[str], bool] = lambda name: False
    ) -> None:
        top = str(root)
        self.near: dict[str, bytes] = {}
        self.far: list[str] = []
        self._looking: list[Ahead] = []
        waiting = [""]
        while waiting:
            if len(waiting) >= _WORTH_HELP and workers > 1:
                self.far = waiting
                parts = [waiting[at::workers] for at in range(workers)]
                self._looking = [
                    Ahead(1, lambda _, part=part: _walk(top, part, leave))  # type: ignore[misc]
                    for part in parts
                ]
                break
            here, waiting = waiting, []
            for folder in here:
                self.near[folder], inner = _look(top, folder)
                waiting += [one for one in inner if not leave(one)]

    @cached_property
    def all(self) -> dict[str, bytes]:
        """All of them."""
        below = (found for ahead in self._looking for _, found in ahead.answers())
        return reduce(or_, below, self.near)


def _walk(top: str, begin: Sequence[str], leave: Callable[[str], bool]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    waiting = list(begin)
    while waiting:
        folder = waiting.pop()
        found[folder], inner = _look(top, folder)
        waiting += [one for one in inner if not leave(one)]
    return found


@contextmanager
def _entries(path: str) -> Iterator[Iterator[os.DirEntry[str]]]:
    """What is in a folder: from the folder itself where the system can, since to go down a path for
    each takes a fifth of the time."""
    if os.scandir not in os.supports_fd:
        with os.scandir(path) as entries:
            yield entries
        return
    at = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with os.scandir(at) as entries:
            yield entries
    finally:
        os.close(at)


def _look(top: str, folder: str) -> tuple[bytes, list[str]]:
    inner: list[str] = []
    rows: list[tuple[str, int, int, int, int]] = []
    latest = 0
    try:
        with _entries(os.path.join(top, folder)) as entries:  # noqa: PTH118 - strings, for speed
            for entry in entries:
                if entry.is_dir():
                    inner.append(f"{folder}/{entry.name}" if folder else entry.name)
                    continue
                try:
                    found = entry.stat()
                except FileNotFoundError:
                    continue  # a link that leads nowhere, or it has just gone
                mtime, ctime = found.st_mtime_ns, found.st_ctime_ns
                latest = max(latest, mtime, ctime)
                rows.append((entry.name, found.st_size, mtime, ctime, found.st_ino))
    except OSError:
        return b"", inner
    if latest > time.time_ns() - _TICK:
        return b"", inner
    rows.sort()
    return xxh3_64_digest(marshal.dumps(rows, NO_REFERENCES)), inner
