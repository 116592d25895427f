"""Names of files as they are served: with a digest of their content, so that browsers may keep
them for good; with the ending of a packed copy. Pure."""

from __future__ import annotations

import hashlib
import re

PACKED = (".gz", ".br")
"""Endings of packed copies, as web servers look for them: gzip (RFC 1952), Brotli (RFC 7932)."""

DIGITS = 10
NAMED = rf"\.[0-9a-f]{{{DIGITS}}}\.[a-z0-9]+$"
"""The pattern of a name with a digest; the examples for web servers have it too."""

_NAMED = re.compile(NAMED)


def named(path: str, data: bytes) -> str:
    """A path with a digest of its content: `theme/css/main.css` → `theme/css/main.3f2a91bc4d.css`.
    A name without an ending has no place for it, and stays."""
    stem, dot, ending = path.rpartition(".")
    if not dot or "/" in ending or not stem.rpartition("/")[2]:
        return path
    return f"{stem}.{hashlib.sha256(data).hexdigest()[:DIGITS]}.{ending.lower()}"


def is_named(path: str) -> bool:
    """Whether a path has a digest of its content in it, so that it never changes."""
    return _NAMED.search(path) is not None


def plain(path: str) -> str:
    """The file that a packed copy is of; of any other, itself."""
    stem, dot, ending = path.rpartition(".")
    return stem if dot + ending in PACKED else path
