"""The first look at a WordPress export: what there is, and where each thing will stand.

Links lead from one post to another, a zone shows itself in many dates, and a slug may be used
twice: all of that is settled here, before anything is written.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from enum import Enum
from html import unescape
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from rejoinder.migrate import dates, permalinks, slugs
from rejoinder.migrate.names import without_mail
from rejoinder.migrate.vacancies import free, names_thread, static
from rejoinder.migrate.wxr import Record
from rejoinder.site import Permalinks

_QUERY_ID = re.compile(r"[?&](?:p|page_id|attachment_id)=(\d+)")


class Fate(Enum):
    """Where an item of the export belongs."""

    PUBLIC = "public"
    PRIVATE = "private"
    ATTACHMENT = "attachment"
    OUT = "left out"


@dataclass(slots=True)
class Author:
    """Somebody with an account. The name and slug are public; the e-mail is not kept."""

    id: str
    login: str
    name: str
    slug: str


@dataclass(slots=True)
class Post:
    """What the first look keeps of a post or page. `link` is its address in WordPress below the
    blog's own, None when it is a query; `url`, `path` and `thread` are settled at the end.
    `key` tells it in the ledger and lasts over exports."""

    key: str
    kind: str
    status: str
    fate: Fate
    line: int
    id: str
    title: str
    slug: str
    date: datetime
    dates: tuple[str, ...]
    author: str
    category: str
    others: tuple[str, ...]
    link: str | None
    parent: str
    discussed: bool
    fingerprint: bytes
    is_copy: bool
    url: str = ""
    path: str = ""
    thread: str = ""
    explicit_url: bool = False


@dataclass(slots=True)
class Survey:
    """The export as a whole. Fill it with `add_head` and `add`, then `settle`."""

    bases: list[str] = field(default_factory=list)
    title: str = ""
    subtitle: str = ""
    language: str = ""
    authors: dict[str, Author] = field(default_factory=dict)
    nicenames: dict[str, str] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    term_names: dict[str, str] = field(default_factory=dict)
    posts: dict[int, Post] = field(default_factory=dict)
    fates: dict[str, Fate] = field(default_factory=dict)
    attachments: dict[str, str] = field(default_factory=dict)
    offsets: dict[datetime, timedelta] = field(default_factory=dict)
    zone: tzinfo = UTC
    timezone: str = "UTC"
    structure: str | None = None
    patterns: Permalinks = field(default_factory=Permalinks)
    by_address: dict[str, Post] = field(default_factory=dict)
    is_wordpress: bool = False
    _by_id: dict[str, list[Post]] = field(default_factory=dict)

    def add_head(self, head: Record) -> None:
        """The channel's own fields: title, addresses, authors, terms."""
        self.title = head.get("title")
        self.subtitle = head.get("description")
        self.language = head.get("language")
        named = [head.get(n) for n in ("wp:base_blog_url", "link", "wp:base_site_url")]
        self.bases = list(dict.fromkeys(base.rstrip("/") for base in named if base))
        self.is_wordpress = any(name.startswith("wp:") for name in head.fields)
        for record in head.all("wp:author"):
            login = record.get("wp:author_login")
            shown = unescape(record.get("wp:author_display_name")) or login
            self.add_author(record.get("wp:author_id"), login, shown)
        for record in head.all("wp:category"):
            nicename = record.get("wp:category_nicename")
            self.parents[nicename] = record.get("wp:category_parent")
            self.term_names[record.get("wp:term_id")] = record.get("wp:cat_name")

    def add_author(self, number: str, login: str, shown: str) -> Author:
        """An account by its login; the first to be heard of counts."""
        if login not in self.authors:
            name = without_mail(shown) or "Anonymous"
            slug = slugs.title_slug(name if "@" in login else login) or f"author-{number or login}"
            self.authors[login] = Author(number, login, name, slug)
        return self.authors[login]

    def author_by_id(self, number: str) -> Author | None:
        """The account that a comment's user id names."""
        if number in ("", "0"):
            return None
        return next((a for a in self.authors.values() if a.id == number), None)

    def add(self, item: Record) -> Fate:
        """Note an item; what becomes of it is told by its status and type."""
        self.is_wordpress = self.is_wordpress or any(n.startswith("wp:") for n in item.fields)
        self.is_wordpress = self.is_wordpress or bool(item.children)
        fate = fate_of(item)
        number = item_id(item)
        where = urlsplit(item.get("link"))
        if not self.bases and where.netloc:  # a head that was cut short
            self.bases = [f"{where.scheme}://{where.netloc}"]
        self.fates.setdefault(number, fate)
        if fate is Fate.ATTACHMENT:
            self.attachments[number] = item.get("wp:attachment_url") or item.get("guid")
        if fate in (Fate.PUBLIC, Fate.PRIVATE):
            self._add_post(item, fate, number)
        return fate

    def _add_post(self, item: Record, fate: Fate, number: str) -> None:
        for record in (item, *item.all("wp:comment")):
            kind = "post" if record is item else "comment"
            local = dates.parse(record.get(f"wp:{kind}_date"))
            gmt = dates.parse(record.get(f"wp:{kind}_date_gmt"))
            apart = dates.offset(local, gmt) if local and gmt else None
            if gmt and apart is not None:
                self.offsets.setdefault(gmt.replace(hour=12, minute=0, second=0), apart)
        login = item.get("dc:creator")
        if login and not any(login in (a.login, a.name) for a in self.authors.values()):
            self.add_author("", login, login)
        category, others = self.categories(item)
        link = permalinks.own_path(item.get("link"), self.bases)
        twins = [p for p in self._by_id.get(number, ()) if p.kind == kind_of(item)]
        fingerprint = _fingerprint(item)
        self.posts[item.line] = post = Post(
            key=number if not twins else f"{number}x{len(twins) + 1}",
            kind=kind_of(item),
            status=status_of(item),
            fate=fate,
            line=item.line,
            id=number,
            title=item.get("title"),
            slug=slugs.wordpress_slug(item.get("wp:post_name")),
            date=datetime.min.replace(tzinfo=UTC),
            dates=(
                item.get("wp:post_date"),
                item.get("wp:post_date_gmt"),
                item.get("pubDate"),
                *[c.get("wp:comment_date_gmt") for c in item.all("wp:comment")[:1]],
            ),
            author=login,
            category=category,
            others=others,
            link=None if link is None or "?" in link or not link else link,
            parent=item.get("wp:post_parent"),
            discussed=any(_approved(c) for c in item.all("wp:comment")),
            fingerprint=fingerprint,
            is_copy=any(twin.fingerprint == fingerprint for twin in twins),
        )
        self._by_id.setdefault(number, []).append(post)

    def categories(self, item: Record) -> tuple[str, tuple[str, ...]]:
        """The one category that Pelican knows, and the names of the others. First comes the one
        in the post's address, then the primary one that Yoast SEO keeps, then the first."""
        named = [(nice, name) for domain, nice, name in item.terms if domain == "category" and name]
        if not named:
            named = [("", name) for domain, _, name in item.terms if not domain and name]
        for nice, name in named:
            self.nicenames.setdefault(name, nice)
        if not named:
            return "", ()
        segments = item.get("link").split("/")
        primary = {self.term_names.get(n) for n in item.meta("_yoast_wpseo_primary_category")}
        best = min(named, key=lambda term: (term[0] not in segments, term[1] not in primary))
        names = dict.fromkeys(name for _, name in named if name != best[1])
        return best[1], tuple(names)

    def settle(
        self,
        known_thread: Callable[[str], str | None],
        timezone: str | None = None,
    ) -> Iterator[tuple[Post, str]]:
        """Settle the zone, each post's date, the structure, and each post's slug, address, file
        and thread. `known_thread` gives what an earlier import chose. Yields what had to be
        done differently, with the post."""
        self.timezone = timezone or dates.infer(self.offsets)
        self.zone = ZoneInfo(self.timezone)
        for post in self.posts.values():
            post.date, wrong = _dated(post, self.zone)
            if wrong and post.fate is Fate.PUBLIC:
                yield post, f"the {post.kind}'s date: {wrong}"
        public = [p for p in self.posts.values() if p.fate is Fate.PUBLIC and not p.is_copy]
        self.structure = permalinks.detect(
            self._address(p) for p in public if p.kind == "post" and p.link
        )
        self.patterns = permalinks.settings(self.structure)
        taken: dict[str, set[str]] = {"slug": set(), "url": set(), "path": set(), "thread": set()}
        # A post's wish for a thread goes before a page's, an older one's before a newer's.
        for post in sorted(public, key=lambda p: (p.kind != "post", _number(p.id), p.line)):
            yield from self._place(post, taken, known_thread)
        for post in self.posts.values():
            if post.fate is Fate.PRIVATE and not post.is_copy:
                self._place_private(post, taken)

    def _address(self, post: Post) -> permalinks.Address:
        names = (post.category, *post.others)
        nicenames = [self.nicenames.get(name, "") for name in names if name]
        author = self.author(post)
        return permalinks.Address(
            path=post.link or "",
            date=post.date,
            slug=post.slug,
            id=post.id,
            author=author.slug if author else "",
            categories=tuple(self.nested(nice) for nice in nicenames if nice),
        )

    def nested(self, nicename: str) -> str:
        chain = [nicename]
        while (parent := self.parents.get(chain[0], "")) and parent not in chain:
            chain.insert(0, parent)
        return "/".join(chain)

    def author(self, post: Post) -> Author | None:
        """Who wrote a post: by login, or by the name that older exports give."""
        found = self.authors.get(post.author)
        return found or next((a for a in self.authors.values() if a.name == post.author), None)

    def _place(
        self, post: Post, taken: dict[str, set[str]], known: Callable[[str], str | None]
    ) -> Iterator[tuple[Post, str]]:
        if not post.slug and post.link:
            last = post.link.rstrip("/").rpartition("/")[2].partition(".")[0]
            post.slug = slugs.wordpress_slug(last)
        wished = post.slug or slugs.title_slug(post.title) or f"{post.kind}-{post.id}"
        nested = (post.link or "").strip("/").replace("/", "-") if post.kind == "page" else ""
        nested = slugs.wordpress_slug(nested)
        post.slug = free(taken["slug"], wished, nested, f"{wished}-{post.id}")
        if post.slug != wished:
            yield post, f"the slug {wished!r} is another's already; it got {post.slug!r}"
        pattern = self.patterns.post if post.kind == "post" else self.patterns.page
        made = self._expand(pattern, post)
        url = static(post.link) if post.link else made
        post.url = free(taken["url"], url or made, made, f"{post.slug}-{post.id}/")
        if url and post.url != url:
            yield post, f"the address /{url} is another's already; it got /{post.url}"
        # What Pelican puts there depends on settings and on the author's file
        unsure = "{author}" in pattern or ("{category}" in pattern and not post.category)
        post.explicit_url = post.url != made or unsure
        stem = slugs.file_stem(post.slug)
        name = f"{post.date:%Y-%m-%d}-{stem}" if post.kind == "post" else stem
        folder = "posts" if post.kind == "post" else "pages"
        post.path = free(taken["path"], f"{folder}/{name}.md", f"{folder}/{name}-{post.id}.md")
        thread = known(post.key)
        keys = filter(names_thread, (post.slug, f"{post.kind}-{post.slug}"))
        post.thread = thread or free(taken["thread"], *keys, f"{post.kind}-{post.id}")
        taken["thread"].add(post.thread)
        for address in (post.link, post.url):
            if address:
                self.by_address.setdefault(address.rstrip("/"), post)
        self.by_address.setdefault(f"?{post.id}", post)

    def _place_private(self, post: Post, taken: dict[str, set[str]]) -> None:
        post.slug = post.slug or slugs.title_slug(post.title) or f"{post.kind}-{post.id}"
        stem = slugs.file_stem(post.slug)
        name = f"{post.date:%Y-%m-%d}-{stem}" if post.kind == "post" else stem
        folder = f"wordpress/drafts/{post.kind}s"
        post.path = free(taken["path"], f"{folder}/{name}.md", f"{folder}/{name}-{post.id}.md")
        post.thread = post.slug if names_thread(post.slug) else f"{post.kind}-{post.id}"

    def _expand(self, pattern: str, post: Post) -> str:
        author = self.author(post)
        return pattern.format(
            date=post.date,
            slug=post.slug,
            category=slugs.pelican_slug(post.category) or "misc",
            author=author.slug if author else "",
        )


