"""Publishing into a folder: a whole copy beside it, then one swap.

A crash at any moment leaves the old site or the new one. Where the system can exchange two names
in one step (Linux, renameat2) or the target is a symbolic link, there is not even a moment without
a site; elsewhere there is one between two renames, and the next run puts right what a crash there
left behind.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shutil
import sys
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from rejoinder import atomic
from rejoinder.errors import PublishError
from rejoinder.locks import locked
from rejoinder.publish.plan import (
    MARKER,
    Result,
    compare,
    digest,
    files,
    marker_text,
    ours,
    refuse_foreign,
    sizes,
    upload_order,
)

_NEW, _OLD, _LOCK = ".rejoinder-new", ".rejoinder-old", ".rejoinder-lock"
_WAIT_SECONDS = 30.0
_FEW = 300
"""So many files are exchanged one by one."""
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fs.h


@dataclass(frozen=True)
class _Plan:
    """What is to be done: `foreign` are files of somebody else's that stay as they are."""

    result: Result
    foreign: set[str]
    is_known: bool


def publish(
    built: Path, target: Path, *, dry_run: bool = False, force: bool = False,
    one_by_one: bool = False,
) -> Result:  # fmt: skip
    """Make the folder `target` hold the site `built`; files of somebody else's in it stay. With
    `one_by_one`, where few files changed, each is exchanged by itself: the cost is theirs alone.

    Raises PublishError: for a target that is no folder, or holds files and was never published
    to (unless `force`); when another publish holds the lock; when the system refuses.
    """
    try:
        _owned(target, force)  # what is refused is left as it is, without so much as a lock
        if dry_run:
            return _plan(built, target, force).result
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target):
            recover(target)
            plan = _plan(built, target, force)  # not before: another publish may just have ended
            if one_by_one and plan.is_known and plan.result.size <= _FEW:
                _exchange_each(built, target, plan)
            elif not (plan.result.is_empty and plan.is_known):
                _stage(built, target, plan)
                _swap(target)
            return plan.result
    except OSError as error:
        raise PublishError(
            f"the site could not be published: {error.strerror or error}",
            where=error.filename or target,
            mend="What was published before is still there.",
        ) from error


def _plan(built: Path, target: Path, force: bool) -> _Plan:
    mine, foreign, is_known = _owned(target, force)
    paths = files(built)
    new, there = _digests(built, paths, target, mine | (foreign & set(paths)))
    fresh = [path for path, mark in new.items() if there.get(path) != mark]
    return _Plan(compare(new, there, sizes(built, fresh)), foreign - new.keys(), is_known)


