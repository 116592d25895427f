"""WordPress eXtended RSS 1.2, as WordPress writes it (wp-admin/includes/export.php) and its
importer reads it (wordpress-importer, class-wp-import.php), and the shape of it that Disqus takes
(help.disqus.com, 'Custom XML Import Format'). Pure: a site in, text out, a piece at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from email.utils import format_datetime
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

from rejoinder.comments.model import Comment, Format, Kind
from rejoinder.export.model import Entry, Leaving, Said

_SPACES = {
    "excerpt": "http://wordpress.org/export/1.2/excerpt/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dsq": "http://www.disqus.com/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "wp": "http://wordpress.org/export/1.2/",
}
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_STATUSES = {"published": "publish", "draft": "draft", "hidden": "private", "skip": "draft"}
_TYPES = {Kind.COMMENT: "comment", Kind.AUTHOR: "comment"}
_NEVER = "0000-00-00 00:00:00"
_BLOCK = (
    r"</?(?:address|article|aside|blockquote|br|caption|col|colgroup|dd|details|div|dl|dt|fieldset|"
    r"figcaption|figure|footer|form|h[1-6]|header|hr|li|main|nav|ol|p|pre|section|summary|table|"
    r"tbody|td|tfoot|th|thead|tr|ul)\b[^>]*>"
)
_BEFORE_BLOCK = re.compile(rf"{_BLOCK}|\Z")
_SPACE = re.compile(rf"(<(pre|script|style|textarea)\b.*?</\2>|{_BLOCK}\s*)|\s+", re.S)
_CODE = re.compile(r"<(code|pre)\b.*?</\1>", re.S)
_SHORTCODE = re.compile(r"\[(?=/?(?:audio|caption|embed|gallery|playlist|video|wp_caption)\b)")


def write(leaving: Leaving) -> Iterator[str]:
    """An export that WordPress imports: authors, terms, posts and pages with their comments."""
    zone = ZoneInfo(leaving.site.timezone)
    numbers = {slug: number for number, slug, _ in leaving.authors}
    yield from _head(leaving)
    for number, slug, name in leaving.authors:
        yield _element("wp:author", (
            _field("wp:author_id", str(number)), _words("wp:author_login", slug),
            _words("wp:author_email", ""), _words("wp:author_display_name", escape(name)),
        ))  # fmt: skip
    for kind, tag, prefix in (("category", "wp:category", "category_nice"), ("tag", "wp:tag", "")):
        listed = {slug: name for one in leaving.entries for name, slug in one.terms(kind)}
        for slug, name in sorted(listed.items()):
            yield _element(tag, (
                _words(f"wp:{prefix}name" if prefix else "wp:tag_slug", _slug(slug)),
                _words("wp:cat_name" if prefix else "wp:tag_name", name),
            ))  # fmt: skip
    for entry in leaving.entries:
        yield from _item(leaving, entry, zone, numbers)
    yield "</channel>\n</rss>\n"


def unwrapped(html: str) -> str:
    """HTML whose paragraphs are a line each: WordPress shows each other end of a line as a break
    (wp-includes/formatting.php, wpautop)."""

    def folded(found: re.Match[str]) -> str:
        if found[1] or "\n" not in found[0] or _BEFORE_BLOCK.match(html, found.end()):
            return found[0]
        return " "

    return _SPACE.sub(folded, html)


def _inert(html: str) -> str:
    """HTML of which no code is taken for a shortcode of WordPress's own."""
    return _CODE.sub(lambda code: _SHORTCODE.sub("&#91;", code[0]), html)


def _slug(slug: str) -> str:
    """As WordPress keeps it: of what isn't encoded it takes the accents away."""
    return quote(slug).lower() if not slug.isascii() else slug


def write_for_disqus(leaving: Leaving) -> Iterator[str]:
    """The same in the shape of Disqus's own import: posts with a comment, with what it knows them
    by, and nothing else of them."""
    yield from _head(leaving)
    for entry in leaving.discussed:
        yield "<item>\n"
        yield _field("title", entry.post.title) + _field("link", entry.url)
        yield _words("content:encoded", entry.post.summary)
        yield _words("dsq:thread_identifier", entry.post.thread)
        yield _field("wp:post_date_gmt", _gmt(_moment(entry.post.date)))
        yield _field("wp:comment_status", "open" if entry.is_open else "closed")
        for said in entry.comments:
            yield from _comment(said, UTC, 0, said.comment.author)
        yield "</item>\n"
    yield "</channel>\n</rss>\n"


