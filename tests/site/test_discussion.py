"""The comments adapter in real builds: what the page says, and what is written beside it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import feedparser
import pelican
import pytest
from bs4 import BeautifulSoup, Tag
from conftest import ROOT, SiteFolder, make_comment, number_id

PAGE = "first/index.html"


def soup(site: SiteFolder, path: str = PAGE) -> BeautifulSoup:
    return BeautifulSoup(site.read(path), "html.parser")


def comment(page: BeautifulSoup, number: int) -> Tag:
    found = page.find(id=f"comment-{number_id(number)}")
    assert isinstance(found, Tag)
    return found


def text(tag: Tag | None) -> str:
    assert tag is not None
    return " ".join(tag.get_text(" ").split())


def test_a_thread_on_its_page(site: SiteFolder) -> None:
    site.post()
    site.comments(
        make_comment(1, author="Bo & <i>Co</i>", url="https://bo.example/"),
        make_comment(2, 1, kind="author", author="Ada", author_id="ada"),
        make_comment(3, 2, verified="github https://github.com/cy", portrait="portraits/cy.webp"),
        make_comment(4, 999, verified="linkedin"),
        make_comment(
            5, kind="webmention", title="My answer", source_url="https://else.example/post"
        ),
        make_comment(6, kind="like", source_url="https://social.example/1", body=""),
    )
    picture = site.content / "portraits" / "cy.webp"
    picture.parent.mkdir()
    picture.write_bytes(b"RIFF")
    page = soup(site.build())
    assert text(page.find(id="thoughts")) == "5 thoughts on “First”"
    assert [text(li) for li in page.select(".parts li")] == [
        "4 comments", "1 mention", "1 by the author", "1 like",
    ]  # fmt: skip
    # Nested as it was written, in lists of its own.
    answer = comment(page, 2).find_parent("li")
    assert answer is not None
    assert answer.find_parent("li") is comment(page, 1).find_parent("li")
    assert "Bo & <i>Co</i>" in text(comment(page, 1))
    assert comment(page, 1).find("a", href="https://bo.example/") is not None
    assert "author" in text(comment(page, 2).header)
    assert "no longer here" in text(comment(page, 4).header)
    when = comment(page, 3).find("time")
    assert isinstance(when, Tag)
    assert when["datetime"] == "2026-03-01T09:03:00+00:00"
    assert when.find_parent("a")["href"] == f"#comment-{number_id(3)}"
    assert "https://else.example/post" in site.read(PAGE)
    # Who had signed in is told with as whom, and where that is to be seen.
    assert comment(page, 1).select_one(".verified") is None
    mark = comment(page, 3).select_one(".verified")
    assert text(mark) == "✓ signed in as github.com/cy"
    assert mark.a["href"] == "https://github.com/cy"
    assert mark["title"] == "Signed in as https://github.com/cy when this was sent"
    assert text(comment(page, 4).select_one(".verified")) == "✓ signed in with LinkedIn"
    assert (site.output / "portraits" / "cy.webp").read_bytes() == b"RIFF"


def test_the_form_posts_to_the_configured_address(site: SiteFolder) -> None:
    site.post()
    site.comments(make_comment(1))
    built = site.build(
        COMMENTS_REPLY_URL="https://desk.example/reply", COMMENTS_SIGN_IN=["github", "id.example"]
    )
    form = soup(built).select_one(".reply-form form")
    assert form is not None
    assert (form["method"], form["action"]) == ("post", "https://desk.example/reply")
    names = {field["name"] for field in form.select("[name]")}
    assert names == {
        "thread", "in_reply_to", "name", "email", "url", "text", "notify", "remember", "website2",
        "action", "with",
    }  # fmt: skip
    assert form.find(attrs={"name": "thread"})["value"] == "first"
    # The first button is the one that Enter presses; others bring the words along.
    send, peek, *others = form.select("button")
    assert (peek["name"], peek["value"]) == ("action", "preview")
    assert send.get("formaction") is None
    assert [(one["name"], one["value"], one["formaction"], text(one)) for one in others] == [
        ("with", "github", "https://desk.example/reply/sign-in", "GitHub"),
        ("with", "id.example", "https://desk.example/reply/sign-in", "id.example"),
    ]
    assert all(one.has_attr("formnovalidate") for one in others)
    assert soup(site.build(COMMENTS_REPLY_URL="")).select_one("#respond form") is None


@pytest.mark.parametrize("value", ["closed", "off"])
def test_a_closed_discussion_is_shown_and_takes_nothing(site: SiteFolder, value: str) -> None:
    site.post(Comments=value)
    site.comments(make_comment(1))
    page = soup(site.build())
    assert comment(page, 1)
    assert page.select_one("#respond form") is None


def test_off_without_comments_shows_nothing(site: SiteFolder) -> None:
    site.post(Comments="off")
    assert soup(site.build()).find(id="comments") is None


def test_it_closes_by_itself_and_stays_as_it_was_built(
    site: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.post()
    site.comments(make_comment(1))
    for day, is_open in (("2026-03-10", True), ("2026-04-10", False)):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(_epoch(day))))
        page = soup(site.build(COMMENTS_CLOSE_AFTER_DAYS=30))
        assert (page.select_one("#respond form") is not None) is is_open


def _epoch(day: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(f"{day} 00:00:00+00:00").timestamp()


def test_a_renamed_post_keeps_its_thread(site: SiteFolder) -> None:
    site.post("renamed", Thread="first")
    site.comments(make_comment(1))
    assert comment(soup(site.build(), "renamed/index.html"), 1)


def test_a_page_joins_in_by_its_thread(site: SiteFolder) -> None:
    site.page("about", Thread="about-us")
    site.page("plain")
    site.comments(make_comment(1), thread="about-us")
    site.build()
    assert comment(soup(site, "about/index.html"), 1)
    assert soup(site, "plain/index.html").find(id="comments") is None


def test_orphaned_rings_and_bad_files_are_named_and_break_nothing(site: SiteFolder) -> None:
    site.post()
    site.comments(make_comment(1, 2), make_comment(2, 1), make_comment(3))
    site.comments(make_comment(1), thread="nobody")
    bad = site.content / "comments" / "first" / "bad.md"
    bad.write_text("no comment at all", "utf-8")
    done = site.try_build()
    assert any("answer each other in a ring" in w and number_id(1) in w for w in done.warnings)
    assert any("belongs to no post" in w and "nobody" in w for w in done.warnings)
    assert any(str(bad) in e and ":1:" in e for e in done.errors)
    assert comment(soup(site), 3)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("COMMENTS_ORDER", "sideways", "Use 'oldest' or 'newest'"),
        ("COMMENTS_MAX_DEPTH", 0, "is not 1 to 20"),
        ("COMMENTS_PAGE_SIZE", "10", "COMMENTS_PAGE_SIZE is '10'"),
        ("COMMENTS_PAGE_SIZE", -1, "COMMENTS_PAGE_SIZE is not 0 to"),
        ("COMMENTS_DEFAULT", "maybe", "Use open, closed, off"),
        ("COMMENTS_PORTRAITS", "gravatar", "Use 'initial', 'pattern' or 'none'"),
        ("COMMENTS_TWO_ORDERS", -1, "COMMENTS_TWO_ORDERS is not 0 to"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(
    site: SiteFolder, name: str, value: object, says: str
) -> None:
    site.post()
    done = site.try_build(**{name: value})
    assert len(done.errors) == 1
    assert says in done.errors[0]
    assert "Traceback" not in done.errors[0]


def test_a_missing_plugin_is_an_error(site: SiteFolder) -> None:
    site.post()
    done = site.try_build(PLUGINS=["comments", "no_such_plugin"])
    assert any("no_such_plugin" in error for error in done.errors)
    assert not site.output.exists()


def test_a_plugin_may_name_others_as_it_begins(site: SiteFolder, tmp_path: Path) -> None:
    site.post()
    (tmp_path / "late.py").write_text(
        "from pelican import signals\n"
        "def more(pelican):\n"
        "    pelican.settings['PLUGINS'].append('series')\n"
        "    pelican.init_plugins()\n"
        "def register():\n    signals.initialized.connect(more)\n"
    )
    done = site.try_build(
        THEME=str(Path(pelican.__file__).parent / "themes" / "simple"),
        PLUGINS=["comments", "late"], PLUGIN_PATHS=[str(ROOT / "plugins"), str(tmp_path)],
        DIRECT_TEMPLATES=["index"],
    )  # fmt: skip
    assert done.errors == ()
    assert done.summary == "1 article"


@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_a_long_thread_is_paged(site: SiteFolder, order: str) -> None:
    site.post()
    site.comments(*(make_comment(n) for n in range(5)), make_comment(9, 0))
    site.build(COMMENTS_PAGE_SIZE=2, COMMENTS_ORDER=order, SITEURL="https://blog.example")
    first = soup(site)
    shown = [4] if order == "newest" else [0, 9, 1]
    ids = [tag["id"] for tag in first.select("article.comment")]
    assert ids == [f"comment-{number_id(n)}" for n in shown]
    for tag in first.select("p.moved"):
        target = tag.a["href"].removeprefix("https://blog.example/")
        path, _, fragment = target.partition("#")
        assert tag["id"] == fragment
        assert soup(site, f"{path}index.html").find("article", id=fragment)
    assert len(first.select("p.moved")) == 6 - len(shown)
    further = soup(site, "first/comments/2/index.html")
    assert further.find("h1").a["href"] == "https://blog.example/first/"


def links(page: BeautifulSoup, number: int) -> list[str]:
    """Where a comment's own link leads, and that to what it answers."""
    return [str(a["href"]) for a in comment(page, number).select(".when a")]


