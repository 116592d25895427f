"""What is in the pages: valid HTML, true data for machines, nothing of anybody else's."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess

import feedparser
import html5lib
import pytest
from bs4 import BeautifulSoup
from conftest import ROOT

from pages.kinds import SITE
from pages.place import POST, THEMES, Place

ADDRESSES = [way for way in SITE.values() if isinstance(way, str)]
VNU = ROOT / ".cache" / "nu" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


@pytest.mark.parametrize("theme", THEMES)
def test_html_parses_strictly(place: Place, theme: str) -> None:
    for address in ADDRESSES:
        html5lib.HTMLParser(strict=True).parse(place.read(theme, address))


@pytest.mark.skipif(
    not (VNU.exists() and shutil.which("java")),
    reason="no Nu HTML checker: apt install default-jre-headless npm && "
    "npm install --prefix .cache/nu vnu-jar",
)
def test_the_nu_checker_finds_nothing(place: Place) -> None:
    files = [str(place.file(theme, address)) for theme in THEMES for address in ADDRESSES]
    run = subprocess.run(
        ["java", "-jar", str(VNU), "--format", "json", *files],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    messages = json.loads(run.stderr)["messages"]
    assert [m for m in messages if m["type"] == "error"] == []


def test_feeds_are_well_formed(place: Place) -> None:
    feeds = list(place.outputs["main"].rglob("*.atom.xml"))
    assert len(feeds) > 5
    for path in feeds:
        parsed = feedparser.parse(path.read_bytes())
        assert parsed.bozo == 0, path
        assert parsed.feed.get("title"), path


def test_the_data_for_machines_is_true(place: Place) -> None:
    page = BeautifulSoup(place.read("main", POST), "html.parser")
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


def test_it_says_twenty_six_thoughts(place: Place) -> None:
    page = BeautifulSoup(place.read("main", POST), "html.parser")
    assert page.select_one("#thoughts").get_text().startswith("26 thoughts on")
    parts = [li.get_text() for li in page.select(".parts li")]
    assert parts[:3] == ["21 comments", "5 mentions", "9 by the author"]


@pytest.mark.parametrize("theme", THEMES)
def test_nothing_is_asked_of_anybody_else(place: Place, theme: str) -> None:
    for path in place.outputs[theme].rglob("*.html"):
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        asked = [tag[a] for a in ("src", "srcset", "poster") for tag in page.select(f"[{a}]")]
        asked += [tag["href"] for tag in page.select('link[rel~="stylesheet"], link[rel~="icon"]')]
        assert [a for a in asked if re.match(r"(https?:)?//", a)] == []
    for path in place.outputs[theme].rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(https?:)?//|@import", path.read_text("utf-8"))


@pytest.mark.parametrize("theme", THEMES)
def test_the_stylesheet_is_small(place: Place, theme: str) -> None:
    folder = place.outputs[theme] / "theme" / "css"
    (sheet,) = folder.glob("main.*.css")
    assert len(gzip.compress(sheet.read_bytes(), 9)) < 10 * 1024
