"""What a page was given, kept for later: posts as templates see them, without Pelican."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from datetime import datetime
from typing import Any

from rejoinder.dates import date_writer
from rejoinder.incremental.packed import unpack
from rejoinder.posts import slugify

_SAFE = ("rejoinder.", "markupsafe", "datetime", "zoneinfo", "collections", "pathlib", "decimal")
_BUILTINS = frozenset({
    "set", "frozenset", "dict", "list", "tuple", "complex", "bytearray", "range", "slice",
})  # fmt: skip


class Frozen:
    """A post, page, category, tag or author with the attributes that a template asks for. `key`
    is what makes it itself, `words` what it is as text."""

    def __init__(self, kind: str, key: str, words: str, known: dict[str, Any]) -> None:
        self.__dict__.update(known)
        self.__frozen = kind, key, words

    def __str__(self) -> str:
        return self.__frozen[2]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Frozen):
            return self.__frozen[:2] == other.__frozen[:2]
        if isinstance(other, str) and self.__frozen[0] not in ("Article", "Page"):
            return self.__frozen[1] == slugify(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.__frozen[:2])

    def __lt__(self, other: Frozen) -> bool:
        return self.__frozen[1] < other.__frozen[1]


class Counted:
    """A list of which only the length is asked."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __len__(self) -> int:
        return self.length


class Said:
    """A method without arguments: what it gave."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self) -> Any:
        return self.value


class FrozenList:
    """A list that goes over several pages, or a page of it (`pelican.paginator`): what may be asked
    of it, and what its methods say."""

    def __init__(self, known: dict[str, Any], said: dict[str, Any] | None = None) -> None:
        self.__dict__.update(known)
        for name, value in (said or {}).items():
            self.__dict__[name] = Said(value)


class Reference:
    """Stands in what was kept for something that isn't in it: whoever thaws it says what that is.
    There is none of these ever."""


class Moment(datetime):
    """A date whose own `strftime` knows `%-d`, as Pelican's does."""

    def strftime(self, format: str) -> str:
        return date_writer(format)(self)


def allowed(module: str, name: str) -> bool:
    """Whether something of this module may be kept: it is ours, or plain data."""
    return module.startswith(_SAFE) or (module == "builtins" and name in _BUILTINS)


class _Thawing(pickle.Unpickler):
    def __init__(self, blob: bytes, found: Callable[[Any], Any]) -> None:
        super().__init__(io.BytesIO(blob))
        self._found = found

    def persistent_load(self, pid: Any) -> Any:
        return self._found(pid)

    def find_class(self, module: str, name: str) -> Any:
        if module == __name__ and name == Reference.__name__:
            found = self._found  # a method of ours in what is read would make a ring of it
            return lambda *pid: found(pid)
        if not allowed(module, name):
            raise pickle.UnpicklingError(f"{module}.{name} is nothing that was kept")
        return super().find_class(module, name)


def thaw(blob: bytes, found: Callable[[Any], Any]) -> Any:
    """What was kept; `found` gives what stands for a reference in it."""
    return _Thawing(unpack(blob), found).load()
