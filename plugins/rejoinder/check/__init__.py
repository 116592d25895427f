"""What is wrong with a site, told in a line each; see docs/checks.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from rejoinder import authors, redirects, site
from rejoinder.check import crosslinks, discussions, languages, links, privacy, settings
from rejoinder.check.problem import Problem, problem_at
from rejoinder.errors import RejoinderError
from rejoinder.permalinks import aliases_of
from rejoinder.posts import PostHead, post_files, read_head

__all__ = ["Problem", "run"]

Loaded = TypeVar("Loaded")


def run(content: Path, output: Path | None = None) -> list[Problem]:
    """All problems of `content`, and of the site built from it where `output` is given, sorted
    by file. Bad input is a problem, never an exception; raises RejoinderError only where
    there is no content."""
    if not content.is_dir():
        raise RejoinderError("there is no content", where=content, mend="Use --content.")
    return sorted(set(_all(content, output)))


def _all(content: Path, output: Path | None) -> Iterator[Problem]:
    problems: list[Problem] = []
    facts = _tried(site.load, content, content / site.FILE, problems) or site.Site()
    people = _tried(authors.load, content, content / authors.FOLDER, problems)
    slugs = set(people or ())
    known_authors = slugs | {path.stem for path in (content / authors.FOLDER).glob("*.md")}
    found = _tried(redirects.load, content, content / redirects.FILE, problems) or []
    heads = list(_heads(content, problems))
    named = _tried(lambda _: list(aliases_of(heads, facts)), content, content, problems) or []
    _tried(lambda _: redirects.together([*found, *named]), content, content, problems)
    yield from problems
    yield from settings.check_redirects(found, content / redirects.FILE, output)
    yield from settings.check_posts(heads, facts.language)
    yield from discussions.check(content, heads, known_authors)
    yield from crosslinks.check(content, heads, people)
    yield from languages.check(content, heads, facts.language)
    yield from privacy.check(content, output)
    if output is not None:
        yield from links.check(output, facts.url)


def _tried(
    load: Callable[[Path], Loaded], content: Path, where: Path, problems: list[Problem]
) -> Loaded | None:
    try:
        return load(content)
    except (RejoinderError, OSError, ValueError) as error:
        problems.append(problem_at(where, error))
        return None


def _heads(content: Path, problems: list[Problem]) -> Iterator[PostHead]:
    for path in post_files(content):
        try:
            yield read_head(path, content)
        except OSError as error:
            problems.append(problem_at(path, error))
