"""Profiles as OPML 2.0 (opml.org/spec2.opml), for feed readers, and OPML as profiles. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.parsers import expat

from rejoinder.comments.model import one_line
from rejoinder.errors import CrosslinkError
from rejoinder.profiles.addresses import is_web

MOST = 1 << 20
"""The longest OPML that is read, in bytes."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed: `group` is whose it is, `url` its page, `feed` its own address."""

    title: str
    url: str
    feed: str
    group: str = ""


def write(title: str, outlines: Iterable[Outline]) -> str:
    """The text of an OPML file, grouped, in the order that is given."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = one_line(title)
    body = ET.SubElement(root, "body")
    groups: dict[str, ET.Element] = {}
    for one in outlines:
        parent = body
        if one.group:
            if one.group not in groups:
                groups[one.group] = ET.SubElement(body, "outline", text=one_line(one.group))
            parent = groups[one.group]
        ET.SubElement(parent, "outline", type="rss", text=one_line(one.title),
                      xmlUrl=one.feed, htmlUrl=one.url)  # fmt: skip
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def read(data: bytes, where: str) -> list[Outline]:
    """The feeds in an OPML file, however deep; each once. Raises CrosslinkError for what is none,
    is too long, or declares entities."""
    if len(data) > MOST:
        raise CrosslinkError(f"the file is longer than {MOST:,} bytes", where=where)
    parser = ET.XMLParser(target=_Plain())
    try:
        parser.feed(data)
        root = parser.close()
    except (ET.ParseError, expat.ExpatError, ValueError, LookupError) as error:
        raise CrosslinkError(f"this is no OPML: {error}", where=where) from error
    found = {one.feed: one for one in reversed(list(_outlines(root, "", 0)))}
    if root.tag.lower() != "opml":
        raise CrosslinkError(f"this is no OPML, but <{root.tag[:40]}>", where=where)
    return list(reversed(found.values()))


def _outlines(parent: ET.Element, group: str, depth: int) -> Iterator[Outline]:
    for child in parent:
        title = one_line(child.get("title") or child.get("text") or "")
        feed, url = (child.get("xmlUrl") or "").strip(), (child.get("htmlUrl") or "").strip()
        if is_web(feed):
            yield Outline(title or feed, url if is_web(url) else feed, feed, group)
        if depth < 20:
            yield from _outlines(child, title if child.tag == "outline" else group, depth + 1)


class _Plain(ET.TreeBuilder):
    """Elements alone: a document type could declare entities that grow."""

    def doctype(self, *_: object) -> None:
        raise ValueError("it has a document type, and needs none")
