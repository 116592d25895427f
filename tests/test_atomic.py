"""Many files that become whole together: what a program that dies in between leaves behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rejoinder import atomic
from rejoinder.atomic import Together


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(params=["at once", "one by one"])
def syncing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The systems that bring a whole file system to the disk, and those that can't."""
    if request.param == "one by one":
        monkeypatch.setattr(atomic, "_syncfs", lambda: None)
    elif atomic._syncfs() is None:
        pytest.skip("this system has no syncfs")


@pytest.mark.usefixtures("syncing")
def test_files_have_their_names_when_all_are_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic, "_FEW", 3)
    monkeypatch.setattr(atomic, "_AT_ONCE", 8)
    synced: set[int] = set()
    real, real_replace = os.fsync, os.replace
    if atomic._syncfs() is not None:

        def everything(fd: int) -> int:
            synced.update(p.stat().st_ino for p in tmp_path.rglob("*"))
            return 0  # the real one would wait for what others write, too

        monkeypatch.setattr(atomic, "_syncfs", lambda: everything)

    def fsync(fd: int) -> None:
        synced.add(os.fstat(fd).st_ino)
        real(fd)

    def replace(source: str, target: str) -> None:
        assert Path(source).stat().st_ino in synced
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    (tmp_path / "f0").mkdir()
    (tmp_path / "f0" / "0.md").write_text("old")
    together = Together()
    for number in range(20):
        together.write(tmp_path / f"f{number % 6}" / f"{number}.md", b"%d" % number)
    assert (tmp_path / "f0" / "0.md").read_text() == "0"  # two groups of eight are there
    assert not (tmp_path / "f1" / "19.md").exists()
    assert Path(together.where(str(tmp_path / "f1" / "19.md"))).read_text() == "19"
    together.settle()
    assert names(tmp_path) == {f"f{number % 6}/{number}.md" for number in range(20)}
    assert {(tmp_path / f"f{number}").stat().st_ino for number in range(6)} <= synced


def test_the_last_of_two_writes_counts(tmp_path: Path) -> None:
    together, path = Together(), tmp_path / "a"
    together.write(path, b"one")
    together.write(path, b"two")
    together.settle()
    together.settle()
    assert path.read_bytes() == b"two"
    assert names(tmp_path) == {"a"}


def test_what_has_no_name_can_be_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    together = Together()
    together.write(path, b"new")
    together.discard()
    together.settle()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == {"a"}


def _full(*_: object) -> int:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("refuse", [
    lambda patch: patch.setattr(os, "fsync", _full),
    lambda patch: patch.setattr(os, "replace", _full),
    lambda patch: patch.setattr(atomic, "_FEW", 0) or patch.setattr(
        atomic, "_syncfs", lambda: lambda _: -1),
])  # fmt: skip
def test_a_disk_that_refuses_is_told_of_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuse: Callable[[object], None]
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    together = Together()
    together.write(path, b"new")
    with monkeypatch.context() as patch:
        refuse(patch)
        with pytest.raises(OSError, match=r"No space|Success"):
            together.settle()
    assert path.read_bytes() == b"old"
    together.settle()
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == {"a"}


def test_what_killed_programs_left_goes_with_the_next(tmp_path: Path) -> None:
    left = tmp_path / f".a.0123{atomic.TEMP_SUFFIX}"
    left.write_bytes(b"half")
    os.utime(left, (1, 1))
    together = Together()
    together.write(tmp_path / "b", b"whole")
    together.settle()
    assert names(tmp_path) == {"b"}
