"""The task that tells other sites of a post's links, and what `publish` does of it."""

from __future__ import annotations

import logging
import threading
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

logger = logging.getLogger(__name__)


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
    if not _is_wanted(content):
        return
    try:
        _send(content, output, dry_run=False)
    except RejoinderError as error:
        errors.print(f"[yellow]mentions:[/] {plain(str(error))}")


def tell_aside(content: Path, output: Path) -> None:
    """The same for a desk that runs: in a thread of its own, and told in its log."""

    def tell() -> None:
        try:
            if not _is_wanted(content):
                return
            report = prepare(content, output, datetime.now(UTC))
            if report.jobs:
                with network(content) as client:
                    send(content, report, client)
            logger.info("%s", _summary(report))
        except (RejoinderError, OSError) as error:
            logger.error("other sites aren't told of links, until the next publish: %s", error)

    threading.Thread(target=tell, name="mentions", daemon=True).start()


def _is_wanted(content: Path) -> bool:
    """Whether other sites are to be told. Raises SiteError."""
    facts = site.load(content)
    return bool(facts.url) and facts.mentions.send and not site.is_reserved(facts.url)


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
    if dry_run:
        console.print(f"{len(report.jobs)} mentions to send{_held(report)}", markup=False)
    elif report.jobs or report.held:
        console.print(_summary(report), markup=False)


def _summary(report: Report) -> str:
    return (
        f"mentions: {report.count(State.SENT)} sent, {report.count(State.NONE)} pages take "
        f"none, {report.count(State.FAILED)} to be tried again, "
        f"{report.count(State.REFUSED, State.GIVEN_UP)} refused or given up{_held(report)}"
    )


def _held(report: Report) -> str:
    return f", {report.held} links of older posts noted and left" if report.held else ""


def _tell(content: Path, report: Report) -> None:
    with network(content) as client, progress("telling", by_bytes=False) as show:
        send(content, report, client, progress=show)
    for job, outcome in report.outcomes:
        if outcome.state in (State.FAILED, State.REFUSED, State.GIVEN_UP):
            errors.print(plain(f"{job.target}: {outcome.state}: {outcome.problem}"))
