"""What the adapter writes beside the pages: paged threads, feeds, the small stylesheet, the
reply form's script, the one that tells of views."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from pelican.contents import Content, Page
from pelican.utils import sanitised_join

from rejoinder.comments.feeding import Feeding, Feeds
from rejoinder.comments.recent import newest_threads, recent
from rejoinder.comments.view import ThreadView
from rejoinder.languages.catalogues import Catalogues

from . import assets


def write_discussions(generator: Any, writer: Any) -> None:
    """Further pages of paged threads, comment feeds, the small stylesheet, the scripts."""
    settings, context = generator.settings, generator.context
    for content in context["discussed"]:
        if content.thread is not None and settings["COMMENTS_PAGE_SIZE"]:
            _write_pages(generator, writer, content)
    feeding = Feeding(
        urljoin(settings["SITEURL"] + "/", ""), settings["SITENAME"], settings["DEFAULT_LANG"],
        settings["COMMENTS_FEED_ITEMS"], settings["COMMENTS_FEED_ATOM"],
        settings["COMMENTS_FEED_JSON"], context.get("feed_stylesheet", ""),
    )  # fmt: skip
    written = [content for content in context["discussed"] if content.thread is not None]
    listed = [content.thread for content in written if content.status == "published"]
    texts = Catalogues(Path(settings["PATH"])).texts(settings["DEFAULT_LANG"])
    for path, make in feeding.of_site(recent(listed, feeding.number), texts).items():
        _write(settings, path, make())
    if settings["COMMENTS_POST_FEEDS"]:
        for content in written:
            _write_feeds(writer, settings, feeding.of_thread(content.thread), content.thread)
    _tell_the_press(context, settings, feeding, listed, written)
    assets.write(context, settings)


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


def _write_feeds(writer: Any, settings: dict[str, Any], feeds: Feeds, thread: ThreadView) -> None:
    """The feeds of a thread. A writer that knows what it wrote before is asked to write only what
    changed."""
    write_made = getattr(writer, "write_made", None)
    for path, make in feeds.items():
        if write_made:
            write_made(path, thread.fingerprint(), make)
        else:
            _write(settings, path, make())


def _write(settings: dict[str, Any], path: str, text: str) -> None:
    target = Path(sanitised_join(settings["OUTPUT_PATH"], path))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8", newline="\n")


def _tell_the_press(
    context: dict[str, Any], settings: dict[str, Any], feeding: Feeding,
    listed: Sequence[ThreadView], written: Sequence[Content],
) -> None:  # fmt: skip
    """What it takes to bring a comment to lists and feeds without a build, where builds are
    remembered: where something was said last, and which discussions no list shows."""
    memory = context.get("memory")
    if memory is None:
        return
    number = 2 * max(feeding.number, settings["COMMENTS_RECENT"])  # some may be taken back
    memory.told["discussions"] = {
        "feeding": feeding,
        "post_feeds": settings["COMMENTS_POST_FEEDS"],
        "threads": [*newest_threads(listed, number),
                    *newest_threads(listed, number, mentions=False)],
        "unlisted": {one.thread.key for one in written if one.status != "published"},
    }  # fmt: skip
