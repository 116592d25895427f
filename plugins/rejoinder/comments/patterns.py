"""A small drawing for each writer, always the same, to tell them apart (an identicon). Pure."""

from __future__ import annotations

import hashlib
from functools import lru_cache

SIDE = 5
"""So many squares make a row, and so many rows the drawing; left and right mirror each other."""


@lru_cache(maxsize=1_000)
def pattern(name: str) -> str:
    """The drawing for a name, as the path of an SVG whose squares are 1 by 1: the first at 0, 0."""
    bits = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big")
    half = SIDE // 2 + 1
    rows = ([bits >> (row * half + column) & 1 for column in range(half)] for row in range(SIDE))
    whole = (row + row[-2::-1] for row in rows)
    return "".join(
        f"M{column} {row}h1v1h-1z"
        for row, squares in enumerate(whole) for column, is_drawn in enumerate(squares) if is_drawn
    )  # fmt: skip
