"""Blogs in the true shape of each system, whole ones and broken ones, and what they become: the
report, the files and the private side, in `golden/SOURCE[-CASE]/expected.txt`.

REJOINDER_GOLDEN=write writes these anew, to be read by whoever changed what they say.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from conftest import SiteFolder, invoke

from rejoinder import site
from rejoinder.comments.store import CommentStore
from rejoinder.errors import FetchError, ImportFailed
from rejoinder.migrate.entries.moving import Wish, run
from rejoinder.migrate.entries.sources import SOURCES
from rejoinder.migrate.report import Report

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.name for path in GOLDEN.iterdir())
MAIL = re.compile(r"[\w.+-]+@mail\.example")


class House:
    """A site in a folder of its own, empty at first."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.content = root / "content"
        self.private = root / "private"

    def take(self, source: str, file: Path, wish: Wish | None = None) -> Report:
        """Move a blog in; its counts must close."""
        report = run(source, file, self.content, wish).report
        assert report.closes, str(report)
        return report

    def texts(self, *folders: str) -> dict[str, str]:
        """Texts below folders, by path; of other files, that they are there."""
        paths = [path for folder in folders for path in sorted((self.root / folder).rglob("*"))
                 if path.is_file()]  # fmt: skip
        return {
            path.relative_to(self.root).as_posix(): path.read_text("utf-8")
            if path.suffix in (".md", ".toml", ".txt", ".tsv") else "…\n"
            for path in paths
        }  # fmt: skip

    def state(self) -> dict[str, tuple[int, bytes]]:
        """All that is written, and when."""
        return {
            str(path): (path.stat().st_mtime_ns, path.read_bytes())
            for path in sorted(self.root.rglob("*")) if path.is_file()
        }  # fmt: skip


def export_of(case: str) -> Path:
    return next(path for path in (GOLDEN / case).iterdir() if path.stem == "export")


def told(report: Report, house: House) -> str:
    parts = [f"{report.text()}\n"]
    for path, text in house.texts("content", "private").items():
        if not path.endswith((".tsv", ".gitignore")):
            parts.append(f"=== {path}\n{text}")
    return "".join(parts)


def test_every_system_has_golden_pairs_and_is_documented() -> None:
    assert {case.partition("-")[0] for case in CASES} == SOURCES.keys()
    assert {case.partition("-")[0] for case in CASES if case.endswith("-broken")} == SOURCES.keys()
    docs = (GOLDEN.parents[3] / "docs" / "moving-posts.md").read_text("utf-8")
    assert [source for source in SOURCES if f"invoke import {source} " not in docs] == []


@pytest.mark.parametrize("case", CASES)
def test_a_blog_becomes_what_was_expected(case: str, tmp_path: Path) -> None:
    source, export = case.partition("-")[0], export_of(case)
    house = House(tmp_path / "house")
    dry = house.take(source, export, Wish(dry_run=True))
    assert not house.root.exists()

    report = house.take(source, export)
    assert dry.changes == report.changes
    found = told(report, house)
    expected = GOLDEN / case / "expected.txt"
    if os.environ.get("REJOINDER_GOLDEN") == "write":
        expected.write_text(found, "utf-8")
    assert found == expected.read_text("utf-8")

    public = "".join(house.texts("content").values())
    assert "SECRET" not in public
    assert not MAIL.search(public + "".join(house.texts("private").values()))

    before = house.state()
    assert house.take(source, export).changes == 0
    assert house.state() == before


def test_a_refusal_says_what_could_not_be_read(tmp_path: Path) -> None:
    text = export_of("blogger").read_text("utf-8")
    (cut := tmp_path / "cut.xml").write_text(text[: text.index("<entry>") + 300], "utf-8")
    with pytest.raises(ImportFailed, match=r"no posts of Blogger's \(cut.xml:\d+: an element beg"):
        House(tmp_path / "house").take("blogger", cut)


