"""The words of a text, as they are searched for. Pure; the script of the search page splits and
folds in the same way, and a test holds the two together."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from html import unescape

import regex

LONGEST = 40
"""Letters of a word that count."""

LETTERS = {
    "ß": "ss", "ς": "σ", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th",
    "ı": "i",
}  # fmt: skip
"""Letters that are also written otherwise, and that Unicode doesn't take apart."""

_IN_ASCII = re.compile(r"[A-Za-z0-9]+(?:'[A-Za-z0-9]+)*")
_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{N}\p{M}]+)*")
_UNSPACED = regex.compile(
    r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}"
    r"\p{Script=Khmer}\p{Script=Myanmar}ー]+"
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_LETTERS = re.compile(f"[{''.join(LETTERS)}]")
_POSSESSIVE = re.compile("['’]s$")
_OTHER = regex.compile(r"[^\p{L}\p{N}\p{M}]")

_HIDDEN = re.compile(r"<(script|style|template|noscript)\b.*?</\1\s*>|<!--.*?-->", re.I | re.S)
_BLOCK = re.compile(
    r"</?(?:address|article|aside|blockquote|br|dd|details|div|dl|dt|figcaption|figure|footer|h[1-6]"
    r"|header|hr|li|main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)\b[^>]*>",
    re.I,
)
_TAG = re.compile(r"</?[a-zA-Z](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")


def plain(html: str) -> str:
    """The text of an HTML fragment on one line, without markup."""
    if "<" in html:
        html = _TAG.sub("", _BLOCK.sub(" ", _HIDDEN.sub(" ", html)))
    return " ".join(unescape(html).split())


def count(text: str) -> Counter[str]:
    """How often each word is in a text.

    Words are runs of letters, marks and digits (UAX 29's words, but for the scripts that write no
    blanks between them: of these every two neighbours are a word).
    """
    found: Counter[str] = Counter()
    runs = _IN_ASCII.findall(text) if text.isascii() else _WORD.findall(text)
    for run, number in Counter(runs).items():
        for word in _words(run):
            found[word] += number
    return found


@lru_cache(maxsize=50_000)
def _words(run: str) -> tuple[str, ...]:
    """The words of letters that stand together."""
    if run.isascii() or not _UNSPACED.search(run):
        return (word,) if (word := fold(run)) else ()
    words: list[str] = []
    at = 0
    for match in _UNSPACED.finditer(run):
        words += [run[at : match.start()], *_pairs(match[0])]
        at = match.end()
    words.append(run[at:])
    return tuple(word for one in words if (word := fold(one)))


def _pairs(run: str) -> list[str]:
    """Each two neighbours; a letter that stands alone is itself."""
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def fold(word: str) -> str:
    """A word as others write it: small letters, no accents, no apostrophe."""
    word = _POSSESSIVE.sub("", word.lower())
    if not word.isascii():
        word = _ACCENTS.sub("", unicodedata.normalize("NFKD", word))
        word = _LETTERS.sub(lambda letter: LETTERS[letter[0]], word)
        word = unicodedata.normalize("NFC", word)
    return str(_OTHER.sub("", word))[:LONGEST]
