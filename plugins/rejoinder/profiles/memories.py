"""What `sync` remembers of feeds between runs: `private/crosslinks/feeds.json`. It may be
deleted at any time; then every feed is asked for its whole body once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from rejoinder import atomic
from rejoinder.errors import CrosslinkError
from rejoinder.profiles.polling import Memory

_DATES = ("due", "seen", "newest", "failing_since")


def load(folder: Path) -> dict[str, Memory]:
    """The memories by the feeds' names; none where the file is not there or is of no use."""
    try:
        found = json.loads((folder / "feeds.json").read_text("utf-8"))
        return {name: _memory(values) for name, values in found.items()}
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return {}


def save(folder: Path, memories: Mapping[str, Memory]) -> None:
    """Write them. Raises CrosslinkError."""
    rows = {name: _row(memory) for name, memory in sorted(memories.items())}
    try:
        atomic.write_text(folder / "feeds.json", json.dumps(rows, indent=1) + "\n", mode=0o600)
    except OSError as error:
        raise CrosslinkError(
            f"what is known of the feeds can't be written: {error.strerror}", where=folder
        ) from error


def _row(memory: Memory) -> dict[str, Any]:
    row = {name: value for name, value in asdict(memory).items() if value not in (None, "", ())}
    return {n: v.isoformat() if isinstance(v, datetime) else v for n, v in row.items()}


def _memory(values: Mapping[str, Any]) -> Memory:
    read: dict[str, Any] = dict(values)
    for name in _DATES:
        if name in read:
            read[name] = datetime.fromisoformat(read[name])
    read["notes"] = tuple(read.get("notes", ()))
    return Memory(**read)
