"""Which feeds a site's discussions have, and what is in each. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urljoin

from markupsafe import Markup

from rejoinder.comments import feeds
from rejoinder.comments.feeds import Entry, Feed
from rejoinder.comments.recent import Recent, recent
from rejoinder.comments.view import ThreadView

Feeds = dict[str, Callable[[], str]]
"""What makes each feed, by its path."""


@dataclass(frozen=True, slots=True)
class Feeding:
    """The feeds of a site: its address with a slash at the end, title (HTML) and language, how many
    entries a feed has at most, the paths of the two for all discussions ('' is none), and the
    address of the stylesheet that a browser shows them with ('' is none)."""

    site: str
    title: str
    language: str
    number: int
    atom: str
    json: str
    stylesheet: str = ""

    def of_site(self, newest: Sequence[Recent]) -> Feeds:
        """Those for all discussions."""
        return self._feeds(self.title, self.site, (self.atom, self.json), lambda: newest)

    def of_thread(self, thread: ThreadView) -> Feeds:
        """Those of one discussion."""
        subject = thread.subject
        newest = partial(recent, [thread], self.number)
        paths = thread.atom_url, thread.json_url
        return self._feeds(subject.title, urljoin(self.site, subject.url), paths, newest)

    def _feeds(
        self, title: str, url: str, paths: tuple[str, str], newest: Callable[[], Sequence[Recent]]
    ) -> Feeds:
        name = f"Comments on {Markup(title).striptags()}"

        def make(path: str, write: Callable[[Feed, Sequence[Entry]], str]) -> str:
            feed = Feed(name, url, urljoin(self.site, path), self.language, self.stylesheet)
            return write(feed, list(map(self._entry, newest())))

        writers = zip(paths, (feeds.atom, feeds.json_feed), strict=True)
        return {path: partial(make, path, write) for path, write in writers if path}

    def _entry(self, item: Recent) -> Entry:
        return Entry(
            item.comment, item.text_title, item.thread.key, urljoin(self.site, item.url),
            urljoin(self.site, item.answers_url), item.answers,
        )  # fmt: skip
