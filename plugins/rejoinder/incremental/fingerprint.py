"""Fingerprints of what a page is given: the same for the same value, in every process."""

from __future__ import annotations

import functools
import logging
import re
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import is_dataclass
from datetime import date, time, timedelta, tzinfo
from enum import Enum
from pathlib import PurePath
from typing import Any

from xxhash import xxh3_128_digest


class UnseenError(Exception):
    """A value that can't be looked into; the message says which."""


_NO_RING = 1 << 30
_PLAIN = (bool, int, float, complex, type(None))


class Fingerprints:
    """Digests of values. Those of objects are kept while they live here: what is given to one page
    is given to thousands, and doesn't change while a site is written.

    An object that has a method `fingerprint` is asked for it (bytes). `special` are other ways, by
    type. One of them may say, with `refer`, that a value leads to something that is looked into by
    itself: `apart` tells what values led to.
    """

    def __init__(self) -> None:
        self._ways: dict[type, Callable[[Any], bytes]] = {}
        self._special: list[tuple[type, Callable[[Any], bytes]]] = []
        self._known: dict[int, tuple[Any, bytes, tuple[Any, ...]]] = {}
        self._inside: dict[int, int] = {}
        self._ring = _NO_RING
        self._referred: dict[int, Any] = {}

    def special(self, kind: type, way: Callable[[Any], bytes]) -> None:
        """Digest values of a type, and of those below it, in a way of their own."""
        self._special.append((kind, way))

    def refer(self, value: Any) -> None:
        """Note what the value that is being digested leads to."""
        self._referred[id(value)] = value

    @property
    def refers(self) -> bool:
        """Whether what is being digested has led to anything."""
        return bool(self._referred)

    @contextmanager
    def apart(self) -> Iterator[dict[int, Any]]:
        """What is referred to from here on, apart from what was before: by id."""
        outer, self._referred = self._referred, {}
        try:
            yield self._referred
        finally:
            self._referred = outer

    def of(self, value: Any) -> bytes:
        """The digest of a value. Raises UnseenError."""
        kind = type(value)
        if kind is str:
            return xxh3_128_digest(b"s" + value.encode("utf-8", "surrogatepass"))
        if kind in _PLAIN:
            return xxh3_128_digest(repr(value).encode())
        known = self._known.get(id(value))
        if known is not None:
            for one in known[2]:
                self._referred[id(one)] = one
            return known[1]
        depth = len(self._inside)
        if id(value) in self._inside:
            at = self._inside[id(value)]
            self._ring = min(self._ring, at)
            return b"ring %d" % (depth - at)
        self._inside[id(value)] = depth
        ring, self._ring = self._ring, _NO_RING
        outer, self._referred = self._referred, {}  # as `apart` does, and quicker
        try:
            digest = self._way(kind)(value)
        finally:
            del self._inside[id(value)]
            mine, self._ring = self._ring, ring
            here, self._referred = self._referred, outer
        self._referred |= here
        if mine >= depth:  # else it is part of a ring, and depends on where one came into it
            self._known[id(value)] = value, digest, tuple(here.values())
        else:
            self._ring = min(ring, mine)
        return digest

    def _way(self, kind: type) -> Callable[[Any], bytes]:
        way = self._ways.get(kind)
        if way is None:
            way = self._ways[kind] = self._find_way(kind)
        return way

    def _find_way(self, kind: type) -> Callable[[Any], bytes]:
        for special, way in self._special:
            if issubclass(kind, special):
                return way
        if hasattr(kind, "fingerprint"):
            return lambda value: _joined(_name(kind), bytes(value.fingerprint()))
        for types_, way in (
            ((str,), self._text),
            ((bytes,), lambda v: _joined(b"bytes", v)),
            ((Enum, date, time, timedelta, tzinfo, PurePath), self._printed),
            ((Mapping,), self.mapping),
            ((Sequence,), self._sequence),
            ((set, frozenset), self._set),
            ((re.Pattern,), self._printed),
            ((logging.Logger,), lambda v: _joined(b"logger", v.name.encode())),
            ((functools.partial,), self._partial),
            ((types.FunctionType,), self._function),
            ((types.MethodType,), self._method),
            ((type, types.ModuleType, types.BuiltinFunctionType), self._named),
        ):  # fmt: skip
            if issubclass(kind, types_):
                return way
        return self._object

    def _text(self, value: str) -> bytes:
        return _joined(_name(type(value)), value.encode("utf-8", "surrogatepass"))

    def _printed(self, value: object) -> bytes:
        return _joined(_name(type(value)), repr(value).encode("utf-8", "surrogatepass"))

    def mapping(self, value: Mapping[Any, Any]) -> bytes:
        """The digest of a mapping that is made for this: it is not kept."""
        pairs = [part for key, one in value.items() for part in (self.of(key), self.of(one))]
        return _joined(_name(type(value)), *pairs)

    def _sequence(self, value: Sequence[Any]) -> bytes:
        return _joined(_name(type(value)), *map(self.of, value))

    def _set(self, value: set[Any]) -> bytes:
        return _joined(_name(type(value)), *sorted(map(self.of, value)))

    def _partial(self, value: functools.partial[Any]) -> bytes:
        return _joined(b"partial", self.of(value.func), self.of(value.args),
                       self.of(value.keywords))  # fmt: skip

    def _function(self, value: types.FunctionType) -> bytes:
        inside = [self.of(cell.cell_contents) for cell in value.__closure__ or ()]
        return _joined(b"function", self._code(value.__code__), self.of(value.__defaults__),
                       self.of(value.__kwdefaults__), *inside)  # fmt: skip

    def _code(self, code: types.CodeType) -> bytes:
        consts = [self._code(c) if isinstance(c, types.CodeType) else repr(c).encode()
                  for c in code.co_consts]  # fmt: skip
        return _joined(code.co_code, repr(code.co_names).encode(), *consts)

    def _method(self, value: types.MethodType) -> bytes:
        return _joined(b"method", self.of(value.__func__), self.of(value.__self__))

    def _named(self, value: Any) -> bytes:
        return _joined(b"named", _name(value))

    def _object(self, value: Any) -> bytes:
        kind = type(value)
        names: dict[str, Any] = dict(getattr(value, "__dict__", {}))
        for base in kind.__mro__:
            slots = base.__dict__.get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                if hasattr(value, name) and name != "__weakref__":
                    names[name] = getattr(value, name)
        if not names and not hasattr(value, "__dict__") and not is_dataclass(kind):
            raise UnseenError(f"a {kind.__module__}.{kind.__qualname__} can't be looked into")
        return _joined(_name(kind), self.mapping(dict(sorted(names.items()))))


def _name(value: Any) -> bytes:
    module = getattr(value, "__module__", "")
    return f"{module}.{getattr(value, '__qualname__', getattr(value, '__name__', ''))}".encode()


def _joined(*parts: bytes) -> bytes:
    return xxh3_128_digest(b"".join(b"%d:%b" % (len(part), part) for part in parts))
