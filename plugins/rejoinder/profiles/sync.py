"""Polling all feeds: politely, side by side for different hosts, one after the other for one.

`plan` decides; `run` wires it to the network and the files. Entries are in their files before
what would keep them from being sent again (ETag) is remembered, so that a crash between loses
nothing.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from rejoinder import authors, politely
from rejoinder.authors import Profile
from rejoinder.errors import CrosslinkError, FetchError
from rejoinder.profiles import health, memories, targets
from rejoinder.profiles.entries import Entry, Kind
from rejoinder.profiles.feeds import Feed, parse
from rejoinder.profiles.health import Finding
from rejoinder.profiles.ledger import Key, Ledger, editing, merge, private_folder
from rejoinder.profiles.links import Unshortener
from rejoinder.profiles.matching import Asked, match
from rejoinder.profiles.networks import feed_of
from rejoinder.profiles.polling import Memory, answered, digest, failed, forgetful, unchanged
from rejoinder.web import Client, Response

MAX_BYTES = 8 << 20
_FUTURE = timedelta(days=1)
_ACCEPT = ("application/atom+xml, application/rss+xml, application/feed+json, "
           "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1")  # fmt: skip

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Source:
    """A feed to poll: whose, which profile's, where."""

    key: Key
    profile: Profile
    feed: str

    @property
    def name(self) -> str:
        """What its memory is kept under."""
        return f"{'/'.join(self.key)} {self.feed}"


@dataclass(slots=True)
class Outcome:
    """What came of polling one feed."""

    source: Source
    memory: Memory
    entries: tuple[Entry, ...] = ()
    bytes: int = 0
    asked: bool = True
    unchanged: bool = False
    peace: str = ""
    """How long its host asks to be left alone, as Retry-After says it."""


@dataclass(slots=True)
class Summary:
    """What a run did: for people, and for those who test it."""

    asked: int = 0
    unchanged: int = 0
    waiting: int = 0
    failed: int = 0
    bytes: int = 0
    new: list[tuple[Key, Entry]] = field(default_factory=list)
    changed: int = 0
    matched: int = 0
    questions: list[Asked] = field(default_factory=list)
    findings: list[tuple[Source, Finding]] = field(default_factory=list)
    by_hand: list[tuple[Key, Profile]] = field(default_factory=list)


def sources(
    found: Mapping[str, authors.AuthorFile],
) -> tuple[list[Source], list[tuple[Key, Profile]]]:
    """The feeds of all authors, and the profiles that have none. Pure."""
    feeds, by_hand = [], []
    for slug, author in found.items():
        for profile in author.profiles:
            feed = feed_of(profile.url, profile.feed)
            key = slug, profile.name
            if feed:
                feeds.append(Source(key, profile, feed))
            else:
                by_hand.append((key, profile))
    return feeds, by_hand


def due(
    wanted: Iterable[Source], known: Mapping[str, Memory], now: datetime, *, everything: bool
) -> list[Source]:
    """What is to be asked now. Pure."""
    memories = ((source, known.get(source.name, Memory())) for source in wanted)
    return [source for source, memory in memories
            if memory.is_due(now) or (everything and not memory.gone)]  # fmt: skip


def run(
    content: Path,
    client: Client,
    *,
    everything: bool = False,
    only: Sequence[str] = (),
    progress: Progress = lambda done, total: None,
    pause: float = politely.PAUSE,
) -> Summary:
    """Poll, keep, match; what came of it. `everything` asks feeds that aren't due as well;
    `only` names profiles. A feed that can't be read is a finding, never an error. Raises
    CrosslinkError or SiteError for files that can't be used."""
    with editing(content) as ledger:
        return _run(content, ledger, client, everything, only, progress, pause)


def _run(
    content: Path,
    ledger: Ledger,
    client: Client,
    everything: bool,
    only: Sequence[str],
    progress: Progress,
    pause: float,
) -> Summary:
    now = datetime.now(UTC).replace(microsecond=0)
    feeds, by_hand = sources(authors.load(content))
    posts = targets.load(content)
    if only:
        feeds = [source for source in feeds if source.profile.name in only]
        missing = set(only) - {source.profile.name for source in feeds}
        if missing:
            raise CrosslinkError(f"there is no profile {min(missing)!r} with a feed",
                                 mend="'invoke profiles list all' lists them.")  # fmt: skip
    folder = private_folder(content)
    known = memories.load(folder)
    asked = due(feeds, known, now, everything=everything)
    summary = Summary(waiting=len(feeds) - len(asked), by_hand=by_hand)
    fresh = {source.name for source in feeds if not ledger.of(source.key)}
    poll = _Poll(client, {n: forgetful(m) if n in fresh else m for n, m in known.items()}, now)
    lines = politely.queues(asked, lambda source: source.feed)
    done = 0
    try:
        for outcome in politely.each_host(lines, poll.one, pause):
            done += 1
            progress(done, len(asked))
            _note(summary, outcome)
            known[outcome.source.name] = outcome.memory
            _keep(summary, ledger, outcome)
    finally:
        unshortener = Unshortener(client)
        for key, entries in ledger.entries.items():
            ledger.entries[key] = unshortener.expand(entries)
        summary.matched, summary.questions = match(ledger, posts)
        ledger.save()
        memories.save(folder, known)
    for source in feeds:
        memory = known.get(source.name, Memory())
        dates = [entry.date for entry in ledger.of(source.key).values()]
        quiet = health.examine(memory, dates, now, feed=source.feed)
        moved = poll.account(source) if any(f.health is health.Health.QUIET for f in quiet) else ""
        findings = health.examine(memory, dates, now, feed=source.feed, account_moved=moved)
        summary.findings += [(source, finding) for finding in findings]
    return summary


