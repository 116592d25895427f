"""Names as they stand in addresses and file names. A leaf."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from urllib.parse import unquote

from unidecode import unidecode

_UNFIT = re.compile(r"[^\w.~+-]+")
_LONGEST = 120


def pelican_slug(name: str) -> str:
    """The slug that Pelican gives a category, tag or author with its default settings."""
    plain = unidecode(unicodedata.normalize("NFKC", re.sub(r"<[^>]*>", "", name)))
    plain = re.sub(r"[^\w\s-]", "", plain).strip()
    return re.sub(r"[-\s_]+", "-", plain).lower().strip()


def wordpress_slug(name: str) -> str:
    """A slug as WordPress keeps it, percent-encoding resolved, fit for a path; may be empty."""
    plain = unicodedata.normalize("NFC", unquote(name.strip()))
    return _UNFIT.sub("-", plain).strip("-.")


def title_slug(title: str) -> str:
    """A slug for what has none: letters and digits of its title; may be empty."""
    plain = unicodedata.normalize("NFKC", re.sub(r"<[^>]*>", "", unescape(title))).lower()
    return re.sub(r"[\W_]+", "-", plain).strip("-")


def file_stem(slug: str) -> str:
    """A slug cut to what any file system takes, at most 120 bytes."""
    return slug.encode()[:_LONGEST].decode(errors="ignore").rstrip("-.") or "untitled"
