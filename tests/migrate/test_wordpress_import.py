"""The whole way: an export on disk, `run`, and the files that it leaves."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from migrate.wxr_builder import Builder

from rejoinder import redirects, site
from rejoinder.comments.model import Kind
from rejoinder.comments.store import CommentStore
from rejoinder.errors import FetchError, ImportFailed
from rejoinder.migrate.report import Report
from rejoinder.migrate.wordpress import run


class Site:
    """A folder with an export to import, and what came of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.content = root / "content"
        self.private = root / "private"
        self.file = root / "export.xml"

    def take(self, export: Builder | str | bytes, **options: object) -> Report:
        text = export.text if isinstance(export, Builder) else export
        self.file.write_bytes(text.encode() if isinstance(text, str) else text)
        report = run(self.file, self.content, **options)  # type: ignore[arg-type]
        assert report.closes, str(report)
        return report

    def public(self) -> dict[str, str]:
        return {
            p.relative_to(self.content).as_posix(): p.read_text("utf-8")
            for p in sorted(self.content.rglob("*")) if p.is_file()
        }  # fmt: skip

    def state(self) -> dict[str, tuple[int, bytes]]:
        return {
            str(p): (p.stat().st_mtime_ns, p.read_bytes())
            for p in sorted(self.root.rglob("*")) if p.is_file() and p != self.file
        }  # fmt: skip

    def rows(self, name: str) -> list[dict[str, str]]:
        path = self.private / "wordpress" / f"{name}.jsonl"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def place(tmp_path: Path) -> Site:
    return Site(tmp_path)


def full(version: str = "1.2") -> Builder:
    b = Builder(version)
    b.item(
        4,
        terms=[
            ("category", "work", "Work"), ("category", "ideas", "Ideas"),
            ("post_tag", "own", "own"),
        ],
        excerpt="In <em>short</em>.",
        sticky=1,
        modified="2012-06-01 09:30:00", modified_gmt="2012-06-01 08:30:00",
        meta=[("_wp_old_slug", "owning"), ("_edit_last", "1")],
        content="First.\n\n<!--more-->\n\nSecond <b>bold</b>,\nnext line. "
        '<a href="https://blog.example.org/about/#us">us</a>',
        comments=[
            b.comment(11, "One & <b>two</b>\n\nthree"),
            b.comment(12, "Yes", parent=11, user=1, author="Ada Quill", email="ada@mail.example"),
            b.comment(13, "To the pending one", parent=14),
            b.comment(14, "SECRET pending", approved="0", author="Pia Pending"),
            b.comment(15, "SECRET spam", approved="spam"),
            b.comment(16, "SECRET trash", approved="trash"),
            b.comment(17, "Elsewhere", kind="pingback", url="https://else.example/x?a=1&b=2"),
            b.comment(18, "Tracked", kind="trackback", url="https://track.example/"),
            b.comment(19, "SECRET editorial note", kind="note"),
            b.comment(20, "To nobody", parent=999),
        ],
    )  # fmt: skip
    b.item(5, "About", "See [gallery ids=\"1,2\"]", slug="about", kind="page", open_to="closed",
           link=f"{b.base}/about/", terms=())  # fmt: skip
    b.item(6, "SECRET draft", "SECRET body", slug="", status="draft", link=f"{b.base}/?p=6",
           gmt="0000-00-00 00:00:00", comments=[b.comment(30, "SECRET on a draft")])  # fmt: skip
    b.item(7, "SECRET private", "SECRET", slug="private-one", status="private")
    b.item(8, "SECRET locked", "SECRET", slug="locked", password="x")
    b.item(9, "SECRET later", "SECRET", slug="later", status="future")
    b.item(10, "SECRET trash", "SECRET", slug="x__trashed", status="trash")
    b.item(21, "menu", "", slug="menu", kind="nav_menu_item")
    b.item(
        22,
        "pic",
        "",
        slug="pic",
        kind="attachment",
        status="inherit",
        parent=4,
        extra=f"\t\t<wp:attachment_url>{b.base}/wp-content/uploads/2012/05/pic.jpg</wp:attachment_url>\n",
    )
    b.item(
        23,
        "SECRETpic",
        "",
        slug="dpic",
        kind="attachment",
        status="inherit",
        parent=6,
        extra=f"\t\t<wp:attachment_url>{b.base}/wp-content/uploads/SECRET.jpg</wp:attachment_url>\n",
    )
    return b


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_each_dialect_gives_the_same_site(place: Site, version: str) -> None:
    report = place.take(full(version))
    found = place.public()
    assert report.count("comment", "approved", "new") == 4
    assert report.count("pingback") == report.count("trackback") == 1
    post = found["posts/2012-05-01-owning-words.md"]
    assert post == (
        "Title: On Owning One’s Words\n"
        "Date: 2012-05-01 09:30:00+01:00\n"
        "Modified: 2012-06-01 09:30:00+01:00\n"
        "Slug: owning-words\n"
        "Category: Work\n"
        "Tags: own, Ideas\n"
        f"Author: {'ada' if version == '1.0' else 'Ada Quill'}\n"
        "Summary: In *short*.\n"
        "Sticky: true\n"
        "\n"
        "First.\n\n<!--more-->\n\nSecond **bold**,  \n"
        "next line. [us]({filename}/pages/about.md#us)\n"
    )
    comments = {c.fragment: c for c in CommentStore(place.content).read("owning-words").comments}
    assert sorted(comments) == [f"comment-{n}" for n in (11, 12, 13, 17, 18, 20)]
    assert comments["comment-11"].body == "One & <b>two</b>\n\nthree"
    assert comments["comment-12"].in_reply_to == comments["comment-11"].id
    if version != "1.0":
        assert comments["comment-12"].kind is Kind.AUTHOR
        assert comments["comment-12"].author_id == "ada"
    assert comments["comment-13"].in_reply_to == "20120502T100000Z-wp14"
    assert comments["comment-20"].in_reply_to == "20120502T100000Z-wp999"
    assert comments["comment-17"].kind is Kind.PINGBACK
    assert comments["comment-17"].source_url == "https://else.example/x?a=1&b=2"
    assert comments["comment-11"].date.isoformat() == "2012-05-02T11:00:00+01:00"


