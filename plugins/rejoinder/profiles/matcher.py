"""Which entry is about which post, with the evidence. Pure, and quick: one look-up for each link.

Sure is only what a person would never take back: a link to the post in the author's own words, or
in what somebody submitted where a feed watches for the site.
Everything else that speaks for it is asked about.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice, takewhile

from rejoinder.profiles.addresses import canonical
from rejoinder.profiles.entries import Entry, Kind, Tie, Verdict

BEFORE, AFTER = timedelta(days=3), timedelta(days=45)
"""How long before and after a post its title may stand for it, where there is no link."""

LIKE = 0.6
"""The share of a title's weight that an entry's words must hold to be asked about."""

_CUT_AT_LEAST = 10
"""Characters of a path that a cut link must show: less says nothing of a post."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Target:
    """A post that entries may be about: `addresses` are its own and its old ones, `authors` the
    names of those who wrote it."""

    thread: str
    title: str
    date: datetime | None
    addresses: tuple[str, ...]
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """An entry may be about a post. `sure` needs no answer; `why` is for a person."""

    thread: str
    sure: bool
    why: str


@dataclass(slots=True)
class _Titles:
    """Words of titles: which posts have them, and how much each says."""

    posts: Mapping[str, Target]
    having: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    words: dict[str, frozenset[str]] = field(default_factory=dict)


class Matcher:
    """The posts, made ready once."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._by_address: dict[str, tuple[str, str]] = {}
        targets = list(targets)
        self._titles = _Titles({target.thread: target for target in targets})
        for target in targets:
            for number, address in enumerate(target.addresses):
                what = "links to it" if number == 0 else "links to its old address"
                self._by_address.setdefault(canonical(address), (target.thread, what))
            found = frozenset(_words(target.title))
            self._titles.words[target.thread] = found
            for word in found:
                self._titles.having[word].add(target.thread)
        self._by_address.pop("", None)
        self._sorted = sorted(self._by_address)

    def proposals(self, entry: Entry) -> list[Proposal]:
        """The posts that an entry may be about, the surest first."""
        found: dict[str, Proposal] = {}
        is_own = entry.kind in (Kind.OWN, Kind.THEIRS)
        for link in entry.links:
            known = self._by_address.get(canonical(link))
            if known is not None:
                thread, what = known
                why = what if is_own else f"{what}, but is {_WHOSE[entry.kind]}"
                found.setdefault(thread, Proposal(thread, is_own, f"{why}: {link}"))
        for name, link in entry.extra:
            known = self._by_address.get(canonical(link)) if name == "Quoted" else None
            if known is not None:
                thread, what = known
                found.setdefault(thread, Proposal(thread, False, f"quotes what {what}: {link}"))
            cut = self._by_beginning(link) if name == "Cut" else None
            if cut is not None:
                found.setdefault(cut, Proposal(cut, False, f"a cut link fits it alone: {link}…"))
        if not found and not entry.links and is_own:
            found = {one.thread: one for one in self._by_title(entry)}
        return sorted(found.values(), key=lambda one: (not one.sure, one.thread))

    def _by_beginning(self, link: str) -> str | None:
        """The one post whose address begins like a link that was cut."""
        begin = canonical(f"https://{link}")
        if len(begin.partition("/")[2]) < _CUT_AT_LEAST:
            return None
        at = bisect_left(self._sorted, begin)
        fits = takewhile(lambda one: one.startswith(begin), islice(self._sorted, at, at + 20))
        threads = {self._by_address[one][0] for one in fits}
        return threads.pop() if len(threads) == 1 else None

    def _by_title(self, entry: Entry) -> Iterable[Proposal]:
        said = set(_words(f"{entry.title} {entry.text}"))
        near: set[str] = set()
        for word in said:
            having = self._titles.having.get(word, set())
            if len(having) <= 50:  # a word of many titles says nothing
                near |= having
        for thread in sorted(near):
            target = self._titles.posts[thread]
            if target.date is None or not -BEFORE <= entry.date - target.date <= AFTER:
                continue
            words = self._titles.words[thread]
            if len(words) < 2:
                continue
            weight = {word: 1 / len(self._titles.having[word]) for word in words}
            share = sum(weight[word] for word in words & said) / sum(weight.values())
            if share >= LIKE:
                days = abs((entry.date - target.date).days)
                why = f"{share:.0%} of its title is in it, {days} days apart"
                yield Proposal(thread, False, why)


_WHOSE = {Kind.SHARED: "somebody else's, passed on", Kind.ANSWER: "an answer to somebody"}


def settle(entry: Entry, proposals: Sequence[Proposal]) -> tuple[Entry, list[Proposal]]:
    """The entry with the ties that are sure now, and what is to be asked. What a person has
    said stays, whatever the matcher thinks; a match whose reason is gone goes."""
    said = {tie.thread: tie for tie in entry.ties if tie.verdict is not Verdict.MATCHED}
    ties = dict(said)
    asked = []
    for one in proposals:
        if one.thread in said:
            continue
        if one.sure:
            ties[one.thread] = Tie(one.thread, Verdict.MATCHED, one.why)
        else:
            asked.append(one)
    return entry.tied(ties.values()), asked


def _words(text: str) -> list[str]:
    """The words of a text that tell it from others: folded, without accents, three letters or
    more."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return [w for w in _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))
            if len(w) > 2 and w not in _COMMON]  # fmt: skip


_COMMON = frozenset({
    "about", "all", "and", "any", "are", "but", "can", "for", "from", "has", "have", "here", "how",
    "into", "its", "not", "one", "our", "out", "than", "that", "the", "their", "them", "then",
    "there", "they", "this", "two", "was", "what", "when", "where", "who", "why", "will", "with",
    "you", "your",
})  # fmt: skip
