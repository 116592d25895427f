"""What was found under an announcement, and what follows from it. Pure: a leaf beside the model.

What was seen before and isn't there now was taken back, but only where everything was looked at:
a part that couldn't be asked, or not to its end, deletes nothing by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rejoinder.mentions.model import Mention


class Part(StrEnum):
    """What is asked of a network, each by itself."""

    REPLIES = "replies"
    LIKES = "likes"
    REPOSTS = "reposts"


class Reach(StrEnum):
    """How much of a part was seen: all, some, or nothing."""

    WHOLE = "whole"
    CUT = "cut"
    FAILED = "failed"


LIKED, REPOSTED = "#liked-by-", "#reposted-by-"
"""What stands between an announcement's address and who did it, in a reaction's source."""


@dataclass(frozen=True, slots=True)
class Announced:
    """A post's announcement on a network: `url` is where, `target` the post's address,
    `profile_url` the author's profile there, `date` when."""

    network: str
    url: str
    target: str
    profile_url: str
    date: datetime


@dataclass(frozen=True, slots=True)
class Read:
    """What one answer says: `cut` where there is more than it shows, or it holds what can't be
    read; `next` is where the next page is."""

    mentions: tuple[Mention, ...] = ()
    cut: bool = False
    next: str = ""


@dataclass(slots=True)
class Harvest:
    """All that is under an announcement now. `peace` where its host asks to be left alone."""

    announced: Announced
    mentions: list[Mention] = field(default_factory=list)
    reach: dict[Part, Reach] = field(
        default_factory=lambda: dict.fromkeys(Part, Reach.FAILED)
    )  # what was never asked has failed
    problems: list[str] = field(default_factory=list)
    peace: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """`take` are mentions as they are now, known or not; `gone` are sources that were taken
    back; `unsure` are sources of replies that only their own place can tell of."""

    take: tuple[Mention, ...] = ()
    gone: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


def part_of(source: str) -> Part:
    """The part that a source belongs to."""
    if LIKED in source:
        return Part.LIKES
    return Part.REPOSTS if REPOSTED in source else Part.REPLIES


def decide(known: Collection[str], harvests: Iterable[Harvest]) -> Decision:
    """What to do with the mentions of one post from one network: `known` are the sources that
    were taken before, `harvests` those of all its announcements there."""
    take: dict[str, Mention] = {}
    reach = dict.fromkeys(Part, Reach.WHOLE)
    for harvest in harvests:
        for mention in harvest.mentions:
            take.setdefault(mention.source, mention)
        for part, seen in harvest.reach.items():
            if Reach.FAILED in (seen, reach[part]):
                reach[part] = Reach.FAILED
            elif seen is Reach.CUT:
                reach[part] = Reach.CUT
    missing = [source for source in sorted(known) if source not in take]
    gone = [source for source in missing if reach[part_of(source)] is Reach.WHOLE]
    unsure = [source for source in missing
              if part_of(source) is Part.REPLIES and reach[Part.REPLIES] is Reach.CUT]  # fmt: skip
    return Decision(tuple(take.values()), tuple(gone), tuple(unsure))
