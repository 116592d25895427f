"""What was published elsewhere, against authors and posts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from rejoinder.authors import AuthorFile
from rejoinder.check.problem import Problem, problem_at
from rejoinder.errors import RejoinderError
from rejoinder.mentions.sent import FOLDER as SENT
from rejoinder.mentions.sent import parse_sent
from rejoinder.posts import PostHead
from rejoinder.profiles.entries import Entry, Verdict, parse_entries
from rejoinder.profiles.ledger import FOLDER


def check(
    content: Path, heads: Sequence[PostHead], authors: Mapping[str, AuthorFile] | None
) -> Iterator[Problem]:
    """Files that don't parse, an entry that is kept twice, profiles that no author has, ties to
    posts that aren't there. `authors` is None where they can't be read."""
    threads = {head.thread for head in heads if head.thread}
    seen: dict[tuple[str, str, str], Path] = {}
    for path in sorted((content / FOLDER).glob("*/*/*.txt")):
        slug, name = path.parent.parent.name, path.parent.name
        try:
            entries = parse_entries(path.read_text("utf-8"), path)
        except (RejoinderError, OSError, UnicodeDecodeError) as error:
            yield problem_at(path, error)
            continue
        author = authors.get(slug) if authors is not None else None
        if authors is not None and name not in {
            p.name for p in (author.profiles if author else ())
        }:
            yield Problem(str(path), 0, f"no author has the profile {slug}/{name}",
                          "Its entries are shown nowhere.", is_error=False)  # fmt: skip
        for entry in entries:
            other = seen.setdefault((slug, name, entry.id), path)
            if other is not path:
                yield Problem(str(path), 0, f"the entry {entry.id} is in {other.name} too",
                              "Leave it in one of them.")  # fmt: skip
            yield from _ties(path, entry, threads)
    for path in sorted((content / SENT).glob("*.txt")):
        try:
            parse_sent(path.read_text("utf-8"), path)
        except (RejoinderError, OSError, UnicodeDecodeError) as error:
            yield problem_at(path, error)


def _ties(path: Path, entry: Entry, threads: Collection[str]) -> Iterator[Problem]:
    for tie in entry.ties:
        if tie.thread not in threads and tie.verdict is not Verdict.NO:
            yield Problem(
                str(path), 0, f"{entry.id} is tied to the post {tie.thread!r}, which isn't there",
                "Write its new name, or take the line out.", is_error=tie.verdict is Verdict.YES,
            )  # fmt: skip
