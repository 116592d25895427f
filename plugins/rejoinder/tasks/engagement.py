"""The task that says how well the author converses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from invoke.context import Context
from invoke.tasks import task

from rejoinder import private, site
from rejoinder.comments.render import excerpt
from rejoinder.comments.store import CommentStore
from rejoinder.engagement import reading
from rejoinder.engagement.measures import of_totals
from rejoinder.engagement.numbers import counted
from rejoinder.engagement.report import FORMATS, render
from rejoinder.engagement.said import Post
from rejoinder.errors import EngagementError, RejoinderError
from rejoinder.tasks.common import (
    CONTENT,
    Folders,
    console,
    errors,
    plain,
    plain_errors,
    progress,
    short,
)


@task(
    help={
        "since": "posts published since a day, like 2026-01-31",
        "post": "one post, by its slug",
        "format": f"one of {', '.join(FORMATS)}",
        "mail": "send it to the moderators by the desk's mail settings instead",
        "content": CONTENT,
    }
)
@plain_errors
def report(
    context: Context,
    since: str | None = None,
    post: str | None = None,
    format: str = "text",
    mail: bool = False,
    content: str | None = None,
) -> None:
    """Say who waits for an answer, and how the conversation goes, from the files alone."""
    folders = Folders(context, content, None)
    if format not in FORMATS:
        raise RejoinderError(f"there is no format {format!r}", mend=f"Use {', '.join(FORMATS)}.")
    if post == "":
        raise RejoinderError("no post is named", mend="Write its slug, or leave out --post.")
    now = datetime.now(UTC).replace(microsecond=0)
    begin = None if since is None else _begin(folders.content, since, now)

    def is_since(one: Post) -> bool:
        return begin is None or (one.date is not None and one.date >= begin)

    def is_wanted(one: Post) -> bool:
        return one.thread == post if post else is_since(one)

    only = is_wanted if begin or post else None
    with _readable():
        talk = reading.read(folders.content, now, only=only)
    if post and not talk.posts:
        raise RejoinderError(f"there is no post {post!r}", where=folders.content)
    if post and not is_since(talk.posts[post]):
        raise RejoinderError(
            f"the post {post!r} was not published since {since}", mend="Leave out --since."
        )
    for problem in talk.problems:
        errors.print(plain(problem))
    if mail:
        _send(folders.content, talk, now)
        return
    found = of_totals(talk.posts.values(), talk.totals, now)
    store = CommentStore(folders.content)
    words: dict[str, str] = {}
    with _readable():
        for thread in {one.thread for one in found.awaiting}:
            words |= {c.id: excerpt(c, 80) for c in store.read(thread).comments}
    sys.stdout.write(render(found, talk.posts, now, format, words))


@task(
    iterable=["host"],
    help={
        "logs": "logs, folders of them or patterns, with commas between; - is standard input",
        "host": "another host that is this site's; may be given several times",
        "dry_run": "say what would be counted, and keep nothing",
        "content": CONTENT,
    },
)
@plain_errors
def measure(
    context: Context,
    logs: str,
    host: list[str] | None = None,
    dry_run: bool = False,
    content: str | None = None,
) -> None:
    """Count views from the web server's access logs; no line counts twice, however often it is
    given."""
    from rejoinder.engagement.logs.measuring import measure as count
    from rejoinder.engagement.logs.opening import find

    folders = Folders(context, content, None)
    names = [name.strip() for name in logs.split(",") if name.strip()]
    # What stands after the task's name is a log's, even where it looks like an option.
    options = [name for name in names if name[0] == "-" != name and not Path(name).exists()]
    if options or not names:
        problem = f"{options[0]!r} is no log" if options else "no log is named"
        mend = "Write `invoke measure LOGS`; `invoke --help measure` says what else it takes."
        raise RejoinderError(problem, mend=mend)
    given = find(names)
    with progress("counting") as show:
        found = count(folders.content, given, hosts=host or (), dry_run=dry_run, progress=show)
    for note in found.notes:
        errors.print(f"[yellow]note:[/] {plain(note)}")
    rows = [("views", found.views), ("views by people or bots", found.unknown),
            *(("left out: " + why, number) for why, number in found.left_out.most_common()),
            ("counted before", found.known), ("of days that are closed", found.closed)]  # fmt: skip
    wide = max(len(name) for name, _ in rows)
    for name, number in rows:
        if number:
            console.print(f"  {name:{wide}}  {number:>11,}", markup=False)
    what = "would be counted" if dry_run else "counted"
    new = found.lines - found.closed
    console.print(
        f"{counted(found.files, 'log')}, {counted(new, 'new line')} {what}, of"
        f" {counted(len(found.days), 'day')}",
        markup=False,
    )
    for path in found.changed:
        console.print(short(str(path), folders.root), markup=False)
    if not found.files:
        raise EngagementError("no log could be read")


def _begin(content: Path, since: str, now: datetime) -> datetime:
    """When a day begins where the site is. Raises RejoinderError for what is no day, or still to
    come."""
    try:
        zone = ZoneInfo(site.load(content).timezone)
        begin = datetime.fromisoformat(since).replace(tzinfo=zone)
    except ValueError as error:
        raise RejoinderError(f"{since!r} is no day", mend="Write 2026-01-31.") from error
    if begin > now:
        raise RejoinderError(f"{since} is still to come", mend="Use --since with a day before.")
    return begin


@contextmanager
def _readable() -> Iterator[None]:
    """What can't be read is told in a line. Raises EngagementError."""
    try:
        yield
    except OSError as error:
        raise EngagementError(
            f"it can't be read: {error.strerror or error}", where=error.filename,
            mend="It must be there, and yours to read; a link must lead somewhere.",
        ) from error  # fmt: skip


def _send(content: Path, talk: reading.Talk, now: datetime) -> None:
    """Queue the report, and carry what is due to the mail server. Raises RejoinderError."""
    from rejoinder.replies import settings
    from rejoinder.replies.desk import open_desk
    from rejoinder.replies.telling.reports import require_server

    require_server(settings.load(private.folder_of(content) / private.DESK))  # before one is made
    with open_desk(content) as desk:
        keys = desk.reports.send(talk, now)
        desk.postman.carry()
        late = desk.notices.deliveries.waiting(keys)
    if late:
        raise RejoinderError(
            f"{late} of {len(keys)} letters could not be sent",
            mend="They are in the queue: a running desk tries again. Look at [mail] in desk.toml.",
        )
    console.print(f"sent to {len(keys)} {'moderator' if len(keys) == 1 else 'moderators'}")
