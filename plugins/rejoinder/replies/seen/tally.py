"""Looks, and what is known of the day already, to what they add. Pure.

A visitor is known by a mark: a hash of address and browser under a key of the day. So is a
visitor's page, by another one, so that nobody can tell from the marks who read what together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from rejoinder.engagement.views import Figure
from rejoinder.replies.judging.limits import bucket_of
from rejoinder.replies.seen.looks import Look, Why, grouped

MOST_OF_ONE = 10
"""How often a visitor counts for a page on one day."""

MOST_HOSTS = 500
"""How many hosts that led here are told apart on one day: anybody can name any."""

OTHERS = "others"


class Marks(NamedTuple):
    """The marks of a look: of who, and of who on which page; signed numbers of 64 bits."""

    visitor: int
    page: int


@dataclass(slots=True)
class Known:
    """What is known of a day: how often each mark was counted, how many visitors there were,
    which hosts led here."""

    marks: Mapping[int, int] = field(default_factory=dict)
    visits: int = 0
    hosts: Collection[str] = ()


@dataclass(slots=True)
class Tally:
    """What looks add: counts by figure and of what, and marks."""

    counts: Counter[tuple[Figure, str]] = field(default_factory=Counter)
    marks: Counter[int] = field(default_factory=Counter)


def marks_of(look: Look, path: str, key: str, site: str) -> Marks:
    """The marks of a look at a page of `site`, under the day's key (hexadecimal). Of an IPv6
    address its network counts, which is one customer's."""
    who = (bucket_of(look.address), look.agent, site)
    return Marks(_mark(key, *who), _mark(key, *who, path))


def tally(
    looks: Sequence[tuple[Look, str, Marks]],
    known: Known,
    *,
    own: Collection[str],
    most: int,
    is_bot: Callable[[str], bool],
) -> Tally:
    """What looks add to a day; with each stands its page's path, '' for none of the site's.
    `own` are the site's hosts, `most` is how many visitors count, 0 for all."""
    found, visits, named = Tally(), known.visits, set(known.hosts)
    for look, path, marks in looks:
        why = _why_not(look, path, marks, known, found, most and visits >= most, is_bot)
        if why is not None:
            found.counts[Figure.LEFT_OUT, why] += 1
            continue
        if not _times(marks.visitor, known, found):
            visits += 1
            found.counts[Figure.VISITS, ""] += 1
            found.marks[marks.visitor] += 1
        found.marks[marks.page] += 1
        found.counts[Figure.VIEW, path] += 1
        if host := grouped(look.referrer, own):
            host = host if host in named or len(named) < MOST_HOSTS else OTHERS
            named.add(host)
            found.counts[Figure.REFERRER, host] += 1
    return found


def _why_not(
    look: Look, path: str, marks: Marks, known: Known, found: Tally, is_full: bool | int,
    is_bot: Callable[[str], bool],
) -> Why | None:  # fmt: skip
    if not look.agent or is_bot(look.agent):
        return Why.BOT
    if not path:
        return Why.ELSEWHERE
    if is_full and not _times(marks.visitor, known, found):
        return Why.MANY
    return Why.MANY if _times(marks.page, known, found) >= MOST_OF_ONE else None


def _times(mark: int, known: Known, found: Tally) -> int:
    return known.marks.get(mark, 0) + found.marks[mark]


def _mark(key: str, *parts: str) -> int:
    text = "\n".join(parts).encode("utf-8", "surrogateescape")
    made = blake2b(text, digest_size=8, key=bytes.fromhex(key)).digest()
    return int.from_bytes(made, "big", signed=True)
