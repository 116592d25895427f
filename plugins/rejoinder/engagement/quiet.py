"""What is said quietly of a post: how long it takes to read, what was said, where else it is."""

from __future__ import annotations

import re
from math import ceil
from typing import Any

from markupsafe import Markup

_WORD = re.compile(r"\w[\w’'-]*")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA = re.compile(r"[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f]")


def words(text: str) -> float:
    """How many words of English take as long to read. Chinese and Japanese have no spaces: of 228
    words, 255 characters of Chinese or 357 of Japanese are read in the same time
    (Trauzettel-Klosinski and Dietz 2012), which makes 0.9 of a Chinese character and 0.5 of a
    kana."""
    rest, han = _HAN.subn(" ", text)
    rest, kana = _KANA.subn(" ", rest)
    return sum(1 for _ in _WORD.finditer(rest)) + 0.9 * han + 0.5 * kana


class Quiet:
    """The quiet line of a post; what it says is looked up when a template asks."""

    def __init__(self, article: Any, words_per_minute: int) -> None:
        self._article = article
        self._speed = words_per_minute

    @property
    def minutes(self) -> int:
        """How long reading takes, in whole minutes, at least one."""
        return max(1, ceil(words(self._text) / self._speed))

    @property
    def words(self) -> int:
        """How many words the post has; of languages without spaces, as many as take as long."""
        return round(words(self._text))

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

    @property
    def _text(self) -> str:
        return str(Markup(getattr(self._article, "_content", None) or "").striptags())

    def _count(self, name: str) -> int:
        thread = getattr(self._article, "thread", None)
        return int(getattr(thread.counts, name)) if thread else 0
