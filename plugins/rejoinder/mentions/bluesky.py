"""Bluesky's public API as mentions. Pure: JSON that somebody fetched in, mentions out.

Lexicons app.bsky.feed.getPostThread, getLikes, getRepostedBy, app.bsky.richtext.facet,
com.atproto.label.defs. Nothing that comes in is trusted: records are whatever somebody wrote.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import quote

from rejoinder.comments.model import Format, Kind, one_line
from rejoinder.mentions.harvest import LIKED, REPOSTED, Announced, Part, Read
from rejoinder.mentions.mastodon import BODY, NAME, ODD
from rejoinder.mentions.model import Mention
from rejoinder.profiles.addresses import is_web

API = "https://public.api.bsky.app"
DEPTH = 100
PAGE = 100

_POST = re.compile(r"https?://[^/?#]+/profile/([^/?#]+)/post/(\w+)/?")
_URI = re.compile(r"at://(did:[a-z]+:[\w.:%-]+)/app\.bsky\.feed\.post/(\w+)")
_HIDDEN = frozenset({"!no-unauthenticated", "!hide", "!takedown"})
_COVERED = frozenset({"!warn", "porn", "sexual", "nudity", "graphic-media", "gore"})


def place(url: str) -> tuple[str, str] | None:
    """Whose post is at an address (a handle or a DID), and its record's key; None for no post."""
    found = _POST.fullmatch(url)
    return (found[1], found[2]) if found else None


def record_uri(source: str) -> str:
    """The at:// address of a reply by its source; '' where it is none."""
    found = place(source)
    return f"at://{found[0]}/app.bsky.feed.post/{found[1]}" if found else ""


def is_gone(answer: Any) -> bool:
    """Whether a thread's answer says that its post isn't there for everybody any more."""
    node = answer.get("thread") if isinstance(answer, dict) else None
    return isinstance(node, dict) and _type(node) in ("notFoundPost", "blockedPost")


def replies(answer: Any, announced: Announced, root_did: str) -> Read:
    """The replies in a thread. Those of people who are shown to the signed-in alone, that the
    author hid, or that a moderator took down, are left out; a reply to one of these answers the
    nearest one above it that is shown."""
    try:
        root = answer["thread"]
        gate = (answer.get("threadgate") or {}).get("record") or {}
        hidden = frozenset(map(str, gate.get("hiddenReplies") or ()))
        waiting: list[tuple[Any, str, int]] = [(node, "", 1) for node in root.get("replies") or ()]
    except ODD:
        return Read(cut=True)
    found: list[Mention] = []
    cut = False
    while waiting:
        node, above, depth = waiting.pop()
        try:
            if _type(node) in ("notFoundPost", "blockedPost"):
                continue
            post = node["post"]
            below = list(node.get("replies") or ())
            cut = cut or (depth >= DEPTH and not below and bool(post.get("replyCount")))
            mention = None if post["uri"] in hidden else _reply(post, announced, root_did, above)
        except ODD:
            cut = True
            continue
        if mention is not None:
            found.append(mention)
            above = mention.url
        waiting += [(reply, above, depth + 1) for reply in below]
    return Read(tuple(found), cut)


def _type(node: Any) -> str:
    return str(node.get("$type")).rpartition("#")[2]


def _reply(post: Any, announced: Announced, root_did: str, above: str) -> Mention | None:
    author, uri = post["author"], _URI.fullmatch(str(post["uri"]))
    labels = _labels(post) | _labels(author)
    if uri is None or labels & _HIDDEN:
        return None
    covers = sorted(labels & _COVERED)
    body = f"<p>[{', '.join(covers)}] …</p>" if covers else _body(post)
    if not body:
        return None
    source = f"https://bsky.app/profile/{uri[1]}/post/{uri[2]}"
    is_own = author["did"] == root_did
    return Mention(
        source=source, target=announced.target, url=source, kind=Kind.COMMENT, via="bluesky",
        author=_name(author), author_url=announced.profile_url if is_own else _home(author),
        date=_date(post["record"].get("createdAt"), post["indexedAt"]), body=body,
        format=Format.HTML, answers=above,
    )  # fmt: skip


