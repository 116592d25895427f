"""The discussions of one build: read, threaded, and attached to what they are about."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pelican.contents import Content, Page
from pelican.generators import ArticlesGenerator, PagesGenerator

from rejoinder.comments.model import Comment
from rejoinder.comments.recent import recent
from rejoinder.comments.shelf import WORDS, pack, unpack
from rejoinder.comments.store import FOLDER, CommentStore, Reading, folder_name, thread_key
from rejoinder.comments.summary import Summary, summarise
from rejoinder.comments.verified import label_of
from rejoinder.comments.view import Options, Subject, ThreadView, wish
from rejoinder.dates import build_time
from rejoinder.errors import RejoinderError, SiteError
from rejoinder.languages.catalogues import Catalogues
from rejoinder.languages.texts import Texts

from . import assets

if TYPE_CHECKING:
    from rejoinder.incremental.memory import Memory

logger = logging.getLogger(__name__)

THREADS = "threads"
"""The kind under which builds remember threads in brief."""


class Discussions:
    """The threads of one build, looked at once for each key and shared by translations. A thread
    whose files are as they were isn't read before somebody shows it."""

    def __init__(self, settings: dict[str, Any], memory: Memory | None = None) -> None:
        self.settings = settings
        self.memory = memory
        self.store = CommentStore(Path(settings["PATH"]))
        self.catalogues = Catalogues(Path(settings["PATH"]))
        self.now = build_time()
        self.newest = max(1, settings["COMMENTS_FEED_ITEMS"], settings["COMMENTS_RECENT"])
        self.options = options_of(settings)
        self.closing: list[datetime] = []
        self._known: dict[str, Summary] = {}
        self._read: dict[str, list[Comment]] = {}

    def prepare(self, keys: Iterable[str]) -> None:
        """Look at all these threads, with all processors where there is a memory."""
        if self.memory is None:
            return
        wanted = []
        for key in dict.fromkeys(keys):
            with suppress(RejoinderError):
                stamp = self._stamp(key)
                if stamp is not None:
                    wanted.append((key, stamp))
        self.memory.prepare(THREADS, wanted, WORDS, self._read_anew)

    def go_ahead(self) -> None:
        """Have another process begin to look at all threads that there are."""
        if self.memory is not None:
            self.memory.go_ahead(THREADS, self._all(), WORDS, self._read_anew)

    def _all(self) -> Iterator[tuple[str, bytes]]:
        assert self.memory is not None
        above = f"{FOLDER}/"
        for path, stamp in self.memory.stamps.items():
            if path.startswith(above) and "/" not in path[len(above) :]:
                yield thread_key(path[len(above) :]), stamp

    def _stamp(self, key: str) -> bytes | None:
        """The stamp of a thread's folder; None where there is none. Raises StoreError."""
        assert self.memory is not None
        return self.memory.stamps.get(f"{FOLDER}/{folder_name(key)}")

    def _read_anew(self, key: str, before: bytes | None) -> tuple[bytes, bytes]:
        """A thread in brief, and all of it; files that are as they were `before` aren't parsed."""
        reading = self.store.read(key, unpack(before) if before else None)
        return self._summarise(key, reading).to_bytes(), pack(reading.files)

    def attach(self, content: Content, key: str) -> None:
        """Give `content` its thread, or None where its discussion is off and there is none."""
        content.thread = None
        try:
            wanted = wish(getattr(content, "comments", None), content.relative_source_path)
        except SiteError as error:
            logger.error("%s", error)
            wanted = None
        summary = self._summary(key)
        if (wanted or self.options.default) == "off" and not summary.size:
            return
        subject = Subject(
            key, content.title, content.url, getattr(content, "date", None), wanted, content.lang
        )
        content.thread = ThreadView(
            subject, lambda: self._comments(key), self.options, self.now, summary,
            self.catalogues.texts(content.lang),
        )  # fmt: skip
        if content.thread.open and content.thread.closes:
            self.closing.append(content.thread.closes)

    def _summary(self, key: str) -> Summary:
        if key not in self._known:
            self._known[key] = summary = self._look(key)
            for problem in summary.problems:
                logger.error("%s", problem)
            for ring in summary.cycles:
                logger.warning(
                    "%s: these comments answer each other in a ring, which was cut at the newest: "
                    "%s", self.store.path(key, ring[0]).parent, ", ".join(f"{i}.md" for i in ring),
                )  # fmt: skip
        return self._known[key]

    def _look(self, key: str) -> Summary:
        try:
            folder_name(key)
        except RejoinderError as error:
            return Summary(problems=(str(error),))
        if self.memory is None:
            reading = self.store.read(key)
            self._read[key] = reading.comments
            return self._summarise(key, reading)
        stamp = self._stamp(key)
        if stamp is None:
            return Summary()  # there is no such folder
        return Summary.from_bytes(self.memory.remember(
            THREADS, key, stamp, lambda: self._read_anew(key, None)[0]
        ))  # fmt: skip

    def _summarise(self, key: str, reading: Reading) -> Summary:
        problems = list(map(str, reading.problems))
        agreements: dict[str, int] = {}
        if self.options.agree:
            try:
                agreements = self.store.agreements(key)
            except RejoinderError as error:
                problems.append(str(error))
        return summarise(reading.comments, agreements, problems, reading.digest, self.newest)

    def _comments(self, key: str) -> list[Comment]:
        if self.memory is None:
            return self._read[key]
        stamp = self._stamp(key)
        words = self.memory.fetch(WORDS, key, stamp) if stamp else None
        if words is None:
            return self.store.read(key).comments
        return [one.comment for one in unpack(words).values()]

    def orphans(self) -> list[str]:
        """Threads that belong to no post or page."""
        return [key for key in self.store.threads() if key not in self._known]


