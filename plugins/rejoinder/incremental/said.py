"""What is said while one thing is done, so that it can be said again when it need not be done."""

from __future__ import annotations

import contextlib
import logging
import marshal
from collections.abc import Iterator


class Listener(logging.Handler):
    """Keeps messages as (level, logger, text)."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[tuple[int, str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append((record.levelno, record.name, record.getMessage()))

    @property
    def said(self) -> bytes:
        """What was heard, for `repeat`; b"" where nothing was."""
        return marshal.dumps(self.heard) if self.heard else b""


@contextlib.contextmanager
def listening() -> Iterator[Listener]:
    """Listen to all warnings and errors of this process."""
    listener = Listener()
    root = logging.getLogger()
    root.addHandler(listener)
    try:
        yield listener
    finally:
        root.removeHandler(listener)


def repeat(said: bytes) -> None:
    """Say it again."""
    if said:
        for level, name, text in marshal.loads(said):
            logging.getLogger(name).log(level, "%s", text)
