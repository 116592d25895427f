"""`content/authors/<slug>.md`: who writes here. Metadata lines, a blank line, the bio."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rejoinder.errors import SiteError

FOLDER = "authors"
_FIELDS = {"name", "slug", "role", "portrait", "url"}


@dataclass(frozen=True, slots=True)
class AuthorFile:
    """An author as their file says: `portrait` is a path below `content/`, `bio` is Markdown,
    `extra` holds the lines that this version doesn't know."""

    slug: str
    name: str
    role: str = ""
    portrait: str = ""
    url: str = ""
    bio: str = ""
    extra: tuple[tuple[str, str], ...] = ()


def parse_author(text: str, path: Path) -> AuthorFile:
    """The author in a file's text. The slug is the file's name where it gives none.

    Raises SiteError, with the line, for what is no metadata line and for a missing name.
    """
    head, _, bio = text.removeprefix("\ufeff").replace("\r\n", "\n").partition("\n\n")
    found: dict[str, str] = {}
    extra: list[tuple[str, str]] = []
    for number, line in enumerate(head.split("\n"), start=1):
        name, colon, value = line.partition(":")
        key = name.strip().lower()
        if not colon or not key.replace("-", "").replace("_", "").isalnum():
            raise SiteError(
                f"{line[:60]!r} is not a metadata line", where=path, line=number,
                mend="Write 'Name: value', and a blank line before the bio.",
            )  # fmt: skip
        if key in _FIELDS:
            found[key] = value.strip()
        else:
            extra.append((key, value.strip()))
    if not found.get("name"):
        raise SiteError("the author's name is missing", where=path, mend="Add a line 'Name: …'.")
    found.setdefault("slug", path.stem)
    return AuthorFile(bio=bio.strip(), extra=tuple(extra), **found)


def load(content: Path) -> dict[str, AuthorFile]:
    """All authors of a content folder by slug. Raises SiteError."""
    authors: dict[str, AuthorFile] = {}
    for path in sorted((content / FOLDER).glob("*.md")):
        try:
            author = parse_author(path.read_text("utf-8"), path)
        except (OSError, UnicodeDecodeError) as error:
            raise SiteError(f"the file can't be read: {error}", where=path) from error
        if author.slug in authors:
            raise SiteError(f"the slug {author.slug!r} is another author's", where=path)
        authors[author.slug] = author
    return authors
