"""Which files a build reads and writes, whoever does it, by Python's audit events (PEP 578)."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_BLIND = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "socket.connect"})


class Watch:
    """What was seen: files read and written by path, and those that were asked for, of some;
    `blind` says what can't be looked into."""

    def __init__(self) -> None:
        self.read: set[str] = set()
        self.asked: set[str] = set()
        self.written: set[str] = set()
        self.blind = ""

    def note(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = args
            if isinstance(path, str | bytes | os.PathLike):
                name = os.fsdecode(path)
                written = flags & _WRITES if isinstance(flags, int) else "w" in str(mode)
                (self.written if written else self.read).add(name)
        elif event in ("os.rename", "os.link", "os.symlink"):
            self.written.add(os.fsdecode(args[1]))
        elif event == "sqlite3.connect":
            self.read.add(os.fsdecode(args[0]))
        elif event in _BLIND and not self.blind:
            self.blind = event


_watching: list[Watch] = []
_hooked: list[bool] = []


def _hook(event: str, args: tuple[Any, ...]) -> None:
    for watch in _watching:
        watch.note(event, args)


@contextmanager
def watching(some: Collection[str] = ()) -> Iterator[Watch]:
    """Watch this process. Python tells of no look at whether a file is there, or how old; of
    `some` files these are noted too: whoever looks so at what they wrote before leaves it."""
    if not _hooked:  # a hook stays for good
        sys.addaudithook(_hook)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_watching.clear)  # nobody would hear of it
        _hooked.append(True)
    watch = Watch()
    _watching.append(watch)
    try:
        with _noting(watch, some) if some else nullcontext():
            yield watch
    finally:
        if watch in _watching:
            _watching.remove(watch)


@contextmanager
def _noting(watch: Watch, some: Collection[str]) -> Iterator[None]:
    look = os.stat

    def stat(path: Any, *args: Any, **kwargs: Any) -> os.stat_result:
        # Nearly always it is text: thirty thousand times in a build of ten thousand posts.
        name = path if type(path) is str else "" if isinstance(path, int) else os.fsdecode(path)
        if name in some:
            watch.asked.add(name)
        return look(path, *args, **kwargs)

    # Who asks what `os.stat` can do is to hear the same.
    able = [one for one in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks)
            if look in one]  # fmt: skip
    for one in able:
        one.add(stat)
    os.stat = stat
    try:
        yield
    finally:
        os.stat = look
        for one in able:
            one.discard(stat)
