"""Whether two builds made the same pages: the same addresses, the same words in their main part,
and under each post the same comments, each in its place. Markup and typography may differ."""

from __future__ import annotations

import re
from html import unescape
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

_MAIN = re.compile(r"<main>(.*)</main>", re.S)
_THREAD = re.compile(r'<(/?)ol>|<article class="comment" id="([^"]+)">')
_WORD = re.compile(r"\w+")
_TAG = re.compile(r"<[^>]*>")


class Said(NamedTuple):
    """A comment on a page: how many lists it stands in; who wrote it, when, and what."""

    id: str
    depth: int
    words: list[str]


def words(html: str) -> list[str]:
    """The words of some HTML. Where they were apart by a tag alone they are apart."""
    return _WORD.findall(unescape(_TAG.sub(" ", html)))


def comments(html: str) -> list[Said]:
    """The comments of a page, in their order."""
    _, _, thread = html.partition('<section id="comments">')
    marks = list(_THREAD.finditer(thread))
    found, depth = [], 0
    for mark, following in zip_longest(marks, marks[1:]):
        if mark[2] is None:
            depth += -1 if mark[1] else 1
            continue
        end = following.start() if following else len(thread)
        found.append(Said(mark[2], depth, words(thread[mark.end() : end])))
    return found


def differences(ours: Path, theirs: Path) -> list[str]:
    """What is not the same in two folders of pages; nothing where all is."""
    here, there = pages(ours), pages(theirs)
    found = [f"{path}: only theirs" for path in sorted(there - here)]
    found += [f"{path}: only ours" for path in sorted(here - there)]
    for path in sorted(here & there):
        found += _compared(path, *((folder / path).read_text("utf-8") for folder in (ours, theirs)))
    feeds = [entries(folder / "feeds" / "all.atom.xml") for folder in (ours, theirs)]
    if feeds[0] != feeds[1]:
        found.append(f"feed: {feeds[0][:3]} … and {feeds[1][:3]} …")
    return found


def pages(folder: Path) -> set[str]:
    """The paths of all pages below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}


def entries(feed: Path) -> list[str]:
    """The titles of a feed and its entries."""
    titles = re.findall("<title.*?</title>", feed.read_text("utf-8"))
    return [" ".join(words(title)) for title in titles]


def _compared(path: str, ours: str, theirs: str) -> list[str]:
    here, there = comments(ours), comments(theirs)
    if len(here) != len(there):
        return [f"{path}: {len(here)} comments are ours, {len(there)} theirs"]
    found = [f"{path}: {a} is ours, {b} theirs" for a, b in zip(here, there, strict=True) if a != b]
    mains = [_MAIN.search(html) for html in (ours, theirs)]
    one, other = (words(match[1]) if match else [] for match in mains)
    if one != other and not found:
        found.append(f"{path}: {_first(one, other)}")
    if None in mains:
        found.append(f"{path}: has no main part")
    return found


def _first(one: list[str], other: list[str]) -> str:
    """Where two lists of words part."""
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
              min(len(one), len(other)))  # fmt: skip
    here, there = (" ".join(text[max(0, at - 3) : at + 3]) for text in (one, other))
    return f"'{here}' is ours, '{there}' theirs"
