"""What of a page, or of a letter, is in English, though there is a translation."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup

from rejoinder.languages.catalogues import Catalogues, known_texts

_ATTRIBUTES = ("aria-label", "alt", "title", "placeholder", "content")
_FILLED = re.compile(r"%\(\w+\)s|%%|<[^>]*>")


def said_by(page: str) -> str:
    """All words of a page on one line, those of its attributes too; of plain text, its own."""
    soup = BeautifulSoup(page, "html.parser")
    found = [
        str(tag[name]) for tag in soup.find_all(True) for name in _ATTRIBUTES if name in tag.attrs
    ]
    return " ".join(" | ".join([soup.get_text(" "), *found]).split())


def english_in(said: str, language: str) -> list[str]:
    """What of our texts stands in these words in English: pieces of more than two words, of texts
    that the language has otherwise."""
    return [piece for piece in _pieces(language) if piece in said]


@cache
def _pieces(language: str) -> frozenset[str]:
    texts = Catalogues(Path("nowhere")).texts(language)
    found = set()
    for text in known_texts():
        one, many = (text, text) if isinstance(text, str) else text
        said = " ".join(texts.translations.ngettext(one, many, n) if one != many
                        else texts.translate(one) for n in (1, 2, 5))  # fmt: skip
        for english in (one, many):
            pieces = (" ".join(piece.split()) for piece in _FILLED.split(english))
            found |= {piece for piece in pieces if len(piece.split()) > 2 and piece not in said}
    return frozenset(found)
