"""Which signs a font has, and which of a text can't be drawn with it."""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from rejoinder.errors import SiteError

_RIGHT_TO_LEFT = ("R", "AL")
_UNICODE = {(0, n) for n in range(7)} | {(3, 1), (3, 10)}
"""Platform and encoding of the tables that say Unicode."""


def plain(text: str) -> str:
    """A text in one line, in composed letters (NFC), without signs that only steer others."""
    shown = (sign for sign in text if unicodedata.category(sign) != "Cf")
    return " ".join(unicodedata.normalize("NFC", "".join(shown)).split())


def undrawable(text: str, signs: frozenset[int]) -> str:
    """Those of a plain text that a font with these signs can't show, each once. Letters are set
    one after the other from left to right: what is written otherwise, or put together from
    several signs, would be wrong, and counts too."""
    return "".join(dict.fromkeys(
        sign for sign in text if not sign.isspace() and (
            ord(sign) not in signs
            or unicodedata.bidirectional(sign) in _RIGHT_TO_LEFT
            or unicodedata.category(sign).startswith("M")
        )
    ))  # fmt: skip


@lru_cache(maxsize=4)
def signs_of(path: Path) -> frozenset[int]:
    """The code points that a TrueType or OpenType font has a sign for. Raises SiteError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SiteError(f"the font can't be read: {error.strerror}", where=path,
                        mend="Name another file in CARDS_FONT.") from error  # fmt: skip
    try:
        found = frozenset(_signs(data))
    except (struct.error, IndexError) as error:
        raise SiteError("this is no font", where=path,
                        mend="CARDS_FONT names a .ttf or .otf file.") from error  # fmt: skip
    if not found:
        raise SiteError("the font has no letters of Unicode", where=path,
                        mend="Name another file in CARDS_FONT.")  # fmt: skip
    return found


def _signs(data: bytes) -> Iterator[int]:
    """What the table `cmap` says: https://learn.microsoft.com/typography/opentype/spec/cmap"""
    begin = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
    (tables,) = struct.unpack_from(">H", data, begin + 4)
    for number in range(tables):
        tag, _, at, _ = struct.unpack_from(">4sIII", data, begin + 12 + 16 * number)
        if tag != b"cmap":
            continue
        (count,) = struct.unpack_from(">H", data, at + 2)
        for one in range(count):
            platform, encoding, offset = struct.unpack_from(">HHI", data, at + 4 + 8 * one)
            if (platform, encoding) in _UNICODE:
                (kind,) = struct.unpack_from(">H", data, at + offset)
                if kind == 4:
                    yield from _of_segments(data, at + offset)
                elif kind == 12:
                    yield from _of_groups(data, at + offset)


def _of_segments(data: bytes, at: int) -> Iterator[int]:
    """A subtable of format 4: ranges up to U+FFFF. The glyph 0 stands for what is missing."""
    segments = struct.unpack_from(">H", data, at + 6)[0] // 2
    each = f">{segments}H"
    ends = struct.unpack_from(each, data, at + 14)
    begins = struct.unpack_from(each, data, at + 16 + 2 * segments)
    deltas = struct.unpack_from(each, data, at + 16 + 4 * segments)
    offsets_at = at + 16 + 6 * segments
    offsets = struct.unpack_from(each, data, offsets_at)
    for number, (first, last) in enumerate(zip(begins, ends, strict=True)):
        for code in range(first, min(last, 0xFFFE) + 1):
            if not offsets[number]:
                glyph = (code + deltas[number]) & 0xFFFF
            else:
                place = offsets_at + 2 * number + offsets[number] + 2 * (code - first)
                (glyph,) = struct.unpack_from(">H", data, place)
            if glyph:
                yield code


def _of_groups(data: bytes, at: int) -> Iterator[int]:
    """A subtable of format 12: ranges of all of Unicode."""
    (count,) = struct.unpack_from(">I", data, at + 12)
    for number in range(count):
        first, last, glyph = struct.unpack_from(">III", data, at + 16 + 12 * number)
        yield from range(first if glyph else first + 1, min(last, 0x10FFFF) + 1)
