"""What templates call: `translate` and `translate_count`, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

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


def page_language(context: Mapping[str, Any] | Context) -> str:
    """The language of a page: what its template has set as `language`, else its post's or page's
    own; '' where it says none."""
    language = context.get("language")
    if language:
        return str(language)
    about = context.get("article") or context.get("page")
    return str(getattr(about, "lang", "") or "")


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


def give(environment: Environment, content: Path, language: str) -> None:
    """Give an environment's templates these functions: for a site and its language."""
    catalogues = Catalogues(content)
    environment.globals["translate"] = Translate(catalogues, language)
    environment.globals["translate_count"] = TranslateCount(catalogues, language)
