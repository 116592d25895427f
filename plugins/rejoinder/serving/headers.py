"""Headers of a site's answers: what its pages may load, and how long browsers keep what. Pure.

The policy is Content Security Policy Level 3 without any `unsafe` word: all that we write keeps to
it, so there is no inline script and no inline style in it. Pictures may stand in a page as data:
URLs, as the theme's icon does: nothing runs in them, and nothing is asked of anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from rejoinder.serving.names import is_named

MARK = "# Headers, made by the build."
"""The first line of a file of headers that is ours."""

FOR_GOOD = "public, max-age=31536000, immutable"
"""What never changes, since its name has a digest of it, is kept for a year (RFC 8246)."""

EACH_TIME = "no-cache"
"""What may change is kept too, but asked for each time; 304 is the answer while it is the same."""


def policy(desk: str = "") -> str:
    """The content security policy of a site whose forms and scripts speak to the `desk` of that
    origin; '' is the site's own."""
    reached = f"; connect-src 'self' {desk}" if desk else ""
    forms = f"'self' {desk}" if desk else "'self'"
    return (
        f"default-src 'self'{reached}; img-src 'self' data:; object-src 'none'; base-uri 'self'; "
        f"form-action {forms}; "
        "frame-ancestors 'none'"
    )


def of_site(desk: str = "") -> dict[str, str]:
    """The headers of every answer of a site; `desk` as for `policy`."""
    return {
        "Content-Security-Policy": policy(desk),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "X-Content-Type-Options": "nosniff",
    }


def origin(address: str) -> str:
    """The origin of an address, '' of one on the same site."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""


def cache_control(path: str) -> str:
    """How long browsers keep the file of a path."""
    return FOR_GOOD if is_named(path) else EACH_TIME


def netlify(kept: Iterable[str], base: str = "", desk: str = "") -> str:
    """The same as a `_headers` file, as Netlify and Cloudflare Pages read it, for a site below the
    path `base`: `kept` are the paths that are kept for good. Both ask for the others each time by
    themselves, and join a header that two rules give."""
    rules = [f"{base}/*", *(f"  {name}: {value}" for name, value in of_site(desk).items())]
    for path in sorted(kept):
        rules += [f"{base}/{quote(path)}", f"  Cache-Control: {FOR_GOOD}"]
    return "\n".join([MARK, *rules, ""])
