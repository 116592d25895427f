"""Pelican adapter: incremental and parallel builds, for any Pelican site.

Reads and renders only what changed, with all processors, by fingerprints of all that a page is
given; removes pages whose inputs are gone; does nothing where nothing changed. Where it can't see
what a page is made of, it says so and makes that page each time. Settings: `docs/settings.md`; how
it works: `docs/incremental.md`. Plugins find a `Memory` in the context as `memory`.
"""

from __future__ import annotations

from .run import register
from .settings import SETTINGS

__all__ = ["SETTINGS", "register"]
