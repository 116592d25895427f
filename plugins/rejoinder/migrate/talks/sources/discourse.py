"""Discourse: topics, as `/t/ID.json` gives them (with `print=true`, up to 1,000 posts).

{id, title, slug, posts_count, featured_link, details: {created_by: {username}}, post_stream:
{posts: [{id, post_number, reply_to_post_number, post_type (1 a post, others are records of
Discourse's own), username, name, cooked (HTML), created_at, deleted_at, user_deleted, hidden,
actions_summary: [{id (2 a like), count}]}], stream: [the ids of all posts]}}
(app/serializers/topic_view_serializer.rb, post_serializer.rb). The first post is the page's own:
Discourse writes where it comes from into it (app/models/topic_embed.rb, `imported_from_html`).
`/t/ID/posts.json` gives further posts, {id, post_stream: {posts}}.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

from rejoinder.comments.model import Format
from rejoinder.errors import ImportFailed
from rejoinder.migrate.report import counted
from rejoinder.migrate.talks.model import Remark, Standing, Talk, Told
from rejoinder.migrate.talks.sources.documents import documents
from rejoinder.migrate.talks.sources.values import count, moment, record, records, text

_POST, _LIKE = 1, 2
_NOBODY = frozenset({"system", "discobot"})
_LINK = re.compile(r"<a\b[^>]*\bhref=[\"'](https?://[^\"']+)[\"'][^>]*>([^<]*)</a>", re.I)
_IMAGE = re.compile(r"<img\b[^>]*\bclass=[\"'](emoji|avatar)\b[^>]*>", re.I)
_ALT = re.compile(r"\balt=[\"']([^\"']*)[\"']", re.I)


def read(file: Path, told: Told) -> Iterator[Talk]:
    """The topics of a file or folder. Raises ImportFailed."""
    topics: dict[str, dict[str, Any]] = {}
    posts: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for line, found in documents(file, told):
        for topic in records(found if isinstance(found, list) else [found]):
            stream = record(topic.get("post_stream"))
            key = text(topic.get("id"))
            if not key or not isinstance(stream.get("posts"), list):
                told(line, "this is no topic: it has no id, or no posts; it was left out")
                continue
            if "title" in topic or key not in topics:
                topics[key] = topic
            for post in records(stream["posts"]):
                if isinstance(number := post.get("post_number"), int):
                    before = posts[key].get(number, post)
                    if before.get("cooked") != post.get("cooked"):
                        told(line, f"post {number} of topic {key} stands there twice, with other "
                                   "words; the last was taken")  # fmt: skip
                    posts[key][number] = post
                else:
                    told(line, f"a post of topic {key} has no number, and was left out")
    if not topics:
        raise ImportFailed(
            "this has no topics as Discourse's API gives them", where=file,
            mend="Get one from https://FORUM/t/NUMBER.json?print=true.",
        )  # fmt: skip
    for key, topic in topics.items():
        yield from _talk(key, topic, [posts[key][n] for n in sorted(posts[key])], told)


def _talk(
    key: str, topic: dict[str, Any], posts: list[dict[str, Any]], told: Told
) -> Iterator[Talk]:
    stream = record(topic["post_stream"]).get("stream")
    ids = {post.get("id") for post in posts}
    missing = [one for one in stream if one not in ids] if isinstance(stream, list) else []
    title = text(topic.get("title"))
    if missing:
        left = counted(len(missing), "post")
        told(None, f"{left} of {title!r} can't be found in the file; ask for print=true")
    first = next((post for post in posts if post["post_number"] == 1), {})
    creator = text(record(record(topic.get("details")).get("created_by")).get("username"))
    creator = creator or text(first.get("username"))
    said = [post for post in posts if post["post_number"] != 1]
    remarks = tuple(_remark(post, creator) for post in said if post.get("post_type", 1) == _POST)
    if others := len(said) - len(remarks):
        told(None, f"{counted(others, 'post')} of {title!r}, whispered or a record of Discourse's "
                   "own, left out")  # fmt: skip
    if remarks:
        addresses = dict.fromkeys((text(topic.get("featured_link")), *_origins(first)))
        yield Talk(key, tuple(filter(None, addresses)), remarks, title, text(topic.get("slug")))


def _origins(first: dict[str, Any]) -> list[str]:
    """Where the first post says that it comes from: in a link whose words are its address."""
    links = _LINK.findall(text(first.get("cooked")))
    return [unescape(to) for to, words in reversed(links) if words.strip().startswith("http")]


def _remark(post: dict[str, Any], creator: str) -> Remark:
    status = Standing.APPROVED
    if post.get("deleted_at") or post.get("user_deleted") is True:
        status = Standing.DELETED
    elif post.get("hidden") is True:  # readers flagged it
        status = Standing.PENDING
    answers = post.get("reply_to_post_number")
    likes = (a for a in records(post.get("actions_summary")) if a.get("id") == _LIKE)
    username = text(post.get("username"))
    return Remark(
        id=str(post["post_number"]),
        date=moment(post.get("created_at")),
        body=_IMAGE.sub(_spelt, text(post.get("cooked"))),
        author=text(post.get("name")) or username,
        parent="" if answers in (None, 1) else text(answers),
        status=status,
        format=Format.HTML,
        votes=sum(count(one.get("count")) for one in likes),
        by_author=username == creator and username not in _NOBODY,
    )


def _spelt(image: re.Match[str]) -> str:
    """An emoji by its name, which is its text; nothing for the portrait beside a quotation."""
    alt = _ALT.search(image[0])
    return alt[1] if alt and image[1].lower() == "emoji" else ""
