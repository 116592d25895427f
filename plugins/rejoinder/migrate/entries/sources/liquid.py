"""Liquid in the text of a Jekyll site: what it stands for, where that is certain. Pure.

Jekyll's own tags and filters (jekyllrb.com/docs/liquid): `highlight`, `raw`, `comment`, `post_url`
and `link`; variables of the page and the site; `relative_url`, `absolute_url` and `prepend`. All
other tags are kept to the letter, and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping

from rejoinder.migrate.markdown import fenced_in

Finder = Callable[[str, str], str | None]
"""From 'post_url' or 'link' and what it names to an address; None where there is none."""

_RAW = re.compile(r"\{%-?\s*raw\s*-?%\}(.*?)\{%-?\s*endraw\s*-?%\}", re.S)
_HIGHLIGHT = re.compile(
    r"(?P<indent>^[ \t]*)?\{%-?\s*highlight\s+(?P<language>[\w+#.-]+)(?:[^%]|%(?!\}))*?-?%\}"
    r"[ \t]*\n?(?P<code>.*?)\n?[ \t]*\{%-?\s*endhighlight\s*-?%\}",
    re.S | re.M,
)
_COMMENT = re.compile(r"\{%-?\s*comment\s*-?%\}(.*?)\{%-?\s*endcomment\s*-?%\}", re.S)
_LINK = re.compile(r"\{%-?\s*(post_url|link)\s+([^%]+?)\s*-?%\}")
_OUTPUT = re.compile(
    r"\{\{-?\s*(?:([\"'])(?P<text>[^{}]*?)\1|(?P<name>[\w.]+))\s*(?P<filters>(?:\|[^{}|]+)*)-?\}\}"
)
_FILTER = re.compile(r"\|\s*(relative_url|absolute_url|prepend:\s*site\.(?:baseurl|url)|escape)\s*")
_TAG = re.compile(r"\{%-?\s*(\w+)((?:[^%]|%(?!\}))*?)-?%\}")
_VALUE = re.compile(r"\{\{-?\s*([\w.]+)[^{}]*\}\}")
_FLOW = re.compile(r"\{%-?\s*(?:for|if|unless|case|assign|capture|paginate|tablerow)\b")
_HELD = re.compile("\x02(\\d+)\x03")


def makes_pages(text: str) -> bool:
    """Whether a text is a template, which makes its words of other things."""
    return bool(_FLOW.search(_HIGHLIGHT.sub("", _RAW.sub("", text))))


def words(text: str) -> str:
    """What a text has besides Liquid and HTML's tags."""
    return re.sub(r"<[^>]*>", "", _VALUE.sub("", _TAG.sub("", text))).strip()


def resolved(text: str, variables: Mapping[str, str], find: Finder) -> tuple[str, Counter[str]]:
    """A text without the Liquid that has a certain meaning, and how often each tag was kept.
    `variables` are scalars like `site.title`; `site.baseurl` and `site.url` stand before what the
    filters make addresses of."""
    held: list[str] = []

    def hold(inside: str) -> str:
        held.append(inside)
        return f"\x02{len(held) - 1}\x03"

    text = text.replace("\x02", "").replace("\x03", "")
    text = _RAW.sub(lambda match: hold(match[1]), text)
    text = _HIGHLIGHT.sub(lambda m: fenced_in(m["indent"] or "", m["code"], m["language"]), text)
    text = _COMMENT.sub(lambda match: f"<!--{match[1].replace('--', '- -')}-->", text)
    text = _LINK.sub(lambda match: find(match[1], match[2].strip("\"'")) or match[0], text)
    text = _OUTPUT.sub(lambda match: _output(match, variables), text)
    kept = Counter(_called(match) for match in _TAG.finditer(text))
    kept.update(f"{{{{ {match[1]} }}}}" for match in _VALUE.finditer(text))
    return _HELD.sub(lambda match: held[int(match[1])], text), kept


def _output(match: re.Match[str], variables: Mapping[str, str]) -> str:
    filters = match["filters"]
    if _FILTER.sub("", filters).strip():
        return match[0]
    if match["name"] is None:
        found: str | None = match["text"]
    else:
        found = variables.get(match["name"])
    if found is None:
        return match[0]
    base, url = variables.get("site.baseurl", ""), variables.get("site.url", "")
    for name in _FILTER.findall(filters):
        if name == "relative_url":
            found = f"{base}/{found.lstrip('/')}"
        elif name == "absolute_url":
            found = f"{url}{base}/{found.lstrip('/')}"
        elif name.startswith("prepend"):
            found = (url if name.endswith("url") and not name.endswith("baseurl") else base) + found
    return found


def _called(match: re.Match[str]) -> str:
    """A tag by its name; an `include` with the file that it takes in."""
    first = match[2].split()
    return f"include {first[0]}" if match[1].startswith("include") and first else match[1]
