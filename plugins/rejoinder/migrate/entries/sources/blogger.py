"""Blogger: what Back up content makes, the older `blog-DATE.xml` and Google Takeout's `feed.atom`,
alone or in the folder that Takeout was unpacked to. The formats are told in `talks.sources.atom`,
which reads the comments of the same file.
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from rejoinder.errors import ImportFailed
from rejoinder.migrate import dates
from rejoinder.migrate.entries.model import Author, Blog, Entry, LeftOut, Told, Written
from rejoinder.migrate.entries.sources import heads
from rejoinder.migrate.entries.sources.blogger_html import shown
from rejoinder.migrate.oldlinks import COMMENT_FEED, SITE_FEED
from rejoinder.migrate.permalinks import split
from rejoinder.migrate.slugs import title_slug
from rejoinder.migrate.talks.sources.atom import (
    ATOM,
    BLOGGER,
    html,
    is_draft,
    kind_of,
    link,
    text,
)
from rejoinder.migrate.talks.sources.xml import elements

_KIND = "http://schemas.google.com/g/2005#kind"
_SETTING = re.compile(r"\.settings\.(BLOG_[A-Z_]+)$")
_HEAD = 20_000
_TRASH = "trash"
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.S)
_NOT_SHOWN = frozenset({"SOFT_TRASHED", "TRASHED", "DELETED", "EMPTIED"})
_RENTED = re.compile(r"\.blogspot\.[a-z.]+$")
HOSTS = ("blogger.googleusercontent.com", "bp.blogspot.com", "lh3.googleusercontent.com",
         "lh4.googleusercontent.com", "lh5.googleusercontent.com", "lh6.googleusercontent.com",
         "ggpht.com")  # fmt: skip
"""Where Blogger keeps the pictures of its blogs."""


def feed_in(file: Path) -> Path:
    """The feed of an unpacked Takeout; a file is one itself. Raises ImportFailed."""
    if not file.is_dir():
        return file
    found = sorted(file.rglob("feed.atom"))
    if len(found) == 1:
        return found[0]
    what = f"there are {len(found)} blogs in it" if found else "there is no feed.atom in it"
    named = f"Name one of them: {', '.join(map(str, found))}." if found else (
        "Name the folder that Takeout was unpacked to, or blog-DATE.xml.")  # fmt: skip
    raise ImportFailed(what, where=file, mend=named)


def read(file: Path, told: Told) -> Blog:
    """The posts and pages of an export. Raises ImportFailed."""
    file = feed_in(file)
    reading = _Reading(told)
    for line, entry in elements(file, ("entry",), told):
        reading.look(entry, line)
    if not reading.posts:
        raise ImportFailed(
            "this has no posts of Blogger's", where=file,
            mend="Blogger's export is at Settings, Manage blog, Back up content.",
        )  # fmt: skip
    settings = reading.settings
    bases = reading.bases()
    zone = heads.zone(settings.get("BLOG_TIME_ZONE", ""), "the settings", told)
    entries = tuple(reading.entry(entry, line, zone) for line, entry in reading.posts)
    head = _TITLE.search(file.read_bytes()[:_HEAD].decode("utf-8", "replace"))
    title = settings.get("BLOG_NAME") or (unescape(head[1]).strip() if head else "")
    return Blog(
        title=title, subtitle=settings.get("BLOG_DESCRIPTION", ""),
        bases=bases, is_rented=all(_RENTED.search(base) for base in bases),
        language=settings.get("BLOG_LOCALE", "").replace("_", "-"),
        timezone=zone.key if zone else "", entries=entries,
        authors={key: author for key, author in reading.authors.items()
                 if any(key in entry.authors for entry in entries)},
        listed={("tag", tag): f"/search/label/{tag}" for entry in entries for tag in entry.tags},
        moved={"/feeds/posts/default": SITE_FEED, "/atom.xml": SITE_FEED, "/rss.xml": SITE_FEED,
               "/feeds/comments/default": COMMENT_FEED},
        left_out=tuple(reading.left_out), hosts=HOSTS, comments=len(reading.comments), file=file,
        are_instants=not settings,
    )  # fmt: skip


class _Reading:
    """An export while it is read, entry by entry."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self.posts: list[tuple[int, Element]] = []
        self.comments: list[str] = []
        self.settings: dict[str, str] = {}
        self.authors: dict[str, Author] = {}
        self.left_out: list[LeftOut] = []
        self.keys: set[str] = set()

    def look(self, entry: Element, line: int) -> None:
        """Take in an entry."""
        kind, key = kind_of(entry), text(entry, f"{ATOM}id")
        if setting := _SETTING.search(key):
            self.settings[setting[1]] = text(entry, f"{ATOM}content")
        elif kind == "comment":
            reply = entry.find("{http://purl.org/syndication/thread/1.0}in-reply-to")
            to = text(entry, f"{BLOGGER}parent") or ("" if reply is None else reply.get("ref", ""))
            self.comments.append(to)
        elif kind in ("post", "page"):
            if _status(entry) == _TRASH:
                self.left_out.append(LeftOut(kind, _TRASH, "thrown away there"))
            elif key in self.keys or not key:
                self.left_out.append(LeftOut(kind, "unread", "see below"))
                what = "stands there twice" if key else "has no id"
                self.told(line, f"{text(entry, f'{ATOM}title')!r} {what}, and was left out")
            else:
                self.keys.add(key)
                self.posts.append((line, entry))

    def bases(self) -> tuple[str, ...]:
        """The addresses of the blog: of its posts, where they say one."""
        own = self.settings.get("BLOG_CUSTOM_DOMAIN", "")
        below = self.settings.get("BLOG_SUBDOMAIN", "")
        hosts = [f"https://{own}"] if own else []
        for _, entry in self.posts:
            found = split(link(entry, "alternate"))
            if found.netloc:
                hosts.append(f"{found.scheme}://{found.netloc}")
        hosts += [f"https://{below}.blogspot.com"] if below else []
        return tuple(dict.fromkeys(hosts))

    def entry(self, entry: Element, line: int, zone: ZoneInfo | None) -> Entry:
        """A post or page."""
        key = text(entry, f"{ATOM}id")
        kind, title = kind_of(entry), text(entry, f"{ATOM}title")
        status = _status(entry)
        address = text(entry, f"{BLOGGER}filename") or split(link(entry, "alternate")).path
        name = text(entry, f"{ATOM}author/{ATOM}name")
        self.authors.setdefault(name, Author(name))
        labels = [category.get("term") or "" for category in entry.iter(f"{ATOM}category")
                  if category.get("scheme") != _KIND]  # fmt: skip

        def moment(*names: str) -> Any:
            for one in names:
                if date := dates.spelled(text(entry, one)):
                    return date.astimezone(zone) if zone and date.tzinfo else date
            return None

        return Entry(
            key=re.sub(r"^.*\.(?:post|page)-", "", key), kind=kind,
            title=title, body=shown(html(entry.find(f"{ATOM}content"))), written=Written.HTML,
            status=status, is_public=status == "published", address=unquote(address).lstrip("/"),
            slug="" if address else title_slug(title),
            date=moment(f"{ATOM}published", f"{BLOGGER}created"),
            modified=moment(f"{ATOM}updated"), authors=(name,) if name else (),
            tags=tuple(dict.fromkeys(label.strip() for label in labels if label.strip())),
            summary=text(entry, f"{BLOGGER}metaDescription"),
            has_thread=kind == "page" and key in self.comments, line=line,
        )  # fmt: skip


def _status(entry: Element) -> str:
    said = text(entry, f"{BLOGGER}status").upper()
    if text(entry, f"{BLOGGER}trashed") or said in _NOT_SHOWN:
        return _TRASH
    if is_draft(entry) or said == "DRAFT":
        return "draft"
    return "published" if said in ("", "LIVE") else said.lower()