@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_a_discussion_can_be_read_the_other_way_round(site: SiteFolder, order: str) -> None:
    site.post()
    site.post("short")
    site.comments(*(make_comment(n) for n in range(4)), make_comment(9, 3))
    site.comments(*(make_comment(n) for n in range(4)), thread="short")
    address = "https://blog.example"
    site.build(COMMENTS_TWO_ORDERS=5, COMMENTS_ORDER=order, SITEURL=address)
    other = "newest" if order == "oldest" else "oldest"
    there = f"{address}/first/comments/{other}/#comments"
    page = soup(site)
    assert [a.get("href") for a in page.select(".ways [data-order]")] == (
        [None, there] if order == "oldest" else [there, None]
    )
    turned = soup(site, f"first/comments/{other}/index.html")
    shown = [[article["id"] for article in one.select(".comment")] for one in (page, turned)]
    assert sorted(shown[0]) == sorted(shown[1])
    tops = [[li.article["id"] for li in one.select(".thread > li")] for one in (page, turned)]
    assert tops[0] == tops[1][::-1]
    assert tops[0 if order == "oldest" else 1][0] == f"comment-{number_id(0)}"
    # What it says of itself: the post is where one should go.
    canonical = turned.select_one('link[rel="canonical"]')
    assert canonical is not None
    assert canonical["href"] == f"{address}/first/"
    assert links(page, 9) == [f"#comment-{number_id(9)}", f"#comment-{number_id(3)}"]
    assert links(turned, 9) == [f"{address}/first/#comment-{number_id(9)}",
                                f"#comment-{number_id(3)}"]  # fmt: skip
    assert f"comments/{other}" not in site.read("sitemap.xml")
    assert not (site.output / "short" / "comments" / other).exists()
    assert not soup(site, "short/index.html").select("[data-order]")
    assert turned.select_one("#respond form").has_attr("data-newest-first") is (other == "newest")


