"""The task that tells the author's network of a post."""

from __future__ import annotations

import os
from pathlib import Path

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from rejoinder import authors
from rejoinder.errors import CrosslinkError, FetchError
from rejoinder.profiles import credentials
from rejoinder.profiles.announcing import POSTED, Outcome, announce, find, places, preview
from rejoinder.tasks.common import (
    CONTENT,
    Folders,
    console,
    errors,
    network,
    plain,
    plain_errors,
)


@task(
    name="announce",
    help={
        "post": "the post, by its slug or its file",
        "to": "where: profiles by name or network, with commas between (default: all)",
        "text": "your own words in place of title and summary; the link is put after them",
        "again": "announce it once more where it has been announced",
        "dry_run": "show what would be said, and say nothing",
        "content": CONTENT,
    },
)
@plain_errors
def announce_post(
    context: Context,
    post: str,
    to: str = "",
    text: str = "",
    again: bool = False,
    dry_run: bool = False,
    content: str | None = None,
) -> None:
    """Tell your network of a post: posts to Mastodon and Bluesky, drafts for the others."""
    folders = Folders(context, content, None)
    announcement, writers = find(folders.content, post)
    held = credentials.load(folders.content)
    where = places(
        authors.load(folders.content), writers, [w.strip() for w in to.split(",") if w.strip()],
        lambda key, alone: credentials.choose(held, os.environ, key, alone),
    )  # fmt: skip
    if dry_run:
        for outcome in preview(folders.content, announcement, where, words=text):
            _show(outcome, "would be posted")
        return
    if any(place.is_posted for place in where):
        _be_there(folders.content, announcement.url)
    failed = False
    for outcome in announce(folders.content, announcement, where, words=text, again=again):
        _show(outcome, "posted")
        failed |= outcome.problem is not None
        out = outcome.entry is not None and not outcome.known
        failed |= bool(to) and outcome.place.profile.network in POSTED and not out
    if failed:
        raise Exit(code=1)


def _be_there(content: Path, url: str) -> None:
    """Nothing is announced that nobody can read. Raises CrosslinkError."""
    mend = "Run 'invoke publish' first."
    with network(content) as client:
        try:
            answer = client.get(url, max_bytes=8 << 20)
        except FetchError as error:
            raise CrosslinkError(f"the post can't be read there: {error.what}", where=url,
                                 mend=mend) from error  # fmt: skip
    if answer.status != 200:
        raise CrosslinkError(f"the post isn't there: {answer.status}", where=url, mend=mend)


def _show(outcome: Outcome, what: str) -> None:
    profile, draft = outcome.place.profile, outcome.draft
    name = f"{'/'.join(outcome.place.key)}"
    if outcome.known and outcome.entry is not None:
        console.print(f"{name}: announced already on {outcome.entry.date:%Y-%m-%d}: "
                      f"{outcome.entry.url}\n  --again announces it once more",
                      markup=False)  # fmt: skip
        return
    console.print(f"{name}: {draft.length} of {draft.limit} characters", markup=False)
    for line in draft.text.splitlines():
        console.print(f"  {line}".rstrip(), markup=False)
    if outcome.problem is not None:
        errors.print(f"[bold red]error:[/] {plain(f'{name}: {outcome.problem}')}")
    elif outcome.place.is_posted:
        console.print(f"  {what} {outcome.entry.url if outcome.entry else ''}".rstrip(),
                      markup=False)  # fmt: skip
    else:
        if profile.network in POSTED:
            console.print("  there is no token or password for it (docs/announcing.md)",
                          markup=False)  # fmt: skip
        console.print(f"  to send it by hand: {draft.share}", markup=False)
