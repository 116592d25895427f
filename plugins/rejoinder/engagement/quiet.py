"""What is said quietly of a post: how long it takes to read, what was said, where else it is."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup

_WORD = re.compile(r"\w[\w’'-]*")


class Quiet:
    """The quiet line of a post; what it says is looked up when a template asks."""

    def __init__(self, article: Any, words_per_minute: int) -> None:
        self._article = article
        self._speed = words_per_minute

    @property
    def minutes(self) -> int:
        """How long reading takes, in whole minutes, at least one."""
        text = Markup(getattr(self._article, "_content", None) or "").striptags()
        words = sum(1 for _ in _WORD.finditer(text))
        return max(1, -(-words // self._speed))

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