def test_pages_of_a_long_thread_turn_too(site: SiteFolder) -> None:
    site.post()
    site.comments(*(make_comment(n) for n in range(5)))
    address = "https://blog.example"
    site.build(COMMENTS_TWO_ORDERS=1, COMMENTS_PAGE_SIZE=2, SITEURL=address)
    ids = {}
    for path in ("", "comments/2/", "comments/3/", "comments/newest/", "comments/newest/1/",
                 "comments/newest/2/"):  # fmt: skip
        page = soup(site, f"first/{path}index.html")
        ids[path] = [article["id"] for article in page.select("article.comment")]
        canonical = page.select_one('link[rel="canonical"]')
        assert canonical is not None
        ids[path].append(canonical["href"].removeprefix(f"{address}/first/"))
    said = [f"comment-{number_id(n)}" for n in range(5)]
    assert ids == {
        "": [*said[:2], ""], "comments/2/": [*said[2:4], "comments/2/"],
        "comments/3/": [said[4], "comments/3/"], "comments/newest/": [said[4], "comments/3/"],
        "comments/newest/2/": [said[3], said[2], "comments/2/"],
        "comments/newest/1/": [said[1], said[0], ""],
    }  # fmt: skip
    first = soup(site, "first/comments/newest/index.html")
    assert not first.select(".moved")
    assert first.select_one("a[rel=prev]")["href"] == f"{address}/first/comments/newest/2/#comments"


def test_pictures_stand_for_writers(site: SiteFolder) -> None:
    site.post()
    authors = site.content / "authors"
    authors.mkdir()
    (authors / "ada.md").write_text("Name: Ada\nPortrait: images/ada.png\n\nShe writes.\n")
    for folder, name in (("images", "ada.png"), ("portraits", "bo.webp")):
        (site.content / folder).mkdir()
        (site.content / folder / name).write_bytes(b"a picture")
    site.comments(
        make_comment(1, author="bo & co", portrait="portraits/bo.webp"),
        make_comment(2, kind="author", author="Ada", author_id="ada"),
        make_comment(3, author="é"), make_comment(4, author="é"), make_comment(5, author="Fay"),
    )  # fmt: skip

    def pictures() -> list[Tag]:
        return soup(site.build(COMMENTS_PORTRAITS=kind)).select(".comment .initial")

    kind = "initial"
    own, ada, letter, *_ = pictures()
    assert {**own.attrs, "class": ""} == {
        "class": "", "src": "/portraits/bo.webp", "alt": "", "width": "36", "height": "36",
        "loading": "lazy", "decoding": "async",
    }  # fmt: skip
    assert ada["src"] == "/images/ada.png"
    assert (letter.name, letter.text, letter["aria-hidden"]) == ("span", "É", "true")
    kind = "pattern"
    drawn = pictures()[2:]
    assert [svg.name for svg in drawn] == ["svg"] * 3
    assert drawn[0].path["d"] == drawn[1].path["d"] != drawn[2].path["d"]
    kind = "none"
    assert [img.name for img in pictures()] == ["img", "img"]


