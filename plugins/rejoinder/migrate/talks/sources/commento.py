"""Commento, Commento++ and Comentario: their JSON exports, as `.json.gz` or unpacked.

Version 1 (Commento, api/domain_export.go; Comentario 2): {version, comments: [{commentHex, domain,
url (a path; Comentario: host, path), commenterHex, markdown, parentHex ('root' is the page), score,
state (approved, unapproved, flagged), creationDate, deleted}], commenters: [{commenterHex, email,
name, link (Comentario: websiteUrl), isModerator}]}. Version 3 (Comentario 3,
internal/svc/impex_comentario.go, resources/swagger): {version, pages: [{id, path, title}],
comments: [{id, parentId, pageId, markdown, html, score, isApproved, isPending, isDeleted,
createdTime, userCreated, authorName}], commenters: [{id, email, name, websiteUrl, isModerator}]}.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rejoinder.comments.model import Format
from rejoinder.errors import ImportFailed
from rejoinder.migrate.report import counted
from rejoinder.migrate.talks.model import Remark, Standing, Talk, Told
from rejoinder.migrate.talks.sources.documents import documents
from rejoinder.migrate.talks.sources.values import address, count, moment, record, records, text

_STATES = {"approved": Standing.APPROVED, "unapproved": Standing.PENDING,
           "flagged": Standing.PENDING, "": Standing.APPROVED}  # fmt: skip
_GONE = "[deleted]"

_Users = Mapping[str, dict[str, Any]]


def read(file: Path, told: Told) -> Iterator[Talk]:
    """The pages of an export. Raises ImportFailed."""
    is_export = False
    for line, found in documents(file, told):
        export = record(found)
        if not isinstance(export.get("comments"), list):
            told(line, "the JSON has no list of comments, and was left out")
            continue
        is_export = True
        if export.get("version") == 1:
            yield from _version_1(export, told)
        elif export.get("version") == 3:
            yield from _version_3(export, told)
        else:
            raise ImportFailed(
                f"the export is of version {export.get('version')!r}; 1 and 3 can be read",
                where=file,
            )
    if not is_export:
        raise ImportFailed(
            "this is no export of Commento or Comentario: it has no list of comments", where=file,
            mend="They send one by e-mail, or offer it, under Import/Export of the domain.",
        )  # fmt: skip


def _version_1(export: dict[str, Any], told: Told) -> Iterator[Talk]:
    users = {text(one.get("commenterHex")): one for one in records(export.get("commenters"))}
    pages: dict[str, list[Remark]] = defaultdict(list)
    for row in records(export["comments"]):
        number = text(row.get("commentHex"))
        path = "/" + (text(row.get("path")) or text(row.get("url"))).removeprefix("/")
        host = text(row.get("domain")) or text(row.get("host"))
        if not number:
            told(None, f"a comment on {path} has no id, and was left out")
            continue
        pages[f"https://{host}{path}" if host else path].append(_remark_1(row, number, users, told))
    for url, found in pages.items():
        yield Talk(url, (url,), tuple(found))


def _remark_1(row: dict[str, Any], number: str, users: _Users, told: Told) -> Remark:
    user = users.get(text(row.get("commenterHex")), {})
    body = text(row.get("markdown"))
    status = _STATES.get(text(row.get("state")))
    if status is None:
        told(None, f"comment {number} has the state {row['state']!r}, and was taken as pending")
    if row.get("deleted") is True or body == _GONE:
        status = Standing.DELETED
    parent = text(row.get("parentHex"))
    return Remark(
        id=number,
        date=moment(row.get("creationDate")),
        body=body,
        author=text(user.get("name")),
        parent="" if parent == "root" else parent,
        status=status or Standing.PENDING,
        url=text(user.get("link")) or text(user.get("websiteUrl")),
        email=text(user.get("email")),
        anchor=f"commento-{number}",
        votes=count(row.get("score")),
        by_author=user.get("isModerator") is True,
    )


def _version_3(export: dict[str, Any], told: Told) -> Iterator[Talk]:
    users = {text(one.get("id")): one for one in records(export.get("commenters"))}
    pages = {text(one.get("id")): one for one in records(export.get("pages"))}
    remarks: dict[str, list[Remark]] = defaultdict(list)
    for row in records(export["comments"]):
        number, on = text(row.get("id")), text(row.get("pageId"))
        if not number:
            told(None, f"a comment on page {on} has no id, and was left out")
            continue
        remarks[on].append(_remark_3(row, number, users))
    for key, found in remarks.items():
        page = pages.get(key, {})
        path = text(page.get("path"))
        if not path:
            told(None, f"{counted(len(found), 'comment')} of page {key}, which is not there")
        yield Talk(path or key, (path,) if path else (), tuple(found), text(page.get("title")))


def _remark_3(row: dict[str, Any], number: str, users: _Users) -> Remark:
    user = users.get(text(row.get("userCreated")), {})
    status = Standing.APPROVED
    if row.get("isDeleted") is True:
        status = Standing.DELETED
    elif row.get("isPending") is True:
        status = Standing.PENDING
    elif row.get("isApproved") is False:  # a moderator said no
        status = Standing.SPAM
    body = text(row.get("markdown"))
    return Remark(
        id=number,
        date=moment(row.get("createdTime")),
        body=body or text(row.get("html")),
        author=text(row.get("authorName")) or text(user.get("name")),
        parent=text(row.get("parentId")),
        status=status,
        format=Format.MARKDOWN if body else Format.HTML,
        url=text(user.get("websiteUrl")),
        email=text(user.get("email")),
        ip=address(row.get("authorIp")),
        anchor=f"comentario-{number}",
        votes=count(row.get("score")),
        by_author=user.get("isModerator") is True,
    )
