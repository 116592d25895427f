"""Python's garbage collector, left out for a while. A leaf."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """Go on without looking for garbage: of what is read in bulk nearly all stays for as long as it
    is worked with, and going through it again and again takes as long as reading it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
