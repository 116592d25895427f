"""The measures of conversation. Pure: parts of threads in, figures out; each is defined in
docs/measures.md, under the same name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from rejoinder.engagement.numbers import Share, Waits, effective
from rejoinder.engagement.parts import Waiting, part_of
from rejoinder.engagement.said import Post, Said
from rejoinder.engagement.totals import Reader, Row, Totals, total


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
    people: Mapping[str, Reader]
    nameless: int
    returning: Share
    reader_to_reader: Share
    reciprocity: Share
    effective_participants: float
    pairs: Mapping[str, Mapping[str, int]]
    days: Mapping[str, tuple[int, int]]
    rows: Mapping[str, Row]

    @property
    def participants(self) -> int:
        """Readers who can be told apart."""
        return len(self.people)


def measure(
    posts: Sequence[Post],
    contributions: Iterable[Said],
    now: datetime,
    since: datetime | None = None,
    zone: tzinfo = UTC,
) -> Measures:
    """The measures of those of `posts` that are out at `now`; with `since`, of what was said and
    posted from then on. Contributions to other threads are left out."""
    by_thread: dict[str, list[Said]] = defaultdict(list)
    for one in contributions:
        by_thread[one.thread].append(one)
    parts = {post.thread: part_of(post, by_thread.get(post.thread, ()), now, since, zone)
             for post in posts if post.is_out(now)}  # fmt: skip
    return of_totals(posts, total(parts), now, since)


def of_totals(
    posts: Iterable[Post], totals: Totals, now: datetime, since: datetime | None = None
) -> Measures:
    """The measures of posts by the sum of their threads' parts; a thread that isn't in it was
    silent. It is to hold no thread of a post that isn't out at `now`."""
    new = [post for post in posts if _is_new(post, now, since)]
    rows, people, at = totals.rows, totals.people, now.timestamp()
    awaiting = sorted((one for found in totals.awaiting.values() for one in found),
                      key=lambda one: (one.at, one.id))  # fmt: skip
    comments = sum(row.comments for row in rows.values())
    by_author = sum(row.by_author for row in rows.values())
    answered = sum(row.answered for row in rows.values())
    undated = sum(row.undated for row in rows.values())
    spoken = {post.thread: rows[post.thread].spoken for post in new if post.thread in rows}
    pairs = totals.pairs
    both = sum(who in pairs.get(whom, ()) for who, whoms in pairs.items() for whom in whoms)
    return Measures(
        posts=len(new),
        comments=comments,
        by_author=by_author,
        by_readers=comments - by_author,
        mentions=dict(sorted(totals.mentions.items())),
        reactions=sum(row.reactions for row in rows.values()),
        awaiting=tuple(awaiting),
        answered=Share(answered, comments - by_author),
        time_to_answer=Waits(tuple(map(float, totals.times)),
                             tuple(sorted(at - one.at for one in awaiting))),
        undated=undated,
        moderation=Waits(tuple(map(float, totals.moderated)), ()),
        first_response=_first_responses(new, spoken, now),
        silent=Share(sum(spoken.get(post.thread) is None for post in new), len(new)),
        came_back=Share(sum(row.came_back for row in rows.values()), answered - undated),
        people=people,
        nameless=sum(row.nameless for row in rows.values()),
        returning=Share(sum(len(one.firsts) >= 2 for one in people.values()), len(people)),
        reader_to_reader=Share(sum(row.to_reader for row in rows.values()), comments - by_author),
        reciprocity=Share(both, sum(map(len, pairs.values()))),
        effective_participants=effective(one.comments for one in people.values()),
        pairs=pairs,
        days=dict(sorted(totals.days.items())),
        rows=rows,
    )  # fmt: skip


def newcomers(period: Measures, ever: Measures, since: datetime) -> Share:
    """Of a period's participants, those whose first comment of all is in it."""
    begin = since.timestamp()
    new = sum(ever.people[who].firsts[0][0] >= begin for who in period.people)
    return Share(new, period.participants)


def returning(period: Measures, ever: Measures, now: datetime) -> Share:
    """Of a period's participants, those who had written on two posts or more by its end, `now`."""
    end = now.timestamp()
    seconds = (ever.people[who].firsts[1:2] for who in period.people)
    return Share(sum(at <= end for second in seconds for at, _ in second), period.participants)


def _is_new(post: Post, now: datetime, since: datetime | None) -> bool:
    if post.date is None:
        return since is None
    return post.date <= now and (since is None or post.date >= since)


def _first_responses(
    posts: Iterable[Post], spoken: Mapping[str, int | None], now: datetime
) -> Waits:
    """From a post to the first words of anybody but its authors."""
    ended, waiting = [], []
    for post in posts:
        if post.date is None:
            continue
        response, begin = spoken.get(post.thread), post.date.timestamp()
        if response is None:
            waiting.append(now.timestamp() - begin)
        elif response > begin:
            ended.append(response - begin)
    return Waits(tuple(sorted(ended)), tuple(sorted(waiting)))
