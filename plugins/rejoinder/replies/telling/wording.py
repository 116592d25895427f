"""What letters to readers say, in their language: a subject, and blocks. Pure."""

from __future__ import annotations

from rejoinder.languages.texts import Texts
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
