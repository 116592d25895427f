"""Writing a file so that a reader sees the old one or the new one, never a part."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

TEMP_SUFFIX = ".rejoinder-tmp"
"""No reader claims this ending: neither Pelican, nor the comment store, nor a web server."""


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
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - strings, for speed
        fd = os.open(path, flags, mode)
    with os.fdopen(fd, "wb", buffering=0) as file:
        while data:
            data = data[file.write(data) :]
    return True


def write_text(path: Path, text: str, *, mode: int = 0o644) -> None:
    """`write_bytes` of UTF-8, line ends as they are in `text`."""
    write_bytes(path, text.encode("utf-8"), mode=mode)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` outlive a power cut, where the system can (not on Windows)."""
    if os.name == "nt":  # a folder can't be opened there
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
