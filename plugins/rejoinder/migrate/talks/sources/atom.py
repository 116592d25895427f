"""Atom (RFC 4287) whose entries say what they answer (RFC 4685): Blogger's exports, and this
program's own feeds of comments.

Blogger's older export, `blog-DATE.xml`: entries of posts and comments, told apart by the category
of scheme `…/g/2005#kind`. A comment has id, published, content, author (name, uri, email),
`thr:in-reply-to` (ref: the post's id, href: its address), links alternate (its own address,
`…#c123`) and, where it answers another, related (`…/comments/default/122`); `app:draft` 'yes' waits
for the moderator, the property `blogger.contentRemoved` is gone. Its newer one, `feed.atom` of
Google Takeout (http://schemas.google.com/blogger/2018): `blogger:type` (POST, PAGE, COMMENT),
`blogger:status` (LIVE, DRAFT, SPAM …), `blogger:parent` (the post), `blogger:inReplyTo` (the
comment), `blogger:filename` (the post's path), `blogger:trashed`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import urldefrag
from xml.etree.ElementTree import Element, tostring

from rejoinder.comments.model import ID_PATTERN, Format
from rejoinder.errors import ImportFailed
from rejoinder.migrate.talks.model import Remark, Standing, Talk, Told
from rejoinder.migrate.talks.sources.values import by_date, moment
from rejoinder.migrate.talks.sources.xml import elements

ATOM = "{http://www.w3.org/2005/Atom}"
_THREADING = "{http://purl.org/syndication/thread/1.0}"
APP = ("{http://www.w3.org/2007/app}", "{http://purl.org/atom/app#}")
_GDATA = "{http://schemas.google.com/g/2005}"
BLOGGER = "{http://schemas.google.com/blogger/2018}"
_KIND = "http://schemas.google.com/g/2005#kind"
_STATUSES = {
    "": Standing.APPROVED, "LIVE": Standing.APPROVED, "PENDING": Standing.PENDING,
    "DRAFT": Standing.PENDING, "SPAM": Standing.SPAM, "EMPTIED": Standing.DELETED,
}  # fmt: skip
_NOBODY = "noreply@blogger.com"
_COMMENT = "/comments/default/"
_NUMBER = re.compile(r"\d+$")


@dataclass(frozen=True, slots=True)
class _Post:
    """What a comment is about: its address, title, and its author's profile."""

    address: str = ""
    title: str = ""
    author: str = ""


_UNKNOWN = _Post()


@dataclass(frozen=True, slots=True)
class _Said:
    """A comment, and what it says that it answers: ids, and an address."""

    entry: Element
    line: int
    to: str
    at: str
    parent: str


def read(file: Path, told: Told) -> Iterator[Talk]:
    """The posts that an export's or a feed's comments are about. Raises ImportFailed."""
    posts: dict[str, _Post] = {}
    said: dict[str, _Said] = {}
    is_atom = False
    for line, entry in elements(file, ("entry",), told):
        is_atom = True
        key = text(entry, f"{ATOM}id")
        kind = kind_of(entry)
        reply = entry.find(f"{_THREADING}in-reply-to")
        if kind == "comment" or (not kind and reply is not None):
            if not key:
                told(line, "the comment has no id, and was left out")
                continue
            if (number := _number(key)) in said:
                told(line, f"comment {number} stands there twice; the first was taken")
            else:
                said[number] = _said(entry, line, reply)
        elif kind in ("", "post", "page"):
            posts[key] = _Post(
                text(entry, f"{BLOGGER}filename") or link(entry, "alternate"),
                text(entry, f"{ATOM}title"), text(entry, f"{ATOM}author/{ATOM}uri"),
            )  # fmt: skip
    if not said:
        what = "no comments: no entry says what it answers" if is_atom else "no entries"
        raise ImportFailed(
            f"this has {what}", where=file,
            mend="Blogger's export is at Settings, Manage blog, Back up content.",
        )  # fmt: skip
    talks: dict[str, list[Remark]] = defaultdict(list)
    for number, one in said.items():
        root = _root(one, said)
        key = root.to if root.to in posts else urldefrag(root.at).url or root.to
        talks[key].append(_remark(number, one, said, posts.get(key, _UNKNOWN), told))
    for key, remarks in talks.items():
        post = posts.get(key, _UNKNOWN)
        address = post.address or (key if "/" in key else "")
        yield Talk(key, (address,) if address else (), by_date(remarks), post.title)


