"""How a discussion is cut into pages, in which orders, and where each page is. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from rejoinder.comments.nodes import NodeView

_Node = TypeVar("_Node")


@dataclass(slots=True)
class PageView:
    """One page of a discussion. `home` is where the site's own order shows the same comments."""

    number: int
    url: str
    home: str
    is_first: bool
    nodes: list[NodeView] = field(default_factory=list)


class Order(NamedTuple):
    """One of the orders of a discussion's top level: `oldest` or `newest` first, where its first
    page is, whether the site has it by itself, and whether it is the one that is shown."""

    name: str
    url: str
    is_own: bool
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Paging:
    """The pages of one discussion. `post` is the address of what it is about, `base` that of the
    folder for its own files, `size` how many top-level comments a page has (0 is one page),
    `newest_first` the site's own order; `is_turned` is the other one, whose pages have addresses of
    their own.

    Pages are numbered from the oldest comment in either order, so that a new one moves none, and a
    page of a number has the same comments in both."""

    post: str
    base: str
    size: int = 0
    newest_first: bool = False
    is_turned: bool = False

    @property
    def shows_newest_first(self) -> bool:
        """Which way round the pages are."""
        return self.newest_first != self.is_turned

    def cut(self, nodes: Sequence[_Node]) -> list[Sequence[_Node]]:
        """The pages of these nodes, which are in the order that is shown, by number."""
        if not self.size:
            return [nodes]
        oldest = nodes[::-1] if self.shows_newest_first else nodes
        parts = [oldest[at : at + self.size] for at in range(0, len(oldest), self.size)] or [[]]
        return [part[::-1] for part in parts] if self.shows_newest_first else parts

    def first(self, count: int) -> int:
        """The number of the page, of so many, with which the order that is shown begins."""
        return count if self.shows_newest_first else 1

    def url(self, number: int, count: int) -> str:
        """Where a page is, of so many."""
        if not self.is_turned:
            return self.home(number, count)
        return self._turned + ("" if number == self.first(count) else f"{number}/")

    def home(self, number: int, count: int) -> str:
        """Where the site's own order shows the same comments."""
        is_first = number == (count if self.newest_first else 1)
        return self.post if is_first else f"{self.base}comments/{number}/"

    @property
    def orders(self) -> list[Order]:
        """Both orders, the oldest first."""
        urls = {self.newest_first: self.post, not self.newest_first: self._turned}
        return [
            Order(_NAMES[newest], urls[newest], newest == self.newest_first,
                  newest == self.shows_newest_first)
            for newest in (False, True)
        ]  # fmt: skip

    @property
    def _turned(self) -> str:
        return f"{self.base}comments/{_NAMES[not self.newest_first]}/"


_NAMES = {False: "oldest", True: "newest"}
