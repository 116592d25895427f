"""What templates call, in the language of the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from jinja2.utils import missing
from markupsafe import Markup

from rejoinder.dates import date_writer
from rejoinder.languages.catalogues import Catalogues
from rejoinder.languages.texts import Texts

READS: Mapping[str, tuple[str, ...]] = {"language": (), "article": ("lang",), "page": ("lang",)}
"""What these functions look up in a page's context, and what they ask of it."""


class _Function:
    """One of them, for a site and its language. It can be pickled."""

    reads = READS

    def __init__(self, catalogues: Catalogues, language: str) -> None:
        self._catalogues = catalogues
        self._language = language

    def _texts(self, context: Context) -> Texts:
        return self._catalogues.texts(page_language(context) or self._language)


def page_language(context: Context) -> str:
    """The language of a page: what its template has set as `language`, else its post's or page's
    own; '' where it says none."""
    look = context.resolve_or_missing  # a text is looked up some hundred times a page
    language = look("language")
    if language is not missing and language:
        return str(language)
    for name in ("article", "page"):
        about = look(name)
        if about is not missing and about:
            return str(getattr(about, "lang", "") or "")
    return ""


@pass_context
class Translate(_Function):
    """`translate(text, **names)`."""

    def __call__(self, context: Context, text: str, /, **names: object) -> Markup:
        return self._texts(context).html.translate(text, **names)


@pass_context
class TranslateCount(_Function):
    """`translate_count(one, many, n, **names)`."""

    def __call__(self, context: Context, one: str, many: str, n: int, /, **names: object) -> Markup:
        return self._texts(context).html.translate_count(one, many, n, **names)


@pass_context
class InLanguage(_Function):
    """`in_language(table)`: what a mapping has for the page's language, '' where nothing."""

    def __call__(self, context: Context, table: Mapping[str, str], /) -> str:
        return table.get(page_language(context) or self._language, "")


@pass_context
class DateInWords(_Function):
    """A filter: a date in words. `kind` names a method of `Texts` or of its `manner`; a `format` of
    strftime's, for all languages or for each, takes its place, with the names of days and months
    that the page's language has. `zone` '' leaves each date in its own."""

    def __init__(
        self, catalogues: Catalogues, language: str, kind: str, *, zone: str = "",
        format: str = "", formats: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(catalogues, language)
        self._kind = kind
        self._zone = zone
        self._format = format
        self._formats = dict(formats or {})
        self._writers: dict[tuple[str, str], Callable[[datetime], str]] = {}

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_writers": {}}

    def __call__(self, context: Context, date: datetime, format: str = "") -> str:
        texts = self._texts(context)
        date = date.astimezone(ZoneInfo(self._zone)) if self._zone else date
        format = format or self._formats.get(texts.language) or self._format
        if not format:
            return str(getattr(texts, self._kind)(date))
        key = texts.language, format
        write = self._writers.get(key)
        if write is None:
            names = texts.manner.names if texts.is_translated else None
            write = self._writers[key] = date_writer(format, names)
        return write(date)


def give(environment: Environment, content: Path, language: str) -> None:
    """Give an environment's templates these functions: for a site and its language."""
    catalogues = Catalogues(content)
    environment.globals["translate"] = Translate(catalogues, language)
    environment.globals["translate_count"] = TranslateCount(catalogues, language)
    environment.globals["in_language"] = InLanguage(catalogues, language)
