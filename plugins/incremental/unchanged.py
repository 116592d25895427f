"""Whether anything changed at all since the last build: else nothing is read or written."""

from __future__ import annotations

import marshal
import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from xxhash import xxh3_128

from rejoinder.incremental.said import repeat
from rejoinder.incremental.stamps import Folders, folders, stamp

from .build import Build
from .pages import is_there
from .watching import Watch


class Looked:
    """All folders that a site is made of, as they were before anything was read."""

    def __init__(self, build: Build) -> None:
        settings = build.settings
        roots = [settings["PATH"], settings["THEME"], *settings["THEME_TEMPLATES_OVERRIDES"]]
        self._below: dict[str, Folders] = {}
        for root in dict.fromkeys(map(os.path.abspath, roots)):
            self._below[root] = folders(root, build.output, build.workers)
        self.content = next(iter(self._below.values()))
        self.near = _digest([(root, one.near) for root, one in self._below.items()])

    @property
    def digest(self) -> bytes:
        """One for all; b"" where one changed just now."""
        return _digest([(root, one.all) for root, one in self._below.items()])

    def before(self, paths: Iterable[str], excludes: Iterable[str]) -> None:
        """Be done with what is below these paths of the content, which are to be read now."""
        for one in self.content.far:
            is_read = any(_is_below(one, path) or _is_below(path, one) for path in paths)
            if is_read and not any(_is_below(one, path) for path in excludes):
                self.content.all  # noqa: B018
                return


def _is_below(folder: str, above: str) -> bool:
    return not above or f"{folder}/".startswith(f"{above}/")


def is_unchanged(build: Build) -> bool:
    """Look at all that the last build was made of, and at all that it made. Says again what it
    said."""
    build.looked = looked = Looked(build)
    build.memory.look = lambda: looked.content.all
    blob = build.state.fact("inputs")
    if not blob or not build.known or build.must_write_at_once or build.unseen:
        return False
    before: dict[str, Any] = marshal.loads(blob)
    if before["output"] != build.output or before["shaped_by"] != build.shaped_by:
        return False
    if before["until"] is not None and time.time() >= before["until"]:
        return False
    if before["near"] != looked.near or before["blind"]:
        return False  # and what is far may be looked at while this goes on
    if before["folders"] != looked.digest:
        return False
    if any(not mark or stamp(path) != mark for path, mark in before["files"].items()):
        return False
    if not all(is_there(f"{build.output}/{path}", page) for path, page in build.known.items()):
        return False
    if build.settings["DELETE_OUTPUT_DIRECTORY"] and build.others():
        return False
    repeat(before["said"])
    return True


def remember_inputs(build: Build, watch: Watch, said: bytes) -> None:
    """Remember what this build was made of, and what was said in it. What it read beside its
    folders counts too; with a program that it ran, or a connection that it opened, nothing can be
    known, nor where what was remembered of the build is not all."""
    assert build.looked is not None
    if build.state.has_forgotten:
        return
    folders_digest = build.looked.digest
    roots = tuple(f"{root}/" for root in (build.settings["PATH"], build.settings["THEME"]))
    files = {
        path: stamp(path)
        for path in map(os.path.abspath, watch.read - watch.written)
        if not path.startswith((*roots, build.output, str(build.state.path)))
        and not path.endswith((".py", ".pyc", ".so"))
        and not path.startswith(("/proc/", "/dev/", "/sys/"))
    }
    value = {
        "output": build.output,
        "shaped_by": build.shaped_by,
        "near": build.looked.near,
        "folders": folders_digest,
        "files": files,
        "said": said,
        "until": until(build.changes_at),
        "blind": watch.blind or ("x" if build.report.notes or not folders_digest else ""),
    }
    build.state.save(facts=[("inputs", marshal.dumps(value))])


def _digest(looked: Iterable[tuple[str, dict[str, bytes]]]) -> bytes:
    """One for all; b"" where one changed just now."""
    hashed = xxh3_128()
    for root, found in looked:
        names = sorted(found)
        marks = [found[name] for name in names]
        if not all(marks):
            return b""
        for part in ("\0".join((root, *names)).encode("utf-8", "surrogateescape"), *marks):
            hashed.update(b"%d\0" % len(part) + part)
    return hashed.digest()


def until(moments: list[datetime], now: datetime | None = None) -> float | None:
    """The first moment still to come at which a page changes by the clock alone."""
    now = now or datetime.now(UTC)
    return min((moment.timestamp() for moment in moments if moment > now), default=None)
