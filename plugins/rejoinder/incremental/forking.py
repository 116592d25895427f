"""The same work in several processes that share what is in memory: fork, and answers by pipe."""

from __future__ import annotations

import gc
import logging
import mmap
import os
import pickle
import selectors
import struct
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from typing import Any, BinaryIO

_NUMBER = struct.Struct("<i")
_SIZE = struct.Struct("<iI")
_MOST_AHEAD = 16_000
"""So many pieces of work fit into a pipe that nobody reads yet (64 KB on Linux)."""

_MOST_OF_A_WORKER = 4000
"""After so many things another takes a worker's place: Python counts who holds an object in
the object, so a process comes to have its own copy of all that it looks at."""

_MORE = 3
"""How a worker ends that leaves the rest to another."""


def processors(wanted: int = 0) -> int:
    """How many processes to use: `wanted`, else one for each processor; 1 where a process can't
    be forked (Windows), or it isn't safe (macOS)."""
    if sys.platform == "win32" or sys.platform == "darwin" or not hasattr(os, "fork"):
        return 1
    if hasattr(os, "sched_getaffinity"):
        return wanted or len(os.sched_getaffinity(0))
    return wanted or os.cpu_count() or 1


def spread(
    count: int, workers: int, run: Callable[[int], Any], of_each: int = 1
) -> Iterator[tuple[int, Any]]:
    """`(number, run(number))` for each of `count` pieces of work, in any order; answers are
    pickled. `of_each` says how many things are made in a piece. What a worker could not do (an
    exception there, or it was killed) is done here, so that an exception comes up as it would
    without workers."""
    if workers < 2 or count < 2:
        for number in range(count):
            yield number, run(number)
        return
    left = set(range(count))
    for number, answer in _forked(count, min(workers, count), run, of_each):
        left.discard(number)
        yield number, answer
    for number in sorted(left):
        yield number, run(number)


def _forked(
    count: int, workers: int, run: Callable[[int], Any], of_each: int
) -> Iterator[tuple[int, Any]]:
    step = -(-count // _MOST_AHEAD)
    work_out, work_in = os.pipe()
    os.write(work_in, b"".join(_NUMBER.pack(at) for at in range(0, count, step)))
    os.close(work_in)
    sys.stdout.flush()
    sys.stderr.flush()
    at_work: dict[BinaryIO, int] = {}

    def begin() -> BinaryIO:
        out, into = os.pipe()
        child = os.fork()
        if not child:
            _work(work_out, into, count, step, run, of_each)
        os.close(into)
        pipe = os.fdopen(out, "rb")
        at_work[pipe] = child
        return pipe

    def goes_on(pipe: BinaryIO) -> bool:
        pipe.close()
        _, status = os.waitpid(at_work.pop(pipe), 0)
        return os.waitstatus_to_exitcode(status) == _MORE

    try:
        yield from _answers([begin() for _ in range(workers)],
                            lambda pipe: begin() if goes_on(pipe) else None)  # fmt: skip
    finally:
        os.close(work_out)
        while at_work:
            goes_on(next(iter(at_work)))


def _answers(
    pipes: list[BinaryIO], ended: Callable[[BinaryIO], BinaryIO | None]
) -> Iterator[tuple[int, Any]]:
    """What comes through pipes. `ended` gives another in the place of one that ended."""
    with selectors.DefaultSelector() as waiting:
        for pipe in pipes:
            waiting.register(pipe, selectors.EVENT_READ, pipe)
        while waiting.get_map():
            for key, _ in waiting.select():
                pipe = key.data
                head = pipe.read(_SIZE.size)
                number, size = _SIZE.unpack(head) if len(head) == _SIZE.size else (-1, 0)
                body = pipe.read(size) if size else b""
                if number < 0 or len(body) < size:
                    waiting.unregister(pipe)
                    another = ended(pipe)
                    if another is not None:
                        waiting.register(another, selectors.EVENT_READ, another)
                    continue
                yield number, pickle.loads(body)


def _work(
    work: int, into: int, count: int, step: int, run: Callable[[int], Any], of_each: int
) -> None:
    """A worker's life."""
    pieces = max(1, _MOST_OF_A_WORKER // (step * of_each))
    left = [pieces]

    def numbers() -> Iterator[int]:
        while left[0] and (piece := os.read(work, _NUMBER.size)):
            left[0] -= 1
            (begin,) = _NUMBER.unpack(piece)
            yield from range(begin, min(begin + step, count))

    _answer(numbers(), into, run, lambda: 0 if left[0] else _MORE)


def _answer(
    numbers: Iterable[int], into: int, run: Callable[[int], Any], code: Callable[[], int]
) -> None:
    """Work in a forked process, which leaves by `_exit` with a code: nothing that its parent has
    begun is ended here."""
    try:
        gc.disable()  # a collection would copy every page of memory that it looks at
        # A handler may hold a lock that nobody here lets go of.
        logging.getLogger().handlers = [logging.NullHandler()]
        with os.fdopen(into, "wb") as answers:
            for number in numbers:
                try:
                    body = pickle.dumps(run(number), pickle.HIGHEST_PROTOCOL)
                except Exception:
                    continue  # the parent does it, and sees why
                answers.write(_SIZE.pack(number, len(body)) + body)
                answers.flush()
    except BaseException:
        os._exit(1)
    os._exit(code())


class Ahead:
    """Work that one process does while this one goes on with something else. Its answers wait in a
    file that has no name."""

    def __init__(self, count: int, run: Callable[[int], Any]) -> None:
        self._count, self._run = count, run
        self._enough = mmap.mmap(-1, 1)  # a byte that both can see
        self._answers = tempfile.TemporaryFile()  # noqa: SIM115 - read and closed by `answers`
        sys.stdout.flush()
        sys.stderr.flush()
        self._process = os.fork()
        if not self._process:
            numbers = takewhile(lambda _: not self._enough[0], range(count))
            _answer(numbers, os.dup(self._answers.fileno()), run, lambda: 0)

    def is_over(self) -> bool:
        """Whether all is done."""
        if self._process:
            process, _ = os.waitpid(self._process, os.WNOHANG)
            self._process = 0 if process else self._process
        return not self._process

    def wait(self) -> None:
        """Until all is done."""
        if self._process:
            os.waitpid(self._process, 0)
            self._process = 0

    def stop(self) -> None:
        """Leave the rest undone: `answers` does it."""
        self._enough[0] = 1
        self.wait()

    def close(self) -> None:
        """Nobody wants the answers any more."""
        self.stop()
        self._answers.close()

    def answers(self) -> Iterator[tuple[int, Any]]:
        """As `spread` gives them."""
        left = set(range(self._count))
        for number, answer in self.answered():
            left.discard(number)
            yield number, answer
        for number in sorted(left):
            yield number, self._run(number)

    def answered(self) -> Iterator[tuple[int, Any]]:
        """Those that the other process gives."""
        self.wait()
        with self._answers as file:
            file.seek(0)
            while len(head := file.read(_SIZE.size)) == _SIZE.size:
                number, size = _SIZE.unpack(head)
                body = file.read(size)
                if len(body) < size:
                    break
                yield number, pickle.loads(body)