def test_nothing_private_is_in_content(place: Site) -> None:
    place.take(full())
    everything = "\n".join(f"{name}\n{text}" for name, text in place.public().items())
    for secret in ("SECRET", "mail.example", "192.0.2.", "Pia Pending", "locked", "draft"):
        assert secret not in everything
    assert stat.S_IMODE(place.private.stat().st_mode) == 0o700
    assert (place.private / ".gitignore").read_text() == "*\n"
    for path in (place.private / "wordpress").rglob("*"):
        assert path.is_dir() or stat.S_IMODE(path.stat().st_mode) == 0o600
    (pending,) = place.rows("pending")
    assert pending["email"] == "bo@mail.example"
    assert pending["ip"] == "192.0.2.77"
    assert pending["thread"] == "owning-words"
    assert "SECRET pending" in pending["comment"]
    assert {row["email"] for row in place.rows("people")} == {"bo@mail.example", "ada@mail.example"}
    assert [row["thread"] for row in place.rows("withheld")] == ["secret-draft"]
    drafts = sorted(p.name for p in (place.private / "wordpress/drafts").rglob("*.md"))
    assert drafts == [
        "2012-05-01-later.md", "2012-05-01-locked.md", "2012-05-01-private-one.md",
        "2012-05-01-secret-draft.md",
    ]  # fmt: skip
    draft = next((place.private / "wordpress/drafts").rglob("*secret-draft.md")).read_text("utf-8")
    assert "Status: draft\n" in draft
    assert draft.endswith("\n\nSECRET body\n")
    assert "SECRET.jpg" in (place.private / "wordpress/attachments.tsv").read_text()


