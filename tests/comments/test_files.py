"""A comment survives its file, whatever its fields hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from conftest import make_comment
from hypothesis import event, given
from hypothesis import strategies as st

from rejoinder.comments.files import as_written, format_comment, line_by_line, parse_comment
from rejoinder.comments.model import (
    PORTRAIT_PATTERN,
    VERIFIED_PATTERN,
    Comment,
    Format,
    Kind,
    make_id,
    one_line,
)
from rejoinder.errors import CommentError

HOSTILE = [
    "a: b", "\n\nInjected: yes", "\r\nId: 1", "#", "---", "﻿x", "\u2028\u2029\x85", "'\"`",
    "\x00\x1b[31m",
    "{{ x }}", "{% raw %}", "../..", "‮evil", "​", "  padded  ", "Kind: author", ":", "=?utf-8?q?x?=",
    "\ud800", "é", "👩‍👩‍👧", "",
]  # fmt: skip
text = st.text(st.characters(codec=None) | st.sampled_from("\n\r\t:\x00\u2028#-"), max_size=80)
hostile = text | st.sampled_from(HOSTILE)
zones = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
dates = st.datetimes(
    datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=zones,
)
maybe = st.none() | hostile
ids = st.builds(make_id, dates, st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True))
names = st.from_regex(r"X-[A-Za-z0-9-]{1,10}", fullmatch=True)


said = st.builds(
    Comment,
    id=ids,
    author=hostile,
    date=dates,
    body=hostile,
    in_reply_to=st.none() | ids,
    kind=st.sampled_from(Kind),
    format=st.sampled_from(Format),
    url=maybe,
    author_id=maybe,
    anchor=st.none() | st.from_regex(r"comment-[0-9]{1,9}", fullmatch=True),
    source=maybe,
    source_url=maybe,
    title=maybe,
    verified=st.none() | st.from_regex(VERIFIED_PATTERN, fullmatch=True),
    portrait=st.none() | st.from_regex(PORTRAIT_PATTERN, fullmatch=True),
    extra=st.dictionaries(names, hostile, max_size=3),
)


@given(said)
def test_round_trip(comment: Comment) -> None:
    written = format_comment(comment)
    assert parse_comment(written) == comment
    assert parse_comment(written.encode("utf-8").decode("utf-8")) == comment


@given(
    st.builds(replace, said, extra=st.just({}), author=st.sampled_from(("Ada", "é 漢"))),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from(("", "\n", " ", ":", "9", "x", "\r", "é"))),
             max_size=2),
)  # fmt: skip
def test_a_file_as_we_write_it_is_read_at_once_as_line_by_line(
    comment: Comment, edits: list[tuple[float, str]]
) -> None:
    text = format_comment(comment)
    for where, put in edits:
        at = int(where * (len(text) - 1))
        text = text[:at] + put + text[at + 1 :]
    at_once = as_written(text)
    event("at once" if at_once is not None else "line by line")
    if at_once is not None:
        assert at_once == line_by_line(text)


def test_files_of_ours_are_read_at_once() -> None:
    comment = make_comment(
        1, title="Title: its parts", url="https://a.example/?b=c", approved=datetime.now(UTC),
        in_reply_to="20260101T080000Z-1", verified="github https://github.com/a", anchor="c-1",
        portrait="portraits/a.webp", author_id="ada", source="form", kind=Kind.AUTHOR,
        format=Format.HTML, source_url="https://b.example/", body="Two\n\nparagraphs",
    )  # fmt: skip
    assert as_written(format_comment(comment)) == comment
    for other in ("Extra: x\n\n", "Date: 1\n\n"):
        assert as_written(format_comment(comment).replace("\n\n", f"\n{other}", 1)) is None


@pytest.mark.parametrize("field", ["author", "url", "source", "source_url", "title", "author_id"])
@pytest.mark.parametrize("value", HOSTILE)
def test_no_field_can_make_another(field: str, value: str) -> None:
    comment = make_comment(1, **{field: value})
    plain = make_comment(1, **{field: "x"})
    head = format_comment(comment).partition("\n\n")[0].split("\n")
    assert len(head) <= len(format_comment(plain).partition("\n\n")[0].split("\n"))
    assert parse_comment(format_comment(comment)).body == plain.body


def test_the_body_is_kept_to_the_letter() -> None:
    body = "\n\n  First: line\n\n<b>bold</b>\n\nId: 5\n\n\n"
    assert parse_comment(format_comment(make_comment(1, body=body))).body == body


def test_the_file_reads_like_a_post() -> None:
    comment = make_comment(
        1, kind="author", author_id="ada", in_reply_to="20260301T090000Z-n0", source="form"
    )
    assert format_comment(comment) == (
        "Id: 20260301T090100Z-n1\n"
        "Author: Reader 1\n"
        "Author-Id: ada\n"
        "Date: 2026-03-01 09:01:00+00:00\n"
        "In-Reply-To: 20260301T090000Z-n0\n"
        "Kind: author\n"
        "Format: markdown\n"
        "Source: form\n"
        "\n"
        "Words of comment 1.\n"
    )


def test_what_people_write_by_hand_is_read() -> None:
    comment = parse_comment(
        "\ufeffid: 20260301T090100Z-n1\r\nauthor:  Ada \r\ndate: 2026-03-01T09:01:00Z\r\n"
        "mood: cheerful\r\n\r\nHello.\r\n"
    )
    assert comment.author == "Ada"
    assert comment.date == datetime(2026, 3, 1, 9, 1, tzinfo=UTC)
    assert comment.kind is Kind.COMMENT
    assert comment.extra == {"mood": "cheerful"}
    assert comment.body == "Hello."


GOOD = "Id: 20260301T090100Z-n1\nAuthor: Ada\nDate: 2026-03-01 09:01:00+00:00\n"


@pytest.mark.parametrize(
    ("written", "line", "says"),
    [
        ("", 1, "Id is missing"),
        ("Author: Ada\n\nx", 1, "Id is missing"),
        (GOOD + "no colon here\n\nx", 4, "not a metadata line"),
        (GOOD + "Author: Eve\n\nx", 4, "given twice"),
        (GOOD.replace("+00:00", "") + "\nx", 3, "says no zone"),
        (GOOD.replace("2026-03-01 09:01", "the other day") + "\nx", 3, "is not a date"),
        (GOOD.replace("Id: 2", "Id: ../2") + "\nx", 1, "is not a comment's id"),
        (GOOD + "Kind: shout\n\nx", 4, "Use one of: comment, author"),
        (GOOD + "In-Reply-To: <b>\n\nx", 4, "is not a comment's id"),
        (
            GOOD.replace("2026-03-01 09:01:00+00:00", "0001-01-01 00:00:00+14:00") + "\nx",
            3,
            "is out of range",
        ),
        (GOOD + "Anchor: a b\n\nx", 4, "can't be an anchor"),
    ],
)
def test_a_bad_file_is_refused_by_line(written: str, line: int, says: str) -> None:
    with pytest.raises(CommentError) as caught:
        parse_comment(written, "content/comments/first/x.md")
    assert says in str(caught.value)
    assert caught.value.where == "content/comments/first/x.md"
    assert caught.value.line == line


def test_a_file_may_end_with_its_last_field() -> None:
    assert parse_comment(GOOD + "Kind: like\n").body == ""


@given(text)
def test_one_line_is_one_line_and_settled(value: str) -> None:
    once = one_line(value)
    assert len((once + "x").splitlines()) == 1
    assert one_line(once) == once
