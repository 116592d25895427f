"""All checks of a site, one after the other: here they meet its files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from rejoinder.check import sources, talk
from rejoinder.check.problem import Problem


def run(content: Path, output: Path | None) -> list[Problem]:
    """What is wrong with the site in `content`, and with `output` where it has been built.

    Sorted by file and line, each thing once; paths are told from the working folder where they
    lie below it. Never raises for what is in the files.
    """
    found = sources.read(content)
    problems = list(found.broken)
    problems += talk.check(found)
    return _told(problems)


def _told(problems: Iterable[Problem]) -> list[Problem]:
    here = f"{Path.cwd()}/"
    return sorted({replace(p, path=p.path.removeprefix(here)) for p in problems})
