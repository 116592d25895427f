"""What is told to open pages: how the last build went. A thread tells, pages listen (Server-sent
events, HTML Living Standard 9.2)."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rejoinder import complaints
from rejoinder.check.problem import Problem

_AROUND = 2
_WIDEST = 200


@dataclass(frozen=True, slots=True)
class Told:
    """One message of a build for the author: `where` as they know the file, the lines around
    `line` by their numbers."""

    where: str
    line: int
    what: str
    lines: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """How the last build went: what it failed of, and what it warned of, which may follow from
    that."""

    errors: tuple[Told, ...] = ()
    notes: tuple[Told, ...] = ()

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


def told(messages: Iterable[str], roots: Sequence[Path]) -> tuple[Told, ...]:
    """A build's messages; files below one of `roots` are named from there, and read."""
    return tuple(_told(complaints.read(message), roots) for message in messages)


def _told(problem: Problem, roots: Sequence[Path]) -> Told:
    path, what = Path(problem.where), problem.what
    for root in roots:
        what = what.replace(f"{root}/", "")
    for root in roots:
        if problem.where and path.is_relative_to(root):
            lines = _around(path, problem.line) if problem.line else ()
            return Told(path.relative_to(root).as_posix(), problem.line, what, lines)
    return Told(problem.where, problem.line, what)


def _around(path: Path, line: int) -> tuple[tuple[int, str], ...]:
    try:
        lines = path.read_text("utf-8", "replace").split("\n")
    except OSError:
        return ()
    first, last = max(1, line - _AROUND), min(len(lines), line + _AROUND)
    return tuple((number, lines[number - 1][:_WIDEST]) for number in range(first, last + 1))


@dataclass
class News:
    """The state, and who waits for the next. Safe for threads."""

    state: State = field(default_factory=State)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _listeners: dict[asyncio.Queue[bool], asyncio.AbstractEventLoop] = field(default_factory=dict)
    _is_over: bool = False

    def tell(self, state: State) -> None:
        """Something was built, or could not be."""
        with self._lock:
            self.state = state
            self._wake()

    def end(self) -> None:
        """Nobody is told any more: who listens is let go."""
        with self._lock:
            self._is_over = True
            self._wake()

    def _wake(self) -> None:
        for queue, loop in self._listeners.items():
            loop.call_soon_threadsafe(queue.put_nowait, True)

    async def listen(self) -> AsyncIterator[str]:
        """The state now, and each that follows, as events."""
        queue: asyncio.Queue[bool] = asyncio.Queue()
        with self._lock:
            self._listeners[queue] = asyncio.get_running_loop()
        try:
            yield "retry: 500\n\n"
            while not self._is_over:
                yield f"data: {self.state.as_json()}\n\n"
                await queue.get()
        finally:
            with self._lock:
                del self._listeners[queue]
