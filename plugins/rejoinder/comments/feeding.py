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
from rejoinder.languages.texts import Texts

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

    def of_site(self, newest: Sequence[Recent], texts: Texts) -> Feeds:
        """Those for all discussions; `texts` are of the site's language."""
        paths = self.atom, self.json
        return self._feeds(self.title, self.site, paths, lambda: newest, self.language, texts)

    def of_thread(self, thread: ThreadView) -> Feeds:
        """Those of one discussion."""
        subject = thread.subject
        newest = partial(recent, [thread], self.number)
        paths = thread.atom_url, thread.json_url
        about = urljoin(self.site, subject.url)
        return self._feeds(subject.title, about, paths, newest, subject.language, thread.texts)

    def _feeds(
        self, title: str, url: str, paths: tuple[str, str], newest: Callable[[], Sequence[Recent]],
        language: str, texts: Texts,
    ) -> Feeds:  # fmt: skip
        name = texts.translate("Comments on %(title)s", title=Markup(title).striptags())

        def make(path: str, write: Callable[[Feed, Sequence[Entry]], str]) -> str:
            feed = Feed(name, url, urljoin(self.site, path), language, self.stylesheet, texts)
            return write(feed, [self._entry(one, texts) for one in newest()])

        writers = zip(paths, (feeds.atom, feeds.json_feed), strict=True)
        return {path: partial(make, path, write) for path, write in writers if path}

    def _entry(self, item: Recent, texts: Texts) -> Entry:
        return Entry(
            item.comment, item.text_title, item.thread.key, urljoin(self.site, item.url),
            urljoin(self.site, item.answers_url), item.answers, texts,
        )  # fmt: skip
