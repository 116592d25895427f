"""Packed copies beside the files of a built site, for web servers that send them as they are."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import brotli
import deflate

from rejoinder import atomic
from rejoinder.serving.names import PACKED

TEXT = (".html", ".css", ".js", ".mjs", ".json", ".xml", ".xsl", ".svg", ".txt", ".csv", ".opml",
        ".webmanifest")  # fmt: skip
"""Endings of files that are worth it: pictures and fonts are packed already."""

SMALLEST = 1024
"""Bytes; what is smaller fits into a packet or two as it is."""

_HOW: dict[str, Callable[[bytes], bytes]] = {
    # libdeflate's 11 leaves 6 % less than zlib's 9 and takes nine times as long, 6 ms for 50 KB.
    # There is no time stamp in it, so that the same content gives the same bytes.
    ".gz": lambda data: bytes(deflate.gzip_compress(data, 11)),
    # 11, the best there is, leaves a tenth less and takes eighty times as long; 9 a hundredth
    # less, four times as long.
    ".br": lambda data: brotli.compress(data, quality=6),
}

_Found = dict[str, tuple[int, int]]
"""Files by path, each with its size in bytes and its time stamp in ns."""


def pack(folder: Path, note: Path, *, wanted: bool = True) -> int:
    """Bring the packed copies below `folder` up to date, and say how many files were packed. `note`
    is the file that remembers which files have copies of ours: another's `data.csv.gz` stays. A
    copy has the time stamp of its file: then it is right, and nothing is read. Copies go with their
    file, and where none are `wanted`. Raises OSError."""
    found = dict(_files(folder))
    ours = _noted(note)
    due = {path for path in found if wanted and _is_worth_it(path, found, ours)}
    for path in ours - due:
        drop(folder / path)
    if due != ours:
        atomic.write_text(note, json.dumps(sorted(due)))
    anew = [folder / path for path in sorted(due) if not _is_right(path, found)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:  # packers let go of Python's lock
        for _ in threads.map(_pack, anew):
            pass
    return len(anew)


def drop(file: Path) -> None:
    """Remove the packed copies of a file, if it has any. Raises OSError."""
    for ending in PACKED:
        Path(f"{file}{ending}").unlink(missing_ok=True)


def _is_worth_it(path: str, found: _Found, ours: set[str]) -> bool:
    """Whether a file is to have copies: it is long enough, and nobody else's are there."""
    if not path.endswith(TEXT) or found[path][0] <= SMALLEST:
        return False
    return path in ours or not any(path + ending in found for ending in PACKED)


def _is_right(path: str, found: _Found) -> bool:
    copies = [found.get(path + ending) for ending in PACKED]
    return all(copy is not None and copy[1] == found[path][1] for copy in copies)


def _pack(file: Path) -> None:
    stand = file.stat()
    data = file.read_bytes()
    for ending, packed in _HOW.items():
        copy = Path(f"{file}{ending}")
        atomic.write_if_other(copy, packed(data), durable=False)
        os.utime(copy, ns=(stand.st_mtime_ns, stand.st_mtime_ns))


def _noted(note: Path) -> set[str]:
    with suppress(OSError, ValueError):
        return set(json.loads(note.read_text("utf-8")))
    return set()


def _files(folder: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    """All files below a folder, by their path in it."""
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        with os.scandir(folder / inside) as entries:
            for entry in entries:
                path = f"{inside}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{path}/")
                elif entry.is_file(follow_symlinks=False):
                    stand = entry.stat()
                    yield path, (stand.st_size, stand.st_mtime_ns)
