"""Builds in processes of their own, forked off one that has loaded Pelican: quick, and each with
nothing left over from another."""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import authors  # noqa: F401 - all these so that no build need load them
import cards  # noqa: F401
import comments  # noqa: F401
import crosslinks  # noqa: F401
import discovery  # noqa: F401
import engagement  # noqa: F401
import forking
import incremental  # noqa: F401
import pelican
import posts  # noqa: F401
import reading  # noqa: F401
import redirects  # noqa: F401
import search  # noqa: F401
import serving  # noqa: F401
from conftest import ROOT
from forking.templates import share

from rejoinder.atomic import TEMP_SUFFIX
from rejoinder.site import CONTENT_VARIABLE


def in_a_fork(run: Callable[[], Any]) -> Any:
    """What `run` gives, called in a forked process; None where that process ended early."""
    out, into = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.close(out)
            answer = run()
            with os.fdopen(into, "wb") as pipe:
                pickle.dump(answer, pipe)
            code = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    return pickle.loads(data) if data else None


def build(content: Path, output: Path, stop_after: int = 0, **overrides: Any) -> list[str] | None:
    """Build a site as `publish` does; why each file was made. `stop_after` so many files the
    process is gone, as by `kill -9`; then None."""

    folder = forking.folder()

    def run() -> list[str]:
        import logging

        sys.path.insert(0, str(ROOT))
        os.environ[CONTENT_VARIABLE] = str(content)
        from pelican import Pelican
        from pelican.log import console
        from pelican.settings import read_settings

        logging.getLogger().handlers = [logging.NullHandler()]
        share(folder)
        if stop_after:
            _stop_after(stop_after)
        settings = read_settings(str(ROOT / "publishconf.py"), override={
            "PATH": str(content), "OUTPUT_PATH": str(output), "INCREMENTAL_EXPLAIN": True,
            "INCREMENTAL_STATE": str(content.parent / "state.sqlite"), "CARDS": False, **overrides,
        })  # fmt: skip
        with console.capture() as said:
            Pelican(settings).run()
        return [line for line in said.get().split("\n") if line]

    found: list[str] | None = in_a_fork(run)
    return found


def _stop_after(number: int) -> None:
    left = [number]
    replace, make = os.replace, os.open

    def step() -> None:
        left[0] -= 1
        if left[0] < 0:
            os._exit(9)

    def replacing(*args: Any, **kwargs: Any) -> None:
        step()
        replace(*args, **kwargs)

    def making(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        made = make(path, flags, *args, **kwargs)
        if flags & os.O_EXCL and not str(path).endswith(TEMP_SUFFIX):
            step()  # a page that is new, and nothing is in it yet
        return made

    os.replace, os.open = replacing, making


MAIN, RIBBON = "theme", "docs/examples/ribbon"
"""The project's themes."""


REFLEX = "reflex"
"""A theme of somebody else's (`pelican-theme-reflex`)."""


def own_theme(folder: Path, theme: str = MAIN) -> Path:
    """A copy of a theme that may be changed. Under another's posts stand discussions too."""
    if theme != REFLEX:
        return Path(shutil.copytree(ROOT / theme, folder / "theme"))
    themes = Path(pelican.__file__).parent / "themes"
    own = Path(shutil.copytree(themes / REFLEX, folder / "theme"))
    article = own / "templates" / "article.html"
    shown = '{% include "rejoinder/thread.html" %}{% endblock content %}'
    article.write_text(article.read_text("utf-8").replace("{% endblock content %}", shown), "utf-8")
    return own


def tree(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with contextlib.suppress(FileNotFoundError):
                found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def difference(one: dict[str, bytes], other: dict[str, bytes]) -> str:
    """What the first difference of two trees is; '' where there is none."""
    if one.keys() != other.keys():
        return f"only here: {sorted(one.keys() - other.keys())[:5]}; " \
               f"only there: {sorted(other.keys() - one.keys())[:5]}"  # fmt: skip
    for path, data in one.items():
        if data != other[path]:
            ours, theirs = data.decode("utf-8", "replace"), other[path].decode("utf-8", "replace")
            at = next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b),
                      min(len(ours), len(theirs)))  # fmt: skip
            begin, end = max(0, at - 80), at + 80
            return f"{path}: {ours[begin:end]!r} and {theirs[begin:end]!r}"
    return ""
