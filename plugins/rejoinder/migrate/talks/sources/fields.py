"""A comment as a table of names and values, whatever it calls them. Pure.

Nothing prescribes the names: each site's form and templates chose theirs. Those known here are of
Staticman (`_id` and `_parent` are its own, lib/Staticman.js), of the Jekyll and Hugo themes that
come with it (`replying_to`, `replying_to_uid`, `replyThread` and `replyID`), of the plugins that
read `_comments` (`post_id`, `comment`, `link`), and of what WordPress's comments are exported as
(jekyll-import, wp2hugo: `author_email`, `parent_id`, `post_url`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from rejoinder.comments.model import Format
from rejoinder.migrate import data, dates
from rejoinder.migrate.talks.model import Standing

BODY = ("message", "body", "comment", "content", "text", "commentcontent", "commentbody",
        "commenttext", "html")  # fmt: skip
_NAME = ("name", "author", "authorname", "commentauthor", "username", "displayname", "nickname",
         "fullname", "user")  # fmt: skip
_EMAIL = ("email", "mail", "authoremail", "useremail", "commentauthoremail", "emailmd5",
          "emailhash", "md5", "gravatar")  # fmt: skip
_SITE = ("url", "website", "link", "homepage", "site", "web", "www", "authorurl", "authorlink",
         "authorwebsite", "commentauthorurl", "userurl", "userwebsite")  # fmt: skip
_ID = ("id", "uid", "uuid", "commentid", "guid")
_DATE = ("date", "publishedat", "timestamp", "createdat", "created", "datetime", "time",
         "posted", "postedat", "commentdate", "dategmt", "published")  # fmt: skip
_ANSWERS = ("replyingtouid", "replyingtoid", "replyingto", "replytoid", "replytouid", "replyid",
            "replyto", "inreplyto", "inreplytoid", "replythread")  # fmt: skip
_PARENT = ("parentid", "parentuid", "commentparent", "parent")
_PAGE = ("posturl", "pageurl", "permalink", "postpath", "page", "post", "postid", "postslug",
         "slug", "pageslug", "pageid", "entryid", "article")  # fmt: skip
_IP = ("ip", "ipaddress", "authorip", "remoteaddr", "commentauthorip")
_AGENT = ("useragent", "agent", "commentagent")
_BY_AUTHOR = ("moderator", "isauthor", "isadmin", "admin", "byauthor")
_STATUS = ("approved", "published", "hidden", "draft", "spam", "deleted", "status")
_NOT_WANTED = frozenset({*BODY, *_NAME, *_EMAIL, *_SITE, *_ID, *_DATE, *_ANSWERS, *_PARENT, *_PAGE,
                         *_IP, *_AGENT, *_BY_AUTHOR, *_STATUS, "replyname", "title", "subject",
                         "replies", "children", "layout"})  # fmt: skip
_WORDS = frozenset(BODY)
_WHO = frozenset({*_NAME, *_EMAIL, *_DATE})
_STANDINGS = {
    "approved": Standing.APPROVED, "published": Standing.APPROVED, "approve": Standing.APPROVED,
    "pending": Standing.PENDING, "hold": Standing.PENDING, "unapproved": Standing.PENDING,
    "spam": Standing.SPAM, "trash": Standing.DELETED, "deleted": Standing.DELETED,
}  # fmt: skip
_MARKUP = re.compile(
    r"<br\s*/?>|</(?:p|a|b|i|em|strong|blockquote|ul|ol|li|pre|code|div|span)\s*>", re.I
)
_BARE_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}(?:[/?#]|$)")
_QUOTED = re.compile(r"`[^`]*`")


@dataclass(frozen=True, slots=True)
class Fields:
    """What a comment says. `id` is its own or ''; `answers` are the fields that say which comment
    it answers, most exact first, and `parent` one that may mean the page, too; `page` are those
    that name the page, addresses first. `more` has what is none of these."""

    body: str
    author: str = ""
    email: str = ""
    url: str = ""
    id: str = ""
    date: datetime | None = None
    answers: tuple[str, ...] = ()
    says_answers: bool = False
    parent: tuple[str, ...] = ()
    page: tuple[str, ...] = ()
    ip: str = ""
    agent: str = ""
    title: str = ""
    status: Standing = Standing.APPROVED
    format: Format = Format.MARKDOWN
    by_author: bool = False
    more: Mapping[str, str] = field(default_factory=dict)


def is_comment(table: Mapping[str, Any]) -> bool:
    """Whether a table is one comment: it has words, and says who wrote them or when."""
    names = {plain(name) for name, value in table.items() if not isinstance(value, dict | list)}
    return not _WORDS.isdisjoint(names) and not _WHO.isdisjoint(map(plain, table))


@cache
def plain(name: str) -> str:
    """A field's name without case, dashes and the like."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def read(table: Mapping[str, Any], body: str | None = None) -> Fields:
    """The comment in a table; `body` is the text below its front matter."""
    found = _Found(table)
    words = body if body is not None and body.strip() else found.first(BODY)
    more = {
        name: text
        for name, value in found.flat
        if plain(name) not in _NOT_WANTED and (text := data.text(value).strip())
    }
    return Fields(
        body=words.strip("\n"),
        author=found.first(_NAME).strip(),
        email=found.first(_EMAIL).strip(),
        url=_site(found.first(_SITE).strip()),
        id=found.first(_ID).strip(),
        date=next(found.moments(), None),
        answers=tuple(found.all(_ANSWERS)),
        says_answers=found.has(_ANSWERS),
        parent=tuple(found.all(_PARENT)),
        page=tuple(sorted(found.all(_PAGE), key=lambda text: "/" not in text)),
        ip=found.first(_IP).strip(),
        agent=found.first(_AGENT).strip(),
        title=found.first(("title", "subject")).strip(),
        status=_status(found),
        format=Format.HTML if _MARKUP.search(_QUOTED.sub("", words)) else Format.MARKDOWN,
        by_author=found.has(_BY_AUTHOR)
        and any(data.flag(found.first((name,))) for name in _BY_AUTHOR),
        more=more,
    )


