"""Comment files in folders: `<content>/comments/<thread>/<id>.md`, one file a comment."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from xxhash import xxh3_128, xxh3_128_digest

from rejoinder import atomic
from rejoinder.comments.agreements import AGREEMENTS, parse_agreements
from rejoinder.comments.files import format_comment, parse_comment
from rejoinder.comments.model import ID_PATTERN, Comment
from rejoinder.comments.shelf import Shelved
from rejoinder.errors import CommentError, StoreError

FOLDER = "comments"
# Kept readable on every file system: the rest is percent-encoded, as is a leading dot.
_PLAIN = re.compile(r"[^\W_]|[-_.~+@,=]")
_PLAINEST = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}")  # as nearly all are
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)  # Windows changes line ends otherwise
_AT_ONCE = 1 << 16
_LONGEST = 240  # bytes; file systems take 255


def _is_plain(character: str) -> bool:
    # Marks belong to the letters before them: Devanagari has one in every second place.
    return bool(_PLAIN.fullmatch(character)) or unicodedata.category(character)[0] == "M"


def folder_name(thread: str) -> str:
    """The folder of a thread key, one path segment on Linux, macOS and Windows."""
    if _PLAINEST.fullmatch(thread):
        return thread
    name = "".join(c if _is_plain(c) else quote(c, safe="") for c in thread)
    if name.startswith("."):
        name = "%2E" + name[1:]
    if not name or len(name.encode("utf-8")) > _LONGEST:
        raise StoreError(
            f"{thread[:60]!r} can't name a thread",
            mend=f"Give the post a 'Thread:' of 1 to {_LONGEST} bytes.",
        )
    return name


def thread_key(folder: str) -> str:
    """The thread key of a folder's name: what `folder_name` made it of."""
    return unquote(folder)


@dataclass
class Reading:
    """What a thread's folder holds: its comments, oldest first, the files that don't parse, the
    digest of all files in it, and, by name, what each that parses came to."""

    comments: list[Comment] = field(default_factory=list)
    problems: list[CommentError] = field(default_factory=list)
    digest: bytes = b""
    files: dict[str, Shelved] = field(default_factory=dict)


class CommentStore:
    """The comments of one content folder."""

    def __init__(self, content: Path) -> None:
        self.content = content
        self.root = content / FOLDER

    def threads(self) -> list[str]:
        """The keys of all threads that have a folder, sorted."""
        if not self.root.is_dir():
            return []
        with os.scandir(self.root) as entries:
            return sorted(
                thread_key(e.name) for e in entries if e.is_dir() and not e.name.startswith(".")
            )

    def path(self, thread: str, comment_id: str) -> Path:
        """Where a comment's file is, or would be."""
        return self.root / folder_name(thread) / f"{comment_id}.md"

    def name(self, thread: str, comment_id: str) -> str:
        """The same below the content folder, with slashes."""
        return f"{FOLDER}/{folder_name(thread)}/{comment_id}.md"

    def find(self, comment_id: str) -> list[Path]:
        """Where a comment's file is, whatever its thread's folder is called by now; looked for
        in all of them."""
        if not ID_PATTERN.fullmatch(comment_id):
            return []
        return sorted(self.root.glob(f"*/{comment_id}.md"))

    def files(self, thread: str) -> Iterator[Path]:
        """The comment files of a thread, by name; hidden ones and temp files are none."""
        folder = self.root / folder_name(thread)
        for name in self._names(str(folder)):
            yield folder / name

    def _names(self, folder: str) -> list[str]:
        try:
            names = os.listdir(folder)  # noqa: PTH208 - strings, for speed
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(name for name in names if name.endswith(".md") and not name.startswith("."))

    def read(self, thread: str, known: Mapping[str, Shelved] | None = None) -> Reading:
        """All comments of a thread. A file that will not parse is a problem, not an exception.
        What is `known` of files that are as they were isn't parsed again."""
        reading = Reading()
        found: dict[str, str] = {}
        known = known or {}
        folder = str(self.root / folder_name(thread))
        hashed = xxh3_128(_bytes(f"{folder}/{AGREEMENTS}"))
        for name in self._names(folder):
            path = f"{folder}/{name}"
            try:
                data = _read(path)
                digest = xxh3_128_digest(data)
                hashed.update(os.fsencode(name) + b"\0" + digest)
                one = known.get(name)
                if one is None or one.digest != digest:
                    one = Shelved(digest, _comment(data, path))
                if found.setdefault(one.comment.id, name) is not name:
                    raise CommentError(
                        f"the Id {one.comment.id} is that of {found[one.comment.id]} too",
                        where=path,
                        mend="Remove one of the files, or give it an Id of its own.",
                    )
                reading.files[name] = one
                reading.comments.append(one.comment)
            except CommentError as error:
                reading.problems.append(error)
        reading.comments.sort(key=lambda comment: comment.sort_key)
        reading.digest = hashed.digest()
        return reading

    def agreements(self, thread: str) -> dict[str, int]:
        """How many agree with what in a thread; '' is the post. Raises CommentError."""
        name = os.path.join(self.root, folder_name(thread), AGREEMENTS)  # noqa: PTH118
        if not os.path.exists(name):  # noqa: PTH110 - as of nearly all; a Path takes ten times as long
            return {}
        path = Path(name)
        try:
            return parse_agreements(path.read_text("utf-8"), path)
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise CommentError(f"the file can't be read: {error}", where=path) from error

    def write(self, thread: str, comment: Comment) -> Path:
        """Write a comment's file whole or not at all, durably; writing it again changes nothing.

        Raises StoreError when the system refuses.
        """
        path = self.path(thread, comment.id)
        try:
            atomic.write_text(path, format_comment(comment))
        except OSError as error:
            raise StoreError(
                f"the comment could not be written: {error.strerror or error}", where=path
            ) from error
        return path

    def remove(self, thread: str, comment_id: str) -> bool:
        """Remove a comment's file; False when there was none."""
        path = self.path(thread, comment_id)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StoreError(
                f"the comment could not be removed: {error.strerror or error}", where=path
            ) from error
        atomic.sync_folder(path.parent)
        return True


def read_comment(path: Path) -> Comment:
    """The comment in one file. Raises CommentError, naming the file: see `parse_comment`;
    also for bytes that are not UTF-8, and for a name that is not the comment's id."""
    return _comment(_read(path), path)


def _read(path: str | Path) -> bytes:
    try:
        descriptor = os.open(path, _READ)
        try:
            data = found = os.read(descriptor, _AT_ONCE)
            while len(found) == _AT_ONCE:
                found = os.read(descriptor, _AT_ONCE)
                data += found
        finally:
            os.close(descriptor)
    except OSError as error:
        raise CommentError(
            f"the file can't be read: {error.strerror or error}", where=path
        ) from error
    return data


def _bytes(path: str) -> bytes:
    return _read(path) if os.path.exists(path) else b""  # noqa: PTH110


def _comment(data: bytes, path: str | Path) -> Comment:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise CommentError(
            "the file is not UTF-8", where=path, line=line, mend="Save it as UTF-8."
        ) from error
    comment = parse_comment(text, path)
    if str(path).endswith(f"{comment.id}.md"):  # told at once of nearly all
        return comment
    stem = os.path.basename(path).removesuffix(".md")  # noqa: PTH119
    if stem != comment.id and ID_PATTERN.fullmatch(stem):
        raise CommentError(
            f"the file is named {stem} but its Id is {comment.id}",
            where=path,
            line=1,
            mend="Make them the same.",
        )
    return comment
