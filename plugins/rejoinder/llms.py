"""llms.txt (https://llmstxt.org): what a site holds, as a short list of links in Markdown. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from rejoinder.words import shorten

_URI = "/%:=&?~#+!$,;'@*"
_MARKUP = re.compile(r"([\\\[\]`*_<])")
_NOTE = 200


@dataclass(frozen=True, slots=True)
class Link:
    """Something to read: its title and what is said of it, both without markup, and its address."""

    title: str
    url: str
    note: str = ""


def text(title: str, summary: str, sections: Mapping[str, Sequence[Link]]) -> str:
    """The file: `title` and `summary` are without markup; `sections` are lists by their heading,
    of which `Optional` may be left out by who has little room. An empty one isn't there."""
    parts = [f"# {_words(title)}"]
    if summary:
        parts.append(f"> {_words(summary)}")
    for heading, links in sections.items():
        if links:
            parts.append(f"## {heading}\n\n" + "\n".join(map(_line, links)))
    return "\n\n".join(parts) + "\n"


def _line(link: Link) -> str:
    note = shorten(" ".join(link.note.split()), _NOTE)
    return f"- [{_words(link.title)}]({quote(link.url, safe=_URI)})" + (
        f": {_words(note)}" if note else ""
    )


def _words(text: str) -> str:
    """Words on one line, none of which is taken for markup."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
