"""Settings in TOML, checked against dataclasses: each table is one, each key a field of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, MutableMapping
from dataclasses import fields, is_dataclass
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
        with path.open("rb") as file:
            found = tomllib.load(file)
    except FileNotFoundError:
        return defaults
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SiteError(f"the file is not TOML: {error}", where=path) from error
    except OSError as error:
        raise SiteError(f"the file can't be read: {error.strerror}", where=path) from error
    return _filled(defaults, found, path)


def _filled(defaults: _Table, found: Mapping[str, Any], path: Path) -> _Table:
    known = {f.name: getattr(defaults, f.name) for f in fields(defaults)}  # type: ignore[arg-type]
    values = dict(known)
    for key, value in found.items():
        if key not in known:
            raise SiteError(
                f"{key!r} is not a setting of this file",
                where=path,
                mend=f"The settings are: {', '.join(sorted(known))}.",
            )
        before = known[key]
        if is_dataclass(before):
            if not isinstance(value, dict):
                raise SiteError(f"{key!r} is not a table", where=path, mend=f"Write [{key}].")
            values[key] = _filled(before, value, path)
            continue
        if isinstance(before, tuple) and isinstance(value, list):
            value = tuple(value)
        if type(value) is not type(before) or (
            isinstance(value, tuple) and not all(isinstance(item, str) for item in value)
        ):
            kind, example = _KINDS[type(before)]
            raise SiteError(f"{key!r} is not {kind}", where=path, mend=f"Write {key} = {example}.")
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
