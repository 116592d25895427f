"""Front matter as Jekyll's and Hugo's authors write it: what its fields say, by the names that
their themes gave them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from rejoinder.errors import ImportFailed
from rejoinder.migrate import data, dates
from rejoinder.migrate.entries.model import Author, Entry, Told

Fields = Mapping[str, Any]

_IMAGES = ("image", "featured_image", "featuredimage", "featureimage", "feature_image", "cover",
           "coverimage", "header", "thumbnail", "banner", "hero", "images", "feature")  # fmt: skip
_IN_IMAGES = ("path", "url", "src", "image", "feature", "file", "relative_path", "teaser")
_STICKY = ("sticky", "pin", "pinned")


def first(fields: Fields, *names: str) -> str:
    """The first of these fields that has text."""
    return next((text for name in names if (text := data.text(fields.get(name)).strip())), "")


def names(fields: Fields, *called: str, part: str = "") -> list[str]:
    """The texts of all these fields, each a list or one text, parted by `part`, or by commas where
    it has some."""
    found = []
    for name in called:
        value = fields.get(name)
        commas = part and "," in data.text(value)
        found += data.listed(value, "," if commas else part)
    return found


def zone(name: str, where: str, told: Told) -> ZoneInfo | None:
    """The time zone of a name in the settings; None of none, and, told, of what is none."""
    try:
        return dates.zone(name) if name else None
    except ImportFailed as error:
        told(None, f"{where}: {error.what}; times were taken as they stand")
        return None


def image(fields: Fields) -> str:
    """The picture that stands for a post: an address, or a table or list that has one."""
    for name in _IMAGES:
        value = fields.get(name)
        if isinstance(value, list):
            value = value[0] if value else ""
        inner = value if isinstance(value, dict) else {"path": value}
        found = first(inner, *_IN_IMAGES)
        if found and not found.startswith("#"):  # a colour, in some themes
            return found
    return ""


def authors(fields: Fields) -> list[str]:
    """Who wrote it, by name or by the key of a list of authors."""
    found: list[str] = []
    for name in ("author", "authors"):
        value = fields.get(name)
        for one in value if isinstance(value, list) else [value]:
            said = first(one, "name", "title") if isinstance(one, dict) else data.text(one).strip()
            if said:
                found.append(said)
    return list(dict.fromkeys(found))


def author(name: str, about: Any) -> Author:
    """An author as a list of them has it: a table, or a name."""
    if not isinstance(about, dict):
        return Author(data.text(about).strip() or name)
    return Author(
        first(about, "name", "display_name", "title") or name,
        url=first(about, "url", "web", "website", "homepage", "uri"),
        bio=first(about, "bio", "about", "description"),
    )


def is_open(fields: Fields) -> bool:
    """Whether one can reply."""
    closed = any(data.flag(fields.get(name)) for name in ("disable_comments", "disablecomments",
                                                          "comments_locked"))  # fmt: skip
    return not closed and data.flag(fields.get("comments")) is not False


def is_sticky(fields: Fields) -> bool:
    """Whether it stays on top."""
    return any(data.flag(fields.get(name)) for name in _STICKY)


def listed(
    archives: Mapping[str, str], entries: Iterable[Entry], slug: Callable[[str], str]
) -> dict[tuple[str, str], str]:
    """Where lists of categories and tags were, by their patterns and the program's own slugs."""
    found = {}
    for entry in entries:
        for kind, called in (("category", entry.categories), ("tag", entry.tags)):
            for name in called if kind in archives else ():
                found[kind, name] = f"/{archives[kind].format(slug=slug(name))}"
    return found


def lower(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields by their names in lower case, as Hugo takes them."""
    return {str(name).lower(): value for name, value in fields.items()}


def scalars(prefix: str, fields: Fields, but: Iterable[str] = ()) -> dict[str, str]:
    """The texts of a table, by names like `site.title`."""
    return {
        f"{prefix}.{name}": data.text(value)
        for name, value in fields.items()
        if name not in but and not isinstance(value, dict | list)
    }
