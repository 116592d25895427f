"""The discussions of one build: read, threaded, and attached to what they are about."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup
from pelican.contents import Content, Page
from pelican.generators import ArticlesGenerator, PagesGenerator

from rejoinder.comments.model import Comment
from rejoinder.comments.render import excerpt
from rejoinder.comments.store import CommentStore
from rejoinder.comments.view import Options, Subject, ThreadView, wish
from rejoinder.errors import RejoinderError, SiteError

logger = logging.getLogger(__name__)

SCRIPT = "theme/replies.js"
"""Where the reply form's script is written, on a site that takes replies."""

BEACON = "theme/beacon.js"
"""Where the script is written that tells the desk of a view, on a site that wants it."""


class Discussions:
    """The threads of one build, read once for each key and shared by translations."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.store = CommentStore(Path(settings["PATH"]))
        self.now = build_time()
        self.options = Options(
            max_depth=settings["COMMENTS_MAX_DEPTH"],
            page_size=settings["COMMENTS_PAGE_SIZE"],
            newest_first=settings["COMMENTS_ORDER"] == "newest",
            close_after_days=settings["COMMENTS_CLOSE_AFTER_DAYS"],
            reply_url=settings["COMMENTS_REPLY_URL"],
            agree=settings["COMMENTS_AGREE"],
            post_feeds=settings["COMMENTS_POST_FEEDS"],
            default=settings["COMMENTS_DEFAULT"],
        )
        self._read: dict[str, list[Comment]] = {}

    def attach(self, content: Content, key: str) -> None:
        """Give `content` its thread, or None where its discussion is off and there is none."""
        content.thread = None
        try:
            wanted = wish(getattr(content, "comments", None), content.relative_source_path)
        except SiteError as error:
            logger.error("%s", error)
            wanted = None
        comments = self._comments(key)
        if (wanted or self.options.default) == "off" and not comments:
            return
        subject = Subject(key, content.title, content.url, getattr(content, "date", None), wanted)
        agreements = self._agreements(key) if self.options.agree else {}
        content.thread = ThreadView(subject, comments, self.options, self.now, agreements)
        for ring in content.thread.cycles:
            logger.warning(
                "%s: these comments answer each other in a ring, which was cut at the newest: %s",
                self.store.path(key, ring[0]).parent,
                ", ".join(f"{comment_id}.md" for comment_id in ring),
            )

    def _agreements(self, key: str) -> dict[str, int]:
        try:
            return self.store.agreements(key)
        except RejoinderError as error:
            logger.error("%s", error)
            return {}

    def _comments(self, key: str) -> list[Comment]:
        if key not in self._read:
            try:
                reading = self.store.read(key)
            except RejoinderError as error:
                logger.error("%s", error)
                self._read[key] = []
                return []
            for problem in reading.problems:
                logger.error("%s", problem)
            self._read[key] = reading.comments
        return self._read[key]

    def orphans(self) -> list[str]:
        """Threads that belong to no post or page."""
        return [key for key in self.store.threads() if key not in self._read]


def build_time() -> datetime:
    """Now; or what SOURCE_DATE_EPOCH says (reproducible-builds.org), in seconds."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)


def beacon_url(reply_url: str) -> str:
    """Where views are told to: the desk that takes replies at `reply_url`; '' where that is none
    of ours."""
    desk, _, door = reply_url.rstrip("/").rpartition("/")
    return f"{desk}/seen" if door == "reply" else ""


def attach_threads(generators: Iterable[Any]) -> None:
    """When all content is read: threads on articles and pages, recent comments in the context."""
    generators = list(generators)
    discussions = Discussions(generators[0].settings)
    written: list[Content] = []
    listed: list[Content] = []
    for generator in generators:
        for content, is_written in _contents(generator):
            is_page = isinstance(content, Page)
            key = content.metadata.get("thread") or (None if is_page else content.slug)
            content.thread = None
            if key is not None:
                discussions.attach(content, key)
                if is_written:
                    written.append(content)
                    listed += [content] if content.status == "published" else []
    for key in discussions.orphans():
        logger.warning(
            "%s: this discussion belongs to no post; `invoke check` says how to mend it",
            discussions.store.root / key,
        )
    context = generators[0].context
    settings = generators[0].settings
    context["recent_comments"] = recent(listed, settings["COMMENTS_RECENT"], mentions=False)
    context["comments_feeds"] = {
        "atom_url": settings["COMMENTS_FEED_ATOM"],
        "json_url": settings["COMMENTS_FEED_JSON"],
    }
    context["comments_stylesheet"] = settings["COMMENTS_STYLESHEET"]
    context["comments_script"] = SCRIPT if settings["COMMENTS_REPLY_URL"] else ""
    desk = beacon_url(settings["COMMENTS_REPLY_URL"]) if settings["COMMENTS_BEACON"] else ""
    context["beacon_url"], context["beacon_script"] = desk, BEACON if desk else ""
    context["discussed"] = written


def _contents(generator: Any) -> Iterator[tuple[Content, bool]]:
    """All posts or pages of a generator, and whether they are published (drafts aren't)."""
    if isinstance(generator, ArticlesGenerator):
        lists = ("articles", "translations", "hidden_articles", "hidden_translations",
                 "drafts", "drafts_translations")  # fmt: skip
    elif isinstance(generator, PagesGenerator):
        lists = ("pages", "translations", "hidden_pages", "hidden_translations",
                 "draft_pages", "draft_translations")  # fmt: skip
    else:
        return
    for name in lists:
        for content in getattr(generator, name):
            yield content, "draft" not in name


class Recent:
    """A comment outside of its thread: with the title of the post and its own permalink."""

    def __init__(self, comment: Comment, content: Content) -> None:
        self.comment = comment
        self.content = content
        self.title = Markup(content.title)
        self.url: str = content.thread.url_of(comment)

    @property
    def excerpt(self) -> str:
        return excerpt(self.comment)

    @property
    def text_title(self) -> str:
        return str(self.title.striptags())

    @property
    def answers_url(self) -> str:
        """The permalink of what this comment answers: another comment, else the post."""
        thread: ThreadView = self.content.thread
        parent = thread.comment(self.comment.in_reply_to)
        return thread.url_of(parent) if parent else thread.subject.url


def recent(contents: Iterable[Content], number: int, *, mentions: bool = True) -> list[Recent]:
    """The newest contributions over all `contents`, reactions left out, and `mentions` too
    where only words are wanted; a thread that several translations share counts once."""
    seen: dict[str, Content] = {}
    for content in contents:
        if content.thread is not None:
            seen.setdefault(content.thread.key, content)
    newest = sorted(
        (
            (comment.sort_key, content.thread.key, comment, content)
            for content in seen.values()
            for comment in content.thread.comments
            if comment.kind.is_said and (mentions or not comment.kind.is_mention)
        ),
        key=lambda row: row[:2],
        reverse=True,
    )
    return [Recent(comment, content) for _, _, comment, content in newest[:number]]
