"""Where posts are, told from their heads alone: no build, no Pelican."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from dateutil import parser

from rejoinder import redirects, site
from rejoinder.posts import PostHead, slugify
from rejoinder.redirects import Redirect


def url_of(head: PostHead, facts: site.Site, date: datetime | None) -> str:
    """The post's address below the site's own, by its own `Url:` or the site's permalinks; that
    of one in another language than the site's as Pelican has it by default."""
    own = head.values.get("url")
    if own:
        return own.lstrip("/")
    if head.is_in(facts.language):
        pattern = facts.permalinks.page if head.is_page else facts.permalinks.post
    else:
        pattern = "pages/{slug}-{lang}.html" if head.is_page else "{slug}-{lang}.html"
    values = {"slug": head.slug, "date": date, "lang": head.language or facts.language}
    if category := head.values.get("category"):
        values["category"] = slugify(category)
    try:
        return pattern.format(**values)
    except (KeyError, ValueError, AttributeError, IndexError, TypeError):
        return ""  # a pattern that asks for more than a head says: the home page then


def aliases_of(heads: Iterable[PostHead], facts: site.Site) -> Iterator[Redirect]:
    """What leads to posts by their `Aliases:`. Raises RedirectError."""
    for head in heads:
        if head.aliases:
            new = f"/{url_of(head, facts, date_of(head, facts))}"
            yield from redirects.aliases(head.aliases, new, head.path, head.lines["aliases"])


def date_of(head: PostHead, facts: site.Site) -> datetime | None:
    """When a post is published, in the site's zone where it says none."""
    try:
        date = read_date(head.values.get("date", ""))
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=ZoneInfo(facts.timezone))


def read_date(text: str) -> datetime:
    """A date as Pelican reads it (pelican.utils.get_date). Raises ValueError for none."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        midnight = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)  # noqa: DTZ005
        try:
            return parser.parse(re.sub(" +", " ", text), default=midnight)
        except (ValueError, OverflowError) as error:
            raise ValueError(f"{text!r} is no date") from error


def is_out(head: PostHead, facts: site.Site, now: datetime) -> bool:
    """Whether a post's hour has come: one with a date that is still to come waits for it."""
    date = date_of(head, facts)
    return date is None or date <= now
