"""Typographic quotation marks, dashes and ellipses in place of a typewriter's, as the post's
language has them: an extension of Python-Markdown. Pure. HTML that stands in the text as such is
left as it was written.

Python-Markdown's own `smarty` takes as long as all the rest of its work, and knows one language for
all posts. The marks are CLDR's (https://cldr.unicode.org/, characters/delimiters), but for French
and its thin spaces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from typing import Any

from markdown import Markdown
from markdown.extensions import Extension
from markdown.postprocessors import Postprocessor

_ENGLISH = ("“", "”", "‘", "’")
_GERMAN = ("„", "“", "‚", "‘")
_ANGULAR = ("«", "»", "“", "”")
_SLAVIC = ("«", "»", "„", "“")
_LOW = ("„", "”", "«", "»")
_NORDIC = ("”", "”", "’", "’")

MARKS = {
    "en": _ENGLISH, "nl": _ENGLISH, "da": _ENGLISH, "tr": _ENGLISH, "pt-br": _ENGLISH,
    "de-ch": ("«", "»", "‹", "›"),
    "de": _GERMAN, "cs": _GERMAN, "sk": _GERMAN, "sl": _GERMAN, "bg": _GERMAN, "is": _GERMAN,
    "es": _ANGULAR, "it": _ANGULAR, "pt": _ANGULAR, "ca": _ANGULAR, "el": _ANGULAR,
    "no": ("«", "»", "‘", "’"), "nb": ("«", "»", "‘", "’"),
    "ru": _SLAVIC, "uk": _SLAVIC, "be": _SLAVIC,
    "pl": _LOW, "ro": _LOW, "hu": ("„", "”", "»", "«"), "sv": _NORDIC, "fi": _NORDIC,
    "fr": ("«\u202f", "\u202f»", "“", "”"),
}  # fmt: skip
"""By language: the marks of a quotation, and those of one within."""

_PIECES = re.compile(r"(<!--.*?-->|<(?:[^\"'<>]|\"[^\"]*\"|'[^']*')*>|\x02wzxhzdk:\d+\x03)", re.S)
"""Tags, and what stands for what was typed as HTML: `markdown.util.HTML_PLACEHOLDER`."""

_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
_AS_THEY_ARE = frozenset({"code", "kbd", "math", "pre", "samp", "script", "style", "svg",
                          "textarea", "tt", "var"})  # fmt: skip
_WITHIN_A_LINE = frozenset({"a", "abbr", "b", "bdi", "bdo", "cite", "del", "dfn", "em", "i", "ins",
                            "mark", "q", "s", "small", "span", "strong", "sub", "sup", "time",
                            "u", "wbr", *_AS_THEY_ARE}) - {"pre", "textarea"}  # fmt: skip
_TYPED = re.compile(r"""["']|\.{3}|(?<!-)(?:(?<=[^\s(\[-])-{2,3}|-{2,3}(?!\w))(?!-)""")
"""Two dashes before a word, as in `--help`, are none of these."""

_BEFORE_AN_OPENING = " \t\n\r\u00a0([{—–-/“‘„‚«»¡¿"
_LEFT_OUT = re.compile(r"\d\ds?\b|(?:tis|twas|em|til|cause|n)\b", re.I)
_PLAIN = {"...": "…", "---": "—", "--": "–"}


def typeset(html: str, language: str, typed: Sequence[object] = ()) -> str:
    """HTML with the marks of a language in its text, code left as it is. A language of which they
    aren't known changes nothing. `typed` is what Markdown keeps of HTML that was typed, where that
    has its places in the text only."""
    tag = language.lower().replace("_", "-")
    marks = MARKS.get(tag) or MARKS.get(tag.split("-")[0])
    if marks is None or _TYPED.search(html) is None:
        return html
    line, found, left_alone = _Line(marks), [], ""
    for number, piece in enumerate(_PIECES.split(html)):
        if number % 2:
            tag = str(typed[int(piece[9:-1])]) if piece.startswith("\x02") else piece
            name = _NAME.match(tag)
            element = name[1].lower() if name else ""
            if left_alone:
                left_alone = "" if tag.lower() == f"</{left_alone}>" else left_alone
            elif element in _AS_THEY_ARE and not tag.startswith("</") and _PIECES.fullmatch(tag):
                left_alone = element
            if element and element not in _WITHIN_A_LINE:
                line = _Line(marks)
            elif not element:
                line.left_alone(tag if tag.startswith("&") else "")
            found.append(piece)
        else:
            found.append(line.left_alone(piece) if left_alone else line.typeset(piece))
    return "".join(found)


class _Line:
    """The text of a paragraph or the like, piece by piece: what came last, and whether a quotation
    within one is open."""

    def __init__(self, marks: tuple[str, str, str, str]) -> None:
        self._marks = marks
        self._last = ""
        self._is_within = False

    def left_alone(self, piece: str) -> str:
        self._last = unescape(piece[-10:])[-1:] or self._last
        return piece

    def typeset(self, piece: str) -> str:
        if _TYPED.search(piece) is None:
            return self.left_alone(piece)
        made, at = "", 0
        for match in _TYPED.finditer(piece):
            made += self.left_alone(piece[at : match.start()])
            at = match.end()
            made += self.left_alone(self._mark(match[0], piece[at : at + 6]))
        return made + self.left_alone(piece[at:])

    def _mark(self, typed: str, following: str) -> str:
        """What a mark stands for, before what follows."""
        if typed in _PLAIN:
            return _PLAIN[typed]
        is_first = not self._last or self._last in _BEFORE_AN_OPENING
        if typed == '"':
            return self._marks[0 if is_first else 1]
        if is_first and not _LEFT_OUT.match(following):
            self._is_within = True
            return self._marks[2]
        is_inside = self._last.isalnum() and following[:1].isalnum()
        if is_first or is_inside or not self._is_within:
            return "’"
        self._is_within = False
        return self._marks[3]


class _Typesetting(Postprocessor):
    def __init__(self, md: Markdown, language: str) -> None:
        super().__init__(md)
        self._default = language
        self._language = language

    def run(self, text: str) -> str:
        """Typeset what was converted. Pelican converts a post's summary after it, without looking
        for metadata, and it is in the same language."""
        if "meta" in self.md.preprocessors:
            said: dict[str, list[str]] = getattr(self.md, "Meta", {})
            self._language = (said.get("lang") or [self._default])[0]
        return typeset(text, self._language, self.md.htmlStash.rawHtmlBlocks)


class Quotes(Extension):
    """The extension; `language` is that of posts that don't say theirs."""

    def __init__(self, **settings: Any) -> None:
        self.config = {"language": ["en", "of posts that don't say theirs"]}
        super().__init__(**settings)

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown's own name
        """Take part, just before what was typed as HTML comes back (`raw_html`, at 30)."""
        language = str(self.getConfig("language"))
        md.postprocessors.register(_Typesetting(md, language), "quotes", 31)


def makeExtension(**settings: Any) -> Quotes:  # noqa: N802 - Markdown's own name
    """What Markdown calls."""
    return Quotes(**settings)
