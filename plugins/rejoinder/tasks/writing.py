"""The task that begins a post or page."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from invoke.context import Context
from invoke.tasks import task

from rejoinder import atomic, authors, beginning, building, posts, site
from rejoinder.errors import RejoinderError
from rejoinder.permalinks import read_date
from rejoinder.tasks.common import CONTENT, Folders, console, plain_errors

PREVIEW = "http://127.0.0.1:8000/"
"""Where `serve` shows the site, unless it is told another port."""


@task(
    positional=["title"],
    help={
        "title": "its title",
        "page": "begin a page instead of a post",
        "author": "who writes it, by name or slug (default: the only one; else it is asked)",
        "slug": "its address (default: made of the title)",
        "date": "when it comes out, in the site's zone, like '2026-12-24 08:00' (default: now)",
        "category": "its category",
        "tags": "its tags, with commas",
        "lang": "its language (default: the site's); with the slug of another, it translates that",
        "edit": "open it in the program that VISUAL or EDITOR names",
        "content": CONTENT,
    },
)
@plain_errors
def new(
    context: Context,
    title: str,
    page: bool = False,
    author: str = "",
    slug: str = "",
    date: str = "",
    category: str = "",
    tags: str = "",
    lang: str = "",
    edit: bool = False,
    content: str | None = None,
) -> None:
    """Begin a post or page: a draft with its front matter filled in."""
    folders = Folders(context, content, None)
    facts = site.load(folders.content)
    editor = _editor() if edit else []
    wanted = beginning.Wanted(
        title, _moment(date, ZoneInfo(facts.timezone)),
        "" if page else _writer(folders.content, facts.author, author),
        slug, category, tags, lang, page,
    )  # fmt: skip
    begun = beginning.begin(wanted, posts.posts(folders.content), facts.language)
    path = folders.content / begun.file
    if path.exists():
        raise RejoinderError("there is such a file already", where=path)
    atomic.write_text(path, begun.text)
    console.print(str(path), markup=False)
    where = _address(folders.settings("pelicanconf.py"), begun, wanted.date)
    if where:
        console.print(f"'invoke serve' shows it at {PREVIEW}{where}", markup=False)
    if editor:
        _open(editor, path)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    if not text:
        return datetime.now(zone).replace(microsecond=0)
    try:
        date = read_date(text)
    except ValueError as error:
        raise RejoinderError(
            f"{text!r} is not a date", mend="Write it like '2026-12-24 08:00'."
        ) from error
    return date if date.tzinfo else date.replace(tzinfo=zone)


def _address(settings: Path, begun: beginning.Begun, date: datetime) -> str:
    """Where the preview has a draft, as the site's settings say; '' where it has none, or they
    can't be read."""
    try:
        pattern = str(building.settings(settings).get(begun.setting, ""))
        return pattern.format(slug=begun.slug, lang=begun.language, date=date)
    except (RejoinderError, LookupError, ValueError):
        return ""


def _writer(content: Path, default: str, wanted: str) -> str:
    """Who writes: named by name or slug, else the only one there is, else whom the author picks
    on a terminal, else the site's. A name that has no file is one too. Raises RejoinderError."""
    files = authors.load(content)
    known = (default, *(file.name for file in files.values()))
    names = list(dict.fromkeys(name for name in known if name))
    if wanted:
        by_word = {word.lower(): file.name for slug, file in files.items()
                   for word in (slug, file.name)}  # fmt: skip
        return by_word.get(wanted.lower(), wanted)
    if len(names) > 1 and sys.stdin.isatty() and sys.stdout.isatty():
        return _asked(names)
    return default or (names[0] if len(names) == 1 else _nobody(names))


def _asked(names: list[str]) -> str:
    for number, name in enumerate(names, start=1):
        console.print(f"{number}  {name}", markup=False)
    while True:
        said = console.input("Who writes it? [1] ").strip() or "1"
        if said in names:
            return said
        if said.isdecimal() and 0 < int(said) <= len(names):
            return names[int(said) - 1]


def _nobody(names: list[str]) -> str:
    if names:
        raise RejoinderError("it is not said who writes it",
                             mend=f"Use --author with one of: {', '.join(names)}.")  # fmt: skip
    return ""  # the build takes the site's title, as for every post that names nobody


def _editor() -> list[str]:
    """The author's editor, as a command. Raises RejoinderError where none is named."""
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    try:
        command = shlex.split(named)
    except ValueError:
        command = []
    if not command:
        raise RejoinderError("it is not known which editor to open",
                             mend="Set EDITOR, as in: export EDITOR=nano")  # fmt: skip
    return command


def _open(editor: list[str], path: Path) -> None:
    try:
        code = subprocess.run([*editor, str(path)], check=False).returncode
    except OSError as error:
        raise RejoinderError(f"the editor {editor[0]!r} can't be started: {error.strerror}",
                             mend="Correct VISUAL or EDITOR.") from error  # fmt: skip
    if code:
        raise RejoinderError(f"the editor {editor[0]!r} ended with {code}", where=path)
