"""The matcher over a whole ledger: what is sure is tied, the rest is asked. Pure but for the
ledger that it is given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rejoinder.errors import CrosslinkError
from rejoinder.profiles.entries import Entry, Tie, Verdict
from rejoinder.profiles.ledger import Key, Ledger
from rejoinder.profiles.matcher import Matcher, Proposal, Target, settle


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the author: is this entry about that post?"""

    key: Key
    entry: Entry
    post: Target
    proposal: Proposal


def match(ledger: Ledger, posts: Iterable[Target]) -> tuple[int, list[Asked]]:
    """Tie all entries anew; how many ties there are that weren't before, and what is to be
    asked, newest entry first."""
    by_thread = {post.thread: post for post in posts}
    matcher = Matcher(by_thread.values())
    new = 0
    questions: list[Asked] = []
    for key, entry in list(ledger):
        tied, asked = settle(entry, matcher.proposals(entry))
        if tied != entry:
            before = {tie.thread for tie in entry.ties}
            new += sum(tie.thread not in before for tie in tied.ties)
            ledger.of(key)[entry.id] = tied
        questions += [Asked(key, tied, by_thread[one.thread], one) for one in asked]
    questions.sort(key=lambda one: (one.entry.date, one.entry.id), reverse=True)
    return new, questions


def decide(ledger: Ledger, entry_id: str, thread: str, verdict: Verdict) -> Entry:
    """Write a person's word on an entry and a post into the ledger. Raises CrosslinkError for
    an entry that isn't there, or is there in several profiles."""
    found = [key for key, entries in ledger.entries.items() if entry_id in entries]
    if len(found) != 1:
        raise CrosslinkError(
            f"there is no entry {entry_id!r}" if not found else f"{entry_id!r} is in two profiles",
            mend="'invoke crosslinks' shows the ids.",
        )
    entry = ledger.of(found[0])[entry_id]
    ties = {tie.thread: tie for tie in entry.ties}
    ties[thread] = Tie(thread, verdict, "by hand")
    tied = entry.tied(ties.values())
    ledger.of(found[0])[entry_id] = tied
    return tied


def forget(ledger: Ledger, entry_id: str, thread: str = "") -> str:
    """Take back what a person said of an entry, of one post or of all. Raises CrosslinkError for
    an entry of which nothing was said."""
    for entries in ledger.entries.values():
        entry = entries.get(entry_id)
        if entry is None:
            continue
        kept = [tie for tie in entry.ties
                if tie.verdict is Verdict.MATCHED or thread not in ("", tie.thread)]  # fmt: skip
        if len(kept) < len(entry.ties):
            entries[entry_id] = entry.tied(kept)
            return entry_id
    raise CrosslinkError(f"nothing was said of {entry_id!r}")
