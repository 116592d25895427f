"""Bytes packed for what builds remember. A build packs, in one thread; anybody may unpack."""

from __future__ import annotations

from threading import local

import zstandard

_packer = zstandard.ZstdCompressor(level=1)
"""Made once: to make one takes a sixth of the time of packing a page."""

pack = _packer.compress


class _Unpacker(local):
    """One for each thread, made once: to make one takes a third of the time of unpacking a page."""

    def __init__(self) -> None:
        self.unpack = zstandard.ZstdDecompressor().decompress


_unpacker = _Unpacker()


def unpack(data: bytes) -> bytes:
    """What `pack` was given. Raises zstandard.ZstdError."""
    return _unpacker.unpack(data)
