"""Moving out: `run` writes what is here in a format that others read. It changes nothing here, and
never writes over a file that is there."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from rejoinder import atomic, building, site
from rejoinder.comments.store import folder_name
from rejoinder.errors import ExportFailed, PublishError
from rejoinder.export import archive, flat, isso, remark42, wxr
from rejoinder.export.formats import FORMATS, PRIVATE
from rejoinder.export.gathering import gather
from rejoinder.export.model import Leaving


def run(
    format: str, file: Path, content: Path, settings_file: Path, *, with_private: bool = False
) -> str:
    """Write the export and say what is in it. Raises ExportFailed for a format that isn't known,
    a file that is there already or can't be written, PublishError where the site can't be built."""
    if format not in FORMATS:
        raise ExportFailed(
            f"there is no format {format!r}", mend=f"Use one of: {', '.join(FORMATS)}."
        )
    if with_private and format not in PRIVATE:
        raise ExportFailed(
            f"{format} has no place for private data", mend="Leave --with-private out."
        )
    if file.exists() and (file.is_file() or any(file.iterdir())):
        raise ExportFailed("there is something already", where=file, mend="Name another file.")
    try:
        if format == "archive":
            return _archive(file, content, settings_file)
        leaving = gather(content, settings_file, with_private=with_private)
        file.parent.mkdir(parents=True, exist_ok=True)
        notes = [*_promoted(leaving, format), *_WRITERS[format](leaving, file)]
    except (OSError, sqlite3.Error) as error:
        raise ExportFailed(f"it can't be written: {error}", where=file) from error
    return "\n".join([_summary(leaving), *notes])


def _summary(leaving: Leaving) -> str:
    kinds = Counter(entry.post.kind for entry in leaving.entries)
    comments = [said for entry in leaving.entries for said in entry.comments]
    waiting = sum(not said.approved for said in comments)
    parts = [
        _count(kinds["post"], "post"), _count(kinds["page"], "page"),
        _count(len(comments), "comment") + (f" ({waiting} waiting)" if waiting else ""),
        f"under {_count(len(leaving.discussed), 'of them', 'of them')}",
    ]  # fmt: skip
    lost = [f"{thread}: this discussion belongs to no post and is left out"
            for thread in leaving.orphans]  # fmt: skip
    return "\n".join([", ".join(parts[:3]) + f" {parts[3]}", *lost])


def _promoted(leaving: Leaving, format: str) -> list[str]:
    """What becomes of answers to comments that are gone: `json` alone says what they answered."""
    rows = (said for entry in leaving.entries for said in entry.comments)
    gone = sum(bool(said.comment.in_reply_to) and not said.parent for said in rows)
    if not gone or format == "json":
        return []
    return [f"What {_count(gone, 'comment')} answered is gone: at the first level now."]


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _text(parts: Callable[[Leaving], Iterable[str]]) -> Callable[[Leaving, Path], list[str]]:
    def write(leaving: Leaving, file: Path) -> list[str]:
        atomic.write_parts(file, (part.encode() for part in parts(leaving)), mode=0o600)
        return []

    return write


def _isso(leaving: Leaving, file: Path) -> list[str]:
    aside = file.with_name(f".{file.name}{atomic.TEMP_SUFFIX}")
    try:
        descriptor = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        os.close(descriptor)
        raised = isso.write(leaving, aside)
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)
    if not raised:
        return []
    return [f"{_count(raised, 'answer')} to answers stand at the first level: Isso has no other."]


def _remark42(leaving: Leaving, file: Path) -> list[str]:
    _text(remark42.write)(leaving, file)
    waiting = sum(not said.approved for one in leaving.entries for said in one.comments)
    return [f"{_count(waiting, 'reply', 'replies')} that wait are left out."] if waiting else []


def _feed(leaving: Leaving, file: Path) -> list[str]:
    atomic.write_text(file, flat.feed(leaving, f"{leaving.site.url}/{file.name}"))
    return []


def _threads(leaving: Leaving, folder: Path) -> list[str]:
    for thread, text in flat.threads(leaving):
        atomic.write_text(folder / f"{folder_name(thread)}.json", text)
    return []


_WRITERS: dict[str, Callable[[Leaving, Path], list[str]]] = {
    "wordpress": _text(wxr.write),
    "disqus": _text(wxr.write_for_disqus),
    "isso": _isso,
    "remark42": _remark42,
    "jsonfeed": _feed,
    "json": _threads,
}


def _archive(file: Path, content: Path, settings_file: Path) -> str:
    url = site.load(content).url
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / (file.name.removesuffix(".zip") or "site")
        made = building.build(
            content, folder, settings_file,
            {"SITEURL": url, "INCREMENTAL": False, **building.WITHOUT_DRAFTS},
        )  # fmt: skip
        if made.errors:
            raise PublishError(made.errors[0], where=content)
        pages = archive.make_readable(folder, url)
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".zip":
            shutil.make_archive(str(file.with_suffix("")), "zip", scratch)
        else:
            shutil.copytree(folder, file, dirs_exist_ok=True)
    return f"{_count(pages, 'page')}; open index.html in a browser"
