"""What may be shown of somebody who wrote elsewhere. Pure; a leaf."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_AFTER = re.compile(r"\s*<[^<>@]*@[^<>]*>\s*$")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")


def without_mail(name: str) -> str:
    """A name that holds an e-mail address, with only what stands before its '@'; without an address
    in `<>` after it."""
    name = _AFTER.sub("", name) or name
    return _MAIL.sub(lambda mail: mail[0].partition("@")[0], name).strip()


def web_address(text: str) -> str | None:
    """Somebody's site, when it is one: no other scheme, and no user before the host, which is what
    WordPress makes of an e-mail address."""
    text = text.strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    fit = parts.scheme in ("http", "https") and parts.netloc and "@" not in parts.netloc
    return text if fit and not re.search(r"\s", text) else None
