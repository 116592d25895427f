"""What a post and its discussion give to the index. Pure."""

from __future__ import annotations

import json
import marshal
from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import NamedTuple

from xxhash import xxh3_64_intdigest

from rejoinder.incremental.packed import pack, unpack
from rejoinder.search.weights import BODY, COMMENT, TAGS, TITLE, Weights, added, weights

FRESH = 32
"""So many comments of the site are settled at once; fewer than so many are fresh."""


class Said(NamedTuple):
    """A comment as results show it: its permalink, site-relative; who wrote it; when (ISO 8601);
    `time` is the same in seconds since 1970."""

    id: str
    time: float
    url: str
    author: str
    date: str
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A post or page as results show it. `url` is site-relative; `date` is ISO 8601, '' of a page;
    `tags` are its tags and category."""

    url: str
    title: str
    date: str
    tags: str
    body: str
    said: Sequence[Said] = ()

    def to_json(self) -> str:
        """The file that a result is shown from, a comment a line."""
        head = {"url": self.url, "title": self.title, "date": self.date, "text": self.body}
        lines = [_json([one.url, one.author, one.date, one.text]) for one in self.said]
        said = ",\n".join(lines)
        return f'{_json(head)[:-1]},"comments":[\n{said}\n]}}\n'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Newest(NamedTuple):
    """One of a post's newest comments: when, which, a digest of its weights (64 bits)."""

    time: float
    id: str
    print: int


@dataclass(frozen=True, slots=True)
class Brief:
    """What is known of an entry without reading it: a digest of the post's weights, the sum of the
    digests of its older comments, how many words the index holds of it, how many comments there
    are, and the newest of them, oldest first."""

    post: int
    older: int
    words: int
    said: int
    newest: tuple[Newest, ...] = ()

    def settled(self, fresh: Container[str]) -> tuple[int, int]:
        """A digest of all but the comments with these ids. It is a sum, so that a comment that
        becomes an older one changes nothing."""
        kept = sum(one.print for one in self.newest if one.id not in fresh)
        return self.post, (self.older + kept) % 2**64

    def to_bytes(self) -> bytes:
        """For `from_bytes`."""
        newest = [(one.time, one.id, one.print) for one in self.newest]
        return marshal.dumps((self.post, self.older, self.words, self.said, newest))

    @classmethod
    def from_bytes(cls, blob: bytes) -> Brief:
        """What `to_bytes` was called on."""
        post, older, words, said, newest = marshal.loads(blob)
        return cls(post, older, words, said, tuple(starmap(Newest, newest)))


@dataclass(frozen=True, slots=True)
class Entry:
    """What the words of a post weigh, and those of all its comments together."""

    post: Weights
    comments: Weights

    def to_bytes(self) -> bytes:
        """For `from_bytes`."""
        return pack(marshal.dumps((self.post, self.comments)))

    @classmethod
    def from_bytes(cls, blob: bytes) -> Entry:
        """What `to_bytes` was called on."""
        return cls(*marshal.loads(unpack(blob)))


def enter(text: Text) -> tuple[Brief, Entry]:
    """What a post gives to the index."""
    post = weights((TITLE, text.title), (TAGS, text.tags), (BODY, text.body))
    comments: Weights = {}
    each = []
    for one in sorted(text.said, key=lambda one: (one.time, one.id)):
        its = of_comment(one)
        added(comments, its)
        each.append(Newest(one.time, one.id, _digest(its)))
    older = sum(one.print for one in each[:-FRESH]) % 2**64
    words = len(post) + len(comments)
    brief = Brief(_digest(post), older, words, len(each), tuple(each[-FRESH:]))
    return brief, Entry(post, comments)


def of_comment(one: Said) -> Weights:
    """What the words of a comment weigh; its writer's name is among them."""
    return weights((COMMENT, f"{one.author} {one.text}"))


def _digest(of: Weights) -> int:
    return xxh3_64_intdigest(marshal.dumps(sorted(of.items()), 2))
