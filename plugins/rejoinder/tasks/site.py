"""The tasks of the site itself: build, serve, publish, write, move in, check."""

from __future__ import annotations

import signal
import tempfile
import threading
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from rejoinder import atomic, building, check, posts, private, publish, site
from rejoinder.errors import PublishError, RejoinderError
from rejoinder.tasks.common import (
    CONTENT,
    OUTPUT,
    Folders,
    built,
    console,
    errors,
    plain,
    plain_errors,
    public_settings,
    short,
)
from rejoinder.tasks.mentions import tell_of_links


@task(help={"content": CONTENT, "output": OUTPUT, "explain": "say why each page was rendered"})
@plain_errors
def build(
    context: Context, content: str | None = None, output: str | None = None, explain: bool = False
) -> None:
    """Build the site as it is published: real addresses, no drafts. What is as it was stays."""
    folders = Folders(context, content, output)
    public = public_settings(folders.content)
    with built(folders.content, folders.public, public, explain=explain) as fresh:
        result = publish.publish(fresh, str(folders.output))
    console.print(f"{folders.output}: {result.summary}", markup=False)


@task(
    help={
        "content": CONTENT,
        "output": "a folder for the built site (default: one that goes away at the end)",
        "port": "the port to listen on (default: 8000; 0 takes any free one)",
    }
)
@plain_errors
def serve(
    context: Context, content: str | None = None, output: str | None = None, port: int = 8000
) -> None:
    """Build the site with its drafts, serve it and its reply desk, rebuild on every change."""
    from rejoinder import preview
    from rejoinder.press.press import Press
    from rejoinder.replies.bringing import Bringing
    from rejoinder.replies.desk import open_desk
    from rejoinder.replies.server import DeskServer
    from rejoinder.replies.web.app import make_app
    from rejoinder.replies.worker import Worker
    from rejoinder.tasks.desk import way_in

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with tempfile.TemporaryDirectory(prefix="rejoinder-") as scratch, ExitStack() as closing:
        folders = Folders(context, content, output or str(Path(scratch) / "site"))
        settings = folders.settings("pelicanconf.py")
        server = DeskServer(port)
        desk = closing.enter_context(open_desk(folders.content, site_url=server.address))
        page = preview.Preview(folders.output, folders.content, make_app(desk))
        local = {"SITEURL": "", "FEED_DOMAIN": server.address, "COMMENTS_REPLY_URL": "/reply",
                 "COMMENTS_BEACON": False}  # fmt: skip  # the author's own looks are no views

        bringing = Bringing(
            folders.content,
            Press(folders.content, building.state_file(folders.content, settings)),
            lambda meanwhile: built(folders.content, settings, local, meanwhile=meanwhile),
            lambda fresh: publish.publish(fresh, str(folders.output), one_by_one=True),
            lambda: folders.output,
        )

        def rebuild(changed: set[str]) -> str:
            for path in sorted(changed)[:3]:
                console.print(f"changed: {short(path, folders.root)}", markup=False)
            try:
                if all(bringing.is_said(Path(path)) for path in changed):
                    bringing.press(map(Path, changed))
                bringing()
            except RejoinderError as error:
                errors.print(f"[bold red]error:[/] {plain(str(error))}")
                return str(error)
            return ""

        page.problem = rebuild(set())
        watched = [folders.content, folders.root / "theme", folders.root / "plugins", settings]
        try:
            closing.enter_context(Worker(desk))
            closing.enter_context(server.run(page))
            console.print(f"[bold]Serving {server.address}/[/] (stop with Ctrl-C)")
            console.print(f"What readers send: {way_in(desk, server.address)}", markup=False)
            for batch in preview.changes(watched, stop):
                page.problem = rebuild(batch)
        except KeyboardInterrupt:
            stop.set()
        console.print("stopped")


@task(
    name="publish",
    help={
        "to": "where to: a folder, rsync:HOST:PATH, git:REMOTE#BRANCH or s3://BUCKET/PREFIX"
        " (default: 'publish' in site.toml)",
        "dry_run": "say what would change, and change nothing",
        "force": "publish into a folder that holds files of somebody else's, which stay",
        "mentions": "tell other sites that a post speaks of them (--no-mentions leaves it)",
        "content": CONTENT,
    },
)
@plain_errors
def publish_site(
    context: Context,
    to: str | None = None,
    dry_run: bool = False,
    force: bool = False,
    mentions: bool = True,
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
    with built(folders.content, folders.public, public_settings(folders.content)) as fresh:
        result = publish.publish(fresh, target, dry_run=dry_run, force=force)
        console.print(result.text() if dry_run else f"{target}: {result.summary}", markup=False)
        # Only where readers look: at another place the links may be nobody's to see.
        if mentions and not dry_run and to is None:
            tell_of_links(folders.content, fresh)
    if not dry_run and (private.folder_of(folders.content) / "desk").is_dir():
        from rejoinder.replies.desk import open_desk

        with open_desk(folders.content) as desk:
            desk.is_published()


@task(
    positional=["title"],
    help={"title": "the post's title", "author": "its author (default: the site's)",
          "content": CONTENT},
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


@task(name="check", help={"content": CONTENT, "output": OUTPUT})
@plain_errors
def check_site(context: Context, content: str | None = None, output: str | None = None) -> None:
    """Say what is wrong with the site, a line for each; exit code 1 when something is."""
    folders = Folders(context, content, output)
    # Another site's content is not to be held against the output of this one.
    named = output or not content
    output_folder = folders.output if named and folders.output.is_dir() else None
    if output and output_folder is None:
        raise RejoinderError("there is no built site", where=output, mend="Run 'build' first.")
    problems = check.run(folders.content, output_folder)
    for problem in problems:
        console.print(str(problem), markup=False)
    wrong = [problem for problem in problems if problem.is_error]
    notes = len(problems) - len(wrong)
    looked = f"{folders.content}" + (
        f" and {output_folder}" if output_folder else " (no built site)"
    )
    console.print(f"{looked}: {len(wrong)} wrong, {notes} to note", markup=False)
    if wrong:
        raise Exit(code=1)


@task(help={"output": OUTPUT})
@plain_errors
def clean(context: Context, output: str | None = None) -> None:
    """Remove the built site, and nothing else: everything in it can be built again."""
    folders = Folders(context, None, output)
    publish.remove(folders.output)
    console.print(f"removed {folders.output}", markup=False)
