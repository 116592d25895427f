"""Backfeed: what people say under the author's announcements on Mastodon and Bluesky, asked of
the networks' public APIs and handed on as mentions.

The caller knows which sources it took before; what comes back is what to take now, known or not,
and what was taken back. Asking is polite: one host one thing at a time, no more of it when it says
so, old announcements seldom.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from rejoinder import politely
from rejoinder.authors import AuthorFile
from rejoinder.errors import FetchError
from rejoinder.mentions import bluesky, mastodon
from rejoinder.mentions.harvest import Announced, Harvest, Part, Reach, Read, decide
from rejoinder.mentions.model import Mention
from rejoinder.profiles import networks
from rejoinder.profiles.entries import Entry, Kind, Verdict
from rejoinder.profiles.ledger import Key
from rejoinder.profiles.matcher import Target
from rejoinder.web import Client, Response, same_origin

PAGES = 10
"""Pages of likes or reposts that are asked for."""

UNSURE = 40
"""Replies of one post that are asked after by themselves in one run."""

YOUNG = timedelta(days=30)
SELDOM = 7
"""An announcement that is older than that is asked for on one day of so many."""

MAX_BYTES = 4 << 20
_LEFT = 2  # when no more requests than these are left, the rest is for others


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one post on one network: mentions to take, sources that are gone, and what
    went wrong, for people."""

    target: str
    network: str
    take: tuple[Mention, ...]
    gone: tuple[str, ...]
    problems: tuple[str, ...] = ()


def announcements(
    entries: Iterable[tuple[Key, Entry]],
    authors: Mapping[str, AuthorFile],
    posts: Iterable[Target],
    now: datetime,
) -> list[Announced]:
    """The announcements to ask for now: authors' own entries on the two networks that are tied
    to one post; of a round-up of several nobody knows what a reply is about. All of a post on a
    network or none: what is under one that wasn't asked for is not gone. Pure."""
    profiles = {(slug, p.name): p for slug, a in authors.items() for p in a.profiles
                if not p.watches and p.network in networks.HEARD}  # fmt: skip
    addresses = {post.thread: post.addresses[0] for post in posts}
    found: dict[tuple[str, str], list[Announced]] = defaultdict(list)
    for key, entry in entries:
        about = [tie.thread for tie in entry.ties if tie.verdict is not Verdict.NO]
        profile = profiles.get(key)
        if profile and entry.kind is Kind.OWN and len(about) == 1 and about[0] in addresses:
            one = Announced(profile.network, entry.url, addresses[about[0]], profile.url,
                            entry.date)  # fmt: skip
            found[one.target, one.network].append(one)
    due = (of_post for of_post in found.values() if any(is_due(one, now) for one in of_post))
    return [one for of_post in due for one in of_post]


def is_due(announced: Announced, now: datetime) -> bool:
    """Whether to ask for an announcement today: always while it is young, then on some days,
    which differ from one to the next. Pure."""
    if now - announced.date <= YOUNG:
        return True
    day = f"{now:%Y-%m-%d} {announced.url}".encode()
    return hashlib.sha256(day).digest()[0] % SELDOM == 0


def run(
    client: Client,
    announced: Sequence[Announced],
    known: Mapping[tuple[str, str], Collection[str]],
    now: datetime,
    *,
    api: str = bluesky.API,
    pause: float = politely.PAUSE,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Outcome]:
    """What to do, for each post and network of `announced`, which has all announcements of a
    post there; `known` are the sources that were taken before, by target and network. What a
    network does wrong is a problem in an outcome, never an error; a part that could not be asked
    deletes nothing."""

    def one(job: Announced, before: Harvest | None) -> Harvest:
        if before is not None and before.peace:
            problem = f"{job.url}: its server asks to be left alone; not asked"
            return Harvest(job, problems=[problem], peace=True)
        return harvest(client, job, api=api, pause=pause)

    lines = politely.queues(announced, lambda job: api if job.network == "bluesky" else job.url)
    by_post: dict[tuple[str, str], list[Harvest]] = defaultdict(list)
    for done, found in enumerate(politely.each_host(lines, one, pause), start=1):
        by_post[found.announced.target, found.announced.network].append(found)
        progress(done, len(announced))
    for (target, network), harvests in sorted(by_post.items()):
        decision = decide(known.get((target, network), ()), harvests)
        gone = list(decision.gone)
        for source in decision.unsure[:UNSURE]:
            time.sleep(pause)
            if _is_gone(client, source, api):
                gone.append(source)
        yield Outcome(
            target, network, tuple(_not_of_the_future(m, now) for m in decision.take),
            tuple(gone), tuple(p for harvest in harvests for p in harvest.problems),
        )  # fmt: skip


