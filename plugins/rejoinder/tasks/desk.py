"""The tasks of the reply desk: run it, decide, let moderators in, and look after its data."""

from __future__ import annotations

import getpass
import json
import logging
import signal
import sys
import textwrap
import threading
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.context import Context
from invoke.tasks import task

from rejoinder import building, private, publish, site
from rejoinder.errors import RejoinderError
from rejoinder.tasks.common import (
    CONTENT,
    Folders,
    built,
    console,
    plain,
    plain_errors,
    public_settings,
)
from rejoinder.tasks.mentions import tell_aside

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from rejoinder.replies.bringing import Bringing
    from rejoinder.replies.desk import Desk

_LOOK_EVERY = 0.5  # seconds
_REPLY = "the reply's id, or how it ends or begins; several with commas"


@task(
    help={
        "content": f"{CONTENT}; several with commas, each found by its site's address",
        "port": "the port to listen on (default: 8001; 0 takes any free one)",
        "host": "the address to listen on (default: 127.0.0.1, for a web server in front)",
    }
)
@plain_errors
def desk(
    context: Context, content: str | None = None, port: int = 8001, host: str = "127.0.0.1"
) -> None:
    """Take readers' replies, and publish what is approved: the service behind the form."""
    from rejoinder.replies.server import DeskServer
    from rejoinder.replies.web.app import Sites, make_app
    from rejoinder.replies.worker import Worker

    _log_as_json()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    names = [name for name in (content or "").split(",") if name]
    places = [Folders(context, name, None) for name in names or (None,)]
    privates = {private.folder_of(folders.content.resolve()) for folders in places}
    if len(privates) < len(places):
        raise RejoinderError(
            "two of these contents have the same private folder beside them",
            where=sorted(privates)[0],
            mend="Give each site a folder of its own: one/content, two/content.",
        )
    with ExitStack() as closing:
        server = DeskServer(port, host)
        apps: dict[str, ASGIApp] = {}
        databases: set[str] = set()
        for folders in places:
            desk = closing.enter_context(_open(folders.content, len(places) > 1))
            databases.add(desk.database.where)
            if len(databases) <= len(apps):
                raise RejoinderError(
                    "two sites of this desk have the same database", where=desk.database.where,
                    mend="Give each its own 'database' in private/desk/desk.toml.",
                )  # fmt: skip
            bringing = _publisher(desk, folders)
            built = building.folder_of(folders.content, folders.public) / "site"
            came_out = partial(tell_aside, folders.content, built)
            closing.enter_context(Worker(desk, bringing, bringing, came_out))
            apps[desk.settings.address or desk.subjects.base] = make_app(desk)
        if len(apps) < len(places):
            raise RejoinderError(
                "two sites of this desk have the same address",
                mend="Set 'url' in each site's site.toml: requests are told apart by it.",
            )
        app = Sites(apps) if len(apps) > 1 else next(iter(apps.values()))
        closing.enter_context(server.run(app))
        console.print(f"[bold]Taking replies at {server.address}/reply[/] (stop with Ctrl-C)")
        with suppress(KeyboardInterrupt):
            # Python hears of a signal in this thread alone, and one that the system gave another
            # doesn't wake it.
            while not stop.wait(_LOOK_EVERY):
                pass
    console.print("stopped")


@task(help={"content": CONTENT, "spam": "list what was taken for spam instead"})
@plain_errors
def queue(context: Context, content: str | None = None, spam: bool = False) -> None:
    """List the replies that wait for a decision."""
    from rejoinder.replies.model import Status

    with _desk(context, content) as desk:
        found = desk.queue.with_status(Status.SPAM) if spam else desk.queue.waiting()
        for reply in found:
            why = desk.queue.history(reply.id)[-1]
            console.print(f"[bold]{reply.id}[/]  {plain(reply.name)} on {plain(reply.thread)}")
            console.print(f"    [dim]{plain(why.by)}: {plain(why.why)}[/]")
            text = reply.text if reply.proposed is None else f"(new words) {reply.proposed}"
            console.print(plain(textwrap.indent(text, "    ")), soft_wrap=False)
    console.print(f"{len(found)} {'taken for spam' if spam else 'waiting'}")


