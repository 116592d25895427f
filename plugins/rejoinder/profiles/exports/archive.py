"""An export as its owner got it: a ZIP, the folder it was unpacked to, or one file of it. Only
the files that are asked for are read; what else is in it is nobody's business."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rejoinder.errors import CrosslinkError
from rejoinder.profiles.entries import Entry

MOST_BYTES = 256 << 20
"""The longest file of an export that is read, unpacked; a real one has a few megabytes."""

_MOST_NAMES = 2_000_000


@dataclass(slots=True)
class Export:
    """What an export holds of what was published: `left_out` counts what isn't taken, by
    reason; `problems` name what could not be read."""

    entries: list[Entry] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def files(path: Path, wanted: re.Pattern[str], what: str) -> Mapping[str, bytes]:
    """The files whose path ends as `wanted` says, by path, sorted. Raises CrosslinkError for what
    is no export, for one without such a file (`what` names it), and for what is too long."""
    try:
        found = dict(_all(path, wanted))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError) as error:
        raise CrosslinkError(f"the ZIP can't be read: {error}", where=path) from error
    except RuntimeError as error:  # what zipfile raises for a password
        raise CrosslinkError("the ZIP wants a password", where=path,
                             mend="Unpack it, and give the folder.") from error  # fmt: skip
    except OSError as error:
        raise CrosslinkError(f"it can't be read: {error.strerror or error}", where=path) from error
    if not found:
        raise CrosslinkError(f"there is no {what} in it", where=path,
                             mend="Ask the network for the whole archive.")  # fmt: skip
    return dict(sorted(found.items()))


def _all(path: Path, wanted: re.Pattern[str]) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in path.rglob("*"):
            name = file.relative_to(path).as_posix()
            if wanted.search(f"/{name}") and file.is_file():
                yield name, _short(file.stat().st_size, name, path) or file.read_bytes()
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > _MOST_NAMES:
                raise CrosslinkError("it holds more files than any export", where=path)
            for member in members:
                if wanted.search(f"/{member.filename}") and not member.is_dir():
                    _short(member.file_size, member.filename, path)
                    with archive.open(member) as opened:  # a lie about the size ends here, too
                        data = opened.read(MOST_BYTES + 1)
                    _short(len(data), member.filename, path)
                    yield member.filename, data
    elif wanted.search(f"/{path.name}"):
        yield path.name, _short(path.stat().st_size, path.name, path) or path.read_bytes()
    else:
        path.open("rb").close()  # a path that leads nowhere says so
        raise CrosslinkError("this is neither a ZIP nor a file of the export", where=path)


def _short(size: int, name: str, where: Path) -> bytes:
    """b'' for a file that isn't too long. Raises CrosslinkError."""
    if size > MOST_BYTES:
        raise CrosslinkError(f"{name} is longer than {MOST_BYTES >> 20} MB", where=where)
    return b""