def harvest(
    client: Client, announced: Announced, *, api: str = bluesky.API, pause: float = 0.0
) -> Harvest:
    """All that is under one announcement now; never raises for what a network does."""
    found = Harvest(announced)
    asking = _Asking(client, found, pause)
    try:
        if announced.network == "mastodon":
            _mastodon(asking)
        else:
            _bluesky(asking, api)
    except _Failed as error:
        found.problems.append(f"{announced.url}: {error}")
    return found


class _Failed(Exception):  # noqa: N818
    """No more of this announcement."""


class _Asking:
    """Questions about one announcement, with a pause between them and an eye on what the host
    says of its limits."""

    def __init__(self, client: Client, found: Harvest, pause: float) -> None:
        self.client = client
        self.found = found
        self.pause = pause
        self._asked = False

    def get(self, url: str) -> Response:
        """An answer. Raises _Failed where there is none, or the host wants no more questions."""
        if self.found.peace:
            raise _Failed("its server asks to be left alone")
        if self._asked:
            time.sleep(self.pause)
        self._asked = True
        try:
            answer = self.client.get(url, headers={"accept": "application/json"},
                                     max_bytes=MAX_BYTES)  # fmt: skip
        except FetchError as error:
            raise _Failed(error.what) from error
        self.found.peace = wants_peace(answer)
        return answer

    def json(self, url: str) -> tuple[Any, Response]:
        """An answer's JSON. Raises _Failed for any other."""
        answer = self.get(url)
        if answer.status != 200:
            raise _Failed(f"its server answered {answer.status}")
        return read_json(answer), answer

    def part(self, part: Part, pages: Callable[[], Iterator[Read]]) -> None:
        """Read a part, page by page; whatever fails in it is a problem of its own."""
        reach = Reach.WHOLE
        mentions: list[Mention] = []
        try:
            for read in pages():
                mentions += read.mentions
                if read.cut:
                    reach = Reach.CUT
        except _Failed as error:
            reach = Reach.FAILED
            self.found.problems.append(f"{self.found.announced.url}: {part}: {error}")
        self.found.mentions += mentions
        self.found.reach[part] = reach

    def is_gone(self) -> None:
        """The announcement is gone: so are the reactions to it, but replies stand by
        themselves."""
        whole = dict.fromkeys((Part.LIKES, Part.REPOSTS), Reach.WHOLE)
        self.found.reach |= {**whole, Part.REPLIES: Reach.CUT}
        self.found.problems.append(f"{self.found.announced.url}: it is gone")


def wants_peace(answer: Response) -> bool:
    """Whether a host has had enough: by its status, or by what it says is left
    (docs.joinmastodon.org/api/rate-limits; draft-ietf-httpapi-ratelimit-headers). Pure."""
    headers = answer.headers
    left = headers.get("x-ratelimit-remaining") or headers.get("ratelimit-remaining") or ""
    return answer.status in (429, 503) or (left.isdecimal() and int(left) <= _LEFT)


