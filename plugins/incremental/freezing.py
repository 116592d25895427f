"""Keeping what a post's page was given, so that it can be rendered again without Pelican when its
discussion goes on. Where that can't be told for certain, nothing is kept."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime, timezone, tzinfo
from enum import Enum
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, PrefixLoader
from jinja2.defaults import DEFAULT_NAMESPACE
from jinja2.filters import FILTERS as DEFAULT_FILTERS
from pelican.contents import Content
from pelican.paginator import Page, Paginator
from pelican.urlwrappers import URLWrapper
from pelican.utils import DateFormatter, SafeDatetime

from rejoinder.comments.recent import Recents
from rejoinder.comments.view import Options, Subject, ThreadView
from rejoinder.dates import DateFilter
from rejoinder.incremental.packed import pack
from rejoinder.incremental.state import EVERY
from rejoinder.incremental.templates import Seen, Use
from rejoinder.press.frozen import Counted, Frozen, FrozenList, Moment, Reference, allowed

_PAGES = frozenset({"number", "url", "save_as", "object_list", "paginator", "full_name", "name",
                    "base_name", "extension", "base_url"})  # fmt: skip
_ASKED_OF_PAGES = ("has_next", "has_previous", "has_other_pages", "next_page_number",
                   "previous_page_number", "start_index", "end_index")  # fmt: skip
_PAGINATORS = frozenset({"name", "url", "count", "num_pages", "per_page", "orphans"})
_ABOUT_ALL = frozenset({"articles", "dates", "tags", "categories", "authors",
                        "period_archives", "drafts", "hidden_articles"})  # fmt: skip
_NEVER_SHARED = (str, int, float, bool, type(None), bytes, tuple, ThreadView, Recents)
_PYTHONS_ZONES = (ZoneInfo, timezone, type(None))
_VALUES = {kind: attrgetter(*(one.name for one in fields(kind))) for kind in (Subject, Options)}
"""What makes one of these, in the order in which it is made of it."""


class CantKeepError(Exception):
    """Something of a page can't be kept; the message says what."""


class _Freezing(pickle.Pickler):
    """Pickles what a template is given, with what it asks for of each post. It is asked of no text
    and number: there are some hundreds in a page."""

    def __init__(self, into: io.BytesIO, freezer: Freezer) -> None:
        super().__init__(into, pickle.HIGHEST_PROTOCOL)
        self._freezer = freezer
        self.shown: set[str] = set()

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if kind in _VALUES:
            return kind, _VALUES[kind](value)
        if isinstance(value, Content):
            key = str(value.source_path)
            return Frozen, (kind.__name__, key, str(value), self._freezer.asked_for(value))
        if isinstance(value, URLWrapper):
            return Frozen, self._freezer.wrapper(value)
        if isinstance(value, datetime):
            of = Moment if isinstance(value, SafeDatetime) else datetime
            return of, (value.year, value.month, value.day, value.hour, value.minute,
                          value.second, value.microsecond, _zone(value))  # fmt: skip
        if isinstance(value, ThreadView):
            self.shown.add(value.key)
            return Reference, ("thread", value.subject, value.options, value.shown_number)
        if isinstance(value, Recents):
            self.shown.add(EVERY)
            return Reference, ("recent", value.number)
        if isinstance(value, Page):
            said = {name: getattr(value, name)() for name in _ASKED_OF_PAGES}
            return FrozenList, (_attributes_of(value, _PAGES), said)
        if isinstance(value, Paginator):
            return FrozenList, (_attributes_of(value, _PAGINATORS),)
        if isinstance(value, ZoneInfo):
            return ZoneInfo, (value.key,)
        if isinstance(value, DateFormatter):
            return DateFilter, ()
        type_ = value if isinstance(value, type) else kind
        module, name = getattr(value, "__module__", ""), getattr(value, "__qualname__", "")
        if not allowed(type_.__module__, type_.__qualname__) and not allowed(
            str(module), str(name)
        ):
            raise CantKeepError(f"a {type_.__module__}.{type_.__qualname__}")
        if isinstance(value, Enum):
            return kind, (value.value,)  # some versions of Python would have it by `getattr`
        return NotImplemented


class _Sharing(_Freezing):
    """Names what pages have in common, instead of pickling it."""

    def __init__(self, into: io.BytesIO, freezer: Freezer) -> None:
        super().__init__(into, freezer)
        self._shared = freezer.shared

    def persistent_id(self, value: Any) -> Any:
        return self._shared.get(id(value))


