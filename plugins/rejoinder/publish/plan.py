"""What a publish changes: two listings compared. Pure."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rejoinder.errors import PublishError
from rejoinder.serving.names import plain

MARKER = ".rejoinder-published"
"""The file that says which files of a target are ours; the others are never touched. It holds
digests of their paths: it can be read by everybody, and a hidden post's address is not for all."""


def marker_text(paths: Iterable[str]) -> str:
    """What the marker holds when `paths` are ours."""
    return "".join(f"{mark}\n" for mark in sorted(map(_mark, paths)))


def ours(paths: Iterable[str], marker: str | None) -> set[str]:
    """Those of `paths` that a marker's text says are ours; none without a marker."""
    marks = set((marker or "").split("\n"))
    return {path for path in paths if _mark(path) in marks}


def _mark(path: str) -> str:
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def refuse_foreign(foreign: Collection[str], where: str | Path) -> None:
    """Raise PublishError: a place that was never published to holds somebody's files."""
    raise PublishError(
        f"it holds {len(foreign)} files that were not published from here, like {min(foreign)!r}",
        where=where,
        mend="Name an empty place, or say --force to publish beside them.",
    )


@dataclass(frozen=True, slots=True)
class Result:
    """Paths, relative and sorted, by what happens to them."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.removed)

    @property
    def size(self) -> int:
        """How many files it changes."""
        return len(self.added) + len(self.changed) + len(self.removed)

    @property
    def summary(self) -> str:
        """'3 added, 2 changed, 0 removed, 41 unchanged'."""
        return (
            f"{len(self.added)} added, {len(self.changed)} changed, "
            f"{len(self.removed)} removed, {self.unchanged} unchanged"
        )

    def text(self) -> str:
        """A line for each path, for a dry run: + added, ~ changed, - removed."""
        rows = [("+", path) for path in self.added]
        rows += [("~", path) for path in self.changed]
        rows += [("-", path) for path in self.removed]
        sent = sum(self.sizes.get(path, 0) for path in (*self.added, *self.changed))
        lines = [f"{sign} {path}" for sign, path in sorted(rows, key=lambda row: row[1])]
        return "\n".join([*lines, f"{self.summary}; {sent:,} bytes to send"])


def compare(
    built: Mapping[str, str], there: Mapping[str, str], sizes: Mapping[str, int] | None = None
) -> Result:
    """What it takes to make `there` like `built`; both are path → digest."""
    return Result(
        added=tuple(sorted(built.keys() - there.keys())),
        changed=tuple(sorted(p for p in built.keys() & there.keys() if built[p] != there[p])),
        removed=tuple(sorted(there.keys() - built.keys())),
        unchanged=sum(built[p] == there[p] for p in built.keys() & there.keys()),
        sizes=sizes or {},
    )


def upload_order(paths: tuple[str, ...]) -> list[str]:
    """Assets before the pages that need them, the home page last of all; packed copies with what
    they are of."""

    def place(path: str) -> tuple[bool, bool, str]:
        name = plain(path)
        return name.endswith((".html", ".xml")), name == "index.html", path

    return sorted(paths, key=place)


def listing(folder: Path, algorithm: str = "sha256") -> dict[str, str]:
    """path → digest of every file below `folder`, our marker left out."""
    return {path: digest(folder / path, algorithm) for path in files(folder)}


def files(folder: Path) -> list[str]:
    """The relative paths of all files below `folder`, sorted; links and our marker left out."""
    found: list[str] = []
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        try:
            entries = list(os.scandir(folder / inside))  # strings, for speed: they are many
        except (FileNotFoundError, NotADirectoryError):
            continue
        for entry in entries:
            path = f"{inside}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                waiting.append(f"{path}/")
            elif entry.is_file(follow_symlinks=False) and entry.name != MARKER:
                found.append(path)
    return sorted(found)


def digest(path: Path, algorithm: str = "sha256") -> str:
    """The hex digest of a file."""
    with path.open("rb") as file:
        plain = hashlib.new(algorithm, usedforsecurity=False)
        return hashlib.file_digest(file, lambda: plain).hexdigest()


def sizes(folder: Path, paths: Iterable[str]) -> dict[str, int]:
    """path → bytes."""
    return {path: (folder / path).stat().st_size for path in paths}
