"""X's 'Download an archive of your data': the posts, nothing else of it.

`data/tweets.js`, its parts and older names assign a JSON array: `window.YTD.tweets.part0 = […]`.
Of a post, `entities.urls` say what each t.co link stands for; `note-tweet.js` has the whole text of
long ones.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from html import escape, unescape
from pathlib import Path
from typing import Any

from rejoinder.errors import CrosslinkError
from rejoinder.profiles.addresses import is_web
from rejoinder.profiles.entries import Entry, Kind
from rejoinder.profiles.exports.archive import Export, files
from rejoinder.profiles.feeds import make

_FILES = re.compile(
    r"/(?:tweets?(?:-part\d+|\.part\d+)?|note-tweet(?:-part\d+)?|account)\.js$", re.I
)
_ALIKE = 80  # characters that a post and its long version begin with
_BEGIN = re.compile(r"\s*window\.YTD\.(\w+)\.part\d+\s*=\s*")


def read(path: Path) -> Export:
    """The posts of an export. Raises CrosslinkError for what is no export, and for a protected
    account, whose posts aren't public."""
    export = Export()
    found = files(path, _FILES, "data/tweets.js")
    rows = {name: list(_rows(data, name, export)) for name, data in found.items()}
    accounts = [row["account"] for of in rows.values() for row in of if _has(row, "account")]
    account: dict[str, Any] = accounts[0] if accounts else {}
    handle, own_id = str(account.get("username") or ""), str(account.get("accountId") or "")
    if account.get("protected") is True:
        raise CrosslinkError("the account is protected, so its posts are not public", where=path)
    notes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in (row["noteTweet"] for of in rows.values() for row in of if _has(row, "noteTweet")):
        if _has(row, "core"):
            notes[str(row["core"].get("text", ""))[:_ALIKE]].append(row)
    posts = [row["tweet"] if _has(row, "tweet") else row for of in rows.values() for row in of
             if not _has(row, "account") and not _has(row, "noteTweet")]  # fmt: skip
    if not posts and not any("tweet" in name for name in found):
        raise CrosslinkError("there is no data/tweets.js in it", where=path,
                             mend="Ask X for the whole archive.")  # fmt: skip
    for post in posts:
        entry = _entry(post, handle, own_id, notes)
        if entry is None:
            export.problems.append(f"a post without an id or a date: {str(post)[:60]!r}")
        elif post.get("scopes") or post.get("limitedActions"):
            export.left_out["shown to a circle alone"] += 1
        else:
            export.entries.append(entry)
    return export


def _rows(data: bytes, name: str, export: Export) -> Iterator[dict[str, Any]]:
    text = data.decode("utf-8-sig", "replace")
    begin = _BEGIN.match(text)
    try:
        found = json.loads(text[begin.end() :].rstrip().rstrip(";") if begin else text)
    except (ValueError, RecursionError) as error:
        export.problems.append(f"{name}: this is no list of posts: {error}")
        return
    for row in found if isinstance(found, list) else ():
        if isinstance(row, dict):
            yield row
        else:
            export.problems.append(f"{name}: {str(row)[:60]!r} is no post")


def _entry(
    post: Mapping[str, Any],
    handle: str,
    own_id: str,
    notes: Mapping[str, list[dict[str, Any]]],
) -> Entry | None:
    number = str(post.get("id_str") or post.get("id") or "")
    try:
        date = datetime.strptime(str(post.get("created_at")), "%a %b %d %H:%M:%S %z %Y")
    except ValueError:
        return None
    if not number.isdigit():
        return None
    text = unescape(str(post.get("full_text") or post.get("text") or ""))
    urls = _urls(post)
    note = next((n for n in notes.get(text[:_ALIKE], ()) if _is_note_of(n, text, date)), None)
    if note is not None:
        text = str(note["core"].get("text") or text)
        urls |= _urls(note["core"])
    for short, target in urls.items():
        text = text.replace(short, target)
    html = escape(text) + "".join(f' <a href="{escape(url)}"></a>' for url in urls.values())
    url = f"https://x.com/{handle or 'i'}/status/{number}"
    entry = make("x", "", url, date.astimezone(UTC), "", html)
    to = str(post.get("in_reply_to_user_id_str") or post.get("in_reply_to_user_id") or "")
    if to and to == own_id:
        return replace(entry, kind=Kind.OWN)  # a thread of one's own
    return replace(entry, kind=Kind.ANSWER) if to else entry


def _urls(post: Mapping[str, Any]) -> dict[str, str]:
    """Short addresses and what they stand for; those of X's own media are none."""
    entities = post.get("entities")
    rows = (
        [
            *(entities.get("urls") or ()),
        ]
        if isinstance(entities, dict)
        else []
    )
    rows += post.get("urls") or ()
    found = {}
    for row in rows:
        short = str(row.get("url") or row.get("shortUrl") or "") if isinstance(row, dict) else ""
        target = str(row.get("expanded_url") or row.get("expandedUrl") or "") if short else ""
        if short and is_web(target):
            found[short] = target
    return found


def _is_note_of(note: Mapping[str, Any], text: str, date: datetime) -> bool:
    """Notes name no post: the same beginning in the same minute is what ties them."""
    try:
        made = datetime.fromisoformat(str(note.get("createdAt")).replace("Z", "+00:00"))
    except ValueError:
        return False
    if made.tzinfo is None or len(text) < _ALIKE:
        return False
    return abs((made - date).total_seconds()) < 120


def _has(row: Mapping[str, Any], name: str) -> bool:
    return isinstance(row.get(name), dict)
