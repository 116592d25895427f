"""From logs to the files in `content/engagement/logs/`: reads, counts with all processors, and
counts no line twice."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import TypeAlias
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from rejoinder import site
from rejoinder.collector import without_collector
from rejoinder.engagement import views
from rejoinder.engagement.logs.counted import Counted, open_counted
from rejoinder.engagement.logs.counting import (
    Answer,
    Job,
    count_block,
    count_range,
    counting_of,
    unseen,
)
from rejoinder.engagement.logs.formats import Format, Parser, plain_host, recognise
from rejoinder.engagement.logs.opening import BLOCK, STANDARD_INPUT, Log
from rejoinder.engagement.logs.portions import lines_of, pieces_of, portions_of
from rejoinder.engagement.logs.tally import Rules, Tally
from rejoinder.engagement.views import Source
from rejoinder.errors import EngagementError

Progress = Callable[[int, int], None]

_FIRST_LINES = 60
_LOOK_BACK = 20_000
_WINDOW = 256 << 10
_NOTES = 20
_AHEAD = timedelta(days=1)
"""A server may be where it is tomorrow already; of a day after that its clock is wrong."""

_WORTH_HELP = 2 * BLOCK
"""Logs of so many bytes are counted by all processors."""


@dataclass(slots=True)
class Measured:
    """What came of some logs. `known` lines were counted before, `closed` are of days that take no
    more; `left_out` is by why; `notes` name files, with an example of what couldn't be read."""

    files: int = 0
    lines: int = 0
    known: int = 0
    closed: int = 0
    views: int = 0
    unknown: int = 0
    days: set[date] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    changed: list[Path] = field(default_factory=list)

    def note(self, note: str) -> None:
        """Note something of a file's lines, once, unless there are many notes already."""
        if note not in self.notes and len(self.notes) < _NOTES:
            self.notes.append(note)


def rules_of(content: Path, hosts: Sequence[str], counted: Counted, in_files: set[date]) -> Rules:
    """What counts, for a site that has counts of some days in its files. Raises SiteError."""
    facts = site.load(content)
    addresses = [urlsplit(url) for url in (facts.url, *facts.old_urls) if url]
    own = {plain_host(address.netloc) for address in addresses}
    own |= {plain_host(host) for host in hosts}
    own |= {f"www.{host}" for host in own} | {host.removeprefix("www.") for host in own}
    closed = counted.closed() | (in_files - counted.open_days())
    paths = {unquote(address.path).rstrip("/").lower() for address in addresses}
    return Rules(ZoneInfo(facts.timezone), frozenset(own), bool(facts.url), frozenset(closed),
                 counted.seed, tuple(sorted(paths - {""})))  # fmt: skip


def measure(
    content: Path, logs: Sequence[Path], *, hosts: Sequence[str] = (), dry_run: bool = False,
    progress: Progress = lambda done, total: None,
) -> Measured:  # fmt: skip
    """Count logs and bring the counts into the files. Raises SiteError or EngagementError; a log
    that can't be read is a note."""
    views.require(content)
    found = Measured()
    sizes = {path: _size(path) for path in logs}
    total = sum(sizes.values())
    # Helpers begin first: so a fork has neither the memory open, nor its lock.
    with _helpers(total) as helpers, open_counted(content) as counted, without_collector():
        in_files = views.days_in(content, Source.LOGS)
        counted.write_again(counted.open_days() - in_files)
        rules = rules_of(content, hosts, counted, in_files)
        done = 0
        for path in logs:
            begin = done
            try:
                for read in _count_log(path, rules, counted, helpers, found):
                    progress(begin + read, total)
            except OSError as error:
                found.notes.append(f"{path}: it can't be read: {error.strerror or error}")
                continue
            found.files += 1
            done += sizes[path]
            if not dry_run:
                counted.commit()
        if not dry_run:
            found.changed = views.replace(content, Source.LOGS, counted.due())
            counted.written(datetime.now(rules.zone).date())
    return found


def _size(path: Path) -> int:
    """The bytes of a log; 0 where that isn't known, and of one that is gone: reading it says so."""
    try:
        return 0 if path == STANDARD_INPUT else path.stat().st_size
    except OSError:
        return 0


@contextmanager
def _helpers(total: int) -> Iterator[Executor | None]:
    processors = os.cpu_count() or 1
    if processors < 2 or total < _WORTH_HELP:
        yield None
        return
    # A fork has all modules at once, and of other threads' locks those that are held, for ever.
    can_fork = sys.platform == "linux" and threading.active_count() == 1
    context = get_context("fork" if can_fork else "spawn")
    with ProcessPoolExecutor(processors, context, initializer=_begin_to_help) as pool:
        pool.submit(int)  # the pool begins its processes when it is first asked for something
        yield pool


def _begin_to_help() -> None:
    gc.disable()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A helper whose parent was killed would wait for its word for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@dataclass(slots=True)
class _Piece:
    """A part of a log that ends where a minute ends, so that neighbours share none. Of a plain
    file it is known where it is, and read when it is wanted."""

    log: Log
    job: Job
    begin: int
    end: int
    data: bytes | None = None

    def read(self) -> bytes:
        return self.log.part(self.begin, self.end) if self.data is None else self.data

    def ask(self, helpers: Executor | None) -> Future[Answer] | Future[Answer | None] | None:
        """Have it counted by a helper; None where there is none."""
        if helpers is None:
            return None
        with suppress(BrokenProcessPool):
            if self.data is not None:
                return helpers.submit(count_block, self.data, self.job)
            where = str(self.log.path), self.log.identity, self.begin, self.end
            return helpers.submit(count_range, *where, self.job)
        return None


