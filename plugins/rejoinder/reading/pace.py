"""How long a text takes to read. Pure.

The speeds are those of IReST: texts of the same content, read aloud by native speakers of 17
languages (Trauzettel-Klosinski and Dietz 2012, https://doi.org/10.1167/iovs.11-8284).
"""

from __future__ import annotations

import re
from math import ceil

WORDS_PER_MINUTE = {
    "ar": 138, "de": 179, "en": 228, "es": 218, "fi": 161, "fr": 195, "he": 187, "it": 188,
    "nl": 202, "pl": 166, "pt": 181, "ru": 184, "sl": 180, "sv": 199, "tr": 166,
}  # fmt: skip
OF_OTHERS = 184
"""The mean of all 17 languages."""

HAN_PER_MINUTE, KANA_PER_MINUTE = 255, 455
"""Chinese and Japanese have no spaces, so characters are counted: 255 of Chinese in a minute, and
357 of Japanese, of which about a third are Chinese."""

_WORD = re.compile(r"\w[\w’'-]*")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA = re.compile(r"[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f]")


def speed_of(language: str) -> int:
    """Words that are read in a minute in a language (`pt-BR` is `pt`)."""
    return WORDS_PER_MINUTE.get(re.split("[-_]", language.lower())[0], OF_OTHERS)


def minutes(text: str, language: str, words_per_minute: int = 0) -> int:
    """Whole minutes that a text takes, at least one; `words_per_minute` in place of the language's
    own speed, where it isn't 0: characters are read as much faster or slower then."""
    own = speed_of(language)
    return max(1, ceil(_count(text, own) / (words_per_minute or own)))


def words(text: str) -> int:
    """How many words a text has; of Chinese and Japanese, as many of English as take as long."""
    return round(_count(text, WORDS_PER_MINUTE["en"]))


def _count(text: str, speed: int) -> float:
    """Words, and of characters as many as are read in the same time at this speed."""
    rest, han = _HAN.subn(" ", text)
    rest, kana = _KANA.subn(" ", rest)
    like = han * speed / HAN_PER_MINUTE + kana * speed / KANA_PER_MINUTE
    return sum(1 for _ in _WORD.finditer(rest)) + like
