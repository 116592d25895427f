"""Posts as other posts' pages name them. Leaf: imports nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Another post, as far as a page shows it: nothing else of it can change that page. `title`
    is HTML, as Pelican's titles are; `url` is the site's own, without a slash at its beginning."""

    title: str
    url: str
    date: datetime

    def __bytes__(self) -> bytes:
        said = self.title, self.url, self.date.isoformat()
        return "\0".join(said).encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True, eq=False)
class Post:
    """What of a post says which others belong to it. `key` tells it from all others and decides
    where all else is alike; `subjects` are its tags and its category, `named` the slugs of posts
    that it names as related; `order` is its place in its series, None where the date says it;
    `when` its date in seconds since 1970."""

    key: str
    slug: str
    place: Place
    subjects: frozenset[str] = frozenset()
    named: tuple[str, ...] = ()
    series: str = ""
    order: float | None = None
    when: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "when", self.place.date.timestamp())

    @property
    def by_date(self) -> tuple[float, str]:
        """What it is sorted by."""
        return self.when, self.key
