"""What plugins remember from build to build: small results, by what they were made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from rejoinder.incremental.forking import spread
from rejoinder.incremental.state import State

_WORTH_HELP = 40
_PIECES = 200


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

    def prepare(
        self, kind: str, wanted: Iterable[tuple[str, bytes]], large: str,
        make: Callable[[str, bytes | None], tuple[bytes, bytes]],
    ) -> None:  # fmt: skip
        """Remember all of these keys under their stamps: what is new is made by all processors.
        `make` is given a key and what was `fetch`ed under it before, and gives the value to be
        recalled, and a large one of the kind `large`, to be fetched one at a time."""
        missing = [(key, stamp) for key, stamp in wanted if self.recall(kind, key, stamp) is None]
        if not missing:
            return
        self._state.settle()
        size = -(-len(missing) // _PIECES)
        parts = [missing[at : at + size] for at in range(0, len(missing), size)]
        workers = self._workers if len(missing) >= _WORTH_HELP else 1

        def make_some(at: int) -> list[tuple[bytes, bytes]]:
            return [make(key, self.fetch(large, key)) for key, _ in parts[at]]

        def rows() -> Iterator[tuple[str, str, bytes, bytes]]:
            for number, made in spread(len(parts), workers, make_some):
                for (key, stamp), (value, large_value) in zip(parts[number], made, strict=True):
                    self._keep(kind, key, stamp, value)
                    if stamp:
                        yield large, key, self._shaped_by + stamp, large_value

        self._larges.add((kind, large))
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
