"""The site's own catalogues of texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rejoinder.check.problem import Problem, problem_at
from rejoinder.errors import RejoinderError
from rejoinder.languages.catalogues import (
    ENGLISH,
    FOLDER,
    Catalogues,
    known_texts,
    language_of,
)
from rejoinder.posts import PostHead


def check(content: Path, heads: Sequence[PostHead], language: str) -> Iterator[Problem]:
    """Catalogues that can't be used, languages that none is of, and texts that a language lacks."""
    catalogues = Catalogues(content)
    for own in catalogues.own():
        path = content / FOLDER / f"{own}.po"
        try:
            catalogues.texts(own)
            known = catalogues.translated(own)
        except (RejoinderError, OSError) as error:
            yield problem_at(path, error)
            continue
        lacking = [] if language_of(own) == ENGLISH else [
            text for text in known_texts() if text not in known
        ]  # fmt: skip
        if lacking:
            what = f"{len(lacking)} texts have no translation, like {lacking[0]!r}"
            mend = f"'invoke texts {own}' adds them to the file."
            yield Problem(str(path), 0, what, mend, is_error=False)
    for tag, where in _used(heads, content, language).items():
        if not catalogues.knows(tag):
            yield Problem(
                str(where), 0, f"there are no texts in the language {tag!r}",
                f"Its pages have English ones; 'invoke texts {tag}' begins a catalogue.",
                is_error=False,
            )  # fmt: skip


def _used(heads: Sequence[PostHead], content: Path, language: str) -> dict[str, Path]:
    """Each language of the site, and a file that says so."""
    used = {language: content / "site.toml"}
    for head in heads:
        if head.language:
            used.setdefault(head.language, head.path)
    return used
