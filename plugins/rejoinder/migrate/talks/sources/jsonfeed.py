"""JSON Feed 1.1 (jsonfeed.org/version/1.1), and 1, of comments: this program's own feeds, and
others like them.

{version, items: [{id, url (a comment's own address, on its page), title, content_html or
content_text, date_published, authors: [{name, url}] (1: author)}]}. Our extension says what an
item answers and what it is: `_rejoinder: {in_reply_to (an address), kind}`. Comments of another
feed answer their page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

from rejoinder.comments.model import ID_PATTERN, Format, Kind
from rejoinder.errors import ImportFailed
from rejoinder.migrate.talks.model import Remark, Talk, Told
from rejoinder.migrate.talks.sources.documents import documents
from rejoinder.migrate.talks.sources.values import by_date, kind, moment, record, records, text


def read(file: Path, told: Told) -> Iterator[Talk]:
    """The pages that a feed's items stand on. Raises ImportFailed."""
    items: list[dict[str, Any]] = []
    is_feed = False
    for line, found in documents(file, told):
        feed = record(found)
        if "jsonfeed.org/version/" not in text(feed.get("version")):
            told(line, "the JSON is no JSON Feed, and was left out")
            continue
        is_feed = True
        items += records(feed.get("items"))
    if not is_feed:
        raise ImportFailed("this is no JSON Feed: it says no version of it", where=file)
    numbers = {text(item.get("url")): _number(item) for item in items}
    pages: dict[str, list[tuple[Remark, str]]] = defaultdict(list)
    for item in items:
        url = text(item.get("url"))
        if not url or not _number(item):
            told(None, f"item {text(item.get('id')) or url!r} has no id or url, and was left out")
            continue
        page = urldefrag(url).url
        answers = text(record(item.get("_rejoinder")).get("in_reply_to"))
        elsewhere = urldefrag(answers).fragment.removeprefix("comment-")
        parent = "" if answers in ("", page) else numbers.get(answers, elsewhere)
        remark = _remark(item, url, parent)
        pages[page].append((remark, _title(item, remark.author)))
    for page, found_there in pages.items():
        title = next((title for _, title in found_there if title), "")
        yield Talk(page, (page,), by_date(remark for remark, _ in found_there), title)


def _number(item: dict[str, Any]) -> str:
    """The id of the comment itself, where an item's ends in one of ours."""
    whole = text(item.get("id"))
    last = whole.rpartition("/")[2]
    return last if ID_PATTERN.fullmatch(last) else whole


def _title(item: dict[str, Any], author: str) -> str:
    """The title of what is discussed: ours call an item '(name) on (post)'."""
    whole, mark = text(item.get("title")), f"{author} on "
    return whole.removeprefix(mark) if whole.startswith(mark) else ""


def _remark(item: dict[str, Any], url: str, parent: str) -> Remark:
    author = next(iter(records(item.get("authors"))), record(item.get("author")))
    html = text(item.get("content_html")) or escape(text(item.get("content_text")), quote=False)
    what, by_author = kind(record(item.get("_rejoinder")).get("kind"))
    own_url = text(author.get("url"))
    return Remark(
        id=_number(item),
        date=moment(item.get("date_published")),
        body=html,
        author=text(author.get("name")),
        parent=parent,
        format=Format.HTML,
        kind=what,
        url=own_url,
        anchor=urldefrag(url).fragment,
        source_url=text(item.get("external_url")) or ("" if what is Kind.COMMENT else own_url),
        by_author=by_author,
    )
