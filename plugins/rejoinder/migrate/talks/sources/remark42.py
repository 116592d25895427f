"""Remark42: its backup, `remark42 backup` or the daily `backup-SITE-DATE.gz`.

Lines of JSON (backend/app/migrator/native.go). The first is {version, users: [{id, blocked,
verified, details: {email, telegram}}], posts: [{url, read_only}]}; each other one a comment
(backend/app/store/comment.go): {id, pid, text (HTML), orig (what was typed, Markdown), user: {name,
id, picture, ip (a hash), admin}, locator: {site, url}, score, votes, time, delete, title}. The text
of a deleted one is gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rejoinder.comments.model import Format
from rejoinder.comments.render import render_body
from rejoinder.errors import ImportFailed
from rejoinder.migrate.talks.model import Remark, Standing, Talk, Told
from rejoinder.migrate.talks.sources.documents import documents
from rejoinder.migrate.talks.sources.values import address, count, moment, record, records, text

_VERSIONS = (0, 1)


def read(file: Path, told: Told) -> Iterator[Talk]:
    """The pages of a backup. Raises ImportFailed."""
    mails: dict[str, str] = {}
    remarks: dict[str, list[Remark]] = defaultdict(list)
    titles: dict[str, str] = {}
    for line, found in documents(file, told):
        row = record(found)
        if "locator" not in row:
            mails |= _meta(row, line, told)
            continue
        url = text(record(row["locator"]).get("url"))
        if not text(row.get("id")):
            told(line, "the comment has no id, and was left out")
            continue
        titles[url] = titles.get(url) or text(row.get("title"))
        remarks[url].append(_remark(row, mails, line))
    if not remarks:
        raise ImportFailed(
            "this is no backup of Remark42: it has no comments", where=file,
            mend="Remark42 makes one with: docker exec -it remark42 backup -s SITE.",
        )  # fmt: skip
    for url, said in remarks.items():
        yield Talk(url, (url,), tuple(said), titles[url], line=said[0].line)


def _meta(row: dict[str, Any], line: int, told: Told) -> dict[str, str]:
    """E-mail addresses by user, where the backup has them."""
    if row.get("version") not in _VERSIONS or not isinstance(row.get("users"), list):
        told(line, "the line is neither a comment nor the beginning of a backup of version 1")
    users = records(row.get("users"))
    return {text(one.get("id")): text(record(one.get("details")).get("email")) for one in users}


def _remark(row: dict[str, Any], mails: dict[str, str], line: int) -> Remark:
    user = record(row.get("user"))
    number = text(row["id"])
    body, format = _body(text(row.get("text")), text(row.get("orig")))
    return Remark(
        id=number,
        date=moment(row.get("time")),
        body=body,
        author=text(user.get("name")),
        parent=text(row.get("pid")),
        status=Standing.DELETED if row.get("delete") is True else Standing.APPROVED,
        format=format,
        email=mails.get(text(user.get("id")), ""),
        ip=address(user.get("ip")),
        anchor=f"remark42__comment-{number}",
        votes=count(row.get("score")),
        by_author=user.get("admin") is True,
        line=line,
    )


def _body(html: str, typed: str) -> tuple[str, Format]:
    """What was typed, where it is shown here as it was there; else what was shown, to the letter:
    Remark42 sanitises what was typed, too, which spoils some of it."""
    if typed and _plain(render_body(typed)) == _plain(render_body(html, Format.HTML)):
        return typed, Format.MARKDOWN
    return (html, Format.HTML) if html else (typed, Format.MARKDOWN)


def _plain(html: str) -> str:
    """HTML but for what says nothing: spaces between elements, and how breaks are written."""
    return "".join(html.split())
