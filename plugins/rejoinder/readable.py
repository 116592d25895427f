"""Feeds that a browser shows to people: a stylesheet, and in each entry its title as a link and
its first words as XHTML, which feed readers pass over (RFC 4287, 6; RSS 2.0, "Extending RSS").
A stylesheet in CSS can do no more than show what is there, and needs no script; browsers are
giving up XSLT (https://github.com/whatwg/html/issues/11523). Pure."""

from __future__ import annotations

import io
from collections.abc import Mapping
from html import escape
from typing import Any, TextIO

from rejoinder.languages.texts import ENGLISH, Texts
from rejoinder.words import plain, shorten

XHTML = "http://www.w3.org/1999/xhtml"
_VIEWPORT = {"name": "viewport", "content": "width=device-width, initial-scale=1"}
_WORDS = 240


def make_readable(feed: Any, stylesheet: str, texts: Texts = ENGLISH) -> None:
    """Have a feed (of `feedgenerator`, Atom or RSS) written so that a browser shows it with the
    stylesheet at this address, which must be of the same host."""
    said = texts.translate(
        "This is a feed. Give its address to a feed reader, and what is new here comes to you; "
        "nobody asks who you are."
    )
    write, attributes = feed.write, feed.root_attributes
    root, entry = feed.add_root_elements, feed.add_item_elements

    def write_styled(out: TextIO, encoding: str) -> None:
        whole = io.StringIO()
        write(whole, encoding)
        declaration, end, rest = whole.getvalue().partition("?>")
        out.write(f"{declaration}{end}\n{_instruction(stylesheet)}\n{rest.lstrip()}")

    def root_attributes() -> dict[str, str]:
        return {**attributes(), "xmlns:xhtml": XHTML}

    def add_root_elements(handler: Any) -> None:
        root(handler)
        handler.startElement("xhtml:div", {})
        handler.addQuickElement("xhtml:meta", None, _VIEWPORT)
        handler.startElement("xhtml:p", {})
        handler.characters(f"{said} ")
        page = texts.translate("Read it as a page")
        handler.addQuickElement("xhtml:a", page, {"href": feed.feed["link"]})
        handler.characters(".")
        handler.endElement("xhtml:p")
        handler.endElement("xhtml:div")

    def add_item_elements(handler: Any, item: Mapping[str, Any]) -> None:
        entry(handler, item)
        handler.startElement("xhtml:div", {"dir": "auto"})
        title = " ".join((item["title"] or "").split()) or "…"
        handler.addQuickElement("xhtml:a", title, {"href": item["link"]})
        words = shorten(plain(item["description"] or item["content"] or ""), _WORDS)
        if words:
            handler.addQuickElement("xhtml:p", words)
        handler.endElement("xhtml:div")

    feed.write, feed.root_attributes = write_styled, root_attributes
    feed.add_root_elements, feed.add_item_elements = add_root_elements, add_item_elements


def _instruction(stylesheet: str) -> str:
    return f'<?xml-stylesheet type="text/css" href="{escape(stylesheet)}"?>'
