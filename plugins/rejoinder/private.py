"""The folder beside `content/` that is nobody else's: drafts of an import, the desk's data."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

FOLDER = "private"
DESK = "desk"
"""What the reply desk keeps, below it."""

LISTENED = Path(DESK) / "listened"
"""When backfeed last asked what is said under announcements; there once it has."""


def folder_of(content: Path) -> Path:
    """Where the private side of a content folder is."""
    return content.absolute().parent / FOLDER


def imported(folder: Path, *names: str) -> list[Path]:
    """Files of JSON lines of these names that imports left below the private folder, each import's
    in a folder of its own."""
    return sorted(path for name in names for path in folder.glob(f"*/{name}.jsonl"))


def prepare(folder: Path) -> None:
    """Make the folder, for its owner alone, with a `.gitignore` that takes all of it. Raises
    OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(PermissionError):  # another user's, who has let us in
        folder.chmod(0o700)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", "utf-8")
