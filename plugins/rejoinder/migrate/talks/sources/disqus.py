"""Disqus: the XML that Admin → Moderation → Export makes (disqus.com/api/schemas/1.0/disqus.xsd).

`thread` elements (dsq:id, id, link, title) come first, then `post` elements (dsq:id, message as
HTML, createdAt, isDeleted, isSpam, isApproved where it is there, author, ipAddress, a reference to
its thread and to its parent). It comes as `.xml.gz`. Elements are read one by one. Links in
messages lead through disq.us/url?url=ADDRESS:SIGNATURE&cuid=…, which notes who follows them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from rejoinder.comments.model import Format
from rejoinder.errors import ImportFailed
from rejoinder.migrate.report import counted
from rejoinder.migrate.talks.model import Remark, Standing, Talk, Told
from rejoinder.migrate.talks.sources import values
from rejoinder.migrate.talks.sources.xml import elements

_NS = "{http://disqus.com}"
_ID = "{http://disqus.com/disqus-internals}id"
_DETOUR = re.compile(r"(?<=href=\")https?://disq\.us/url\?url=(https?%3A%2F%2F[^\"&]+)[^\"]*", re.I)
_SIGNATURE = re.compile(r":[\w-]{27}\Z")


class _Thread(NamedTuple):
    link: str
    identifier: str
    title: str
    line: int


def read(file: Path, told: Told) -> Iterator[Talk]:
    """The threads of an export. Raises ImportFailed."""
    threads: dict[str, _Thread] = {}
    remarks: dict[str, list[Remark]] = defaultdict(list)
    is_disqus = False
    for line, element in elements(file, ("thread", "post"), told):
        is_disqus = True
        number = element.get(_ID) or ""
        if element.tag == f"{_NS}thread":
            threads[number] = _Thread(
                _text(element, "link"), _text(element, "id"), _text(element, "title"), line
            )
            continue
        number = number or _text(element, "id")
        of = _reference(element, "thread")
        if not number or not of:
            told(line, "the post has no number, or says no thread, and was left out")
            continue
        remarks[of].append(_remark(element, number, line))
    if not is_disqus:
        raise ImportFailed(
            "this is no export of Disqus: it has neither threads nor posts", where=file,
            mend="Disqus makes one at disqus.com, Admin, Community, Export.",
        )  # fmt: skip
    for number, thread in threads.items():
        if found := remarks.pop(number, None):
            addresses = tuple(
                dict.fromkeys(a for a in (thread.link, *_addresses(thread.identifier)) if a)
            )
            yield Talk(number, addresses, tuple(found), thread.title, thread.identifier,
                       thread.line)  # fmt: skip
    for number, found in remarks.items():
        told(found[0].line, f"{counted(len(found), 'post')} of thread {number}, which is not there")
        yield Talk(number, (), tuple(found))


def _addresses(identifier: str) -> tuple[str, ...]:
    """Addresses in the identifier that a site gave: WordPress's plugin writes '12 https://…/?p=12',
    static sites often the page's path."""
    return tuple(word for word in identifier.split() if "/" in word)


def _remark(element: Element, number: str, line: int) -> Remark:
    author = element.find(f"{_NS}author")
    author = author if author is not None else Element("nobody")
    status = Standing.APPROVED
    if _text(element, "isSpam") == "true":
        status = Standing.SPAM
    elif _text(element, "isDeleted") == "true":
        status = Standing.DELETED
    elif _text(element, "isApproved") == "false":
        status = Standing.PENDING
    return Remark(
        id=number,
        date=values.moment(_text(element, "createdAt")),
        body=_DETOUR.sub(_straight, _text(element, "message")),
        author=_text(author, "name") or _text(author, "username"),
        parent=_reference(element, "parent"),
        status=status,
        format=Format.HTML,
        url=_text(author, "link"),
        email=_text(author, "email"),
        ip=_text(element, "ipAddress"),
        anchor=f"comment-{number}",
        line=line,
    )


def _straight(link: re.Match[str]) -> str:
    return escape(_SIGNATURE.sub("", unquote(unescape(link[1]))))


def _reference(element: Element, name: str) -> str:
    to = element.find(f"{_NS}{name}")
    return "" if to is None else to.get(_ID) or ""


def _text(element: Element, name: str) -> str:
    return (element.findtext(f"{_NS}{name}") or "").strip()
