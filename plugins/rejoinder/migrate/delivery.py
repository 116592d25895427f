"""Bringing what an import made to its place, and leaving alone what is the author's."""

from __future__ import annotations

import os.path
from pathlib import Path

from rejoinder import atomic
from rejoinder.errors import ImportFailed
from rejoinder.migrate.ledger import Ledger, Outcome, digest, settle
from rejoinder.migrate.report import Report


class Delivery:
    """Files and values below `root`, with the ledger that remembers them.

    In a dry run everything is decided and counted and nothing is written. Left by a `with`, also
    after an error, it brings all files to the disk, and then saves the ledger, so that what was
    written stays known, and what may be lost is never said to be there. Raises ImportFailed when
    the system refuses.
    """

    def __init__(
        self, root: Path, name: str, report: Report, *, dry_run: bool, private: bool = False
    ) -> None:
        self.root = root
        self._root = str(root)
        self.report = report
        self.dry_run = dry_run
        self.mode = 0o600 if private else 0o644
        self.private = private
        self.ledger = Ledger(root / "imports" / f"{name}.tsv")
        self._files = atomic.Together()

    def __enter__(self) -> Delivery:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if not self.dry_run:
                self._files.settle()
                self.ledger.save(mode=self.mode)
        finally:
            self._files.discard()
            self.ledger.close()

    def put(self, key: str, path: str, data: str | bytes) -> Outcome:
        """Write a file below the root, unless it is the author's by now. A known key keeps the
        path that it was first given."""
        entry = self.ledger.get(key)
        path = entry.path if entry else path
        place = os.path.join(self._root, path)  # noqa: PTH118 - strings, for speed
        wanted = digest(data)
        outcome = settle(entry, self._digest(place), wanted)
        if outcome.is_change and not self.dry_run:
            self._write(Path(place), data.encode() if isinstance(data, str) else data)
        return self._note(key, path, wanted, outcome)

    def value(self, key: str, path: str, current: str | None, wanted: str) -> Outcome:
        """Decide about a line or a setting inside a file that holds more; the caller writes it
        when the outcome is a change."""
        now = None if current is None else digest(current)
        outcome = settle(self.ledger.get(key), now, digest(wanted))
        return self._note(key, path, digest(wanted), outcome)

    def retire(self, key: str) -> bool:
        """Remove a file that has its place elsewhere now, unless the author has changed it."""
        entry = self.ledger.get(key)
        if entry is None:
            return False
        self.ledger.remove(key)
        place = self.root / entry.path
        if self._digest(str(place)) != entry.digest:
            return False
        self.report.changes += 1
        if not self.dry_run:
            self._files.settle()
            place.unlink()
            atomic.sync_folder(place.parent)
        return True

    def has(self, path: str) -> bool:
        """Whether there is a file at a path below the root, written in this run or before."""
        place = os.path.join(self._root, path)  # noqa: PTH118
        return os.path.isfile(self._files.where(place))  # noqa: PTH113

    def _digest(self, place: str) -> str | None:
        """The hash of a file as it is now; None where there is none."""
        where = self._files.where(place)
        if not os.path.exists(where):  # noqa: PTH110 - as nearly all: cheaper than to try
            return None
        with open(where, "rb") as file:  # noqa: PTH123
            return digest(file.read())

    def _note(self, key: str, path: str, wanted: str, outcome: Outcome) -> Outcome:
        if outcome.is_change:
            self.report.changes += 1
        if outcome not in (Outcome.EDITED, Outcome.GONE):
            self.ledger.set(key, path, wanted)
        return outcome

    def _write(self, place: Path, data: bytes) -> None:
        try:
            if self.private:
                place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._files.write(place, data, mode=self.mode)
        except OSError as error:
            raise ImportFailed(
                f"the file could not be written: {error.strerror or error}", where=place
            ) from error
