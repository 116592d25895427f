"""What a build does, seen by whoever watches it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from incremental.watching import watching


def test_looks_at_some_files_are_noted_and_change_nothing(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    for path in (mine, other):
        path.write_text("x")
    (tmp_path / "link").symlink_to(mine)
    look = os.stat
    with watching({str(mine), str(tmp_path / "gone")}) as watch:
        assert other.exists()
        assert watch.asked == set()
        assert os.path.getmtime(mine) == mine.stat().st_mtime  # noqa: PTH204
        assert not (tmp_path / "gone").exists()
        assert os.stat(os.fsencode(mine), follow_symlinks=False).st_size == 1  # noqa: PTH116
        shutil.copytree(tmp_path, tmp_path / "copy", symlinks=True)
        shutil.rmtree(tmp_path / "copy")
    assert watch.asked == {str(mine), str(tmp_path / "gone")}
    assert os.stat is look
    assert not {one.__module__ for one in os.supports_fd} & {"incremental.watching"}
