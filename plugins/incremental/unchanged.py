"""Whether anything changed at all since the last build: else nothing is read or written."""

from __future__ import annotations

import marshal
import os
import time
from datetime import UTC, datetime
from typing import Any

from xxhash import xxh3_128_digest

from rejoinder.incremental.said import repeat
from rejoinder.incremental.stamps import folders, stamp

from .build import Build
from .pages import is_there
from .watching import Watch


def _leave(name: str) -> bool:
    last = name.rpartition("/")[2]
    return last in (".git", "__pycache__", ".hg", "node_modules")


def _look(build: Build) -> dict[str, bytes]:
    """Stamps of all folders that a site is made of."""
    settings = build.settings
    roots = [settings["PATH"], settings["THEME"], *settings["THEME_TEMPLATES_OVERRIDES"]]
    output = build.output
    found: dict[str, bytes] = {}
    for number, root in enumerate(map(os.path.abspath, roots)):
        inside = os.path.relpath(output, root)

        def leave(name: str, inside: str = inside) -> bool:
            return _leave(name) or name == inside

        below = folders(root, build.workers, leave)
        if number == 0:
            build.memory.stamps = below
        found |= {f"{root}/{name}": mark for name, mark in below.items()}
    return found


def is_unchanged(build: Build) -> bool:
    """Look at all that the last build was made of, and at all that it made. Says again what it
    said."""
    build.looked = _look(build)
    blob = build.state.fact("inputs")
    if not blob or not build.known or build.must_write_at_once or build.unseen:
        return False
    before: dict[str, Any] = marshal.loads(blob)
    if before["output"] != build.output or before["shaped_by"] != build.shaped_by:
        return False
    if before["until"] is not None and time.time() >= before["until"]:
        return False
    if before["folders"] != _digest(build.looked) or before["blind"]:
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
    known."""
    folders_digest = _digest(build.looked)
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
        "folders": folders_digest,
        "files": files,
        "said": said,
        "until": until(build.changes_at),
        "blind": watch.blind or ("x" if build.report.notes or not folders_digest else ""),
    }
    build.state.save(facts=[("inputs", marshal.dumps(value))])


def _digest(looked: dict[str, bytes]) -> bytes:
    """One for all; b"" where one changed just now."""
    if not all(looked.values()):
        return b""
    return xxh3_128_digest(repr(sorted(looked.items())).encode("utf-8", "surrogateescape"))


def until(moments: list[datetime], now: datetime | None = None) -> float | None:
    """The first moment still to come at which a page changes by the clock alone."""
    now = now or datetime.now(UTC)
    return min((moment.timestamp() for moment in moments if moment > now), default=None)
