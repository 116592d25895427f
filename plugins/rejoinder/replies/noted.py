"""What the desk notes in English, in its record of decisions and in its errors, and what moderators
of a site in another language are told of it. Pure."""

from __future__ import annotations

import re

from rejoinder.errors import RejoinderError
from rejoinder.languages.texts import Message, Texts, later, message

_STATUSES = (
    message("pending"), message("approved"), message("spam"), message("rejected"),
    message("withdrawn"), message("erased"),
)  # fmt: skip
_WHO = (
    message("its writer"), message("a letter"), message("the webhook"), message("an import"),
    message("the rule ‘%(rule)s’"), message("its source"), message("%(note)s, by letter"),
)  # fmt: skip
_WHY = (
    message("the field that no person sees was filled in"),
    message("sent %(seconds)s s after the form was shown"),
    message("it came from a network on the list"),
    message("it holds “%(words)s”"),
    message("%(share)s like spam, by %(words)s"),
    message("%(share)s like spam"),
    message("%(count)s links, more than %(most)s"),
    message("every reply is read first"),
    message("nobody here knows the writer by a proven e-mail address or an account yet"),
    message("a reply was approved before, and the e-mail address or the account is proven"),
    message("no rule holds it"),
    message("nothing of this writer and site was approved yet"),
    message("an author’s own"),
    message("the author’s own"),
    message("answered"),
    message("edited"),
    message("proposed other words"),
    message("the new words"),
    message("the old words stay"),
    message("has other words"),
    message("changed"),
    message("it says spam"),
    message("it says no spam"),
    message("pending in the export"),
    message("removed at the writer’s wish"),
    message("undone: %(note)s"),
    message("%(note)s; being checked"),
    message("the page doesn’t link there"),
    message("the page is gone (%(status)s)"),
    message("the page answered %(status)s"),
    message("the page can’t be read"),
    message("a page of the kind %(kind)s is not read"),
    message("it is gone there"),
)
_ERRORS = (
    message("the reply %(id)s was taken back by its writer"),
    message("the reply %(id)s is %(note)s already"),
    message("the reply %(id)s is %(note)s by now"),
    message("the reply %(id)s has other words by now"),
    message("Look at it again, and decide then."),
    message("nothing was decided on %(id)s yet"),
    message("the decision on %(id)s was taken back already"),
    message("the last step changed the words of %(id)s, not where it stands"),
    message("Edit them, or approve or reject it."),
    message("this reply can’t be changed any more"),
    message("there is no reply %(id)s"),
)
_NAME = re.compile(r"%\((\w+)\)s")


def _pattern(text: str) -> re.Pattern[str]:
    """What finds a note, whose apostrophes are plain ones; names are any words."""
    plain = text.replace("‘", "'").replace("’", "'")
    pieces = [f"(?P<{piece}>.+)" if at % 2 else re.escape(piece)
              for at, piece in enumerate(_NAME.split(plain))]  # fmt: skip
    return re.compile("".join(pieces), re.S)


_NOTES = [(_pattern(text), str(text)) for text in (*_STATUSES, *_WHO, *_WHY, *_ERRORS)]


def noted(words: str) -> str:
    """The message that a note is; in English as it was noted. What isn't known is as it is: a
    moderator's own words, what a mentioning page answered, what went wrong inside."""
    for pattern, text in _NOTES:
        found = pattern.fullmatch(words)
        if found:
            names = {name: noted(one) if name == "note" else one.strip("'")
                     for name, one in found.groupdict().items()}  # fmt: skip
            return _as_noted(words, message(text, **names))
    return words


def sentence(error: RejoinderError, *, is_mended: bool = True) -> Message:
    """What went wrong, and, unless it is mended otherwise, how to mend it."""
    mend = error.mend or "" if is_mended else ""

    def said(texts: Texts) -> str:
        what = texts.say(noted(error.what))
        return f"{what[:1].upper()}{what[1:]}. {texts.say(noted(mend))}".strip()

    return later(said)


def _as_noted(words: str, said: str) -> Message:
    return later(lambda texts: texts.say(said) if texts.is_translated else words)