def test_site_and_redirects(place: Site) -> None:
    report = place.take(full())
    found = site.load(place.content)
    assert (found.title, found.subtitle, found.url) == (
        "Ada & Co", "Notes on work", "https://blog.example.org",
    )  # fmt: skip
    assert (found.language, found.timezone, found.author) == ("en-GB", "Europe/London", "Ada Quill")
    assert found.permalinks.post == "{date:%Y}/{date:%m}/{date:%d}/{slug}/"
    post = "/2012/05/01/owning-words/"
    lines = {r.old: r.new for r in redirects.load(place.content)}
    assert lines["/?p=4"] == post
    assert lines["/?page_id=5"] == lines["/?p=5"] == "/about/"
    assert lines[f"{post}comment-page-1/"] == post
    assert lines[f"{post}feed/"] == f"{post}comments.atom.xml"
    assert lines["/2012/05/01/owning/"] == post
    assert lines["/feed/"] == "/feeds/all.atom.xml"
    assert lines["/comments/feed/"] == "/feeds/comments.atom.xml"
    assert lines["/category/work/feed/"] == "/feeds/all.atom.xml"
    assert lines["/category/ideas/"] == "/tag/ideas/"
    assert not any("private-one" in old or "=6" in old for old in lines)
    assert place.public()["authors/ada.md"] == "Name: Ada Quill\nSlug: ada\n\n"
    assert "gallery 1" in str(report)
    assert "Europe/London" in str(report)


def test_a_zone_that_is_named_is_taken(place: Site) -> None:
    b = Builder().item(4, comments=[Builder().comment(1, date="0000-00-00 00:00:00")])
    report = place.take(b, timezone="Asia/Kolkata")
    assert site.load(place.content).timezone == "Asia/Kolkata"
    (comment,) = CommentStore(place.content).read("owning-words").comments
    assert comment.date.isoformat() == "2012-05-02T15:30:00+05:30"
    assert "Asia/Kolkata (as you said)" in report.text()


def test_a_second_run_changes_nothing_and_touches_nothing(place: Site) -> None:
    first = place.take(full())
    before = place.state()
    second = place.take(full())
    assert first.changes > 0
    assert second.changes == 0
    assert place.state() == before
    assert str(second).endswith("\n0 changes.")


def test_a_dry_run_says_the_same_and_writes_nothing(place: Site) -> None:
    dry = place.take(full(), dry_run=True)
    assert not place.content.exists()
    assert not place.private.exists()
    real = place.take(full())
    assert dry.changes == real.changes
    assert str(dry).splitlines()[:-1] == str(real).splitlines()[:-1]


def test_a_newer_export_adds_what_is_new_and_leaves_the_authors_work(place: Site) -> None:
    b = Builder()
    for number in (1, 2, 3, 4):
        b.item(number, f"Post {number}", "Old.", slug=f"p{number}",
               comments=[b.comment(number * 10, "Old.")])  # fmt: skip
    place.take(b)
    posts = place.content / "posts"
    edited = posts / "2012-05-01-p1.md"
    edited.write_text(edited.read_text("utf-8") + "\nMine.\n", "utf-8")
    (posts / "2012-05-01-p2.md").rename(posts / "renamed.md")
    (gone,) = (place.content / "comments/p3").iterdir()
    gone.unlink()
    toml = place.content / "site.toml"
    toml.write_text(toml.read_text("utf-8").replace('"Ada & Co"', '"My own name"'), "utf-8")
    lines = (place.content / "redirects.txt").read_text("utf-8").splitlines(keepends=True)
    lines = [line for line in lines if not line.startswith("/?p=3 ")]
    (place.content / "redirects.txt").write_text("# mine\n/old /new/\n" + "".join(lines), "utf-8")

    newer = Builder()
    for number in (1, 2, 3, 4, 5):
        newer.item(number, f"Post {number}", "New.", slug=f"p{number}", comments=[
            newer.comment(number * 10, "Old."), newer.comment(number * 10 + 1, "Added.")
        ])  # fmt: skip
    report = place.take(newer)
    assert report.count("post", None, "yours, left as it is") == 1
    assert report.count("post", None, "deleted or moved by you, left so") == 1
    assert report.count("post", None, "updated") == 2
    assert report.count("post", None, "new") == 1
    assert report.count("comment", None, "new") == 6
    assert report.count("comment", None, "unchanged") == 3
    assert edited.read_text("utf-8").endswith("Old.\n\nMine.\n")
    assert not (posts / "2012-05-01-p2.md").exists()
    assert not gone.exists()
    assert site.load(place.content).title == "My own name"
    text = (place.content / "redirects.txt").read_text("utf-8")
    assert text.startswith("# mine\n/old /new/\n")
    assert "/?p=3 " not in text
    assert "/?p=5 " in text
    before = place.state()
    assert place.take(newer).changes == 0
    assert place.state() == before


