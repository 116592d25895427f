"""Pages of networks where a reader can say something of a post: plain links, which ask nothing of
anybody until they are followed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from rejoinder.errors import SiteError
from rejoinder.profiles.drafts import RULES
from rejoinder.profiles.networks import LABELS

PAGES = {
    **{name: (LABELS[name], rules.share) for name, rules in RULES.items()},
    # Mastodon has no one server: its own page asks the reader's browser which is theirs
    # (blog.joinmastodon.org/2026/03/a-new-share-button).
    "mastodon": ("Mastodon", "https://share.joinmastodon.org/#text={text}"),
    "facebook": ("Facebook", "https://www.facebook.com/sharer/sharer.php?u={url}"),
    "threads": ("Threads", "https://www.threads.com/intent/post?text={title}&url={url}"),
    "whatsapp": ("WhatsApp", "https://wa.me/?text={text}"),
    "telegram": ("Telegram", "https://t.me/share/url?url={url}&text={title}"),
    "email": ("E-mail", "mailto:?subject={title}&body={url}"),
}
"""Labels and patterns by name: {url} is the post's address, {title} its title, {text} both."""


@dataclass(frozen=True, slots=True)
class ShareLink:
    """Where one network's page is for a post, and what the network is called."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class ShareLinks:
    """The links of a site's posts: its whole address, and patterns by label."""

    site: str
    pages: tuple[tuple[str, str], ...]

    def of(self, url: str, title: str) -> list[ShareLink]:
        """The links of a post: `url` is the site's own, `title` plain text. None while the site's
        address isn't known."""
        if not self.site:
            return []
        address = f"{self.site}/{url}"
        said = {"url": address, "title": title, "text": f"{title}\n{address}"}
        quoted = {name: quote(value, safe="") for name, value in said.items()}
        return [ShareLink(label, pattern.format(**quoted)) for label, pattern in self.pages]


def share_links(site: str, wanted: Iterable[object]) -> ShareLinks:
    """Of a site at this address (without a slash at its end), for the `wanted` networks: names of
    `PAGES`, or a label and a pattern of one's own. Raises SiteError."""
    return ShareLinks(site, tuple(_page(one) for one in wanted))


def _page(wanted: object) -> tuple[str, str]:
    if isinstance(wanted, str) and wanted in PAGES:
        return PAGES[wanted]
    if isinstance(wanted, tuple | list) and [type(one) for one in wanted] == [str, str]:
        label, pattern = wanted
        try:
            pattern.format(url="", title="", text="")
        except (LookupError, ValueError) as error:
            raise SiteError(
                f"READING_SHARE has the pattern {pattern!r}", where="settings",
                mend="It may have {url}, {title} and {text} in it.",
            ) from error  # fmt: skip
        return label, pattern
    raise SiteError(
        f"READING_SHARE has {wanted!r}", where="settings",
        mend=f"Known are {', '.join(sorted(PAGES))}; others are written like "
             '("Name", "https://their.example/share?url={url}").',
    )  # fmt: skip
