"""The private side of an import: a folder beside `content/` that git ignores.

Pending comments, e-mails, addresses and drafts go here and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from rejoinder.migrate.delivery import Delivery
from rejoinder.migrate.ledger import Outcome, read_lines, write_lines
from rejoinder.migrate.table import Table

Row = Mapping[str, str | int | None]


class Rows:
    """A file of JSON lines, one a thing, sorted by the key that each line carries.

    A line that the author (or the reply desk) has changed or taken out stays so. Lines that are
    no JSON object with a key are kept, at the end.
    """

    def __init__(self, delivery: Delivery, path: str) -> None:
        self.delivery = delivery
        self.path = path
        self.table = Table()
        for number, line in enumerate(read_lines(delivery.root / path)):
            self.table.set(_key(line) or f"\uffff{number:09}", line.rstrip("\n"))
        self.table.changed = False

    def put(self, key: str, row: Row) -> Outcome:
        """Set a line, unless it is no longer the import's."""
        line = json.dumps({"key": key, **row}, ensure_ascii=False)
        name = f"{self.path}:{key}"
        outcome = self.delivery.value(name, self.path, self.table.get(key), line)
        if outcome.is_change:
            self.table.set(key, line)
        return outcome

    def retire(self, key: str) -> None:
        """Take a line out that has its place elsewhere now."""
        if self.table.get(key) is not None:
            self.delivery.ledger.remove(f"{self.path}:{key}")
            self.delivery.report.changes += 1
            self.table.remove(key)

    def save(self) -> None:
        """Write the file if a line has changed."""
        if self.table.changed and not self.delivery.dry_run:
            place = self.delivery.root / self.path
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_lines(place, (f"{line}\n" for _, line in self.table.items()), mode=0o600)
        self.table.changed = False

    def close(self) -> None:
        self.table.__exit__(None, None, None)


def _key(line: str) -> str | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    key = found.get("key") if isinstance(found, dict) else None
    return key if isinstance(key, str) else None
