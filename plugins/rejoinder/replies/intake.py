"""Whether a form is a reply. Pure: fields in, a submission or what is wrong with each field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import urlsplit

from rejoinder.comments.model import ID_PATTERN, clean_body, one_line
from rejoinder.languages.texts import message, message_count
from rejoinder.replies.model import LIMITS, Submission

HONEYPOT = "website2"
# HTML Standard, valid e-mail address: what a browser lets through in type=email.
_EMAIL = re.compile(
    r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
)


def read(
    form: Mapping[str, str], *, email_required: bool = False
) -> tuple[Submission | None, dict[str, str]]:
    """The submission in a form's fields, or None and what is wrong, by field.

    Nothing is cut or dropped: a field that is too long or malformed is told, so that the
    reader can mend it.
    """
    name = one_line(form.get("name", ""))
    email = one_line(form.get("email", ""))
    url = one_line(form.get("url", ""))
    text = clean_body(form.get("text", "")).strip("\n")
    parent = form.get("in_reply_to", "").strip()
    wrong: dict[str, str] = {}
    if not _is_seen(text):
        wrong["text"] = message("There are no words in it yet.")
    elif len(text.encode("utf-8")) > LIMITS["text"]:
        over = len(text.encode("utf-8")) - LIMITS["text"]
        wrong["text"] = message_count(
            "It is %(n)s byte longer than what fits.",
            "It is %(n)s bytes longer than what fits.",
            over,
        )
    if not _is_seen(name):
        wrong["name"] = message("Please say what to call you.")
    if email and not is_email(email):
        wrong["email"] = message("This is no e-mail address.")
    elif email_required and not email:
        wrong["email"] = message("Please give one; it is never published.")
    if url and not _is_address(url):
        wrong["url"] = message("An address begins with http:// or https://.")
    for field, value in (("name", name), ("email", email), ("url", url)):
        if len(value) > LIMITS[field]:
            wrong[field] = message_count(
                "It is longer than %(n)s character.", "It is longer than %(n)s characters.",
                LIMITS[field],
            )  # fmt: skip
    if parent and not ID_PATTERN.fullmatch(parent):
        wrong["in_reply_to"] = message("The comment that it answers has no such name.")
    if wrong:
        return None, wrong
    return (
        Submission(
            thread=form.get("thread", "").strip(),
            text=text,
            name=name,
            email=email,
            url=url,
            parent=parent or None,
            notify=bool(form.get("notify")) and bool(email),
            trapped=bool(form.get(HONEYPOT, "").strip()),
            key=form.get("key", "").strip()[:100],
        ),
        {},
    )


def _is_seen(text: str) -> bool:
    return any(unicodedata.category(c)[0] not in "CZ" for c in text)


def is_email(text: str) -> bool:
    """Whether a browser would take it for an e-mail address, and it fits."""
    return len(text) <= LIMITS["email"] and bool(_EMAIL.fullmatch(text))


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in url
