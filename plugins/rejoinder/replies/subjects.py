"""What can be replied to: the site's posts and pages, by thread key, read from the files."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeGuard
from urllib.parse import urlsplit

from rejoinder import redirects, site
from rejoinder.comments.store import CommentStore, folder_name
from rejoinder.comments.view import Options, Subject, ThreadView
from rejoinder.engagement.reach import plain_path
from rejoinder.errors import SiteError, StoreError
from rejoinder.permalinks import aliases_of, date_of, url_of
from rejoinder.posts import PostHead, originals_first, post_files, read_head
from rejoinder.profiles.addresses import canonical

logger = logging.getLogger(__name__)

Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Discussion:
    """A thread that exists: its title, its post's address and language, whether it takes replies,
    and whether a reply needs an e-mail address."""

    key: str
    title: str
    url: str
    open: bool
    email_required: bool
    language: str


class Subjects:
    """The discussions of a content folder. Each is found by its key without reading the others:
    a file is read again when it has changed, and the folder when a key is not known. Safe for
    several threads."""

    def __init__(self, content: Path, site_url: str | None = None) -> None:
        self.content = content
        self.site_url = site_url
        self._lock = threading.Lock()
        self._read: dict[Path, tuple[PostHead, Stamp]] = {}
        self._heads: dict[str, tuple[PostHead, Stamp]] = {}
        self._looked_at = float("-inf")
        self._facts: tuple[site.Site, Stamp] | None = None
        self._addresses: tuple[dict[str, tuple[PostHead, Stamp]], dict[str, str]] | None = None

    @property
    def facts(self) -> site.Site:
        """The site's own facts, read again when its file has changed. While the file can't be
        read, those of before hold: nobody's words are lost by a slip in a setting. Raises
        SiteError where there are none of before."""
        stamp = _stamp(self.content / site.FILE)
        if self._facts is None or self._facts[1] != stamp:
            try:
                self._facts = site.load(self.content), stamp
            except SiteError as error:
                if self._facts is None:
                    raise
                logger.error("the settings of before hold: %s", error)
                self._facts = self._facts[0], stamp
        return self._facts[0]

    @property
    def base(self) -> str:
        """The site's own address, without a slash at its end."""
        return (self.facts.url if self.site_url is None else self.site_url).rstrip("/")

    def find(self, key: str, now: datetime) -> Discussion | None:
        """The discussion of `key`, or None when no published post or page has it."""
        head = self._head(key)
        if head is None:
            return None
        facts = self.facts
        date = date_of(head, facts)
        wish = head.values.get("comments", "").lower() or None
        subject = Subject(key, head.title, url_of(head, facts, date), date, wish)
        rules = facts.discussions
        shown = Options(close_after_days=rules.close_after_days, default=rules.default)
        view = ThreadView(subject, (), shown, now)
        address = f"{self.base}/{subject.url}"
        language = head.language or facts.language
        return Discussion(key, head.title, address, view.open, rules.email_required, language)

    def key_of(self, url: str) -> str | None:
        """The thread of the post or page at an address of the site, of now or of before; None
        where none is. Reads the folder, at most once a second."""
        wanted = canonical(url)
        with self._lock:
            if time.monotonic() - self._looked_at > 1:
                self._look()
            known = self._addresses
            if known is None or known[0] is not self._heads:
                heads = [head for head, _ in self._heads.values()]
                moved = [*redirects.load(self.content), *aliases_of(heads, self.facts)]
                known = self._heads, _addresses(heads, self.facts, self.base, moved)
                self._addresses = known
        return known[1].get(wanted)

    def is_known(self, key: str) -> bool:
        """Whether `find` needs no more than a look at one file."""
        return key in self._heads

    def posts(self) -> list[PostHead]:
        """All published posts, by path. Reads the folder."""
        with self._lock:
            self._look()
            return [head for head, _ in self._heads.values() if not head.is_page]

    def paths(self) -> frozenset[str]:
        """The paths of all posts and pages that are published or hidden, and of the home page,
        as `plain_path` writes them. Reads the folder. Raises SiteError or OSError."""
        with self._lock:
            self._look()
            read = list(self._read.values())
        facts, below = self.facts, urlsplit(self.base).path
        own = {url_of(head, facts, date_of(head, facts)) for head, _ in read
               if head.status in ("published", "hidden")}  # fmt: skip
        return frozenset(plain_path(f"{below}/{url}") for url in {"", *own})

    def _head(self, key: str) -> PostHead | None:
        found = self._heads.get(key)
        if found is not None and _stamp(found[0].path) == found[1]:
            return found[0]
        with self._lock:
            if found is not None or time.monotonic() - self._looked_at > 1:
                self._look()
            again = self._heads.get(key)
        return again[0] if again else None

    def _look(self) -> None:
        """Read all heads, those of files that haven't changed from memory."""
        before, read = self._read, dict[Path, tuple[PostHead, Stamp]]()
        heads: dict[str, tuple[PostHead, Stamp]] = {}
        for path in post_files(self.content):
            stamp = _stamp(path)
            known = before.get(path)
            head = known[0] if known and known[1] == stamp else read_head(path, self.content)
            read[path] = head, stamp
        language = self.facts.language
        for head in originals_first((head for head, _ in read.values()), language):
            key = head.thread
            if _names_a_thread(key) and head.status in ("published", "hidden"):
                heads.setdefault(key, read[head.path])
        self._read, self._heads = read, heads
        self._looked_at = time.monotonic()

    def holds(self, key: str, comment_id: str) -> bool:
        """Whether the thread has that comment."""
        return CommentStore(self.content).path(key, comment_id).is_file()


def _addresses(
    heads: Sequence[PostHead], facts: site.Site, base: str, moved: Iterable[redirects.Redirect]
) -> dict[str, str]:
    """Canonical addresses and the threads they lead to. Pure."""
    bases = (base, facts.url, *facts.old_urls)
    own = {url_of(h, facts, date_of(h, facts)).strip("/"): h.thread or "" for h in heads}
    old = {one.old.lstrip("/"): own[one.new.strip("/")] for one in moved
           if one.new.strip("/") in own}  # fmt: skip
    return {canonical(f"{b}/{path}"): key for b in bases if b
            for path, key in {**old, **own}.items()}  # fmt: skip


def _names_a_thread(key: str | None) -> TypeGuard[str]:
    """Whether comments can be kept under a key: it must make a folder's name."""
    try:
        return bool(key and folder_name(key))
    except StoreError:
        return False


def _stamp(path: Path) -> Stamp:
    """What changes when a file does."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_mtime_ns, found.st_size, found.st_ino
