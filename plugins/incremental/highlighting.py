"""Pygments, asked once: Markdown's `codehilite` looks a lexer up among five hundred, and works out
all styles, for every block of code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from markdown.extensions import codehilite
from pygments.lexers import find_lexer_class_by_name

from .lexing import ask_less


@lru_cache(maxsize=200)
def _lexer_class(name: str) -> Any:
    return find_lexer_class_by_name(name)


def _lexer(name: str, **options: Any) -> Any:
    return ask_less(_lexer_class(name)(**options))


def _asked_once(make: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[str, Any] = {}

    def formatter(name: str, **options: Any) -> Any:
        key = repr((name, sorted(options.items())))
        if key not in known:
            known[key] = make(name, **options)
        return known[key]

    return formatter


@contextmanager
def quick_highlighting() -> Iterator[None]:
    """Let `codehilite` use what it was given before: formatters keep nothing of what they format.
    Lexers, which may, are made anew."""
    names = ("get_lexer_by_name", "get_formatter_by_name")
    before = {name: getattr(codehilite, name) for name in names if hasattr(codehilite, name)}
    if len(before) < len(names):  # there is no Pygments
        yield
        return
    codehilite.get_lexer_by_name = _lexer  # type: ignore[attr-defined]
    quick = _asked_once(before["get_formatter_by_name"])
    codehilite.get_formatter_by_name = quick  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for name, function in before.items():
            setattr(codehilite, name, function)