def read_json(answer: Response) -> Any:
    """The JSON of an answer; None for what is none. Pure."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def _mastodon(asking: _Asking) -> None:
    found = asking.found
    place = mastodon.place(found.announced.url)
    if place is None:
        raise _Failed("this is no address of a Mastodon status")
    answer = asking.get(place.api)
    root = read_json(answer)
    # A server that says so in its API's own way; a page of somebody else's proves nothing.
    if answer.status in (404, 410) and isinstance(root, dict) and root.get("error"):
        asking.is_gone()
        return
    if answer.status != 200 or not mastodon.is_public(root):
        raise _Failed(f"its server answered {answer.status}" if answer.status != 200
                      else "it isn't for everybody")  # fmt: skip
    owner = mastodon.owner(root)

    def replies() -> Iterator[Read]:
        context, _ = asking.json(f"{place.api}/context")
        yield mastodon.replies(context, found.announced, place.id, owner)

    def reactions(part: Part, name: str) -> Iterator[Read]:
        url = f"{place.api}/{name}?limit={mastodon.PAGE}"
        for _ in range(PAGES):
            rows, answer = asking.json(url)
            read = mastodon.reactions(rows, part, found.announced, place.server, owner,
                                      answer.headers.get("link", ""))  # fmt: skip
            yield read
            if not read.next:
                return
            if read.next == url or not same_origin(read.next, place.server):
                break
            url = read.next
        yield Read(cut=True)

    asking.part(Part.REPLIES, replies)
    asking.part(Part.LIKES, lambda: reactions(Part.LIKES, "favourited_by"))
    asking.part(Part.REPOSTS, lambda: reactions(Part.REPOSTS, "reblogged_by"))


def _bluesky(asking: _Asking, api: str) -> None:
    found = asking.found
    place = bluesky.place(found.announced.url)
    if place is None:
        raise _Failed("this is no address of a Bluesky post")
    did, key = place
    if not did.startswith("did:"):
        told, _ = asking.json(_xrpc(api, "com.atproto.identity.resolveHandle", handle=did))
        did = str(told.get("did") or "") if isinstance(told, dict) else ""
        if not did.startswith("did:"):
            raise _Failed(f"nobody has the handle {place[0]!r}")
    uri = f"at://{did}/app.bsky.feed.post/{key}"
    answer = asking.get(_xrpc(api, "app.bsky.feed.getPostThread", uri=uri, depth=bluesky.DEPTH,
                              parentHeight=0))  # fmt: skip
    thread = read_json(answer)
    missing = isinstance(thread, dict) and thread.get("error") == "NotFound"
    if (answer.status == 400 and missing) or (answer.status == 200 and bluesky.is_gone(thread)):
        asking.is_gone()
        return
    if answer.status != 200:
        raise _Failed(f"its server answered {answer.status}")

    def reactions(part: Part, name: str) -> Iterator[Read]:
        cursor = ""
        for _ in range(PAGES):
            more = {"cursor": cursor} if cursor else {}
            rows, _ = asking.json(_xrpc(api, name, uri=uri, limit=bluesky.PAGE, **more))
            read = bluesky.reactions(rows, part, found.announced, did)
            yield read
            if not read.next:
                return
            if read.next == cursor:
                break
            cursor = read.next
        yield Read(cut=True)

    asking.part(Part.REPLIES, lambda: iter([bluesky.replies(thread, found.announced, did)]))
    asking.part(Part.LIKES, lambda: reactions(Part.LIKES, "app.bsky.feed.getLikes"))
    asking.part(Part.REPOSTS, lambda: reactions(Part.REPOSTS, "app.bsky.feed.getRepostedBy"))


def _xrpc(api: str, name: str, **params: object) -> str:
    return f"{api}/xrpc/{name}?{urlencode(params, quote_via=quote)}"


def _is_gone(client: Client, source: str, api: str) -> bool:
    """Whether a reply's own place says that it is gone: anything else leaves it."""
    uri = bluesky.record_uri(source)
    try:
        if not uri:
            return client.get(source, max_bytes=MAX_BYTES).status in (404, 410)
        answer = client.get(_xrpc(api, "app.bsky.feed.getPosts", uris=uri), max_bytes=MAX_BYTES)
    except FetchError:
        return False
    found = read_json(answer) if answer.status == 200 else None
    return isinstance(found, dict) and found.get("posts") == []


def _not_of_the_future(mention: Mention, now: datetime) -> Mention:
    late = mention.date is not None and mention.date > now
    return replace(mention, date=now) if late else mention
