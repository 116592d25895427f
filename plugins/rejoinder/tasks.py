"""The tasks of a site, as an invoke collection. Another site's `tasks.py` is two lines:

    from rejoinder.tasks import site_tasks
    namespace = site_tasks(__file__)

Thin on purpose: every task finds its folders, calls the library, and says what came of it.
"""

from __future__ import annotations

import contextlib
import getpass
import signal
import sys
import tempfile
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from rejoinder import atomic, building, check, posts, publish, site
from rejoinder.errors import FetchError, PublishError, RejoinderError

if TYPE_CHECKING:
    from rejoinder.replies.desk import Desk

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

SOURCES = ("wordpress",)


def site_tasks(tasks_file: str) -> Collection:
    """All tasks, for the site whose `tasks.py` calls this with its `__file__`."""
    namespace = Collection(
        build, serve, publish_site, new, import_site, check_site, clean,
        desk, queue, approve, reject, undo,
    )  # fmt: skip
    namespace.configure({"rejoinder": {"root": str(Path(tasks_file).absolute().parent)}})
    return namespace


def plain_errors(body: Callable[..., None]) -> Callable[..., None]:
    """What a user can mend is told in a line and ends with exit code 1; bugs surface."""

    @wraps(body)
    def told(*args: Any, **kwargs: Any) -> None:
        try:
            body(*args, **kwargs)
        except RejoinderError as error:
            errors.print(f"[bold red]error:[/] {_plain(str(error))}")
            raise Exit(code=1) from error

    return told


class Folders:
    """Where a task reads and writes: the options, else the site's own folders."""

    def __init__(self, context: Context, content: str | None, output: str | None) -> None:
        self.root = Path(context.config.rejoinder.root)
        self.content = Path(content).absolute() if content else self.root / "content"
        self.output = Path(output).absolute() if output else self.root / "output"

    def place(self, target: str) -> str:
        """Where `site.toml` publishes to: a relative folder is beside the content."""
        is_folder = target and ":" not in target[2:] and not target.startswith("~")
        return str(self.content.parent / target) if is_folder else target

    def settings(self, name: str) -> Path:
        path = self.root / name
        return path if path.is_file() else self.root / "pelicanconf.py"


_CONTENT = "the content folder (default: content)"
_OUTPUT = "the folder of the built site (default: output)"


@task(help={"content": _CONTENT, "output": _OUTPUT})
@plain_errors
def build(context: Context, content: str | None = None, output: str | None = None) -> None:
    """Build the site as it is published: real addresses, no drafts."""
    folders = Folders(context, content, output)
    settings, public = folders.settings("publishconf.py"), _public(folders.content)
    with _built(folders.content, settings, folders.output, public) as built:
        result = publish.publish(built, str(folders.output))
    console.print(f"{folders.output}: {result.summary}", markup=False)


@task(
    help={
        "content": _CONTENT,
        "output": "a folder for the built site (default: one that goes away at the end)",
        "port": "the port to listen on (default: 8000; 0 takes any free one)",
        "desk_port": "the reply desk's port (default: 8001; 0 takes any free one)",
    }
)
@plain_errors
def serve(
    context: Context,
    content: str | None = None,
    output: str | None = None,
    port: int = 8000,
    desk_port: int = 8001,
) -> None:
    """Build the site with its drafts, serve it and its reply desk, rebuild on every change."""
    from rejoinder import preview
    from rejoinder.replies.desk import open_desk
    from rejoinder.replies.server import DeskServer

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with tempfile.TemporaryDirectory(prefix="rejoinder-") as scratch, ExitStack() as closing:
        folders = Folders(context, content, output or str(Path(scratch) / "site"))
        settings = folders.settings("pelicanconf.py")
        server = preview.Preview(folders.output, folders.content, port=port)
        desk = closing.enter_context(open_desk(folders.content, site_url=server.address))
        replies = DeskServer(desk, desk_port)
        address = server.address.rstrip("/")

        def rebuild(changed: set[str]) -> str:
            for path in sorted(changed)[:3]:
                console.print(f"changed: {_short(path, folders.root)}", markup=False)
            try:
                local = {"SITEURL": "", "FEED_DOMAIN": address,
                         "COMMENTS_REPLY_URL": f"{replies.address}/reply"}  # fmt: skip
                with _built(folders.content, settings, folders.output, local) as built:
                    publish.publish(built, str(folders.output))
            except RejoinderError as error:
                errors.print(f"[bold red]error:[/] {_plain(str(error))}")
                return str(error)
            return ""

        server.problem = rebuild(set())
        console.print(f"[bold]Serving {server.address}[/] (stop with Ctrl-C)")
        watched = [folders.content, folders.root / "theme", folders.root / "plugins", settings]
        try:
            with replies:
                preview.serve(server, watched, rebuild, stop)
        except KeyboardInterrupt:
            stop.set()
        console.print("stopped")


