"""The files that say what the site is, and posts against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rejoinder.check.links import internal, resolve
from rejoinder.check.problem import Problem, problem_of
from rejoinder.comments.store import folder_name
from rejoinder.comments.view import wish
from rejoinder.errors import SiteError, StoreError
from rejoinder.permalinks import read_date
from rejoinder.posts import PostHead
from rejoinder.redirects import Redirect


def check_posts(heads: Sequence[PostHead], language: str) -> Iterator[Problem]:
    """Two posts of one slug, one key for two discussions, a date that is none, an unknown wish.
    Posts in several languages are translations; `language` is that of posts that don't say theirs.
    Pure."""
    slugs: dict[tuple[bool, str, str], PostHead] = {}
    keys: dict[tuple[str, str], PostHead] = {}
    for head in heads:
        try:
            wish(head.values.get("comments"), str(head.path))
        except SiteError as error:
            found = problem_of(error)
            yield Problem(found.where, head.lines["comments"], found.what, found.mend)
        if not head.title:
            yield Problem(str(head.path), 1, "it has no title", "Add a line 'Title: …'.")
        yield from _dates(head)
        for name, line in head.repeated.items():
            said = f"there is a second line '{name.title()}:'"
            yield Problem(str(head.path), line, said, "Take one of them out.", name == "title")
        spoken = (head.language or language).lower()
        other = slugs.setdefault((head.is_page, head.slug, spoken), head)
        if other is not head and head.slug:
            yield Problem(
                str(head.path), head.lines.get("slug", 1),
                f"its slug {head.slug!r} is that of {other.path.name}",
                "Give one of them another 'Slug:'.",
            )  # fmt: skip
        elif head.thread:
            try:
                folder_name(head.thread)
            except StoreError as error:
                line = head.lines.get("thread", head.lines.get("slug", 1))
                yield Problem(str(head.path), line, error.what, error.mend or "")
            first = keys.setdefault((head.thread, spoken), head)
            if first is not head:
                yield Problem(
                    str(head.path), head.lines.get("thread", 1),
                    f"it shows the discussion {head.thread!r}, and so does {first.path.name}",
                    is_error=False,
                )  # fmt: skip


def _dates(head: PostHead) -> Iterator[Problem]:
    """Dates that are none, and a post's that is missing, unless it is a draft."""
    if not head.is_page and "date" not in head.values and head.status != "draft":
        yield Problem(str(head.path), 1, "it has no date", "Add a line 'Date: 2026-04-15 08:00'.")
    for name in ("date", "modified"):
        try:
            read_date(head.values.get(name, "2026-04-15"))
        except ValueError as error:
            mend = "Write it like 2026-04-15 08:00."
            yield Problem(str(head.path), head.lines[name], str(error), mend)


def check_redirects(
    redirects: Sequence[Redirect], where: Path, output: Path | None
) -> Iterator[Problem]:
    """Redirects that lead to each other, and those that lead nowhere."""
    by_old = {redirect.old: redirect for redirect in redirects}
    files = (
        {p.relative_to(output).as_posix() for p in output.rglob("*") if p.is_file()}
        if output
        else set()
    )
    for redirect in redirects:
        if redirect.new in by_old:
            end = last(redirect, by_old)
            yield Problem(
                str(where), redirect.line,
                f"{redirect.new}, where it leads, is an old address too" if end
                else f"{redirect.old} leads round in a ring, and never arrives",
                f"Lead it to {end}." if end else "Take one of the ring's lines out.",
            )  # fmt: skip
            continue
        target = internal(redirect.new, "index.html", "")
        if output and target is not None and resolve(target[0], files) is None:
            yield Problem(
                str(where), redirect.line, f"{redirect.new} is no page of the site",
                "Correct the line, or take it out.",
            )  # fmt: skip


def last(redirect: Redirect, by_old: Mapping[str, Redirect]) -> str | None:
    """Where a chain of redirects arrives in the end; None where it is a ring. Pure."""
    seen = {redirect.old}
    while redirect.new in by_old:
        if redirect.new in seen:
            return None
        redirect = by_old[redirect.new]
        seen.add(redirect.old)
    return redirect.new