@task(positional=["reply"], help={"reply": _REPLY, "content": CONTENT})
@plain_errors
def approve(context: Context, reply: str, content: str | None = None) -> None:
    """Publish a reply: its file is written below content/comments/."""
    _decide(context, reply, content, "approved")


@task(
    positional=["reply"],
    help={"reply": _REPLY, "spam": "it is spam", "why": "for your own records",
          "content": CONTENT},
)  # fmt: skip
@plain_errors
def reject(
    context: Context, reply: str, spam: bool = False, why: str = "", content: str | None = None
) -> None:
    """Don't publish a reply, or take a published one back."""
    _decide(context, reply, content, "spam" if spam else "rejected", why)


@task(positional=["reply"], help={"reply": _REPLY, "content": CONTENT})
@plain_errors
def undo(context: Context, reply: str, content: str | None = None) -> None:
    """Take the last decision on a reply back."""
    _decide(context, reply, content, "")


@task(
    positional=["name"],
    help={
        "name": "who may decide",
        "email": "where letters on waiting replies go, and links to sign in",
        "author": "the slug of the author they answer as (default: the site's)",
        "password": "ask for a password",
        "remove": "end the account",
        "address": "where the desk is (default: the site's address)",
        "content": CONTENT,
    },
)
@plain_errors
def moderator(
    context: Context,
    name: str,
    email: str | None = None,
    author: str | None = None,
    password: bool = False,
    remove: bool = False,
    address: str = "",
    content: str | None = None,
) -> None:
    """Let somebody decide on replies, and print a link that lets them in once."""
    with _desk(context, content) as desk:
        if remove:
            desk.moderators.remove(name)
            console.print(f"{name} may no longer decide", markup=False)
            return
        secret = None
        if password:
            secret = _ask_password()
        is_new = desk.moderators.save(name, email=email, password=secret, author_id=author)
        console.print(f"{name} {'may decide now' if is_new else 'is changed'}", markup=False)
        link = way_in(desk, address or desk.notices.desk, name)
        console.print(f"For an hour, and once: {link}", markup=False)


@task(help={"content": CONTENT})
@plain_errors
def moderators(context: Context, content: str | None = None) -> None:
    """List who may decide on replies."""
    with _desk(context, content) as desk:
        for one in desk.moderators.all():
            has = "a password" if one.has_password else "no password"
            console.print(f"{one.name}  {one.email or 'no email'}, {has}", markup=False)


@task(
    positional=["action", "email"],
    help={
        "action": "export (all that is held on them, as JSON) or erase",
        "email": "the person's e-mail address, or that of an account that they signed in to",
        "content": CONTENT,
    },
)
@plain_errors
def person(context: Context, action: str, email: str, content: str | None = None) -> None:
    """Give somebody all that is held on them, or remove it."""
    from rejoinder.replies import people

    with _desk(context, content) as desk:
        if action == "export":
            found = people.export(desk.database, desk.content, desk.private, email)
            console.print_json(json.dumps(found, default=str))
        elif action == "erase":
            report = people.erase(
                desk.queue, desk.content, desk.private, email, by=getpass.getuser(),
                now=datetime.now(UTC),
            )  # fmt: skip
            desk.publish()
            console.print(report.text(), markup=False)
        else:
            raise RejoinderError(f"{action!r} can't be done", mend="Use export or erase.")


@task(positional=["file"], help={"file": "where to (a new file)", "content": CONTENT})
@plain_errors
def backup(context: Context, file: str, content: str | None = None) -> None:
    """Write all that the desk holds into one file, while it runs."""
    from rejoinder.replies import backup as backups

    path = Path(file).absolute()
    if path.exists():
        raise RejoinderError("there is such a file already", where=path)
    with _desk(context, content) as desk:
        secret = (desk.folder / "secret").read_text("utf-8").strip()
        rows = backups.back_up(desk.database, secret, path)
    console.print(f"{path}: {rows} rows. It holds private data: keep it safe.", markup=False)


