"""What lets this site's author post elsewhere: `private/profiles.toml`, and the environment.

    ["nora-veldt/mastodon"]
    token = "…"

Never in content, and never in a message: these have no place in a repr.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from rejoinder import private
from rejoinder.errors import CrosslinkError
from rejoinder.profiles.ledger import Key

FILE = "profiles.toml"


@dataclass(frozen=True, slots=True)
class Credentials:
    """`token` is Mastodon's access token; `app_password` Bluesky's, with `handle` where that
    isn't in the profile's address and `server` where the account isn't at bsky.social."""

    token: str = field(default="", repr=False)
    app_password: str = field(default="", repr=False)
    handle: str = ""
    server: str = ""

    def __bool__(self) -> bool:
        return bool(self.token or self.app_password)


_NAMES = tuple(one.name for one in fields(Credentials))


def load(content: Path) -> dict[str, Credentials]:
    """All that the file has, by its tables' names; nothing where there is no file. Raises
    CrosslinkError for one that can't be, or that others may read."""
    path = private.folder_of(content) / FILE
    try:
        with path.open("rb") as file:
            if os.name != "nt" and os.fstat(file.fileno()).st_mode & 0o077:
                raise CrosslinkError("others on this machine may read it", where=path,
                                     mend=f"Run 'chmod 600 {path}'.")  # fmt: skip
            found = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CrosslinkError(f"the file is not TOML: {error}", where=path) from error
    except OSError as error:
        raise CrosslinkError(f"the file can't be read: {error.strerror}", where=path) from error
    return {name: _table(name, table, path) for name, table in found.items()}


def _table(name: str, table: Any, path: Path) -> Credentials:
    if not isinstance(table, dict):
        raise CrosslinkError(
            f"{name!r} is not a table", where=path,
            mend='Write ["AUTHOR/PROFILE"], and below it a line for each value.',
        )  # fmt: skip
    for key, value in table.items():
        if key not in _NAMES or not isinstance(value, str):
            raise CrosslinkError(
                f"{key!r} in [{name!r}] can't be", where=path,
                mend=f'There are {", ".join(_NAMES)}, each a text in "…".',
            )  # fmt: skip
    return Credentials(**table)


def choose(
    found: Mapping[str, Credentials], environ: Mapping[str, str], key: Key, alone: bool
) -> Credentials:
    """Those of a profile. Pure. The file names it AUTHOR/NAME; NAME by itself, and the variables
    REJOINDER_<NAME>_TOKEN and REJOINDER_<NAME>_APP_PASSWORD, which win, count only where no
    other author has a profile of that name (`alone`): nobody's token goes to another's server."""
    author, name = key
    held = found.get(f"{author}/{name}") or (found.get(name) if alone else None) or Credentials()
    variable = f"REJOINDER_{name.upper().replace('-', '_')}_"
    told = {n: environ.get(variable + n.upper(), "") for n in ("token", "app_password")}
    if not alone:
        return held
    return Credentials(told["token"] or held.token, told["app_password"] or held.app_password,
                       held.handle, held.server)  # fmt: skip
