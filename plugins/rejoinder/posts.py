"""Posts and pages as their files begin: the metadata lines, read without Pelican."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup
from unidecode import unidecode

from rejoinder.comments.view import RESERVED

OWN_FOLDERS = frozenset({
    "comments", "authors", "imports", "crosslinks", "engagement", "languages", "mentions",
})  # fmt: skip
"""Folders of the content whose Markdown files are no posts."""

ENDINGS = frozenset({".md", ".markdown", ".mkd", ".mdown"})
"""Of the files that Pelican reads as Markdown (pelican.readers.MarkdownReader)."""

PAGES = "pages"
_HEAD_BYTES = 16_384
# As Python-Markdown's meta extension reads them: a field, the next line of its value, the fences.
_LINE = re.compile(r" {0,3}([A-Za-z0-9_-]+):\s*(.*)")
_MORE = re.compile(r" {4,}")
_BEGIN = re.compile(r"-{3}(\s.*)?")
_END = re.compile(r"(-{3}|\.{3})(\s.*)?")


def is_yes(value: object) -> bool:
    """Whether a metadata line says yes."""
    return str(value).strip().lower() in ("true", "yes", "1")


@dataclass(frozen=True, slots=True)
class PostHead:
    """A post's or page's metadata: values by lower-case name, the line of each from 1, and of those
    that are given again the line of the second."""

    path: Path
    values: Mapping[str, str]
    lines: Mapping[str, int]
    is_page: bool = False
    repeated: Mapping[str, int] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return self.values.get("title", "")

    @property
    def slug(self) -> str:
        """Its slug, or the one that Pelican makes of its title."""
        return self.values.get("slug") or slugify(self.title)

    @property
    def status(self) -> str:
        return self.values.get("status", "published").lower()

    @property
    def language(self) -> str:
        return self.values.get("lang", "")

    def authors(self, default: str) -> tuple[str, ...]:
        """The names of who wrote it, else `default`. As Pelican reads them: `Author:` is one name,
        commas and all; `Authors:` are several, with semicolons between, or commas."""
        listed = self.values.get("authors", "")
        each = (name.strip() for name in listed.split(";" if ";" in listed else ","))
        found = tuple(dict.fromkeys(name for name in each if name))
        one = self.values.get("author") or default
        return found or ((one,) if one else ())

    def is_translation(self, language: str) -> bool:
        """Whether another post or page of its thread is the original, where there is one: by
        Pelican's rules, on a site in `language`."""
        is_marked = self.values.get("translation", "false").lower() != "false"
        return is_marked or not self.is_in(language)

    def is_in(self, language: str) -> bool:
        """Whether it is in the site's own language."""
        return self.language in ("", language.lower())

    @property
    def aliases(self) -> str:
        """The old addresses that it names in its `Aliases:`."""
        return self.values.get("aliases", "")

    @property
    def thread(self) -> str | None:
        """The key of its discussion: `Thread:`, else a post's slug; a page has none by itself."""
        return self.values.get("thread") or (None if self.is_page else self.slug or None)


def originals_first(heads: Iterable[PostHead], language: str) -> list[PostHead]:
    """Posts and pages, translations last: the first of each thread is what it is called by, and
    where it is."""
    return sorted(heads, key=lambda head: head.is_translation(language))


def slugify(title: str) -> str:
    """The slug of a title, as Pelican makes it with its own defaults (pelican.utils.slugify)."""
    text = unidecode(unicodedata.normalize("NFKC", Markup(title).striptags()))
    text = re.sub(r"[^\w\s-]", "", text)
    return re.sub(r"[-\s]+", "-", text.strip()).lower().strip()


def heading_id(text: str, separator: str) -> str:
    """The id of a heading, for Python-Markdown's `toc`: none that the page has of its own."""
    from markdown.extensions.toc import slugify_unicode  # who reads posts has Markdown, others not

    made = slugify_unicode(text, separator)
    return f"{made}{separator}section" if made in RESERVED else made


def parse_head(text: str, path: Path, *, is_page: bool = False) -> PostHead:
    """The metadata at the top of a file's text; an empty one where there is none. Of a value
    that goes on over several lines, or is given twice, the first line counts."""
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    repeated: dict[str, int] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        line = line.rstrip().expandtabs(4)
        if number == 1 and _BEGIN.fullmatch(line):
            continue
        if not line or _END.fullmatch(line):
            break
        match = _LINE.fullmatch(line)
        if match is None:
            if values and _MORE.match(line):
                continue
            break
        name = match[1].lower()
        if name in values:
            repeated.setdefault(name, number)
        values.setdefault(name, match[2].strip())
        lines.setdefault(name, number)
    return PostHead(path, values, lines, is_page, repeated)


def read_head(path: Path, content: Path) -> PostHead:
    """The metadata of one file, of which only the beginning is read. Raises OSError."""
    with path.open("rb") as file:
        text = file.read(_HEAD_BYTES).decode("utf-8", "replace")
    return parse_head(text, path, is_page=path.relative_to(content).parts[0] == PAGES)


def posts(content: Path) -> Iterator[PostHead]:
    """All posts and pages of a content folder, by path. Raises OSError."""
    for path in post_files(content):
        yield read_head(path, content)


def post_files(content: Path) -> Iterator[Path]:
    """The files of all posts and pages, by path; a link that leads nowhere is one too. Folders
    that hold no posts are not gone into: there may be any number of comments. Raises OSError."""
    yield from map(Path, post_paths(content))


def post_paths(content: Path) -> list[str]:
    """The same files, as plain text: objects of so many take their time. Raises OSError."""

    def refuse(error: OSError) -> None:
        raise error

    found = []
    walk = os.walk(content, onerror=refuse, followlinks=True)  # as Pelican walks it
    for folder, inner, names in walk:
        if folder == str(content):
            inner[:] = [name for name in inner if name not in OWN_FOLDERS]
        found += [
            os.path.join(folder, name)  # noqa: PTH118
            for name in names
            if not name.startswith(".") and name.endswith(tuple(ENDINGS))
        ]
    return sorted(found, key=lambda path: path.split(os.sep))  # noqa: PTH206 - as paths compare
