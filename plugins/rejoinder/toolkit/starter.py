"""A new site: the theme and settings of this project, and nothing of its demo."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

import tomlkit

from rejoinder import atomic
from rejoinder.errors import SiteError

_FROM = ("theme", "pelicanconf.py", "publishconf.py")
_PACKED = "starter"
"""Where the wheel has them; a checkout has them at its top."""

_TASKS = '''"""Every task of this site: `invoke --list`."""

from rejoinder.tasks import site_tasks

namespace = site_tasks(__file__)
'''
_IGNORED = ".venv/\n__pycache__/\noutput/\nprivate/\npublic/\n"
_ABOUT = "Title: About\nSlug: about\n\nWho writes here, and how to reach them.\n"


def begin(folder: Path, title: str, author: str, url: str) -> None:
    """Make a site in a folder that is empty or not there yet. Raises SiteError, OSError."""
    if folder.exists() and any(folder.iterdir()):
        raise SiteError("the folder is not empty", where=folder, mend="Name a new one.")
    with as_file(files("rejoinder")) as package:
        packed = package / _PACKED
        source = packed if packed.is_dir() else package.parent.parent
        missing = [name for name in _FROM if not (source / name).exists()]
        if missing:
            raise SiteError(f"this installation lacks {', '.join(missing)}", where=source)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source / "theme", folder / "theme")
        for name in ("pelicanconf.py", "publishconf.py"):
            atomic.write_text(folder / name, _settings((source / name).read_text("utf-8")))
    facts = {"title": title, "url": url, "author": author}
    said = tomlkit.dumps({name: value for name, value in facts.items() if value})
    atomic.write_text(folder / "content" / "site.toml", said)
    atomic.write_text(folder / "content" / "pages" / "about.md", _ABOUT)
    (folder / "content" / "posts").mkdir()
    atomic.write_text(folder / "tasks.py", _TASKS)
    atomic.write_text(folder / ".gitignore", _IGNORED)


def _settings(text: str) -> str:
    """The settings without the lines that find plugins in a checkout: here they are installed."""
    lines = [
        line.replace("  # noqa: E402 - needs the path above", "")
        for line in text.split("\n")
        if '"plugins"' not in line
    ]
    if not any("sys." in line for line in lines):
        lines = [line for line in lines if line != "import sys"]
    return "\n".join(lines)
