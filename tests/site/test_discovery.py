"""How a site is found and followed: site map, robots.txt, llms.txt, feeds in a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import feedparser
import pytest
from builds import build as rebuild
from conftest import CHROMIUM, SiteFolder, make_comment
from playwright.sync_api import Browser
from starlette.responses import PlainTextResponse

from rejoinder.preview import Preview
from rejoinder.replies.server import DeskServer

SITE = "https://blog.example/"
NS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
FEEDS = ["feeds/all.atom.xml", "feeds/all.rss.xml", "feeds/comments.atom.xml",
         "first/comments.atom.xml"]  # fmt: skip
SHOWN = """(() => {
    getSelection().selectAllChildren(document.documentElement);
    return getSelection().toString();
})()"""
"""What is seen of a document that isn't HTML."""


def new_site(folder: Path) -> SiteFolder:
    site = SiteFolder(folder)
    site.content.mkdir(parents=True)
    (site.content / "site.toml").write_text(
        'title = "Odds & ends"\nsubtitle = "Of this and that"\nurl = "https://blog.example"\n'
        'author = "Ada"\n[engagement]\ndashboard = "off"\n'
    )
    return site


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> SiteFolder:
    """A site with something of each kind, built as it is published."""
    site = new_site(tmp_path_factory.mktemp("discovery") / "site")
    site.post("first", "Words of the first.", Tags="red")
    site.post("second", Date="2026-03-02", Modified="2026-04-01 10:00", Description="Of [two].")
    site.post("second-fr", Slug="second", Lang="fr", Title="Deuxième", Date="2026-03-02")
    site.post("liked", Date="2026-02-01")
    site.post("long", Date="2026-02-02")
    site.post("unlisted", Status="hidden")
    site.post("draft", Status="draft")
    site.post("secret", Robots="noindex, noarchive")
    site.page("about", "Who we are.", Title="About")
    site.page("imprint", Title="Imprint", Robots="NoIndex")
    site.comments(make_comment(1), make_comment(5, 1))
    site.comments(make_comment(9, kind="like", source_url="https://a.example/"), thread="liked")
    site.comments(*(make_comment(number) for number in range(10, 13)), thread="long")
    return site.build(
        "publishconf.py", COMMENTS_PAGE_SIZE=2, FEED_ALL_RSS="feeds/all.rss.xml",
        OUTPUT_SOURCES=True, OUTPUT_SOURCES_EXTENSION=".md",
    )  # fmt: skip


def changes(site: SiteFolder) -> dict[str, str | None]:
    """When each address of the site map changed, as the map says."""
    tree = ElementTree.fromstring(site.read("sitemap.xml"))
    return {
        url.findtext("s:loc", "", NS).removeprefix(SITE): url.findtext("s:lastmod", None, NS)
        for url in tree.iterfind("s:url", NS)
    }


def test_the_site_map_holds_what_should_be_found_and_nothing_else(found: SiteFolder) -> None:
    assert list(changes(found)) == [
        "liked/", "long/", "long/comments/2/", "first/", "second-fr.html", "second/", "about/",
        "", "tags/", "categories/", "authors/", "archives/",
        "category/notes/", "tag/red/", "author/ada/",
    ]  # fmt: skip
    for address in changes(found):
        assert (found.output / address / ("" if "." in address else "index.html")).is_file()


def test_dates_are_those_of_the_post_or_of_what_was_said_last(found: SiteFolder) -> None:
    when = changes(found)
    assert when["first/"] == "2026-03-01T09:05:00+00:00"  # answered five minutes after nine
    assert when["second/"] == "2026-04-01T10:00:00+00:00"  # changed
    assert when["liked/"] == "2026-02-01T00:00:00+00:00"  # a like is nothing said
    assert when["long/"] == "2026-03-01T09:12:00+00:00"
    assert when["long/comments/2/"] is None
    assert when["about/"] is None
    assert when[""] == when["archives/"] == when["author/ada/"] == when["second/"]
    assert when["tag/red/"] == "2026-03-01T08:00:00+00:00"
    assert when["tags/"] is None


def test_translations_name_one_another(found: SiteFolder) -> None:
    tree = ElementTree.fromstring(found.read("sitemap.xml"))
    sets = [
        [(link.get("hreflang"), link.get("href")) for link in url.iterfind("x:link", NS)]
        for url in tree.iterfind("s:url", NS)
    ]
    both = [("en", f"{SITE}second/"), ("fr", f"{SITE}second-fr.html")]
    assert [one for one in sets if one] == [both, both]


def test_robots_are_kept_from_the_desk_alone(found: SiteFolder) -> None:
    assert found.read("robots.txt") == (
        "User-agent: *\nDisallow: /reply$\nDisallow: /reply/\nDisallow: /reply?thread=\n\n"
        f"Sitemap: {SITE}sitemap.xml\n"
    )


def test_pages_say_what_they_ask_of_search_engines(found: SiteFolder) -> None:
    asked = '<meta name="robots" content='
    assert f'{asked}"noindex, noarchive">' in found.read("secret/index.html")
    assert f'{asked}"NoIndex">' in found.read("imprint/index.html")
    assert asked not in found.read("first/index.html")
    assert asked not in found.read("index.html")


