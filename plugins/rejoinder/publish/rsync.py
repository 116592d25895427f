"""Publishing with rsync, over ssh or into a folder. Assets first, then pages, deletions last:
rsync can't swap a whole folder, but no page ever names what isn't there yet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rejoinder.errors import PublishError
from rejoinder.publish.plan import Result
from rejoinder.publish.program import run

_OPTIONS = ["--recursive", "--checksum", "--links", "--perms", "--chmod=D755,F644", "--compress",
            "--delay-updates"]  # fmt: skip
# --itemize-changes: what happens to a file is in its first 11 characters, see rsync(1).
_ITEM = re.compile(r"^([<>c.*]\S{10}|\*deleting  ) (.*)$")
_MEND = "Try the same with rsync by hand; what was published before may be partly replaced."


def publish(built: Path, place: str, *, dry_run: bool = False) -> Result:
    """Make `place` ([USER@]HOST:PATH, or a path) like `built`. Files there that the site
    doesn't have are removed, but for those whose names begin with a dot. Raises PublishError."""
    if not place or place.startswith("-"):
        raise PublishError(f"{place!r} is no place for rsync", mend="Write rsync:HOST:PATH.")
    plan = read_items(_rsync(built, place, ["--delete-after", "--dry-run"]))
    if not dry_run and not plan.is_empty:
        _rsync(built, place, ["--exclude=*.html", "--exclude=*.xml"])
        _rsync(built, place, ["--delete-after"])
    total = sum(path.is_file() for path in built.rglob("*"))
    return Result(
        plan.added,
        plan.changed,
        plan.removed,
        unchanged=total - len(plan.added) - len(plan.changed),
        sizes={p: (built / p).stat().st_size for p in (*plan.added, *plan.changed)},
    )


def read_items(printed: str) -> Result:
    """What `rsync --itemize-changes` printed. Pure."""
    added, changed, removed = [], [], []
    for line in printed.split("\n"):
        match = _ITEM.match(line)
        if match is None or match[2].endswith("/"):
            continue
        what, path = match[1], match[2]
        if what.startswith("*deleting"):
            removed.append(path)
        elif what.endswith("+++++++++"):
            added.append(path)
        elif what[2] in "cs" or what[3] == "s":
            changed.append(path)
    return Result(tuple(sorted(added)), tuple(sorted(changed)), tuple(sorted(removed)))


def _rsync(built: Path, place: str, options: Sequence[str]) -> str:
    command = ["rsync", *_OPTIONS, "--itemize-changes", "--exclude=.*", *options, "--"]
    return run([*command, f"{built}/", place], mend=_MEND)
