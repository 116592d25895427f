"""Small programs that write discussions as each system exports them: `WRITERS`.

All begin from the same: pages, and what was said on them. What a system can't hold it leaves out,
and says so.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr
from zoneinfo import ZoneInfo

import yaml

from rejoinder.comments.model import make_id
from rejoinder.migrate.talks.model import Standing

WALL = ZoneInfo("Asia/Kolkata")
"""Of the site that is moved: where dates have no zone."""


@dataclass(frozen=True)
class Said:
    """A comment: its number is its own in all of the export; 0 is no parent."""

    number: int
    words: str
    author: str
    date: datetime
    parent: int = 0
    status: Standing = Standing.APPROVED
    email: str = ""
    ip: str = ""

    @property
    def html(self) -> str:
        return f"<p>{escape(self.words, quote=False)}</p>"

    @property
    def stamp(self) -> str:
        return self.date.isoformat().replace("+00:00", "Z")


@dataclass(frozen=True)
class Page:
    address: str
    slug: str
    title: str
    said: Sequence[Said]

    @property
    def path(self) -> str:
        found = urlsplit(self.address)
        return found.path + (f"?{found.query}" if found.query else "")


@dataclass(frozen=True)
class Writer:
    """How a system writes pages into a file, and what it can say of a comment."""

    source: str
    write: Callable[[Sequence[Page], Path], None]
    statuses: frozenset[Standing] = frozenset({Standing.APPROVED})
    parents: bool = True
    is_deep: bool = True
    """Whether an answer may have an answer."""
    emails: bool = True
    ips: bool = False


def _dump(file: Path, *documents: object, packed: bool = False) -> None:
    text = "\n".join(json.dumps(document) for document in documents).encode()
    file.write_bytes(gzip.compress(text) if packed else text)


def disqus(pages: Sequence[Page], file: Path) -> None:
    parts = ['<?xml version="1.0" encoding="utf-8"?>\n<disqus xmlns="http://disqus.com" '
             'xmlns:dsq="http://disqus.com/disqus-internals">']  # fmt: skip
    for at, page in enumerate(pages, start=1):
        parts.append(
            f'<thread dsq:id="{at}"><id /><link>{escape(page.address)}</link>'
            f"<title>{escape(page.title)}</title></thread>"
        )
    for at, page in enumerate(pages, start=1):
        for one in page.said:
            flags = {"isDeleted": one.status is Standing.DELETED,
                     "isSpam": one.status is Standing.SPAM,
                     "isApproved": one.status is not Standing.PENDING}  # fmt: skip
            parts.append(
                f'<post dsq:id="{one.number}"><message><![CDATA[{one.html}]]></message>'
                f"<createdAt>{one.stamp}</createdAt>"
                + "".join(f"<{k}>{str(v).lower()}</{k}>" for k, v in flags.items())
                + f"<author><email>{one.email}</email><name>{escape(one.author)}</name></author>"
                f'<ipAddress>{one.ip}</ipAddress><thread dsq:id="{at}" />'
                + (f'<parent dsq:id="{one.parent}" />' if one.parent else "")
                + "</post>"
            )
    file.write_bytes(gzip.compress("\n".join([*parts, "</disqus>"]).encode()))


def isso(pages: Sequence[Page], file: Path) -> None:
    modes = {Standing.APPROVED: 1, Standing.PENDING: 2, Standing.DELETED: 4}
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE threads (id INTEGER PRIMARY KEY, uri, title)")
        database.execute(
            "CREATE TABLE comments (tid, id INTEGER PRIMARY KEY, parent, created, modified, mode, "
            "remote_addr, text, author, email, website, likes, dislikes, voters, notification)"
        )
        for at, page in enumerate(pages, start=1):
            database.execute("INSERT INTO threads VALUES (?, ?, ?)", (at, page.path, page.title))
            for one in page.said:
                database.execute(
                    "INSERT INTO comments VALUES (?,?,?,?,NULL,?,?,?,?,?,NULL,0,0,x'00',0)",
                    (at, one.number, one.parent or None, one.date.timestamp(), modes[one.status],
                     one.ip, one.words, one.author, one.email),
                )  # fmt: skip


def isso_json(pages: Sequence[Page], file: Path) -> None:
    _dump(file, [
        {"id": page.path, "title": page.title, "comments": [
            {"id": one.number, "author": one.author, "email": one.email, "website": "",
             "remote_addr": one.ip, "text": one.words,
             "created": f"{one.date.astimezone(WALL):%Y-%m-%d %H:%M:%S}"}
            for one in page.said]}
        for page in pages
    ])  # fmt: skip


def remark42(pages: Sequence[Page], file: Path) -> None:
    users = [{"id": str(one.number), "details": {"email": one.email}} for page in pages
             for one in page.said]  # fmt: skip
    _dump(file, {"version": 1, "users": users, "posts": []}, *(
        {"id": f"{one.number}-x", "pid": f"{one.parent}-x" if one.parent else "",
         "text": one.html, "orig": one.words, "time": one.stamp, "score": 0,
         "user": {"name": one.author, "id": str(one.number), "ip": "0a1b", "admin": False},
         "locator": {"site": "s", "url": page.address}, "title": page.title,
         **({"delete": True} if one.status is Standing.DELETED else {})}
        for page in pages for one in page.said
    ), packed=True)  # fmt: skip


def commento(pages: Sequence[Page], file: Path) -> None:
    states = {Standing.PENDING: "unapproved"}
    comments = [
        {"commentHex": f"{one.number:064x}", "domain": urlsplit(page.address).netloc,
         "url": page.path, "commenterHex": str(one.number), "markdown": one.words,
         "parentHex": f"{one.parent:064x}" if one.parent else "root", "score": 0,
         "state": states.get(one.status, "approved"), "creationDate": one.stamp,
         "deleted": one.status is Standing.DELETED}
        for page in pages for one in page.said
    ]  # fmt: skip
    commenters = [{"commenterHex": str(one.number), "email": one.email, "name": one.author}
                  for page in pages for one in page.said]  # fmt: skip
    _dump(file, {"version": 1, "comments": comments, "commenters": commenters}, packed=True)


def comentario(pages: Sequence[Page], file: Path) -> None:
    known = [{"id": str(at), "path": page.path, "title": page.title}
             for at, page in enumerate(pages)]  # fmt: skip
    comments = [
        {"id": f"c{one.number}", "pageId": str(at), "markdown": one.words, "score": 0,
         "parentId": f"c{one.parent}" if one.parent else None, "createdTime": one.stamp,
         "isApproved": one.status in (Standing.APPROVED, Standing.DELETED),
         "isPending": one.status is Standing.PENDING, "isDeleted": one.status is Standing.DELETED,
         "userCreated": f"u{one.number}"}
        for at, page in enumerate(pages) for one in page.said
    ]  # fmt: skip
    commenters = [{"id": f"u{one.number}", "email": one.email, "name": one.author}
                  for page in pages for one in page.said]  # fmt: skip
    _dump(file, {"version": 3, "pages": known, "comments": comments, "commenters": commenters})


def _topic_body(page: Page) -> str:
    return f"# {page.title}\n\n[{page.address}]({page.address})"


def giscus(pages: Sequence[Page], file: Path) -> None:
    def node(one: Said, replies: dict[str, object] | None = None) -> dict[str, object]:
        made: dict[str, object] = {
            "id": f"DC_{one.number}", "author": {"login": one.author, "url": ""},
            "body": one.words, "createdAt": one.stamp, "authorAssociation": "NONE",
            "deletedAt": one.stamp if one.status is Standing.DELETED else None,
            "isMinimized": one.status is Standing.PENDING,
        }  # fmt: skip
        return made | ({"replies": replies} if replies else {"replyTo": {"id": f"DC_{one.parent}"}})

    for_each = []
    for at, page in enumerate(pages):
        tops = [one for one in page.said if not one.parent]
        nodes = []
        for top in tops:
            answers = [node(one) for one in page.said if one.parent == top.number]
            nodes.append(node(top, {"totalCount": len(answers), "nodes": answers}))
        for_each.append({"data": {"repository": {"discussions": {"nodes": [
            {"id": f"D_{at}", "title": page.path.strip("/"), "body": _topic_body(page),
             "comments": {"totalCount": len(nodes), "nodes": nodes}}]}}}})  # fmt: skip
    _dump(file, *for_each)


def utterances(pages: Sequence[Page], file: Path) -> None:
    base = "https://api.github.com/repos/o/r/issues"
    issues = [{"url": f"{base}/{at}", "comments_url": f"{base}/{at}/comments",
               "title": page.title, "comments": len(page.said), "body": _topic_body(page)}
              for at, page in enumerate(pages)]  # fmt: skip
    comments = [{"id": one.number, "issue_url": f"{base}/{at}", "created_at": one.stamp,
                 "user": {"login": one.author, "html_url": ""}, "body": one.words}
                for at, page in enumerate(pages) for one in page.said]  # fmt: skip
    _dump(file, issues, comments)


def discourse(pages: Sequence[Page], file: Path) -> None:
    """A folder of topics; a post's number is its place in its topic."""
    file.mkdir()
    for at, page in enumerate(pages):
        places = {one.number: place for place, one in enumerate(page.said, start=2)}
        link = f"<small>From <a href='{page.address}'>{page.address}</a></small>"
        posts = [{"id": 0, "post_number": 1, "post_type": 1, "username": "ada", "cooked": link}]
        posts += [
            {"id": one.number, "post_number": places[one.number], "post_type": 1,
             "reply_to_post_number": places.get(one.parent), "username": "someone",
             "name": one.author, "cooked": one.html, "created_at": one.stamp, "deleted_at": None,
             "user_deleted": one.status is Standing.DELETED,
             "hidden": one.status is Standing.PENDING}
            for one in page.said
        ]  # fmt: skip
        stream = {"posts": posts, "stream": [post["id"] for post in posts]}
        _dump(file / f"{at}.json", {"id": at, "title": "", "slug": "", "post_stream": stream})


