"""Shortcodes in the text of a Hugo site: what they stand for, where Hugo itself says so. Pure.

`highlight`, `ref`, `relref` and `figure` of those that come with Hugo (gohugo.io/shortcodes); all
others are kept to the letter, and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from html import escape, unescape

from rejoinder.comments import commonmark
from rejoinder.migrate.markdown import fenced_in

_CALL = re.compile(
    r"\{\{([<%])\s*(/?)\s*([\w./-]+)((?:\"[^\"]*\"|`[^`]*`|[^\"`{}])*?)/?\s*[>%]\}\}", re.S
)
_ESCAPED = re.compile(r"\{\{([<%])/\*(.*?)\*/([>%])\}\}", re.S)
_HIGHLIGHT = re.compile(
    r"(?P<indent>^[ \t]*)?\{\{[<%]\s*highlight\s+\"?(?P<language>[\w+#.-]+)\"?[^{}]*?"
    r"[>%]\}\}[ \t]*\n?(?P<code>.*?)\n?[ \t]*\{\{[<%]\s*/\s*highlight\s*[>%]\}\}",
    re.S | re.M,
)
_ARGUMENT = re.compile(r"(?:(\w+)\s*=\s*)?(?:\"((?:[^\"\\]|\\.)*)\"|`([^`]*)`|([^\s\"`]+))", re.S)
_HELD = re.compile("\x02(\\d+)\x03")


def resolved(text: str, find: Callable[[str], str | None]) -> tuple[str, Counter[str]]:
    """A text without the shortcodes that have a certain meaning, and how often each other was
    kept. `find` gives the address of a page that a reference names."""
    held: list[str] = []
    kept: Counter[str] = Counter()

    def hold(inside: str) -> str:
        held.append(inside)
        return f"\x02{len(held) - 1}\x03"

    def call(match: re.Match[str]) -> str:
        name = match[3]
        named, listed = _arguments(match[4])
        if name in ("ref", "relref"):
            path = named.get("path") or (listed[0] if listed else "")
            page, mark, fragment = path.partition("#")
            found = find(page) if page else ""
            if found is not None:
                return found + mark + fragment
        if name == "figure" and not match[2] and named.get("src"):
            return _figure(named)
        kept[name] += not match[2]
        return match[0]

    text = text.replace("\x02", "").replace("\x03", "")
    text = _ESCAPED.sub(lambda m: hold(f"{{{{{m[1]}{m[2]}{m[3]}}}}}"), text)
    text = _HIGHLIGHT.sub(lambda m: fenced_in(m["indent"] or "", m["code"], m["language"]), text)
    text = _CALL.sub(call, text)
    return _HELD.sub(lambda match: held[int(match[1])], text), kept


def _arguments(text: str) -> tuple[dict[str, str], list[str]]:
    named: dict[str, str] = {}
    listed: list[str] = []
    for name, quoted, raw, bare in _ARGUMENT.findall(text):
        value = re.sub(r"\\(.)", r"\1", quoted) or raw or bare
        if name:
            named[name.lower()] = value
        else:
            listed.append(value)
    return named, listed


def _inline(text: str) -> str:
    """A line of Markdown as HTML; what is a block by itself stays text."""
    html = commonmark.to_html(text).strip()
    inside = html.removeprefix("<p>").removesuffix("</p>")
    return escape(text) if re.match(r"<(?!p>)(?:[uo]l|h\d|pre|blockquote|hr|div)", html) else inside


def _figure(named: Mapping[str, str]) -> str:
    """As Hugo's own template has it (tpl/tplimpl/embedded/templates/_shortcodes/figure.html)."""
    caption = named.get("caption", "")
    shown = {"alt": unescape(re.sub(r"<[^>]*>", "", _inline(caption))), **named}
    image = "".join(
        f' {name}="{escape(shown[name])}"'
        for name in ("src", "alt", "width", "height", "loading")
        if shown.get(name) is not None
    )
    made = f"<img{image}>"
    if named.get("link"):
        made = f'<a href="{escape(named["link"])}">{made}</a>'
    said = [f"<h4>{escape(named['title'])}</h4>"] if named.get("title") else []
    if caption or named.get("attr"):
        attr = _inline(named.get("attr", ""))
        if attr and named.get("attrlink"):
            attr = f'<a href="{escape(named["attrlink"])}">{attr}</a>'
        said.append(f"<p>{' '.join(filter(None, (_inline(caption), attr)))}</p>")
    under = f"<figcaption>{''.join(said)}</figcaption>" if said else ""
    kind = f' class="{escape(named["class"])}"' if named.get("class") else ""
    return f"<figure{kind}>{made}{under}</figure>"
