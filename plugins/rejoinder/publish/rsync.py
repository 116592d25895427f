"""Publishing with rsync, over ssh or into a folder. Assets first, then pages, deletions last:
rsync can't swap a whole folder, but no page ever names what isn't there yet."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from rejoinder.errors import PublishError
from rejoinder.publish.plan import MARKER, Result, marker_text, ours, refuse_foreign
from rejoinder.publish.program import run

_OPTIONS = ["--recursive", "--checksum", "--links", "--perms", "--chmod=D755,F644", "--compress",
            "--delay-updates"]  # fmt: skip
# --itemize-changes: what happens to a file is in its first 11 characters, see rsync(1).
_ITEM = re.compile(r"^([<>c.*]\S{10}|\*deleting  ) (.*)$")
_MEND = "Try the same with rsync by hand; what was published before may be partly replaced."


def publish(built: Path, place: str, *, dry_run: bool = False, force: bool = False) -> Result:
    """Make `place` ([USER@]HOST:PATH, or a path) like `built`; what is somebody else's there
    stays. Raises PublishError; see `local.publish`."""
    if not place or place.startswith("-"):
        raise PublishError(f"{place!r} is no place for rsync", mend="Write rsync:HOST:PATH.")
    with tempfile.TemporaryDirectory(prefix="rejoinder-rsync-") as name:
        scratch = Path(name)
        known = _marker(place, scratch)
        every = read_items(_rsync(built, place, ["--delete-after", "--dry-run"]))
        mine = ours((*every.changed, *every.removed), known)
        foreign = {*every.changed, *every.removed} - mine
        if foreign and known is None and not force:
            refuse_foreign(foreign, place)
        new = [p.relative_to(built).as_posix() for p in built.rglob("*") if p.is_file()]
        removed = tuple(path for path in every.removed if path in mine)
        result = Result(
            every.added,
            every.changed,
            removed,
            unchanged=len(new) - len(every.added) - len(every.changed),
            sizes={p: (built / p).stat().st_size for p in (*every.added, *every.changed)},
        )
        if dry_run or (result.is_empty and known is not None):
            return result
        _put_marker(place, scratch, {*new, *removed})
        _rsync(built, place, ["--exclude=*.html", "--exclude=*.xml"])
        _rsync(built, place, [])
        if removed:
            (scratch / "removed").write_text("".join(f"{path}\n" for path in removed), "utf-8")
            gone = ["--delete-missing-args", "--no-implied-dirs", f"--files-from={scratch}/removed"]
            # 24: with the last of its files a folder is gone from the site as well.
            run(["rsync", *gone, "--", f"{built}/", place], mend=_MEND, codes=(0, 24))
        _put_marker(place, scratch, new)
    return result


def _marker(place: str, scratch: Path) -> str | None:
    """The place's own marker, or None. A place that doesn't answer is told by what comes next."""
    with contextlib.suppress(PublishError):
        run(["rsync", "--", f"{place.rstrip('/')}/{MARKER}", scratch / MARKER], mend=_MEND)
        return (scratch / MARKER).read_text("utf-8")
    return None


def _put_marker(place: str, scratch: Path, paths: Iterable[str]) -> None:
    (scratch / MARKER).write_text(marker_text(paths), "utf-8")
    run(["rsync", "--", scratch / MARKER, f"{place.rstrip('/')}/{MARKER}"], mend=_MEND)


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
