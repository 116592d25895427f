"""Mastodon's public API as mentions. Pure: JSON that somebody fetched in, mentions out.

docs.joinmastodon.org: entities Status, Account, Context; methods/statuses. Nothing that comes in
is trusted: statuses are from any server.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import quote, urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from rejoinder.comments.model import Format, Kind, one_line
from rejoinder.mentions.harvest import LIKED, REPOSTED, Announced, Part, Read
from rejoinder.mentions.model import Mention
from rejoinder.profiles.addresses import is_web

MOST = 60
DEEPEST = 20
"""How many replies, and how deep, a server shows to who isn't signed in
(app/controllers/api/v1/statuses_controller.rb)."""

PAGE = 80
NAME, BODY = 100, 20_000
"""Characters of a name and a reply that are kept."""

ODD = (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError)
"""What reading JSON raises that isn't what it should be."""

_STATUS = re.compile(r"(https?://[^/?#]+)/(?:web/)?(?:@[^/?#]+|users/[^/?#]+/statuses)/(\d+)/?")
_NEXT = re.compile(r"<([^<>]+)>\s*;\s*rel=\"?next\"?")
_UNSEEN = re.compile(r"#(?:nobot|nobridge)\b", re.I)
_PUBLIC = ("public", "unlisted")


@dataclass(frozen=True, slots=True)
class Place:
    """A status on its server: `server` is its origin, `id` the server's own number."""

    server: str
    id: str

    @property
    def api(self) -> str:
        """Where the API has it."""
        return f"{self.server}/api/v1/statuses/{self.id}"


def place(url: str) -> Place | None:
    """The status at an address; None for one that is no Mastodon's."""
    found = _STATUS.fullmatch(url)
    return Place(found[1], found[2]) if found else None


def is_public(status: Any) -> bool:
    """Whether everybody may read a status."""
    return isinstance(status, dict) and status.get("visibility") in _PUBLIC


def owner(status: Any) -> str:
    """The id of who wrote a status, on the server that was asked."""
    try:
        return str(status["account"]["id"])
    except ODD:
        return ""


def replies(context: Any, announced: Announced, root_id: str, root_owner: str) -> Read:
    """The public replies under a status, from its context. A reply to one that isn't shown
    answers the nearest one above it that is."""
    found: dict[str, Any] = {}
    cut = False
    try:
        rows = list(context["descendants"])
    except ODD:
        return Read(cut=True)
    for row in rows:
        try:
            found[str(row["id"])] = row
        except ODD:
            cut = True
    shown: dict[str, Mention] = {}
    for number, row in found.items():
        try:
            mention = _reply(row, announced, owner(row) == root_owner)
        except ODD:
            cut = True
            continue
        if mention is not None:
            shown[number] = mention
    threaded = []
    for number, mention in shown.items():
        above = _above(number, found)
        cut = cut or len(above) >= DEEPEST
        nearest = next((shown[a] for a in above if a in shown), None)
        threaded.append(mention if nearest is None else replace(mention, answers=nearest.url))
    return Read(tuple(threaded), cut or len(rows) >= MOST)


def _above(number: str, found: Mapping[str, Any]) -> list[str]:
    """The statuses that one answers, the nearest first, as far as they are known."""
    above: list[str] = []
    while len(above) <= len(found):
        number = str(found[number].get("in_reply_to_id") or "")
        if number not in found or number in above:
            break
        above.append(number)
    return above


def _reply(status: Any, announced: Announced, is_own: bool) -> Mention | None:
    """A status as a mention; None for one that isn't for everybody, or says nothing."""
    account = status["account"]
    if not is_public(status) or not _is_seen(account):
        return None
    body = _body(status)
    url, uri = str(status.get("url") or ""), str(status["uri"])
    # Its name is its address, but never one that another server's status could claim.
    source = url if is_web(url) and urlsplit(url).netloc == urlsplit(uri).netloc else uri
    if not body or not is_web(source):
        return None
    return Mention(
        source=source, target=announced.target, url=source, kind=Kind.COMMENT, via="mastodon",
        author=_name(account), author_url=announced.profile_url if is_own else _home(account),
        date=_date(str(status["created_at"])), body=body, format=Format.HTML,
    )  # fmt: skip


def reactions(
    accounts: Any, part: Part, announced: Announced, server: str, root_owner: str, link: str = ""
) -> Read:
    """Who liked or boosted a status, from one page of accounts; `link` is its Link header. The
    author's own are left out."""
    if not isinstance(accounts, list):
        return Read(cut=True)
    kind, mark = (Kind.LIKE, LIKED) if part is Part.LIKES else (Kind.REPOST, REPOSTED)
    found, cut = [], False
    for account in accounts:
        try:
            name = str(account["acct"])
            if not _is_seen(account) or str(account["id"]) == root_owner:
                continue
            full = name if "@" in name else f"{name}@{urlsplit(server).netloc}"
            found.append(Mention(
                source=f"{announced.url}{mark}{quote(full, safe='@')}", target=announced.target,
                url=announced.url, kind=kind, via="mastodon", author=_name(account),
                author_url=_home(account),
            ))  # fmt: skip
        except ODD:
            cut = True
    following = _NEXT.search(link)
    return Read(tuple(found), cut, following[1] if following else "")


def _is_seen(account: Any) -> bool:
    """Whether somebody is shown elsewhere: not if their server hides them, or they ask not to
    be, with the hashtags that bridges know."""
    note = re.sub(r"<[^>]*>", "", str(account.get("note") or ""))
    return not (account.get("suspended") or account.get("limited") or _UNSEEN.search(note))


def _name(account: Any) -> str:
    name = str(account.get("display_name") or "")
    for emoji in account.get("emojis") or ():
        name = name.replace(f":{emoji['shortcode']}:", "")
    return (one_line(name) or one_line(str(account["acct"])))[:NAME].strip()


def _home(account: Any) -> str:
    url = str(account.get("url") or "")
    return url if is_web(url) else ""


def _date(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(microsecond=0)


def _body(status: Any) -> str:
    """The words of a reply, without the names at their beginning; of one behind a warning, the
    warning alone. Pictures become links."""
    warning = one_line(str(status.get("spoiler_text") or ""))
    if warning:
        return f"<p>{escape(warning[:500])} …</p>"
    soup = BeautifulSoup(str(status.get("content") or "")[:BODY], "html.parser")
    first = soup.find("p") or soup
    for part in list(first.children) if isinstance(first, Tag) else ():
        if isinstance(part, Tag) and {"h-card", "mention"} & {*(part.get("class") or ())}:
            part.extract()
        elif str(part).strip():
            if isinstance(part, NavigableString):
                part.replace_with(part.lstrip())
            break
    words = str(soup) if soup.get_text(strip=True) else ""
    for media in status.get("media_attachments") or ():
        where = str(media.get("url") or "")
        if is_web(where):
            what = one_line(str(media.get("description") or media.get("type") or where))[:300]
            words += f'<p><a href="{escape(where)}">{escape(what)}</a></p>'
    return words
