"""Letters: text and HTML from the same words, with the headers that make them behave.

Pure: words in, a message out. No field of a reader's can add a header: each is one line.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from textwrap import indent
from typing import Any

from markupsafe import Markup, escape

from rejoinder.comments.model import one_line
from rejoinder.languages.texts import ENGLISH, Texts

_WHOLE = frozenset(("message-id", "in-reply-to", "references", "list-unsubscribe"))
_DOMAIN = re.compile(r"[A-Za-z0-9_.-]+|\[[A-Za-z0-9:.]+\]").fullmatch


class RecipientError(ValueError):
    """No letter can go to that address."""


class _Policy(EmailPolicy):
    def fold_binary(self, name: str, value: Any) -> bytes:
        """A header that holds names in angle brackets stays one line (of up to 998, RFC 5322,
        2.1.1): the library would make a long one encoded words, which nothing that follows
        RFC 2369 or 8058 reads."""
        if name.lower() in _WHOLE:
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _Policy(linesep="\r\n", cte_type="7bit", max_line_length=78)


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody's words, as they wrote them."""

    text: str


@dataclass(frozen=True, slots=True)
class Go:
    """A link with what it does."""

    label: str
    url: str


Block = Words | Quote | Go


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the letters are from: the site's title and its address."""

    name: str
    email: str

    @property
    def host(self) -> str:
        return self.email.rpartition("@")[2]

    def message_id(self, key: str) -> str:
        """The Message-ID of a letter: the same for the same letter, so that one sent twice is
        known as one (RFC 5322, 3.6.4)."""
        return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{self.host}>"


def compose(
    sender: Sender,
    recipient: str,
    subject: str,
    blocks: Sequence[Block],
    *,
    key: str,
    date: datetime,
    thread: str = "",
    unsubscribe: str = "",
    texts: Texts = ENGLISH,
) -> str:
    """A letter as it is sent, in ASCII. `thread` names the discussion that mail programs are to
    keep together (RFC 5322 References); `unsubscribe` is an address that answers to one click
    (RFC 8058); `texts` are of the language that it is in. Raises RecipientError for a recipient
    that is no address."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(one_line(sender.name), addr_spec=sender.email)
    message["To"] = _to(recipient)
    message["Subject"] = one_line(subject)[:200]
    message["Date"] = date
    message["Message-ID"] = sender.message_id(key)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    if thread:
        root = sender.message_id(f"thread:{thread}")
        message["In-Reply-To"] = root
        message["References"] = root
    if unsubscribe:
        if unsubscribe.isascii():
            message["List-Unsubscribe"] = f"<{unsubscribe}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        blocks = [*blocks, Go(texts.translate("Stop these letters"), unsubscribe)]
    message.set_content(_text(blocks))
    message.add_alternative(_html(blocks, texts), subtype="html")
    message["Content-Language"] = texts.tag
    return message.as_bytes().decode("ascii")


def _to(recipient: str) -> Address:
    """The address, its first part in quotes where browsers let through what RFC 5322 doesn't,
    like two dots in a row."""
    local, _, domain = recipient.rpartition("@")
    if not (local and recipient.isascii() and recipient.isprintable() and _DOMAIN(domain)):
        raise RecipientError("an invalid address")
    return Address(username=local, domain=domain)


def _text(blocks: Sequence[Block]) -> str:
    parts = []
    for block in blocks:
        if isinstance(block, Words):
            parts.append(block.text)
        elif isinstance(block, Quote):
            parts.append(indent(block.text, "> ", lambda line: True))
        else:
            parts.append(f"{block.label}:\n{block.url}")
    return "\n\n".join(parts) + "\n"


def _html(blocks: Sequence[Block], texts: Texts) -> str:
    parts = [
        Markup(
            '<!DOCTYPE html><html lang="{}" dir="{}"><body style="font-family:sans-serif">'
        ).format(texts.tag, texts.direction)
    ]
    for block in blocks:
        if isinstance(block, Words):
            parts.append(Markup("<p>{}</p>").format(block.text))
        elif isinstance(block, Quote):
            lines = Markup("<br>").join(escape(line) for line in block.text.split("\n"))
            parts.append(Markup("<blockquote>{}</blockquote>").format(lines))
        else:
            parts.append(Markup('<p><a href="{}">{}</a></p>').format(block.url, block.label))
    return "\n".join((*parts, Markup("</body></html>\n")))