def test_a_renamed_slug_keeps_its_file_and_thread(place: Site) -> None:
    b = Builder().item(4, slug="old", comments=[Builder().comment(1)])
    place.take(b)
    newer = Builder()
    newer.item(4, slug="new", comments=[newer.comment(1), newer.comment(2)])
    place.take(newer)
    assert len(CommentStore(place.content).read("old").comments) == 2
    (post,) = (place.content / "posts").iterdir()
    assert "Slug: new\nCategory: Work\nAuthor: Ada Quill\nThread: old\n" in post.read_text("utf-8")


def test_approved_later_moves_out_of_the_private_side(place: Site) -> None:
    b = Builder()
    b.item(4, comments=[b.comment(1, approved="0")])
    b.item(6, "Soon", slug="soon", status="draft")
    place.take(b)
    assert len(place.rows("pending")) == 1
    newer = Builder()
    newer.item(4, comments=[newer.comment(1)])
    newer.item(6, "Soon", slug="soon")
    place.take(newer)
    assert place.rows("pending") == []
    assert len(CommentStore(place.content).read("owning-words").comments) == 1
    assert not list((place.private / "wordpress/drafts").rglob("*.md"))
    assert (place.content / "posts/2012-05-01-soon.md").exists()
    assert place.take(newer).changes == 0


def test_what_is_withdrawn_is_told_of_and_not_deleted(place: Site) -> None:
    b = Builder()
    b.item(4, comments=[b.comment(1), b.comment(2)])
    place.take(b)
    newer = Builder()
    newer.item(4, comments=[newer.comment(1, approved="trash"), newer.comment(2, approved="0")])
    told = [str(p) for p in place.take(newer).problems]
    assert len(told) == 2
    assert all(
        "an earlier import made it public" in line and "Delete content/" in line for line in told
    )
    assert len(CommentStore(place.content).read("owning-words").comments) == 2


def test_rows_that_were_taken_out_do_not_come_back(place: Site) -> None:
    place.take(full())
    (place.private / "wordpress/people.jsonl").write_text("", "utf-8")
    place.take(full())
    assert place.rows("people") == []


def test_a_kill_in_the_middle_is_mended_by_the_next_run(place: Site) -> None:
    whole = Site(place.root / "whole")
    whole.root.mkdir()
    whole.take(full())

    class Killed(BaseException):
        pass

    real = os.replace
    left = 0

    def replace(source: str, target: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        real(source, target)

    for after in range(1, 12, 2):
        broken = Site(place.root / f"broken{after}")
        broken.root.mkdir()
        left = after
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "replace", replace)
            with pytest.raises(Killed):
                broken.take(full())
        broken.take(full())
        assert broken.public() == whole.public()
        assert broken.take(full()).changes == 0


def test_media_is_fetched_only_when_asked(place: Site) -> None:
    b = full()
    up = f"{b.base}/wp-content/uploads"
    b.item(40, "Pics", f'<img src="{up}/2012/05/pic.jpg" alt="a"> '
           f'<a href="{up}/../../wp-config.php">x</a> '
           f'<img src="{up}/gone.png" alt="g"> <img src="{up}/.htaccess" alt="h">',
           slug="pics", meta=[("_thumbnail_id", "22")])  # fmt: skip
    place.take(b)
    assert not (place.content / "wp-content").exists()
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        if "gone" in url:
            raise FetchError("no such page", where=url)
        return b"JPEG"

    dry = place.take(b, fetch=fetch, dry_run=True)
    assert asked == []
    report = place.take(b, fetch=fetch)
    assert asked == [f"{up}/2012/05/pic.jpg", f"{up}/gone.png"]
    assert (place.content / "wp-content/uploads/2012/05/pic.jpg").read_bytes() == b"JPEG"
    post = place.public()["posts/2012-05-01-pics.md"]
    assert "Featured_Image: /wp-content/uploads/2012/05/pic.jpg\n" in post
    assert "![a]({static}/wp-content/uploads/2012/05/pic.jpg)" in post
    assert f"![g]({up}/gone.png)" in post
    assert any("gone.png could not be fetched" in str(p) for p in report.problems)
    assert dry.changes >= report.changes > 0
    assert place.take(b).changes == 0