def threads(pages: Sequence[Page], file: Path) -> None:
    """A folder, as 'invoke export json' writes it."""
    file.mkdir()
    dates = {one.number: one.date for page in pages for one in page.said}

    def id_of(number: int) -> str | None:
        return make_id(dates[number], f"n{number}") if number else None

    for at, page in enumerate(pages):
        comments = [
            {"id": id_of(one.number), "in_reply_to": id_of(one.parent), "kind": "comment",
             "author": one.author, "url": None, "date": one.date.isoformat(), "permalink": "",
             "format": "markdown", "text": one.words}
            for one in page.said
        ]  # fmt: skip
        _dump(file / f"{at}.json", {"thread": page.slug, "url": page.address, "title": page.title,
                                    "comments": comments})  # fmt: skip


def jsonfeed(pages: Sequence[Page], file: Path) -> None:
    items = [
        {"id": f"tag:x,2019:{one.number}", "url": f"{page.address}#c{one.number}",
         "content_html": one.html, "date_published": one.stamp, "authors": [{"name": one.author}],
         "_rejoinder": {"kind": "comment", "in_reply_to":
                        page.address + (f"#c{one.parent}" if one.parent else "")}}
        for page in pages for one in page.said
    ]  # fmt: skip
    items.reverse()
    _dump(file, {"version": "https://jsonfeed.org/version/1.1", "items": items})