def _head(leaving: Leaving) -> Iterator[str]:
    site = leaving.site
    spaces = "".join(f"\n\txmlns:{name}={quoteattr(url)}" for name, url in _SPACES.items())
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"{spaces}>\n<channel>\n'
    yield _field("title", site.title) + _field("link", site.url)
    yield _field("description", site.subtitle) + _field("language", site.language)
    yield _field("wp:wxr_version", "1.2")
    yield _field("wp:base_site_url", site.url) + _field("wp:base_blog_url", site.url)


def _item(leaving: Leaving, entry: Entry, zone: tzinfo, numbers: dict[str, int]) -> Iterator[str]:
    post = entry.post
    date = _moment(post.date) or leaving.begin
    writers = entry.terms("author")
    yield "<item>\n" + _field("title", post.title) + _field("link", entry.url)
    if date:
        yield _field("pubDate", format_datetime(date.astimezone(UTC)))
    yield _words("dc:creator", writers[0][1] if writers else "")
    yield f'<guid isPermaLink="false">{escape(entry.url)}</guid>\n' + _field("description", "")
    yield _words("content:encoded", _inert(unwrapped(post.html)))
    yield _words("excerpt:encoded", unwrapped(post.summary))
    yield _field("wp:post_id", str(entry.number))
    yield _words("wp:post_date", _local(date, zone)) + _words("wp:post_date_gmt", _gmt(date))
    changed = _moment(post.modified) or date
    yield _words("wp:post_modified", _local(changed, zone))
    yield _words("wp:post_modified_gmt", _gmt(changed))
    yield _words("wp:comment_status", "open" if entry.is_open else "closed")
    yield _words("wp:ping_status", "open" if entry.is_open else "closed")
    yield _words("wp:post_name", _slug(post.slug))
    yield _words("wp:status", _STATUSES.get(post.status, "draft"))
    yield _field("wp:post_parent", "0") + _field("wp:menu_order", "0")
    yield _words("wp:post_type", "page" if post.kind == "page" else "post")
    yield _words("wp:post_password", "")
    yield _field("wp:is_sticky", str(int(post.is_sticky)))
    if post.kind == "post":
        for kind, domain in (("category", "category"), ("tag", "post_tag")):
            for name, slug in entry.terms(kind):
                yield (f"<category domain={quoteattr(domain)} nicename={quoteattr(_slug(slug))}>"
                       f"{_marked(name)}</category>\n")  # fmt: skip
    for said in entry.comments:
        user = numbers.get(_account(said.comment, writers), 0)
        yield from _comment(said, zone, user, escape(said.comment.author))
    yield "</item>\n"


def _account(comment: Comment, writers: list[tuple[str, str]]) -> str:
    """The slug of who was logged in. A comment in the author's voice that names nobody is of who
    wrote the post; of several (name, slug), of the one that is called so."""
    if comment.author_id or comment.kind is not Kind.AUTHOR:
        return comment.author_id or ""
    named = (slug for name, slug in writers if name.lower() == comment.author.lower())
    return next(named, writers[0][1] if writers else "")


def _comment(said: Said, zone: tzinfo, user: int, name: str) -> Iterator[str]:
    comment = said.comment
    yield "<wp:comment>\n" + _field("wp:comment_id", str(said.number))
    yield _words("wp:comment_author", name)
    yield _words("wp:comment_author_email", said.email)
    yield _field("wp:comment_author_url", comment.url or comment.source_url or "")
    yield _words("wp:comment_author_IP", said.ip)
    yield _words("wp:comment_date", _local(comment.date, zone))
    yield _words("wp:comment_date_gmt", _gmt(comment.date))
    yield _words("wp:comment_content", words(comment, said.html))
    yield _words("wp:comment_approved", "1" if said.approved else "0")
    yield _words("wp:comment_type", _TYPES.get(comment.kind, str(comment.kind)))
    yield _field("wp:comment_parent", str(said.parent))
    yield _field("wp:comment_user_id", str(user))
    yield "</wp:comment>\n"


def words(comment: Comment, html: str) -> str:
    """A comment's words as HTML: to the letter as they came, where they came so."""
    return comment.body if comment.format is Format.HTML else unwrapped(html)


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _gmt(date: datetime | None) -> str:
    return f"{date.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if date else _NEVER


def _local(date: datetime | None, zone: tzinfo) -> str:
    return f"{date.astimezone(zone):%Y-%m-%d %H:%M:%S}" if date else _NEVER


def _element(name: str, fields: tuple[str, ...]) -> str:
    return f"<{name}>\n{''.join(fields)}</{name}>\n"


def _field(name: str, text: str) -> str:
    return f"<{name}>{escape(_NO_XML.sub('', text))}</{name}>\n"


def _words(name: str, text: str) -> str:
    return f"<{name}>{_marked(text)}</{name}>\n"


def _marked(text: str) -> str:
    return f"<![CDATA[{_NO_XML.sub('', text).replace(']]>', ']]]]><![CDATA[>')}]]>"
