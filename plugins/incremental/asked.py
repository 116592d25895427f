"""What Pelican works out again and again while it goes through posts, worked out once."""

from __future__ import annotations

import locale
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from string import Formatter
from types import ModuleType
from typing import Any

from pelican import contents, urlwrappers, utils, writers
from pelican.settings import DEFAULT_CONFIG

from rejoinder.dates import date_writer


class _System(ModuleType):
    """`os`, but for folders: they are made with the files that are put into them."""

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    @staticmethod
    def makedirs(name: str, mode: int = 0o777, exist_ok: bool = False) -> None: ...


_DATES = re.compile("(?:[^%]|%-?[aAbBdHImMpSyY])*")
"""Formats of dates in which `strftime` has nothing to itself."""

_LINK = DEFAULT_CONFIG["INTRASITE_LINK_REGEX"]
_EASY = frozenset({"slug", "lang"})


@lru_cache(maxsize=100)
def _names_in(pattern: str) -> frozenset[str]:
    """What a setting for addresses asks of a post, and how it is to be written."""
    parts = Formatter().parse(pattern)
    return frozenset(f"{name}{how or ''}" for _, name, how, _ in parts if name is not None)


def may_have_links(html: str | None, settings: Mapping[str, Any]) -> bool:
    """Whether there can be a link to a post or file in it, as far as that is told at once."""
    if not html:
        return False
    return settings["INTRASITE_LINK_REGEX"] != _LINK or "{" in html or "|" in html


def is_straight(path: object) -> bool:
    """Whether a path is its own absolute one where it is put behind one."""
    return os.sep == "/" and isinstance(path, str) and bool(path) and not (
        path.startswith((".", "/")) or path.endswith("/") or "/." in path or "//" in path
    )  # fmt: skip


def _is_own(function: Any, module: ModuleType) -> bool:
    """Whether a function is still the module's, and not somebody's in its place."""
    return getattr(function, "__module__", "") == module.__name__


@contextmanager
def asked_once(*, makes_folders: bool) -> Iterator[None]:
    """Remember slugs and the places of sources, which posts are asked for several times each; look
    for links to posts and static files where there can be one; make addresses of what alone is in
    them; join paths that need no thought. The writer makes folders by itself where it
    `makes_folders`."""
    slugify, place = urlwrappers.slugify, contents.Content.get_relative_source_path
    links, expand = contents.Content.get_static_links, contents.Content._expand_settings
    whole, strftime = contents.Content.url_format, utils.strftime
    update, join = contents.Content._update_content, writers.sanitised_join
    absolute = lru_cache(os.path.abspath)
    writers_of_dates: dict[tuple[str, str], Callable[[Any], str]] = {}
    slugs: dict[tuple[object, ...], str] = {}
    places: dict[tuple[str, str], Any] = {}

    def slug(value: str, regex_subs: Any = (), *rest: Any, **more: Any) -> str:
        key = value, tuple(map(tuple, regex_subs)), rest, *more.items()
        if key not in slugs:
            slugs[key] = slugify(value, regex_subs, *rest, **more)
        return slugs[key]

    def relative_source_path(self: Any, source_path: str | None = None) -> Any:
        key = source_path or self.source_path, self.settings["PATH"]
        if key not in places:
            within = str(key[0] or "").removeprefix(f"{absolute(key[1])}/")
            is_within = isinstance(key[0], str) and within != key[0] and is_straight(within)
            places[key] = within if is_within else place(self, source_path)
        return places[key]

    def static_links(self: Any) -> set[str]:
        html = self._content  # whatever a link looks like, one of these words is in it
        return links(self) if "static" in html or "attach" in html else set()

    def updated(self: Any, content: Any, siteurl: str) -> Any:
        if content and not may_have_links(content, self.settings):
            return content
        return update(self, content, siteurl)

    def expanded(self: Any, key: str, klass: str | None = None) -> Any:
        pattern = str(self.settings[f"{klass or type(self).__name__}_{key}".upper()])
        if type(self).url_format is whole and _names_in(pattern) <= _EASY:
            return pattern.format(slug=getattr(self, "slug", ""), lang=getattr(self, "lang", "en"))
        return expand(self, key, klass)

    def joined(base: str, *parts: str) -> str:
        if len(parts) == 1 and is_straight(parts[0]):
            return f"{absolute(base).rstrip('/')}/{parts[0]}"
        return str(join(base, *parts))

    def in_words(date: Any, date_format: str) -> str:
        if not isinstance(date, datetime):
            return str(strftime(date, date_format))
        key = date_format, locale.setlocale(locale.LC_TIME)
        if key not in writers_of_dates:
            is_known = _DATES.fullmatch(date_format)
            writers_of_dates[key] = (
                date_writer(date_format) if is_known else lambda one: strftime(one, date_format)
            )
        return writers_of_dates[key](date)

    urlwrappers.slugify = slug
    if _is_own(strftime, utils):
        utils.strftime = in_words
    if _is_own(expand, contents) and _is_own(getattr(whole, "fget", None), contents):
        contents.Content._expand_settings = expanded
    if _is_own(update, contents):
        contents.Content._update_content = updated
    contents.Content.get_static_links = static_links
    if _is_own(place, contents):
        contents.Content.get_relative_source_path = relative_source_path
    if _is_own(join, utils):
        writers.sanitised_join = joined
    if not makes_folders:
        writers.os = _System("os")
    try:
        yield
    finally:
        urlwrappers.slugify = slugify
        contents.Content.get_relative_source_path = place
        contents.Content.get_static_links = links
        contents.Content._expand_settings = expand
        contents.Content._update_content = update
        utils.strftime = strftime
        writers.sanitised_join = join
        writers.os = os


@contextmanager
def makes_folders_again() -> Iterator[None]:
    """Folders are made by Pelican's own writer, for a while."""
    before = writers.os
    writers.os = os
    try:
        yield
    finally:
        writers.os = before
