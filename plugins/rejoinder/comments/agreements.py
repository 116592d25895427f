"""How many agree: `content/comments/<thread>/agreements.txt`, a line for each, `ID COUNT`; the
post itself is `post`. A leaf, pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from rejoinder.errors import CommentError

AGREEMENTS = "agreements.txt"
POST = "post"
_LINE = re.compile(r"(post|[0-9]{8}T[0-9]{6}Z-[a-z0-9]{1,40}) ([0-9]{1,9})")


def format_agreements(counts: Mapping[str, int]) -> str:
    """The text of the file, by id; '' stands for the post."""
    lines = {key or POST: count for key, count in counts.items() if count}
    return "".join(
        f"{key} {count}\n"
        for key, count in sorted(lines.items(), key=lambda line: (line[0] != POST, line[0]))
    )


def parse_agreements(text: str, where: Path) -> dict[str, int]:
    """The counts in a file's text; '' is the post's. Raises CommentError with the line."""
    counts: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise CommentError(
                f"{line[:60]!r} is no count",
                where=where,
                line=number,
                mend="Write a comment's id, or post, a space, and a number.",
            )
        counts["" if match[1] == POST else match[1]] = int(match[2])
    return counts
