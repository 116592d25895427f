"""Every kind of page of the demo: valid, accessible in light and dark, whole on a phone, and
asking nothing of anybody else."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import feedparser
import html5lib
import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from conftest import CHROMIUM, ROOT
from playwright.sync_api import Browser, Page
from starlette.responses import PlainTextResponse

from rejoinder.building import build
from rejoinder.preview import Preview
from rejoinder.replies.server import DeskServer

POST = "2026/02/your-network-is-not-the-list/"
KINDS = {
    "index": "",
    "post": POST,
    "paged": POST + "comments/2/",
    "closed": "2026/04/rented-rooms/",
    "quiet": "2026/08/write-the-memo/",
    "figure": "2026/10/ten-years-at-one-address/",
    "page": "about/",
    "author": "author/nora-veldt/",
    "authors": "authors/",
    "category": "category/ownership/",
    "categories": "categories/",
    "tags": "tags/",
    "archives": "archives/",
    "search": "search/",
    "missing": "404.html",
}
VNU = ROOT / ".cache" / "nu" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
browser_only = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, built with its discussion paged, so that pages of that kind are there too."""
    output = tmp_path_factory.mktemp("demo") / "site"
    overrides = {"SITEURL": "", "FEED_DOMAIN": "https://rejoinder.example", "COMMENTS_PAGE_SIZE": 6}
    done = build(ROOT / "content", output, ROOT / "pelicanconf.py", overrides)
    assert done.errors == ()
    assert done.warnings == ()
    return output


def file_of(demo: Path, address: str) -> Path:
    return demo / (address if address.endswith(".html") else address + "index.html")


@pytest.mark.parametrize("kind", KINDS)
def test_html_parses_strictly(demo: Path, kind: str) -> None:
    parser = html5lib.HTMLParser(strict=True)
    parser.parse(file_of(demo, KINDS[kind]).read_text("utf-8"))


@pytest.mark.skipif(
    not (VNU.exists() and shutil.which("java")),
    reason="no Nu HTML checker: apt install default-jre-headless npm && "
    "npm install --prefix .cache/nu vnu-jar",
)
def test_the_nu_checker_finds_nothing(demo: Path) -> None:
    files = [str(file_of(demo, address)) for address in KINDS.values()]
    run = subprocess.run(
        ["java", "-jar", str(VNU), "--format", "json", *files],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    messages = json.loads(run.stderr)["messages"]
    assert [m for m in messages if m["type"] == "error"] == []


def test_feeds_are_well_formed(demo: Path) -> None:
    feeds = list(demo.rglob("*.atom.xml"))
    assert len(feeds) > 5
    for path in feeds:
        parsed = feedparser.parse(path.read_bytes())
        assert parsed.bozo == 0, path
        assert parsed.feed.get("title"), path


def test_the_data_for_machines_is_true(demo: Path) -> None:
    page = BeautifulSoup(file_of(demo, POST).read_text("utf-8"), "html.parser")
    graph = [json.loads(tag.string) for tag in page.select('script[type="application/ld+json"]')]
    assert [part["@type"] for part in graph[0]["@graph"]] == ["BlogPosting", "BreadcrumbList"]
    assert graph[0]["@graph"][0]["headline"] == "Your network is not the list"
    entry = page.select_one(".h-entry")
    assert entry is not None
    for needed in (".p-name", ".u-url", ".dt-published", ".p-author.h-card", ".e-content"):
        assert entry.select_one(needed), needed
    for cite in entry.select(".u-comment.h-cite"):
        for needed in (".p-author", ".dt-published", ".u-url", ".e-content", ".u-in-reply-to"):
            assert cite.select_one(needed), needed


def test_it_says_twenty_six_thoughts(demo: Path) -> None:
    page = BeautifulSoup(file_of(demo, POST).read_text("utf-8"), "html.parser")
    assert page.select_one("#thoughts").get_text().startswith("26 thoughts on")
    parts = [li.get_text() for li in page.select(".parts li")]
    assert parts[:3] == ["21 comments", "5 mentions", "9 by the author"]


def test_nothing_is_asked_of_anybody_else(demo: Path) -> None:
    for path in demo.rglob("*.html"):
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        asked = [tag[a] for a in ("src", "srcset", "poster") for tag in page.select(f"[{a}]")]
        asked += [tag["href"] for tag in page.select('link[rel~="stylesheet"], link[rel~="icon"]')]
        assert [a for a in asked if re.match(r"(https?:)?//", a)] == []
    for path in demo.rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(https?:)?//|@import", path.read_text("utf-8"))


def test_the_stylesheet_is_small(demo: Path) -> None:
    (sheet,) = {path.read_bytes() for path in (demo / "theme" / "css").glob("*.css")}
    assert len(gzip.compress(sheet, 9)) < 15 * 1024


@pytest.fixture(scope="module")
def address(demo: Path) -> Iterator[str]:
    preview = Preview(demo, ROOT / "content", PlainTextResponse("no desk", 404))
    with DeskServer(0).run(preview) as server:
        yield f"{server.address}/"


def opened(browser: Browser, url: str, scheme: str, width: int, *, script: bool) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
    )
    page = context.new_page()
    page.goto(url)
    return page


@browser_only
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing(browser: Browser, address: str, kind: str, scheme: str) -> None:
    page = opened(browser, address + KINDS[kind], scheme, 1280, script=True)
    found = Axe().run(page).response["violations"]
    page.context.close()
    assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in found] == []


@browser_only
@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1600])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_overflows_and_nothing_is_asked_elsewhere(
    browser: Browser, address: str, kind: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = context.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address + KINDS[kind])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in requests if not url.startswith(address)] == []
    context.close()


@browser_only
@pytest.mark.browser
def test_a_reader_without_script_follows_the_thread(browser: Browser, address: str) -> None:
    page = opened(browser, address + POST, "light", 390, script=False)
    assert page.locator("article.comment").count() > 5
    page.get_by_role("link", name="Later thoughts").click()
    assert page.url.endswith("comments/2/#comments")
    page.locator(".when a.u-url").first.click()
    assert "#comment-" in page.url
    page.context.close()