def reactions(answer: Any, part: Part, announced: Announced, root_did: str) -> Read:
    """Who liked or reposted a post, from one page. The author's own are left out."""
    kind, mark = (Kind.LIKE, LIKED) if part is Part.LIKES else (Kind.REPOST, REPOSTED)
    found, cut = [], False
    try:
        rows = list(answer["likes" if part is Part.LIKES else "repostedBy"])
        following = str(answer.get("cursor") or "")
    except ODD:
        return Read(cut=True)
    for row in rows:
        try:
            actor = row["actor"] if part is Part.LIKES else row
            did = str(actor["did"])
            if _labels(actor) & _HIDDEN or did == root_did:
                continue
            dated = part is Part.LIKES
            found.append(Mention(
                source=f"{announced.url}{mark}{quote(did, safe=':')}", target=announced.target,
                url=announced.url, kind=kind, via="bluesky", author=_name(actor),
                author_url=_home(actor),
                date=_date(row.get("createdAt"), row["indexedAt"]) if dated else None,
            ))  # fmt: skip
        except ODD:
            cut = True
    return Read(tuple(found), cut, following)


def _labels(subject: Any) -> set[str]:
    """The labels that hold: one with `neg` takes an earlier one back."""
    rows = subject.get("labels") or ()
    return {str(row["val"]) for row in rows if not row.get("neg")}


def _name(actor: Any) -> str:
    name = one_line(str(actor.get("displayName") or "")) or one_line(_handle(actor))
    return name[:NAME].strip()


def _handle(actor: Any) -> str:
    """The handle, or the DID while nobody vouches for the handle."""
    handle = str(actor.get("handle") or "")
    return str(actor["did"]) if handle in ("", "handle.invalid") else handle


def _home(actor: Any) -> str:
    return f"https://bsky.app/profile/{quote(_handle(actor), safe=':')}"


def _date(said: Any, seen: Any) -> datetime:
    """When it was written as its writer says, but never after it was seen."""
    latest = datetime.fromisoformat(str(seen)).astimezone(UTC)
    with suppress(ValueError, OverflowError):
        latest = min(latest, datetime.fromisoformat(str(said)).astimezone(UTC))
    return latest.replace(microsecond=0)


def _body(post: Any) -> str:
    """The words of a reply, with the links that its facets and its card say; pictures become
    links."""
    record = post["record"]
    text = str(record.get("text") or "")[:BODY].encode()
    html, at = "", 0
    for start, end, link in sorted(_spans(record.get("facets"), len(text))):
        if start >= at:  # else it overlaps the one before
            html += _words(text[at:start])
            html += f'<a href="{escape(link)}">{_words(text[start:end])}</a>'
            at = end
    html += _words(text[at:])
    html = f"<p>{html}</p>" if html.strip() else ""
    embed = post.get("embed") or {}
    card = embed.get("external") or {}
    pictures = [(p.get("fullsize"), p.get("alt") or "image") for p in embed.get("images") or ()]
    for where, what in [(card.get("uri"), card.get("title") or card.get("uri")), *pictures]:
        if is_web(str(where or "")) and escape(str(where)) not in html:
            html += f'<p><a href="{escape(str(where))}">{escape(one_line(str(what))[:300])}</a></p>'
    return html


def _words(part: bytes) -> str:
    return escape(part.decode("utf-8", "replace"), quote=False).replace("\n", "<br>")


def _spans(facets: Any, length: int) -> list[tuple[int, int, str]]:
    """Where links are in a text's bytes: (start, end, address)."""
    found = []
    for facet in facets or ():
        start, end = int(facet["index"]["byteStart"]), int(facet["index"]["byteEnd"])
        for feature in facet["features"]:
            link = str(feature.get("uri") or "")
            if feature.get("did"):
                link = f"https://bsky.app/profile/{quote(str(feature['did']), safe=':')}"
            if is_web(link) and 0 <= start < end <= length:
                found.append((start, end, link))
    return found
