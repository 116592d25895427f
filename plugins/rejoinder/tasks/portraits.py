"""The task that asks Gravatar for portraits."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.context import Context
from invoke.tasks import task

from rejoinder.errors import FetchError, RejoinderError
from rejoinder.politely import PAUSE
from rejoinder.tasks.common import (
    CONTENT,
    Folders,
    console,
    errors,
    network,
    plain_errors,
    progress,
)

if TYPE_CHECKING:
    from rejoinder.replies.desk import Desk


@task(help={"content": CONTENT})
@plain_errors
def portraits(context: Context, content: str | None = None) -> None:
    """Ask Gravatar for the portraits of those who gave an e-mail address, where the site wants
    that; else take away those that came from there."""
    from rejoinder.replies import gravatars
    from rejoinder.replies.desk import open_desk

    with open_desk(Folders(context, content, None).content) as desk:
        is_wanted = desk.subjects.facts.discussions.gravatar
        if not is_wanted and not gravatars.is_any(desk.database):
            console.print("Gravatar is not asked: gravatar = true in [discussions] of site.toml "
                          "does that", markup=False)  # fmt: skip
            return
        with desk.database.publishing(30.0) as mine:
            if not mine:
                raise RejoinderError("a desk is publishing just now", mend="Run the task again.")
            if is_wanted:
                _bring(desk)
                _ask(desk)
                touched = _bring(desk)
            else:
                touched = gravatars.forget(desk.database, desk.content, datetime.now(UTC))
                _commit(desk, touched)
                console.print("what came from Gravatar is taken away")
    for path in dict.fromkeys(touched):
        console.print(f"{'wrote' if path.exists() else 'removed'} {path}", markup=False)


def _ask(desk: Desk) -> None:
    """Ask for all that is due, one after the other. What came is kept at once; with the first
    answer that says nothing it ends."""
    from rejoinder.replies import gravatar, gravatars

    told = desk.settings.gravatar
    now = datetime.now(UTC)
    emails = gravatars.due(desk.database, gravatars.oldest(now, told.days))
    found = done = 0
    with network(desk.content) as client, progress("Gravatar", by_bytes=False) as show:
        for done, email in enumerate(emails):
            show(done, len(emails))
            if done:
                time.sleep(PAUSE)
            try:
                found += gravatars.ask(
                    desk.database, email,
                    lambda one: gravatar.portrait(client, told.address, one), now,
                )  # fmt: skip
            except FetchError as error:
                errors.print(f"{error}", markup=False)
                break
        else:
            done = len(emails)
    console.print(f"Gravatar was asked for {done} of {len(emails)}, and had {found}")


def _bring(desk: Desk) -> list[Path]:
    from rejoinder.replies import gravatars

    touched = gravatars.bring(desk.database, desk.content, datetime.now(UTC))
    _commit(desk, touched)
    return touched


def _commit(desk: Desk, touched: list[Path]) -> None:
    from rejoinder.replies import publisher

    if touched and desk.settings.publishing.git:
        publisher.commit(desk.content, touched, "Change portraits")
