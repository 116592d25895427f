"""robots.txt (RFC 9309): all may be read, but what isn't there to be read. Pure."""

from __future__ import annotations

from collections.abc import Iterable

_ENDS = ("$", "/", "?thread=")
"""The place itself, what is below it, and the links to it under each comment. A bare `?` would be
shorter, but Python's own parser drops it, and then leaves out `/reply-to-all/` too."""


def text(closed: Iterable[str], sitemap: str = "") -> str:
    """The file: `closed` are paths on this host that crawlers leave alone; `sitemap` is the
    absolute address of the site map, '' where there is none."""
    rules = [f"Disallow: {path}{end}" for path in closed for end in _ENDS]
    lines = ["User-agent: *", *(rules or ["Disallow:"])]
    if sitemap:
        lines += ["", f"Sitemap: {sitemap}"]
    return "\n".join(lines) + "\n"
