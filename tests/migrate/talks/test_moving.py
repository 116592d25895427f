"""Where discussions go, and what becomes of them over several imports."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from migrate.talks.house import POSTS, House
from migrate.talks.writers import WRITERS, Page, Said

from rejoinder.comments.model import Kind
from rejoinder.errors import ImportFailed
from rejoinder.migrate.talks.matching import BY_SLUG, BY_TITLE, ELSEWHERE, OLD, SAME, Place, Places
from rejoinder.migrate.talks.model import Remark, Standing, Talk
from rejoinder.migrate.talks.moving import Wish, read_map
from rejoinder.tasks.imports import move

DAY = datetime(2019, 5, 3, 10, 11, 12, tzinfo=UTC)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "house")


def page(*said: Said, address: str = "https://notes.example/first-light/", title: str = "") -> Page:
    return Page(address, "", title, said)


def bo(number: int = 1, **more: object) -> Said:
    fields: dict[str, object] = {
        "number": number, "words": f"Words {number}", "author": "Bo", "date": DAY,
        "email": "bo@mail.example",
    }  # fmt: skip
    return Said(**(fields | more))  # type: ignore[arg-type]


def written(tmp_path: Path, system: str, *pages: Page) -> Path:
    file = tmp_path / system
    file.unlink(missing_ok=True)
    WRITERS[system].write(pages, file)
    return file


PLACES = (
    Place("first-light", "first-light/", ("/?p=4", "/2019/05/first-light.html"), "first-light",
          "First light"),
    Place("bees", "notes/bees/", (), "bees", "On keeping bees"),
    Place("bees-2", "2020/bees/", (), "bees", "On keeping bees"),
    Place("sol", "soleil-levé/", (), "soleil-levé", "Soleil levé"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("address", "thread", "evidence"),
    [
        ("https://notes.example/first-light/", "first-light", SAME),
        ("http://notes.example/first-light", "first-light", SAME),
        ("https://www.notes.example/first-light/index.html", "first-light", SAME),
        ("//notes.example:443/first-light/?utm_source=x#c1", "first-light", SAME),
        ("/first-light/", "first-light", SAME),
        ("first-light", "first-light", SAME),
        ("https://old.example/blog/first-light/", "first-light", SAME),
        ("https://notes.example/?p=4", "first-light", OLD),
        ("https://old.example/blog/?p=4", "first-light", OLD),
        ("http://notes.example/2019/05/first-light.html?m=1", "first-light", OLD),
        ("https://other.example/first-light/", "first-light", ELSEWHERE),
        ("https://notes.example/2011/first-light.html", "first-light", BY_SLUG),
        ("https://notes.example/soleil-lev%C3%A9/", "sol", SAME),
        ("https://notes.example/bees/", None, ""),  # two have that slug
        ("https://notes.example/", None, ""),
        ("https://other.example/", None, ""),
        ("https://notes.example/?p=5", None, ""),
        ("http://[broken", None, ""),
        ("", None, ""),
    ],
)
def test_an_address_tells_the_post(address: str, thread: str | None, evidence: str) -> None:
    places = Places(PLACES, ["https://notes.example", "https://old.example/blog"])
    match = places.find(Talk("1", (address,), ()))
    assert (match and match.place.thread, match.evidence if match else "") == (thread, evidence)


def test_a_title_tells_the_post_where_it_is_the_only_one_of_it() -> None:
    places = Places(PLACES, ["https://notes.example"])
    found = places.find(Talk("1", (), (), title="FIRST, light!"))
    assert found is not None
    assert (found.place.thread, found.evidence) == ("first-light", BY_TITLE)
    assert places.find(Talk("1", (), (), title="On keeping bees")) is None


def test_the_authors_own_word_comes_first(house: House, tmp_path: Path) -> None:
    lines = tmp_path / "map.txt"
    lines.write_text(
        "# mine\n\nhttps://notes.example/went/ about\nA title  keeping-bees\n", "utf-8"
    )
    said = read_map(lines)
    assert said == {"https://notes.example/went/": "about", "A title": "keeping-bees"}
    file = written(tmp_path, "disqus", page(bo(), address="https://notes.example/went/"))
    report = house.take("disqus", file, Wish(said=said))
    assert [c.body for c in house.comments("about")] == ["<p>Words 1</p>"]
    assert "Discussions under a post by as you said: 1." in report.notes
    assert report.problems == []
    report = house.take("disqus", file, Wish(said={"https://notes.example/went/": "abuot"}))
    assert "--map names abuot, which is no post here" in str(report.problems[0])


def test_a_map_says_which_line_is_none(tmp_path: Path) -> None:
    lines = tmp_path / "map.txt"
    lines.write_text("https://notes.example/went/ about\nalone\n", "utf-8")
    with pytest.raises(ImportFailed, match=r"map.txt:2: 'alone' names no address and thread"):
        read_map(lines)


def test_what_fits_no_post_waits_until_one_does(house: House, tmp_path: Path) -> None:
    address = "https://notes.example/later/"
    said = [bo(1), bo(2, parent=1), bo(3, status=Standing.PENDING)]
    file = written(tmp_path, "disqus", page(*said, address=address))
    report = house.take("disqus", file)
    assert f"No post fits {address} (3 comments, '')." in report.notes
    assert [row["text"] for row in house.rows("disqus", "withheld")] == [one.html for one in said]
    assert house.rows("disqus", "people") == house.rows("disqus", "pending") == []

    later = POSTS["posts/first.md"].replace("first-light", "later").replace("First light", "Later")
    (house.content / "posts" / "later.md").write_text(later, "utf-8")
    house.take("disqus", file)
    assert [c.body for c in house.comments("later")] == [one.html for one in said[:2]]
    assert house.rows("disqus", "withheld") == []
    assert len(house.rows("disqus", "people")) == 2
    assert len(house.rows("disqus", "pending")) == 1
    assert house.take("disqus", file).changes == 0


def test_two_systems_meet_in_one_thread(house: House, tmp_path: Path) -> None:
    files = {name: written(tmp_path, name, page(bo(1), bo(2, parent=1)))
             for name in ("disqus", "isso", "commento", "utterances")}  # fmt: skip
    for name, file in files.items():
        house.take(name, file)
    found = house.comments("first-light")
    assert len(found) == 8
    assert len({comment.id for comment in found}) == 8
    assert {comment.source for comment in found} == files.keys()
    for name, file in files.items():
        assert house.take(name, file).changes == 0


def test_one_system_that_kept_two_discussions_of_a_post(house: House, tmp_path: Path) -> None:
    same = (page(bo(1)), page(bo(1, author="Cy"), address="http://www.notes.example/first-light"))
    file = written(tmp_path, "isso-json", *same)
    house.take("isso", file)
    assert sorted(c.author for c in house.comments("first-light")) == ["Bo", "Cy"]
    assert house.take("isso", file).changes == 0


def test_the_moderators_mind_changes(house: House, tmp_path: Path) -> None:
    waits = [bo(1, status=Standing.PENDING), bo(2)]
    house.take("disqus", written(tmp_path, "disqus", page(*waits)))
    assert [c.body for c in house.comments("first-light")] == ["<p>Words 2</p>"]

    turned = [bo(1), bo(2, status=Standing.SPAM)]
    report = house.take("disqus", written(tmp_path, "disqus", page(*turned)))
    assert len(house.comments("first-light")) == 2  # nothing public is deleted by an import
    assert house.rows("disqus", "pending") == []
    assert [p.what for p in report.problems] == [
        "comment/1/2 is spam by now, but an earlier import made it public"
    ]


def test_what_the_author_did_since_stays(house: House, tmp_path: Path) -> None:
    file = written(tmp_path, "disqus", page(bo(1), bo(2), bo(3)))
    house.take("disqus", file)
    first, second, _ = sorted((house.content / "comments" / "first-light").iterdir())
    first.write_text(first.read_text("utf-8").replace("Words 1", "Other words"), "utf-8")
    second.unlink()
    changed = [bo(1, words="Later words"), bo(2, words="Later words"), bo(3, words="Later words")]
    report = house.take("disqus", written(tmp_path, "disqus", page(*changed)))
    assert [c.body for c in house.comments("first-light")] == [
        "<p>Other words</p>", "<p>Later words</p>",
    ]  # fmt: skip
    assert report.count("comment", what="yours, left as it is") == 1
    assert report.count("comment", what="deleted or moved by you, left so") == 1


def test_mine_are_the_authors_words(house: House, tmp_path: Path) -> None:
    said = [bo(1), bo(2, author="NF", email="nora@mail.example"), bo(3, author="norafield")]
    file = written(tmp_path, "disqus", page(*said))
    house.take("disqus", file, Wish(mine=frozenset({"norafield", "nora@mail.example"})))
    found = [(c.author, c.kind, c.author_id) for c in house.comments("first-light")]
    assert found == [
        ("Bo", Kind.COMMENT, None), ("NF", Kind.AUTHOR, "nora"), ("norafield", Kind.AUTHOR, "nora"),
    ]  # fmt: skip


def test_the_one_moderator_is_the_author_and_of_several_nobody_knows(
    house: House, tmp_path: Path
) -> None:
    def backup(*admins: str) -> Path:
        rows = [{"id": f"{n}", "text": "<p>Well.</p>", "time": "2019-05-03T10:11:12Z",
                 "user": {"name": name, "admin": True},
                 "locator": {"url": "https://notes.example/first-light/"}}
                for n, name in enumerate(admins)]  # fmt: skip
        file = tmp_path / "backup.json"
        file.write_text("\n".join(map(json.dumps, [{"version": 1, "users": []}, *rows])))
        return file

    house.take("remark42", backup("nf"))
    assert [c.kind for c in house.comments("first-light")] == [Kind.AUTHOR]

    other = House(tmp_path / "other")
    report = other.take("remark42", backup("nf", "Bo", "Nora Field"))
    kinds = {c.author: c.kind for c in other.comments("first-light")}
    assert kinds == {"nf": Kind.COMMENT, "Bo": Kind.COMMENT, "Nora Field": Kind.AUTHOR}
    assert any(note.startswith("Moderators there: bo, nf, nora field.") for note in report.notes)
    report = other.take("remark42", backup("nf", "Bo"), Wish(mine=frozenset({"nf"})))
    assert other.comments("first-light")[0].kind is Kind.AUTHOR
    assert not any("Moderators" in note for note in report.notes)


def test_dates_without_a_zone_are_in_the_one_that_is_said(house: House, tmp_path: Path) -> None:
    file = written(tmp_path, "isso-json", page(bo()))  # written in the site's zone
    house.take("isso", file)
    assert house.comments("first-light")[0].instant == DAY
    other = House(tmp_path / "other")
    other.take("isso", file, Wish(zone="America/New_York"))
    assert other.comments("first-light")[0].date.isoformat() == "2019-05-03T15:41:12-04:00"
    with pytest.raises(ImportFailed, match="no time zone 'Mars/Olympus'"):
        other.take("isso", file, Wish(zone="Mars/Olympus"))


def test_the_task_hands_on_what_it_was_told(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = page(bo(), address="http://blog.example/notes/first-light"), page(bo(2), address="/x/")
    lines = tmp_path / "map.txt"
    lines.write_text("/x/ keeping-bees\n", "utf-8")
    move(
        house.content, "isso", str(written(tmp_path, "isso-json", *said)), False,
        old_urls=["https://blog.example/notes"], map_file=str(lines), mine=["BO"], author="other",
        timezone="UTC",
    )  # fmt: skip
    assert "Everything that was found is accounted for." in capsys.readouterr().out
    first, bees = house.comments("first-light"), house.comments("keeping-bees")
    assert [c.author_id for c in first + bees] == ["other", "other"]
    assert first[0].date.isoformat() == "2019-05-03T15:41:12+00:00"  # written in another zone


def test_keys_and_words_that_no_file_can_hold() -> None:
    remark = Remark("a\tb\nc", DAY, "half \ud83d", parent="\r", author="\udc00")
    assert (remark.id, remark.parent, remark.body) == ("a b c", " ", "half \ufffd")
    assert remark.author == "\ufffd"
    talk = Talk("a\tb", ("http://x/\ud83d",), (remark,))
    assert (talk.key, talk.addresses) == ("a b", ("http://x/\ufffd",))


def test_a_folder_of_exports_is_one(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "topics"
    pages = page(bo(1)), page(bo(2), address="https://notes.example/keeping-bees/")
    WRITERS["discourse"].write(pages, folder)
    (folder / "notes.txt").write_text("not one", "utf-8")
    (folder / "9.json").write_text('{"id": 9, "post_str', "utf-8")
    report = house.take("discourse", folder)
    assert len(house.comments("first-light")) == len(house.comments("keeping-bees")) == 1
    assert [p.what.partition(":")[0] for p in report.problems] == ["9.json"]


def test_a_packed_export_that_was_cut_off(house: House, tmp_path: Path) -> None:
    file = written(tmp_path, "remark42", page(*(bo(n) for n in range(1, 400))))
    whole = gzip.decompress(file.read_bytes())
    file.write_bytes(gzip.compress(whole)[:-600])
    report = house.take("remark42", file)
    assert 1 <= len(house.comments("first-light")) < 399
    assert any("cut off" in problem.what for problem in report.problems)


@pytest.mark.parametrize(
    ("source", "encoding"),
    [
        ("disqus", "utf-16"), ("disqus", "iso-8859-1"),
        ("movabletype", "utf-16"), ("movabletype", "cp1252"), ("utterances", "utf-16"),
    ],
)  # fmt: skip
def test_a_file_in_another_encoding(
    house: House, tmp_path: Path, source: str, encoding: str
) -> None:
    file = written(tmp_path, source, page(bo(1, words="Früh auf")))
    data = file.read_bytes()
    text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()
    file.write_bytes(text.replace('encoding="utf-8"', f'encoding="{encoding}"').encode(encoding))
    house.take(source, file)
    assert "Früh auf" in house.comments("first-light")[0].body


@pytest.mark.parametrize(
    ("source", "data", "what"),
    [
        ("disqus", b"PK\x03\x04...", "the file is a zip archive"),
        ("disqus", b" \n", "the file is empty"),
        ("disqus", b"<rss><channel/></rss>", "no export of Disqus"),
        ("atom", b'<!DOCTYPE feed [<!ENTITY a "b">]><feed><entry/></feed>', "DOCTYPE declaration"),
        ("atom", b"<feed><entry><id>1</id></entry></feed>", "no entry says what it answers"),
        ("isso", b"SQLite format 3\0" + b"\0" * 100, "the database can't be read"),
        ("isso", b"[]", "neither Isso's database nor its JSON"),
        ("remark42", b"hello", r"no backup of Remark42.*file:1: the JSON is broken"),
        ("remark42", b"{}", "no backup of Remark42"),
        ("remark42", b"[" * 100_000, "nested too deeply"),
        ("commento", b'{"version": 2, "comments": []}', "of version 2"),
        ("commento", b'{"version": 1}', "no export of Commento or Comentario"),
        ("giscus", b"[1]", "neither discussions nor issues"),
        ("discourse", b'{"id": 1}', "no topics"),
        ("jsonfeed", b'{"items": []}', "no JSON Feed"),
        ("movabletype", b"Dear diary,\n", "no export of Movable Type"),
    ],
)
def test_another_file_is_refused_with_its_reason(
    house: House, tmp_path: Path, source: str, data: bytes, what: str
) -> None:
    file = tmp_path / "file"
    file.write_bytes(data)
    before = house.state()
    with pytest.raises(ImportFailed, match=what):
        house.take(source, file)
    assert house.state() == before
    with pytest.raises(ImportFailed):
        house.take(source, tmp_path / "nowhere")
