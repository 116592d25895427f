"""Publishing with rsync, over ssh or into a folder. Assets first, then pages, deletions last:
rsync can't swap a whole folder, but no page ever names what isn't there yet."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from rejoinder.errors import PublishError
from rejoinder.publish.plan import (
    MARKER,
    Result,
    files,
    marker_text,
    ours,
    refuse_foreign,
    sizes,
)
from rejoinder.publish.program import run
from rejoinder.serving.names import PACKED

_OPTIONS = ["--recursive", "--checksum", "--links", "--perms", "--chmod=D755,F644", "--compress",
            "--delay-updates"]  # fmt: skip
# --itemize-changes: what happens to a file is in its first 11 characters, see rsync(1).
_ITEM = re.compile(r"^([<>c.*]\S{10}|\*deleting  ) (.*)$")
_ESCAPED = re.compile(r"\\#([0-7]{3})")  # a control character in a name
_HIDDEN = "--filter=P .*"  # hidden files of the place, like .htaccess, are not looked at
_MEND = "Try the same with rsync by hand; what was published before may be partly replaced."


def publish(built: Path, place: str, *, dry_run: bool = False, force: bool = False) -> Result:
    """Make `place` ([USER@]HOST:PATH, or a path) like `built`; what is somebody else's there
    stays. Raises PublishError; see `local.publish`."""
    if not place or place.startswith("-"):
        raise PublishError(f"{place!r} is no place for rsync", mend="Write rsync:HOST:PATH.")
    with tempfile.TemporaryDirectory(prefix="rejoinder-rsync-") as name:
        scratch = Path(name)
        known = _marker(place, scratch)
        every = read_items(_rsync(built, place, [_HIDDEN, "--delete-after", "--dry-run"]))
        mine = ours((*every.changed, *every.removed), known)
        foreign = {*every.changed, *every.removed} - mine
        if foreign and known is None and not force:
            refuse_foreign(foreign, place)
        new = files(built)
        # A rule is a line, so a name of two lines can't be deleted by one.
        removed = tuple(p for p in every.removed if p in mine and not set(p) & {"\n", "\r"})
        result = Result(
            every.added,
            every.changed,
            removed,
            unchanged=len(new) - len(every.added) - len(every.changed),
            sizes=sizes(built, (*every.added, *every.changed)),
        )
        if dry_run or (result.is_empty and known is not None):
            return result
        # First of all, so that a publish that is cut off knows its own files the next time.
        _put_marker(place, scratch, {*new, *removed})
        _rsync(built, place, [f"--exclude=*{ending}{packed}" for ending in (".html", ".xml")
                              for packed in ("", *PACKED)])  # fmt: skip
        (scratch / "rules").write_text(deletions(removed), "utf-8")
        _rsync(built, place, [f"--filter=merge {scratch}/rules", "--delete-after"])
        _put_marker(place, scratch, new)
    return result


def deletions(paths: Iterable[str]) -> str:
    """The filter rules by which rsync deletes these files, the folders that they leave empty,
    and nothing else (rsync(1), "R" and "P"). Pure."""
    folders = {f"{parent}/" for path in paths for parent in PurePosixPath(path).parents} - {"./"}
    return "".join(f"R /{_pattern(path)}\n" for path in sorted({*paths, *folders})) + "P *\n"


def _pattern(path: str) -> str:
    """A path as a pattern that is it alone: a backslash counts where there are wildcards."""
    return re.sub(r"([\\*?\[])", r"\\\1", path) if re.search(r"[*?\[]", path) else path


def _marker(place: str, scratch: Path) -> str | None:
    """The place's own marker, or None. A place that doesn't answer is told by what comes next."""
    joined = place if place.endswith(("/", ":")) else f"{place}/"
    with contextlib.suppress(PublishError):
        run(["rsync", "--", f"{joined}{MARKER}", scratch / "known"], mend=_MEND)
        return (scratch / "known").read_text("utf-8")
    return None


def _put_marker(place: str, scratch: Path, paths: Iterable[str]) -> None:
    folder = scratch / "marker"  # sent as a folder: rsync then makes the place if there is none
    folder.mkdir(exist_ok=True)
    (folder / MARKER).write_text(marker_text(paths), "utf-8")
    run(["rsync", "--recursive", "--chmod=D755,F644", "--", f"{folder}/", place], mend=_MEND)


def read_items(printed: str) -> Result:
    """What `rsync --itemize-changes` printed. Pure."""
    added, changed, removed = [], [], []
    for line in printed.split("\n"):
        match = _ITEM.match(line)
        if match is None or match[2].endswith("/"):
            continue
        what, path = match[1], _ESCAPED.sub(lambda m: chr(int(m[1], 8)), match[2])
        if what.startswith("*deleting"):
            removed.append(path)
        elif what.endswith("+++++++++"):
            added.append(path)
        elif what[2] in "cs" or what[3] == "s":
            changed.append(path)
    return Result(tuple(sorted(added)), tuple(sorted(changed)), tuple(sorted(removed)))


def _rsync(built: Path, place: str, options: Sequence[str]) -> str:
    own = [f"--exclude=/{MARKER}", "--itemize-changes", "--8-bit-output"]
    return run(["rsync", *_OPTIONS, *own, *options, "--", f"{built}/", place], mend=_MEND)
