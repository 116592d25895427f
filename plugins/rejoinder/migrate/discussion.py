"""The comments of one WordPress post: which are public, which pending, and whom each answers.

Pure: it decides and writes nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from html import unescape

from rejoinder.comments.model import Comment, Format, Kind, make_id
from rejoinder.migrate import dates
from rejoinder.migrate.names import web_address, without_mail
from rejoinder.migrate.survey import Post, Survey
from rejoinder.migrate.wxr import Record

_STATUSES = {
    "1": "approved", "approve": "approved", "approved": "approved",
    "0": "pending", "hold": "pending", "": "pending",
}  # fmt: skip
_KINDS = {
    "": Kind.COMMENT, "comment": Kind.COMMENT, "pingback": Kind.PINGBACK,
    "trackback": Kind.TRACKBACK, "webmention": Kind.WEBMENTION, "like": Kind.LIKE,
    "repost": Kind.REPOST,
}  # fmt: skip


class Place(Enum):
    """Where a comment belongs."""

    PUBLIC = "public"
    PENDING = "pending"
    OUT = "left out"
    COPY = "left out, the same comment twice"


@dataclass(frozen=True, slots=True)
class Contribution:
    """A comment of the export: its key in the ledger, how it is counted, where it belongs, the
    comment itself, and what of it is nobody's business."""

    key: str
    kind: str
    status: str
    place: Place
    line: int
    comment: Comment | None
    private: Mapping[str, str | None]


Told = Callable[[int, str], None]


def kind_of(record: Record) -> str:
    """A comment's type as it is counted."""
    return record.get("wp:comment_type").lower() or "comment"


def status_of(record: Record) -> str:
    """A comment's status as it is counted. One without a status is pending."""
    approved = record.get("wp:comment_approved").lower()
    return _STATUSES.get(approved, approved)


def contributions(
    post: Post,
    records: list[Record],
    survey: Survey,
    known_id: Callable[[str], str | None],
    told: Told,
) -> Iterator[Contribution]:
    """Each comment of a post, in file order. `known_id` gives the id that an earlier import gave
    to a key; `told` hears what was repaired, by line."""
    keys: dict[int, str] = {}
    ids: dict[str, str] = {}
    moments: dict[int, datetime] = {}
    copies: set[int] = set()
    first: dict[str, Record] = {}
    for index, record in enumerate(records):
        number = record.get("wp:comment_id")
        moments[index] = _moment(record, post, survey, told)
        if not re.fullmatch(r"\d{1,18}", number):
            number = (
                "x" + hashlib.sha256(repr(sorted(record.fields.items())).encode()).hexdigest()[:10]
            )
            told(record.line, "the comment has no number and got one from its words")
        twin = first.setdefault(number, record)
        if twin is not record:
            if twin.fields == record.fields:
                copies.add(index)
                continue
            copy = 2
            while f"{number}x{copy}" in first:
                copy += 1
            told(record.line, f"comment {number} is a second one of that number under its post")
            number = f"{number}x{copy}"
            first[number] = record
        keys[index] = number
        ids[number] = known_id(f"comment/{post.key}/{number}") or make_id(
            moments[index], f"wp{number}"
        )
    for index, record in enumerate(records):
        kind, status = kind_of(record), status_of(record)
        if index in copies:
            yield Contribution("", kind, status, Place.COPY, record.line, None, {})
            continue
        place = Place.PUBLIC if status == "approved" else Place.PENDING
        if kind not in _KINDS or status not in ("approved", "pending"):
            place = Place.OUT
        comment = None
        if place is not Place.OUT:
            if not record.get("wp:comment_approved"):
                told(record.line, "the comment has no status and was taken as pending")
            parent = _parent(record, keys[index], ids, moments[index], told)
            comment = _comment(record, keys[index], ids, moments[index], parent, post, survey, told)
        yield Contribution(
            f"comment/{post.key}/{keys[index]}", kind, status, place, record.line, comment,
            _private(record),
        )  # fmt: skip


def _moment(record: Record, post: Post, survey: Survey, told: Told) -> datetime:
    found, wrong = dates.moment(
        record.get("wp:comment_date"), record.get("wp:comment_date_gmt"), survey.zone
    )
    if wrong:
        told(
            record.line,
            f"the comment's date: {wrong}" + ("" if found else "; its post's was taken"),
        )
    return found or post.date


def _parent(
    record: Record, number: str, ids: Mapping[str, str], moment: datetime, told: Told
) -> str | None:
    """The id of the comment that this one answers: the one that it has, or would have. One that
    is not in the file gets an id of this comment's date, and the page says that it is gone."""
    parent = record.get("wp:comment_parent")
    if not re.fullmatch(r"\d{1,18}", parent) or int(parent) == 0:
        return None
    if parent == record.get("wp:comment_id"):
        told(record.line, "the comment answers itself, which was taken out")
        return None
    if parent not in ids:
        told(record.line, f"comment {number} answers comment {parent}, which is not in the file")
    return ids.get(parent) or make_id(moment, f"wp{parent}")


def _comment(
    record: Record,
    number: str,
    ids: Mapping[str, str],
    moment: datetime,
    parent: str | None,
    post: Post,
    survey: Survey,
    told: Told,
) -> Comment:
    kind = _KINDS[kind_of(record)]
    user = record.get("wp:comment_user_id")
    account = survey.author_by_id(user)
    writer = survey.author(post)
    named = unescape(record.get("wp:comment_author"))  # kept as HTML (pre_comment_author_name)
    shown = without_mail(named) or "Anonymous"
    if account is None and user not in ("", "0") and writer and not writer.id:
        # WXR 1.0 has no list of accounts: who was logged in under the author's name is the author
        account = writer if named == writer.name else None
    if kind is Kind.COMMENT and account is not None and account is writer:
        kind = Kind.AUTHOR
    if shown != named and named:
        told(
            record.line, "the commenter's name is an e-mail address; what is before its @ was kept"
        )
    url = web_address(record.get("wp:comment_author_url"))
    return Comment(
        id=ids[number],
        author=shown,
        author_id=account.slug if account else None,
        url=url,
        date=moment,
        body=record.fields.get("wp:comment_content", ""),
        in_reply_to=parent,
        kind=kind,
        format=Format.HTML,
        anchor=f"comment-{number}" if number.isdigit() else None,
        source="wordpress",
        source_url=url if kind.is_mention or kind.is_reaction else None,
    )


def _private(record: Record) -> dict[str, str | None]:
    return {
        "name": record.get("wp:comment_author") or None,
        "email": record.get("wp:comment_author_email") or None,
        "url": record.get("wp:comment_author_url") or None,
        "ip": record.get("wp:comment_author_IP") or None,
        "agent": record.get("wp:comment_agent") or None,
    }