def atom(pages: Sequence[Page], file: Path) -> None:
    entries = []
    for page in pages:
        for one in page.said:
            to = f"{page.address}#c{one.parent}" if one.parent else page.address
            ref = f"tag:x,2019:{one.parent}" if one.parent else page.address
            entries.append(
                f"<entry><id>tag:x,2019:{one.number}</id><published>{one.stamp}</published>"
                f"<author><name>{escape(one.author)}</name><email>{one.email}</email></author>"
                f"<link rel='alternate' href={quoteattr(f'{page.address}#c{one.number}')}/>"
                f'<content type="html">{escape(one.html)}</content>'
                f"<thr:in-reply-to ref={quoteattr(ref)} href={quoteattr(to)}/></entry>"
            )
    head = '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0">'
    file.write_text("\n".join([head, *reversed(entries), "</feed>"]), "utf-8")


_KIND = "<category scheme='http://schemas.google.com/g/2005#kind' term='http://schemas.google.com/blogger/2008/kind#{}'/>"


def blogger(pages: Sequence[Page], file: Path) -> None:
    entries = []
    for at, page in enumerate(pages):
        post = f"tag:blogger.com,1999:blog-1.post-9{at:05}"
        entries.append(
            f"<entry><id>{post}</id>{_KIND.format('post')}<title>{escape(page.title)}</title>"
            f"<link rel='alternate' href={quoteattr(page.address)}/></entry>"
        )
        for one in page.said:
            related = f"<link rel='related' href='http://www.blogger.com/feeds/1/9/comments/default/{one.parent}'/>"
            removed = "<gd:extendedProperty name='blogger.contentRemoved' value='true'/>"
            draft = "<app:control xmlns:app='http://purl.org/atom/app#'><app:draft>yes</app:draft></app:control>"
            entries.append(
                f"<entry><id>tag:blogger.com,1999:blog-1.post-{one.number}</id>"
                f"<published>{one.stamp}</published>{_KIND.format('comment')}"
                f"<author><name>{escape(one.author)}</name><email>{one.email}</email></author>"
                f"<content type='html'>{escape(one.html)}</content>"
                f"<thr:in-reply-to ref='{post}' href={quoteattr(page.address)}/>"
                + (related if one.parent else "")
                + (removed if one.status is Standing.DELETED else "")
                + (draft if one.status is Standing.PENDING else "")
                + "</entry>"
            )
    head = ("<feed xmlns='http://www.w3.org/2005/Atom' xmlns:gd='http://schemas.google.com/g/2005' "
            "xmlns:thr='http://purl.org/syndication/thread/1.0'>")  # fmt: skip
    file.write_text("\n".join([head, *entries, "</feed>"]), "utf-8")


