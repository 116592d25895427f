"""One process at a time, by a lock on a file; the system lets go of it when its holder dies."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, wait: float) -> Iterator[bool]:
    """Hold the lock on `path`, which is made; False when another held it for `wait` seconds.
    Raises OSError where there are no locks."""
    with path.open("a+b") as file:
        until = time.monotonic() + wait
        while not (held := _lock(file.fileno())) and time.monotonic() < until:
            time.sleep(0.05)
        yield held


if sys.platform == "win32":
    import msvcrt

    def _lock(fd: int) -> bool:
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # any other error says that there are no locks here
            return False
        return True