class Freezer:
    """Keeps what pages of one kind are given, as far as they ask for it (`seen`); what `common` has
    all of them have, and none keeps it for itself."""

    def __init__(self, seen: Seen, common: Mapping[str, Any] | None = None) -> None:
        asked = seen.words - {"settings", "_context", "_content"}
        self._words = sorted(asked)  # a set has another order in each process
        self._of_types: dict[type, list[str]] = {}
        self._wrappers: dict[int, tuple[URLWrapper, tuple[Any, ...]]] = {}
        held = [*_shared(common or {})]
        self._held = held  # else another value might come to have the id of one
        self.shared = {id(one): name for one, name in held}

    def __call__(self, value: Any) -> tuple[bytes, frozenset[str]]:
        """What a template is given, for `rejoinder.press.frozen.thaw`, and the keys of the
        discussions that it shows (EVERY is what was said last, anywhere). Raises
        CantKeepError."""
        into = io.BytesIO()
        try:
            freezing = (_Sharing if self.shared else _Freezing)(into, self)
            freezing.dump(value)
        except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
            raise CantKeepError(str(error)) from error
        return pack(into.getvalue()), frozenset(freezing.shown)

    def wrapper(self, value: URLWrapper) -> tuple[Any, ...]:
        """A category, tag or author for `Frozen`: many pages show the same."""
        known = self._wrappers.get(id(value))
        if known is None:
            kind = type(value).__name__
            made = kind, value.slug, value.name, self.asked_for(value)
            known = self._wrappers[id(value)] = value, made
        return known[1]

    def asked_for(self, value: Any) -> dict[str, Any]:
        """The attributes of a post, or of one of its terms, that are asked for."""
        kind, own = type(value), value.__dict__
        of_type = self._of_types.get(kind)
        if of_type is None:
            of_type = self._of_types[kind] = [name for name in self._words if hasattr(kind, name)]
        found = {name: own[name] for name in self._words if name in own}
        for name in of_type:
            if name not in own:
                one = getattr(value, name)
                if callable(one):
                    raise CantKeepError(f"what {kind.__name__}.{name}() gives")
                found[name] = one
        return found


def _zone(date: datetime) -> tzinfo | None:
    """The zone of a date, as one of Python's own."""
    offset = None if isinstance(date.tzinfo, _PYTHONS_ZONES) else date.utcoffset()
    if offset is None:
        return date.tzinfo
    return timezone(offset, date.tzname() or str(offset))


class _Less(Page):  # type: ignore[misc]  # Pelican is not typed
    """A page of a list of whose posts nothing is asked."""

    def __init__(self, page: Page) -> None:
        self.__dict__.update(page.__dict__, object_list=())


def _as_asked(name: str, value: Any, seen: Seen) -> Any:
    """A value, or what is enough of it. Raises CantKeepError."""
    use, asked = seen.uses.get(name, Use.WHOLE), seen.attributes.get(name)
    if isinstance(value, Page) and asked is not None and "object_list" not in asked:
        return _Less(value)
    if isinstance(value, Paginator) and (asked is None or not asked <= _PAGINATORS):
        raise CantKeepError(f"pages of {name}")
    if isinstance(value, list) and use is Use.LENGTH:
        return Counted(len(value))
    if isinstance(value, list) and use in (Use.KEYS, Use.COUNTS):
        return [(key, Counted(len(listed))) for key, listed in value]
    if name in _ABOUT_ALL:
        raise CantKeepError(f"{name}, which other discussions change too")
    return value


def _attributes_of(value: Any, names: frozenset[str]) -> dict[str, Any]:
    return {name: getattr(value, name) for name in sorted(names)}


def own_of(names: dict[str, Any], seen: Seen) -> dict[str, Any]:
    """What a page is given of its own, as far as it is asked for. Raises CantKeepError."""
    if seen.whole_lists:
        raise CantKeepError("lists, through a page of them")
    return {name: _as_asked(name, value, seen) for name, value in names.items()}


def common_of(
    template: Any, seen: Seen, names: dict[str, Any], options: dict[str, Any]
) -> dict[str, Any]:
    """What all pages of a template are given, and what renders them (`options` are
    Jinja's own). Raises CantKeepError."""
    env = template.environment
    names = {name: _as_asked(name, value, seen) for name, value in names.items()}
    filters = _others(seen.filters, env.filters, DEFAULT_FILTERS)
    globals_ = _others(seen.globals, env.globals, DEFAULT_NAMESPACE)
    if "plugin_enabled" in seen.filters:
        raise CantKeepError("the test plugin_enabled")
    environment = {"loader": _kept(env.loader), "options": options, "filters": filters,
                   "globals": globals_}  # fmt: skip
    return {**names, " environment": environment}


def _others(
    names: Iterable[str], all_of_them: Mapping[str, Any], known: Mapping[str, Any]
) -> dict[str, Any]:
    """Those that aren't Jinja's own."""
    return {name: all_of_them[name] for name in sorted(names)
            if name in all_of_them and all_of_them[name] is not known.get(name)}  # fmt: skip


def _kept(loader: BaseLoader | None) -> tuple[str, Any]:
    if isinstance(loader, FileSystemLoader):
        return "folders", [str(path) for path in loader.searchpath]
    if isinstance(loader, ChoiceLoader):
        return "first", [_kept(one) for one in loader.loaders]
    if isinstance(loader, PrefixLoader):
        return "prefixed", {prefix: _kept(one) for prefix, one in loader.mapping.items()}
    raise CantKeepError(f"a template loader: {type(loader).__qualname__}")


def _shared(names: Mapping[str, Any]) -> Iterator[tuple[Any, tuple[str, str, Any]]]:
    """What pages have in common and would each keep for themselves, and what it is called."""
    for name, value in names.items():
        if isinstance(value, dict):
            for key, one in value.items():
                if not isinstance(one, _NEVER_SHARED):
                    yield one, ("common", name, key)
