"""What plugins remember from build to build: small results, by what they were made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, TypeAlias

from rejoinder.incremental.forking import Ahead, spread
from rejoinder.incremental.state import State

_WORTH_HELP = 40
_PIECES = 200

Wanted: TypeAlias = tuple[str, bytes]
"""A key, and the stamp of what it is made of."""

Make: TypeAlias = Callable[[str, bytes | None], tuple[bytes, bytes]]
"""Gives a small and a large value of a key, from the large one of before."""


class Memory:
    """Results by kind and key, each with the stamp of what it came from. They last as long as what
    shapes all pages (`shaped_by`) is the same. `told` is kept for the press, by name."""

    def __init__(self, state: State, shaped_by: bytes, workers: int = 1) -> None:
        self._state = state
        self._workers = workers
        self._shaped_by = shaped_by
        self._kinds: dict[str, dict[str, tuple[bytes, bytes]]] = {}
        self._used: set[tuple[str, str]] = set()
        self.new: list[tuple[str, str, bytes, bytes]] = []
        self.look: Callable[[], Mapping[str, bytes]] = dict
        self.told: dict[str, Any] = {}
        self._larges: set[tuple[str, str]] = set()
        self._ahead: dict[str, tuple[Ahead, list[list[Wanted]]] | None] = {}

    @property
    def stamps(self) -> Mapping[str, bytes]:
        """Of the content's folders, by their paths in it, before anything of them was read."""
        return self.look()

    def recall(self, kind: str, key: str, stamp: bytes) -> bytes | None:
        """What was remembered under a stamp; None where it has another by now, or b""."""
        self._used.add((kind, key))
        if kind not in self._kinds:
            self._kinds[kind] = {k: (s, v) for k, s, v in self._state.memories(kind)}
        found = self._kinds[kind].get(key)
        if found is not None and found[0] == self._shaped_by + stamp:
            return found[1]
        return None

    def remember(self, kind: str, key: str, stamp: bytes, make: Callable[[], bytes]) -> bytes:
        """What was remembered, else what `make` gives. With the stamp b"" it is remembered for this
        build alone."""
        value = self.recall(kind, key, stamp)
        if value is None:
            value = make()
            self._keep(kind, key, stamp, value)
        return value

    def has_begun(self, kind: str) -> bool:
        """Whether `go_ahead` was called."""
        return kind in self._ahead

    def go_ahead(self, kind: str, wanted: Iterable[Wanted], large: str, make: Make) -> None:
        """Have another process begin with what `prepare` will be asked for, while this one goes on
        with something else."""
        self._ahead[kind] = None
        parts = self._parts(self._missing(kind, wanted))
        if len(parts) >= _WORTH_HELP and self._workers > 1:
            self._state.settle()
            run = partial(self._make_some, parts, large, make)
            with suppress(OSError):  # it is done later then
                self._ahead[kind] = Ahead(len(parts), run), parts

    def close(self) -> None:
        """End the other process, where nobody asked for what it made."""
        for begun in self._ahead.values():
            if begun is not None:
                begun[0].close()

    def prepare(
        self, kind: str, wanted: Iterable[Wanted], large: str, make: Make
    ) -> None:  # fmt: skip
        """Remember all of these keys under their stamps: what is new is made by all processors.
        `make` is given a key and what was `fetch`ed under it before, and gives the value to be
        recalled, and a large one of the kind `large`, to be fetched one at a time."""
        self._larges.add((kind, large))
        begun, self._ahead[kind] = self._ahead.get(kind), None
        if begun is not None:
            ahead, parts = begun
            ahead.stop()
            self._take(kind, large, parts, ahead.answered())
        missing = self._missing(kind, wanted)
        if not missing:
            return
        self._state.settle()
        parts = self._parts(missing)
        workers = self._workers if len(missing) >= _WORTH_HELP else 1
        run = partial(self._make_some, parts, large, make)
        self._take(kind, large, parts, spread(len(parts), workers, run, len(parts[0])))

    def _missing(self, kind: str, wanted: Iterable[Wanted]) -> list[Wanted]:
        return [(key, stamp) for key, stamp in wanted if self.recall(kind, key, stamp) is None]

    def _parts(self, missing: list[Wanted]) -> list[list[Wanted]]:
        size = max(1, -(-len(missing) // _PIECES))
        return [missing[at : at + size] for at in range(0, len(missing), size)]

    def _make_some(
        self, parts: list[list[Wanted]], large: str, make: Make, at: int
    ) -> list[tuple[bytes, bytes]]:
        return [make(key, self.fetch(large, key)) for key, _ in parts[at]]

    def _take(
        self, kind: str, large: str, parts: list[list[Wanted]],
        answers: Iterable[tuple[int, list[tuple[bytes, bytes]]]],
    ) -> None:  # fmt: skip
        """Remember what was made."""

        def rows() -> Iterator[tuple[str, str, bytes, bytes]]:
            for number, made in answers:
                for (key, stamp), (value, large_value) in zip(parts[number], made, strict=True):
                    self._keep(kind, key, stamp, value)
                    if stamp:
                        yield large, key, self._shaped_by + stamp, large_value

        begun = rows()
        self._state.save(memories=begun)
        for _ in begun:  # where they could not be kept, the others are recalled all the same
            pass

    def fetch(self, kind: str, key: str, stamp: bytes | None = None) -> bytes | None:
        """A large value that is remembered under a stamp, or under any where none is given. Any
        process may ask."""
        if stamp == b"":
            return None
        found = self._state.memory(kind, key)
        if found is None or not found[0].startswith(self._shaped_by):
            return None
        return found[1] if stamp is None or found[0] == self._shaped_by + stamp else None

    def _keep(self, kind: str, key: str, stamp: bytes, value: bytes) -> None:
        self._kinds[kind][key] = self._shaped_by + stamp, value
        if stamp:
            self.new.append((kind, key, self._shaped_by + stamp, value))

    def gone(self) -> list[tuple[str, str]]:
        """What nobody asked for."""
        unused = [(kind, key) for kind, known in self._kinds.items() for key in known
                  if (kind, key) not in self._used]  # fmt: skip
        return unused + [(large, key) for kind, key in unused for of, large in self._larges
                         if of == kind]  # fmt: skip
