"""Files that went from the output and are to be what they were: put back from what is remembered,
the first of them while Pelican still reads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from rejoinder.incremental.forking import Ahead, spread
from rejoinder.incremental.packed import unpack
from rejoinder.incremental.state import Page, State

from .pages import Job, put, stand

_AT_ONCE = 20
WORTH_A_PROCESS = 300
"""For so many files another process is begun."""

Stand = tuple[int, int]
"""A file's size and time stamp."""


class Restoring:
    """What is put back into the folder `inside` in a build."""

    def __init__(self, state: State, inside: str, known: Mapping[str, Page], workers: int) -> None:
        self._state = state
        self._inside = inside
        self._known = known
        self._workers = workers
        self._ahead: list[tuple[Ahead, list[list[str]]]] = []
        self._back: dict[str, Stand] = {}

    def begin(self) -> None:
        """Put back what is missing, as long as nobody else writes."""
        missing = [path for path, page in self._known.items()
                   if page.print and not os.path.lexists(self._inside + path)]  # fmt: skip
        if self._workers > 1 and len(missing) >= WORTH_A_PROCESS:
            self.go_ahead(missing)

    def pause(self) -> None:
        """From now on others write: a file may come to be something else."""
        for ahead, pieces in self._ahead:
            ahead.stop()
            self._take(ahead, pieces)
        self._ahead.clear()

    def go_ahead(self, paths: Iterable[str]) -> Ahead:
        """Have another process put these back."""
        wanted = list(paths)
        pieces = [wanted[at : at + _AT_ONCE] for at in range(0, len(wanted), _AT_ONCE)]
        self._state.settle()
        ahead = Ahead(len(pieces), lambda at: [self._put_back(path) for path in pieces[at]])
        self._ahead.append((ahead, pieces))
        return ahead

    def is_back(self, path: str) -> Stand | None:
        """Size and time stamp of a file that was put back, and still is what it was then."""
        with suppress(OSError):
            if path in self._back and stand(self._inside + path) == self._back[path]:
                return self._back[path]
        self._back.pop(path, None)
        return None

    def finish(self, jobs: list[Job], took: Callable[[Job, Stand], None]) -> list[Job]:
        """Put back the files of all jobs; those that aren't remembered are given back."""
        for ahead, pieces in self._ahead:
            self._take(ahead, pieces)
        self._ahead.clear()
        left = [job for job in jobs if job.path not in self._back]
        workers = self._workers if len(left) > _AT_ONCE else 1
        for number, found in spread(len(left), workers, lambda at: self._put_back(left[at].path)):
            if found is not None:
                self._back[left[number].path] = found
        for job in jobs:
            if job.path in self._back:
                took(job, self._back[job.path])
        return [job for job in jobs if job.path not in self._back]

    def _take(self, ahead: Ahead, pieces: list[list[str]]) -> None:
        for number, found in ahead.answered():
            for path, back in zip(pieces[number], found, strict=True):
                if back is not None:
                    self._back[path] = back

    def _put_back(self, path: str) -> Stand | None:
        body = self._state.body(path)
        return put(self._inside + path, unpack(body)) if body else None
