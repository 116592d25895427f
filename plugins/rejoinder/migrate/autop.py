"""What WordPress makes of text when it shows it: paragraphs from blank lines. A leaf.

WordPress keeps a classic post, and every comment, as the author typed it, and adds the
paragraphs when the page is made (`wpautop`): a blank line parts paragraphs, a single line end
breaks the line. Posts of the block editor have their paragraphs already.
"""

from __future__ import annotations

import re

_BLOCK_NAMES = (
    "address article aside audio blockquote body caption col colgroup dd details dialog div dl dt "
    "fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr iframe legend li "
    "main map menu nav noscript ol option p picture pre script section select source style "
    "summary svg table tbody td textarea tfoot th thead tr ul video"
)
BLOCKS = frozenset(_BLOCK_NAMES.split())
"""Elements that stand for themselves and are never put inside a paragraph."""

_PARTING = BLOCKS - {
    "audio",
    "iframe",
    "noscript",
    "option",
    "picture",
    "select",
    "source",
    "video",
}
_VERBATIM = ("pre", "script", "style", "textarea", "svg")
_PROSE = frozenset({"blockquote"})  # text right inside it is always a paragraph
_LINES = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary", "caption", "legend"})
_VOID = frozenset({"hr", "col", "source"})
_LAYOUT = frozenset({"ul", "ol", "menu", "dl", "table", "thead", "tbody", "tfoot", "tr", "map"})

_TOKEN = re.compile(
    r"<(pre|script|style|textarea|svg)\b[^>]*>.*?</\1\s*>"
    r"|<!--(?:more|nextpage).*?-->"
    r"|</?([A-Za-z][A-Za-z0-9]*)\b(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>",
    re.S | re.I,
)
_BLOCK_COMMENT = re.compile(r"[ \t]*<!--\s*/?wp:[^\n]*?-->[ \t]*\n?", re.S)
_BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


def has_blocks(text: str) -> bool:
    """Whether a post is the block editor's, as WordPress tells (`has_blocks`)."""
    return "<!-- wp:" in text


def displayed(text: str) -> str:
    """The HTML that WordPress shows for a post's text, whichever editor it is from; shortcodes
    stay as they stand."""
    if has_blocks(text):
        return _BLOCK_COMMENT.sub("\n", text).strip()
    return paragraphs(text)


def paragraphs(text: str) -> str:
    """`text` with a `<p>` for each paragraph and a `<br>` for each other line end, outside of
    what keeps its own form (pre, script, style, textarea, svg)."""
    made: list[str] = []
    open_blocks: list[str] = []
    run: list[str] = []

    def flush() -> None:
        made.append(_run("".join(run), open_blocks[-1] if open_blocks else ""))
        run.clear()

    position = 0
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for token in _TOKEN.finditer(text):
        name = (token[1] or token[2] or "").lower()
        comment = token[0].startswith("<!--")
        if not comment and name not in _PARTING and name not in _VERBATIM:
            continue
        run.append(text[position : token.start()])
        flush()
        position = token.end()
        made.append(f"\n{token[0]}\n" if comment else token[0])
        if comment or token[1] or name in _VOID or token[0].endswith("/>"):
            continue
        if not token[0].startswith("</"):
            open_blocks.append(name)
        elif name in open_blocks:
            while open_blocks.pop() != name:
                pass
    run.append(text[position:])
    flush()
    return "".join(made).strip()


def _run(text: str, parent: str) -> str:
    """A run of text and inline tags between two block tags, inside the element `parent`."""
    if not text.strip() or parent in _LAYOUT:
        return text
    parts = [part.strip("\n") for part in _BLANK.split(text)]
    parts = [part for part in parts if part.strip()]
    if parent in _LINES or (parent and parent not in _PROSE and len(parts) == 1):
        return _break("\n\n".join(parts))
    return "\n" + "\n".join(f"<p>{_break(part.strip())}</p>" for part in parts) + "\n"


def _break(text: str) -> str:
    """Line ends as `<br>`, but for one that follows a `<br>` already, and those inside a tag."""
    stripped = text.strip("\n")
    broken = re.sub(r"(<br\s*/?>)?[ \t]*\n(?![^<>]*>)", r"<br />\n", stripped)
    lead = text[: len(text) - len(text.lstrip("\n"))]
    return lead + broken + text[len(text.rstrip("\n")) :] if stripped else text
