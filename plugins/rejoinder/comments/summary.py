"""What is known of a thread without reading it: how many say something, who was last. Pure."""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from rejoinder.comments.model import Comment
from rejoinder.comments.threads import Counts, count, rings

_Said: TypeAlias = tuple[float, str, bool]
_NOTHING = marshal.dumps(())


class Last(NamedTuple):
    """When something was said (seconds since 1970), the comment's id, whether it is a mention."""

    time: float
    id: str
    is_mention: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """A thread in brief. `digest` is of all its files; `lately` are the last that were said, newest
    first, in bytes (see `newest`), and `last_said` and `last_words` the first of them: of most
    threads nobody asks for more; `agreements` is how many agree with what ('' is the post);
    `problems` is what is wrong with its files; `cycles` are rings of comments that answer each
    other."""

    digest: bytes = b""
    size: int = 0
    counts: Counts = field(default_factory=Counts)
    last_said: _Said | None = None
    last_words: _Said | None = None
    lately: bytes = _NOTHING
    agreements: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    cycles: tuple[tuple[str, ...], ...] = ()

    def to_bytes(self) -> bytes:
        """For `from_bytes`."""
        c = self.counts
        counts = (c.comments, c.by_author, c.mentions, c.likes, c.reposts)
        return marshal.dumps((
            self.digest, self.size, counts, self.last_said, self.last_words, self.lately,
            dict(self.agreements), self.problems, self.cycles,
        ))  # fmt: skip

    @classmethod
    def from_bytes(cls, blob: bytes) -> Summary:
        """What `to_bytes` was called on."""
        digest, size, counts, *rest = marshal.loads(blob)
        return cls(digest, size, Counts(*counts), *rest)

    def last(self, *, mentions: bool = True) -> Last | None:
        """What was said last, or the last words where `mentions` aren't wanted."""
        one = self.last_said if mentions else self.last_words
        return Last(*one) if one else None

    def newest(self, *, mentions: bool = True) -> Iterator[Last]:
        """What was said last, newest first; words alone where `mentions` aren't wanted."""
        for one in marshal.loads(self.lately):
            if mentions or not one[2]:
                yield Last(*one)


def summarise(
    comments: Sequence[Comment], agreements: Mapping[str, int], problems: Sequence[str],
    digest: bytes, newest: int,
) -> Summary:  # fmt: skip
    """The summary of a thread, with so many of the newest words, and of the newest mentions."""
    last = sorted(
        ((c.instant.timestamp(), c.id, c.kind.is_mention) for c in comments if c.kind.is_said),
        reverse=True,
    )
    words = [one for one in last if not one[2]][:newest]
    kept = sorted([*words, *[one for one in last if one[2]][:newest]], reverse=True)
    return Summary(
        digest, len(comments), count(comments), next(iter(kept), None), next(iter(words), None),
        marshal.dumps(tuple(kept)), agreements, tuple(problems),
        tuple(map(tuple, rings(comments))),
    )  # fmt: skip
