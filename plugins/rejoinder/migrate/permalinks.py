"""Finding a site's permalink structure from the addresses of its posts. Pure.

The structure is what WordPress's Settings → Permalinks holds (`/%year%/%monthnum%/%postname%/`);
an export doesn't say it, but its links show it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise, product
from urllib.parse import SplitResult, unquote, urlsplit

from rejoinder.site import Permalinks

_DATE_PARTS = {
    "{date:%Y}": "%Y", "{date:%m}": "%m", "{date:%d}": "%d",
    "{date:%H}": "%H", "{date:%M}": "%M", "{date:%S}": "%S",
}  # fmt: skip
_ID = "{id}"
_MOST_PATTERNS = 64


@dataclass(frozen=True, slots=True)
class Address:
    """A published post and where it stands: `path` below the blog's address, decoded, without
    its leading slash; `date` is local; `categories` are nicenames, parents with a slash."""

    path: str
    date: datetime
    slug: str
    id: str
    author: str
    categories: tuple[str, ...]


def split(address: str) -> SplitResult:
    """The parts of an address; none of what is no address."""
    try:
        return urlsplit(address.strip())
    except ValueError:  # like http://[x
        return urlsplit("")


def own_path(link: str, bases: Iterable[str]) -> str | None:
    """The decoded path and query of `link` below the first of `bases` (addresses, whatever
    their scheme, with or without www) that it stands below, without the leading slash; None for
    another site's."""
    found = urlsplit(link.strip())
    for base in bases:
        root = urlsplit(base)
        if not found.netloc or _host(found.netloc) == _host(root.netloc):
            prefix = root.path.rstrip("/") + "/"
            path = found.path or "/"
            if (path + "/").startswith(prefix):
                inner = unquote(path[len(prefix) :])
                return inner + (f"?{found.query}" if found.query else "")
    return None


def _host(netloc: str) -> str:
    return netloc.lower().rpartition("@")[2].removeprefix("www.")


def detect(addresses: Iterable[Address]) -> str | None:
    """The structure that fits most addresses, in Pelican's terms (`{date:%Y}/{slug}/`, and
    `{id}` for WordPress's %post_id%); None when no address can be explained."""
    votes: Counter[str] = Counter()
    for address in addresses:
        if address.path and "?" not in address.path:
            votes.update(set(_patterns(address)))
    if not votes:
        return None
    return max(votes, key=lambda pattern: (votes[pattern], *_sense(pattern), pattern))


def _sense(pattern: str) -> tuple[int, int, int]:
    """Of equals, the pattern that explains more, with the parts of a date from large to small, and
    with different ones: on January 1st day and month look the same."""
    positions = [pattern.find(part) for part in _DATE_PARTS]
    used = [position for position in positions if position >= 0]
    gaps = sum(a < 0 <= b for a, b in pairwise(positions))
    backwards = sum(a > b for a, b in pairwise(used))
    return pattern.count("{"), -2 * backwards - gaps, len(used)


def _patterns(address: Address) -> Iterator[str]:
    values: dict[str, list[str]] = {}
    for part, form in _DATE_PARTS.items():
        values.setdefault(address.date.strftime(form), []).append(part)
    if address.slug:
        values.setdefault(address.slug, []).insert(0, "{slug}")
    values.setdefault(address.id, []).append(_ID)
    values.setdefault(address.author, []).append("{author}")
    for category in address.categories:
        values.setdefault(category, []).append("{category}")
    values.pop("", None)
    segments = address.path.split("/")
    for category in sorted(address.categories, key=len, reverse=True):
        inner = category.split("/")
        if len(inner) > 1 and inner == segments[: len(inner)]:
            segments[: len(inner)] = [category]
    choices = [_segment(segment, values) for segment in segments]
    for count, made in enumerate(product(*choices)):
        if count == _MOST_PATTERNS:
            return
        if any(mark in "".join(made) for mark in ("{slug}", _ID)):
            yield "/".join(made)


def _segment(segment: str, values: Mapping[str, list[str]]) -> list[str]:
    """What a path segment may stand for: a value, values joined by dashes, or itself."""
    if segment in values:
        return [*values[segment], segment]
    stem, dot, ending = segment.rpartition(".")
    if dot and stem in values:
        return [f"{part}.{ending}" for part in values[stem]]
    made = []
    for value in sorted(values, key=len, reverse=True):
        rest = segment.removeprefix(value + "-")
        if rest != segment and "{slug}" not in (found := _segment(rest, values)):
            made += [f"{part}-{tail}" for part in values[value] for tail in found if "{" in tail]
    return [*made[:6], segment] if "{" not in segment else []


def settings(structure: str | None) -> Permalinks:
    """The site's permalinks for a structure. Pelican knows no ids: new posts get their slug where
    WordPress had the number. Archives stand below the structure's fixed front, as WordPress
    puts them (`/archives/category/…`)."""
    if structure is None:
        return Permalinks()
    front = structure.partition("{")[0].rpartition("/")[0]
    front = f"{front}/" if front else ""
    root = "index.php/" if front.startswith("index.php/") else ""
    post = structure.replace(_ID, "{slug}")
    if not post.endswith("/") and "." not in post.rpartition("/")[2]:
        post += "/"
    return Permalinks(
        post=post,
        page=f"{root}{{slug}}/",
        category=f"{front}category/{{slug}}/",
        tag=f"{front}tag/{{slug}}/",
        author=f"{front}author/{{slug}}/",
    )


def fits(pattern: str, path: str, *, date: datetime, slug: str, category: str, author: str) -> bool:
    """Whether Pelican makes `path` of the pattern."""
    try:
        return pattern.format(date=date, slug=slug, category=category, author=author) == path
    except (KeyError, IndexError, ValueError):
        return False