class _Found:
    """The scalars of a table by their plain names; of a table in it (`author: {name: …}`), too,
    with its name before theirs."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.flat: list[tuple[str, Any]] = []
        for name, value in table.items():
            if isinstance(value, dict):
                self.flat += [(f"{name}.{inner}", one) for inner, one in value.items()]
            else:
                self.flat.append((name, value))
        self.by_name: dict[str, list[str]] = {}
        for name, value in sorted(self.flat, key=lambda one: not one[0].startswith("_")):
            self.by_name.setdefault(plain(name), []).append(data.text(value))

    def has(self, names: tuple[str, ...]) -> bool:
        return any(name in self.by_name for name in names)

    def all(self, names: tuple[str, ...]) -> Iterator[str]:
        """All that is not empty, in the order of `names`."""
        for name in names:
            for text in self.by_name.get(name, ()):
                if text.strip():
                    yield text.strip()

    def first(self, names: tuple[str, ...]) -> str:
        for name in names:
            for text in self.by_name.get(name, ()):
                if text.strip():
                    return text
        return ""

    def moments(self) -> Iterator[datetime]:
        for text in self.all(_DATE):
            if (moment := dates.spelled(text)) is not None:
                yield moment


def _status(found: _Found) -> Standing:
    """`published` may be a date, and `hidden` a trap for robots: only a plain yes or no counts."""
    if not found.has(_STATUS):
        return Standing.APPROVED
    said = {name: data.flag(found.first((name,))) for name in _STATUS}
    if said["spam"]:
        return Standing.SPAM
    if said["deleted"]:
        return Standing.DELETED
    if said["hidden"] or said["draft"] or said["approved"] is False or said["published"] is False:
        return Standing.PENDING
    return _STANDINGS.get(found.first(("status",)).strip().lower(), Standing.APPROVED)


def _site(text: str) -> str:
    """A web site, also where it was written without its scheme."""
    return f"http://{text}" if _BARE_HOST.match(text) else text
