"""Which posts stand around a post: the one before, the one after, and those that are related.
Pure, and in time that grows with the posts, however many of them share a tag."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest

from rejoinder.reading.places import Place, Post

_NEAR = 8
"""Of all that share a subject with a post, so many before it and after it are looked at."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The posts before and after one by date; None at the ends."""

    only_where_asked = True

    older: Place | None = None
    newer: Place | None = None

    def fingerprint(self) -> bytes:
        """What tells them from others."""
        return b"\1".join(bytes(one) if one else b"" for one in (self.older, self.newer))


class Related(tuple[Place, ...]):
    """The posts that are related to one, the nearest first."""

    __slots__ = ()
    only_where_asked = True

    def fingerprint(self) -> bytes:
        """What tells them from others."""
        return b"\1".join(map(bytes, self))


def neighbours(posts: Sequence[Post]) -> dict[str, Neighbours]:
    """Of each post the one before and the one after, by key."""
    ordered = sorted(posts, key=lambda one: one.by_date)
    places = [None, *(one.place for one in ordered), None]
    return {
        one.key: Neighbours(places[at], places[at + 2]) for at, one in enumerate(ordered)
    }  # fmt: skip


class Relations:
    """Which of some posts are related to which.

    A subject that few posts share says more: it counts as one over their number. Where that makes
    no difference, the nearest by date comes first. A part of the same series is no relation, since
    its page names it anyway."""

    def __init__(self, posts: Sequence[Post]) -> None:
        self._by_slug = {one.slug: one for one in posts}
        self._by_subject: dict[str, list[Post]] = defaultdict(list)
        for post in sorted(posts, key=lambda one: one.by_date):
            for subject in post.subjects:
                self._by_subject[subject].append(post)
        self._places = {
            subject: {one.key: at for at, one in enumerate(members)}
            for subject, members in self._by_subject.items()
        }

    def of(self, post: Post, number: int, beside: Neighbours | None = None) -> Related:
        """At most `number` posts: those that it names itself, then what is nearest; its neighbours
        are `beside` it anyway."""
        named = [self._by_slug[slug] for slug in dict.fromkeys(post.named) if slug in self._by_slug]
        left_out = {post.key, *(one.key for one in named)}
        older, newer = (beside.older, beside.newer) if beside else (None, None)
        points: dict[Post, float] = defaultdict(float)
        for subject in sorted(post.subjects):
            weight = 1 / max(1, len(self._by_subject.get(subject, ())))
            for one in self._near(subject, post):
                points[one] += weight
        others = [
            (-said, abs(one.when - post.when), one.key, one) for one, said in points.items()
            if one.key not in left_out and one.place is not older and one.place is not newer
            and not (post.series and one.series == post.series)
        ]  # fmt: skip
        chosen = [one for one in named if one.key != post.key]
        chosen += [one for *_, one in nsmallest(number, others)]
        return Related([one.place for one in chosen[:number]])

    def _near(self, subject: str, post: Post) -> list[Post]:
        members = self._by_subject.get(subject, [])
        at = self._places.get(subject, {}).get(post.key)
        if at is None:  # a draft: it stands where it would
            at = sum(one.by_date < post.by_date for one in members)
            return members[max(0, at - _NEAR) : at + _NEAR]
        return members[max(0, at - _NEAR) : at] + members[at + 1 : at + 1 + _NEAR]
