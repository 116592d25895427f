"""One mention of a page of the site, whichever door it came in by. A leaf: it imports the
comment model alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rejoinder.comments.model import Format, Kind


@dataclass(frozen=True, slots=True)
class Mention:
    """What a page elsewhere says of one of ours.

    `source` is the address that was told or polled and, with `target`, names the mention for
    good (W3C Webmention, 3.2); `url` is where a reader finds it. `kind` is COMMENT for an answer
    in words, LIKE, REPOST, PINGBACK, or WEBMENTION for any other page that links here. `via` is
    the door: webmention, pingback, mastodon, bluesky, webmention.io. `answers` is the address of
    what it answers where that is not the post itself: a comment's permalink, or another
    mention's `url`. `date` is aware, or None where the page gives none. `body` is in `format`;
    nothing in it is trusted, it is sanitised where it is shown.
    """

    source: str
    target: str
    url: str
    kind: Kind
    via: str
    author: str = ""
    author_url: str = ""
    date: datetime | None = None
    title: str = ""
    body: str = ""
    format: Format = Format.MARKDOWN
    answers: str = ""
