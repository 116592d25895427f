"""What changed in the folders that shape a site."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from watchfiles import watch

from rejoinder.atomic import TEMP_SUFFIX

_SECONDS = 2.0
"""How often it is asked whether something is due."""


def changes(
    folders: Iterable[Path], stop: threading.Event, is_due: Callable[[], bool] = lambda: False
) -> Iterable[set[str]]:
    """Wait for changes below `folders` (files count too) and give each batch as paths; editors'
    and our own temp files are none. An empty batch comes when something is due. Ends when `stop`
    is set."""

    # A file is watched by its folder: an editor that saves by renaming makes another file.
    wanted = [path.absolute() for path in folders if path.exists()]
    files = {str(path) for path in wanted if path.is_file()}
    roots = [path for path in wanted if path.is_dir()]
    present = set(roots) | {Path(path).parent for path in files}

    def counts(change: object, path: str) -> bool:
        name = Path(path).name
        inside = path in files or any(Path(path).is_relative_to(root) for root in roots)
        return inside and not (
            name.endswith((TEMP_SUFFIX, "~", ".swp", ".swx", ".tmp", ".pyc"))
            or name.startswith((".#", "#"))
            or "__pycache__" in path
        )

    for batch in watch(
        *present, watch_filter=counts, stop_event=stop, debounce=300, step=50,
        rust_timeout=int(_SECONDS * 1000), yield_on_timeout=True,
    ):  # fmt: skip
        if batch or is_due():
            yield {path for _, path in batch}
