"""giscus and utterances: GitHub's discussions and issues, as its API gives them.

giscus, GraphQL (docs.github.com/graphql; giscus's services/github/getDiscussion.ts asks so):
discussions anywhere in the answer, {id, title, url, body, comments: {totalCount, nodes: [{id,
author: {login, url}, body or bodyHTML, createdAt, url, authorAssociation, deletedAt, isMinimized,
upvoteCount, reactions: {totalCount}, replies: {totalCount, nodes: [… replyTo: {id}]}}]}}.
utterances, REST (docs.github.com/rest/issues): lists of issues {number, title, body, url, html_url}
and of comments {id, issue_url, html_url, user: {login, html_url}, body or body_html, created_at,
author_association, reactions}. Both find the page by what the title holds, its address, path or
title, and write its address into the first post, which is therefore no comment.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rejoinder.comments.model import Format
from rejoinder.errors import ImportFailed
from rejoinder.migrate.report import counted
from rejoinder.migrate.talks.model import Remark, Standing, Talk, Told
from rejoinder.migrate.talks.sources.documents import documents
from rejoinder.migrate.talks.sources.values import (
    by_date,
    count,
    moment,
    record,
    records,
    text,
)

_LINK = re.compile(r"\[(https?://[^\s\]]+)\]\(\1\)")
"""How both write the page's address: as a link to itself."""


@dataclass(slots=True)
class _Read:
    """What was found so far, by id: an answer may come in pages."""

    told: Told
    topics: dict[str, dict[str, Any]] = field(default_factory=dict)
    remarks: dict[str, dict[str, Remark]] = field(default_factory=lambda: defaultdict(dict))
    said: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """How many comments and answers of a discussion there are, where GitHub says so."""
    pulls: set[str] = field(default_factory=set)

    def add(self, topic: str, line: int, remark: Remark) -> None:
        """A comment of a topic; of one that was fetched twice, the last."""
        before = self.remarks[topic].get(remark.id, remark)
        if before.body != remark.body:
            what = f"comment {remark.id} stands there twice, with other words; the last was taken"
            self.told(line, what)
        self.remarks[topic][remark.id] = remark


def read(file: Path, told: Told) -> Iterator[Talk]:
    """The discussions or issues that somebody commented on. Raises ImportFailed."""
    found = _Read(told)
    for line, document in documents(file, told):
        _search(document, found, line)
    if not found.topics and not found.remarks:
        raise ImportFailed(
            "this has neither discussions nor issues as GitHub's API gives them", where=file,
            mend="docs/moving-discussions.md has the commands that get them.",
        )  # fmt: skip
    for key, topic in found.topics.items():
        remarks = found.remarks.pop(key, {})
        missing = found.said[key] - len(remarks)
        if missing > 0:
            of = f"the discussion {text(topic.get('title'))!r}"
            told(None, f"{counted(missing, 'comment')} of {of} can't be found in the file")
        if remarks:
            yield _talk(key, topic, remarks)
    under_pulls = sum(len(found.remarks.pop(key, {})) for key in found.pulls)
    if found.pulls:
        told(None, f"{counted(len(found.pulls), 'pull request')}, about no page, left out with "
                   f"{counted(under_pulls, 'comment')}")  # fmt: skip
    for key, remarks in found.remarks.items():
        told(None, f"{counted(len(remarks), 'comment')} of {key}, which is not there")
        yield Talk(key, (), tuple(remarks.values()))


def _talk(key: str, topic: dict[str, Any], remarks: dict[str, Remark]) -> Talk:
    title = text(topic.get("title"))
    links = dict.fromkeys(_LINK.findall(text(topic.get("body"))))
    # The path that is a title comes without its ending, as '.html'.
    addresses = (*links, title, f"{title}.html") if title else tuple(links)
    return Talk(key, addresses, by_date(remarks.values()), title)


def _search(value: Any, found: _Read, line: int) -> None:
    """Take what is a discussion, an issue or its comment, wherever it stands."""
    if isinstance(value, list):
        for one in value:
            _search(one, found, line)
    elif isinstance(value, dict):
        if "issue_url" in value:
            _issue_comment(value, found, line)
        elif "comments_url" in value:
            _issue(value, found)
        elif isinstance(record(value.get("comments")).get("nodes"), list):
            _discussion(value, found, line)
        else:
            for one in value.values():
                _search(one, found, line)


def _discussion(value: dict[str, Any], found: _Read, line: int) -> None:
    key = text(value.get("id")) or text(value.get("url"))
    if not key:
        found.told(line, "a discussion has neither id nor url, and was left out")
        return
    found.topics.setdefault(key, {}).update(value)
    said = count(record(value["comments"]).get("totalCount"))
    for comment in records(value["comments"]["nodes"]):
        answers = record(comment.get("replies"))
        said += count(answers.get("totalCount"))
        parent = _keep(comment, "", key, found, line)
        for answer in records(answers.get("nodes")):
            to = text(record(answer.get("replyTo")).get("id"))
            _keep(answer, to or parent, key, found, line)
    found.said[key] = max(found.said[key], said)


def _keep(row: dict[str, Any], parent: str, key: str, found: _Read, line: int) -> str:
    number = text(row.get("id")) or text(row.get("url"))
    if not number:
        found.told(line, "a comment has neither id nor url, and was left out")
        return ""
    status = Standing.APPROVED
    if row.get("deletedAt"):
        status = Standing.DELETED
    elif row.get("isMinimized") is True:  # a moderator hid it
        status = Standing.PENDING
    reactions = count(record(row.get("reactions")).get("totalCount"))
    author = record(row.get("author"))
    found.add(key, line, _remark(
        row, number, parent, status, author, url=text(author.get("url")),
        votes=count(row.get("upvoteCount")) + reactions,
    ))  # fmt: skip
    return number


def _issue(row: dict[str, Any], found: _Read) -> None:
    key = text(row.get("url"))
    if "pull_request" in row:
        found.pulls.add(key)
    else:
        found.topics[key] = row
        found.said[key] = count(row.get("comments"))


def _issue_comment(row: dict[str, Any], found: _Read, line: int) -> None:
    number = text(row.get("id"))
    if not number:
        found.told(line, "a comment has no id, and was left out")
        return
    user = record(row.get("user"))
    found.add(text(row["issue_url"]), line, _remark(
        row, number, "", Standing.APPROVED, user, url=text(user.get("html_url")),
        votes=count(record(row.get("reactions")).get("total_count")),
    ))  # fmt: skip


def _remark(
    row: dict[str, Any], number: str, parent: str, status: Standing, author: dict[str, Any],
    *, url: str, votes: int,
) -> Remark:  # fmt: skip
    body = text(row.get("body"))
    role = text(row.get("authorAssociation")) or text(row.get("author_association"))
    return Remark(
        id=number,
        date=moment(row.get("createdAt") or row.get("created_at")),
        body=body or text(row.get("bodyHTML")) or text(row.get("body_html")),
        author=text(author.get("login")) or "ghost",  # as GitHub calls who has left
        parent=parent,
        status=status,
        format=Format.MARKDOWN if body else Format.HTML,
        url=url,
        source_url=text(row.get("html_url")) or text(row.get("url")),
        votes=votes,
        by_author=role == "OWNER",
    )