@task(help={"content": _CONTENT, "port": "the port to listen on, of this machine (default: 8001)"})
@plain_errors
def desk(context: Context, content: str | None = None, port: int = 8001) -> None:
    """Take readers' replies: the service behind the form, without the site."""
    from rejoinder.replies.desk import open_desk
    from rejoinder.replies.server import DeskServer

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    folders = Folders(context, content, None)
    with open_desk(folders.content) as desk, DeskServer(desk, port) as server:
        console.print(f"[bold]Taking replies at {server.address}/reply[/] (stop with Ctrl-C)")
        with contextlib.suppress(KeyboardInterrupt):
            stop.wait()
    console.print("stopped")


@task(help={"content": _CONTENT, "spam": "list what was taken for spam instead"})
@plain_errors
def queue(context: Context, content: str | None = None, spam: bool = False) -> None:
    """List the replies that wait for a decision."""
    from rejoinder.replies.model import Status

    with _desk(context, content) as desk:
        found = desk.queue.with_status(Status.SPAM if spam else Status.PENDING)
    for reply in found:
        console.print(f"[bold]{reply.id}[/]  {_plain(reply.name)} on {_plain(reply.thread)}")
        console.print(_plain(textwrap.indent(reply.text, "    ")), soft_wrap=False)
    console.print(f"{len(found)} {'taken for spam' if spam else 'waiting'}")


_REPLY = "the reply's id, or how it ends or begins; several with commas"


@task(positional=["reply"], help={"reply": _REPLY, "content": _CONTENT})
@plain_errors
def approve(context: Context, reply: str, content: str | None = None) -> None:
    """Publish a reply: its file is written below content/comments/."""
    _decide(context, reply, content, "approved")


@task(
    positional=["reply"],
    help={"reply": _REPLY, "spam": "it is spam", "why": "for your own records",
          "content": _CONTENT},
)  # fmt: skip
@plain_errors
def reject(
    context: Context, reply: str, spam: bool = False, why: str = "", content: str | None = None
) -> None:
    """Don't publish a reply, or take a published one back."""
    _decide(context, reply, content, "spam" if spam else "rejected", why)


@task(positional=["reply"], help={"reply": _REPLY, "content": _CONTENT})
@plain_errors
def undo(context: Context, reply: str, content: str | None = None) -> None:
    """Take the last decision on a reply back."""
    _decide(context, reply, content, "")


def _desk(context: Context, content: str | None) -> Desk:
    from rejoinder.replies.desk import open_desk

    return open_desk(Folders(context, content, None).content)


def _decide(context: Context, which: str, content: str | None, status: str, why: str = "") -> None:
    from rejoinder.replies.model import Status
    from rejoinder.replies.queue import find

    with _desk(context, content) as desk:
        for part in filter(None, which.split(",")):
            reply = find(desk.queue, part.strip())
            now, by = datetime.now(UTC), getpass.getuser()
            if status:
                done = desk.queue.decide(reply.id, Status(status), by=by, why=why, now=now)
            else:
                done = desk.queue.undo(reply.id, by=by, now=now)
            console.print(f"{done.id} is {done.status}")
        for path in desk.publish():
            console.print(f"{'wrote' if path.exists() else 'removed'} {path}", markup=False)


@task(
    name="publish",
    help={
        "to": "where to: a folder, rsync:HOST:PATH, git:REMOTE#BRANCH or s3://BUCKET/PREFIX"
        " (default: 'publish' in site.toml)",
        "dry_run": "say what would change, and change nothing",
        "force": "publish into a folder that holds files of somebody else's, which stay",
        "content": _CONTENT,
    },
)
@plain_errors
def publish_site(
    context: Context,
    to: str | None = None,
    dry_run: bool = False,
    force: bool = False,
    content: str | None = None,
) -> None:
    """Build the site aside, then bring it to where it is served, whole."""
    folders = Folders(context, content, None)
    target = to or folders.place(site.load(folders.content).publish)
    if not target:
        raise PublishError(
            "it is not said where to publish",
            where=folders.content / site.FILE,
            mend='Add a line like publish = "/var/www/site", or use --to.',
        )
    settings, public = folders.settings("publishconf.py"), _public(folders.content)
    with _built(folders.content, settings, overrides=public) as built:
        result = publish.publish(built, target, dry_run=dry_run, force=force)
    console.print(result.text() if dry_run else f"{target}: {result.summary}", markup=False)


@task(
    positional=["title"],
    help={"title": "the post's title", "author": "its author (default: the site's)",
          "content": _CONTENT},
)  # fmt: skip
@plain_errors
def new(
    context: Context, title: str, author: str | None = None, content: str | None = None
) -> None:
    """Begin a post: a draft with its front matter filled in."""
    folders = Folders(context, content, None)
    facts = site.load(folders.content)
    now = datetime.now(ZoneInfo(facts.timezone)).replace(microsecond=0)
    slug = posts.slugify(title)[:80].strip("-")
    if not slug:
        raise RejoinderError(f"no address can be made of the title {title!r}")
    path = folders.content / "posts" / f"{now:%Y-%m-%d}-{slug}.md"
    if path.exists():
        raise RejoinderError("there is such a post already", where=path)
    head = {
        "Title": " ".join(title.split()),
        "Date": now.isoformat(" "),
        "Slug": slug,
        "Author": author or facts.author,
        "Category": "",
        "Tags": "",
        "Summary": "",
        "Status": "draft",
    }
    lines = "".join(f"{name}: {value}".rstrip() + "\n" for name, value in head.items())
    atomic.write_text(path, lines + "\n")
    console.print(str(path), markup=False)


