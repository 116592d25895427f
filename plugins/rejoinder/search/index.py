"""The index of a site as files that a browser can search. Pure; `docs/file-formats.md` describes
them.

Comments come one after the other, and each has some fifty words, which lie in as many files. So the
newest stand in one file by themselves, `fresh.json`, until there are `FRESH` of them: then all are
settled. How many are fresh follows from how many comments there are, so that the same content gives
the same files whatever was built before.
"""

from __future__ import annotations

import heapq
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from xxhash import xxh3_128

from rejoinder.search.entries import FRESH, Brief, Entry, Text, of_comment
from rejoinder.search.weights import K1, MOST_OF_COMMENTS, SCALE, Weights, added

VERSION = 1
"""The format of the files; another where a script that knows this one could not read them."""

BEGINNING = 4
"""Words that begin with the same so many letters lie in the same file."""

_WORDS_A_FILE = 3000
_MOST_FILES = 4096


class Index:
    """The index of these entries, numbered in their order. `entry` and `text` give each by its
    number, and are asked only when files are made whose digests are new."""

    def __init__(
        self, briefs: Sequence[Brief], entry: Callable[[int], Entry], text: Callable[[int], Text]
    ) -> None:
        self._briefs = briefs
        self._entry = entry
        self._text = text
        self.files = file_count(sum(one.words for one in briefs))
        self.fresh = fresh_comments(briefs)

    def print(self) -> bytes:
        """The digest of all that the files of words are made of."""
        hashed = xxh3_128(b"%d %d" % (VERSION, self.files))
        for number, brief in enumerate(self._briefs):
            hashed.update(b"%d %d;" % brief.settled(self.fresh.get(number, ())))
        return hashed.digest()

    def fresh_print(self) -> bytes:
        """The digest of all that `fresh.json` is made of."""
        rows = [(number, [one.print for one in self._briefs[number].newest if one.id in ids])
                for number, ids in self.fresh.items()]  # fmt: skip
        return repr((VERSION, rows)).encode()

    def about(self) -> str:
        """`index.json`: what a search begins with."""
        return _json({
            "version": VERSION, "posts": len(self._briefs), "files": self.files,
            "beginning": BEGINNING, "k1": K1, "scale": SCALE,
            "most_of_comments": MOST_OF_COMMENTS,
        }) + "\n"  # fmt: skip

    def fresh_file(self) -> str:
        """`fresh.json`: what the newest comments weigh, flat pairs of post and weight by word."""
        found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for number in sorted(self.fresh):
            for word, weight in self._fresh_weights(number).items():
                found[word].append((number, weight))
        return _lines((word, _json(_steps(pairs))) for word, pairs in sorted(found.items()))

    def word_file(self, number: int) -> str:
        """`words/NUMBER.json`."""
        return self.word_files[number]

    def _fresh_weights(self, number: int) -> Weights:
        sums: Weights = {}
        if ids := self.fresh.get(number):
            for one in self._text(number).said:
                if one.id in ids:
                    added(sums, of_comment(one))
        return sums

    @cached_property
    def word_files(self) -> list[str]:
        """The files of words, by number: for each word a pair of lists, of posts themselves and of
        their comments; each list is flat pairs of a post's number, less the one before, and what
        the word weighs there."""
        posts: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        comments: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for number in range(len(self._briefs)):
            entry = self._entry(number)
            for word, weight in entry.post.items():
                posts[word].append((number, weight))
            fresh = self._fresh_weights(number)
            for word, weight in entry.comments.items():
                if settled := weight - fresh.get(word, 0):
                    comments[word].append((number, settled))
        words: list[list[str]] = [[] for _ in range(self.files)]
        for word in sorted(posts.keys() | comments.keys()):
            words[file_of(word, self.files)].append(word)
        return [
            _lines((one, f"[{_json(_steps(posts.get(one, ())))},"
                         f"{_json(_steps(comments.get(one, ())))}]") for one in some)
            for some in words
        ]  # fmt: skip


def fresh_comments(briefs: Sequence[Brief]) -> Mapping[int, tuple[str, ...]]:
    """The ids of the comments that are fresh, by the number of their post: the newest of all, so
    many as are over when the others are counted by `FRESH`."""
    number = sum(one.said for one in briefs) % FRESH
    each = ((one.time, one.id, at) for at, brief in enumerate(briefs) for one in brief.newest)
    found: defaultdict[int, tuple[str, ...]] = defaultdict(tuple)
    for _, id, at in sorted(heapq.nlargest(number, each)):
        found[at] += (id,)
    return dict(found)


def file_count(words: int) -> int:
    """Into how many files so many words of posts go: a power of two, so that the number changes
    seldom."""
    files = 1
    while files < _MOST_FILES and words > files * _WORDS_A_FILE:
        files *= 2
    return files


def file_of(word: str, files: int) -> int:
    """The number of the file that holds a word: FNV-1a, 32 bits, of its beginning's characters."""
    hash = 2166136261
    for letter in word[:BEGINNING]:
        hash = ((hash ^ ord(letter)) * 16777619) & 0xFFFFFFFF
    return (hash ^ hash >> 16) & (files - 1)


def _steps(pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Pairs in the order of their posts, each post as its distance from the one before."""
    flat: list[int] = []
    before = 0
    for number, weight in pairs:
        flat += (number - before, weight)
        before = number
    return flat


def _lines(rows: Iterable[tuple[str, str]]) -> str:
    """A JSON object of values that are JSON already, a line each."""
    inside = ",\n".join(f"{_json(name)}:{value}" for name, value in rows)
    return f"{{\n{inside}\n}}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
