"""What leaves here is what was here: each format, read by somebody else, and back again by us."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import stat
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from conftest import SiteFolder, invoke, make_comment
from pelican.tools.pelican_import import wp2fields

from rejoinder.comments.model import Comment, Format, Kind
from rejoinder.comments.store import CommentStore
from rejoinder.errors import ExportFailed
from rejoinder.export import archive, gathering, leaving
from rejoinder.migrate import wordpress
from rejoinder.migrate.talks import moving

SETTINGS = Path(__file__).parents[2] / "publishconf.py"
HOSTILE = "Ends ]]> a section & <b>bold</b>.\n\n> quoted \u2028 \U0001f600 **ok**\x0b"
WP = "{http://wordpress.org/export/1.2/}"

Shape = dict[str, list[tuple[str, datetime, str, datetime | None]]]


def shape(content: Path) -> Shape:
    """Who said what kind of thing when, and when what it answers was said, by thread."""
    store = CommentStore(content)
    found: Shape = {}
    for thread in store.threads():
        comments = store.read(thread).comments
        dates = {one.id: one.date for one in comments}
        found[thread] = [
            (one.author, one.date, str(one.kind), dates.get(one.in_reply_to or ""))
            for one in comments
        ]
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> SiteFolder:
    """Two posts with discussions, a draft, a page, private facts and a reply that waits."""
    made = SiteFolder(tmp_path_factory.mktemp("export") / "site")
    made.content.mkdir(parents=True)
    (made.content / "site.toml").write_text(
        'title = "A & site"\nurl = "https://blog.example"\nauthor = "Ada"\n'
        'timezone = "Europe/Berlin"\n', "utf-8",
    )  # fmt: skip
    (made.content / "authors").mkdir()
    (made.content / "authors" / "ada.md").write_text("Name: Ada\nSlug: ada\n\n", "utf-8")
    made.post("first", "A [link]({filename}second.md) and ]]> an end.", Tags="one, two & three")
    made.post("second", Comments="closed", Title="Second <em>post</em>")
    made.post("later", Status="draft")
    made.post(
        "wrapped", "One line\nand another.\n\n    first\n\n        second [gallery]\n\n"
        "a [gallery] that is meant", Slug="größe", Sticky="true",
    )  # fmt: skip
    made.page("about")
    store = CommentStore(made.content)
    for comment in (
        make_comment(1, body=HOSTILE, anchor="comment-41", url="https://reader.example/"),
        make_comment(2, 1, kind=Kind.AUTHOR, author="ada"),  # as an import marks it by --mine
        make_comment(3, 2, format=Format.HTML, body="<p>As it <i>came</i></p>"),
        make_comment(4, 3, kind=Kind.AUTHOR, author="Ada", author_id="ada"),
        make_comment(5, kind=Kind.PINGBACK, source_url="https://other.example/a"),
        make_comment(6, kind=Kind.LIKE, body=""),
    ):
        store.write("first", comment)
    store.write("second", make_comment(7, author="Zoë & <Ünicode>"))
    store.write("nowhere", make_comment(8))
    _hide(made, [("first", make_comment(1), "reader@mail.example")], "people")
    _hide(made, [("first", make_comment(9, body="It waits."), "waits@mail.example")], "pending")
    return made


def _hide(site: SiteFolder, rows: list[tuple[str, Comment, str]], name: str) -> None:
    from rejoinder.comments.files import format_comment

    folder = site.root / "private" / "wordpress"
    folder.mkdir(parents=True, exist_ok=True)
    (site.root / "private" / "desk").mkdir(exist_ok=True)
    lines = [
        json.dumps({"key": f"{thread}/{one.id}", "thread": thread, "id": one.id, "email": email,
                    "ip": "192.0.2.7", "comment": format_comment(one)})
        for thread, one, email in rows
    ]  # fmt: skip
    (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


@pytest.fixture(scope="module")
def out(site: SiteFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every format, without what is private; and WordPress's with it."""
    folder = tmp_path_factory.mktemp("out")
    for name in ("wordpress", "disqus", "isso", "remark42", "jsonfeed", "json"):
        leaving.run(name, folder / name, site.content, SETTINGS)
    leaving.run("wordpress", folder / "whole", site.content, SETTINGS, with_private=True)
    return folder


def expected(site: SiteFolder) -> Shape:
    return {key: rows for key, rows in shape(site.content).items() if key != "nowhere"}


def items(file: Path) -> Iterator[ElementTree.Element]:
    yield from ElementTree.parse(file).getroot().iter("item")


@pytest.mark.filterwarnings("ignore:Call to deprecated method findAll")  # by Pelican 4.11 itself
def test_wordpress_gets_what_pelicans_own_importer_reads(out: Path) -> None:
    found = {row[2]: row for row in wp2fields(str(out / "wordpress"))}
    assert {"first", "second", "gr%c3%b6%c3%9fe", "later", "about"} == {
        name.partition(".")[0] for name in found
    }
    title, html, _, date, author, categories, tags, status, kind, *_ = found["first"]
    assert (title, date, author, categories, status) == (
        "First", "2026-03-01 09:00", "ada", ["Notes"], "published"
    )  # fmt: skip
    assert tags == ["one", "two & three"]
    assert 'href="https://blog.example/second/"' in html
    assert "]]> an end" in html or "]]&gt; an end" in html
    assert found["later"][7] == "draft"
    assert found["about"][8] == "page" or kind == "article"


