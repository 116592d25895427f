"""Announcing a post: what is said where, said once, and recorded at once.

An intent is written down, the post is made, the entry is in the ledger's file, the intent goes:
whoever is killed between any two finds at the next run what to do, and nothing is said twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import markdown
from bs4 import BeautifulSoup

from rejoinder import posts, site
from rejoinder.authors import AuthorFile, Profile, own_profiles
from rejoinder.comments.model import one_line
from rejoinder.errors import CrosslinkError
from rejoinder.permalinks import is_out
from rejoinder.posts import PostHead
from rejoinder.profiles import intents, targets
from rejoinder.profiles.credentials import Credentials
from rejoinder.profiles.drafts import RULES, Announcement, Draft, draft
from rejoinder.profiles.entries import Entry, Kind, Tie, Verdict
from rejoinder.profiles.feeds import TEXT
from rejoinder.profiles.ledger import Key, Ledger, editing, merge, private_folder
from rejoinder.profiles.networks import native_id
from rejoinder.profiles.posting import SKEW, InDoubt, Posted, Poster, poster

POSTED = ("mastodon", "bluesky")
"""The networks that are posted to; the others get a draft."""

WHY = "announced from here"
_FRESH = timedelta(hours=1)
"""How long a network may still be at what was sent, and Mastodon knows an Idempotency-Key."""
_WORDLESS = ("#", "<", "!", ">", "|", "```", "    ", "[TOC]")


@dataclass(frozen=True, slots=True)
class Place:
    """A profile to announce on, and what lets us in."""

    key: Key
    profile: Profile
    credentials: Credentials

    @property
    def is_posted(self) -> bool:
        """Whether it is posted to, and not drafted for."""
        return self.profile.network in POSTED and bool(self.credentials)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one place: the draft; the entry where it is out; `known` where it was before;
    the problem where it isn't."""

    place: Place
    draft: Draft
    entry: Entry | None = None
    known: bool = False
    problem: CrosslinkError | None = None


def find(content: Path, what: str) -> tuple[Announcement, tuple[str, ...]]:
    """A published post by its slug, thread or file, and the names of who wrote it. Raises
    CrosslinkError for one that isn't there or isn't out, SiteError, OSError."""
    facts = site.load(content)
    for head in posts.posts(content):
        if not head.is_page and (what in (head.thread, head.slug)
                                 or Path(what).absolute() == head.path.absolute()):  # fmt: skip
            break
    else:
        raise CrosslinkError(f"there is no post {what!r}", where=content,
                             mend="Name it by its slug, or by its file.")  # fmt: skip
    found = {target.thread: target for target in targets.load(content)}.get(head.thread or "")
    if head.status == "published" and not is_out(head, facts, datetime.now(UTC)):
        raise CrosslinkError(f"the post comes out on {head.values['date']}, so nobody can read it",
                             where=head.path, mend="Announce it then.")  # fmt: skip
    if head.status != "published" or found is None:
        raise CrosslinkError(f"the post's status is {head.status!r}, so nobody can read it",
                             where=head.path, mend="Publish it first.")  # fmt: skip
    summary = head.values.get("summary") or head.values.get("description") or _lead(head)
    image = content / head.values.get("featured_image", "").lstrip("/")
    announcement = Announcement(
        found.thread, _plain(found.title), found.addresses[0], _plain(summary),
        head.language or facts.language, image if image.is_file() else None,
    )  # fmt: skip
    return announcement, found.authors


def _lead(head: PostHead) -> str:
    """The first paragraph of a post, in Markdown."""
    text = head.path.read_text("utf-8", "replace").replace("\r\n", "\n").partition("\n\n")[2]
    parts = (part for part in re.split(r"\n\s*\n", text) if part.strip())
    return next((part for part in parts if not part.startswith(_WORDLESS)), "")


def _plain(text: str) -> str:
    html = markdown.markdown(text) if text else ""
    return one_line(BeautifulSoup(html, "html.parser").get_text())


def places(
    found: Mapping[str, AuthorFile],
    writers: Sequence[str],
    wanted: Sequence[str],
    credentials: Callable[[Key, bool], Credentials],
) -> list[Place]:
    """Where a post is announced: the profiles of those who wrote it, of those networks that
    take announcements; `wanted` ones by name or network. Raises CrosslinkError where a wanted
    one isn't there. `credentials` is given whether a profile's name is no other author's too."""
    whose = [author for author in found.values() if {author.slug, author.name} & {*writers}]
    all_names = [p.name for author in found.values() for p in own_profiles(author)]
    known = [((author.slug, profile.name), profile)
             for author in (whose or (found.values() if len(found) == 1 else ()))
             for profile in own_profiles(author) if profile.network in RULES]  # fmt: skip
    chosen: dict[Key, Profile] = {} if wanted else dict(known)
    names = ", ".join(profile.name for _, profile in known) or "none: invoke profiles add URL"
    for name in wanted:
        meant = [one for one in known if one[1].name == name]
        meant = meant or [one for one in known if one[1].network == name]
        if not meant:
            raise CrosslinkError(f"the post's author has no profile {name!r} to announce it on",
                                 mend=f"There are: {names}.")  # fmt: skip
        chosen |= dict(meant)
    if not chosen:
        raise CrosslinkError("the post's author has no profile that posts are announced on",
                             mend=f"There are: {names}.")  # fmt: skip
    return [Place(key, profile, credentials(key, all_names.count(profile.name) == 1))
            for key, profile in chosen.items()]  # fmt: skip


