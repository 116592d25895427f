"""Carrying out a plan, and undoing it to the byte. What was done is noted in a file beside the
settings."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from rejoinder import atomic
from rejoinder.errors import SiteError
from rejoinder.toolkit.plan import Plan

NOTE = ".rejoinder-init.json"


def carry_out(root: Path, plan: Plan) -> None:
    """Make all changes, the note first: a run that was cut short can be undone. Raises SiteError
    for a file that is there already, OSError."""
    for change in plan.changes:
        if not change.adds and (root / change.path).exists():
            raise SiteError("there is such a file already", where=root / change.path)
    note = _read_note(root)
    done = {one.path: {"adds": one.adds, "text": one.text} for one in plan.changes}
    note = {"changes": note.get("changes", {}) | done, "made_again": list(plan.made_again)}
    atomic.write_text(root / NOTE, json.dumps(note, indent=1, ensure_ascii=False) + "\n")
    for change in plan.changes:
        path = root / change.path
        before = path.read_bytes() if change.adds else b""
        _write(path, before + _as_there(before, change.text))


def undo(root: Path) -> list[str]:
    """Take back all that was done; what was changed since, and so stays, is told. Raises SiteError
    where nothing was done here."""
    note = _read_note(root)
    if not note:
        raise SiteError("nothing was taken in here", where=root / NOTE)
    left = []
    for name, done in note["changes"].items():
        path = root / name
        if not path.is_file():
            continue
        data = path.read_bytes()
        text = _as_there(data, str(done["text"]))
        if done["adds"]:
            head, found, tail = data.rpartition(text)
            if found:
                _write(path, head + tail)
            elif b"rejoinder" in data:
                left.append(f"{name}: what was added has been changed since; take it out by hand")
        elif data == text:
            path.unlink()
            for folder in path.relative_to(root).parents[:-1]:
                with suppress(OSError):
                    (root / folder).rmdir()
        else:
            left.append(f"{name}: it has been changed since, and stays")
    _sweep(root, note["made_again"])
    (root / NOTE).unlink()
    return left


def _sweep(root: Path, patterns: Iterable[str]) -> None:
    """Remove what builds made and can make again, and folders that then hold nothing."""
    for pattern in patterns:
        if Path(pattern).is_absolute():  # elsewhere: it isn't the site's alone
            continue
        folder = root / pattern.rpartition("/")[0]
        for path in root.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        if folder.is_dir() and [one.name for one in folder.iterdir()] in ([], [".gitignore"]):
            shutil.rmtree(folder)


def _write(path: Path, data: bytes) -> None:
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    atomic.write_bytes(path, data, mode=mode)


def _as_there(data: bytes, text: str) -> bytes:
    """A text with the line ends that a file has."""
    return (text.replace("\n", "\r\n") if b"\r\n" in data else text).encode()


def _read_note(root: Path) -> dict[str, Any]:
    path = root / NOTE
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SiteError(f"the note of what was done can't be read: {error}", where=path) from error
    if not isinstance(found, dict) or not isinstance(found.get("changes"), dict):
        raise SiteError("this is no note of what was done", where=path)
    return found
