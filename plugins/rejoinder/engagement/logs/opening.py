"""Logs as blocks of whole lines, whatever they are packed in: plain, gzip, zstandard."""

from __future__ import annotations

import gzip
import os
import re
import stat
import sys
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from rejoinder.engagement.logs.frames import Frames
from rejoinder.errors import EngagementError

BLOCK = 8 << 20
_STEP = 64 << 10
LONGEST = 64 << 10
"""A line that is longer is none of a server's."""

_UNFINISHED = "its last line has no end yet, and is left for when it has"

STANDARD_INPUT = Path("-")
_GZIP = b"\x1f\x8b"
_ZSTD = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")  # or what is to be skipped

_UNKNOWN = {
    b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"PK\x03\x04": "zip", b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"\x04\x22\x4d\x18": "lz4", b"\x1f\x9d": "compress",
}  # fmt: skip
"""What files that can't be unpacked begin with; no line of a log does."""


class Log:
    """One log, open: a file, a pipe or standard input. `size` is where the last whole line of a
    plain file ends, `done` counts the bytes of a file that were read, `problem` says why it ended
    before its end. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem = ""
        opened = sys.stdin.buffer if path == STANDARD_INPUT else path.open("rb")
        self._file = cast(BufferedReader, opened)
        status = None if path == STANDARD_INPUT else os.fstat(self._file.fileno())
        self._is_file = status is not None and stat.S_ISREG(status.st_mode)
        begin = self._file.peek(8)[:8]
        for magic, name in _UNKNOWN.items():
            if begin.startswith(magic):
                self.close()
                raise OSError(f"it is packed by {name}, which isn't known here: unpack it first")
        self._data: BinaryIO = self._file
        if begin[:2] == _GZIP:
            self._data = cast(BinaryIO, gzip.GzipFile(fileobj=self._file))
        elif _ZSTD.match(begin):
            self._data = cast(BinaryIO, Frames(self._file))
        self.size = self._whole(status.st_size) if status and self.is_plain else 0

    def _read1(self, most: int) -> bytes:
        read: bytes = self._data.read1(most)  # type: ignore[attr-defined]
        return read

    @property
    def is_plain(self) -> bool:
        """Whether any part of it can be read by itself."""
        return self._data is self._file and self._is_file

    @property
    def identity(self) -> tuple[int, int]:
        """What tells the file from another that gets its name."""
        status = os.fstat(self._file.fileno())
        return status.st_dev, status.st_ino

    def part(self, begin: int, end: int) -> bytes:
        """Bytes of a plain file."""
        self._file.seek(begin)
        return self._file.read(end - begin)

    @property
    def done(self) -> int:
        return self._file.tell() if self._is_file else 0

    def blocks(self) -> Iterator[bytes]:
        """Pieces of about BLOCK bytes that end with a line's end. A piece without any is left out
        but for its beginning."""
        rest = b""
        while True:
            data = self._read()
            if not data:
                break
            end = data.rfind(b"\n") + 1
            if not end:
                rest = (rest + data)[: LONGEST + 1]
                continue
            yield rest + data[:end]
            rest = data[end:]
        if rest:
            self.problem = self.problem or _UNFINISHED

    def _whole(self, end: int) -> int:
        """Where the last whole line before `end` ends. One that is still being written would count
        now, and again when it is whole."""
        begin = end
        while begin > 0:
            start = max(0, begin - _STEP)
            at = self.part(start, begin).rfind(b"\n")
            if at >= 0:
                begin = start + at + 1
                break
            begin = start
        self._file.seek(0)
        if begin < end:
            self.problem = _UNFINISHED
        return begin

    def _read(self) -> bytes:
        if self.is_plain:
            return self._data.read(BLOCK)
        parts: list[bytes] = []
        left = BLOCK
        try:
            # Little by little: what was read before a packed log breaks off is not lost.
            while left > 0 and not self.problem and (data := self._read1(min(left, _STEP))):
                parts.append(data)
                left -= len(data)
        except EOFError:
            self.problem = "it is cut off: what comes before was read"
        except (OSError, zlib.error, zstandard.ZstdError) as error:
            self.problem = f"it is damaged, and was read up to there: {error}"
        return b"".join(parts)

    def close(self) -> None:
        if self.path != STANDARD_INPUT:
            self._file.close()


def find(names: list[str]) -> list[Path]:
    """The files that names stand for: files, pipes, folders with all files that are in them,
    patterns, `-` for standard input. Raises EngagementError for what isn't there, or is no log."""
    found: dict[Path, None] = {}
    for name in names:
        path = Path(name)
        if path == STANDARD_INPUT:
            each = [path]
        elif path.is_dir():
            each = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        elif path.is_file() or path.is_fifo():
            each = [path]
        elif path.exists():
            raise EngagementError("it is neither a file nor a pipe", where=name)
        else:
            base = Path(path.anchor) if path.is_absolute() else Path()
            pattern = str(path.relative_to(path.anchor)) if path.is_absolute() else name
            is_pattern = any(c in name for c in "*?[")
            each = sorted(p for p in base.glob(pattern) if p.is_file()) if is_pattern else []
        if not each:
            raise EngagementError("there is no such log", where=name)
        found |= dict.fromkeys(each)
    return list(found)