def announced(entries: Iterable[Entry], thread: str) -> list[Entry]:
    """The author's own entries that are about a post, newest first. Pure."""
    own = (entry for entry in entries if entry.kind is Kind.OWN)
    about = [entry for entry in own if any(
        tie.thread == thread and tie.verdict is not Verdict.NO for tie in entry.ties
    )]  # fmt: skip
    return sorted(about, key=lambda entry: entry.sort_key, reverse=True)


def record(intent: intents.Intent, network: str, posted: Posted) -> Entry:
    """The entry of what was posted, under the id that its feed will have too. Pure."""
    names = (*posted.names, posted.url)
    return Entry(
        id=native_id(network, *names), url=posted.url, text=one_line(intent.text)[:TEXT],
        date=posted.date.astimezone(UTC).replace(microsecond=0), links=(intent.url,),
        ties=(Tie(intent.thread, Verdict.YES, WHY),),
    )  # fmt: skip


def preview(
    content: Path, post: Announcement, where: Sequence[Place], *, words: str = ""
) -> Iterator[Outcome]:
    """What `announce` would say in each place, and where it is announced already; nothing is
    written or sent. Raises CrosslinkError."""
    ledger = Ledger(content).load()
    for place in where:
        text = draft(place.profile.network, place.profile.url, post, words)
        known = announced(ledger.of(place.key).values(), post.thread)
        problem = None if text.fits else _too_long(place, text)
        yield Outcome(place, text, known[0] if known else None, known=bool(known), problem=problem)


def announce(
    content: Path,
    post: Announcement,
    where: Sequence[Place],
    *,
    words: str = "",
    again: bool = False,
    posting: Callable[[Profile, Credentials], Poster] = poster,
) -> Iterator[Outcome]:
    """Post to each place that is posted to, and draft for the others; what came of each, as it
    comes. Nothing is posted where the post is known to be announced, but for `again`. Raises
    CrosslinkError for files that can't be used; what a network says is in its outcome."""
    with editing(content) as ledger:
        begun = intents.Intents(private_folder(content))
        for place in where:
            text = draft(place.profile.network, place.profile.url, post, words)
            known = announced(ledger.of(place.key).values(), post.thread)
            intent = begun.find(place.key, post.thread)
            if intent and any(
                entry.date >= intent.date - SKEW and entry.id not in intent.before
                for entry in known
            ):  # it was recorded, by us or by a sync
                begun.drop(intent)
                intent = None
            if known and not again and not intent:
                yield Outcome(place, text, known[0], known=True)
            elif not place.is_posted:
                yield Outcome(place, text)
            else:
                try:
                    ready = posting(place.profile, place.credentials)
                except CrosslinkError as error:
                    yield Outcome(place, text, problem=error)
                    continue
                with closing(ready):
                    yield _post(ledger, begun, place, text, post, known, intent, ready)


def _post(
    ledger: Ledger,
    begun: intents.Intents,
    place: Place,
    text: Draft,
    post: Announcement,
    known: Sequence[Entry],
    intent: intents.Intent | None,
    ready: Poster,
) -> Outcome:
    """Say it, or end what was begun; within the hour with the words of then."""
    now = datetime.now(UTC)
    try:
        posted = ready.find(intent) if intent else None
    except CrosslinkError as error:  # an intent that nothing is known of stays
        return Outcome(place, text, problem=error)
    if intent and not posted and now - intent.date > _FRESH:
        begun.drop(intent)
        intent = None
    if intent is None and not text.fits:
        return Outcome(place, text, problem=_too_long(place, text))
    if intent is None:
        before = [entry.id for entry in known]
        intent = intents.make(place.key, post.thread, post.url, text.text, now, before)
        begun.put(intent)
    text = replace(text, text=intent.text)
    try:
        posted = posted or ready.post(intent, post)
    except InDoubt as error:
        return Outcome(place, text, problem=_in_doubt(error))
    except CrosslinkError as error:
        begun.drop(intent)
        return Outcome(place, text, problem=error)
    entry = record(intent, place.profile.network, posted)
    ledger.entries[place.key] = merge(ledger.of(place.key), [entry]).entries
    ledger.save()
    begun.drop(intent)
    return Outcome(place, text, entry)


def _too_long(place: Place, text: Draft) -> CrosslinkError:
    return CrosslinkError(
        f"it is {text.length} characters long as {place.profile.label} counts, and "
        f"{text.limit} is the most", mend="Make it shorter with --text.",
    )  # fmt: skip


def _in_doubt(error: InDoubt) -> CrosslinkError:
    return CrosslinkError(
        f"{error.what}; it may be posted or not", where=error.where,
        mend="Run the same again: it looks first, and posts nothing twice.",
    )  # fmt: skip