def takeout(pages: Sequence[Page], file: Path) -> None:
    statuses = {Standing.PENDING: "PENDING", Standing.SPAM: "SPAM"}
    entries = []
    for at, page in enumerate(pages):
        post = f"tag:blogger.com,1999:blog-1.post-9{at:05}"
        entries.append(
            f"<entry><id>{post}</id><blogger:type>POST</blogger:type>"
            f"<blogger:filename>{escape(page.path)}</blogger:filename></entry>"
        )
        for one in page.said:
            parent = f"tag:blogger.com,1999:blog-1.post-{one.parent}" if one.parent else ""
            entries.append(
                f"<entry><id>tag:blogger.com,1999:blog-1.post-{one.number}</id>"
                f"<blogger:parent>{post}</blogger:parent><blogger:inReplyTo>{parent}"
                "</blogger:inReplyTo><blogger:type>COMMENT</blogger:type>"
                f"<blogger:status>{statuses.get(one.status, 'LIVE')}</blogger:status>"
                f"<author><name>{escape(one.author)}</name></author>"
                f"<content type='html'>{escape(one.html)}</content>"
                f"<published>{one.stamp}</published><blogger:trashed>"
                + (one.stamp if one.status is Standing.DELETED else "")
                + "</blogger:trashed></entry>"
            )
    head = "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:blogger='http://schemas.google.com/blogger/2018'>"
    file.write_text("\n".join([head, *entries, "</feed>"]), "utf-8")


