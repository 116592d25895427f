"""Pelican's own lists, made in one pass: its loops ask of every post whether it is in a list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pelican.contents import Article


class Members(list[Any]):
    """A list of posts that knows at once whether a post is in it."""

    def __init__(self, articles: Iterable[Any]) -> None:
        super().__init__(articles)
        self._ids = {id(one) for one in self}

    def __contains__(self, one: object) -> bool:
        return id(one) in self._ids if isinstance(one, Article) else super().__contains__(one)


def make_lists_quick(generator: Any) -> None:
    """Give `generate_tags`, `generate_categories` and `generate_authors` lists that know their
    members. Articles are equal only to themselves, so that the answers are the same."""
    for tag, articles in generator.tags.items():
        generator.tags[tag] = Members(articles)
    generator.categories = [(one, Members(articles)) for one, articles in generator.categories]
    generator.authors = [(one, Members(articles)) for one, articles in generator.authors]
    generator._update_context(("tags", "categories", "authors"))
