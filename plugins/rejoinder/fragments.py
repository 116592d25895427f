"""Template fragments of adapters, and what they are written with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader

from rejoinder.languages import functions
from rejoinder.languages.catalogues import Catalogues
from rejoinder.languages.functions import DateInWords
from rejoinder.languages.manners import language_name

TEMPLATES = Path(__file__).parent / "templates"
"""Fragments that are made of several adapters'."""

_DATES = {"long_date": "day", "short_date": "short_day", "month_date": "month"}
"""Filters for the dates of posts, by what they write."""

_PELICANS_FORMAT = "%a %d %B %Y"
"""What DEFAULT_DATE_FORMAT is where a site doesn't say."""


def offer(environment: Environment, folder: Path, settings: Mapping[str, Any]) -> None:
    """Offer a folder's templates after those that are known, so that a theme always wins, and what
    all adapters share. `settings` are Pelican's."""
    _add(environment, folder)
    equip(environment, settings)


def equip(environment: Environment, settings: Mapping[str, Any]) -> None:
    """Give an environment, once, the fragments that all adapters share, and the functions and
    filters that speak a page's language."""
    if "translate" in environment.globals:
        return
    _add(environment, TEMPLATES)
    functions.give(environment, Path(settings["PATH"]), settings["DEFAULT_LANG"])
    environment.filters["language_name"] = language_name
    for name, kind in _DATES.items():
        environment.filters[name] = dates(settings, kind)


def _add(environment: Environment, folder: Path) -> None:
    known = [environment.loader] if isinstance(environment.loader, BaseLoader) else []
    environment.loader = ChoiceLoader([*known, FileSystemLoader(folder)])


def dates(settings: Mapping[str, Any], kind: str, format: str | None = None) -> DateInWords:
    """A filter that writes dates: those of a comment, in the site's zone, in a `format` ('' is the
    language's own); without one those of a post, whose zone it is already, as Pelican's settings
    say where they do."""
    where = Catalogues(Path(settings["PATH"])), settings["DEFAULT_LANG"]
    if format is not None:
        return DateInWords(*where, kind, zone=settings["TIMEZONE"], format=format)
    if kind != "day":
        return DateInWords(*where, kind)
    formats = {
        language: one if isinstance(one, str) else one[1]
        for language, one in settings["DATE_FORMATS"].items()
    }
    wanted = settings["DEFAULT_DATE_FORMAT"]
    format = "" if wanted == _PELICANS_FORMAT else wanted
    return DateInWords(*where, kind, format=format, formats=formats)