@task(
    name="import",
    positional=["source", "file"],
    help={
        "source": f"what the file comes from: {', '.join(SOURCES)}",
        "file": "the export",
        "dry_run": "say what would be done, and write nothing",
        "timezone": "the old site's time zone, like Europe/London (default: found out)",
        "fetch_media": "download the attachments that the export lists",
        "content": _CONTENT,
    },
)
@plain_errors
def import_site(
    context: Context,
    source: str,
    file: str,
    dry_run: bool = False,
    timezone: str | None = None,
    fetch_media: bool = False,
    content: str | None = None,
) -> None:
    """Bring posts and comments here from another system; a second run changes nothing."""
    if source not in SOURCES:
        raise RejoinderError(
            f"nothing can be imported from {source!r}", mend=f"Use one of: {', '.join(SOURCES)}."
        )
    from rejoinder.migrate import wordpress

    fetch = None
    if fetch_media:
        from rejoinder.web import Client

        client = Client()

        def fetch(url: str) -> bytes:
            answer = client.get(url)
            if answer.status != 200:
                raise FetchError(f"the server answered {answer.status}", where=url)
            return answer.body

    folders = Folders(context, content, None)
    with _progress(f"reading {Path(file).name}") as progress:
        report = wordpress.run(
            Path(file),
            folders.content,
            dry_run=dry_run,
            timezone=timezone,
            fetch=fetch,
            progress=progress,
        )
    console.print(report.text(), markup=False)
    if not report.closes:
        raise Exit(code=1)


@task(name="check", help={"content": _CONTENT, "output": _OUTPUT})
@plain_errors
def check_site(context: Context, content: str | None = None, output: str | None = None) -> None:
    """Say what is wrong with the site, a line for each; exit code 1 when something is."""
    folders = Folders(context, content, output)
    # Another site's content is not to be held against the output of this one.
    named = output or not content
    built = folders.output if named and folders.output.is_dir() else None
    if output and built is None:
        raise RejoinderError("there is no built site", where=output, mend="Run 'build' first.")
    problems = check.run(folders.content, built)
    for problem in problems:
        console.print(str(problem), markup=False)
    wrong = [problem for problem in problems if problem.is_error]
    notes = len(problems) - len(wrong)
    looked = f"{folders.content}" + (f" and {built}" if built else " (no built site)")
    console.print(f"{looked}: {len(wrong)} wrong, {notes} to note", markup=False)
    if wrong:
        raise Exit(code=1)


@task(help={"output": _OUTPUT})
@plain_errors
def clean(context: Context, output: str | None = None) -> None:
    """Remove the built site, and nothing else: everything in it can be built again."""
    folders = Folders(context, None, output)
    publish.remove(folders.output)
    console.print(f"removed {folders.output}", markup=False)


def _public(content: Path) -> dict[str, Any]:
    """What a published site is whatever its settings say: without drafts, and at its own
    address where `site.toml` names one."""
    settings: dict[str, Any] = {"DRAFT_SAVE_AS": "", "DRAFT_PAGE_SAVE_AS": ""}
    url = site.load(content).url
    return settings | ({"SITEURL": url, "FEED_DOMAIN": url} if url else {})


@contextmanager
def _built(
    content: Path,
    settings: Path,
    beside: Path | None = None,
    overrides: dict[str, Any] | None = None,
) -> Iterator[Path]:
    """A whole site in a scratch folder, on the file system of `beside` so that it can be moved.
    Raises PublishError, naming each error, when Pelican or a plugin had any."""
    if beside is not None:
        beside.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix=".rejoinder-", dir=beside.parent if beside else None
    ) as scratch:
        target = Path(scratch) / "site"
        with console.status("building"):
            done = building.build(content, target, settings, overrides)
        for warning in done.warnings:
            errors.print(f"[yellow]warning:[/] {_plain(warning)}")
        if done.errors:
            for error in done.errors[:-1]:
                errors.print(f"[bold red]error:[/] {_plain(error)}")
            raise PublishError(done.errors[-1])
        console.print(f"built {done.summary or 'an empty site'} in {done.seconds:.1f} s")
        yield target


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar by bytes, on a terminal; silence elsewhere."""
    columns = (TextColumn(what), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, disable=not sys.stderr.isatty()) as bar:
        row = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(row, completed=done, total=total)


def _short(path: str, root: Path) -> str:
    try:
        return str(Path(path).relative_to(root))
    except ValueError:
        return path


def _plain(text: str) -> str:
    return text.replace("[", r"\[")
