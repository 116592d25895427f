"""One comment, as it is kept in the author's files. A leaf: it imports errors alone."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import repeat
from operator import call
from types import MappingProxyType
from typing import Any

from rejoinder.errors import CommentError


class Kind(StrEnum):
    """What a contribution is. The first two are words, the next three are mentions that
    another site sent (W3C Webmention, Pingback 1.0, TrackBack 1.2), then reactions; the last is
    the mark that stands where a comment was taken back, and counts as nothing."""

    COMMENT = "comment"
    AUTHOR = "author"
    WEBMENTION = "webmention"
    PINGBACK = "pingback"
    TRACKBACK = "trackback"
    LIKE = "like"
    REPOST = "repost"
    REMOVED = "removed"

    is_mention: bool
    is_reaction: bool
    is_said: bool
    """Whether there are words to be shown outside of their thread."""

    def __init__(self, name: str) -> None:
        self.is_mention = name in ("webmention", "pingback", "trackback")
        self.is_reaction = name in ("like", "repost")
        self.is_said = not self.is_reaction and name != "removed"


class Format(StrEnum):
    """How the body is written: Markdown, or HTML kept to the letter from where it came."""

    MARKDOWN = "markdown"
    HTML = "html"


FIELDS = {
    "Id": "id",
    "Author": "author",
    "Author-Id": "author_id",
    "Url": "url",
    "Verified": "verified",
    "Portrait": "portrait",
    "Date": "date",
    "Approved": "approved",
    "In-Reply-To": "in_reply_to",
    "Kind": "kind",
    "Format": "format",
    "Anchor": "anchor",
    "Source": "source",
    "Source-Url": "source_url",
    "Title": "title",
}
"""The metadata lines of a comment's file, in file order, and the attribute each one holds."""

_LINES = ("in_reply_to", "url", "author_id", "anchor", "source", "source_url", "title", "verified",
          "portrait")  # fmt: skip
_KNOWN = frozenset(name.lower() for name in FIELDS)

