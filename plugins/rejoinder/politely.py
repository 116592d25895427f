"""Work for many hosts: different hosts side by side, one host one thing at a time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import TypeVar
from urllib.parse import urlsplit

HOSTS = 24
"""As many hosts are asked at once."""

PAUSE = 0.2
"""Seconds between two questions to one host."""

Job = TypeVar("Job")
Result = TypeVar("Result")


def queues(jobs: Iterable[Job], url_of: Callable[[Job], str]) -> list[list[Job]]:
    """Jobs by the host of their address, the longest queue first. Pure."""
    by_host: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        by_host[urlsplit(url_of(job)).netloc.lower()].append(job)
    return [by_host[host] for host in sorted(by_host, key=lambda h: (-len(by_host[h]), h))]


def each_host(
    lines: Sequence[Sequence[Job]], work: Callable[[Job, Result | None], Result], pause: float
) -> Iterator[Result]:
    """The result of each job, as they come. `work` is given what came of the job before at the
    same host, so that a host that asks for peace can be left in it. An error of `work` is
    raised here; what is under way is finished first."""
    if not lines:
        return
    slots: list[Future[Result]] = []

    def one_host(line: Sequence[Job], its: Sequence[Future[Result]]) -> None:
        before: Result | None = None
        for number, (job, slot) in enumerate(zip(line, its, strict=True)):
            try:
                if number:
                    time.sleep(pause)
                before = work(job, before)
                slot.set_result(before)
            except BaseException as error:  # it surfaces where the result is waited for
                slot.set_exception(error)

    with ThreadPoolExecutor(min(len(lines), HOSTS)) as pool:
        for line in lines:
            its: list[Future[Result]] = [Future() for _ in line]
            slots += its
            pool.submit(one_host, line, its)
        try:
            for slot in as_completed(slots):
                yield slot.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
