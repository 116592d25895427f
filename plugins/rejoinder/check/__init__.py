"""What is wrong with a site, told in a line each; see docs/checks.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rejoinder import authors, redirects, site
from rejoinder.check import discussions, links, privacy, settings
from rejoinder.check.problem import Problem, problem_of
from rejoinder.errors import RejoinderError
from rejoinder.posts import posts

__all__ = ["Problem", "run"]


def run(content: Path, output: Path | None = None) -> list[Problem]:
    """All problems of `content`, and of the site built from it where `output` is given, sorted
    by file. Bad input is a problem, never an exception; raises RejoinderError only where
    there is no content."""
    if not content.is_dir():
        raise RejoinderError("there is no content", where=content, mend="Use --content.")
    return sorted(set(_all(content, output)))


def _all(content: Path, output: Path | None) -> Iterator[Problem]:
    url = ""
    slugs: set[str] = set()
    try:
        url = site.load(content).url
    except RejoinderError as error:
        yield problem_of(error)
    try:
        slugs = set(authors.load(content))
    except RejoinderError as error:
        yield problem_of(error)
    try:
        found = redirects.load(content)
        yield from settings.check_redirects(found, content / redirects.FILE, output)
    except RejoinderError as error:
        yield problem_of(error)
    heads = list(posts(content))
    yield from settings.check_posts(heads)
    yield from discussions.check(content, heads, slugs)
    yield from privacy.check(content, output)
    if output is not None:
        yield from links.check(output, url)
