"""What was sent to whom: `content/mentions/<thread>.txt`, a block for each link of a post.

What is to be sent next is decided here, without I/O: from these files, the links that the built
page has now, and the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from rejoinder import atomic
from rejoinder.blocks import blocks, once
from rejoinder.comments.model import one_line
from rejoinder.comments.store import folder_name, thread_key
from rejoinder.errors import CrosslinkError
from rejoinder.mentions.outgoing import Outgoing

FOLDER = "mentions"
PAUSES = tuple(timedelta(hours=h) for h in (1, 6, 24, 72))
"""How long to wait after each failure; after the last it is given up, until the post changes."""

YOUNG = timedelta(days=7)
"""At the very first time, older posts have been told of long ago, or never will be."""


_END = "end"
"""In place of a digest: what was told is that the link is gone."""


class State(StrEnum):
    """What became of a mention."""

    SENT = "sent"
    NONE = "none"  # the page takes no mentions
    REFUSED = "refused"  # its server said no: 4xx
    FAILED = "failed"  # to be tried again
    GIVEN_UP = "given up"
    OLD = "old"  # the post is older than this record


@dataclass(frozen=True, slots=True)
class Sent:
    """A link of a post, and what became of telling it. `digest` is that of the words it was told
    of; `at` is when; `due` is when a failed one is tried again; `status` is the page's that a
    receiver gave, to look at; `told` says that it was ever accepted, so that it must hear of
    the end."""

    source: str
    target: str
    state: State
    digest: str
    at: datetime
    endpoint: str = ""
    status: str = ""
    problem: str = ""
    tries: int = 0
    due: datetime | None = None
    told: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """A mention to be sent. `is_end` tells that the link is gone."""

    thread: str
    source: str
    target: str
    digest: str
    known: Sent | None = None
    is_end: bool = False


def plan(
    thread: str, source: str, now_there: Outgoing | None, known: Mapping[str, Sent], now: datetime
) -> list[Job]:
    """What is to be sent of one post: new links; all that are told when the words have changed;
    failed ones when it is time; and the end of those that it no longer has, or of all, where
    `now_there` is None because the post is gone."""
    jobs = []
    links = now_there.links if now_there else ()
    for target in links:
        before = known.get(target)
        assert now_there is not None
        job = Job(thread, source, target, now_there.digest, before)
        if before is None or _is_changed(before, now_there.digest) or _is_due(before, now):
            jobs.append(job)
    for target, before in known.items():
        waits = before.state is State.FAILED and not _is_due(before, now)
        is_over = before.state is State.GIVEN_UP and before.digest == _END
        if target not in links and before.told and not waits and not is_over:
            jobs.append(Job(thread, before.source, target, _END, before, is_end=True))
    return jobs


def _is_changed(before: Sent, digest: str) -> bool:
    return before.digest != digest and before.state is not State.OLD


def _is_due(before: Sent, now: datetime) -> bool:
    """Whether one that failed is to be tried again."""
    return before.state is State.FAILED and (before.due is None or before.due <= now)


def settle(job: Job, outcome: Sent) -> Sent | None:
    """The record after a try; None when there is nothing more to remember."""
    before = job.known
    tries = before.tries if before and before.digest == job.digest else 0
    told = outcome.state is State.SENT or bool(before and before.told)
    if outcome.state is State.FAILED:
        if tries >= len(PAUSES):
            return replace(outcome, state=State.GIVEN_UP, tries=tries + 1, told=told)
        due = max(outcome.at + PAUSES[tries], outcome.due or outcome.at)
        return replace(outcome, tries=tries + 1, due=due, told=told)
    return None if job.is_end else replace(outcome, told=told)


_FIELDS = ("Target", "Source", "State", "Digest", "At", "Endpoint", "Status", "Problem", "Tries",
           "Due", "Told")  # fmt: skip


def format_sent(rows: Iterable[Sent]) -> str:
    """The text of a file, by target."""
    return "\n".join(_format(row) for row in sorted(rows, key=lambda row: row.target))


def parse_sent(text: str, where: Path) -> dict[str, Sent]:
    """The rows of a file's text, by target. Raises CrosslinkError, with the line."""
    found: dict[str, Sent] = {}
    for block in blocks(text, where):
        values = once(block, _FIELDS, where)
        try:
            row = Sent(
                source=values["Source"], target=values["Target"], state=State(values["State"]),
                digest=values.get("Digest", ""), at=datetime.fromisoformat(values["At"]),
                endpoint=values.get("Endpoint", ""), status=values.get("Status", ""),
                problem=values.get("Problem", ""), tries=int(values.get("Tries", "0")),
                due=datetime.fromisoformat(values["Due"]) if "Due" in values else None,
                told=values.get("Told") == "yes",
            )  # fmt: skip
        except (KeyError, ValueError) as error:
            raise CrosslinkError(
                f"the block can't be read: {error}", where=where, line=block[0].number,
                mend="Remove it: the mention is then sent again.",
            ) from error  # fmt: skip
        found[row.target] = row
    return found


def _format(row: Sent) -> str:
    values = {
        "Target": row.target, "Source": row.source, "State": row.state, "Digest": row.digest,
        "At": str(row.at.astimezone(UTC).replace(microsecond=0)), "Endpoint": row.endpoint,
        "Status": row.status, "Problem": row.problem, "Tries": str(row.tries or ""),
        "Due": str(row.due.astimezone(UTC).replace(microsecond=0)) if row.due else "",
        "Told": "yes" if row.told else "",
    }  # fmt: skip
    return "".join(f"{name}: {one_line(value)}\n" for name, value in values.items() if value)


class SentMentions:
    """The files of a content folder."""

    def __init__(self, content: Path) -> None:
        self.root = content / FOLDER

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever sent from here."""
        return not self.root.is_dir()

    def begin(self) -> None:
        """From now on posts are no longer too old to be told of. Raises CrosslinkError."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CrosslinkError(
                f"the folder can't be made: {error.strerror}", where=self.root
            ) from error

    def threads(self) -> list[str]:
        """The threads that have a file."""
        return sorted(thread_key(path.stem) for path in self.root.glob("*.txt"))

    def read(self, thread: str) -> dict[str, Sent]:
        """What was sent of a post, by target. Raises CrosslinkError."""
        path = self._path(thread)
        try:
            return parse_sent(path.read_text("utf-8"), path)
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise CrosslinkError(f"the file can't be read: {error}", where=path) from error

    def write(self, thread: str, rows: Iterable[Sent]) -> None:
        """Keep what was sent of a post. Raises CrosslinkError."""
        path, text = self._path(thread), format_sent(rows)
        try:
            if text:
                atomic.write_text(path, text)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise CrosslinkError(
                f"the file can't be written: {error.strerror}", where=path
            ) from error

    def _path(self, thread: str) -> Path:
        return self.root / f"{folder_name(thread)}.txt"
