"""What all tasks share: folders, messages, a build aside."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from rejoinder import authors, building, private, site
from rejoinder.authors import AuthorFile
from rejoinder.errors import CrosslinkError, PublishError, RejoinderError
from rejoinder.locks import locked
from rejoinder.serving import packing
from rejoinder.web import Client

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

_WAIT_SECONDS = 600.0
_OPTION = re.compile(r"--?[a-z][a-z-]*")

CONTENT = "the content folder (default: content)"
OUTPUT = "the folder of the built site (default: output)"


def plain_errors(body: Callable[..., None]) -> Callable[..., None]:
    """What a user can mend is told in a line and ends with exit code 1; bugs surface."""

    name = body.__name__.removesuffix("_site").removesuffix("_post")

    @wraps(body)
    def told(*args: Any, **kwargs: Any) -> None:
        try:
            _no_options(name, (*args, *kwargs.values()))
            body(*args, **kwargs)
        except RejoinderError as error:
            errors.print(f"[bold red]error:[/] {plain(str(error))}")
            raise Exit(code=1) from error

    return told


def _no_options(task: str, values: Iterable[object]) -> None:
    """Refuse an option where a value is to stand: `invoke backup --help` would write a file of that
    name, since invoke takes what follows a task for what the task needs. Raises RejoinderError."""
    for value in values:
        if isinstance(value, str) and _OPTION.fullmatch(value):
            raise RejoinderError(
                f"{value!r} is an option, and stands where a value should",
                mend=f"`invoke --help {task}` says what it takes.",
            )


class Folders:
    """Where a task reads and writes: the options, else the site's own folders."""

    def __init__(self, context: Context, content: str | None, output: str | None) -> None:
        self.root = Path(context.config.rejoinder.root)
        self.content = Path(content).absolute() if content else self.root / "content"
        self.output = Path(output).absolute() if output else self.root / "output"

    @property
    def public(self) -> Path:
        """The settings file of the site as it is published."""
        return self.settings("publishconf.py")

    def place(self, target: str) -> str:
        """Where `site.toml` publishes to: a relative folder is beside the content."""
        is_folder = target and ":" not in target[2:] and not target.startswith("~")
        return str(self.content.parent / target) if is_folder else target

    def settings(self, name: str) -> Path:
        path = self.root / name
        return path if path.is_file() else self.root / "pelicanconf.py"


def public_settings(content: Path) -> dict[str, Any]:
    """What a published site is whatever its settings say: without drafts and what is for
    the author alone, and at its own address where `site.toml` names one."""
    settings: dict[str, Any] = {**building.WITHOUT_DRAFTS, "CROSSLINKS_COVERAGE_URL": ""}
    url = site.load(content).url
    return settings | ({"SITEURL": url, "FEED_DOMAIN": url} if url else {})


@contextmanager
def built(
    content: Path,
    settings: Path,
    overrides: dict[str, Any] | None = None,
    *,
    explain: bool = False,
    meanwhile: Callable[[], None] | None = None,
    told: Callable[[building.Built], None] | None = None,
) -> Iterator[Path]:
    """The site as it is built now, in a folder that stays for the next build, held against others
    until it was brought to where it is served. `told` is given what the build said. Raises
    PublishError, naming each error, when Pelican or a plugin had any."""
    folder = building.folder_of(content, settings)
    try:
        private.prepare(private.folder_of(content))
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PublishError(
            f"the site can't be built: {error.strerror}", where=error.filename,
            mend="The folder beside the content must be yours to write to.",
        ) from error  # fmt: skip
    with locked(folder / "lock", _WAIT_SECONDS) as held:
        if not held:
            raise PublishError("another build of this site is going on", where=folder)
        target = folder / "site"
        wanted = {**(overrides or {}), "INCREMENTAL_EXPLAIN": explain}
        with console.status("building"):
            done = building.build(content, target, settings, wanted, meanwhile)
        if told is not None:
            told(done)
        for warning in done.warnings:
            errors.print(f"[yellow]warning:[/] {plain(warning)}")
        if done.errors:
            for problem in done.errors[:-1]:
                errors.print(f"[bold red]error:[/] {plain(problem)}")
            raise PublishError(done.errors[-1])
        for line in done.explained:
            console.print(line, markup=False)
        console.print(f"built {done.summary or 'an empty site'} in {done.seconds:.1f} s")
        try:
            packing.pack(target, folder / "packed.json", wanted=site.load(content).packed)
        except OSError as error:
            raise PublishError(
                f"the site can't be packed: {error.strerror}", where=error.filename
            ) from error
        yield target


def author_of(content: Path, found: dict[str, AuthorFile], wanted: str | None) -> AuthorFile:
    """The author that a task is about: named by slug or name, else the only one, else the
    site's. Raises CrosslinkError."""
    if wanted is None and len(found) == 1:
        return next(iter(found.values()))
    name = wanted or site.load(content).author
    for slug, author in found.items():
        if name in (slug, author.name):
            return author
    raise CrosslinkError(
        f"there is no author {name!r}", where=content / authors.FOLDER,
        mend=f"Use --author with one of: {', '.join(found) or 'none, add a file first'}.",
    )  # fmt: skip


@contextmanager
def network(content: Path) -> Iterator[Client]:
    """The client, with what the desk's settings say may be reached beside the public
    internet. Raises SiteError."""
    from rejoinder.replies import settings

    allowed = settings.load(private.folder_of(content) / "desk").reachable_networks
    with Client(allow=allowed, deadline=30.0) as client:
        yield client


@contextmanager
def progress(what: str, *, by_bytes: bool = True) -> Iterator[Callable[[int, int], None]]:
    """A bar by bytes, or by pieces, on a terminal; silence elsewhere."""
    count = DownloadColumn() if by_bytes else MofNCompleteColumn()
    columns = (TextColumn(what), BarColumn(), count, TimeRemainingColumn())
    with Progress(*columns, console=errors, disable=not sys.stderr.isatty()) as bar:
        row = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(row, completed=done, total=total)


def short(path: str, root: Path) -> str:
    """A path below `root` without it."""
    try:
        return str(Path(path).relative_to(root))
    except ValueError:
        return path


def plain(text: str) -> str:
    """Text that the console prints as it is."""
    return text.replace("[", r"\[")
