"""Where portraits lie that the desk took over: `content/portraits/`. Pure."""

from __future__ import annotations

import hashlib

from rejoinder.serving.names import named

FOLDER = "portraits"


def portrait_path(picture: bytes) -> str:
    """The path of a portrait (WebP) below the content folder, and below the site's address, named
    by a digest of itself, so that the same picture is one file, which browsers may keep."""
    digest = hashlib.sha256(picture).hexdigest()
    return named(f"{FOLDER}/{digest[-16:]}.webp", picture)