def test_the_comments_of_an_export_are_whole_in_anybodys_xml(out: Path) -> None:
    first = next(item for item in items(out / "wordpress") if item.findtext("title") == "First")
    comments = {c.findtext(f"{WP}comment_id"): c for c in first.iter(f"{WP}comment")}
    assert len(comments) == 6
    assert "41" in comments  # its old permalink goes on
    bodies = [c.findtext(f"{WP}comment_content") or "" for c in comments.values()]
    assert any("]]" in body and "<strong>ok</strong>" in body for body in bodies)
    assert "<p>As it <i>came</i></p>" in bodies
    own = [c for c in comments.values() if c.findtext(f"{WP}comment_user_id") == "1"]
    assert [c.findtext(f"{WP}comment_author") for c in own] == ["ada", "Ada"]
    kinds = sorted(c.findtext(f"{WP}comment_type") or "" for c in comments.values())
    assert kinds == ["comment"] * 4 + ["like", "pingback"]
    second = next(i for i in items(out / "wordpress") if "Second" in (i.findtext("title") or ""))
    assert second.findtext(f"{WP}comment_status") == "closed"


def test_each_field_is_as_wordpress_keeps_it(out: Path) -> None:
    """What it would take for something else: accents in a slug, markup in a name, an end of a
    line in a paragraph, a shortcode in code; and a page without a date, which would come twice."""
    found = {item.findtext("title"): item for item in items(out / "wordpress")}
    wrapped = found["Wrapped"]
    assert wrapped.findtext(f"{WP}post_name") == "gr%c3%b6%c3%9fe"
    assert [i.findtext(f"{WP}is_sticky") for i in (wrapped, found["First"])] == ["1", "0"]
    html = wrapped.findtext("{http://purl.org/rss/1.0/modules/content/}encoded") or ""
    assert "<p>One line and another.</p>" in html
    assert "first\n\n    second &#91;gallery]\n" in html
    assert "a [gallery] that is meant" in html
    names = [c.findtext(f"{WP}comment_author")
             for c in found["Second <em>post</em>"].iter(f"{WP}comment")]  # fmt: skip
    assert names == ["Zoë &amp; &lt;Ünicode&gt;"]
    assert found["about"].findtext(f"{WP}post_date_gmt") == "2026-03-01 08:00:00"


def test_a_number_is_higher_than_that_of_what_it_answers() -> None:
    """WordPress brings comments in by number, and looks for a parent among those before."""
    comments = [
        make_comment(1),
        make_comment(2, 1, anchor="comment-70"),
        make_comment(3, 2, anchor="comment-60"),
        make_comment(4, 2, anchor="comment-80"),
        make_comment(5, 4, anchor="comment-90"),
        make_comment(6, anchor="comment-50"),
        make_comment(7, 6, anchor="comment-60"),
        make_comment(8, 9),
        make_comment(9, 8),
    ]
    found = gathering._numbers(comments)
    assert len(set(found.values())) == len(comments)
    for comment in comments[:7]:
        assert found.get(comment.in_reply_to or "", 0) < found[comment.id]
    assert [found[one.id] for one in comments[5:7]] == [50, 60]
    assert found[comments[1].id] != 70


def test_in_again_it_is_the_same_discussion(site: SiteFolder, out: Path, tmp_path: Path) -> None:
    report = wordpress.run(out / "wordpress", tmp_path / "content")
    assert report.closes
    assert shape(tmp_path / "content") == expected(site)
    again = CommentStore(tmp_path / "content").read("first").comments
    assert "Ends ]]> a section" in again[0].body or "]]&gt; a section" in again[0].body
    assert again[2].body == "<p>As it <i>came</i></p>"


@pytest.mark.parametrize("name", ["isso", "remark42", "jsonfeed", "json"])
def test_each_system_and_back(site: SiteFolder, out: Path, tmp_path: Path, name: str) -> None:
    content = tmp_path / "content"
    shutil.copytree(site.content, content, ignore=shutil.ignore_patterns("comments"))
    wish = moving.Wish(mine=frozenset({"ada"}))
    report = moving.run(name, out / name, content, wish)
    assert report.closes
    theirs, ours = shape(content), expected(site)
    for thread, rows in ours.items():
        assert [row[:2] for row in theirs[thread]] == [row[:2] for row in rows]
    if name != "isso":  # which keeps one level of answers
        assert [row[3] for row in theirs["first"]] == [row[3] for row in ours["first"]]


