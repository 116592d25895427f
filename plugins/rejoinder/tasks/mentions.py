"""The task that tells other sites of a post's links, and what `publish` does of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from invoke.context import Context
from invoke.tasks import task

from rejoinder import site
from rejoinder.errors import CrosslinkError, RejoinderError
from rejoinder.mentions.sending import Report, prepare, send
from rejoinder.mentions.sent import State
from rejoinder.tasks.common import (
    CONTENT,
    OUTPUT,
    Folders,
    console,
    errors,
    network,
    plain,
    plain_errors,
    progress,
)


@task(help={"content": CONTENT, "output": OUTPUT, "dry_run": "list them, and send nothing"})
@plain_errors
def mentions(
    context: Context, content: str | None = None, output: str | None = None, dry_run: bool = False
) -> None:
    """Tell other sites that a post speaks of them, as publish does: what is new, changed, due."""
    folders = Folders(context, content, output)
    if not folders.output.is_dir():
        raise CrosslinkError("there is no built site", where=folders.output, mend="Run 'build'.")
    _send(folders.content, folders.output, dry_run)


def tell_of_links(content: Path, output: Path) -> None:
    """What `publish` does when the site is where readers look. A failure is told, and fails
    nothing: what was not sent is due the next time."""
    facts = site.load(content)
    if not facts.url or not facts.mentions.send or site.is_reserved(facts.url):
        return
    try:
        _send(content, output, dry_run=False)
    except RejoinderError as error:
        errors.print(f"[yellow]mentions:[/] {plain(str(error))}")


def _send(content: Path, output: Path, dry_run: bool) -> None:
    now = datetime.now(UTC)
    report = prepare(content, output, now, keep=not dry_run)
    if dry_run:
        for job in report.jobs:
            what = "the end of " if job.is_end else ""
            console.print(f"{job.thread}: would tell {what}{job.target}", markup=False)
    elif report.jobs:
        _tell(content, report)
    if report.unread:
        names = ", ".join(report.unread)
        errors.print(f"[yellow]mentions:[/] no h-entry found for {plain(names)}")
    held = f", {report.held} links of older posts noted and left" if report.held else ""
    if dry_run:
        console.print(f"{len(report.jobs)} mentions to send{held}", markup=False)
    elif report.jobs or held:
        console.print(
            f"mentions: {report.count(State.SENT)} sent, {report.count(State.NONE)} pages take "
            f"none, {report.count(State.FAILED)} to be tried again, "
            f"{report.count(State.REFUSED, State.GIVEN_UP)} refused or given up{held}",
            markup=False,
        )


def _tell(content: Path, report: Report) -> None:
    with network(content) as client, progress("telling", by_bytes=False) as show:
        send(content, report, client, progress=show)
    for job, outcome in report.outcomes:
        if outcome.state in (State.FAILED, State.REFUSED, State.GIVEN_UP):
            errors.print(plain(f"{job.target}: {outcome.state}: {outcome.problem}"))
