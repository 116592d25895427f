"""The rules, in order: the first that has something to say decides, and is named. Pure.

The choices are those that WordPress authors know from Settings → Discussion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rejoinder.replies.judging.limits import Network, is_in, networks
from rejoinder.replies.judging.words import Opinion
from rejoinder.replies.model import Status, Submission
from rejoinder.replies.settings import Rules

SURE = 0.95
"""How much like spam a reply must look to be kept as spam without a person's look."""

DOUBTFUL = 0.7
"""How much like spam a reply must look for nobody to be trusted with it."""

_LINK = re.compile(r"(?:https?:)?//[^\s/]|\bwww\.[a-z0-9]|<a\s|\[url", re.I)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to become of a reply, which rule says so, and why, for the moderator."""

    status: Status
    rule: str
    why: str

    @property
    def by(self) -> str:
        """How the record of decisions names it."""
        return f"the rule '{self.rule}'"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the rules are told beside the words: where they came from, how long the form was
    open (None when it isn't known), what the filter thinks, and whether the writer has proven
    an e-mail address, or signed in to an account, of which something was approved before."""

    address: str = ""
    seconds: float | None = None
    opinion: Opinion | None = None
    is_known: bool = False


class Policy:
    """The rules of one desk, made ready once."""

    def __init__(self, rules: Rules, seconds_at_least: int) -> None:
        self.hold = rules.hold
        self.max_links = rules.max_links
        self.seconds_at_least = seconds_at_least
        self._spam_networks = networks(rules.spam_networks)
        self._hold_networks = networks(rules.hold_networks)
        self._spam_words = _Finder(rules.spam_words)
        self._hold_words = _Finder(rules.hold_words)

    def judge(self, said: Submission, around: Circumstances) -> Verdict:
        """The verdict on a reply."""
        spam, hold = Status.SPAM, Status.PENDING
        if said.trapped:
            return Verdict(spam, "trap", "the field that no person sees was filled in")
        if around.seconds is not None and around.seconds < self.seconds_at_least:
            why = f"sent {around.seconds:.0f} s after the form was shown"
            return Verdict(spam, "too quick", why)
        if _listed(around.address, self._spam_networks):
            return Verdict(spam, "spam networks", "it came from a network on the list")
        words = "\n".join((said.name, said.email, said.url, said.text))
        if found := self._spam_words(words):
            return Verdict(spam, "spam words", f"it holds “{found}”")
        opinion = around.opinion
        if opinion is not None and opinion.spam >= SURE:
            return Verdict(spam, "filter", opinion.why())
        if _listed(around.address, self._hold_networks):
            return Verdict(hold, "held networks", "it came from a network on the list")
        if found := self._hold_words(words):
            return Verdict(hold, "held words", f"it holds “{found}”")
        links = len(_LINK.findall(said.text))
        if links > self.max_links:
            return Verdict(hold, "links", f"{links} links, more than {self.max_links}")
        if self.hold == "everything":
            return Verdict(hold, "everything", "every reply is read first")
        if opinion is not None and opinion.spam >= DOUBTFUL:
            return Verdict(hold, "filter", opinion.why())
        if self.hold == "first-timers" and not around.is_known:
            why = "nobody here knows the writer by a proven e-mail address or an account yet"
            return Verdict(hold, "first-timers", why)
        if around.is_known:
            why = "a reply was approved before, and the e-mail address or the account is proven"
            return Verdict(Status.APPROVED, "known", why)
        return Verdict(Status.APPROVED, "open", "no rule holds it")


class _Finder:
    """Finds the first of some words or phrases, whole and whatever their case."""

    def __init__(self, words: tuple[str, ...]) -> None:
        parts = [re.escape(word.strip()) for word in words if word.strip()]
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", re.I) if parts else None

    def __call__(self, text: str) -> str:
        match = self._pattern.search(text) if self._pattern else None
        return match[0] if match else ""


def _listed(address: str, among: tuple[Network, ...]) -> bool:
    return bool(among) and is_in(address, among)
