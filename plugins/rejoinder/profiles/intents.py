"""What is about to be said elsewhere, written down before it is said: whoever is cut off between
posting and recording finds it here, and says nothing twice.

`private/crosslinks/announcing.json` holds those that are under way; it is empty most of the time.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rejoinder import atomic
from rejoinder.errors import CrosslinkError
from rejoinder.profiles.ledger import Key

FILE = "announcing.json"
_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"  # base32-sortable


@dataclass(frozen=True, slots=True)
class Intent:
    """One announcement: `text` as it goes out, `secret`, of which the names are made that keep a
    network from taking it twice, and `before`, the ids of the entries that announced the post
    until then and so are not this one."""

    author: str
    profile: str
    thread: str
    url: str
    text: str
    date: datetime
    secret: str
    before: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is about: one of a post and profile at a time."""
        return self.author, self.profile, self.thread

    @property
    def record_key(self) -> str:
        """The name of its record on Bluesky, a TID (atproto.com/specs/tid): the microseconds
        since 1970 in 53 bits, ten more against others of that moment."""
        micros = int(self.date.timestamp() * 1_000_000)
        number = (micros & (1 << 53) - 1) << 10 | int(self.secret[:4], 16) & 1023
        return "".join(_DIGITS[number >> shift & 31] for shift in range(60, -1, -5))


def make(
    profile: Key, thread: str, url: str, text: str, now: datetime, before: Iterable[str] = ()
) -> Intent:
    """A new one."""
    return Intent(*profile, thread, url, text, now, secrets.token_hex(16), tuple(before))


def _intent(row: Mapping[str, Any]) -> Intent:
    date, before = datetime.fromisoformat(row["date"]), tuple(row["before"])
    return Intent(**{**row, "date": date, "before": before})


class Intents:
    """Those that are under way, in a file. Its users hold the ledger's lock."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._found = {intent.key: intent for intent in self._read()}

    def find(self, profile: Key, thread: str) -> Intent | None:
        """The one that was begun and isn't known to have ended."""
        return self._found.get((*profile, thread))

    def put(self, intent: Intent) -> None:
        """Write it down. Raises CrosslinkError."""
        self._found[intent.key] = intent
        self._write()

    def drop(self, intent: Intent) -> None:
        """It has ended, well or not. Raises CrosslinkError."""
        del self._found[intent.key]
        self._write()

    def _read(self) -> list[Intent]:
        try:
            rows = json.loads(self.path.read_text("utf-8"))
            return [_intent(row) for row in rows]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise CrosslinkError(
                f"what was being announced can't be read: {error}", where=self.path,
                mend="Look whether your last announcement is out, run 'invoke sync', and delete "
                     "the file.",
            ) from error  # fmt: skip

    def _write(self) -> None:
        rows = [asdict(one) | {"date": one.date.isoformat()} for one in self._found.values()]
        try:
            atomic.write_text(self.path, json.dumps(rows, indent=1) + "\n", mode=0o600)
        except OSError as error:
            raise CrosslinkError(
                f"the file can't be written: {error.strerror}", where=self.path
            ) from error
