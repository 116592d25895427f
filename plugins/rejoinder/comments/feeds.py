"""Feeds of comments: Atom (RFC 4287, with the Threading Extensions of RFC 4685) and JSON
Feed 1.1. Pure: entries in, text out; the newest date stands in for the clock."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from feedgenerator import Atom1Feed
from feedgenerator.django.utils.encoding import iri_to_uri

from rejoinder.comments.model import Comment
from rejoinder.comments.render import render
from rejoinder.languages.texts import ENGLISH, Texts
from rejoinder.readable import make_readable

_THREADING = "http://purl.org/syndication/thread/1.0"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """A comment in a feed: `url` is its permalink and `parent_url` what it answers, both
    absolute; `post` is the title, as text, of what is discussed, and `thread` its key;
    `parent` is the comment that it answers, if that is one; `texts` are the feed's."""

    comment: Comment
    post: str
    thread: str
    url: str
    parent_url: str
    parent: Comment | None = None
    texts: Texts = ENGLISH

    @property
    def author(self) -> str:
        return self.comment.author or self.texts.translate("Anonymous")

    @property
    def title(self) -> str:
        return self.texts.translate("%(name)s on %(title)s", name=self.author, title=self.post)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's own facts: absolute addresses of what it is about and of itself; `stylesheet` is
    what a browser shows it with, '' is none."""

    title: str
    url: str
    feed_url: str
    language: str
    stylesheet: str = ""
    texts: Texts = ENGLISH


def entry_id(url: str, thread: str, comment: Comment) -> str:
    """An id that no other entry has, and that a new permalink doesn't change (RFC 4151): the
    host, the day, the thread, the comment."""
    host = urlsplit(url).hostname or "localhost"
    return f"tag:{host},{comment.instant:%Y-%m-%d}:{quote(thread)}/{comment.id}"


def atom(feed: Feed, entries: Sequence[Entry]) -> str:
    """The Atom feed of `entries`, in their order."""
    document = _ThreadedAtom(
        title=feed.title, link=feed.url, description="", feed_url=feed.feed_url,
        feed_guid=feed.feed_url,
        language=feed.language,
    )  # fmt: skip
    for entry in entries:
        document.add_item(
            title=entry.title,
            link=entry.url,
            description=None,
            content=render(entry.comment),
            author_name=entry.author,
            author_link=entry.comment.web_url,
            pubdate=entry.comment.date,
            updateddate=entry.comment.date,
            unique_id=entry_id(entry.url, entry.thread, entry.comment),
            parent_url=entry.parent_url,
            parent_id=entry_id(entry.url, entry.thread, entry.parent) if entry.parent else None,
        )
    if feed.stylesheet:
        make_readable(document, feed.stylesheet, feed.texts)
    out = io.StringIO()
    document.write(out, "utf-8")
    return out.getvalue() + "\n"


def json_feed(feed: Feed, entries: Sequence[Entry]) -> str:
    """The JSON Feed of `entries`, in their order."""
    items: list[dict[str, Any]] = []
    for entry in entries:
        author = {"name": entry.author} | (
            {"url": entry.comment.web_url} if entry.comment.web_url else {}
        )
        items.append(
            {
                "id": entry_id(entry.url, entry.thread, entry.comment),
                "url": entry.url,
                "title": entry.title,
                "content_html": render(entry.comment),
                "date_published": entry.comment.date.isoformat(),
                "authors": [author],
                "_rejoinder": {"in_reply_to": entry.parent_url, "kind": str(entry.comment.kind)},
            }
        )
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.url,
        "feed_url": feed.feed_url,
        "language": feed.language,
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


class _ThreadedAtom(Atom1Feed):  # type: ignore[misc]
    """Atom whose entries say what they answer."""

    def root_attributes(self) -> dict[str, str]:
        return {**super().root_attributes(), "xmlns:thr": _THREADING}

    def latest_post_date(self) -> datetime:
        return max((item["pubdate"] for item in self.items), default=_EPOCH)

    def add_item_elements(self, handler: XMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        parent = item["parent_url"]
        href = iri_to_uri(parent)
        ref = item["parent_id"] or href
        link = AttributesImpl({"ref": ref, "href": href, "type": "text/html"})
        handler.startElement("thr:in-reply-to", link)
        handler.endElement("thr:in-reply-to")
