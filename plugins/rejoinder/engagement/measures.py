"""The measures of conversation. Pure: what was said in, figures out; each is defined in
docs/measures.md, under the same name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rejoinder.engagement.numbers import Share, Waits, effective, h_index
from rejoinder.engagement.said import Post, Said

_NETWORKS = ("mastodon", "bluesky", "webmention.io")


@dataclass(frozen=True, slots=True)
class Shape:
    """How a thread is built: the deepest answer, the most on one level, the h-index, and how many
    contributions each level has."""

    depth: int
    width: int
    h: int
    levels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Measures:
    """All of them, over some posts."""

    posts: int
    comments: int
    by_author: int
    by_readers: int
    mentions: dict[str, int]
    reactions: int
    awaiting: tuple[Said, ...]
    answered: Share
    time_to_answer: Waits
    undated: int
    first_response: Waits
    silent: Share
    came_back: Share
    participants: int
    returning: Share
    reader_to_reader: Share
    reciprocity: Share
    effective_participants: float
    shapes: dict[str, Shape]


def measure(posts: Sequence[Post], contributions: Iterable[Said], now: datetime) -> Measures:
    """The measures of `posts` at `now`. Contributions to other threads are left out."""
    threads = {post.thread for post in posts}
    everything = [one for one in contributions if one.thread in threads and one.date <= now]
    words = [one for one in everything if one.is_words]
    by_id = {one.id: one for one in words}
    readers = [one for one in words if not one.is_author]
    answers = _first_answers(words, by_id)
    times, undated = _times(readers, answers)
    waiting = [one for one in readers if one.id not in answers]
    people = Counter(one.who for one in readers)
    places: dict[str, set[str]] = defaultdict(set)
    for one in readers:
        places[one.who].add(one.thread)
    to_reader = [one for one in readers
                 if (above := by_id.get(one.parent or "")) and not above.is_author
                 and above.who != one.who]  # fmt: skip
    return Measures(
        posts=len(posts),
        comments=len(words),
        by_author=len(words) - len(readers),
        by_readers=len(readers),
        mentions=dict(sorted(Counter(_door(m) for m in everything if m.kind.is_mention).items())),
        reactions=sum(one.kind.is_reaction for one in everything),
        awaiting=tuple(waiting),
        answered=Share(len(answers), len(readers)),
        time_to_answer=Waits(
            tuple(sorted(times)),
            tuple(sorted((now - one.date).total_seconds() for one in waiting)),
        ),
        undated=undated,
        first_response=_first_responses(posts, words, now),
        silent=_silent(posts, words),
        came_back=_came_back(readers, answers),
        participants=len(people),
        returning=Share(sum(len(of) >= 2 for of in places.values()), len(people)),
        reader_to_reader=Share(len(to_reader), len(readers)),
        reciprocity=_reciprocity(posts, words, by_id),
        effective_participants=effective(people.values()),
        shapes=_shapes(words, threads),
    )  # fmt: skip


def _first_answers(words: Sequence[Said], by_id: dict[str, Said]) -> dict[str, Said]:
    """The author's first answer to each reader's comment: the oldest directly below it."""
    found: dict[str, Said] = {}
    for one in words:
        above = by_id.get(one.parent or "")
        if one.is_author and above is not None and not above.is_author:
            before = found.get(above.id)
            if before is None or (one.date, one.id) < (before.date, before.id):
                found[above.id] = one
    return found


def _times(readers: Iterable[Said], answers: dict[str, Said]) -> tuple[list[float], int]:
    """Seconds from comment to answer, and how many answers have no time of their own: history
    that was imported without it has them at the same instant, or before."""
    times, undated = [], 0
    for one in readers:
        answer = answers.get(one.id)
        if answer is not None and answer.date > one.date:
            times.append((answer.date - one.date).total_seconds())
        elif answer is not None:
            undated += 1
    return times, undated


def _first_responses(posts: Iterable[Post], words: Iterable[Said], now: datetime) -> Waits:
    """From a post to the first words of anybody but its authors."""
    first: dict[str, datetime] = {}
    whose = {post.thread: {f"author:{slug}" for slug in post.authors} for post in posts}
    for one in words:
        if one.who not in whose[one.thread]:
            first[one.thread] = min(one.date, first.get(one.thread, one.date))
    ended, waiting = [], []
    for post in posts:
        if post.date is None or post.date > now:
            continue
        response = first.get(post.thread)
        if response is None:
            waiting.append((now - post.date).total_seconds())
        elif response > post.date:
            ended.append((response - post.date).total_seconds())
    return Waits(tuple(sorted(ended)), tuple(sorted(waiting)))


def _silent(posts: Sequence[Post], words: Iterable[Said]) -> Share:
    whose = {post.thread: {f"author:{slug}" for slug in post.authors} for post in posts}
    spoken = {one.thread for one in words if one.who not in whose[one.thread]}
    return Share(len(posts) - len(spoken), len(posts))


def _came_back(readers: Sequence[Said], answers: dict[str, Said]) -> Share:
    """Of the comments that the author answered, those whose writer wrote in the thread again."""
    last: dict[tuple[str, str], datetime] = {}
    for one in readers:
        key = one.thread, one.who
        last[key] = max(one.date, last.get(key, one.date))
    answered = [one for one in readers if one.id in answers]
    back = [one for one in answered if last[one.thread, one.who] > answers[one.id].date]
    return Share(len(back), len(answered))


def _reciprocity(posts: Iterable[Post], words: Iterable[Said], by_id: dict[str, Said]) -> Share:
    """Of the pairs (who, whom) where one has answered the other, those answered in turn. What
    answers the post answers its author, where there is one; answers to oneself are none."""
    hosts = {post.thread: f"author:{min(post.authors)}" for post in posts if post.authors}
    pairs = set()
    for one in words:
        above = by_id.get(one.parent or "")
        whom = above.who if above is not None else hosts.get(one.thread) if not one.parent else None
        if whom is not None and whom != one.who:
            pairs.add((one.who, whom))
    return Share(sum((whom, who) in pairs for who, whom in pairs), len(pairs))


def _door(mention: Said) -> str:
    """Where a mention came from: the network that it was heard on, else what it is."""
    return mention.source if mention.source in _NETWORKS else str(mention.kind)


def shape(words: Iterable[Said]) -> Shape:
    """The shape of one thread."""
    levels = Counter(one.depth for one in words)
    each = tuple(levels.get(level, 0) for level in range(1, max(levels, default=0) + 1))
    return Shape(len(each), max(each, default=0), h_index(each), each)


def _shapes(words: Iterable[Said], threads: Iterable[str]) -> dict[str, Shape]:
    by_thread: dict[str, list[Said]] = defaultdict(list)
    for one in words:
        by_thread[one.thread].append(one)
    return {thread: shape(by_thread.get(thread, ())) for thread in sorted(threads)}
