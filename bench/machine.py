"""Seconds and megabytes of a program with all its processes."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PATHS = os.pathsep.join((str(ROOT / "plugins"), str(ROOT)))
_LOOK_EVERY = 0.25  # a look takes some 10 ms of a processor


class Cost(NamedTuple):
    """What a run took: wall seconds, the most that all its processes held at one time, and seconds
    of processors: its own, and the system's for it."""

    seconds: float
    megabytes: float
    own: float
    system: float


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """A folder for a while."""
    with tempfile.TemporaryDirectory(prefix=f"rejoinder-{name}-") as folder:
        yield Path(folder)


def timed(
    words: Sequence[str], folder: Path, given: str = "", env: Mapping[str, str] | None = None
) -> Cost:
    """Run a program in a folder, with `given` as its standard input. Ends with what it said when
    it fails."""
    started, before = time.perf_counter(), _of_children()
    with subprocess.Popen(
        words, cwd=folder, start_new_session=True, text=True, encoding="utf-8",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": PATHS, **(env or {})},
    ) as run:  # fmt: skip
        memory = Memory(run.pid)
        said, _ = run.communicate(given)
        seconds = time.perf_counter() - started
        most = memory.stop()
    if run.returncode:
        raise SystemExit(f"error: {words[0]} failed: {said[-2000:]}")
    own, system = (after - then for after, then in zip(_of_children(), before, strict=True))
    return Cost(seconds, most, own, system)


def _of_children() -> tuple[float, float]:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime, used.ru_stime


def wait(condition: Callable[[], bool], seconds: float, every: float = 0.0005) -> float:
    """Seconds until something is so, looked at every so often. Ends when it takes longer."""
    begun = time.perf_counter()
    while not condition():
        if time.perf_counter() - begun > seconds:
            raise SystemExit(f"error: after {seconds:.0f} s it is not so")
        time.sleep(every)
    return time.perf_counter() - begun


class Memory:
    """Watches a session of processes until it is stopped."""

    def __init__(self, session: int) -> None:
        self._session = session
        self._others: set[str] = set()
        self._most = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> float:
        """The most megabytes that were seen."""
        self._stop.set()
        self._thread.join()
        return self._most

    def _watch(self) -> None:
        while not self._stop.wait(_LOOK_EVERY):
            self._most = max(self._most, self.now())

    def now(self) -> float:
        """Megabytes that all processes of the session hold, pages that they share counted once
        (PSS). Whose a process is, is looked up once, and nothing else of others: a look must not
        take the time that is measured."""
        total = 0
        for name in os.listdir("/proc"):  # noqa: PTH208 - a third of the time
            if name[0] not in "123456789" or name in self._others:
                continue
            try:
                if int(_read(f"/proc/{name}/stat").rpartition(")")[2].split()[3]) != self._session:
                    self._others.add(name)
                    continue
                rollup = _read(f"/proc/{name}/smaps_rollup")
                total += int(rollup.partition("\nPss:")[2].split()[0])
            except (OSError, IndexError, ValueError):
                continue
        return total / 1024


def _read(path: str) -> str:
    with open(path, encoding="ascii", errors="replace") as file:  # noqa: PTH123
        return file.read()
