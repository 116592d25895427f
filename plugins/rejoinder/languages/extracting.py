"""All texts that templates, Python and scripts ask for, found in their source; and a catalogue that
holds them all, with the translations that there are."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, TemplateSyntaxError, nodes

from rejoinder.errors import SiteError
from rejoinder.languages import scripts
from rejoinder.languages.catalogues import Text

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

_ONE = frozenset({"translate", "message"})
_COUNTED = frozenset({"translate_count", "message_count"})
_HEADERS = ("Language", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Plural-Forms")

Asked = tuple[Path, int, Text]
"""Where a text is asked for: the file, and the line from 1 on."""


def extract(folders: Iterable[Path]) -> Iterator[Asked]:
    """What is asked for below these folders, by file and line. Raises SiteError for a source that
    can't be parsed."""
    ways = {".py": _of_python, ".html": _of_template, ".js": scripts.asked}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in ways and path.is_file():
                source = path.read_text("utf-8")
                try:
                    for line, text in ways[path.suffix](source):
                        yield path, line, text
                except (SyntaxError, TemplateSyntaxError) as error:
                    raise SiteError(str(error), where=path, line=error.lineno) from error


def _of_python(source: str) -> Iterator[tuple[int, Text]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", "") or getattr(node.func, "id", "")
            words = [one.value if isinstance(one, ast.Constant) else None for one in node.args]
            yield from _texts(name, words, node.lineno)


def _of_template(source: str) -> Iterator[tuple[int, Text]]:
    for node in Environment().parse(source).find_all(nodes.Call):
        if isinstance(node.node, nodes.Name):
            words = [one.value if isinstance(one, nodes.Const) else None for one in node.args]
            yield from _texts(node.node.name, words, node.lineno)


def _texts(function: str, words: Sequence[object], line: int) -> Iterator[tuple[int, Text]]:
    if function in _ONE and words and isinstance(words[0], str):
        yield line, words[0]
    if function in _COUNTED and len(words) > 1:
        one, many = words[:2]
        if isinstance(one, str) and isinstance(many, str):
            yield line, (one, many)


def template(asked: Iterable[Asked], root: Path) -> Catalog:
    """A catalogue of all these texts without translations, in their order; places are told from
    `root` on."""
    from babel.messages.catalog import Catalog

    made = Catalog(fuzzy=False)
    for path, line, text in asked:
        place = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        made.add(text, locations=[(place, line)])
    return made


def add(catalog: Catalog, texts: Iterable[Text]) -> int:
    """Add texts to a catalogue, to be translated; how many it didn't have."""
    before = len(catalog)
    for text in texts:
        catalog.add(text)
    return len(catalog) - before


def merged(known: Catalog, wanted: Catalog) -> Catalog:
    """What is wanted, with the translations that are known: those of other texts are left out,
    and none is guessed."""
    known.update(wanted, no_fuzzy_matching=True)
    known.obsolete.clear()
    return known


def written(catalog: Catalog) -> bytes:
    """A catalogue as a file, in the order of its texts, with as little in it as can be another the
    next time."""
    from babel.messages.pofile import write_po

    catalog.header_comment = ""
    made = io.BytesIO()
    write_po(made, catalog, width=96, omit_header=True, include_lineno=False)
    lines = "".join(f'"{name}: {value}\\n"\n' for name, value in catalog.mime_headers
                    if name in _HEADERS)  # fmt: skip
    return f'msgid ""\nmsgstr ""\n{lines}\n'.encode() + made.getvalue().strip() + b"\n"
