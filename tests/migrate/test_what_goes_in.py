"""What goes into an export of WordPress comes out: of any posts with any discussions, threads,
dates, authors, words and counts arrive, and nobody's address does; and of any damaged export, at
least no traceback."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from migrate.test_wordpress_import import Site, full
from migrate.wxr_builder import Builder

from rejoinder.comments.render import text_of
from rejoinder.comments.store import CommentStore
from rejoinder.errors import RejoinderError
from rejoinder.migrate.wordpress import run

ZONE = ZoneInfo("Europe/Berlin")
NAMES = st.text("abcÄéжあ漢&<'\"", min_size=1, max_size=8).map(lambda text: f"w{text}")
WORDS = st.lists(st.text("abcÄéжあ漢🙂&<'_*[", min_size=1, max_size=6), max_size=4).map(" ".join)
STATUSES = {"1": "approved", "0": "pending", "spam": "spam", "trash": "trash"}


@dataclass(frozen=True)
class Said:
    number: int
    name: str
    words: str
    date: datetime
    parent: int
    approved: str
    kind: str

    @property
    def email(self) -> str:
        return f"r{self.number}@mail.example"


@st.composite
def discussions(draw: st.DrawFn) -> list[list[Said]]:
    """Of up to three posts; each comment's words end in its number. Summer time begins and ends
    meanwhile; an answer may stand before what it answers."""
    found: list[list[Said]] = []
    number = 0
    for _ in range(draw(st.integers(1, 3))):
        first = number + 1
        count = draw(st.integers(0, 6))
        said = []
        for number in range(first, first + count):
            others = [one for one in range(first, first + count) if one != number]
            said.append(Said(
                number, draw(NAMES), f"{draw(WORDS)} {number}".strip(),
                datetime(2019, 3, 29, tzinfo=UTC)
                + timedelta(seconds=draw(st.integers(0, 86400 * 250))),
                draw(st.sampled_from([0, 0, *others])), draw(st.sampled_from(sorted(STATUSES))),
                draw(st.sampled_from(["comment", "", "pingback", "webmention"])),
            ))  # fmt: skip
        number = first + count - 1
        found.append(said)
    return found


def export_of(posts: list[list[Said]]) -> Builder:
    builder = Builder()
    for number, said in enumerate(posts, start=1):
        rows = [
            builder.comment(
                one.number, escape(one.words, quote=False), approved=one.approved, kind=one.kind,
                parent=one.parent, author=escape(one.name, quote=False), email=one.email,
                date=f"{one.date.astimezone(ZONE):%Y-%m-%d %H:%M:%S}",
                gmt=f"{one.date:%Y-%m-%d %H:%M:%S}",
            )
            for one in said
        ]  # fmt: skip
        builder.item(
            number, f"Post {number}", slug=f"post-{number}", comments=rows,
            date="2019-03-01 09:30:00", gmt="2019-03-01 08:30:00",
        )  # fmt: skip
    return builder


@settings(max_examples=12, deadline=None)
@given(discussions())
def test_what_goes_in_comes_out(posts: list[list[Said]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Site(Path(folder))
        report = place.take(export_of(posts), timezone="Europe/Berlin")
        said = [one for each in posts for one in each]
        wanted = Counter((one.kind or "comment", STATUSES[one.approved]) for one in said)
        assert {key: report.count(*key) for key in wanted} == wanted
        for number, each in enumerate(posts, start=1):
            assert shown(place.content, f"post-{number}") == public(each)
        waiting = [one for one in said if one.approved == "0"]
        if waiting:
            assert len(place.rows("pending")) == len(waiting)
        everything = "".join(place.public().values())
        assert [one for one in said if one.email in everything] == []
        before = place.state()
        assert place.take(export_of(posts), timezone="Europe/Berlin").changes == 0
        assert place.state() == before


def public(said: list[Said]) -> set[tuple[str, str, datetime, str, str]]:
    """What of a discussion is public: words, author, instant, kind, and the words it answers."""
    out = {one.number: one for one in said if one.approved == "1"}
    return {
        (" ".join(one.words.split()), one.name, one.date, one.kind or "comment",
         " ".join(out[one.parent].words.split()) if one.parent in out
         else "gone" if one.parent else "")
        for one in out.values()
    }  # fmt: skip


def shown(content: Path, thread: str) -> set[tuple[str, str, datetime, str, str]]:
    found = CommentStore(content).read(thread)
    assert not found.problems
    words = {one.id: text_of(one) for one in found.comments}
    return {
        (words[one.id], one.author, one.instant, str(one.kind),
         words.get(one.in_reply_to, "gone") if one.in_reply_to else "")
        for one in found.comments
    }  # fmt: skip


def test_a_damaged_export_gives_an_error_or_counts_that_close(tmp_path: Path) -> None:
    data = full().text.encode()
    file = tmp_path / "export.xml"

    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, len(data)), st.integers(0, 60),
                              st.binary(max_size=3) | st.sampled_from([b"]]>", b"<item>", b"&"])),
                    min_size=1, max_size=4))  # fmt: skip
    def holds(cuts: list[tuple[int, int, bytes]]) -> None:
        damaged = data
        for at, size, new in cuts:
            damaged = damaged[:at] + new + damaged[at + size :]
        file.write_bytes(damaged)
        with suppress(RejoinderError):
            report = run(file, tmp_path / "content", dry_run=True)
            assert report.closes, str(report)

    holds()