ID_PATTERN = re.compile(r"[0-9]{8}T[0-9]{6}Z-[a-z0-9]{1,40}")
ANCHOR_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,99}")
VERIFIED_PATTERN = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}(?: https?://[!#-;=?-~]{1,500})?")
PORTRAIT_PATTERN = re.compile(
    r"(?:[A-Za-z0-9_~@+-][A-Za-z0-9_.~@+-]{0,99}/){1,5}"
    r"[A-Za-z0-9_~@+-][A-Za-z0-9_.~@+-]{0,99}\.(?:webp|jpe?g|png|gif|avif|svg)"
)
FIELD_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")

# Line ends of every alphabet, C0/C1 controls, and the marks that turn text round (bidi
# overrides and isolates): in a one-line field they can only break it or deceive.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]+")
_UNFIT_IN_BODY = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_TO_CLEAN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_CONTROLS = bytes([*range(9), *range(0x0B, 0x20), 0x7F])
_SURROGATES = re.compile("[\ud800-\udfff]")


def one_line(text: str) -> str:
    """`text` as one line that is safe in a metadata field: controls and runs of space fold."""
    if text.isprintable() and "  " not in text:  # as nearly all are: what follows changes nothing
        return text.strip()
    return " ".join(_UNFIT.sub(" ", _SURROGATES.sub("\ufffd", text)).split())


def is_plain(text: str) -> bool:
    """Whether a text is ASCII without controls but tabs and line feeds, as most are: told in a
    third of the time that a search takes."""
    return text.isascii() and len(text.encode().translate(None, _CONTROLS)) == len(text)


def clean_body(text: str) -> str:
    """`text` with `\\n` line ends and without the controls that no text needs."""
    if is_plain(text) or not _TO_CLEAN.search(text):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNFIT_IN_BODY.sub("", _SURROGATES.sub("\ufffd", text))


def make_id(date: datetime, suffix: str) -> str:
    """The id of a comment written at `date` (aware): the instant in UTC, and what tells it
    from others of that second. Sorting ids sorts by date.

    Raises CommentError when `suffix` is not 1 to 40 of a–z and 0–9.
    """
    made = f"{date.astimezone(UTC):%Y%m%dT%H%M%SZ}-{suffix}"
    if date.year < 1000:  # strftime does not pad years on every platform
        made = made.zfill(17 + len(suffix))
    if not ID_PATTERN.fullmatch(made):
        raise CommentError(f"{suffix!r} can't end a comment's id", mend="Use a–z and 0–9 only.")
    return made


_A_DAY = timedelta(days=1)


def _instant(date: datetime) -> datetime:
    """An aware date of whole seconds, which every zone can write. Raises CommentError."""
    if date.tzinfo is None:
        raise CommentError(
            f"the date {date} says no zone", mend="Write it like 2010-02-23 10:42:02+00:00."
        )
    try:
        for side in (-_A_DAY, _A_DAY):  # no zone is further from UTC
            date.astimezone(UTC) + side
    except OverflowError:
        raise CommentError(
            f"the date {date} is out of range", mend="Write the year in which it was said."
        ) from None
    return date.replace(microsecond=0) if date.microsecond else date


@dataclass(frozen=True, slots=True)
class Comment:
    """One contribution to a thread. Every field is public; nothing private belongs here.

    `date` is aware and cut to whole seconds. `url` is the writer's own site, `source` says
    which door the comment came in by (form, wordpress, mastodon …), `source_url` is where a
    mention or an imported comment stands on the web, `author_id` is the slug of one of the
    site's own authors and is what makes somebody known by more than a name. `anchor` is a
    legacy fragment that must go on working. `approved` is when a moderator let it in, where that
    is known. `verified` says with which provider its writer had signed in, and as whom, where that
    has an address that anybody may see (`github https://github.com/ada`, `linkedin`); `portrait`
    is the path of a picture, from the content folder on. `extra` keeps fields this version doesn't
    know.
    Raises CommentError for an id, date, anchor, portrait or field that can't be.
    """

    id: str
    author: str
    date: datetime
    body: str
    in_reply_to: str | None = None
    kind: Kind = Kind.COMMENT
    format: Format = Format.MARKDOWN
    url: str | None = None
    author_id: str | None = None
    anchor: str | None = None
    source: str | None = None
    source_url: str | None = None
    title: str | None = None
    approved: datetime | None = None
    verified: str | None = None
    portrait: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    html: str = field(default="", init=False, compare=False, repr=False)
    """What rendering the body gave, where that is remembered; it is in no file."""

    def __post_init__(self) -> None:
        def put(name: str, value: object) -> None:
            if getattr(self, name) is not value:
                object.__setattr__(self, name, value)

        if not ID_PATTERN.fullmatch(self.id):
            raise CommentError(
                f"{self.id!r} is not a comment's id",
                mend="It looks like 20100223T104202Z-7f3k: the instant in UTC, a dash, a–z0–9.",
            )
        put("date", _instant(self.date))
        if self.approved is not None:
            put("approved", _instant(self.approved))
        put("author", one_line(self.author))
        put("body", clean_body(self.body))
        if type(self.kind) is not Kind:
            put("kind", Kind(self.kind))
        if type(self.format) is not Format:
            put("format", Format(self.format))
        for name in _LINES:
            value = getattr(self, name)
            if value is not None:
                put(name, one_line(value) or None)
        if self.in_reply_to is not None and not ID_PATTERN.fullmatch(self.in_reply_to):
            raise CommentError(f"In-Reply-To {self.in_reply_to!r} is not a comment's id")
        if self.anchor is not None and not ANCHOR_PATTERN.fullmatch(self.anchor):
            raise CommentError(
                f"{self.anchor!r} can't be an anchor", mend="Use letters, digits, and . _ : -"
            )
        if self.verified is not None and not VERIFIED_PATTERN.fullmatch(self.verified):
            raise CommentError(
                f"Verified {self.verified!r} names no identity",
                mend="It looks like 'github https://github.com/somebody', or 'linkedin'.",
            )
        if self.portrait is not None and not PORTRAIT_PATTERN.fullmatch(self.portrait):
            raise CommentError(
                f"Portrait {self.portrait!r} is no picture below the content folder",
                mend="It looks like portraits/ada.webp.",
            )
        for key in self.extra:
            if not FIELD_PATTERN.fullmatch(key) or key.lower() in _KNOWN:
                raise CommentError(f"{key!r} can't be the name of an extra field")
        extra = {k: one_line(v) for k, v in self.extra.items()} if self.extra else {}
        put("extra", MappingProxyType(extra))

    def packed(self, html: str) -> tuple[object, ...]:
        """For `unpacked`: all fields, as plain values, with what rendering gave."""
        approved = self.approved and self.approved.isoformat()
        return (self.id, self.author, self.date.isoformat(), self.body, self.in_reply_to,
                str(self.kind), str(self.format), self.url, self.author_id, self.anchor,
                self.source, self.source_url, self.title, approved, self.verified, self.portrait,
                {**self.extra}, html)  # fmt: skip

    @staticmethod
    def unpacked(values: Sequence[Any]) -> Comment:
        """What `packed` was called on. Nothing is checked again: a tenth of the time.
        Raises ValueError for a date that can't be."""
        found = [*values]
        found[_DATE] = datetime.fromisoformat(found[_DATE])
        if found[_APPROVED]:
            found[_APPROVED] = datetime.fromisoformat(found[_APPROVED])
        found[_KIND] = _KINDS[found[_KIND]]
        found[_FORMAT] = _FORMATS[found[_FORMAT]]
        found[_EXTRA] = MappingProxyType(found[_EXTRA])
        comment = object.__new__(Comment)
        deque(map(call, _PUT, repeat(comment), found), 0)  # half of the time of a loop
        return comment

    @property
    def fragment(self) -> str:
        """The id of its element on the page: the legacy anchor, else `comment-` and its id."""
        return self.anchor or f"comment-{self.id}"

    @property
    def web_url(self) -> str | None:
        """The writer's site where it is one that a link may lead to: http or https."""
        url = self.url or ""
        return url if url.lower().startswith(("http://", "https://")) else None

    @property
    def instant(self) -> datetime:
        """`date` in UTC, for comparing and sorting."""
        return self.date if self.date.tzinfo is UTC else self.date.astimezone(UTC)

    @property
    def sort_key(self) -> tuple[datetime, str]:
        """Oldest first; the id decides between comments of one second."""
        return self.instant, self.id


_KINDS = {str(kind): kind for kind in Kind}
_FORMATS = {str(format): format for format in Format}
_NAMES = [one.name for one in fields(Comment)]
_PUT = [Comment.__dict__[name].__set__ for name in _NAMES]
_DATE, _KIND, _FORMAT, _APPROVED, _EXTRA = map(
    _NAMES.index, ("date", "kind", "format", "approved", "extra")
)
