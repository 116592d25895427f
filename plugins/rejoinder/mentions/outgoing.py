"""What a post links to, read from its built page: what its author wrote, nothing else. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

from rejoinder.profiles.addresses import is_web

_SAID_OF = "u-in-reply-to", "u-like-of", "u-repost-of", "u-bookmark-of"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The links of a post's own words, in order, each once; `digest` knows the words again."""

    links: tuple[str, ...]
    digest: str


def outgoing(html: str, source: str) -> Outgoing | None:
    """The links in the h-entry of a page at `source`: of its e-content, and what it says it
    answers, likes, passes on. Those to the site itself are none, nor what others wrote below.
    None for a page without an h-entry."""
    soup = BeautifulSoup(html, "html.parser")
    entry = soup.select_one(".h-entry")
    if entry is None:
        return None
    for theirs in entry.select(".h-cite, .u-comment, .discussion"):
        theirs.decompose()
    content = entry.select_one(".e-content")
    own = urlsplit(source).netloc.lower()
    found: list[str] = []
    said = [one for name in _SAID_OF for one in entry.select(f"a.{name}[href]")]
    for link in (*said, *(content.select("a[href]") if content is not None else ())):
        try:
            url = urljoin(source, str(link["href"]).strip())
            if is_web(url) and urlsplit(url).netloc.lower() != own:
                found.append(url)
        except ValueError:
            continue
    words = _words(content) if content is not None else ""
    digest = hashlib.blake2b("\n".join((words, *found)).encode(), digest_size=12).hexdigest()
    return Outgoing(tuple(dict.fromkeys(found)), digest)


def _words(content: Tag) -> str:
    return " ".join(content.get_text(" ").split())
