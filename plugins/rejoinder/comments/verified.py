"""Who somebody had signed in as when they sent a comment: its field `Verified`, in words. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

LABELS = {
    "linkedin": "LinkedIn",
    "google": "Google",
    "github": "GitHub",
    "wordpress": "WordPress.com",
    "mastodon": "Mastodon",
    "indieauth": "your own site",
}
"""The providers that are known by name; any other is called by its host."""

_HOST = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")


@dataclass(frozen=True, slots=True)
class Verified:
    """`provider` is a key of LABELS or the host of an OpenID provider; `url` is the public address
    of the account, or of the person's own site, '' where the provider has none."""

    provider: str
    url: str = ""

    @property
    def label(self) -> str:
        """What the provider is called."""
        return label_of(self.provider)

    @property
    def text(self) -> str:
        """The account's address as people write it: `github.com/ada`; '' without one."""
        parts = urlsplit(self.url)
        return parts.netloc.removeprefix("www.") + parts.path.rstrip("/")

    def __str__(self) -> str:
        """As it stands in a comment's file."""
        return f"{self.provider} {self.url}".strip()


def read(field: str | None) -> Verified | None:
    """What a comment's field says; None of one that has none."""
    if not field:
        return None
    provider, _, url = field.partition(" ")
    return Verified(provider, url)


def is_provider(name: str) -> bool:
    """Whether a provider can be called so: a key of LABELS, or a host."""
    return name in LABELS or bool(_HOST.fullmatch(name))


def label_of(provider: str) -> str:
    """What a provider is called."""
    return LABELS.get(provider, provider)