def test_names_and_addresses_give_no_mail_away(place: Site) -> None:
    b = Builder()
    b.authors = [("1", "jane@mail.example", "jane@mail.example", "jane@mail.example")]
    b.item(4, creator="jane@mail.example", comments=[
        b.comment(1, author="tom@mail.example", url="http://tom@mail.example"),
        b.comment(2, author="", url="javascript:alert(1)"),
    ])  # fmt: skip
    place.take(b)
    assert "mail.example" not in str(place.public())
    names = [c.author for c in CommentStore(place.content).read("owning-words").comments]
    assert sorted(names) == ["Anonymous", "tom"]


def test_a_page_has_a_discussion_only_when_it_names_one(place: Site) -> None:
    b = Builder()
    b.item(1, "Talk", slug="talk")
    b.item(2, "Talk", slug="talk", kind="page", link=f"{b.base}/talk/", terms=(),
           comments=[b.comment(1)])  # fmt: skip
    b.item(3, "Team", slug="team", kind="page", link=f"{b.base}/about/team/", open_to="closed")
    b.item(4, "Team", slug="team", kind="page", link=f"{b.base}/work/team/", open_to="closed",
           comments=[b.comment(1)])  # fmt: skip
    place.take(b)
    found = place.public()
    assert "Thread" not in found["posts/2012-05-01-talk.md"]
    assert "Thread: talk-2\n" in found["pages/talk-2.md"]
    assert "Url: about/team/\nSave_as: about/team/index.html\n" in found["pages/team.md"]
    assert "Thread" not in found["pages/team.md"]
    assert "Comments: closed\n" in found["pages/work-team.md"]
    assert "Thread: work-team\n" in found["pages/work-team.md"]


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (b"", "the file is empty"),
        (b"PK\x03\x04rest", "the file is packed"),
        (b"<html>no</html>", "not a WordPress export"),
        (b"<rss><channel><title>x</title><item><title>y</title></item></channel></rss>",
         "a feed, but not a WordPress export"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "b">]>\n<rss><channel></channel></rss>',
         ":2: the file has a DOCTYPE declaration"),
        (b'<rss><!ENTITY x SYSTEM "file:///etc/passwd"><channel>', ":1: the file has a ENTITY"),
    ],
)  # fmt: skip
def test_what_is_no_export_is_refused_whole(place: Site, made: bytes, message: str) -> None:
    with pytest.raises(ImportFailed) as caught:
        place.take(made)
    assert message in str(caught.value)
    assert not place.content.exists()


def test_missing_files_folders_and_zones_are_told(place: Site) -> None:
    with pytest.raises(ImportFailed, match="can't be read: No such file"):
        run(place.root / "none.xml", place.content)
    with pytest.raises(ImportFailed, match="this is a folder"):
        run(place.root, place.content)
    with pytest.raises(ImportFailed, match="no time zone 'Mars/Base'"):
        place.take(full(), timezone="Mars/Base")
    (place.root / "content").write_text("in the way")
    with pytest.raises(ImportFailed, match=r"can't be read: Not a directory"):
        place.take(full())


def test_progress_comes_to_its_end(place: Site) -> None:
    heard: list[tuple[int, int]] = []
    place.take(full(), progress=lambda done, total: heard.append((done, total)))
    assert heard == sorted(heard)
    assert heard[-1] == (2 * place.file.stat().st_size,) * 2


def test_names_are_html_there_and_words_here(place: Site) -> None:
    b = Builder()
    b.authors = [("1", "ada", "ada@mail.example", "Quill &amp; Daughter")]
    b.item(4, comments=[
        b.comment(1, author="Tom &amp; &lt;Jerry&gt;"), b.comment(2, author="R&D"),
        b.comment(3, author="Quill &amp; Daughter", user=1),
    ])  # fmt: skip
    place.take(b)
    said = CommentStore(place.content).read("owning-words").comments
    assert [one.author for one in said] == ["Tom & <Jerry>", "R&D", "Quill & Daughter"]
    assert "Name: Quill & Daughter\n" in place.public()["authors/ada.md"]
