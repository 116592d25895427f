"""Settings in TOML, checked against dataclasses: each table is one, each key a field of it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, MutableMapping
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from rejoinder.errors import SiteError

_KINDS: dict[type, tuple[str, str]] = {
    str: ("text", '"…"'),
    int: ("a number", "30"),
    bool: ("true or false", "true"),
    tuple: ("a list of texts", '["…", "…"]'),
}
_Table = TypeVar("_Table")


def read(path: Path, defaults: _Table) -> _Table:
    """The dataclass that a TOML file stands for: `defaults` (an instance; fields that are
    dataclasses are tables) with what the file says in place of it. No file says nothing.

    Raises SiteError for a file that isn't TOML, an unknown key or a value of the wrong type.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return defaults
    except OSError as error:
        raise SiteError(f"the file can't be read: {error.strerror}", where=path) from error
    try:
        found = tomllib.loads(data.decode("utf-8").replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        what, _, place = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", place)
        last = data.count(b"\n") + 1
        raise SiteError(f"the file is not TOML: {what}", where=path,
                        line=int(line[1]) if line else last) from error  # fmt: skip
    except UnicodeDecodeError as error:
        raise SiteError("the file is not UTF-8", where=path,
                        line=data.count(b"\n", 0, error.start) + 1) from error  # fmt: skip
    return _filled(defaults, found, path)


def line_of(path: Path, key: str, table: str = "") -> int | None:
    """The line of a key in a TOML file, or of the table of that name; None where it isn't found."""
    here = ""
    for number, line in enumerate(path.read_text("utf-8", "replace").split("\n"), start=1):
        heading = re.match(r"\s*\[\s*([\w.-]+)\s*\]", line)
        if heading:
            here = heading[1]
            if here == ".".join(filter(None, (table, key))):
                return number
        elif here == table and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return number
    return None


def _filled(defaults: _Table, found: Mapping[str, Any], path: Path, table: str = "") -> _Table:
    known = {f.name: getattr(defaults, f.name) for f in fields(defaults)}  # type: ignore[arg-type]
    values = dict(known)
    line = partial(line_of, path, table=table)
    for key, value in found.items():
        if key not in known:
            raise SiteError(
                f"{key!r} is not a setting of this file", where=path, line=line(key),
                mend=f"The settings are: {', '.join(sorted(known))}.",
            )  # fmt: skip
        before = known[key]
        if is_dataclass(before):
            if not isinstance(value, dict):
                raise SiteError(f"{key!r} is not a table", where=path, line=line(key),
                                mend=f"Write [{key}].")  # fmt: skip
            values[key] = _filled(before, value, path, ".".join(filter(None, (table, key))))
            continue
        if isinstance(before, tuple) and isinstance(value, list):
            value = tuple(value)
        if type(value) is not type(before) or (
            isinstance(value, tuple) and not all(isinstance(item, str) for item in value)
        ):
            kind, example = _KINDS[type(before)]
            raise SiteError(f"{key!r} is not {kind}", where=path, line=line(key),
                            mend=f"Write {key} = {example}.")  # fmt: skip
        values[key] = value
    return type(defaults)(**values)


def fill_in(settings: MutableMapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Give an adapter's settings their defaults. Raises SiteError for one of another type."""
    for name, default in defaults.items():
        value = settings.setdefault(name, default)
        if type(value) is not type(default):
            raise SiteError(
                f"{name} is {value!r}", where="settings", mend=f"It looks like {default!r}."
            )
