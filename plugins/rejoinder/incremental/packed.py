"""Bytes packed for what builds remember. A build packs, in one thread; anybody may unpack."""

from __future__ import annotations

import zstandard

_packer = zstandard.ZstdCompressor(level=1)
"""Made once: to make one takes a sixth of the time of packing a page."""

pack = _packer.compress
unpack = zstandard.decompress
