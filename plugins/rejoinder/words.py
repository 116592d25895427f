"""Words taken out of HTML, for places that take no markup. Pure."""

from __future__ import annotations

from markupsafe import Markup


def plain(html: str) -> str:
    """The words of HTML, on one line."""
    return str(Markup(html).striptags())


def shorten(text: str, length: int) -> str:
    """At most `length` characters of `text` and an ellipsis, cut between words."""
    if len(text) <= length:
        return text
    return text[:length].rsplit(" ", 1)[0].rstrip(" ,;:–—-") + "…"
