"""The posts that entries may be about, with every address that they have or had."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from rejoinder import posts, redirects, site
from rejoinder.errors import CrosslinkError
from rejoinder.permalinks import aliases_of, date_of, url_of
from rejoinder.posts import PostHead
from rejoinder.profiles.matcher import Target
from rejoinder.redirects import Redirect


def load(content: Path) -> list[Target]:
    """The published posts of a content folder. Raises CrosslinkError where the site has no
    address, SiteError, RedirectError, OSError."""
    facts = site.load(content)
    if not facts.url:
        raise CrosslinkError(
            "the site's address is not known, so nothing can link to it",
            where=content / site.FILE, mend='Add a line like url = "https://example.com".',
        )  # fmt: skip
    heads = [head for head in posts.posts(content) if not head.is_page]
    return make(heads, facts, [*redirects.load(content), *aliases_of(heads, facts)])


def make(heads: Iterable[PostHead], facts: site.Site, moved: Iterable[Redirect]) -> list[Target]:
    """The published ones of `heads` as targets: below the site's address and below each that
    it had before, at their own address and at the old ones that lead there."""
    bases = (facts.url, *facts.old_urls)
    old: dict[str, list[str]] = defaultdict(list)
    for redirect in moved:
        old[redirect.new.strip("/")].append(redirect.old.lstrip("/"))
    found: dict[str, Target] = {}
    for head in posts.originals_first(heads, facts.language):
        if head.status != "published" or head.thread is None:
            continue
        date = date_of(head, facts)
        own = url_of(head, facts, date)
        if not own:
            continue
        paths = (own, *old[own.strip("/")])
        addresses = tuple(f"{base}/{path}" for path in paths for base in bases)
        writers = head.authors(facts.author)
        known = found.get(head.thread)  # a translation shares its thread
        if known is not None:
            addresses = (*known.addresses, *addresses)
        title, date = (known.title, known.date) if known else (head.title, date)
        found[head.thread] = Target(head.thread, title, date, addresses, writers)
    return list(found.values())
