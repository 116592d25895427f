"""The preview, `serve`: the built site and the desk at one address, and what tells open pages that
something changed."""

from __future__ import annotations

from rejoinder.preview.site import Preview
from rejoinder.preview.watching import changes

__all__ = ["Preview", "changes"]
