"""Reading posts: what a source came to is remembered, and what is new is read by all processors."""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Iterable, Iterator
from typing import Any

from markdown import Markdown
from pelican.readers import MarkdownReader as PelicansMarkdownReader
from xxhash import xxh3_128_digest

from rejoinder.incremental.forking import spread
from rejoinder.incremental.said import listening, repeat
from rejoinder.incremental.stamps import stamp
from rejoinder.incremental.state import State

from .parsing import ask_less
from .watching import watching

_BEGIN_ANEW = ("markdown.extensions.", "rejoinder.")
"""Extensions that begin anew with each text."""

_WORTH_HELP = 24
"""So many new sources are read by several processes."""

_AT_ONCE = 8
"""So many are given to one process at a time."""


class MarkdownReader(PelicansMarkdownReader):  # type: ignore[misc]  # Pelican is not typed
    """Pelican's own, with one parser for all files: making one takes as long as a post of 300
    words. Only where all extensions are Python-Markdown's own or ours, which begin anew when told
    to."""

    _parser: Markdown | None = None
    digest = b""
    """Of the file that was read last."""

    def read(self, source_path: str) -> tuple[str, dict[str, Any]]:
        """The HTML and metadata of a file."""
        if self._parser is None:
            self._parser = ask_less(Markdown(**self.settings["MARKDOWN"]))
        self._source_path = source_path
        self._md = self._parser.reset()
        meta = self._md.preprocessors["meta"]
        content = self._md.convert(self._text(source_path))
        try:
            return content, self._parse_metadata(vars(self._md)["Meta"])  # it takes `meta` out
        finally:
            self._md.preprocessors.register(meta, "meta", 27)

    def _text(self, path: str) -> str:
        """As `pelican_open` has it."""
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            data = file.readall()
        self.digest = xxh3_128_digest(data)
        text = data.decode("utf-8-sig")
        return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def use_one_parser(readers: Any) -> None:
    """Read Markdown with one parser, where that can't make a difference."""
    for ending, reader in readers.reader_classes.items():
        if reader is PelicansMarkdownReader:
            settings = readers.settings["MARKDOWN"]
            named = (*settings.get("extensions", ()), *settings.get("extension_configs", ()))
            if all(isinstance(name, str) and name.startswith(_BEGIN_ANEW) for name in named):
                readers.reader_classes[ending] = MarkdownReader


class Sources:
    """What sources of one kind came to, by path: HTML and metadata. `shaped_by` is the digest of
    all else that shapes it: settings, extensions, versions."""

    def __init__(
        self, state: State, kind: str, shaped_by: bytes, settings: dict[str, Any], workers: int
    ) -> None:
        self.state = state
        self.kind = kind
        self.shaped_by = shaped_by
        self.settings = settings
        self.workers = workers
        self.new: list[tuple[str, str, bytes, bytes]] = []
        self.seen: set[str] = set()
        self._come_to: dict[str, bytes] = {}

    def prepare(self, readers: Any, base: str, files: Iterable[str]) -> None:
        """Read those of `files` (relative to `base`) that aren't remembered. What can't be read is
        left for Pelican, who says why."""
        paths = [os.path.abspath(os.path.join(base, file)) for file in files]  # noqa: PTH100, PTH118
        self.seen.update(paths)
        missing = set(paths)
        for path, before, value in self.state.memories(self.kind):
            if path in missing and self._is_remembered(path, before, value):
                missing.remove(path)
        left = sorted(missing)
        read = self._read_all(readers, left)
        self.state.save(memories=read)
        for _ in read:  # where they could not be remembered, they are read all the same
            pass

    def _read_all(self, readers: Any, paths: list[str]) -> Iterator[tuple[str, str, bytes, bytes]]:
        """Read these, each to be remembered at once: all of them twice would fill the memory."""
        workers = self.workers if len(paths) >= _WORTH_HELP else 1
        parts = [paths[at : at + _AT_ONCE] for at in range(0, len(paths), _AT_ONCE)]

        def read(at: int) -> list[tuple[bytes, bytes] | None]:
            return [self._read(readers, path) for path in parts[at]]

        for number, answers in spread(len(parts), workers, read, _AT_ONCE):
            for path, answer in zip(parts[number], answers, strict=True):
                if answer is not None:
                    before, value = answer
                    *_, self._come_to[path] = pickle.loads(value)
                    yield self.kind, path, before, value

    def get(self, path: str) -> tuple[str | None, dict[str, Any] | None]:
        """What a source came to; (None, None) where that isn't known."""
        blob = self._come_to.pop(path, None)
        if blob is None:
            return None, None
        content, metadata, said = _unpickled(blob, self.settings)
        repeat(said)
        return content, metadata

    def gone(self) -> list[tuple[str, str]]:
        """What is remembered of files that aren't there any more."""
        return [(self.kind, key) for key in self.state.keys(self.kind) if key not in self.seen]

    def _is_remembered(self, path: str, before: bytes, value: bytes) -> bool:
        try:
            shaped_by, digest, others, blob = pickle.loads(value)
        except Exception:  # another Python wrote it, or anything
            return False
        if shaped_by != self.shaped_by or any(not was or stamp(o) != was for o, was in others):
            return False
        now = stamp(path)
        if not now or before != now:
            if _digest(path) != digest:
                return False
            self.new.append((self.kind, path, now, value))  # it was touched, and is what it was
        self._come_to[path] = blob
        return True

    def _read(self, readers: Any, path: str) -> tuple[bytes, bytes] | None:
        reader = readers.readers.get(os.path.splitext(path)[1][1:])  # noqa: PTH122
        if reader is None:
            return None
        before = stamp(path)
        digest = None if type(reader) is MarkdownReader else _digest(path)
        with listening() as listener, watching() as watch:
            try:
                content, metadata = reader.read(path)
            except Exception:
                return None
        # Pelican's mark for what is to be left out is no value that could be kept.
        metadata = {name: value for name, value in metadata.items() if type(value) is not object}
        others = [(o, stamp(o)) for o in sorted(watch.read) if o != path and not _is_code(o)]
        blob = _pickled((content, metadata, listener.said), self.settings)
        digest = reader.digest if digest is None else digest
        value = pickle.dumps((self.shaped_by, digest, others, blob), pickle.HIGHEST_PROTOCOL)
        return before, value


def _digest(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return xxh3_128_digest(file.read())
    except OSError:
        return b""


def _is_code(path: str) -> bool:
    return path.endswith((".py", ".pyc", ".so"))


class _Packing(pickle.Pickler):
    """Leaves the settings out."""

    def __init__(self, into: io.BytesIO, settings: object) -> None:
        super().__init__(into, pickle.HIGHEST_PROTOCOL)
        self._settings = settings

    def persistent_id(self, one: object) -> str | None:
        return "settings" if one is self._settings else None


class _Unpacking(pickle.Unpickler):
    """Puts the settings in."""

    def __init__(self, blob: bytes, settings: object) -> None:
        super().__init__(io.BytesIO(blob))
        self._settings = settings

    def persistent_load(self, name: str) -> object:
        return self._settings


def _pickled(value: object, settings: object) -> bytes:
    """A value that may hold the settings, without them."""
    into = io.BytesIO()
    _Packing(into, settings).dump(value)
    return into.getvalue()


def _unpickled(blob: bytes, settings: object) -> Any:
    return _Unpacking(blob, settings).load()
