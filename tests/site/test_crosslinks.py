"""Crosslinks on built pages: posts, authors, streams, feeds, coverage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import html5lib
import mf2py
import pytest
from bs4 import BeautifulSoup
from conftest import SiteFolder

from rejoinder.profiles import opml
from rejoinder.profiles.entries import Entry, Kind, Tie, Verdict
from rejoinder.profiles.ledger import editing

DATE = datetime(2026, 3, 2, 9, tzinfo=UTC)
YES = (Tie("first", Verdict.MATCHED, "links to it"),)
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def entry(number: int, text: str = "Words.", **more: object) -> Entry:
    fields: dict[str, object] = {
        "id": f"mastodon:s.example:{number}",
        "url": f"https://s.example/@ada/{number}",
        "date": DATE + timedelta(days=number),
        "text": text,
    }
    return Entry(**(fields | more))  # type: ignore[arg-type]


def keep(site: SiteFolder, *entries: Entry, name: str = "mastodon") -> None:
    with editing(site.content) as ledger:
        for one in entries:
            ledger.of(("ada", name))[one.id] = one


@pytest.fixture
def linked(site: SiteFolder) -> SiteFolder:
    site.post("first")
    site.post("second", Author="Bo")
    path = site.content / "authors" / "ada.md"
    path.parent.mkdir()
    path.write_text(
        "Name: Ada\nSlug: ada\nProfile: mastodon https://s.example/@ada\n"
        "Profile: x https://x.com/ada\nWatch: hackernews https://hnrss.org/newest?q=x\n\nBio.\n"
    )
    return site


def page(site: SiteFolder, path: str) -> BeautifulSoup:
    return BeautifulSoup(site.read(path), "html.parser")


def test_a_post_says_where_it_was_announced_and_discussed(linked: SiteFolder) -> None:
    theirs = entry(9, "", id="hackernews:9", url="https://news.ycombinator.com/item?id=9",
                   title="First", kind=Kind.THEIRS, ties=YES)  # fmt: skip
    keep(linked, entry(1, ties=YES), entry(2, ties=(Tie("first", Verdict.NO),)))
    keep(linked, theirs, name="hackernews")
    linked.build()
    section = page(linked, "first/index.html").select_one(".crosslinks")
    assert section is not None
    words = " ".join(section.get_text(" ").split())
    assert words == ("Announced on Mastodon March 3, 2026 "
                     "Discussed on Hacker News First March 11, 2026")  # fmt: skip
    (post,) = [item for item in mf2py.parse(linked.read("first/index.html"))["items"]
               if "h-entry" in item["type"]]  # fmt: skip
    assert post["properties"]["syndication"] == ["https://s.example/@ada/1"]
    assert page(linked, "second/index.html").select_one(".crosslinks") is None


def test_the_author_page_is_an_h_card_with_its_stream(linked: SiteFolder) -> None:
    keep(linked, entry(1, ties=YES), entry(2, kind=Kind.SHARED), entry(3, kind=Kind.ANSWER))
    linked.build()
    found = mf2py.parse(linked.read("author/ada/index.html"))
    assert found["rels"]["me"] == ["https://s.example/@ada", "https://x.com/ada"]
    (feed,) = found["items"]
    (card,) = [item for item in feed["children"] if "h-card" in item["type"]]
    mine = "/author/ada/"
    assert card["properties"]["uid"] == [mine]
    assert card["properties"]["url"] == [mine, "https://s.example/@ada", "https://x.com/ada"]
    stream = page(linked, "author/ada/index.html").select(".stream-entry")
    assert len(stream) == 2  # what is said to somebody is not published
    assert "passed on" in stream[0].get_text()
    assert stream[1].select_one(".about a")["href"].endswith("/first/")  # type: ignore[index]
    assert 'rel="me"' in linked.read("index.html").replace("'", '"')
    assert 'rel="me"' not in linked.read("second/index.html")
    assert '"fediverse:creator" content="@ada@s.example"' in linked.read("first/index.html")
    assert "fediverse:creator" not in linked.read("second/index.html")


def test_the_stream_is_paged_and_listed_as_opml(linked: SiteFolder) -> None:
    keep(linked, *(entry(n) for n in range(1, 6)))
    linked.build(CROSSLINKS_STREAM_PAGE_SIZE=2)
    texts = [len(page(linked, f"elsewhere/{path}index.html").select(".stream-entry"))
             for path in ("", "page/2/", "page/3/")]  # fmt: skip
    assert texts == [2, 2, 1]
    last = page(linked, "elsewhere/page/3/index.html")
    assert last.select_one("a[rel=prev]")["href"] == "/elsewhere/page/2/"  # type: ignore[index]
    assert last.select_one("a[rel=next]") is None
    (one,) = opml.read((linked.output / "elsewhere" / "profiles.opml").read_bytes(), "x")
    assert (one.feed, one.group) == ("https://s.example/@ada.rss", "Ada")


def test_feeds_say_it_too(linked: SiteFolder) -> None:
    keep(linked, entry(1, ties=YES))
    linked.build("publishconf.py")
    feed = linked.read("feeds/all.atom.xml")
    assert feed.count("u-syndication") == 1
    assert "Announced on" in feed
    linked.build("publishconf.py", CROSSLINKS_IN_FEEDS=False)
    assert "u-syndication" not in linked.read("feeds/all.atom.xml")


def test_coverage_is_for_the_author_alone(linked: SiteFolder) -> None:
    keep(linked, entry(1, ties=YES), entry(2, "An idea."))
    linked.build()
    rows = page(linked, "elsewhere/coverage/index.html").select("tbody tr")
    cells = {row.select_one("th").get_text(): [td.get_text() for td in row.select("td")]  # type: ignore[union-attr]
             for row in rows}  # fmt: skip
    assert cells["First"] == ["yes", "not yet"]
    assert "An idea." in linked.read("elsewhere/coverage/index.html")
    linked.build("publishconf.py", DELETE_OUTPUT_DIRECTORY=True)
    assert not (linked.output / "elsewhere" / "coverage").exists()


def test_nothing_hostile_becomes_active(linked: SiteFolder) -> None:
    keep(linked, entry(1, HOSTILE, title=HOSTILE, ties=YES, url="javascript:alert(1)"),
         entry(2, HOSTILE, url=f"https://s.example/{HOSTILE}", ties=YES))  # fmt: skip
    linked.build()
    for path in ("first/", "author/ada/", "elsewhere/", "elsewhere/coverage/"):
        tree = html5lib.parse(linked.read(f"{path}index.html"), namespaceHTMLElements=False)
        assert [e for e in tree.iter("img") if e.get("src") == "x"] == []
        assert all("alert" not in (e.text or "") for e in tree.iter("script"))
        assert all(not (e.get("href") or "").startswith("javascript") for e in tree.iter("a"))


def test_a_profile_without_an_author_is_told(linked: SiteFolder) -> None:
    keep(linked, entry(1), name="gone")
    done = linked.try_build()
    assert any("crosslinks/ada/gone: no author has this profile" in w for w in done.warnings)


def test_a_broken_file_fails_the_build_with_its_line(linked: SiteFolder) -> None:
    keep(linked, entry(1))
    path = linked.content / "crosslinks" / "ada" / "mastodon" / "2026.txt"
    path.write_text("Entry: 1\nUrl: x\nDate: yesterday\n")
    (error,) = linked.try_build().errors
    assert "2026.txt:1: the entry can't be read" in error


def test_another_theme_needs_one_line(linked: SiteFolder, tmp_path: Path) -> None:
    overrides = tmp_path / "overrides"
    overrides.mkdir()
    (overrides / "article.html").write_text(
        '{% extends "!simple/article.html" %}{% block content %}{{ super() }}'
        "{% include 'rejoinder/crosslinks.html' %}{% endblock %}"
    )
    keep(linked, entry(1, ties=YES))
    linked.build(THEME="simple", THEME_TEMPLATES_OVERRIDES=[str(overrides)],
                 DIRECT_TEMPLATES=["index"])  # fmt: skip
    assert "u-syndication" in linked.read("first/index.html")
    assert "stream-entry" in linked.read("elsewhere/index.html")