def _said(entry: Element, line: int, reply: Element | None) -> _Said:
    to = text(entry, f"{BLOGGER}parent")
    at = ""
    if reply is not None:
        to, at = to or reply.get("ref") or "", reply.get("href") or ""
    related = link(entry, "related")
    parent = text(entry, f"{BLOGGER}inReplyTo") or (related if _COMMENT in related else "")
    return _Said(entry, line, to, at, _number(parent) if parent else "")


def _root(one: _Said, said: dict[str, _Said]) -> _Said:
    """Of answers, the one that begins their branch: it says what the post is."""
    seen = set()
    while (above := said.get(_number(one.to))) is not None and one.to not in seen:
        seen.add(one.to)
        one = above
    return one


def _remark(number: str, one: _Said, said: dict[str, _Said], post: _Post, told: Told) -> Remark:
    entry = one.entry
    author = entry.find(f"{ATOM}author")
    author = author if author is not None else Element("nobody")
    uri, email = text(author, f"{ATOM}uri"), text(author, f"{ATOM}email")
    content = entry.find(f"{ATOM}content")
    answers = _number(one.to)
    is_comment = post is _UNKNOWN and bool(urldefrag(one.at).fragment)
    fragment = urldefrag(link(entry, "alternate")).fragment
    return Remark(
        id=number,
        date=moment(text(entry, f"{ATOM}published") or text(entry, f"{ATOM}updated")),
        body=html(content),
        author=text(author, f"{ATOM}name"),
        parent=one.parent or (answers if answers in said or is_comment else ""),
        status=_status(number, one, told),
        format=Format.HTML,
        url=uri,
        email="" if email == _NOBODY else email,
        anchor=fragment or (f"c{number}" if number.isdigit() else ""),
        by_author=bool(uri) and uri == post.author,
        line=one.line,
    )  # fmt: skip


def _status(number: str, one: _Said, told: Told) -> Standing:
    entry = one.entry
    properties = {p.get("name"): p.get("value") for p in entry.iter(f"{_GDATA}extendedProperty")}
    if properties.get("blogger.contentRemoved") == "true" or text(entry, f"{BLOGGER}trashed"):
        return Standing.DELETED
    if is_draft(entry):
        return Standing.PENDING
    said = text(entry, f"{BLOGGER}status")
    status = _STATUSES.get(said)
    if status is None:
        told(one.line, f"comment {number} has the status {said!r}, and was taken as pending")
    return status or Standing.PENDING


def kind_of(entry: Element) -> str:
    """'post', 'page', 'comment' or another kind of Blogger's; '' in other feeds."""
    if found := text(entry, f"{BLOGGER}type"):
        return found.lower()
    for category in entry.iter(f"{ATOM}category"):
        if category.get("scheme") == _KIND:
            return (category.get("term") or "").rpartition("#")[2]
    return ""


def _number(key: str) -> str:
    """What tells a comment from others: Blogger's number, or an id of ours, else the whole id."""
    last = key.rpartition("/")[2]
    if ID_PATTERN.fullmatch(last):
        return last
    if "blogger" in key and (found := _NUMBER.search(key)):
        return found[0]
    return key


def html(content: Element | None) -> str:
    """What a content element holds, as HTML: it writes HTML, XHTML or text (4.1.3)."""
    if content is None:
        return ""
    if content.get("type") != "xhtml":
        held = (content.text or "").strip()
        return held if content.get("type") == "html" else escape(held, quote=False)
    for element in content.iter():
        element.tag = element.tag.rpartition("}")[2]
    box = next(iter(content), content)
    inner = (tostring(child, "unicode", "html") for child in box)
    return (escape(box.text or "", quote=False) + "".join(inner)).strip()


def link(entry: Element, relation: str) -> str:
    """The address of an entry's first link of a relation; '' without one."""
    for one in entry.findall(f"{ATOM}link"):
        if one.get("rel", "alternate") == relation and one.get("href"):
            return one.get("href") or ""
    return ""


def is_draft(entry: Element) -> bool:
    """Whether an entry is not to be seen yet (RFC 5023, 13.1.1)."""
    return any(text(entry, f"{app}control/{app}draft") == "yes" for app in APP)


def text(element: Element, path: str) -> str:
    """The text of an element at a path; '' without one."""
    return (element.findtext(path) or "").strip()
