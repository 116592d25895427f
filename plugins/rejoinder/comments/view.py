"""What a template is given to show a discussion. Pure: addresses, pages, words, no files."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from urllib.parse import urlencode

from markupsafe import Markup

from rejoinder.comments.model import Comment
from rejoinder.comments.nodes import NodeView
from rejoinder.comments.paging import Order, PageView, Paging
from rejoinder.comments.summary import Summary
from rejoinder.comments.threads import Counts, Node, Thread, build, walk
from rejoinder.errors import SiteError
from rejoinder.languages.texts import ENGLISH, Texts

RESERVED = frozenset({"comments", "thoughts", "mentions", "respond", "reply", "main"})
"""Element ids of the page itself: no comment's anchor, and no heading's."""

_OPEN_AT_ONCE = 64
"""So many discussions that were read from files are held in memory."""


@dataclass(frozen=True, slots=True)
class Options:
    """How discussions are shown. `page_size` counts top-level comments; 0 is one long page.
    `close_after_days` 0 never closes. `reply_url` is where the form posts; '' shows none.
    `agree` shows how many agree, and the button that says so. From `two_orders` comments on (0 is
    never), a discussion can be read the other way round, on pages of its own (`is_turned`).
    `language` is the site's. `sign_in` are the providers with which the form offers to sign in:
    what a button sends, and its label. `asks_gravatar` is said at the field for the e-mail address.
    """

    max_depth: int = 5
    page_size: int = 0
    newest_first: bool = False
    close_after_days: int = 0
    reply_url: str = ""
    agree: bool = False
    post_feeds: bool = True
    default: str = "open"
    two_orders: int = 0
    is_turned: bool = False
    language: str = "en"
    sign_in: tuple[tuple[str, str], ...] = ()
    asks_gravatar: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """What a discussion is about: a post or page. `url` is site-relative without a leading
    slash; `comments` is its own wish: open, closed, off, or None for the site's default;
    `language` is that of its page."""

    key: str
    title: str
    url: str
    date: datetime | None = None
    comments: str | None = None
    language: str = "en"


class ThreadView:
    """A whole discussion. `page` is the one that the post itself shows; the others have
    addresses of their own, numbered from the oldest, so that a new comment moves none."""

    def __init__(
        self,
        subject: Subject,
        comments: Sequence[Comment] | Callable[[], Sequence[Comment]],
        options: Options,
        now: datetime,
        summary: Summary | None = None,
        texts: Texts = ENGLISH,
    ) -> None:
        """`comments` may be what reads them, when somebody looks; `summary` is what is known of
        them before; `texts` are those of the subject's language."""
        self.subject = subject
        self.summary = summary or Summary()
        self._agreements = self.summary.agreements
        self.options = options
        self.texts = texts
        self.key = subject.key
        self._given = comments
        self._counts = summary.counts if summary else None
        self.reply_url = options.reply_url
        self.reply_fields = {"thread": subject.key}
        if texts.is_translated and texts.language != options.language:
            self.reply_fields["lang"] = texts.language  # the desk answers in it
        wish = subject.comments or options.default
        self.closes = (
            subject.date + timedelta(days=options.close_after_days)
            if options.close_after_days and subject.date and subject.comments is None
            else None
        )
        self.open = wish == "open" and (self.closes is None or now < self.closes)
        self.base = base_url(subject.url)
        self.atom_url = self.base + "comments.atom.xml" if options.post_feeds else ""
        self.json_url = self.base + "comments.json" if options.post_feeds else ""
        self.paging = Paging(subject.url, self.base, options.page_size, options.newest_first,
                             options.is_turned)  # fmt: skip
        self._page_of: dict[str, PageView] = {}
        self._shown: PageView | None = None

    @cached_property
    def reply_to(self) -> str:
        """Where somebody answers a comment, whose id is yet to be added."""
        joint = "&" if "?" in self.reply_url else "?"
        return f"{self.reply_url}{joint}{urlencode({**self.reply_fields, 'to': ''})}"

    def showing(self, page: PageView) -> ThreadView:
        """The same discussion for a document that shows another of its `pages`."""
        other = copy(self)
        other._shown = page
        return other

    def turned(self) -> ThreadView:
        """The same discussion the other way round."""
        other = copy(self)
        other.close()
        other._given = lambda: self.comments
        other.options = replace(self.options, is_turned=not self.options.is_turned)
        other.paging = replace(self.paging, is_turned=other.options.is_turned)
        return other

    def fingerprint(self) -> bytes:
        """What tells this discussion, as it is shown, from any other."""
        s = self.subject
        about = (self.summary.digest, s.key, s.title, s.url, s.date, s.comments, self.open,
                 self.closes, self.shown_number, self.texts.fingerprint())  # fmt: skip
        return (repr(about) + _in_words(self.options)).encode()

    @cached_property
    def comments(self) -> list[Comment]:
        """All comments, oldest first."""
        if not callable(self._given):
            return sorted(self._given, key=lambda c: c.sort_key)
        _looked_into.append(self)
        if len(_looked_into) > _OPEN_AT_ONCE:
            _looked_into.popleft().close()
        return sorted(self._given(), key=lambda c: c.sort_key)

    def close(self) -> None:
        """Let go of what was read; it is read again when somebody looks."""
        for name in ("comments", "_by_id", "_fragments", "_thread", "pages", "mentions"):
            self.__dict__.pop(name, None)
        self._page_of = {}

    @cached_property
    def _by_id(self) -> dict[str, Comment]:
        return {c.id: c for c in self.comments}

    @cached_property
    def _fragments(self) -> dict[str, str]:
        return _fragments(self.comments)

    @cached_property
    def _thread(self) -> Thread:
        return build(
            self.comments, max_depth=self.options.max_depth,
            newest_first=self.paging.shows_newest_first,
        )  # fmt: skip

    @property
    def counts(self) -> Counts:
        return self._counts or self._thread.counts

    @cached_property
    def pages(self) -> list[PageView]:
        """All pages, by number."""
        slices = self.paging.cut(self._thread.nodes)
        count = len(slices)
        pages = []
        for number, part in enumerate(slices, start=1):
            urls = self.paging.url(number, count), self.paging.home(number, count)
            page = PageView(number, *urls, is_first=number == self.paging.first(count))
            page.nodes = self._views(part, page)
            pages.append(page)
        return pages

    def _views(self, nodes: Sequence[Node], page: PageView) -> list[NodeView]:
        views: dict[str, NodeView] = {}
        for node in walk(nodes):
            views[node.comment.id] = NodeView(
                node, self, f"{page.home}#{self._fragments[node.comment.id]}"
            )
            self._page_of[node.comment.id] = page
        for node in walk(nodes):
            views[node.comment.id].children = [views[n.comment.id] for n in node.children]
        return [views[node.comment.id] for node in nodes]

    @cached_property
    def mentions(self) -> list[NodeView]:
        return [
            NodeView(node, self, f"{self.subject.url}#{self._fragments[node.comment.id]}")
            for node in self._thread.mentions
        ]

    @property
    def likes(self) -> list[Comment]:
        return self._thread.likes

    @property
    def reposts(self) -> list[Comment]:
        return self._thread.reposts

    @property
    def page(self) -> PageView:
        """The page that this document shows."""
        return self._shown or next(page for page in self.pages if page.is_first)

    @property
    def shown_number(self) -> int | None:
        """The number of the page that a document of its own shows; None of the post's."""
        return self._shown.number if self._shown is not None else None

    def numbers_of(self, ids: Iterable[str]) -> set[int]:
        """The numbers of the pages that show these comments."""
        self.pages  # noqa: B018 - places the comments
        return {self._page_of[one].number for one in ids if one in self._page_of}

    @property
    def page_count(self) -> int:
        return len(self.pages)

    @property
    def orders(self) -> list[Order]:
        """The orders in which it can be read; none where there is only one."""
        wanted = self.options.two_orders
        return self.paging.orders if 0 < wanted <= self.counts.comments else []

    @property
    def previous_page(self) -> PageView | None:
        number = self.page.number
        return self.pages[number - 2] if number > 1 else None

    @property
    def next_page(self) -> PageView | None:
        number = self.page.number
        return self.pages[number] if number < len(self.pages) else None

    @property
    def moved(self) -> list[tuple[str, str, int]]:
        """(fragment, address, page number) of each comment that the post itself doesn't show,
        so that a permalink to the post goes on working whatever page its comment is on."""
        if self.options.is_turned or not self.page.is_first:
            return []
        return [
            (node.fragment, node.url, page.number)
            for page in self.pages
            if not page.is_first
            for node in walk(page.nodes)
        ]

    @property
    def agreements(self) -> int:
        """How many readers agree with the post."""
        return self.agreements_with("")

    def agreements_with(self, comment_id: str) -> int:
        """How many readers agree with a comment; '' is the post."""
        return self._agreements.get(comment_id, 0) if self.options.agree else 0

    @property
    def agree_url(self) -> str:
        """Where the button posts that says 'I agree', which needs no fields; '' shows none."""
        if not (self.options.agree and self.open and self.reply_url):
            return ""
        return f"{self.reply_url.rstrip('/')}/agree?{urlencode(self.reply_fields)}"

    def comment(self, comment_id: str | None) -> Comment | None:
        return self._by_id.get(comment_id) if comment_id else None

    def url_of(self, comment: Comment) -> str:
        """A comment's permalink, site-relative. A reaction's is the post's own."""
        if comment.kind.is_reaction:
            return self.subject.url
        self.pages  # noqa: B018 - places the comments
        page = self._page_of.get(comment.id)
        return f"{page.home if page else self.subject.url}#{self._fragments[comment.id]}"

    def local_url_of(self, comment: Comment, other: Comment) -> str:
        """A comment's address on the page that shows another one; '' where it isn't there."""
        page = self._page_of.get(comment.id)
        is_here = page is not None and page is self._page_of.get(other.id)
        return f"#{self._fragments[comment.id]}" if is_here else ""

    @property
    def count_text(self) -> str:
        """'26 thoughts'."""
        return self.texts.translate_count("%(n)s thought", "%(n)s thoughts", self.counts.thoughts)

    @property
    def headline(self) -> Markup:
        """'26 thoughts on “Title”', as WordPress authors know it. The title may hold markup."""
        title = Markup(self.subject.title)
        html = self.texts.html
        if not self.counts.thoughts:
            return html.translate("No thoughts yet on “%(title)s”", title=title)
        return html.translate_count(
            "%(n)s thought on “%(title)s”", "%(n)s thoughts on “%(title)s”", self.counts.thoughts,
            title=title,
        )  # fmt: skip

    @property
    def parts(self) -> list[str]:
        """What the headline's figure is made of, and what it leaves out."""
        c, texts = self.counts, self.texts
        shown = [
            (c.comments, texts.translate_count("%(n)s comment", "%(n)s comments", c.comments)),
            (c.mentions, texts.translate_count("%(n)s mention", "%(n)s mentions", c.mentions)),
            (c.by_author, texts.translate_count(
                "%(n)s by the author", "%(n)s by the author", c.by_author
            )),
            (c.likes, texts.translate_count("%(n)s like", "%(n)s likes", c.likes)),
            (c.reposts, texts.translate_count("%(n)s repost", "%(n)s reposts", c.reposts)),
        ]  # fmt: skip
        return [part for number, part in shown if number]


_looked_into: deque[ThreadView] = deque()


@lru_cache(maxsize=16)
def _in_words(options: Options) -> str:
    return repr(options)


def base_url(url: str) -> str:
    """The address below which a post's own discussion files lie: `a/b/` and `a/b.html` → `a/b/`."""
    if url.endswith("index.html"):
        return url.removesuffix("index.html")
    return url if url.endswith("/") else url.removesuffix(".html") + "/"


def wish(value: str | None, where: str) -> str | None:
    """A post's `Comments:` metadata, checked. Raises SiteError."""
    if value is None:
        return None
    known = ("open", "closed", "off")
    if value.strip().lower() not in known:
        raise SiteError(
            f"'Comments: {value}' is not known", where=where, mend=f"Use {', '.join(known)}."
        )
    return value.strip().lower()


def _fragments(comments: Sequence[Comment]) -> dict[str, str]:
    """Each comment's element id: its own wish, the first time that it is used in the thread."""
    taken = set(RESERVED)
    fragments: dict[str, str] = {}
    for comment in comments:
        wanted = comment.fragment
        fragments[comment.id] = wanted if wanted not in taken else f"comment-{comment.id}"
        taken.add(fragments[comment.id])
    return fragments
