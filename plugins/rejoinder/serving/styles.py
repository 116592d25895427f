"""Inline styles of HTML turned into classes: under a strict policy browsers apply none. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from html import escape, unescape

_ATTRIBUTE = r"""\s+([^\s=<>/"']+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>`=]+))?"""
_TAG = re.compile(rf"<([a-zA-Z][^\s/<>]*)((?:{_ATTRIBUTE})+)(\s*/?)>")
_EACH = re.compile(_ATTRIBUTE)
_ANY = re.compile(r"\sstyle\s*=", re.I)
_ALIGNED = re.compile(r"text-align: ?(left|center|right)", re.I)
_UNSAFE = re.compile(r"[{}<>@\\]|/\*")


def to_classes(html: str) -> tuple[str, dict[str, str]]:
    """HTML with a class in place of each `style`, and what its classes stand for: declarations by
    class. `text-align`, as Markdown writes it in tables, is `align-left`, `align-center` or
    `align-right`, which stylesheets know. What could end a rule of a stylesheet is left out."""
    if not _ANY.search(html):
        return html, {}
    rules: dict[str, str] = {}

    def without(tag: re.Match[str]) -> str:
        if not _ANY.search(tag[2]):
            return tag[0]
        kept, classes = "", []
        for match in _EACH.finditer(tag[2]):
            name, value = match[1].lower(), match[2] or ""
            if name == "style":
                classes += _named(_unquoted(value), rules)
            elif name == "class":
                classes.insert(0, _unquoted(value))
            else:
                kept += match[0]
        said = f' class="{escape(" ".join(classes))}"' if classes else ""
        return f"<{tag[1]}{said}{kept}{tag[5]}>"

    return _TAG.sub(without, html), rules


def _unquoted(value: str) -> str:
    """The value of an attribute as it is meant."""
    return unescape(value[1:-1] if value[:1] in ("'", '"') else value)


def _named(declarations: str, rules: dict[str, str]) -> list[str]:
    """The class of some declarations, which is put into `rules` where no stylesheet knows it."""
    said = " ".join(declarations.split()).strip("; ")
    aligned = _ALIGNED.fullmatch(said)
    if aligned:
        return [f"align-{aligned[1].lower()}"]
    if not said or _UNSAFE.search(said):
        return []
    name = f"style-{hashlib.sha256(said.encode()).hexdigest()[:8]}"
    rules[name] = said
    return [name]


def sheet(rules: Mapping[str, str]) -> str:
    """A stylesheet of what classes stand for."""
    return "".join(f".{name} {{ {rules[name]} }}\n" for name in sorted(rules))
