"""From a flat list of comments to a thread: who answers whom. Pure, and without recursion,
so that 10,000 replies one under the other are no different from 10,000 beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self, TypeVar

from rejoinder.comments.model import Comment, Kind


@dataclass(slots=True)
class Node:
    """A comment in its place. `depth` counts from 1; `answers` is set where the comment is
    not shown right under the one it answers; `orphan` where that one is gone."""

    comment: Comment
    depth: int
    children: list[Node] = field(default_factory=list)
    answers: Comment | None = None
    orphan: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """What a thread holds, each kind apart.

    `comments` are words by people, the author's among them; `mentions` are webmentions,
    pingbacks and trackbacks; `thoughts` is their sum, the figure that WordPress shows.
    Reactions are no thoughts.
    """

    comments: int = 0
    by_author: int = 0
    mentions: int = 0
    likes: int = 0
    reposts: int = 0

    @property
    def thoughts(self) -> int:
        return self.comments + self.mentions

    @property
    def reactions(self) -> int:
        return self.likes + self.reposts


@dataclass(frozen=True, slots=True)
class Thread:
    """A discussion: nested `nodes`, top-level `mentions`, reactions, and what was found amiss
    (`cycles`: the ids of comments that answer each other in a ring)."""

    nodes: list[Node]
    mentions: list[Node]
    likes: list[Comment]
    reposts: list[Comment]
    counts: Counts
    cycles: list[list[str]]


def count(comments: Iterable[Comment]) -> Counts:
    """How many there are of each kind."""
    kinds = [comment.kind for comment in comments]
    by_author = kinds.count(Kind.AUTHOR)
    return Counts(
        comments=kinds.count(Kind.COMMENT) + by_author,
        by_author=by_author,
        mentions=sum(kind.is_mention for kind in kinds),
        likes=kinds.count(Kind.LIKE),
        reposts=kinds.count(Kind.REPOST),
    )


def build(comments: Sequence[Comment], *, max_depth: int = 5, newest_first: bool = False) -> Thread:
    """The thread of `comments`, in any order.

    Nesting follows the data down to `max_depth` (1 or more); what lies deeper stands beside
    its ancestor of that depth, oldest first, and says whom it answers. `newest_first` turns
    the top level round; answers below it are always oldest first, as a talk is read. An
    orphan stands at the top level. A ring of answers is cut at its newest link.
    """
    ordered = sorted(comments, key=lambda comment: comment.sort_key)
    words = [c for c in ordered if not c.kind.is_reaction]
    known = {c.id: c for c in words}
    parents, cycles = _parents(words, known)
    answers: dict[str, list[Comment]] = {}
    top: list[Comment] = []
    for comment in words:
        parent = parents[comment.id]
        if parent is None:
            top.append(comment)
        else:
            answers.setdefault(parent, []).append(comment)

    roots = [_root(comment, known) for comment in top]
    _grow(roots, answers, max_depth)
    if max_depth == 1:
        roots = _level(roots, answers, known)
    else:
        _flatten(roots, answers, known, max_depth)
    nodes = [n for n in roots if not n.comment.kind.is_mention or n.children]
    mentions = [n for n in roots if n.comment.kind.is_mention and not n.children]
    if newest_first:
        nodes.reverse()
    return Thread(
        nodes=nodes,
        mentions=mentions,
        likes=[c for c in ordered if c.kind is Kind.LIKE],
        reposts=[c for c in ordered if c.kind is Kind.REPOST],
        counts=count(ordered),
        cycles=cycles,
    )


def rings(comments: Iterable[Comment]) -> list[list[str]]:
    """The ids of comments that answer each other in a ring, ring by ring."""
    words = [c for c in comments if not c.kind.is_reaction]
    return _parents(words, {c.id: c for c in words})[1]


class Nested(Protocol):
    """Anything that holds others of its kind."""

    @property
    def children(self) -> Sequence[Self]: ...


_Nested = TypeVar("_Nested", bound=Nested)


def walk(nodes: Sequence[_Nested]) -> list[_Nested]:
    """All nodes below and with `nodes`, in the order in which they are shown."""
    found: list[_Nested] = []
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(reversed(node.children))
    return found


def _parents(
    words: Sequence[Comment], known: dict[str, Comment]
) -> tuple[dict[str, str | None], list[list[str]]]:
    """Each comment's parent where it has one here, rings cut, and the rings that were found."""
    parents: dict[str, str | None] = {
        c.id: c.in_reply_to if c.in_reply_to in known else None for c in words
    }
    older: set[str | None] = {None}
    for comment_id, parent in parents.items():
        if parent not in older:
            break
        older.add(comment_id)
    else:
        return parents, []  # whoever answers only what is older makes no ring
    settled: set[str] = set()
    cycles: list[list[str]] = []
    for comment in words:
        path: list[str] = []
        on_path: set[str] = set()
        here: str | None = comment.id
        while here is not None and here not in settled and here not in on_path:
            path.append(here)
            on_path.add(here)
            here = parents[here]
        if here is not None and here in on_path:
            ring = path[path.index(here) :]
            newest = max(ring, key=lambda comment_id: known[comment_id].sort_key)
            parents[newest] = None
            cycles.append(sorted(ring))
        settled.update(path)
    return parents, cycles


def _root(comment: Comment, known: dict[str, Comment]) -> Node:
    parent = comment.in_reply_to
    return Node(
        comment,
        depth=1,
        orphan=parent is not None and parent not in known,
        answers=known.get(parent) if parent is not None else None,
    )


def _grow(roots: Sequence[Node], answers: dict[str, list[Comment]], max_depth: int) -> None:
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if node.depth >= max_depth:
            continue
        node.children = [Node(c, node.depth + 1) for c in answers.get(node.comment.id, ())]
        waiting.extend(node.children)


def _flatten(
    roots: Sequence[Node],
    answers: dict[str, list[Comment]],
    known: dict[str, Comment],
    max_depth: int,
) -> None:
    for node in walk(roots):
        if node.depth == max_depth - 1:
            node.children = _level(node.children, answers, known)


def _level(
    siblings: Sequence[Node], answers: dict[str, list[Comment]], known: dict[str, Comment]
) -> list[Node]:
    """`siblings`, each followed by all that lies below it, on one level."""
    level: list[Node] = []
    for node in siblings:
        level.append(node)
        below: list[Comment] = []
        waiting = [node.comment.id]
        while waiting:
            found = answers.get(waiting.pop(), [])
            below += found
            waiting += [c.id for c in found]
        for comment in sorted(below, key=lambda c: c.sort_key):
            parent = known[comment.in_reply_to] if comment.in_reply_to else None
            level.append(Node(comment, node.depth, answers=parent))
    return level
