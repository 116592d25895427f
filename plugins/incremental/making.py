"""Files are made: by all processors, the first of them while Pelican goes through the others."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from rejoinder.incremental.forking import Ahead, spread
from rejoinder.incremental.packed import pack
from rejoinder.incremental.said import listening, repeat
from rejoinder.incremental.state import Page, Recipe

from .freezing import CantKeepError
from .pages import Job, put
from .restoring import WORTH_A_PROCESS

if TYPE_CHECKING:
    from .build import Build

_AT_ONCE = 20
_ROUNDS = 8
"""So many pieces at least for each process: they take different times."""

_WORTH_HELP = 8

Made: TypeAlias = "tuple[int, int, bytes, bytes | None, str | Recipe | None]"
"""Size and time stamp of a file, what was said, its content to be remembered, what was kept."""

_Answered: TypeAlias = "tuple[list[Job], tuple[int, list[Made]]]"
"""What is made together, the process that did it, and what came of it."""


class Making:
    """What is to be made in a build; `compile` readies the templates for other processes."""

    def __init__(self, build: Build, compile: Callable[[], None]) -> None:
        self._build = build
        self._compile = compile
        self._jobs: dict[str, Job] = {}
        self._ahead: list[tuple[Ahead, list[list[Job]]]] = []
        self._put_back: list[Job] = []
        self._last: Ahead | None = None
        self._begun: dict[str, tuple[Ahead, Job]] = {}

    def add(self, job: Job) -> None:
        """A file is to be made."""
        self._jobs[job.path] = job
        if len(self._jobs) >= WORTH_A_PROCESS and self._build.workers > 1:
            self._go_ahead()

    def drop(self, path: str) -> None:
        """A file is to be made otherwise, or not at all: what is said last counts."""
        self._jobs.pop(path, None)
        begun = self._begun.pop(path, None)
        if begun is not None:
            ahead, job = begun
            ahead.wait()
            job.is_dropped = True

    def _go_ahead(self) -> None:
        """Have another process make or put back what is to be, if none does already."""
        if self._last is not None and not self._last.is_over():
            return
        for is_kept in (False, True):
            jobs = [job for job in self._jobs.values() if job.is_kept is is_kept]
            if len(jobs) >= WORTH_A_PROCESS:
                self._begin(jobs[:WORTH_A_PROCESS], is_kept)
                return

    def _begin(self, jobs: list[Job], is_kept: bool) -> None:
        for job in jobs:
            del self._jobs[job.path]
        if is_kept:
            self._put_back += jobs
            self._last = self._build.restoring.go_ahead(job.path for job in jobs)
        else:
            self._note_begun(jobs)
            self._build.state.settle()
            self._compile()
            pieces = _pieces(jobs, 1)
            self._last = Ahead(len(pieces), self._maker(pieces))
            self._ahead.append((self._last, pieces))
        self._begun |= {job.path: (self._last, job) for job in jobs}

    def close(self) -> None:
        """Let go of all that was begun."""
        for ahead, _ in self._begun.values():
            ahead.close()

    def finish(self) -> None:
        """Make the rest, and remember all. More may be added after that."""
        build = self._build
        jobs = list(self._jobs.values())
        self._jobs.clear()
        self._note_begun(jobs)
        build.state.settle()
        put_back = [job for job in (*self._put_back, *jobs) if job.is_kept and not job.is_dropped]
        lost = build.restoring.finish(put_back, build.put_back)
        rest = [*lost, *(job for job in jobs if not job.is_kept)]
        if any(job.inputs for job in rest):
            self._compile()
        made = self._make_all(rest)
        build.state.save(made=made)
        for _ in made:  # where they could not be remembered, they are made all the same
            pass
        self._ahead.clear()
        self._put_back.clear()
        self._begun.clear()

    def _note_begun(self, jobs: Sequence[Job]) -> None:
        """Should this end half way, the next build knows of what was begun."""
        self._build.state.save(pages=(
            (job.path, Page(b"", b"", -1, 0, b""), None)
            for job in jobs if job.path not in self._build.known
        ))  # fmt: skip

    def _workers(self, jobs: Sequence[Job]) -> int:
        return self._build.workers if len(jobs) > _WORTH_HELP else 1

    def _maker(self, pieces: list[list[Job]]) -> Callable[[int], tuple[int, list[Made]]]:
        return lambda at: (os.getpid(), [self._make(job) for job in pieces[at]])

    def _make_all(self, jobs: list[Job]) -> Iterator[tuple[str, Page, bytes | None, Recipe | None]]:
        report, workers = self._build.report, self._workers(jobs)
        pieces = _pieces(jobs, workers)
        answered = (
            (pieces[number], made)
            for number, made in spread(len(pieces), workers, self._maker(pieces), _AT_ONCE)
        )
        for piece, (process, answers) in self._and_begun(answered):
            for job, (size, time, said, body, kept) in zip(piece, answers, strict=True):
                if job.is_dropped:
                    continue
                if isinstance(kept, str):
                    report.whys.append(f"after a comment, {job.path} waits for a build: it {kept}")
                    kept = None
                page = self._build.kept[job.path] = Page(job.print, job.inputs, size, time, said)
                report.made[job.path] = job.why
                if process != os.getpid():
                    repeat(said)
                yield job.path, page, body, kept

    def _and_begun(self, answered: Iterator[_Answered]) -> Iterator[_Answered]:
        """These answers, and those of what was begun before: between them where it is over."""
        begun = deque(self._ahead)
        for one in answered:
            yield one
            if begun and begun[0][0].is_over():
                yield from _answers(*begun.popleft())
        for ahead, pieces in begun:
            yield from _answers(ahead, pieces)

    def _make(self, job: Job) -> Made:
        with listening() as listener:
            try:
                made = job.make()
            except Exception as error:
                error.add_note(f"in {job.path}")
                raise
            data = made.encode("utf-8") if isinstance(made, str) else made
        size, time = put(self._build.inside + job.path, data)
        keeps = self._build.settings["INCREMENTAL_KEEP_PAGES"]
        body = pack(data) if keeps else None
        try:
            kept = job.keep() if job.keep is not None else None
        except CantKeepError as error:
            return size, time, listener.said, body, f"shows {error}"
        return size, time, listener.said, body, kept


def _answers(ahead: Ahead, pieces: list[list[Job]]) -> Iterator[_Answered]:
    return ((pieces[number], made) for number, made in ahead.answers())


def _pieces(jobs: Sequence[Job], workers: int) -> list[list[Job]]:
    """What stands together is made together: a post's page and its feeds share what they read. What
    is made together takes one answer for all, so few are put together where few are made."""
    by_folder: dict[str, list[Job]] = {}
    for job in jobs:
        by_folder.setdefault(job.path.rpartition("/")[0], []).append(job)
    enough = min(_AT_ONCE, len(jobs) // (workers * _ROUNDS))
    pieces: list[list[Job]] = [[]]
    for some in by_folder.values():
        for at in range(0, len(some), _AT_ONCE):
            part = some[at : at + _AT_ONCE]
            if pieces[-1] and len(pieces[-1]) + len(part) > enough:
                pieces.append([])
            pieces[-1] += part
    return pieces