def movabletype(pages: Sequence[Page], file: Path) -> None:
    parts = []
    for page in pages:
        parts.append(
            f"TITLE: {page.title}\nBASENAME: {page.slug.replace('-', '_')}\n"
            f"UNIQUE URL: {page.address}\nDATE: 05/02/2019 08:00:00 AM\n-----\n"
            "BODY:\nText.\n-----\n"
        )
        parts += [
            f"\nCOMMENT:\nAUTHOR: {one.author}\nEMAIL: {one.email}\nIP: {one.ip}\nURL: \n"
            f"DATE: {one.date.astimezone(WALL):%m/%d/%Y %I:%M:%S %p}\n{one.html}\n-----\n"
            for one in page.said
        ]
        parts.append("\n--------\n")
    file.write_text("".join(parts), "utf-8")


_ALL = frozenset(Standing)
_NO_SPAM = _ALL - {Standing.SPAM}


def staticman(pages: Sequence[Page], folder: Path) -> None:
    """By turns as YAML a comment, and as a list of JSON for the page; by turns with ids, and, where
    comments were written one after the other, with the positions of Made Mistakes' theme."""
    folder.mkdir()
    for at, page in enumerate(pages):
        rows = []
        tops: list[int] = []
        dates = [one.date for one in page.said]
        for one in page.said:
            row: dict[str, object] = {
                "_id": f"id-{one.number}", "_parent": page.slug, "name": one.author,
                "email": one.email, "message": one.words, "date": one.stamp, "replying_to_uid": "",
                "post_url": page.address,
            }  # fmt: skip
            if one.status is Standing.PENDING:
                row["approved"] = False
            if one.status is Standing.SPAM:
                row["spam"] = True
            if one.parent in tops and at % 2 and dates == sorted(dates):
                row["replying_to"] = tops.index(one.parent) + 1
            elif one.parent:
                row["replying_to_uid"] = f"id-{one.parent}"
            if not one.parent:
                tops.append(one.number)
            rows.append(row)
        if at % 2:
            _dump(folder / f"{page.slug}.json", rows)
            continue
        (folder / page.slug).mkdir()
        for number, row in enumerate(rows):
            place = folder / page.slug / f"comment-{1556878272000 + number}.yml"
            place.write_text(yaml.safe_dump(row, allow_unicode=True), "utf-8")


def pelican_comment_system(pages: Sequence[Page], folder: Path) -> None:
    folder.mkdir()
    for page in pages:
        (folder / page.slug).mkdir()
        for one in page.said:
            answers = f"replyto: {one.parent}.md\n" if one.parent else ""
            (folder / page.slug / f"{one.number}.md").write_text(
                f"author: {one.author}\ndate: {one.date.astimezone(WALL):%Y-%m-%d %H:%M:%S}\n"
                f"email: {one.email}\n{answers}\n{one.words}\n", "utf-8"
            )  # fmt: skip


WRITERS = {
    "disqus": Writer("disqus", disqus, _ALL, ips=True),
    "isso": Writer("isso", isso, _NO_SPAM, ips=True),
    "isso-json": Writer("isso", isso_json, parents=False, ips=True),
    "remark42": Writer("remark42", remark42, frozenset({Standing.APPROVED, Standing.DELETED})),
    "commento": Writer("commento", commento, _NO_SPAM),
    "comentario": Writer("comentario", comentario, _ALL),
    "giscus": Writer("giscus", giscus, _NO_SPAM, is_deep=False, emails=False),
    "utterances": Writer("utterances", utterances, parents=False, emails=False),
    "discourse": Writer("discourse", discourse, _NO_SPAM, emails=False),
    "json": Writer("json", threads, emails=False),
    "jsonfeed": Writer("jsonfeed", jsonfeed, emails=False),
    "atom": Writer("atom", atom),
    "blogger": Writer("blogger", blogger, _NO_SPAM),
    "blogger-takeout": Writer("blogger", takeout, _ALL, emails=False),
    "movabletype": Writer("movabletype", movabletype, parents=False, ips=True),
    "staticman": Writer(
        "staticman", staticman, frozenset({Standing.APPROVED, Standing.PENDING, Standing.SPAM})
    ),
    "pelican-comment-system": Writer("pelican-comment-system", pelican_comment_system),
}
