"""What is said quietly of a post: how much was said, where else it is."""

from __future__ import annotations

from typing import Any


class Quiet:
    """The quiet line of a post; what it says is looked up when a template asks."""

    def __init__(self, article: Any) -> None:
        self._article = article

    @property
    def thoughts(self) -> int:
        return self._count("thoughts")

    @property
    def mentions(self) -> int:
        return self._count("mentions")

    @property
    def elsewhere(self) -> list[str]:
        """Where else the post was announced or is discussed, each place once."""
        links = getattr(self._article, "crosslinks", None)
        shown = [*links.announced, *links.discussed] if links else []
        return list(dict.fromkeys(one.label for one in shown))

    def _count(self, name: str) -> int:
        thread = getattr(self._article, "thread", None)
        return int(getattr(thread.counts, name)) if thread else 0
