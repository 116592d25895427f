"""What an import wrote, so that the next one knows what is the author's own work since.

A tab-separated file, sorted, one line a thing: its key (stable in the source, like `post/4`), the
path it was written to, and the SHA-256 of what was written. A thing whose file still has that
hash may be updated; any other file is the author's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from pathlib import Path

from rejoinder import atomic
from rejoinder.errors import ImportFailed
from rejoinder.migrate.table import Table

HEADING = "# What an import wrote here: key, path, SHA-256. The next import reads it; keep it.\n"


class Outcome(StrEnum):
    """What becomes of one thing that an import would write."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    EDITED = "yours, left as it is"
    GONE = "deleted or moved by you, left so"

    @property
    def is_change(self) -> bool:
        return self in (Outcome.NEW, Outcome.UPDATED)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger: a path below its root, and the hash of what was written there."""

    path: str
    digest: str


def digest(text: str | bytes) -> str:
    """The SHA-256 of a text's UTF-8, in hex."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def settle(entry: Entry | None, current: str | None, wanted: str) -> Outcome:
    """Decide by hashes: what was last written (`entry`), what is there now, and what is wanted."""
    if current == wanted:
        return Outcome.UNCHANGED
    if current is None:
        return Outcome.NEW if entry is None else Outcome.GONE
    if entry is not None and entry.digest == current:
        return Outcome.UPDATED
    return Outcome.EDITED


class Ledger:
    """The lines of one ledger file, in memory until `save`. Close it, or use it in a `with`.

    Raises ImportFailed for a line that is none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.table = Table()
        try:
            self._read(path)
        except ImportFailed:
            self.close()
            raise

    def _read(self, path: Path) -> None:
        for number, line in enumerate(read_lines(path), start=1):
            if line.startswith("#") or not line.strip():
                continue
            fields = line.rstrip("\n").split("\t")
            if len(fields) != 3:
                raise ImportFailed(
                    "the line is not 'key, path, hash'", where=path, line=number,
                    mend="Take the file back from your last commit.",
                )  # fmt: skip
            self.table.set(fields[0], f"{fields[1]}\t{fields[2]}")
        self.table.changed = False

    def close(self) -> None:
        self.table.__exit__()

    def get(self, key: str) -> Entry | None:
        value = self.table.get(key)
        return None if value is None else Entry(*value.split("\t"))

    def set(self, key: str, path: str, hashed: str) -> None:
        self.table.set(key, f"{path}\t{hashed}")

    def remove(self, key: str) -> None:
        self.table.remove(key)

    def keys(self, prefix: str) -> Iterator[tuple[str, Entry]]:
        """Entries whose key begins with `prefix`, sorted."""
        for key, value in self.table.items(prefix):
            yield key, Entry(*value.split("\t"))

    def save(self, *, mode: int = 0o644) -> None:
        """Write the file if a line has changed."""
        if self.table.changed:
            lines = (f"{key}\t{value}\n" for key, value in self.table.items())
            write_lines(self.path, [HEADING], lines, mode=mode)
            self.table.changed = False


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a file, line ends included; none where there is no file.

    Raises ImportFailed for one that can't be read or is not UTF-8.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            yield from lines
    except FileNotFoundError:
        return
    except UnicodeDecodeError as error:
        raise ImportFailed("the file is not UTF-8", where=path, mend="Save it as UTF-8.") from error
    except OSError as error:
        raise ImportFailed(f"the file can't be read: {error.strerror}", where=path) from error


def write_lines(path: Path, *groups: Iterable[str], mode: int = 0o644) -> None:
    """`atomic.write_text` for lines that need not fit in memory."""
    atomic.write_parts(path, (line.encode("utf-8") for line in chain(*groups)), mode=mode)
