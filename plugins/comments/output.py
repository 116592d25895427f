"""What the adapter writes beside the pages: paged threads, feeds, the small stylesheet, the
reply form's script, the one that tells of views."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from markupsafe import Markup
from pelican.contents import Content, Page
from pelican.utils import sanitised_join

from rejoinder.comments import feeds
from rejoinder.comments.feeds import Entry, Feed
from rejoinder.comments.view import ThreadView

from .discussions import Recent, recent

STATIC = Path(__file__).parent / "static"


def write_discussions(generator: Any, writer: Any) -> None:
    """Further pages of paged threads, comment feeds, the small stylesheet, the scripts."""
    settings, context = generator.settings, generator.context
    for content in context["discussed"]:
        if content.thread is not None and settings["COMMENTS_PAGE_SIZE"]:
            _write_pages(generator, writer, content)
    site = urljoin(settings["SITEURL"] + "/", "")
    number = settings["COMMENTS_FEED_ITEMS"]
    listed = [content for content in context["discussed"] if content.status == "published"]
    newest = recent(listed, number)
    feeds_of_all = (settings["COMMENTS_FEED_ATOM"], settings["COMMENTS_FEED_JSON"])
    title = _title("Comments on", settings["SITENAME"])
    _write_feeds(writer, settings, title, site, lambda: newest, feeds_of_all, None)
    if settings["COMMENTS_POST_FEEDS"]:
        for content in context["discussed"]:
            thread: ThreadView | None = content.thread
            if thread is not None:
                _write_feeds(
                    writer,
                    settings,
                    _title("Comments on", content.title),
                    urljoin(site, content.url),
                    partial(recent, [content], number),
                    (thread.atom_url, thread.json_url),
                    thread.fingerprint(),
                )
    for name, path in (
        ("rejoinder.css", settings["COMMENTS_STYLESHEET"]),
        ("replies.js", context["comments_script"]),
        ("beacon.js", context["beacon_script"]),
    ):
        if path:
            target = Path(sanitised_join(settings["OUTPUT_PATH"], path))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(STATIC / name, target)


def _write_pages(generator: Any, writer: Any, content: Content) -> None:
    thread: ThreadView = content.thread
    for page in thread.pages:
        if page.is_first:
            continue
        writer.write_file(
            page.url + "index.html",
            generator.get_template("rejoinder/thread_page"),
            generator.context,
            relative_urls=generator.settings["RELATIVE_URLS"],
            **{"page" if isinstance(content, Page) else "article": content},
            thread=thread.showing(page),
            category=getattr(content, "category", None),
            url=page.url,
        )


def _title(words: str, title: str) -> str:
    return f"{words} {Markup(title).striptags()}"


def _write_feeds(
    writer: Any, settings: dict[str, Any], title: str, url: str,
    newest: Callable[[], Sequence[Recent]], paths: Sequence[str], print: bytes | None,
) -> None:  # fmt: skip
    """The feeds of what is newest; `print` is the fingerprint of what that comes from. A writer
    that knows what it wrote before is asked to write only what changed."""
    site = settings["SITEURL"] + "/"

    def make(path: str, write: Callable[[Feed, Sequence[Entry]], str]) -> str:
        entries = [
            Entry(
                item.comment,
                item.text_title,
                item.content.thread.key,
                urljoin(site, item.url),
                urljoin(site, item.answers_url),
                item.content.thread.comment(item.comment.in_reply_to),
            )
            for item in newest()
        ]
        return write(Feed(title, url, urljoin(site, path), settings["DEFAULT_LANG"]), entries)

    write_made = getattr(writer, "write_made", None)
    for path, write in zip(paths, (feeds.atom, feeds.json_feed), strict=True):
        if path and write_made and print is not None:
            write_made(path, print, partial(make, path, write))
        elif path:
            target = Path(sanitised_join(settings["OUTPUT_PATH"], path))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(make(path, write), "utf-8", newline="\n")