def _note(summary: Summary, outcome: Outcome) -> None:
    summary.asked += outcome.asked
    summary.waiting += not outcome.asked
    summary.bytes += outcome.bytes
    summary.unchanged += outcome.unchanged
    summary.failed += outcome.asked and outcome.memory.failures > 0


def _keep(summary: Summary, ledger: Ledger, outcome: Outcome) -> None:
    key = outcome.source.key
    merged = merge(ledger.of(key), outcome.entries)
    ledger.entries[key] = merged.entries
    summary.new += [(key, entry) for entry in merged.new]
    summary.changed += merged.changed


class _Poll:
    """The asking itself. Safe for several threads."""

    def __init__(self, client: Client, known: Mapping[str, Memory], now: datetime) -> None:
        self.client = client
        self.known = known
        self.now = now

    def one(self, source: Source, before: Outcome | None) -> Outcome:
        """Ask for one feed, unless its host has asked for peace."""
        memory = self.known.get(source.name, Memory())
        if before is not None and before.peace:
            rest = failed(memory, "", {"retry-after": before.peace}, self.now, 0)
            return Outcome(source, replace(memory, due=rest.due), asked=False, peace=before.peace)
        outcome, answer = self._one(source)
        if answer is not None and answer.status in (429, 503):
            outcome.peace = answer.headers.get("retry-after", "600")
        return outcome

    def _one(self, source: Source) -> tuple[Outcome, Response | None]:
        memory = self.known.get(source.name, Memory())
        asked = {"accept": _ACCEPT, **memory.conditions}
        try:
            answer = self.client.get(source.feed, headers=asked, max_bytes=MAX_BYTES)
        except FetchError as error:
            return self._failed(source, memory, error.what), None
        if answer.status == 304 and memory.conditions:
            same = unchanged(memory, answer.headers, self.now)
            return Outcome(source, same, unchanged=True), answer
        size = len(answer.body)
        if answer.status != 200:
            problem = f"its server answered {answer.status}"
            return self._failed(source, memory, problem, answer), answer
        if memory.digest and digest(answer.body) == memory.digest:
            same = unchanged(memory, answer.headers, self.now)
            return Outcome(source, same, bytes=size, unchanged=True), answer
        try:
            feed = parse(answer.body, source.profile.network, answer.url, dict(answer.headers))
        except CrosslinkError as error:
            return self._failed(source, memory, error.what, answer), answer
        entries, notes = tidy(feed, source.profile, self.now)
        newest = max((entry.date for entry in entries), default=None)
        memory = answered(
            memory, answer.headers, answer.body, newest, answer.moved, notes, self.now
        )
        return Outcome(source, memory, entries, size), answer

    def _failed(
        self, source: Source, memory: Memory, problem: str, answer: Response | None = None
    ) -> Outcome:
        headers = answer.headers if answer else {}
        gone = answer is not None and answer.status == 410
        jitter = random.random()
        after = failed(memory, problem, headers, self.now, jitter, gone=gone)
        return Outcome(source, after, bytes=len(answer.body) if answer else 0)

    def account(self, source: Source) -> str:
        """Where a quiet Mastodon account says that it has moved to; '' where it doesn't."""
        if source.profile.network != "mastodon":
            return ""
        parts = urlsplit(source.profile.url)
        name = parts.path.rpartition("@")[2].strip("/")
        where = f"{parts.scheme}://{parts.netloc}/api/v1/accounts/lookup?acct={name}"
        try:
            answer = self.client.get(where, max_bytes=1 << 20)
        except FetchError:
            return ""
        return moved_account(answer.body) if answer.status == 200 else ""


def tidy(feed: Feed, profile: Profile, now: datetime) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """A feed's entries as they are kept, and what was odd: an entry of the future is dated now
    (it is kept by its first date), and what a watched feed brings is others'. Pure."""
    notes = list(feed.problems)
    entries = []
    for entry in feed.entries:
        if entry.date > now + _FUTURE:
            notes.append("an entry that is dated in the future was given today's date")
            entry = replace(entry, date=now)
        entries.append(replace(entry, kind=Kind.THEIRS) if profile.watches else entry)
    return tuple(entries), tuple(dict.fromkeys(notes))


def moved_account(body: bytes) -> str:
    """The address in an account's `moved` (Mastodon API, Account)."""
    try:
        found = json.loads(body)["moved"]["url"]
    except (ValueError, KeyError, TypeError):
        return ""
    return found if isinstance(found, str) and found.startswith("https://") else ""