@task(positional=["file"], help={"file": "a file that backup wrote", "content": CONTENT})
@plain_errors
def restore(context: Context, file: str, content: str | None = None) -> None:
    """Fill an empty desk from a backup; the desk must not be running."""
    from rejoinder.replies.desk import restore_desk

    rows = restore_desk(Folders(context, content, None).content, Path(file))
    console.print(f"{rows} rows restored", markup=False)


def way_in(desk: Desk, address: str, name: str = "") -> str:
    """A link that lets a moderator in once; whoever runs the tasks is one."""
    from rejoinder.replies.signing import Link

    name = name or getpass.getuser()
    desk.moderators.save(name)
    return f"{address}/reply/desk/enter/{desk.signer.link(Link('enter', name))}"


def _publisher(desk: Desk, folders: Folders) -> Bringing | None:
    """How a running desk brings files to pages: as `publish` does, else into `output`."""
    from rejoinder.press.press import Press
    from rejoinder.replies.bringing import Bringing

    if desk.settings.publishing.after == "nothing":
        return None
    content = folders.content

    def target() -> str:
        return folders.place(site.load(content).publish) or str(folders.output)

    def bring(fresh: Path) -> None:
        desk.database.still_publishing()
        result = publish.publish(fresh, target(), one_by_one=True)
        logging.getLogger(__name__).info("published: %s", result.summary)
        desk.notices.announce(datetime.now(UTC))

    return Bringing(
        content,
        Press(content, building.state_file(content, folders.public)),
        lambda meanwhile: built(
            content, folders.public, public_settings(content), meanwhile=meanwhile
        ),
        bring,
        lambda: publish.folder(target()),
    )


def _desk(context: Context, content: str | None) -> Desk:
    return _open(Folders(context, content, None).content, False)


def _open(content: Path, is_one_of_many: bool) -> Desk:
    from rejoinder.replies.desk import open_desk

    return open_desk(content, is_one_of_many=is_one_of_many)


def _decide(context: Context, which: str, content: str | None, status: str, why: str = "") -> None:
    from rejoinder.replies.model import Status
    from rejoinder.replies.queue import find, words_digest

    parts = [part.strip() for part in which.split(",") if part.strip()]
    if not parts:
        raise RejoinderError("no reply is named", mend="'invoke queue' lists them.")
    with _desk(context, content) as desk:
        found = [find(desk.queue, part) for part in parts]  # all of them, before the first
        now, by = datetime.now(UTC), getpass.getuser()
        try:
            for reply in found:
                if status:
                    done = desk.queue.decide(
                        reply.id, Status(status), by=by, why=why, now=now,
                        seen=words_digest(reply),
                    )  # fmt: skip
                else:
                    done = desk.queue.undo(reply.id, by=by, now=now)
                console.print(f"{done.id} is {done.status}: {done.name} on {done.thread}",
                              markup=False)  # fmt: skip
                console.print(textwrap.indent(done.text, "    "), markup=False)
        finally:
            for path in desk.publish():
                console.print(f"{'wrote' if path.exists() else 'removed'} {path}", markup=False)


def _ask_password() -> str:
    """A password, twice from a terminal, or one line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("Once more: "):
        raise RejoinderError("the two passwords are not the same")
    return first


def _log_as_json() -> None:
    """One JSON object a line on standard error, for whatever collects logs."""
    from pythonjsonlogger.json import JsonFormatter

    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{name}{message}", style="{", datefmt="%Y-%m-%dT%H:%M:%S%z",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            json_ensure_ascii=False,
        )
    )  # fmt: skip
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("rejoinder").setLevel(logging.INFO)
