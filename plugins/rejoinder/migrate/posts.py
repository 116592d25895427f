"""A WordPress post or page as a Pelican document. Pure, but for the media that it asks for."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html import unescape

import nh3

from rejoinder.migrate import dates, links, slugs
from rejoinder.migrate.autop import displayed
from rejoinder.migrate.document import Document, joined
from rejoinder.migrate.fragments import parse, tidy
from rejoinder.migrate.links import Media
from rejoinder.migrate.markdown import Converted, from_soup
from rejoinder.migrate.survey import Fate, Post, Survey
from rejoinder.migrate.wxr import Record
from rejoinder.site import save_as

_SHORTCODE = re.compile(r"(?<!\[)\[([A-Za-z][\w-]*)((?:\s+[\w-]+=|\s*/?\])[^\]\n]*)")
_KNOWN = frozenset(
    {"gallery", "caption", "embed", "audio", "video", "playlist", "code", "sourcecode"}
)
_ENTITY = re.compile(r"&(#?\w+);")


@dataclass(slots=True)
class Tally:
    """What was met in the posts of an import, for the report."""

    shortcodes: Counter[str] = field(default_factory=Counter)
    blocks: int = 0
    kept_as_html: int = 0


def document(post: Post, item: Record, survey: Survey, media: Media, tally: Tally) -> Document:
    """The document of a public or private post; `tally` is added to."""
    content = item.fields.get("content:encoded", "")
    _count_shortcodes(content, tally)
    body = _markdown(content, survey, media)
    tally.blocks += body.blocks
    tally.kept_as_html += body.kept_as_html
    author = survey.author(post)
    tags = [name for domain, _, name in item.terms if domain in ("post_tag", "tag")]
    tags = list({slugs.pelican_slug(n) or n: n for n in reversed([*tags, *post.others])}.values())
    return Document(
        (
            ("Title", plain_title(post.title) or "Untitled"),
            ("Date", str(post.date)),
            ("Modified", _modified(post, item, survey)),
            ("Slug", post.slug),
            ("Category", unescape(post.category) if post.kind == "post" else ""),
            ("Tags", joined(unescape(name) for name in reversed(tags))),
            ("Author", author.name if author else ""),
            ("Summary", _summary(item.get("excerpt:encoded"), survey, media)),
            ("Status", "draft" if post.fate is Fate.PRIVATE else ""),
            ("Sticky", "true" if item.get("wp:is_sticky") == "1" else ""),
            ("Featured_Image", _featured(item, survey, media)),
            *_discussion(post, item),
            ("Url", post.url if post.explicit_url else ""),
            ("Save_as", save_as(post.url) if post.explicit_url else ""),
        ),
        body.text,
    )


_INLINE = {"abbr", "b", "cite", "code", "del", "em", "i", "ins", "mark", "q", "s", "small",
           "strong", "sub", "sup"}  # fmt: skip


def plain_title(title: str) -> str:
    """A title with its entities as characters, but for those that would make markup. Of its
    own markup it keeps emphasis and the like: Pelican's themes print titles as HTML."""

    def character(entity: re.Match[str]) -> str:
        made = unescape(entity[0])
        return entity[0] if made in "<>&" and entity[1] != "amp" else made

    safe = nh3.clean(_ENTITY.sub(character, title), tags=_INLINE, attributes={"*": set()})
    return re.sub(r"&amp;(?![a-zA-Z#])", "&", safe)


def _markdown(content: str, survey: Survey, media: Media) -> Converted:
    soup = parse(displayed(content))
    tidy(soup)  # before links are rewritten: what looks like Pelican's syntax now is the author's
    links.rewrite(soup, survey, media)
    return from_soup(soup)


def _modified(post: Post, item: Record, survey: Survey) -> str:
    local, gmt = item.get("wp:post_modified"), item.get("wp:post_modified_gmt")
    found, _ = dates.moment(local, gmt, survey.zone)
    return str(found) if found and found > post.date else ""


def _summary(excerpt: str, survey: Survey, media: Media) -> str:
    """An excerpt on one line, as metadata asks: Markdown where that has one line, else HTML."""
    if not excerpt:
        return ""
    text = _markdown(excerpt, survey, media).text
    if "\n" not in text:
        return text
    html = displayed(excerpt)
    return html.replace("\n", "&#10;" if "<pre" in html else " ")


def _featured(item: Record, survey: Survey, media: Media) -> str:
    for number in item.meta("_thumbnail_id"):
        if url := survey.attachments.get(number, ""):
            place = media(url)
            return f"/{place}" if place else url
    return ""


def _discussion(post: Post, item: Record) -> tuple[tuple[str, str], ...]:
    """A post is open to comments unless it says otherwise; a page has none unless it names a
    thread."""
    is_open = item.get("wp:comment_status").lower() != "closed"
    if post.kind == "page" and not is_open and not post.discussed:
        return ()
    named = post.kind == "page" or post.thread != post.slug
    return (
        ("Comments", "" if is_open else "closed"),
        ("Thread", post.thread if named else ""),
    )


def _count_shortcodes(content: str, tally: Tally) -> None:
    for found in _SHORTCODE.finditer(content):
        name, rest = found[1], found[2]
        if name in _KNOWN or "=" in rest or f"[/{name}]" in content:
            tally.shortcodes[name] += 1