def fate_of(item: Record) -> Fate:
    """Only what is published, and without a password, is public; drafts, and what waits for its
    time or for a reader with rights, is private; trash and the editor's own records are out."""
    kind = kind_of(item)
    status = status_of(item)
    if kind == "attachment" and status != "trash":
        return Fate.ATTACHMENT
    if kind not in ("post", "page"):
        return Fate.OUT
    if status == "publish":
        return Fate.PUBLIC
    return Fate.PRIVATE if status in _PRIVATE else Fate.OUT


def kind_of(item: Record) -> str:
    """An item's type; 'post' where the field is missing."""
    return item.get("wp:post_type").lower() or "post"


_PRIVATE = frozenset({"draft", "pending", "private", "future", "password"})


def status_of(item: Record) -> str:
    """An item's status; 'password' for one that is published behind one. WordPress always writes
    a status: where somebody has cut it off, approved comments show that the item was public."""
    status = item.get("wp:status").lower()
    if not status:
        status = "publish" if any(_approved(c) for c in item.all("wp:comment")) else "draft"
    return "password" if status == "publish" and item.get("wp:post_password") else status


def _approved(comment: Record) -> bool:
    return comment.get("wp:comment_approved") == "1"


def item_id(item: Record) -> str:
    """An item's number; from its address where the field is missing, else from its words."""
    number = item.get("wp:post_id")
    if re.fullmatch(r"\d{1,18}", number):
        return number
    for name in ("link", "guid"):
        if found := _QUERY_ID.search(item.get(name)):
            return found[1]
    words = item.get("link") + item.get("title") + item.get("content:encoded")
    return "x" + hashlib.sha256(words.encode()).hexdigest()[:10]


def _fingerprint(item: Record) -> bytes:
    made = hashlib.sha256()
    for record in (item, *item.children):
        made.update(f"{record.name}{record.terms}".encode())
        for name, text in sorted(record.fields.items()):
            made.update(name.encode())
            made.update(text.encode())
    return made.digest()[:16]


def _dated(post: Post, zone: tzinfo) -> tuple[datetime, str | None]:
    """A post's date and what was wrong with it: its own, the feed's, its first comment's."""
    local, gmt, feed, *comments = post.dates
    found, wrong = dates.moment(local, gmt, zone)
    if found is None and (published := dates.parse_rfc(feed)):
        found, wrong = published.astimezone(zone), "it has none; the feed's was taken"
    if found is None and comments and (first := dates.parse(comments[0])):
        found = first.replace(tzinfo=UTC).astimezone(zone)
        wrong = "it has none; its first comment's was taken"
    if found is None:
        found, wrong = datetime(1970, 1, 1, tzinfo=UTC), "it has none at all; 1970-01-01 was taken"
    return found, wrong


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 1 << 62
