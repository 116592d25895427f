"""What shapes every page of a site: settings, programs, plugins."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from xxhash import xxh3_128, xxh3_128_digest

from rejoinder.incremental.fingerprint import Fingerprints, UnseenError
from rejoinder.languages import catalogues

from .settings import VOLATILE

_PROGRAMS = ("pelican", "jinja2", "markdown", "pygments", "docutils", "markupsafe",
             "feedgenerator", "typogrify", "nh3", "cmarkgfm", "babel")  # fmt: skip
_LATE = ("babel",)
"""Imported when the first text in another language than English is looked up."""
_ENVIRONMENT = ("SOURCE_DATE_EPOCH", "TZ", "LANG", "LC_ALL", "LC_TIME", "PYTHONHASHSEED")
_CODE = ("READERS", "JINJA_FILTERS", "JINJA_GLOBALS", "JINJA_TESTS")
_LOOKED_AT = (".py", ".html", ".css", ".js", ".json", ".txt", ".md", ".xml", ".po")


def of_settings(settings: Mapping[str, Any]) -> tuple[dict[str, bytes], str]:
    """The digest of each setting that may shape a page, and which can't be looked into ('' where
    all can)."""
    prints = Fingerprints()
    found: dict[str, bytes] = {}
    unseen = ""
    for name in sorted(settings):
        if name in VOLATILE:
            continue
        try:
            found[name] = prints.of(settings[name])[:8]
        except UnseenError as error:
            unseen = f"the setting {name}: {error}"
    return found, unseen


def of_programs(plugins: list[Any], settings: Mapping[str, Any]) -> dict[str, bytes]:
    """The digest of each program that takes part: the version of what was installed, the files of
    what is somebody's own."""
    extensions = [name for name in settings["MARKDOWN"].get("extensions", ())
                  if isinstance(name, str)]  # fmt: skip
    names = {*_PROGRAMS, *(plugin.__name__ for plugin in plugins), *extensions, "rejoinder"}
    found = {"python": xxh3_128_digest(sys.version.encode())[:8]}
    for name in sorted({name.removeprefix("pelican.plugins.").split(".")[0] for name in names}):
        module = sys.modules.get(name) or sys.modules.get(f"pelican.plugins.{name}")
        if module is not None or name in _LATE:
            found[name] = _of_module(name, module)
    code = xxh3_128()
    for path in sorted({*_sources(settings)}):
        code.update(path.encode() + b"\0" + Path(path).read_bytes())
    found["code in the settings"] = code.digest()[:8]
    found["the site's own texts"] = catalogues.fingerprint(Path(settings["PATH"]))[:8]
    said = "\0".join(f"{name}={os.environ.get(name, '')}" for name in _ENVIRONMENT)
    found["the environment"] = xxh3_128_digest(said.encode("utf-8", "surrogateescape"))[:8]
    return found


def _sources(settings: Mapping[str, Any]) -> Iterator[str]:
    """The files of the classes and functions that settings name: readers, filters and the like."""
    for name in _CODE:
        for value in (settings.get(name) or {}).values():
            functions = vars(value).values() if isinstance(value, type) else (value,)
            for one in functions:
                path = getattr(getattr(one, "__code__", None), "co_filename", "")
                if os.path.isfile(path):  # noqa: PTH113 - it may be '<string>'
                    yield path


def _of_module(name: str, module: Any) -> bytes:
    if name in _PROGRAMS:
        try:
            return xxh3_128_digest(metadata.version(name).encode())[:8]
        except metadata.PackageNotFoundError:
            pass
    hashed = xxh3_128()
    for path in _files(module):
        try:
            hashed.update(path.name.encode() + b"\0" + path.read_bytes())
        except OSError:
            continue
    return hashed.digest()[:8]


def _files(module: Any) -> Iterator[Path]:
    for folder in getattr(module, "__path__", ()):
        for here, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for name in sorted(names):
                if name.endswith(_LOOKED_AT):
                    yield Path(here, name)
    if not hasattr(module, "__path__") and getattr(module, "__file__", None):
        yield Path(module.__file__)
