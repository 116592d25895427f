"""The same work in several processes that share what is in memory: fork, and answers by pipe."""

from __future__ import annotations

import gc
import logging
import os
import pickle
import selectors
import struct
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

_NUMBER = struct.Struct("<i")
_SIZE = struct.Struct("<iI")
_MOST_AHEAD = 16_000
"""So many pieces of work fit into a pipe that nobody reads yet (64 KB on Linux)."""


def processors(wanted: int = 0) -> int:
    """How many processes to use: `wanted`, else one for each processor; 1 where a process can't
    be forked (Windows), or it isn't safe (macOS)."""
    if sys.platform in ("win32", "darwin"):
        return 1
    return wanted or len(os.sched_getaffinity(0))


def spread(count: int, workers: int, run: Callable[[int], Any]) -> Iterator[tuple[int, Any]]:
    """`(number, run(number))` for each of `count` pieces of work, in any order; answers are
    pickled. What a worker could not do (an exception there, or it was killed) is done here, so
    that an exception comes up as it would without workers."""
    if workers < 2 or count < 2:
        for number in range(count):
            yield number, run(number)
        return
    left = set(range(count))
    for number, answer in _forked(count, min(workers, count), run):
        left.discard(number)
        yield number, answer
    for number in sorted(left):
        yield number, run(number)


def _forked(count: int, workers: int, run: Callable[[int], Any]) -> Iterator[tuple[int, Any]]:
    step = -(-count // _MOST_AHEAD)
    work_out, work_in = os.pipe()
    os.write(work_in, b"".join(_NUMBER.pack(at) for at in range(0, count, step)))
    os.close(work_in)
    sys.stdout.flush()
    sys.stderr.flush()
    pipes: list[BinaryIO] = []
    children: list[int] = []
    try:
        for _ in range(workers):
            out, into = os.pipe()
            child = os.fork()
            if not child:
                _work(work_out, into, count, step, run)
            os.close(into)
            pipes.append(os.fdopen(out, "rb"))
            children.append(child)
        yield from _answers(pipes)
    finally:
        os.close(work_out)
        for pipe in pipes:
            pipe.close()
        for child in children:
            os.waitpid(child, 0)


def _answers(pipes: list[BinaryIO]) -> Iterator[tuple[int, Any]]:
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
                    continue
                yield number, pickle.loads(body)


def _work(work: int, into: int, count: int, step: int, run: Callable[[int], Any]) -> None:
    """A worker's life."""

    def numbers() -> Iterator[int]:
        while piece := os.read(work, _NUMBER.size):
            (begin,) = _NUMBER.unpack(piece)
            yield from range(begin, min(begin + step, count))

    _answer(numbers(), into, run)


def _answer(numbers: Iterable[int], into: int, run: Callable[[int], Any]) -> None:
    """Work in a forked process, which leaves by `_exit`: nothing that its parent has begun is ended
    here."""
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
    os._exit(0)


class Ahead:
    """Work that one process does while this one goes on with something else. Its answers wait in a
    file that has no name."""

    def __init__(self, count: int, run: Callable[[int], Any]) -> None:
        self._count, self._run = count, run
        self._answers = tempfile.TemporaryFile()  # noqa: SIM115 - read and closed by `answers`
        sys.stdout.flush()
        sys.stderr.flush()
        self._process = os.fork()
        if not self._process:
            _answer(range(count), os.dup(self._answers.fileno()), run)

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

    def answers(self) -> Iterator[tuple[int, Any]]:
        """As `spread` gives them."""
        self.wait()
        left = set(range(self._count))
        with self._answers as file:
            file.seek(0)
            while len(head := file.read(_SIZE.size)) == _SIZE.size:
                number, size = _SIZE.unpack(head)
                body = file.read(size)
                if len(body) < size:
                    break
                left.discard(number)
                yield number, pickle.loads(body)
        for number in sorted(left):
            yield number, self._run(number)
