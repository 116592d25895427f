"""Rejoinder in another theme: each fragment is there, needs nothing of ours, and keeps its promise
to print nothing where there is nothing."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, SiteFolder

from pages.place import POST, RIBBON, Place

PROFILE = "author/nora-veldt/"
SERIES = "2026/03/answer-the-third-comment/"

SHOWN = {
    "comment": (POST, "ol.thread > li article.u-comment.h-cite"),
    "person": (POST, ".comment .p-author.h-card"),
    "portrait": (POST, ".comment .initial"),
    "agree": (POST, ".comment .agree button"),
    "mentions": (POST, ".mentions .u-comment"),
    "form": (POST, "#respond form[action='/reply']"),
    "thread": (POST, "#comments > #thoughts, #comments header > #thoughts"),
    "thread_page": (f"{POST}comments/2/", "main .thread-page #comments"),
    "count": ("", "article a.thoughts"),
    "recent": ("", ".recent-thoughts li"),
    "crosslinks": (POST, ".crosslinks .u-syndication"),
    "elsewhere": (PROFILE, ".stream-entry > .network"),
    "profiles": (PROFILE, ".profiles a[rel=me]"),
    "stream": (PROFILE, ".stream .stream-entry"),
    "stream_page": ("elsewhere/", ".stream-page .stream-entry"),
    "coverage_page": ("elsewhere/coverage/", ".coverage table"),
    "network_page": ("network/", ".network-page .members li"),
    "facts": (POST, ".facts a.thoughts"),
    "me": ("", "head link[rel=me]"),
    "share": (POST, "head meta[property='og:title']"),
    "schema": (POST, "head script[type='application/ld+json']"),
    "schema_site": ("", "head script[type='application/ld+json']"),
    "robots": ("drafts/saying-no-in-writing/", "head meta[name=robots][content=noindex]"),
    "styles": ("styled/", "head link[href='/theme/styles.css']"),
    "discussion_head": (POST, "head link[href^='/theme/rejoinder.']"),
    "head": (POST, "head link[type='application/atom+xml'][href$='comments.atom.xml']"),
    "search": ("", "form.search[role=search] input[name=q]"),
    "search_page": ("search/", "#search-unready"),
    "neighbours": (POST, ".neighbours a[rel=next]"),
    "related": (POST, ".related li a"),
    "share_links": (POST, ".share-links a"),
    "contents": (POST, "nav.contents a[href^='#']"),
    "series": (SERIES, ".series"),
    "unpublished": ("drafts/saying-no-in-writing/", "main .notice"),
    "drafts_page": ("drafts/", "main .drafts li a"),
    "verified": ("styled/", ".verified"),
}
"""Where each fragment is seen in the demo."""

ALWAYS = {"share", "share_links", "schema", "schema_site", "head", "discussion_head"}
"""What is printed even where nothing was said: a post itself is enough."""

FRAGMENTS = sorted(path.stem for path in (ROOT / "plugins").glob("*/templates/rejoinder/*.html"))


def test_the_other_theme_has_an_icon(place: Place) -> None:
    page = BeautifulSoup(place.read("ribbon", POST), "html.parser")
    assert page.select_one("head link[rel=icon][href^='data:image/svg+xml']")
    assert (place.outputs["ribbon"] / "theme" / "icon.svg").is_file()


def test_the_other_theme_has_thirty_lines_of_templates() -> None:
    lines = [
        line
        for path in (RIBBON / "templates").rglob("*.html")
        for line in path.read_text("utf-8").splitlines()
    ]
    assert len(lines) <= 30
    assert max(map(len, lines)) <= 110


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_each_fragment_is_in_the_other_theme(place: Place, fragment: str) -> None:
    address, selector = SHOWN[fragment]
    page = BeautifulSoup(place.read("ribbon", address), "html.parser")
    assert page.select_one(selector) is not None


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_each_fragment_says_what_it_uses_and_asks_nothing_of_our_theme(fragment: str) -> None:
    (path,) = (ROOT / "plugins").glob(f"*/templates/rejoinder/{fragment}.html")
    text = path.read_text("utf-8")
    contract = re.match(r"\{#.*?#\}", text, re.S)
    assert contract is not None
    assert re.search(r"Uses|macro ", contract[0])
    ours = {path.name for path in (ROOT / "theme" / "templates").glob("*.html")} - {"base.html"}
    named = re.findall(r"\{% (?:include|extends|import|from) \[?'?\"?([^'\"\s]+)", text)
    assert ours.isdisjoint(named)


@pytest.mark.parametrize("theme", ["docs/examples/ribbon", "theme"])
def test_where_there_is_nothing_fragments_print_nothing(site: SiteFolder, theme: str) -> None:
    site.post("first", Comments="off")
    site.build(THEME=str(ROOT / theme), SEARCH_URL="")
    for path in ("index.html", "first/index.html", "author/ada/index.html"):
        page = BeautifulSoup(site.read(path), "html.parser")
        for fragment, (_, selector) in SHOWN.items():
            if fragment not in ALWAYS:
                assert page.select(selector) == [], (path, fragment)
