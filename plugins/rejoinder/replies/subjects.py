"""What can be replied to: the site's posts and pages, by thread key, read from the files."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rejoinder import site
from rejoinder.comments.store import CommentStore
from rejoinder.comments.view import Options, Subject, ThreadView
from rejoinder.posts import PostHead, posts

_FRESH_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Discussion:
    """A thread that exists: its title, its post's address, whether it takes replies, and
    whether a reply needs an e-mail address."""

    key: str
    title: str
    url: str
    open: bool
    email_required: bool


class Subjects:
    """The discussions of a content folder. Posts are read again after half a minute, and at
    once when a key is not known. Safe for several threads."""

    def __init__(self, content: Path, site_url: str | None = None) -> None:
        self.content = content
        self.site_url = site_url
        self._lock = threading.Lock()
        self._heads: dict[str, PostHead] = {}
        self._read_at = float("-inf")

    def find(self, key: str, now: datetime) -> Discussion | None:
        """The discussion of `key`, or None when no published post or page has it."""
        with self._lock:
            age = time.monotonic() - self._read_at
            if age > _FRESH_SECONDS or (key not in self._heads and age > 1):
                self._heads = {
                    head.thread: head
                    for head in posts(self.content)
                    if head.thread and head.status in ("published", "hidden")
                }
                self._read_at = time.monotonic()
            head = self._heads.get(key)
        if head is None:
            return None
        facts = site.load(self.content)
        date = _date(head.values.get("date", ""), facts.timezone)
        wish = head.values.get("comments", "").lower() or None
        subject = Subject(key, head.title, url_of(head, facts, date), date, wish)
        rules = facts.discussions
        shown = Options(close_after_days=rules.close_after_days, default=rules.default)
        view = ThreadView(subject, (), shown, now)
        base = (facts.url if self.site_url is None else self.site_url).rstrip("/")
        address = f"{base}/{subject.url}"
        return Discussion(key, head.title, address, view.open, rules.email_required)

    def holds(self, key: str, comment_id: str) -> bool:
        """Whether the thread has that comment."""
        return CommentStore(self.content).path(key, comment_id).is_file()


def url_of(head: PostHead, facts: site.Site, date: datetime | None) -> str:
    """The post's address below the site's own, by its own `Url:` or the site's permalinks."""
    own = head.values.get("url")
    if own:
        return own.lstrip("/")
    pattern = facts.permalinks.page if head.is_page else facts.permalinks.post
    values = {"slug": head.slug, "date": date, "lang": head.language or facts.language}
    try:
        return pattern.format(**values)
    except (KeyError, ValueError, AttributeError, IndexError, TypeError):
        return ""  # a pattern that asks for more than a head says: the home page then


def _date(text: str, zone: str) -> datetime | None:
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=ZoneInfo(zone))
