"""Threads for the tests of engagement: hand-made, and generated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from rejoinder.comments.model import Comment, Kind, make_id
from rejoinder.engagement.said import Post

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
POST = Post("first", "First", START, frozenset({"ada"}))
PEOPLE = ("Ada", "Bo", "Cy", "Dee", "Eli")


def comment(
    number: int, who: str, minutes: float, parent: int | None = None, **more: object
) -> Comment:
    """Comment `number`, so many minutes after the post; Ada is its author."""
    fields: dict[str, object] = {
        "id": make_id(START, f"n{number}"), "author": who, "body": "Words.",
        "date": START + timedelta(minutes=minutes),
        "in_reply_to": make_id(START, f"n{parent}") if parent else None,
        "author_id": "ada" if who == "Ada" else None,
        "kind": Kind.AUTHOR if who == "Ada" else Kind.COMMENT,
    }  # fmt: skip
    return Comment(**(fields | more))  # type: ignore[arg-type]


@st.composite
def threads(draw: st.DrawFn) -> list[Comment]:
    """Any thread of up to 25 comments."""
    made = []
    for n in range(1, draw(st.integers(0, 25)) + 1):
        parent = draw(st.none() | st.integers(1, n - 1)) if n > 1 else None
        who = draw(st.sampled_from(PEOPLE))
        made.append(comment(n, who, draw(st.integers(0, 2000)), parent))
    return made
