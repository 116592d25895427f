"""Comments in folders: durable, whole, and never outside of their thread."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from conftest import make_comment, number_id
from hypothesis import given
from hypothesis import strategies as st

from rejoinder import atomic
from rejoinder.comments.store import CommentStore, folder_name, thread_key
from rejoinder.errors import StoreError


def test_what_is_written_is_read_oldest_first(tmp_path: Path) -> None:
    store = CommentStore(tmp_path)
    for number in (3, 1, 2):
        store.write("a-post", make_comment(number))
    assert [c.id for c in store.read("a-post").comments] == [number_id(n) for n in (1, 2, 3)]
    assert store.threads() == ["a-post"]
    assert store.read("no-such").comments == []


def test_a_file_that_does_not_parse_hides_no_other(tmp_path: Path) -> None:
    store = CommentStore(tmp_path)
    store.write("p", make_comment(1))
    bad = store.path("p", number_id(2))
    bad.write_bytes(b"Id: x\n\xff\n")
    renamed = store.path("p", number_id(3))
    renamed.write_text(store.path("p", number_id(1)).read_text())
    reading = store.read("p")
    assert [c.id for c in reading.comments] == [number_id(1)]
    assert [(p.where, p.line) for p in reading.problems] == [(str(bad), 2), (str(renamed), 1)]
    assert "not UTF-8" in str(reading.problems[0])
    assert "Make them the same" in str(reading.problems[1])


def test_a_copy_is_shown_once_and_named(tmp_path: Path) -> None:
    store = CommentStore(tmp_path)
    path = store.write("p", make_comment(1))
    copy = path.with_name("zz-copy.md")
    copy.write_bytes(path.read_bytes())
    reading = store.read("p")
    assert [c.id for c in reading.comments] == [number_id(1)]
    assert f"{copy}: the Id {number_id(1)} is that of {path.name} too" in str(reading.problems[0])


def test_temp_files_and_hidden_ones_are_no_comments(tmp_path: Path) -> None:
    store = CommentStore(tmp_path)
    path = store.write("p", make_comment(1))
    (path.parent / f".x.md{atomic.TEMP_SUFFIX}").write_text("half")
    (path.parent / ".hidden.md").write_text("half")
    (path.parent / "notes.txt").write_text("mine")
    (store.root / ".git").mkdir()
    assert list(store.files("p")) == [path]
    assert store.threads() == ["p"]


def test_writing_again_changes_nothing_and_removing_is_final(tmp_path: Path) -> None:
    store = CommentStore(tmp_path)
    path = store.write("p", make_comment(1))
    before = path.read_bytes()
    assert store.write("p", make_comment(1)).read_bytes() == before
    assert store.remove("p", number_id(1)) is True
    assert store.remove("p", number_id(1)) is False
    assert not path.exists()


@pytest.mark.skipif(os.name == "nt", reason="POSIX calls")
def test_the_order_of_calls_is_that_of_a_durable_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    real_fsync, real_replace = os.fsync, Path.replace

    def fsync(fd: int) -> None:
        calls.append("fsync folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "fsync file")
        real_fsync(fd)

    def replace(self: Path, target: Path) -> Path:
        calls.append("rename")
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    CommentStore(tmp_path).write("p", make_comment(1))
    assert calls == ["fsync file", "rename", "fsync folder"]


@pytest.mark.parametrize("failing", ["fsync", "replace", "open"])
def test_a_disk_that_refuses_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    store = CommentStore(tmp_path)
    path = store.write("p", make_comment(1))
    before = path.read_bytes()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path if failing == "replace" else os, failing, refuse)
    with pytest.raises(StoreError, match="No space left on device"):
        store.write("p", make_comment(1, body="new words"))
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@given(st.text(min_size=1, max_size=40))
def test_a_thread_is_one_folder_below_the_root(key: str) -> None:
    key = key.encode("utf-8", "replace").decode("utf-8")
    name = folder_name(key)
    assert thread_key(name) == key
    assert "/" not in name
    assert "\\" not in name
    assert not name.startswith(".")
    assert Path("root", name).parent == Path("root")


@pytest.mark.parametrize("key", ["", "x" * 241])
def test_a_key_that_names_no_folder_is_refused(key: str) -> None:
    with pytest.raises(StoreError, match="Thread:"):
        folder_name(key)
