"""What is said of a post elsewhere, in each network's own measure. Pure: title, summary and
address in; text, its length as the network counts it, and the page to send it by hand out.

Limits as the networks have them in November 2026: Mastodon (docs.joinmastodon.org, Posting to
your profile), Bluesky (lexicon app.bsky.feed.post), X (twitter-text, configuration v3), LinkedIn,
Reddit, Hacker News; each is a row in docs/announcing.md.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from rejoinder.comments.model import one_line
from rejoinder.errors import CrosslinkError

URL = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]}…]", re.I)
_SHORT = 23  # what any address counts on Mastodon and X
_REMOTE = re.compile(r"(^|[^/\w])@([a-z0-9_]+)@[a-z0-9.-]+[a-z0-9]", re.I)
_EMOJI = r"\p{Extended_Pictographic}|\p{Emoji_Presentation}"
_LEAST = 20  # a summary that is cut to less says nothing


@dataclass(frozen=True, slots=True)
class Announcement:
    """A post as others hear of it: `url` is its public address, `summary` plain text, `language`
    the site's or its own, `image` a picture for its card."""

    thread: str
    title: str
    url: str
    summary: str = ""
    language: str = ""
    image: Path | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be said, and how long that is as the network counts. `share` is the network's
    own page with the text in it, to send it by hand."""

    text: str
    length: int
    limit: int
    share: str

    @property
    def fits(self) -> bool:
        """Whether the network would take it."""
        return self.length <= self.limit


def graphemes(text: str) -> int:
    """Characters as a reader sees them (Unicode Standard Annex 29)."""
    return len(_clusters(text))


def _clusters(text: str) -> list[str]:
    import regex  # pages that only link to a network need it not, and it takes long to load

    found: list[str] = regex.findall(r"\X", text)
    return found


def _mastodon(text: str) -> int:
    """An address counts 23, whoever is named counts without their server."""
    return graphemes(_REMOTE.sub(r"\1@\2", URL.sub("x" * _SHORT, text)))


def _x(text: str) -> int:
    """An address counts 23; emoji, and letters of scripts that say more in one, count twice."""
    text = unicodedata.normalize("NFC", text)
    rest = URL.sub("", text)
    return _SHORT * len(URL.findall(text)) + sum(
        2 if _is_emoji(cluster) else sum(map(_weight, cluster)) for cluster in _clusters(rest)
    )


def _is_emoji(cluster: str) -> bool:
    import regex

    return regex.search(_EMOJI, cluster) is not None


def _weight(character: str) -> int:
    code = ord(character)
    light = code <= 4351 or 8192 <= code <= 8205 or 8208 <= code <= 8223 or 8242 <= code <= 8247
    return 1 if light else 2


@dataclass(frozen=True, slots=True)
class Rules:
    """How a network takes an announcement. `share` is a page of its, with {text}, {title},
    {url} and {home}, the profile's own server; `title_only` where the link stands apart."""

    limit: int
    share: str
    count: Callable[[str], int] = len
    title_only: bool = False


RULES: Mapping[str, Rules] = {
    "mastodon": Rules(500, "{home}/share?text={text}", _mastodon),
    "bluesky": Rules(300, "https://bsky.app/intent/compose?text={text}", graphemes),
    "linkedin": Rules(3000, "https://www.linkedin.com/sharing/share-offsite/?url={url}"),
    "x": Rules(280, "https://x.com/intent/post?text={text}", _x),
    "reddit": Rules(300, "https://www.reddit.com/submit?url={url}&title={title}", title_only=True),
    "hackernews": Rules(80, "https://news.ycombinator.com/submitlink?u={url}&t={title}",
                        title_only=True),
}  # fmt: skip
"""The networks that a post can be announced on."""


def draft(network: str, home: str, post: Announcement, words: str = "") -> Draft:
    """What to say of a post on a network, whose profile is at `home`. Without `words`, its title
    and as much of its summary as fits; words of one's own are never cut. Raises CrosslinkError
    for a network that nothing is announced on."""
    rules = RULES.get(network)
    if rules is None:
        raise CrosslinkError(f"nothing can be announced on {network!r}",
                             mend=f"It can on {', '.join(RULES)}.")  # fmt: skip
    if rules.title_only:
        text = words or _cut(lambda cut: cut, one_line(post.title), rules)
    elif words:
        text = words if post.url in URL.findall(words) else f"{words.rstrip()}\n\n{post.url}"
    else:
        text = _composed(post, rules)
    parts = urlsplit(home)
    share = rules.share.format(
        text=quote(text, safe=""), title=quote(text, safe=""), url=quote(post.url, safe=""),
        home=f"{parts.scheme}://{parts.netloc}",
    )  # fmt: skip
    return Draft(text, rules.count(text), rules.limit, share)


def _composed(post: Announcement, rules: Rules) -> str:
    title, summary = one_line(post.title), one_line(post.summary)
    full = _cut(lambda cut: f"{title}\n\n{cut}\n\n{post.url}", summary, rules)
    if summary and summary != title and rules.count(full) <= rules.limit:
        return full
    return _cut(lambda cut: f"{cut}\n\n{post.url}", title, rules)


def _cut(made: Callable[[str], str], words: str, rules: Rules) -> str:
    """`made` of the words, or of as many as fit, with an ellipsis; of all where none would."""
    whole = made(words)
    if rules.count(whole) <= rules.limit:
        return whole
    while len(words) > _LEAST:
        words = words.rpartition(" ")[0].rstrip(" ,;:–—-")
        if len(words) > _LEAST and rules.count(shorter := made(f"{words} …")) <= rules.limit:
            return shorter
    return whole


def links(text: str) -> Iterator[tuple[int, int, str]]:
    """The addresses in a text, with where each begins and ends in its UTF-8 bytes, as Bluesky's
    facets want it (lexicon app.bsky.richtext.facet)."""
    for found in URL.finditer(text):
        start = len(text[: found.start()].encode())
        yield start, start + len(found[0].encode()), found[0]
