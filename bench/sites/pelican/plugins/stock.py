"""Pelican plugin of the benchmark's: discussions as a site without ours shows them. Comments are
read from their files one by one, and rendered by Python-Markdown when the template asks: by the
function of its that sites name as a filter, which makes a parser each time, or, with
`STOCK_ONE_PARSER`, by one parser for all. What the template is given has the shape of ours, so that
all builds share a theme."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from markdown import Markdown, markdown
from pelican import signals

from bench.corpus import Said, thread

_parser = Markdown(output_format="html")


def _by_one_parser(text: str) -> str:
    return _parser.reset().convert(text)


def _by_its_function(text: str) -> str:
    return markdown(text, output_format="html")


class Node:
    """A comment with its answers."""

    def __init__(self, said: Said, convert: Callable[[str], str]) -> None:
        date = datetime.fromisoformat(said.date)
        self.comment = SimpleNamespace(id=said.id, author=said.author, url=said.url, date=date)
        self.children: list[Node] = []
        self._body = said.body
        self._convert = convert

    @property
    def html(self) -> str:
        return self._convert(self._body)


def discussion(content: Path, slug: str, convert: Callable[[str], str]) -> SimpleNamespace:
    """A post's thread."""
    top: list[Node] = []
    nodes: dict[str, Node] = {}
    for said in thread(content, slug):
        nodes[said.id] = node = Node(said, convert)
        above = nodes.get(said.answers)
        (above.children if above else top).append(node)
    counts = SimpleNamespace(thoughts=len(nodes))
    return SimpleNamespace(counts=counts, page=SimpleNamespace(nodes=top))


def attach(generator: Any) -> None:
    """Give every post its thread."""
    content = Path(generator.settings["PATH"])
    convert = _by_one_parser if generator.settings["STOCK_ONE_PARSER"] else _by_its_function
    for article in generator.articles:
        article.thread = discussion(content, article.slug, convert)


def add_filter(generator: Any) -> None:
    """The filter that ours has, with the same format."""
    format = generator.settings["COMMENTS_DATE_FORMAT"]
    generator.env.filters["comment_date"] = lambda date: date.strftime(format)


def register() -> None:
    """Connect to Pelican's signals."""
    signals.generator_init.connect(add_filter)
    signals.article_generator_finalized.connect(attach)
