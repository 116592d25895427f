"""Where a theme's templates can be added to, told from their source. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

_EXTENDS = re.compile(r"\{%-?\s*extends\s+([\"'])(.+?)\1")
_BLOCK = re.compile(r"\{%-?\s*block\s+(\w+)")
_HEAD = re.compile(r"<head\b.*?</head\s*>", re.S | re.I)
_NOT_HERE = re.compile(
    r"<title\b.*?</title\s*>|<style\b.*?</style\s*>|<[a-z][^<>]*\{%-?\s*block\b[^>]*>", re.S | re.I
)
_CONTENT = ("content", "main", "article", "body")
_HEADS = ("extra_head", "head_extra", "extrahead", "head", "additional_head", "meta")
"""Names that themes give them, the surest first."""


def content_block(templates: Mapping[str, str], name: str) -> str | None:
    """The block that a page's own content is in, of a template and those it extends."""
    named = {block for source in chain(templates, name) for block in _BLOCK.findall(source)}
    return next((block for block in _CONTENT if block in named), None)


def head_block(templates: Mapping[str, str], name: str) -> str | None:
    """A block inside `<head>` that takes whole elements: not one in a title, an attribute or a
    style."""
    for source in chain(templates, name):
        if head := _HEAD.search(source):
            found = _BLOCK.findall(_NOT_HERE.sub("", head[0]))
            sure = next((block for block in _HEADS if block in found), None)
            return sure or (found[-1] if found else None)
    return None


def chain(templates: Mapping[str, str], name: str) -> list[str]:
    """The source of a template and of those it extends, in that order."""
    found: list[str] = []
    while name in templates and templates[name] not in found:
        found.append(templates[name])
        parent = _EXTENDS.search(found[-1])
        if parent is None:
            break
        name = parent[2].removeprefix("!simple/").removeprefix("!theme/")
    return found
