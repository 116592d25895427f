"""A picture that stands for a page where somebody links to it."""

from __future__ import annotations

from dataclasses import dataclass

RASTER = (".png", ".jpg", ".jpeg", ".gif", ".webp")
"""What the networks show, by the end of a file's name."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture below the site's address, what it shows in words, and its size in pixels (0 where
    that isn't known)."""

    url: str
    alt: str
    width: int = 0
    height: int = 0
