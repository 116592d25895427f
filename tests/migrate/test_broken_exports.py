"""Exports as they come: broken in the ways that real ones are."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from migrate.wxr_builder import Builder, cdata

from rejoinder.comments.store import CommentStore
from rejoinder.migrate import pieces as cutting
from rejoinder.migrate.pieces import Cut, pieces
from rejoinder.migrate.report import Report
from rejoinder.migrate.wordpress import run
from rejoinder.migrate.wxr import Export, Record, Refused


def take(tmp_path: Path, made: str | bytes) -> tuple[Report, CommentStore]:
    file = tmp_path / "export.xml"
    file.write_bytes(made if isinstance(made, bytes) else made.encode())
    report = run(file, tmp_path / "content")
    assert report.closes, str(report)
    again = run(file, tmp_path / "content")
    assert again.changes == 0
    assert again.closes
    return report, CommentStore(tmp_path / "content")


def post(tmp_path: Path, name: str = "2012-05-01-owning-words") -> str:
    return (tmp_path / "content/posts" / f"{name}.md").read_text("utf-8")


def two_items(first: str) -> str:
    """An export whose first item is `first`, and whose second is sound."""
    b = Builder()
    b.items.append(first)
    return b.item(9, "Sound", "Sound words.", slug="sound").text


def sound(tmp_path: Path) -> None:
    assert "Sound words." in post(tmp_path, "2012-05-01-sound")


def line_of(text: str, needle: str) -> int:
    return text[: text.index(needle)].count("\n") + 1


def test_control_characters_are_taken_out_and_told(tmp_path: Path) -> None:
    text = two_items(Builder().item(4, content="A\x08B\x0cC").items[0])
    report, _ = take(tmp_path, text)
    assert "ABC" in post(tmp_path)
    (problem,) = report.problems
    assert problem.line == line_of(text, "<item>\n\t\t<title><![CDATA[On")
    assert "2 bytes of control characters" in str(problem)
    sound(tmp_path)


def test_bytes_that_are_not_utf8_are_replaced_and_told(tmp_path: Path) -> None:
    text = two_items(Builder().item(4, content="caf@@ time").items[0])
    report, _ = take(tmp_path, text.encode().replace(b"@@", b"\xe9"))
    assert "caf� time" in post(tmp_path)
    assert report.problems[0].line == line_of(text, "caf@@")


def test_another_declared_encoding_is_read(tmp_path: Path) -> None:
    b = Builder().item(4, "Café", "Crème")
    take(tmp_path, b.text.replace("UTF-8", "ISO-8859-1").replace("’", "'").encode("latin-1"))
    assert "Title: Café\n" in post(tmp_path)
    assert "Crème" in post(tmp_path)


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (cdata("One ]]> two"), "One ]]> two"),  # as WordPress writes it
        ("<![CDATA[One ]]> two <b>three</b>]]>", "One ]]> two **three**"),  # ended too early
        ("<![CDATA[One <![CDATA[two]]>", "One two"),
        ("One &nbsp;two &amp; three", "One \xa0two & three"),
        ("One & two", "One & two"),
        ("&lt;b&gt;One&lt;/b&gt; two", "**One** two"),
        ("One <b>two</b>", "One **two**"),
    ],
)
def test_stray_cdata_and_entities(tmp_path: Path, content: str, shown: str) -> None:
    item = Builder().item(4, content="@@").items[0].replace("<![CDATA[@@]]>", content)
    take(tmp_path, two_items(item))
    assert post(tmp_path).partition("\n\n")[2].strip() == shown
    sound(tmp_path)


def test_cdata_without_end_spoils_its_own_item_alone(tmp_path: Path) -> None:
    item = Builder().item(4, comments=[Builder().comment(1)]).items[0]
    text = two_items(item.replace("Some words.]]>", "Some words."))
    report, store = take(tmp_path, text)
    assert "Some words." in post(tmp_path)
    assert len(store.read("owning-words").comments) == 1
    assert "read field by field" in str(report.problems[0])
    sound(tmp_path)


def test_cdata_that_swallows_the_border_of_its_item(tmp_path: Path) -> None:
    b = Builder().item(4, extra="\t\t<wp:x><![CDATA[open</wp:x>\n")
    take(tmp_path, two_items(b.items[0]))
    assert "Some words." in post(tmp_path)
    sound(tmp_path)


def test_an_unclosed_comment_is_refused_by_line_and_the_others_read(tmp_path: Path) -> None:
    b = Builder()
    b.item(4, comments=[b.comment(1, "First."), b.comment(2, "Broken."), b.comment(3, "Third.")])
    head, _, tail = b.items[0].partition("Broken.")
    text = two_items(head + "Broken." + tail.replace("</wp:comment>", "", 1))
    report, store = take(tmp_path, text)
    (refused,) = [p for p in report.problems if "can't be read" in str(p)]
    opening = text[: text.index("Broken.")].rindex("<wp:comment>")
    assert refused.line == text[:opening].count("\n") + 1
    assert report.count("comment", "unreadable") == 1
    assert "First." in [c.body for c in store.read("owning-words").comments]
    sound(tmp_path)


def test_a_field_without_end_refuses_its_item_with_all_its_comments(tmp_path: Path) -> None:
    item = Builder().item(4, comments=[Builder().comment(1), Builder().comment(2)]).items[0]
    text = two_items(item.replace("</content:encoded>", ""))
    report, store = take(tmp_path, text)
    (refused,) = [p for p in report.problems if "can't be read" in str(p)]
    assert refused.line == line_of(text, "<content:encoded>")
    assert report.count("item", "unreadable") == 1
    assert report.count("comment", "unreadable") == 2
    assert store.threads() == []
    sound(tmp_path)


def test_a_file_that_was_cut_gives_what_was_whole(tmp_path: Path) -> None:
    b = Builder().item(9, "Sound", "Sound words.", slug="sound").item(4, "Cut")
    text = b.text[: b.text.index("<wp:post_type>", b.text.index("[Cut]"))]
    report, _ = take(tmp_path, text)
    (problem,) = report.problems
    assert "the file ends in the middle of it" in str(problem)
    assert problem.line == line_of(text, "<item>\n\t\t<title><![CDATA[Cut")
    sound(tmp_path)


def test_a_file_without_its_end_says_so(tmp_path: Path) -> None:
    b = Builder().item(9, "Sound", "Sound words.", slug="sound")
    report, _ = take(tmp_path, b.text.partition("</channel>")[0])
    assert "ends before its feed does" in str(report.problems[0])
    sound(tmp_path)


def test_no_namespaces_are_needed(tmp_path: Path) -> None:
    text = Builder().item(4).text
    start, end = text.index("<rss"), text.index("<channel>")
    take(tmp_path, text[:start] + "<rss>\n" + text[end:])
    assert "Some words." in post(tmp_path)


def test_an_entity_that_is_declared_nowhere_is_never_expanded(tmp_path: Path) -> None:
    item = Builder().item(4, content="@@").items[0].replace("<![CDATA[@@]]>", "&lol9; &xxe;")
    bomb = '<!DOCTYPE lolz [<!ENTITY lol9 "ha">]>'
    take(tmp_path, two_items(item.replace("\t\t<title>", f"{bomb}<title>")))
    assert "&lol9; &xxe;" in post(tmp_path).replace("&amp;", "&")
    sound(tmp_path)


def test_dates_that_are_missing_zero_or_at_odds(tmp_path: Path) -> None:
    b = Builder()
    zero = "0000-00-00 00:00:00"
    b.item(4, comments=[
        b.comment(1, date=zero, gmt="2012-05-02 10:00:00"),
        b.comment(2, date="2012-05-02 11:00:00", gmt=zero),
        b.comment(3, date=zero, gmt=zero),
        b.comment(4, date="2012-05-02 11:07:00", gmt="2012-05-02 10:00:00"),
        b.comment(5, date="nonsense", gmt="-0001-11-30 00:00:00"),
    ])  # fmt: skip
    b.item(5, "Undated", slug="undated", date=zero, gmt=zero, link=f"{b.base}/x/undated/")
    report, store = take(tmp_path, b.text)
    found = {c.anchor: c.date.isoformat() for c in store.read("owning-words").comments}
    assert found == {
        "comment-1": "2012-05-02T11:00:00+01:00",
        "comment-2": "2012-05-02T11:00:00+01:00",
        "comment-3": "2012-05-01T09:30:00+01:00",
        "comment-4": "2012-05-02T11:00:00+01:00",
        "comment-5": "2012-05-01T09:30:00+01:00",
    }
    assert "Date: 2012-05-01 09:30:00+01:00" in post(tmp_path, "2012-05-01-undated")
    assert len(report.problems) == 6
    assert any("can't both be right" in str(p) for p in report.problems)


def test_numbers_that_are_doubled_missing_or_point_to_themselves(tmp_path: Path) -> None:
    b = Builder()
    b.item(4, comments=[
        b.comment(1, "One."), b.comment(1, "Another one."), b.comment(1, "One."),
        b.comment(2, "Self.", parent=2), b.comment("", "Numberless."),
    ])  # fmt: skip
    b.item(5, slug="other", comments=[b.comment(1, "Under another post.")])
    report, store = take(tmp_path, b.text)
    found = {c.body: c for c in store.read("owning-words").comments}
    assert set(found) == {"One.", "Another one.", "Self.", "Numberless."}
    assert found["Another one."].id.endswith("-wp1x2")
    assert found["Another one."].anchor is None
    assert found["Self."].in_reply_to is None
    assert [c.body for c in store.read("other").comments] == ["Under another post."]
    assert report.count("comment", None, "left out, the same comment twice") == 1
    assert len(report.problems) == 3


def test_a_post_that_comes_twice(tmp_path: Path) -> None:
    b = Builder().item(4, comments=[Builder().comment(1)])
    b.items.append(b.items[0])
    b.item(4, content="Another text.", comments=[b.comment(1)])
    report, store = take(tmp_path, b.text)
    assert report.count("post", None, "left out, a second copy") == 1
    assert sorted(store.threads()) == ["owning-words", "owning-words-4"]
    assert "Another text." in post(tmp_path, "2012-05-01-owning-words-4")
    assert "Url: 2012/05/01/owning-words-4/" not in post(tmp_path)


def test_missing_fields(tmp_path: Path) -> None:
    b = Builder()
    b.item(4, comments=[
        b.comment(1, without=["type", "parent", "user_id", "author_email", "date"]),
        b.comment(2, without=["approved"]),
    ])  # fmt: skip
    b.item("", "Cut short", slug="", link=f"{b.base}/?p=77", comments=[b.comment(3)],
           without=["post_id", "post_type", "status", "post_date", "post_date_gmt"])  # fmt: skip
    b.item(6, "", slug="", status="", link=f"{b.base}/?p=6", without=["status"])
    report, store = take(tmp_path, b.text)
    assert [c.anchor for c in store.read("owning-words").comments] == ["comment-1"]
    assert [c.anchor for c in store.read("cut-short").comments] == ["comment-3"]
    assert report.count("comment", "pending") == 1
    assert report.count("post", "draft", "to the private side, new") == 1


def test_hostile_slugs_and_links_stay_inside(tmp_path: Path) -> None:
    b = Builder()
    b.item(4, slug="../../evil", link=f"{b.base}/../../../etc/passwd")
    b.item(
        5,
        slug="%d0%bf%d1%80%d0%b8%d0%b2%d0%b5%d1%82",
        link=f"{b.base}/2012/05/01/%d0%bf%d1%80%d0%b8%d0%b2%d0%b5%d1%82/",
    )
    b.item(6, slug="a" * 300, link=f"{b.base}/2012/05/01/{'a' * 300}/", comments=[b.comment(1)])
    b.item(7, slug="CON:|?", link=f"{b.base}/{{x}}/", title="A\nUrl: /evil")
    _, store = take(tmp_path, b.text)
    names = sorted(p.name for p in (tmp_path / "content/posts").iterdir())
    assert names == [
        "2012-05-01-CON.md", f"2012-05-01-{'a' * 120}.md", "2012-05-01-evil.md",
        "2012-05-01-привет.md",
    ]  # fmt: skip
    assert "Slug: привет\n" in post(tmp_path, "2012-05-01-привет")
    assert "Url" not in post(tmp_path, "2012-05-01-привет")
    assert "etc/passwd" not in post(tmp_path, "2012-05-01-evil")
    assert "Title: A Url: /evil\n" in post(tmp_path, "2012-05-01-CON")
    assert store.threads() == ["post-6"]
    assert {p.name for p in tmp_path.iterdir()} == {"content", "private", "export.xml"}


def test_pieces_know_cdata_remarks_and_every_chunk_border(monkeypatch: pytest.MonkeyPatch) -> None:
    data = (
        b"<rss>\n<!-- <item> -->\n<channel><item>\n<a><![CDATA[</item><item>]]></a></item>\n"
        b"<item x='1'>two</item ><items/>\n<item>three<item>four</item></channel></rss>"
    )
    wanted = [
        (Cut.HEAD, 1), (Cut.ITEM, 3), (Cut.ITEM, 5), (Cut.UNCLOSED, 6), (Cut.ITEM, 6),
        (Cut.TAIL, 6),
    ]  # fmt: skip
    for size in (1, 2, 3, 7, 63, 64, 65, 1000):
        monkeypatch.setattr(cutting, "CHUNK", size)
        found = list(pieces(io.BytesIO(data)))
        assert [(p.cut, p.line) for p in found] == wanted
        assert found[1].data == b"<item>\n<a><![CDATA[</item><item>]]></a></item>"


def test_an_item_beyond_the_limit_is_refused_and_the_next_is_read(tmp_path: Path) -> None:
    b = Builder().item(4, content="x" * 5000).item(9, slug="sound")
    file = tmp_path / "export.xml"
    file.write_text(b.text, "utf-8")
    found = list(Export(file, limit=4000).records())
    assert [type(r) for r in found] == [Record, Refused, Record]
    assert isinstance(found[1], Refused)
    assert found[1].line == line_of(b.text, "<item>\n")