def test_counts_and_recent_comments(site: SiteFolder) -> None:
    site.post()
    site.post("second", Date="2026-03-02 08:00:00+00:00")
    site.comments(make_comment(1), make_comment(2, body="See [this](https://a.example) *now*."))
    site.comments(make_comment(3, kind="like"), thread="second")
    index = soup(site.build(), "index.html")
    assert "2 thoughts" in text(index)
    recent = text(index.find(string=re.compile("See this now")).find_parent("li"))
    assert "Reader 2" in recent
    assert "First" in recent


def test_feeds_of_comments(site: SiteFolder) -> None:
    site.post(Title="On <em>owning</em> & words")
    site.post("second")
    site.comments(make_comment(1, body="a < b & *c*"), make_comment(2, 1, author=""))
    site.comments(make_comment(3, url="https://c.example/"), thread="second")
    site.build("publishconf.py")
    whole = feedparser.parse(site.read("feeds/comments.atom.xml"))
    assert whole.bozo == 0
    assert [e.link for e in whole.entries] == [
        f"https://blog.example/second/#comment-{number_id(3)}",
        f"https://blog.example/first/#comment-{number_id(2)}",
        f"https://blog.example/first/#comment-{number_id(1)}",
    ]
    assert whole.entries[1].title == "Anonymous on On owning & words"
    assert whole.entries[2].content[0].value == "<p>a &lt; b &amp; <em>c</em></p>"
    assert whole.feed.updated == "2026-03-01T09:03:00+00:00"
    own = feedparser.parse(site.read("first/comments.atom.xml"))
    assert own.bozo == 0
    assert len(own.entries) == 2
    reply = site.read("first/comments.atom.xml")
    assert (
        f'href="https://blog.example/first/#comment-{number_id(1)}" ref="{own.entries[1].id}"'
        in reply
    )
    assert own.feed.id == "https://blog.example/first/comments.atom.xml"
    assert own.entries[0].id == f"tag:blog.example,2026-03-01:first/{number_id(2)}"
    listed = json.loads(site.read("feeds/comments.json"))
    assert listed["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["id"] for item in listed["items"]] == [e.id for e in whole.entries]
    assert listed["items"][0]["authors"] == [{"name": "Reader 3", "url": "https://c.example/"}]


def test_relative_addresses(site: SiteFolder) -> None:
    site.post()
    site.comments(make_comment(1), make_comment(2))
    site.build(RELATIVE_URLS=True, COMMENTS_PAGE_SIZE=1)
    link = soup(site, "first/comments/2/index.html").find("h1").a["href"]
    assert link == "../../../first/"


@pytest.mark.parametrize(("shape", "count"), [("deep", 10_000), ("wide", 50_000)])
def test_ten_thousand_deep_and_fifty_thousand_wide(
    site: SiteFolder, shape: str, count: int
) -> None:
    site.post()
    folder = site.content / "comments" / "first"
    folder.mkdir(parents=True)
    from rejoinder.comments.files import format_comment

    for n in range(count):
        comment = make_comment(n, n - 1 if shape == "deep" and n else None, body="x")
        (folder / f"{comment.id}.md").write_text(format_comment(comment), "utf-8")
    site.build(COMMENTS_POST_FEEDS=False)
    html = site.read(PAGE)
    assert f"{count:,} thoughts" in html
    assert html.count('<article class="comment') == count


def test_a_hidden_post_and_a_page_have_all_their_pages(site: SiteFolder) -> None:
    site.post(Status="hidden")
    site.page("about", Thread="about-us")
    site.comments(*(make_comment(n) for n in range(3)))
    site.comments(*(make_comment(n) for n in range(3)), thread="about-us")
    site.build(COMMENTS_PAGE_SIZE=2)
    assert comment(soup(site, "first/comments/2/index.html"), 2)
    further = soup(site, "about/comments/2/index.html")
    assert comment(further, 2)
    assert "BlogPosting" not in site.read("about/comments/2/index.html")
    assert "Words of comment" in site.read("first/comments.atom.xml")
    assert "/first/" not in site.read("feeds/comments.atom.xml")


def test_the_sidebar_shows_words_and_no_pings(site: SiteFolder) -> None:
    site.post()
    site.comments(make_comment(1), *(make_comment(n, kind="pingback") for n in range(2, 9)))
    index = text(soup(site.build(), "index.html").body)
    assert "Words of comment 1." in index
    assert "Words of comment 8." not in index
