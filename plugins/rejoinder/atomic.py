"""Writing a file so that a reader sees the old one or the new one, never a part."""

from __future__ import annotations

import ctypes
import os
import secrets
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

TEMP_SUFFIX = ".rejoinder-tmp"
"""No reader claims this ending: neither Pelican, nor the comment store, nor a web server."""

_AT_ONCE = 4096
_FEW = 32  # so many are waited for one by one, and nobody else's data with them


def write_parts(
    path: Path, parts: Iterable[bytes], *, mode: int = 0o644, durable: bool = True
) -> None:
    """Replace `path` with all `parts`, which need not fit in memory together: temp file in the
    same folder, fsync, rename, fsync the folder. What can be made again need not be `durable`:
    then a power cut may cost it, and nothing waits for the disk.

    Raises OSError; `path` then holds what it held before and the temp file is gone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temp = path.parent / f".{path.name[:80]}.{secrets.token_hex(6)}{TEMP_SUFFIX}"
    try:
        fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(fd, "wb") as file:
            file.writelines(parts)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temp.replace(path)
    except BaseException:
        temp.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def sweep(folder: Path) -> None:
    """Remove what killed programs left half written in a folder: what is an hour old, and so
    nobody's who still writes. Raises OSError."""
    for temp in folder.glob(f".*{TEMP_SUFFIX}"):
        with suppress(FileNotFoundError):
            if temp.stat().st_mtime < time.time() - 3600:
                temp.unlink()


def write_bytes(path: Path, data: bytes, *, mode: int = 0o644, durable: bool = True) -> None:
    """`write_parts` of one part."""
    write_parts(path, (data,), mode=mode, durable=durable)


def write_if_other(path: Path, data: bytes, *, durable: bool = True) -> bool:
    """`write_bytes`, where the file holds anything else, or isn't there; whether it did. Raises
    OSError."""
    try:
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return False
    except FileNotFoundError:
        pass
    write_bytes(path, data, durable=durable)
    return True


def write_new(path: str, data: bytes, *, mode: int = 0o644) -> bool:
    """Write a file that nobody has seen yet, in its place, and its folder; False where there is
    one. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        fd = os.open(path, flags, mode)
    except FileExistsError:
        return False
    except FileNotFoundError:
        _make_folder(os.path.dirname(path))  # noqa: PTH120 - strings, for speed
        fd = os.open(path, flags, mode)
    try:
        while data:
            data = data[os.write(fd, data) :]
    finally:
        os.close(fd)
    return True


def _make_folder(path: str) -> None:
    try:
        os.mkdir(path)  # noqa: PTH102 - most have their parent, and others take several looks
    except (FileNotFoundError, FileExistsError):
        os.makedirs(path, exist_ok=True)  # noqa: PTH103


def write_text(path: Path, text: str, *, mode: int = 0o644) -> None:
    """`write_bytes` of UTF-8, line ends as they are in `text`."""
    write_bytes(path, text.encode("utf-8"), mode=mode)


class Together:
    """Many files that are whole or not there, for a program that says at its end what it did.

    A write lands beside its place. A group of them is brought to the disk at once, and only then
    do they get their names, so that no crash leaves a part of one where a reader looks; when
    `settle` returns, all are there for good. One wait for the disk serves thousands, where
    `write_bytes` waits twice for each.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, str] = {}  # a file's place, and where it is so far
        self._folders: set[str] = set()
        self._mark = secrets.token_hex(6)
        self._written = 0

    def write(self, path: Path, data: bytes, *, mode: int = 0o644) -> None:
        """Add a file; its folder is made. Raises OSError; what was there before is there still."""
        if len(self._waiting) >= _AT_ONCE:
            self._name()
        self._written += 1
        place = str(path)
        folder, name = os.path.split(place)
        name = f".{name[:80]}.{self._mark}{self._written}{TEMP_SUFFIX}"
        temp = os.path.join(folder, name)  # noqa: PTH118 - strings, for speed
        try:
            if not write_new(temp, data, mode=mode):
                raise FileExistsError(f"{temp} is there already")
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(temp)  # noqa: PTH108 - strings, for speed
            raise
        before = self._waiting.pop(place, None)
        if before is not None:
            os.unlink(before)  # noqa: PTH108
        self._waiting[place] = temp

    def where(self, path: str) -> str:
        """Where the newest of a file can be read."""
        return self._waiting.get(path, path)

    def settle(self) -> None:
        """Name what waits, and bring all to the disk; what killed programs left half written in
        these folders goes. Raises OSError."""
        self._name()
        if len(self._folders) <= _FEW or not _sync_systems(self._folders):
            for folder in self._folders:
                sync_folder(Path(folder))
        for folder in self._folders:
            sweep(Path(folder))
        self._folders.clear()

    def discard(self) -> None:
        """Remove what has no name yet. Raises OSError."""
        for temp in self._waiting.values():
            with suppress(FileNotFoundError):
                os.unlink(temp)  # noqa: PTH108
        self._waiting.clear()

    def _name(self) -> None:
        waiting = self._waiting
        folders = {os.path.dirname(path) or "." for path in waiting}  # noqa: PTH120
        if len(waiting) <= _FEW or not _sync_systems(folders):
            for temp in waiting.values():
                _sync_file(temp)
        self._folders |= folders
        for path in list(waiting):
            os.replace(waiting[path], path)  # noqa: PTH105
            del waiting[path]


def _sync_file(path: str) -> None:
    fd = os.open(path, os.O_RDWR)  # Windows flushes none that is open for reading alone
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _sync_systems(folders: Collection[str]) -> bool:
    """Bring all that was written to the file systems of these folders to their disks (syncfs(2),
    which since Linux 5.8 tells of what could not be written); False where the system has no such
    call. Raises OSError."""
    call = _syncfs()
    if call is None:
        return False
    systems = {os.stat(folder).st_dev: folder for folder in folders}  # noqa: PTH116
    for folder in systems.values():
        fd = os.open(folder, os.O_RDONLY)
        try:
            if call(fd):
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), folder)
        finally:
            os.close(fd)
    return True


@cache
def _syncfs() -> Any:
    try:
        return ctypes.CDLL(None, use_errno=True).syncfs if os.name == "posix" else None
    except (AttributeError, OSError):
        return None


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` outlive a power cut, where the system can (not on Windows)."""
    if os.name == "nt":  # a folder can't be opened there
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