def options_of(settings: dict[str, Any]) -> Options:
    """How discussions are shown."""
    return Options(
        max_depth=settings["COMMENTS_MAX_DEPTH"],
        page_size=settings["COMMENTS_PAGE_SIZE"],
        newest_first=settings["COMMENTS_ORDER"] == "newest",
        close_after_days=settings["COMMENTS_CLOSE_AFTER_DAYS"],
        reply_url=settings["COMMENTS_REPLY_URL"],
        agree=settings["COMMENTS_AGREE"],
        post_feeds=settings["COMMENTS_POST_FEEDS"],
        default=settings["COMMENTS_DEFAULT"],
        two_orders=settings["COMMENTS_TWO_ORDERS"],
        language=settings["DEFAULT_LANG"],
        asks_gravatar=settings["COMMENTS_GRAVATAR"],
        sign_in=tuple((name, label_of(name)) for name in settings["COMMENTS_SIGN_IN"]),
    )


def go_ahead(generator: Any) -> None:
    """When posts are read, before Pelican goes through them one by one."""
    memory = generator.context.get("memory")
    if memory is not None and not memory.has_begun(THREADS):
        with suppress(RejoinderError):  # `attach_threads` meets it too; here a post would be lost
            Discussions(generator.settings, memory).go_ahead()


def attach_threads(generators: Iterable[Any]) -> None:
    """When all content is read: threads on articles and pages, recent comments in the context."""
    generators = list(generators)
    context, settings = generators[0].context, generators[0].settings
    discussions = Discussions(settings, context.get("memory"))
    written: list[Content] = []
    listed: list[Content] = []
    discussions.prepare(key for one in generators for content, _ in _contents(one)
                        if (key := _key(content)) is not None)  # fmt: skip
    for generator in generators:
        for content, is_written in _contents(generator):
            key = _key(content)
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
    context.setdefault("changes_at", []).extend(discussions.closing)
    threads = [one.thread for one in listed if one.thread is not None]
    context["recent_comments"] = recent(threads, settings["COMMENTS_RECENT"], mentions=False)
    context["comments_feeds"] = {
        "atom_url": settings["COMMENTS_FEED_ATOM"],
        "json_url": settings["COMMENTS_FEED_JSON"],
    }
    assets.tell(context, settings, _languages(generators, discussions.catalogues, settings))
    context["discussed"] = written


def _languages(
    generators: Iterable[Any], catalogues: Catalogues, settings: dict[str, Any]
) -> list[Texts]:
    """The texts of all languages of the site's pages, of those that have a catalogue."""
    used = {content.lang for one in generators for content, _ in _contents(one)}
    known = map(catalogues.texts, sorted({settings["DEFAULT_LANG"], *used}))
    return [texts for texts in known if texts.is_translated]


def _key(content: Content) -> str | None:
    """A post's or page's thread; None of a page that has none."""
    named = content.metadata.get("thread")
    return str(named) if named else None if isinstance(content, Page) else str(content.slug)


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
