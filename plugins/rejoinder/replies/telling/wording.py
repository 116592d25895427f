"""What letters say, in the language of who gets them: a subject, and blocks. Pure."""

from __future__ import annotations

from rejoinder.comments.verified import Verified
from rejoinder.languages.texts import Texts
from rejoinder.replies.noted import noted
from rejoinder.replies.telling.letters import Block, Go, Quote, Words

Letter = tuple[str, list[Block]]
"""Its subject, and what is in it."""


def confirmation(texts: Texts, site: str, title: str, link: str) -> Letter:
    """Asks whether an address's owner means it: to hear of answers to a reply to the post of that
    title; of new posts, where it is ''."""
    asked = texts.translate(
        "Somebody asked, with this address, to be told of answers to their reply to “%(title)s” "
        "at %(site)s. If it was you, say so; if not, do nothing, and nothing more will come.",
        title=title, site=site,
    ) if title else texts.translate(
        "Somebody asked, with this address, to be told of new posts at %(site)s. If it was you, "
        "say so; if not, do nothing, and nothing more will come.",
        site=site,
    )  # fmt: skip
    subject = texts.translate("Do you want these letters?")
    return subject, [Words(asked), Go(texts.translate("Yes, tell me"), link)]


def question(texts: Texts, title: str, words: str, link: str) -> Letter:
    """Asks whether a reply that came with an address is its owner's."""
    return texts.translate("Was this you?"), [
        Words(texts.translate("A reply to “%(title)s” came with your address:", title=title)),
        Quote(words),
        Words(texts.translate(
            "If you wrote it, say so, and it need not wait for the author. If not, do nothing."
        )),
        Go(texts.translate("I wrote it"), link),
    ]  # fmt: skip


def answer(texts: Texts, name: str, title: str, words: str, url: str) -> Letter:
    """Tells of an answer to somebody's reply."""
    subject = texts.translate("%(name)s answered you on “%(title)s”", name=name, title=title)
    return subject, [Words(f"{subject}:"), Quote(words), Go(texts.translate("Read it there"), url)]


def news(texts: Texts, summary: str, url: str) -> list[Block]:
    """Tells of a new post; its subject is the post's title."""
    said: list[Block] = [Words(summary)] if summary else []
    return [*said, Go(texts.translate("Read it"), url)]


def entry(texts: Texts, link: str) -> Letter:
    """Lets a moderator in."""
    return texts.translate("Your way in"), [
        Words(texts.translate(
            "Somebody wants to enter your reply desk. If it was you, use this link within an hour; "
            "it works once. If not, do nothing."
        )),
        Go(texts.translate("Enter the desk"), link),
    ]  # fmt: skip


def waiting_subject(texts: Texts, name: str, title: str) -> str:
    """Whose reply waits for a moderator, and where."""
    return texts.translate("%(name)s on “%(title)s”", name=name, title=title)


def waiting(
    texts: Texts, who: str, words: str, why: str, links: tuple[str, str, str, str], *, is_new: bool
) -> list[Block]:  # fmt: skip
    """Tells a moderator of a reply that waits, or, unless it `is_new`, of new words of a published
    one; `why` is as it was noted. The links approve, reject, call it spam, and show it in its
    thread."""
    about = {"who": who, "why": texts.say(noted(why))}
    if is_new:
        said = texts.translate("A reply by %(who)s waits: %(why)s", **about)
    else:
        said = texts.translate("New words for a published reply by %(who)s waits: %(why)s", **about)
    labels = (texts.translate("Approve it"), texts.translate("Reject it"),
              texts.translate("It is spam"), texts.translate("See it in its thread"))  # fmt: skip
    return [Words(said), Quote(words), *map(Go, labels, links)]


def writer(texts: Texts, name: str, url: str, seen: Verified | None) -> str:
    """Who wrote a reply, as a moderator is told: with their site, and with what they had signed in
    to."""
    who = f"{name} ({url})" if url else name
    if seen is None:
        return who
    if seen.url:
        return texts.translate("%(who)s, signed in as %(url)s,", who=who, url=seen.text)
    return texts.translate("%(who)s, signed in with %(name)s,", who=who, name=seen.label)
