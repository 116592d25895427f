"""What was packed by Zstandard, unpacked: any number of frames, one after the other."""

from __future__ import annotations

from typing import BinaryIO

import zstandard

_STEP = 1 << 10
"""So little is read at once, since a frame's few bytes can stand for a great many."""


class Frames:
    """The bytes of a file's frames. Unlike zstandard's own reader, it tells a file that is cut off
    from one that ends: it raises EOFError, as gzip does."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._unpack = zstandard.ZstdDecompressor()
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._rest = b""

    def read1(self, most: int = -1) -> bytes:
        """Some bytes, perhaps more than `most`; none at the end. Raises EOFError, ZstdError or
        OSError."""
        while True:
            data = self._rest or self._file.read(_STEP)
            self._rest = b""
            if not data:
                if self._frame is not None:
                    raise EOFError("the file ends within a frame")
                return b""
            frame = self._frame = self._frame or self._unpack.decompressobj()
            found = frame.decompress(data)
            if frame.eof:
                self._frame, self._rest = None, frame.unused_data
            if found:
                return found