def _digests(
    built: Path, paths: Collection[str], target: Path, there: Collection[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The digests of both sides' files; one for both of a file that has the same size and time
    stamp on both (copies keep it), which isn't read."""
    ours, theirs = dict.fromkeys(paths, ""), dict.fromkeys(there, "")
    for path in paths:
        if path in theirs and _stamp(f"{built}/{path}") == _stamp(f"{target}/{path}"):
            ours[path] = theirs[path] = "as it was"
        else:
            ours[path] = digest(built / path)
            if path in theirs:
                theirs[path] = digest(target / path)
    return ours, theirs


def _stamp(path: str) -> tuple[int, int]:
    found = os.stat(path)  # noqa: PTH116 - strings, for speed
    return found.st_size, found.st_mtime_ns


def _exchange_each(built: Path, target: Path, plan: _Plan) -> None:
    """Exchange the files that changed one after the other: assets, pages, the home page last."""
    result = plan.result
    for path in upload_order((*result.added, *result.changed)):
        to = target / path
        to.parent.mkdir(parents=True, exist_ok=True)
        temp = to.parent / f".{to.name[:80]}{atomic.TEMP_SUFFIX}"
        shutil.copy2(built / path, temp)
        _sync(temp)
        temp.replace(to)
        atomic.sync_folder(to.parent)
    for path in result.removed:
        (target / path).unlink(missing_ok=True)
        for folder in (target / path).parents:
            if folder == target or any(folder.iterdir()):
                break
            folder.rmdir()
    if result.added or result.removed:
        atomic.write_text(target / MARKER, marker_text(files(built)))


def _owned(target: Path, force: bool) -> tuple[set[str], set[str], bool]:
    """Our files in `target`, those of somebody else, and whether it was ever published to."""
    if target.exists() and not target.is_dir():
        raise PublishError("this is no folder", where=target)
    marker = published(target)
    there = set(files(target))
    mine = ours(there, marker)
    if there - mine and marker is None and not force:
        refuse_foreign(there - mine, target)
    return mine, there - mine, marker is not None


def published(target: Path) -> str | None:
    """The marker of `target`; None when it was never published to."""
    try:
        return (target / MARKER).read_text("utf-8")
    except OSError:
        return None


def remove(target: Path) -> None:
    """Remove what was published into `target`, and the folder when nothing else is in it.
    Raises PublishError for a folder that holds files and was never published to."""
    marker = published(target)
    if marker is None:
        if target.is_dir() and any(target.iterdir()):
            raise PublishError("this is not a site built from here", where=target)
        return
    try:
        with _locked(target):
            recover(target)
            for path in ours(files(target), marker) | {MARKER}:
                (target / path).unlink(missing_ok=True)
            folders = sorted((p for p in target.rglob("*") if p.is_dir()), reverse=True)
            for folder in (*folders, target):
                with contextlib.suppress(OSError):  # somebody else's file is in it
                    folder.rmdir()
    except OSError as error:
        raise PublishError(
            f"the site could not be removed: {error.strerror or error}",
            where=error.filename or target,
        ) from error


def recover(target: Path) -> None:
    """Put right what a crash left: a site that was moved away and not yet replaced comes back,
    and half copies go."""
    old, new = _beside(target, _OLD), _beside(target, _NEW)
    if old.exists() and not target.exists() and not target.is_symlink():
        old.rename(target)
    if published(target) is not None:
        _remove_tree(old)
    # else somebody made the target anew: what was moved away may hold all there is of theirs
    for leftover in (new, *_releases(target)):
        _remove_tree(leftover)


def _releases(target: Path) -> list[Path]:
    """The releases of a target that is a link which it doesn't lead to: what it led to before,
    and what it was going to."""
    if not target.is_symlink():
        return []
    name = re.compile(re.escape(target.name) + r"-\d{18,}")
    return [
        path
        for path in target.parent.iterdir()
        if name.fullmatch(path.name) and path != target.resolve() and published(path) is not None
    ]


def _stage(built: Path, target: Path, plan: _Plan) -> None:
    """The whole new site beside the target: fresh files copied, the others as they are there."""
    new, real = _beside(target, _NEW), target.resolve()
    new.mkdir()
    if real.is_dir():
        shutil.copystat(real, new)
    paths, fresh = set(files(built)), {*plan.result.added, *plan.result.changed}
    for path in sorted(paths | plan.foreign):
        to = new / path
        to.parent.mkdir(parents=True, exist_ok=True)
        if path in fresh:
            shutil.copy2(built / path, to)
            _sync(to)
        else:  # unchanged, with its time stamp: a link where the file system has them
            try:
                os.link(real / path, to)
            except OSError:
                shutil.copy2(real / path, to)
    _keep_the_rest(real, new)
    atomic.write_text(new / MARKER, marker_text(paths))
    for folder in (*(p for p in new.rglob("*") if p.is_dir()), new):
        atomic.sync_folder(folder)


def _keep_the_rest(real: Path, new: Path) -> None:
    """What is somebody else's and no file: links, folders without files, folders' modes."""
    for here, folders, names in os.walk(real):
        place = new / Path(here).relative_to(real)
        for name in (*folders, *names):
            path, to = Path(here, name), place / name
            if path.is_symlink() and not to.exists() and not to.is_symlink():
                place.mkdir(parents=True, exist_ok=True)
                to.symlink_to(path.readlink())
        if not folders and not names:  # a site has none that is empty
            place.mkdir(parents=True, exist_ok=True)
        if place.is_dir():
            shutil.copymode(here, place)


def _swap(target: Path) -> None:
    new, old = _beside(target, _NEW), _beside(target, _OLD)
    if target.is_symlink():
        release = target.parent / f"{target.name}-{time.time_ns()}"
        new.rename(release)
        link = _beside(target, ".rejoinder-link")
        link.unlink(missing_ok=True)
        link.symlink_to(release.name, target_is_directory=True)
        link.replace(target)
        atomic.sync_folder(target.parent)
        for before in _releases(target):
            _remove_tree(before)
        return
    if not target.exists():
        new.rename(target)
    elif not _exchange(new, target):
        if old.exists():
            raise PublishError(
                "this folder was moved away in a publish that was cut off, and another was made "
                "in its place",
                where=old,
                mend="Take what you want from it, remove it, and publish again.",
            )
        target.rename(old)
        new.rename(target)
    atomic.sync_folder(target.parent)
    _remove_tree(new)
    _remove_tree(old)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names in one step; False where the system can't."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):  # a C library without it
        return False
    done = renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    return int(done) == 0


def _beside(target: Path, ending: str) -> Path:
    return target.parent / f".{target.name}{ending}"


def _remove_tree(folder: Path) -> None:
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)


def _sync(path: Path) -> None:
    # Windows flushes none that is open for reading alone.
    with path.open("r+b" if os.name == "nt" else "rb") as file:
        os.fsync(file.fileno())


@contextlib.contextmanager
def _locked(target: Path) -> Iterator[None]:
    """One publish at a time; the system lets go of the lock when its holder dies."""
    with locked(_beside(target, _LOCK), _WAIT_SECONDS) as held:
        if not held:
            raise PublishError("another publish is going on", where=target)
        yield
