"""How much a post says of a word. Pure.

Ranking is BM25 over fields (BM25F: Robertson, Zaragoza, Taylor, CIKM 2004). A word weighs in a
field as often as it is there, over the field's length, times what the field counts for; these are
summed, and their sum is what BM25 takes for the term's frequency. Two things differ, so that a new
post or comment changes nothing of the others: lengths are held against typical ones instead of the
average of this site, and each comment is a field of its own, all of them together counting
`MOST_OF_COMMENTS` at most. Weights are kept as whole `SCALE`ths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from rejoinder.search.words import count

Weights: TypeAlias = "dict[str, int]"
"""What each word weighs, in `SCALE`ths of once in a text of typical length."""


@dataclass(frozen=True, slots=True)
class Field:
    """What a word in a field counts for; how much the field's length matters (0 to 1, BM25's b);
    how many words such a field has."""

    counts: float
    b: float
    typical: int


TITLE = Field(4.0, 0.3, 6)
TAGS = Field(2.0, 0.3, 5)
BODY = Field(1.0, 0.75, 600)
COMMENT = Field(0.5, 0.75, 75)

K1 = 1.2
"""How soon more of the same counts for less, BM25's k1."""
SCALE = 20
MOST_OF_COMMENTS = 2.0


def weights(*fields: tuple[Field, str]) -> Weights:
    """What each word weighs in texts of these fields."""
    sums: dict[str, float] = {}
    for field, text in fields:
        words = count(text)
        share = words.total() / field.typical
        unit = field.counts / (1 - field.b + field.b * share)
        for word, number in words.items():
            sums[word] = sums.get(word, 0.0) + unit * number
    return {word: max(1, round(value * SCALE)) for word, value in sums.items()}


def added(into: Weights, more: Mapping[str, int]) -> None:
    """Add weights to others."""
    for word, weight in more.items():
        into[word] = into.get(word, 0) + weight
