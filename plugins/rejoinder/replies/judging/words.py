"""A filter that learns from the moderator: how often words stood in spam, and in what was not.

Paul Graham, "A Plan for Spam" (2002), with Gary Robinson's degree of belief for rare words and
his combining by Fisher's method ("A Statistical Approach to the Spam Problem", 2003), as
SpamBayes uses them. Pure: counts in, a figure and its reasons out.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

ENOUGH = 5
"""Both kinds must have been seen so often before the filter says anything."""

TELLING = 30
"""How many words are looked at: those furthest from undecided."""

_BELIEF, _PRIOR = 0.45, 0.5  # SpamBayes: unknown_word_strength, unknown_word_prob
_WORD = re.compile(r"[^\W_]{2,30}")
_LINK = re.compile(r"https?://[^\s<>\"')\]]+", re.I)


@dataclass(frozen=True, slots=True)
class Seen:
    """In how many replies of each kind something stood."""

    spam: int = 0
    ham: int = 0


@dataclass(frozen=True, slots=True)
class Opinion:
    """`spam` is 0 (surely not) to 1 (surely); `reasons` are the words that decided it, the
    strongest first, each with its own figure."""

    spam: float
    reasons: tuple[tuple[str, float], ...] = ()

    def why(self) -> str:
        """The opinion in a line that a moderator can read."""
        shown = ", ".join(f"“{word}” {figure:.0%}" for word, figure in self.reasons[:6])
        return f"{self.spam:.0%} like spam, by {shown}" if shown else f"{self.spam:.0%} like spam"


def words_of(text: str, name: str, url: str) -> frozenset[str]:
    """What is counted of a reply: its words, whole hosts of its links, the writer's name and
    site, and how many links there are. At most 400, so that no reply is dear to judge."""
    links = _LINK.findall(text)
    found: dict[str, None] = {f"links:{min(len(links), 5)}": None}
    for link in (*links[:20], *([url] if url else [])):
        host = _host(link)
        if host:
            found[f"host:{host}"] = None
    for word in _WORD.findall(_folded(name))[:8]:
        found[f"name:{word}"] = None
    for word in _WORD.findall(_folded(_LINK.sub(" ", text[:20_000]))):
        found[word] = None
        if len(found) >= 400:
            break
    return frozenset(found)


def judge(words: frozenset[str], seen: Mapping[str, Seen], total: Seen) -> Opinion | None:
    """The opinion on a reply with these words; None while too little has been learnt."""
    if total.spam < ENOUGH or total.ham < ENOUGH:
        return None
    figures = [(word, _figure(seen[word], total)) for word in words if word in seen]
    figures.sort(key=lambda pair: (-abs(pair[1] - 0.5), pair[0]))
    telling = [pair for pair in figures[:TELLING] if abs(pair[1] - 0.5) >= 0.1]
    if not telling:
        return Opinion(0.5)
    count = len(telling)
    spammy = _chi_square_tail(-2 * sum(math.log(1 - p) for _, p in telling), 2 * count)
    hammy = _chi_square_tail(-2 * sum(math.log(p) for _, p in telling), 2 * count)
    return Opinion((1 + hammy - spammy) / 2, tuple(telling))


def _figure(seen: Seen, total: Seen) -> float:
    """Robinson's f(w): how much a word speaks for spam, drawn to ½ while it is rare."""
    spam, ham = seen.spam / total.spam, seen.ham / total.ham
    count = seen.spam + seen.ham
    raw = spam / (spam + ham) if spam + ham else _PRIOR
    figure = (_BELIEF * _PRIOR + count * raw) / (_BELIEF + count)
    return min(max(figure, 0.001), 0.999)


def _chi_square_tail(chi: float, degrees: int) -> float:
    """The chance that chi-square with an even number of `degrees` is at least `chi`."""
    half = chi / 2
    term = total = math.exp(-half)
    for step in range(1, degrees // 2):
        term *= half / step
        total += term
    return min(total, 1.0)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.")[:60]
    except ValueError:
        return ""
