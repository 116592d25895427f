"""Series: posts that belong together, in their order. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from rejoinder.reading.places import Place, Post


@dataclass(frozen=True, slots=True)
class Part:
    """A post as a part of a series: the series' `name`, its `number` from 1, and all `parts`."""

    only_where_asked = True

    name: str
    number: int
    parts: tuple[Place, ...]

    @property
    def count(self) -> int:
        """How many parts there are."""
        return len(self.parts)

    @property
    def previous(self) -> Place | None:
        """The part before."""
        return self.parts[self.number - 2] if self.number > 1 else None

    @property
    def next(self) -> Place | None:
        """The part that follows."""
        return self.parts[self.number] if self.number < len(self.parts) else None

    def fingerprint(self) -> bytes:
        """What tells it from others."""
        return b"\1".join((self.name.encode(), b"%d" % self.number, *map(bytes, self.parts)))


def parts(posts: Iterable[Post]) -> dict[str, Part]:
    """Of each post that is in a series, its part in it, by key. Those that say their place
    (`order`) come first, then the others by date."""
    by_name: dict[str, list[Post]] = defaultdict(list)
    for post in posts:
        if post.series:
            by_name[post.series].append(post)
    found: dict[str, Part] = {}
    for name, members in by_name.items():
        members.sort(key=lambda one: (one.order is None, one.order or 0, one.by_date))
        places = tuple(one.place for one in members)
        found |= {one.key: Part(name, number, places) for number, one in enumerate(members, 1)}
    return found


def part_of(post: Post, posts: Iterable[Post]) -> Part | None:
    """The part that a post would be beside those that are published: a draft's."""
    if not post.series:
        return None
    return parts([*(one for one in posts if one.series == post.series), post])[post.key]