def test_llms_txt_lists_pages_and_posts_with_their_markdown(found: SiteFolder) -> None:
    assert found.read("llms.txt") == (
        "# Odds & ends\n\n> Of this and that\n\n"
        f"## Pages\n\n- [About]({SITE}about/index.md): Who we are.\n\n"
        "## Newest posts\n\n"
        f"- [Second]({SITE}second/index.md): Of \\[two\\].\n"
        f"- [First]({SITE}first/index.md): Words of the first.\n"
        f"- [Long]({SITE}long/index.md): Text.\n- [Liked]({SITE}liked/index.md): Text.\n\n"
        f"## Optional\n\n- [All pages]({SITE}sitemap.xml)\n"
        f"- [Feed of posts]({SITE}feeds/all.atom.xml)\n"
        f"- [Feed of what readers say]({SITE}feeds/comments.atom.xml)\n"
    )
    assert "Words of the first." in found.read("first/index.md")


@pytest.mark.parametrize("path", FEEDS)
def test_every_feed_names_the_stylesheet_and_is_well_formed(found: SiteFolder, path: str) -> None:
    text = found.read(path)
    assert text.split("\n")[1] == '<?xml-stylesheet type="text/css" href="/theme/feed.css"?>'
    assert feedparser.parse(text).bozo == 0
    assert (found.output / "theme" / "feed.css").is_file()


def test_what_the_author_has_is_left_alone_and_what_is_unwanted_is_not_made(
    tmp_path: Path,
) -> None:
    site = new_site(tmp_path / "site")
    site.post()
    (site.content / "robots.txt").write_text("User-agent: *\nDisallow: /mine\n")
    (site.content / "images").mkdir()
    (site.content / "images" / "l.txt").write_text("mine")
    site.build(
        "publishconf.py", SITEURL="https://x.example/blog", DISCOVERY_SITEMAP="",
        EXTRA_PATH_METADATA={"images/l.txt": {"path": "llms.txt"}},
    )  # fmt: skip
    assert site.read("robots.txt") == "User-agent: *\nDisallow: /mine\n"
    assert site.read("llms.txt") == "mine"
    assert not (site.output / "sitemap.xml").exists()
    assert 'href="/blog/theme/feed.css"' in site.read("feeds/all.atom.xml")
    shutil.rmtree(site.output)
    site.build("pelicanconf.py", DISCOVERY_FEED_STYLESHEET="")
    assert not (site.output / "sitemap.xml").exists()  # a preview has no address
    assert not (site.output / "theme" / "feed.css").exists()
    assert "xml-stylesheet" not in site.read("feeds/comments.atom.xml")
    (site.content / "robots.txt").write_bytes(b"\xff")
    assert "robots.txt: the file can't be read" in str(site.try_build().errors)
    wrong = site.try_build(DISCOVERY_SITEMAP="/map.xml").errors
    assert "Write it like 'sitemap.xml', or '' for none." in str(wrong)


def test_a_comment_makes_the_site_map_anew_and_robots_stay(tmp_path: Path) -> None:
    site = new_site(tmp_path / "site")
    site.post("first")
    site.post("second")
    none_lately = {"COMMENTS_FEED_ITEMS": 0, "COMMENTS_RECENT": 0}
    rebuild(site.content, site.output, **none_lately)
    files = [site.output / name for name in ("sitemap.xml", "robots.txt", "llms.txt")]
    before = [os.stat(file).st_mtime_ns for file in files]  # noqa: PTH116 - beside other files
    site.comments(make_comment(3))
    said = rebuild(site.content, site.output, **none_lately)
    after = [os.stat(file).st_mtime_ns for file in files]  # noqa: PTH116
    assert [one != other for one, other in zip(before, after, strict=True)] == [True, False, False]
    assert changes(site)["first/"] == "2026-03-01T09:03:00+00:00"
    assert said is not None
    assert not [line for line in said if "theme/feed.css" in line]


@pytest.fixture(scope="module")
def address(found: SiteFolder) -> Iterator[str]:
    preview = Preview(found.output, found.content, PlainTextResponse("no desk", 404))
    with DeskServer(0).run(preview) as server:
        yield f"{server.address}/"


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium")
@pytest.mark.browser
@pytest.mark.parametrize("path", FEEDS)
def test_a_person_can_read_a_feed(browser: Browser, address: str, path: str) -> None:
    papers = []
    for scheme in ("light", "dark"):
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, color_scheme=scheme, is_mobile=True,
            java_script_enabled=False,
        )  # fmt: skip
        page = context.new_page()
        requests: list[str] = []
        page.on("request", lambda request, asked=requests: asked.append(request.url))
        page.goto(address + path)
        root = page.locator("feed, rss")
        assert page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [390, 390]
        papers.append(root.evaluate("e => getComputedStyle(e).backgroundColor"))
        shown = page.evaluate(SHOWN)
        assert "This is a feed." in shown
        assert "<p>" not in shown  # what is for feed readers alone
        assert "https://" not in shown
        assert "2026" in shown
        link = page.locator("entry > div > a, item > div > a").first
        assert link.is_visible()
        assert (link.get_attribute("href") or "").startswith(SITE)
        assert [url for url in requests if not url.startswith(address)] == []
        context.close()
    assert papers == ["rgb(252, 252, 250)", "rgb(22, 25, 23)"]
