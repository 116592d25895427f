"""What goes in comes out: of any discussions that a system can hold, threads, dates, authors, words
and counts arrive, and nobody's address does; and of any damaged export, at least no traceback."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from migrate.talks.house import House
from migrate.talks.test_golden import CASES, export_of, source_of
from migrate.talks.writers import WRITERS, Page, Said, Writer

from rejoinder.comments.model import Kind
from rejoinder.comments.render import text_of
from rejoinder.errors import RejoinderError
from rejoinder.migrate.talks.model import Standing
from rejoinder.migrate.talks.moving import Wish
from rejoinder.migrate.talks.sources import SOURCES

ADDRESSES = {
    "first-light": (
        "https://notes.example/first-light/", "http://www.notes.example/first-light",
        "https://old.example/first-light/index.html", "https://notes.example/?p=4",
        "http://www.old.example/2019/05/first-light.html", "https://notes.example/first-light/?a=b",
    ),
    "keeping-bees": ("https://notes.example/keeping-bees/", "http://notes.example:80/keeping-bees/index.php"),
    "about": ("https://notes.example/about/",),
    "": ("https://notes.example/went/",),
}  # fmt: skip
LETTERS = st.text("abcÄéßλжあ漢🙂&'", min_size=1, max_size=6)
WORDS = st.lists(LETTERS, min_size=1, max_size=5).map(" ".join)
NAMES = st.lists(st.text("abcÄéжあ漢", min_size=1, max_size=6), min_size=1, max_size=2).map(
    " ".join
)
MOMENTS = st.datetimes(datetime(2004, 1, 1), datetime(2026, 1, 1)).map(  # noqa: DTZ001
    lambda date: date.replace(microsecond=0, tzinfo=UTC)
)


@st.composite
def exports(draw: st.DrawFn, writer: Writer) -> list[Page]:
    """Up to three pages; each comment's words end in its number, so that no two are the same."""
    pages = []
    number = 0
    for slug in draw(st.lists(st.sampled_from(list(ADDRESSES)), max_size=3, unique=True)):
        said: list[Said] = []
        for _ in range(draw(st.integers(1, 5))):
            number += 1
            over = [s.number for s in said if writer.is_deep or not s.parent]
            parent = draw(st.sampled_from([0, *over])) if writer.parents else 0
            said.append(Said(
                number, f"{draw(WORDS)} {number}", draw(NAMES), draw(MOMENTS), parent,
                draw(st.sampled_from(sorted(writer.statuses))),
                f"r{number}@mail.example" if writer.emails else "",
                f"192.0.2.{number}" if writer.ips else "",
            ))  # fmt: skip
        pages.append(Page(draw(st.sampled_from(ADDRESSES[slug])), slug or "went", slug, said))
    return pages


@pytest.mark.parametrize("name", WRITERS)
def test_what_goes_in_comes_out(name: str) -> None:
    writer = WRITERS[name]

    @settings(max_examples=12, deadline=None)
    @given(exports(writer))
    def holds(pages: list[Page]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            moved(writer, pages, Path(folder))

    holds()


def moved(writer: Writer, pages: list[Page], root: Path) -> None:
    house, file = House(root / "house"), root / "export"
    writer.write(pages, file)
    said = [one for page in pages for one in page.said]
    try:
        report = house.take(writer.source, file)
    except RejoinderError:
        assert not said  # some can't be told from another file then
        return
    by_status = Counter(one.status for one in said)
    assert {s: report.count("comment", str(s)) for s in by_status} == by_status
    for page in pages:
        if page.slug != "went":
            assert shown(house, page.slug) == said_on(page)
    withheld = house.rows(writer.source, "withheld")
    assert len(withheld) == sum(len(page.said) for page in pages if page.slug == "went")
    waiting = [one for page in pages for one in page.said
               if one.status is Standing.PENDING and page.slug != "went"]  # fmt: skip
    assert len(house.rows(writer.source, "pending")) == len(waiting)

    public = "".join(house.files("content").values())
    assert [one for one in said if one.email and one.email in public] == []
    assert [one for one in said if one.ip and f"{one.ip}\n" in public] == []
    kept = "".join(house.files("private").values())
    heard = [o for o in said if o.status in (Standing.APPROVED, Standing.PENDING)]
    assert [one for one in heard if one.email not in kept or one.ip not in kept] == []

    before = house.state()
    assert house.take(writer.source, file).changes == 0
    assert house.state() == before


def said_on(page: Page) -> set[tuple[str, str, datetime, str]]:
    """What of a page is public: words, author, instant, and the words that it answers."""
    public = {one.number: one for one in page.said if one.status is Standing.APPROVED}
    return {
        (one.words, one.author, one.date,
         public[one.parent].words if one.parent in public else "gone" if one.parent else "")
        for one in public.values()
    }  # fmt: skip


def shown(house: House, thread: str) -> set[tuple[str, str, datetime, str]]:
    """The same of a thread."""
    found = house.comments(thread)
    words = {comment.id: text_of(comment) for comment in found}
    assert {comment.kind for comment in found} <= {Kind.COMMENT}
    return {
        (
            words[c.id],
            c.author,
            c.instant,
            words.get(c.in_reply_to, "gone") if c.in_reply_to else "",
        )
        for c in found
    }


@pytest.mark.parametrize("case", CASES)
def test_a_damaged_export_gives_an_error_or_counts_that_close(case: str, tmp_path: Path) -> None:
    export = export_of(case, tmp_path)
    house, copy = House(tmp_path / "house"), tmp_path / "damaged"
    if export.is_dir():
        shutil.copytree(export, copy)
    file = max((f for f in copy.rglob("*") if f.is_file()), key=str) if export.is_dir() else copy
    data = (file if export.is_dir() else export).read_bytes()

    @settings(max_examples=10, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, len(data)), st.integers(0, 40), st.binary(max_size=3)),
                    min_size=1, max_size=4))  # fmt: skip
    def holds(cuts: list[tuple[int, int, bytes]]) -> None:
        damaged = data
        for at, size, new in cuts:
            damaged = damaged[:at] + new + damaged[at + size :]
        file.write_bytes(damaged)
        with suppress(RejoinderError):
            house.take(source_of(case), copy, Wish(dry_run=True)).text()

    holds()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3)
    | st.sampled_from(["2019-05-03", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"])
    | st.just("\ud83d"),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from([
        "id", "comments", "nodes", "version", "items", "url", "locator", "users", "post_stream",
        "posts", "post_number", "commentHex", "issue_url", "comments_url", "created", "time",
        "text", "author", "user", "replies", "title", "date_published", "_rejoinder", "commenters",
        "pages",
    ]), inner, max_size=6),
    max_leaves=25,
)  # fmt: skip


@pytest.mark.parametrize("source", ["isso", "remark42", "commento", "giscus", "discourse",
                                    "json", "jsonfeed"])  # fmt: skip
def test_any_json_gives_an_error_or_counts_that_close(source: str, tmp_path: Path) -> None:
    house, file = House(tmp_path / "house"), tmp_path / "any.json"
    assert source in SOURCES

    @settings(max_examples=25, deadline=None)
    @given(JSON, st.sampled_from([None, 1, 3]))
    def holds(value: object, version: int | None) -> None:
        if isinstance(value, dict) and version:
            value["version"] = version
        file.write_text(json.dumps(value))
        with suppress(RejoinderError):
            house.take(source, file, Wish(dry_run=True)).text()

    holds()