def test_isso_keeps_one_level(out: Path) -> None:
    with sqlite3.connect(out / "isso") as database:
        assert database.execute("PRAGMA user_version").fetchone() == (5,)
        rows = database.execute("SELECT id, parent, text, mode FROM comments ORDER BY id")
        found = {number: (parent, text, mode) for number, parent, text, mode in rows}
        threads = database.execute("SELECT uri, title FROM threads ORDER BY id").fetchall()
    database.close()
    assert ("/first/", "First") in threads
    assert {parent for parent, _, _ in found.values()} == {None, 41}
    assert found[41][1].startswith("Ends ]]>")
    assert all(mode == 1 for _, _, mode in found.values())


def test_disqus_gets_only_what_is_discussed(out: Path) -> None:
    assert [item.findtext("title") for item in items(out / "disqus")] == [
        "First", "Second <em>post</em>"
    ]  # fmt: skip
    names = [item.findtext("{http://www.disqus.com/}thread_identifier")
             for item in items(out / "disqus")]  # fmt: skip
    assert names == ["first", "second"]


def test_json_for_anybody(out: Path) -> None:
    feed = json.loads((out / "jsonfeed").read_text("utf-8"))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert len(feed["items"]) == 7
    thread = json.loads((out / "json" / "first.json").read_text("utf-8"))
    assert thread["url"] == "https://blog.example/first/"
    ids = [one["id"] for one in thread["comments"]]
    assert [one["in_reply_to"] for one in thread["comments"][1:4]] == ids[:3]


def test_what_is_private_leaves_only_where_that_was_asked_for(out: Path) -> None:
    for file in (path for path in out.rglob("*") if path.is_file()):
        data = file.read_bytes()
        has_private = b"@mail.example" in data or b"192.0.2.7" in data or b"It waits" in data
        assert has_private == (file.name == "whole"), file
    assert stat.S_IMODE((out / "whole").stat().st_mode) == 0o600
    comments = [c for item in items(out / "whole") for c in item.iter(f"{WP}comment")]
    waits = [c for c in comments if c.findtext(f"{WP}comment_approved") == "0"]
    assert [c.findtext(f"{WP}comment_author_email") for c in waits] == ["waits@mail.example"]


def test_the_archive_is_read_without_a_server(site: SiteFolder, tmp_path: Path) -> None:
    said = leaving.run("archive", tmp_path / "site.zip", site.content, SETTINGS)
    assert "index.html" in said
    with zipfile.ZipFile(tmp_path / "site.zip") as packed:
        packed.extractall(tmp_path)
    root = tmp_path / "site"
    pages = list(root.rglob("*.html"))
    led = 0
    for page in pages:
        soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
        for tag in soup.find_all(["a", "link", "script", "img"]):
            target = tag.get("href") or tag.get("src") or ""
            parts = urlsplit(str(target))
            if parts.scheme or not parts.path:
                continue
            assert (page.parent / unquote(parts.path)).is_file(), (page, target)
            led += 1
    assert led > 50
    assert not list(root.rglob("drafts"))
    first = (root / "first" / "index.html").read_text("utf-8")
    assert 'href="../second/index.html"' in first
    assert re.search(r'action="https://blog\.example/', first)  # a form needs the site itself


def test_links_are_led_to_files() -> None:
    files = {"a/index.html", "a/b.css", "x y.png", "index.html"}
    links = archive._Links("https://e.example/blog", files)
    assert links.led("/blog/a/", "a/index.html") == "index.html"
    assert links.led("https://e.example/blog/a/#c", "index.html") == "a/index.html#c"
    assert links.led("/blog/x%20y.png", "a/index.html") == "../x%20y.png"
    assert links.led("/blog/none/", "a/index.html") == "https://e.example/blog/none/"
    assert links.led("//other.example/a", "index.html") == "//other.example/a"
    assert links.led("https://e.example/blog", "a/index.html") == "../index.html"


def test_what_cannot_be_is_refused_and_nothing_is_written(site: SiteFolder, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("mine", "utf-8")
    for words in (
        ("opml", tmp_path / "a"), ("wordpress", there), ("isso", there), ("json", there)
    ):  # fmt: skip
        with pytest.raises(ExportFailed):
            leaving.run(*words, site.content, SETTINGS)
    with pytest.raises(ExportFailed, match="no place for private data"):
        leaving.run("jsonfeed", tmp_path / "a", site.content, SETTINGS, with_private=True)
    bare = tmp_path / "content"
    bare.mkdir()
    with pytest.raises(ExportFailed, match="address is not known"):
        leaving.run("isso", tmp_path / "a", bare, SETTINGS)
    assert there.read_text("utf-8") == "mine"
    assert not (tmp_path / "a").exists()


def test_the_task_says_what_left_and_what_did_not(site: SiteFolder, tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    answer = CommentStore(site.content).write("second", make_comment(11, 12))
    run = invoke("export", "wordpress", str(file), "--content", str(site.content))
    answer.unlink()
    assert run.returncode == 0, run.stderr
    assert "4 posts, 1 page, 8 comments under 2 of them" in run.stdout
    assert "What 1 comment answered is gone: at the first level now." in run.stdout
    assert "nowhere: this discussion belongs to no post" in run.stdout
    again = invoke("export", "wordpress", str(file), "--content", str(site.content))
    assert again.returncode == 1
    assert "there is something already" in again.stderr
