"""The measures of conversation. Pure: parts of threads in, figures out; each is defined in
docs/measures.md, under the same name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from rejoinder.engagement.numbers import Share, Waits, effective
from rejoinder.engagement.parts import Part, Shape, Waiting, part_of
from rejoinder.engagement.said import Post, Said


@dataclass(frozen=True, slots=True)
class Participant:
    """A reader over all threads: comments, the instants of the first on each thread (oldest first)
    and of the last (seconds since 1970), the name and own site that the last one says."""

    comments: int
    firsts: tuple[int, ...]
    last: int
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Measures:
    """All of them, over some posts."""

    posts: int
    comments: int
    by_author: int
    by_readers: int
    mentions: dict[str, int]
    reactions: int
    awaiting: tuple[Waiting, ...]
    answered: Share
    time_to_answer: Waits
    undated: int
    moderation: Waits
    first_response: Waits
    silent: Share
    came_back: Share
    people: dict[str, Participant]
    returning: Share
    reader_to_reader: Share
    reciprocity: Share
    effective_participants: float
    pairs: dict[tuple[str, str], int]
    days: dict[str, tuple[int, int]]
    shapes: dict[str, Shape]

    @property
    def participants(self) -> int:
        return len(self.people)


def measure(
    posts: Sequence[Post],
    contributions: Iterable[Said],
    now: datetime,
    since: datetime | None = None,
    zone: tzinfo = UTC,
) -> Measures:
    """The measures of `posts` at `now`; with `since`, of what was said and posted from then on.
    Contributions to other threads are left out."""
    by_thread: dict[str, list[Said]] = defaultdict(list)
    for one in contributions:
        by_thread[one.thread].append(one)
    parts = {post.thread: part_of(post, by_thread.get(post.thread, ()), now, since, zone)
             for post in posts}  # fmt: skip
    return together(posts, parts, now, since)


def together(
    posts: Iterable[Post], parts: Mapping[str, Part], now: datetime, since: datetime | None = None
) -> Measures:
    """The measures of posts by the parts of their threads; a thread without a part was silent."""
    posts = list(posts)
    found = [parts[post.thread] for post in posts if post.thread in parts]
    people = _people(found)
    pairs: Counter[tuple[str, str]] = Counter()
    mentions: Counter[str] = Counter()
    days: dict[str, tuple[int, int]] = {}
    for part in found:
        for pair, count in part.pairs.items():
            pairs[pair] += count
        mentions.update(part.mentions)
        for day, (readers, authors) in part.days.items():
            before = days.get(day, (0, 0))
            days[day] = before[0] + readers, before[1] + authors
    awaiting = sorted((one for part in found for one in part.awaiting), key=lambda w: (w.at, w.id))
    comments = sum(part.comments for part in found)
    by_author = sum(part.by_author for part in found)
    answered = sum(part.answered for part in found)
    at = now.timestamp()
    new = [
        post for post in posts if since is None or (post.date is not None and post.date >= since)
    ]
    spoken = {post.thread: parts[post.thread].spoken for post in new if post.thread in parts}
    return Measures(
        posts=len(new),
        comments=comments,
        by_author=by_author,
        by_readers=comments - by_author,
        mentions=dict(sorted(mentions.items())),
        reactions=sum(part.reactions for part in found),
        awaiting=tuple(awaiting),
        answered=Share(answered, comments - by_author),
        time_to_answer=Waits(
            tuple(sorted(float(time) for part in found for time in part.times)),
            tuple(sorted(at - one.at for one in awaiting)),
        ),
        undated=sum(part.undated for part in found),
        moderation=Waits(tuple(sorted(float(t) for part in found for t in part.moderated)), ()),
        first_response=_first_responses(new, spoken, now),
        silent=Share(sum(spoken.get(post.thread) is None for post in new), len(new)),
        came_back=Share(sum(part.came_back for part in found), answered),
        people=people,
        returning=Share(sum(len(one.firsts) >= 2 for one in people.values()), len(people)),
        reader_to_reader=Share(sum(part.to_reader for part in found), comments - by_author),
        reciprocity=Share(sum((whom, who) in pairs for who, whom in pairs), len(pairs)),
        effective_participants=effective(one.comments for one in people.values()),
        pairs=dict(pairs),
        days=dict(sorted(days.items())),
        shapes={post.thread: parts[post.thread].shape if post.thread in parts else Shape()
                for post in sorted(posts, key=lambda post: post.thread)},
    )  # fmt: skip


def newcomers(period: Measures, ever: Measures, since: datetime) -> Share:
    """Of a period's participants, those whose first comment of all is in it."""
    begin = since.timestamp()
    new = sum(min(ever.people[who].firsts) >= begin for who in period.people)
    return Share(new, period.participants)


def returning(period: Measures, ever: Measures, now: datetime) -> Share:
    """Of a period's participants, those who had written on two posts or more by its end, `now`."""
    end = now.timestamp()
    posts = [sum(first <= end for first in ever.people[who].firsts) for who in period.people]
    return Share(sum(count >= 2 for count in posts), period.participants)


def _people(parts: Iterable[Part]) -> dict[str, Participant]:
    threads = defaultdict(list)
    for part in parts:
        for who, person in part.people.items():
            threads[who].append(person)
    found = {}
    for who in sorted(threads):
        last = max(threads[who], key=lambda person: person.last)
        found[who] = Participant(
            sum(person.comments for person in threads[who]),
            tuple(sorted(person.first for person in threads[who])),
            last.last, last.name, last.url,
        )  # fmt: skip
    return found


def _first_responses(
    posts: Iterable[Post], spoken: Mapping[str, int | None], now: datetime
) -> Waits:
    """From a post to the first words of anybody but its authors."""
    ended, waiting = [], []
    for post in posts:
        if post.date is None or post.date > now:
            continue
        response, begin = spoken.get(post.thread), post.date.timestamp()
        if response is None:
            waiting.append(now.timestamp() - begin)
        elif response > begin:
            ended.append(response - begin)
    return Waits(tuple(sorted(ended)), tuple(sorted(waiting)))
