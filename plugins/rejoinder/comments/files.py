"""A comment as text, and text as a comment: metadata lines, a blank line, the body.

The form is that of a Pelican post in Markdown. `parse(format_comment(c)) == c` for every
comment, whatever its fields hold: each field is one line, by the model's own rule.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from rejoinder.comments.model import (
    ANCHOR_PATTERN,
    FIELD_PATTERN,
    FIELDS,
    ID_PATTERN,
    PORTRAIT_PATTERN,
    VERIFIED_PATTERN,
    Comment,
    Format,
    Kind,
    clean_body,
)
from rejoinder.errors import CommentError

_BY_LOWER = {name.lower(): attribute for name, attribute in FIELDS.items()}
_REQUIRED = ("Id", "Author", "Date")

_INSTANT = r"[12]\d{3}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d"
_VALUES = {
    "Id": ID_PATTERN.pattern, "In-Reply-To": ID_PATTERN.pattern,
    "Date": _INSTANT, "Approved": _INSTANT, "Kind": "|".join(Kind), "Format": "|".join(Format),
    "Anchor": ANCHOR_PATTERN.pattern, "Verified": VERIFIED_PATTERN.pattern,
    "Portrait": PORTRAIT_PATTERN.pattern,
}  # fmt: skip
_ONE_LINE = r"[^ \n](?:.*[^ \n])?"
_WRITTEN = re.compile("".join(
    f"(?:{name}: ({_VALUES.get(name, _ONE_LINE)})\n){'' if name in _REQUIRED else '?'}"
    for name in FIELDS
) + "\n")  # fmt: skip
"""The head of a file as `format_comment` writes it, without fields of other versions."""


def format_comment(comment: Comment) -> str:
    """The text of a comment's file. Fields without a value are left out."""
    lines = []
    for name, attribute in FIELDS.items():
        value = getattr(comment, attribute)
        if value is None:
            continue
        lines.append(f"{name}: {value}".rstrip())
    lines += [f"{name}: {value}".rstrip() for name, value in sorted(comment.extra.items())]
    return "\n".join(lines) + "\n\n" + comment.body + "\n"


def parse_comment(text: str, where: str | Path | None = None) -> Comment:
    """The comment that a file's text holds; `where` names the file in errors.

    Raises CommentError with the line for: a missing, doubled or malformed field, a date
    without a zone, an unknown kind or format, an empty file.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    return as_written(text) or line_by_line(text, where)


def as_written(text: str) -> Comment | None:
    """The comment, where its file is as `format_comment` writes it: then nothing needs to be looked
    into twice, which is half of the time. None of others."""
    match = _WRITTEN.match(text)
    if match is None or "  " in match[0] or not match[0].replace("\n", "").isprintable():
        return None
    body = clean_body(text[match.end() :].removesuffix("\n"))
    (id, author, author_id, url, verified, portrait, date, approved, in_reply_to, kind, format,
     anchor, source, source_url, title) = match.groups()  # fmt: skip
    try:
        return Comment.unpacked((
            id, author, date, body, in_reply_to, kind or Kind.COMMENT, format or Format.MARKDOWN,
            url, author_id, anchor, source, source_url, title, approved, verified, portrait, {}, "",
        ))  # fmt: skip
    except ValueError:
        return None


def line_by_line(text: str, where: str | Path | None = None) -> Comment:
    """The comment, however its file is written. Raises CommentError: see `parse_comment`."""
    head, _, body = text.partition("\n\n")
    head = head.removesuffix("\n")  # a file may end with its last field
    found: dict[str, tuple[str, int]] = {}
    extra: dict[str, str] = {}
    for number, line in enumerate(head.split("\n"), start=1):
        if not line.strip() and number == 1 and not body:
            break
        name, colon, value = line.partition(":")
        value = value.strip()
        attribute = FIELDS.get(name) if colon else None
        if attribute is None:  # not written as it is by us
            name = name.strip()
            if not colon or not FIELD_PATTERN.fullmatch(name):
                raise CommentError(
                    f"{_short(line)} is not a metadata line",
                    where=where,
                    line=number,
                    mend="Write 'Name: value', and a blank line before the comment's text.",
                )
            attribute = _BY_LOWER.get(name.lower())
        if attribute is None:
            extra[name] = value
        elif attribute in found:
            raise CommentError(f"{name} is given twice", where=where, line=number)
        else:
            found[attribute] = (value, number)
    for required in _REQUIRED:
        if FIELDS[required] not in found:
            raise CommentError(
                f"the field {required} is missing",
                where=where,
                line=1,
                mend=f"Add a line '{required}: …'.",
            )
    try:
        return Comment(
            id=found["id"][0],
            author=found["author"][0],
            date=_date(found["date"][0]),
            approved=_date(found["approved"][0]) if "approved" in found else None,
            body=body.removesuffix("\n"),
            kind=_choice(Kind, found, "kind", Kind.COMMENT),
            format=_choice(Format, found, "format", Format.MARKDOWN),
            extra=extra,
            **{
                attribute: found[attribute][0]
                for attribute in (
                    "in_reply_to", "url", "author_id", "anchor", "source", "source_url", "title",
                    "verified", "portrait",
                )
                if attribute in found
            },
        )  # fmt: skip
    except CommentError as error:
        lines = (n for value, n in found.values() if value and value in error.what)
        raise CommentError(
            error.what, where=where, line=next(lines, None), mend=error.mend
        ) from error


def _date(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise CommentError(
            f"{value!r} is not a date", mend="Write it like 2010-02-23 10:42:02+00:00."
        ) from None


_Choice = TypeVar("_Choice", Kind, Format)


def _choice(
    options: type[_Choice], found: dict[str, tuple[str, int]], name: str, default: _Choice
) -> _Choice:
    value = found.get(name, (default.value, 0))[0]
    try:
        return options(value.lower())
    except ValueError:
        known = ", ".join(options)
        raise CommentError(
            f"{value!r} is not a {name} of comments", mend=f"Use one of: {known}."
        ) from None


def _short(line: str) -> str:
    return repr(line if len(line) <= 60 else line[:57] + "...")