STANDS = {
    "jekyll": {"mornings/2019/05/first-light.html": "The dyke at five", "bees/": "Three of them",
               "2019/07/old-page.html": "And a box", "about/": "https://field.example",
               "docs/intro/": "An introduction", "talks/2020/bees-again/": "Slides",
               "assets/dyke.png": "", "first/": "/mornings/2019/05/first-light.html",
               "2019/first.html": "/mornings/2019/05/first-light.html", "topic/bees/": "bees",
               "tag/dyke/": "First light"},
    "hugo": {"2019/05/first/": "Println", "2019/06/on-keeping-bees/": "inner",
             "de/2019/06/vom-bienenhalten/": "Auf Deutsch", "about/": "Me, at",
             "projects/hut/": "<strong>hand</strong>", "img/dyke.png": "",
             "2019/06/on-keeping-bees/hive.jpg": "", "2019/first.html": "/2019/05/first/",
             "tags/dyke/": "First light", "categories/mornings/": "First light"},
    "ghost": {"2019/first-light/": "A box", "2019/keeping-bees/": "Three", "about/": "Me.",
              "content/images/2019/05/dyke.png": "", "old/": "/2019/first-light/",
              "tag/mornings/": "/tag/mornings-early/", "author/nora/": "First light"},
}  # fmt: skip
"""Addresses that each blog had, and words that are there."""


@pytest.mark.parametrize("case", STANDS)
def test_everything_stands_where_it_stood(case: str, tmp_path: Path) -> None:
    House(tmp_path).take(case, export_of(case))
    built = SiteFolder(tmp_path).build(SITEURL="")
    for address, words in STANDS[case].items():
        file = built.output / (f"{address}index.html" if address.endswith("/") else address)
        assert words in file.read_text("utf-8", "replace"), address


def test_comments_of_a_blog_come_with_it_in_one_task(tmp_path: Path) -> None:
    content = tmp_path / "content"
    words = ("import", "blogger", str(export_of("blogger")), "--content", str(content))
    dry = invoke(*words, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert not content.exists()
    done = invoke(*words)
    assert done.returncode == 0, done.stderr
    for said in (dry.stdout, done.stdout):
        assert "under a post by the same address: 2" in said
    store = CommentStore(content)
    assert {thread: len(store.read(thread).comments) for thread in store.threads()} == {
        "first-light": 1, "about": 1,
    }  # fmt: skip


def test_pictures_are_fetched_when_asked_and_once(tmp_path: Path) -> None:
    house, asked = House(tmp_path), []
    png = (GOLDEN / "jekyll/export/assets/dyke.png").read_bytes()

    def fetch(address: str) -> bytes:
        asked.append(address)
        if "s320" in address:
            raise FetchError("the server answered 404", where=address)
        return png

    dry = house.take("blogger", export_of("blogger"), Wish(fetch=fetch, dry_run=True))
    assert asked == []
    report = house.take("blogger", export_of("blogger"), Wish(fetch=fetch))
    there = "https://1.bp.blogspot.com/-x"
    assert sorted(asked) == [f"{there}/s1600/dyke.png", f"{there}/s320/dyke.png"]
    assert dry.count("picture") == 2
    assert report.count("picture") == 1
    assert "s320/dyke.png could not be fetched" in str(report)
    post = (house.content / "posts/2019-05-02-first-light.md").read_text("utf-8")
    (made,) = (house.content / "images").rglob("*.png")
    assert made.read_bytes() == png
    assert f"({{static}}/{made.relative_to(house.content).as_posix()})" in post
    asked.clear()
    again = house.take("blogger", export_of("blogger"), Wish(fetch=fetch))
    assert (again.changes, asked) == (0, [f"{there}/s320/dyke.png"])


def test_what_is_the_authors_stays(tmp_path: Path) -> None:
    house = House(tmp_path)
    mine = house.content / "posts" / "mine.md"
    mine.parent.mkdir(parents=True)
    mine.write_text("Title: Mine\nDate: 2018-01-01\nSlug: first-light\n\nMy words.\n", "utf-8")
    (house.content / "site.toml").write_text(
        'title = "My own"\n[permalinks]\npost = "notes/{slug}/"\n', "utf-8"
    )
    house.take("ghost", export_of("ghost"))
    facts = site.load(house.content)
    assert (facts.title, facts.permalinks.post) == ("My own", "notes/{slug}/")
    assert "My words" in mine.read_text("utf-8")
    (moved,) = (house.content / "posts").glob("2019-05-02-*.md")
    assert "Url: 2019/first-light/\n" in moved.read_text("utf-8")
    edited = moved.read_text("utf-8").replace("A box", "My box")
    moved.write_text(edited, "utf-8")
    (house.content / "pages" / "about.md").unlink()
    again = house.take("ghost", export_of("ghost"))
    assert again.changes == 0
    assert moved.read_text("utf-8") == edited
    assert not (house.content / "pages" / "about.md").exists()
