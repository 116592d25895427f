"""When a feed is asked again, and what is remembered of it. Pure: an answer in, a memory out.

Follows RFC 9110 (validators, Retry-After), RFC 9111 (max-age) and what the networks ask of those
who poll: no oftener than they say, and less often while they fail.
"""

from __future__ import annotations

import email.utils
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

SHORTEST, LONGEST = timedelta(minutes=10), timedelta(days=1)
"""However soon or late a server says that its feed goes stale."""

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=30), timedelta(days=7)
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=\"?(\d{1,9})", re.I)


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a feed. `due` is when it may be asked again;
    `failing_since` and `failures` (in a row) count what went wrong, `problem` says it; `gone` is
    for a server that said 410; `moved` is where permanent redirects led; `newest` is the date
    of the newest entry that the feed showed last; `digest` knows its bytes again."""

    etag: str = ""
    modified: str = ""
    due: datetime | None = None
    seen: datetime | None = None
    newest: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    problem: str = ""
    moved: str = ""
    gone: bool = False
    digest: str = ""
    notes: tuple[str, ...] = ()

    def is_due(self, now: datetime) -> bool:
        """Whether it may be asked."""
        return not self.gone and (self.due is None or self.due <= now)

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask for the body only if it has changed."""
        wanted = {"if-none-match": self.etag, "if-modified-since": self.modified}
        return {name: value for name, value in wanted.items() if value}


def forgetful(memory: Memory) -> Memory:
    """As it is where the entries are lost: the next answer must be a whole one."""
    return replace(memory, etag="", modified="", digest="")


def unchanged(memory: Memory, headers: Mapping[str, str], now: datetime) -> Memory:
    """After a 304, or a body that is the one known."""
    return replace(_well(memory, headers, now), etag=headers.get("etag", memory.etag))


def answered(
    memory: Memory,
    headers: Mapping[str, str],
    body: bytes,
    newest: datetime | None,
    moved: str,
    notes: tuple[str, ...],
    now: datetime,
) -> Memory:
    """After a feed was read."""
    return replace(
        _well(memory, headers, now),
        etag=headers.get("etag", ""),
        modified=headers.get("last-modified", ""),
        newest=newest,
        digest=digest(body),
        moved=moved,
        notes=notes,
    )


def failed(
    memory: Memory, problem: str, headers: Mapping[str, str], now: datetime, jitter: float,
    *, gone: bool = False,
) -> Memory:  # fmt: skip
    """After it could not be read: asked again twice as late each time, with `jitter` (0 to 1) of
    half of that more, and not before the server's Retry-After."""
    pause = min(_FIRST_PAUSE * 2 ** min(memory.failures, 20), _LONGEST_PAUSE) * (1 + jitter / 2)
    wanted = retry_after(headers, now)
    if wanted is not None:
        pause = max(pause, min(wanted, _LONGEST_PAUSE))
    return replace(
        memory,
        due=now + pause,
        failures=memory.failures + 1,
        failing_since=memory.failing_since or now,
        problem=problem,
        gone=gone,
    )


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long a server asks to be left alone: seconds or a date (RFC 9110, 10.2.3)."""
    text = headers.get("retry-after", "").strip()
    if text.isdigit() and text.isascii():
        return timedelta(seconds=int(text[:9]))
    try:
        date = email.utils.parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return None
    return max((date if date.tzinfo else date.replace(tzinfo=UTC)) - now, timedelta())


def digest(body: bytes) -> str:
    """What knows a body again."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def _well(memory: Memory, headers: Mapping[str, str], now: datetime) -> Memory:
    found = _MAX_AGE.search(headers.get("cache-control", ""))
    fresh = timedelta(seconds=int(found[1])) if found else SHORTEST
    return replace(
        memory,
        due=now + min(max(fresh, SHORTEST), LONGEST),
        seen=now,
        failing_since=None,
        failures=0,
        problem="",
    )
