"""What the preview puts into the pages that it shows, and how it tells two of them apart. Pure: the
files of the site are as they are published."""

from __future__ import annotations

import re
from hashlib import blake2b

PLACE = "/_preview/"
"""Where the preview's own files are; no page of a site begins so."""

_SHEET = re.compile(rb"<link\b[^>]*\brel=[\"']?stylesheet\b[^>]*>", re.I)
_ADDRESS = re.compile(rb"\bhref=(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.I)
_END_OF_HEAD = re.compile(rb"</head\s*>|<body\b", re.I)
_BODY = re.compile(rb"<body\b[^>]*>", re.I)


def digest(html: bytes) -> str:
    """What a page is but for its stylesheets, which are exchanged without loading it again."""
    return blake2b(_SHEET.sub(b"", html), digest_size=12).hexdigest()


def sheets(html: bytes) -> list[str]:
    """The addresses of its stylesheets."""
    found = (_ADDRESS.search(link) for link in _SHEET.findall(html))
    return [next(filter(None, match.groups()), b"").decode() for match in found if match]


def with_script(html: bytes, is_broken: bool) -> bytes:
    """The page with the preview's script; and, where the last build failed, with a line for who
    reads it without."""
    script = (
        f'<link rel="stylesheet" href="{PLACE}live.css">'
        f'<script src="{PLACE}live.js" data-page="{digest(html)}" defer></script>'
    )
    page = _put(html, _END_OF_HEAD, script, before=True)
    if is_broken:
        line = (
            f'<noscript><p class="preview-broken">The last build failed: '
            f'<a href="{PLACE}">why</a>. This is the page as it was before.</p></noscript>'
        )
        page = _put(page, _BODY, line, before=False)
    return page


def _put(html: bytes, mark: re.Pattern[bytes], more: str, *, before: bool) -> bytes:
    found = mark.search(html)
    at = len(html) if found is None else found.start() if before else found.end()
    return html[:at] + more.encode() + html[at:]
