"""`content/site.toml`: what belongs to the site and not to how it is built.

`pelicanconf.py` stays the place for settings; these few travel with the content, so that
`--content` names a whole site and an import can set them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tomlkit

from rejoinder import atomic, tables
from rejoinder.comments.verified import LABELS, is_provider
from rejoinder.comments.view import wish
from rejoinder.errors import SiteError

FILE = "site.toml"
CONTENT_VARIABLE = "REJOINDER_CONTENT"
"""Which content folder a build is about, when it is not `content`; set by the tasks."""


@dataclass(frozen=True, slots=True)
class Permalinks:
    """Addresses below the site's own, as Pelican's URL settings write them. One that ends in
    a slash is saved as its `index.html`."""

    post: str = "{slug}/"
    page: str = "{slug}/"
    category: str = "category/{slug}/"
    tag: str = "tag/{slug}/"
    author: str = "author/{slug}/"


@dataclass(frozen=True, slots=True)
class Discussions:
    """What the site and its reply desk must agree on: `default` for posts without a `Comments:`
    of their own, `close_after_days` (0 never closes), whether a reply needs an e-mail address, with
    which providers one can sign in on the form, whether Gravatar is asked for portraits."""

    default: str = "open"
    close_after_days: int = 0
    email_required: bool = False
    sign_in: tuple[str, ...] = ()
    gravatar: bool = False


@dataclass(frozen=True, slots=True)
class Mentions:
    """Whether `publish` tells other sites that a post speaks of them."""

    send: bool = True


@dataclass(frozen=True, slots=True)
class Engagement:
    """Who sees the dashboard (`private`: moderators, behind the desk's sign-in; `public`; `local`:
    whoever is at this machine; `off`), over how many days, and whether there is a public page of
    who takes part; whether pages tell the site's own desk that they were seen."""

    dashboard: str = "private"
    days: int = 90
    network: bool = False
    beacon: bool = False


DASHBOARDS = ("private", "public", "local", "off")


@dataclass(frozen=True, slots=True)
class Site:
    """A site's own facts. `url` has no slash at its end and may be empty until it is known;
    `timezone` is an IANA name; `author` is who writes here by default;
    `publish` is where the site is brought to, as the task of that name takes it; `packed` whether
    files have packed copies beside them there, for the web server to send; `old_urls` are
    addresses that the site had before, under which its posts may still be linked to."""

    title: str = "A blog"
    subtitle: str = ""
    url: str = ""
    language: str = "en"
    timezone: str = "UTC"
    author: str = ""
    publish: str = ""
    packed: bool = False
    old_urls: tuple[str, ...] = ()
    permalinks: Permalinks = field(default_factory=Permalinks)
    discussions: Discussions = field(default_factory=Discussions)
    mentions: Mentions = field(default_factory=Mentions)
    engagement: Engagement = field(default_factory=Engagement)


def content_folder(default: Path) -> Path:
    """The content folder that this build is about: the variable's, else `default`."""
    return Path(os.environ.get(CONTENT_VARIABLE) or default).absolute()


def load(content: Path) -> Site:
    """The site of a content folder; defaults where there is no file.

    Raises SiteError for a file that isn't TOML, an unknown key, a value of the wrong type,
    an address that is none or a zone that doesn't exist.
    """
    path = content / FILE
    site = tables.read(path, Site())
    _check(site, path)
    return site


def save(content: Path, values: Mapping[str, Any]) -> bool:
    """Set `values` (keys of `Site`; `permalinks` a mapping) in the file and leave the rest of
    it, comments included, as the author wrote it. True when that changed the file."""
    path = content / FILE
    before = path.read_text("utf-8") if path.exists() else ""
    document = tomlkit.parse(before)
    for key, value in values.items():
        if isinstance(value, Mapping):
            table = document.setdefault(key, tomlkit.table())
            for inner, text in value.items():
                if table.get(inner) != text:
                    table[inner] = text
        elif document.get(key) != value:
            document[key] = value
    after = tomlkit.dumps(document)
    if after == before:
        return False
    atomic.write_text(path, after)
    load(content)
    return True


def save_as(url: str) -> str:
    """The file that answers an address pattern: `a/{slug}/` → `a/{slug}/index.html`."""
    if url.endswith("/") or not url:
        return url + "index.html"
    return url if url.rpartition("/")[2].count(".") else url + ".html"


def pelican_settings(site: Site) -> dict[str, Any]:
    """The Pelican settings that a site's facts stand for."""
    settings: dict[str, Any] = {
        "SITENAME": escape(site.title, quote=False),  # Pelican's themes print it as HTML
        "SITESUBTITLE": site.subtitle,
        "TIMEZONE": site.timezone,
        "DEFAULT_LANG": site.language,
        "AUTHOR": site.author or site.title,
        "COMMENTS_DEFAULT": site.discussions.default,
        "COMMENTS_CLOSE_AFTER_DAYS": site.discussions.close_after_days,
        "COMMENTS_SIGN_IN": list(site.discussions.sign_in),
        "COMMENTS_GRAVATAR": site.discussions.gravatar,
        "COMMENTS_BEACON": site.engagement.beacon,
    }
    links = site.permalinks
    for name, url in (
        ("ARTICLE", links.post),
        ("PAGE", links.page),
        ("CATEGORY", links.category),
        ("TAG", links.tag),
        ("AUTHOR", links.author),
    ):
        settings[f"{name}_URL"] = url
        settings[f"{name}_SAVE_AS"] = save_as(url)
    return settings


def is_reserved(url: str) -> bool:
    """Whether an address is nobody's: a name that is set aside for examples and tests (RFC 2606
    and 6761)."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    return host.rpartition(".")[2] in ("example", "test", "invalid", "localhost") or (
        host.removeprefix("www.") in ("example.com", "example.net", "example.org")
    )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # like http://[x
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not url.endswith("/")


def _check(site: Site, path: Path) -> None:
    try:
        ZoneInfo(site.timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SiteError(
            f"there is no time zone {site.timezone!r}",
            where=path,
            line=tables.line_of(path, "timezone"),
            mend="Use an IANA name like Europe/London.",
        ) from error
    wish(site.discussions.default, str(path))
    if site.discussions.close_after_days not in range(1_000_000):
        raise SiteError("'close_after_days' is not 0 to 999999", where=path,
                        line=tables.line_of(path, "close_after_days", "discussions"))  # fmt: skip
    for name in site.discussions.sign_in:
        if not is_provider(name):
            raise SiteError(
                f"'sign_in' holds {name!r}", where=path,
                line=tables.line_of(path, "sign_in", "discussions"),
                mend=f"Use {', '.join(LABELS)}, or the host of an OpenID provider.",
            )  # fmt: skip
    if site.engagement.dashboard not in DASHBOARDS:
        raise SiteError(
            f"'dashboard' is {site.engagement.dashboard!r}", where=path,
            line=tables.line_of(path, "dashboard", "engagement"),
            mend=f"Use one of: {', '.join(DASHBOARDS)}.",
        )  # fmt: skip
    if site.engagement.days not in range(1, 3661):
        raise SiteError("'days' is not 1 to 3660", where=path,
                        line=tables.line_of(path, "days", "engagement"))  # fmt: skip
    for url in (site.url, *site.old_urls):
        if url and not _is_address(url):
            raise SiteError(
                f"{url!r} is not a site's address",
                where=path,
                line=tables.line_of(path, "url" if url == site.url else "old_urls"),
                mend="Write it like https://example.com, without a slash at its end.",
            )