_Asked: TypeAlias = "tuple[_Piece, Future[Answer] | Future[Answer | None] | None]"


def _count_log(
    path: Path, rules: Rules, counted: Counted, helpers: Executor | None, found: Measured
) -> Iterator[int]:
    """Count one log; how many of its bytes were read, from time to time."""
    log = Log(path)
    try:
        waiting: deque[_Asked] = deque()
        most = 2 * (os.cpu_count() or 1) if helpers else 1
        for piece in _plain_pieces(log, rules) if log.is_plain else _packed_pieces(log, rules):
            waiting.append((piece, piece.ask(helpers)))
            if len(waiting) >= most:
                yield _take(*waiting.popleft(), counted, found)
        while waiting:
            yield _take(*waiting.popleft(), counted, found)
        if log.problem:
            found.notes.append(f"{path}: {log.problem}")
    finally:
        log.close()


def _plain_pieces(log: Log, rules: Rules) -> Iterator[_Piece]:
    size, begin = log.size, 0
    job = _job(log.part(0, _WINDOW), rules) if size else None
    while job is not None and begin < size:
        end = begin + BLOCK
        if end >= size:
            end = size
        else:
            for length in (_WINDOW // 16, _WINDOW):  # most often the last minute is short
                start = max(begin, end - length)
                window = log.part(start, end)
                whole = window.rfind(b"\n") + 1
                if 0 < _minute_begins(window[:whole], job) < whole:
                    break
            while not whole and end < size:  # a line that is far too long
                start, end = end, min(end + _WINDOW, size)
                window = log.part(start, end)
                whole = window.rfind(b"\n") + 1
            whole = whole or len(window)
            end = start + (_minute_begins(window[:whole], job) or whole)
        yield _Piece(log, job, begin, end)
        begin = end


def _packed_pieces(log: Log, rules: Rules) -> Iterator[_Piece]:
    job: Job | None = None
    rest = b""
    for block in log.blocks():
        job = job or _job(block[:_WINDOW], rules)
        block = rest + block
        at = _minute_begins(block, job)
        rest = block[at:]
        if at:
            yield _Piece(log, job, 0, log.done, block[:at])
    if rest and job is not None:
        yield _Piece(log, job, 0, log.done, rest)


def _job(beginning: bytes, rules: Rules) -> Job:
    first = beginning.split(b"\n")[: _FIRST_LINES + 5]
    format = recognise([line for line in first[:_FIRST_LINES] if line.strip()])
    return Job(format, rules, _fields(first))


def _fields(lines: Iterable[bytes]) -> tuple[str, ...]:
    parser = Parser(Format.CLOUDFRONT)
    for line in lines:
        if line.startswith(b"#Fields:"):
            parser.parse(line)
            break
    return parser.fields


def _minute_begins(block: bytes, job: Job) -> int:
    """Where the lines of the last minute of a block begin; its end where that can't be told, or
    all of it is one minute."""
    parser = Parser(job.format, job.fields)
    minute, begin = None, len(block)
    end = len(block)
    for _ in range(_LOOK_BACK):
        at = block.rfind(b"\n", 0, end - 1) + 1 if end > 0 else 0
        if end <= 0:
            break
        try:
            hit = parser.parse(block[at:end].rstrip(b"\r\n"))
        except ValueError:
            hit = None
        if hit is not None:
            now = int(hit.at.timestamp()) // 60
            minute = now if minute is None else minute
            if now != minute:
                return begin
        begin = end = at
    return len(block)


def _take(
    piece: _Piece, future: Future[Answer] | Future[Answer | None] | None, counted: Counted,
    found: Measured,
) -> int:  # fmt: skip
    """Take the tally of a piece in; where some of its lines may have been counted before, count
    the others by themselves."""
    path, job = piece.log.path, piece.job
    try:
        answer = future.result() if future is not None else None
    except BrokenProcessPool as error:
        mend = "Run it again: nothing is counted twice."
        raise EngagementError("a process that counts was stopped", where=path, mend=mend) from error
    if answer is None:
        answer = count_block(piece.read(), job)
    numbers, tally = answer
    known = counted.overlapping(tally.first, tally.last)
    if known:
        lines, every = lines_of(pieces_of(piece.read()), counted.seed)
        new, numbers = unseen(lines, every, known)
        found.known += len(lines) - len(new)
        if len(new) < len(lines):
            span = tally.first, tally.last
            tally = counting_of(job).count(portions_of(new))
            tally.first, tally.last = span
    _sum_up(found, tally, path, datetime.now(job.rules.zone).date())
    if tally.lines:
        counted.take(tally, numbers)
    return piece.end


def _sum_up(found: Measured, tally: Tally, path: Path, today: date) -> None:
    found.lines += tally.lines
    found.closed += tally.closed
    found.left_out.update(tally.dayless)
    if tally.example:
        found.note(f"{path}: can't be read: {tally.example!r}")
    for day, one in tally.days.items():
        found.days.add(day)
        if day - today > _AHEAD:
            found.note(f"{path}: it has lines of {day}, which is still to come")
        found.views += sum(one.views.values())
        found.unknown += one.unknown.total()
        found.left_out.update(one.left_out)
