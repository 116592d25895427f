"""The policy that the examples for web servers have, in what is built and in what is answered. That
no page of any kind breaks it is seen with each page (test_every_page.py)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from conftest import CHROMIUM
from desks import ask
from playwright.sync_api import Page, expect

from pages.kinds import DESK, SITE, enter
from pages.looking import Looker
from pages.place import THEMES, Place
from rejoinder.replies.web.pages import ASSETS
from rejoinder.serving import headers
from rejoinder.serving.smaller import smaller


def inline(path: Path) -> list[str]:
    """What a policy without `unsafe` words keeps from being applied or run in a file."""
    page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    found = [str(tag) for tag in page.select("[style], style, [href^='javascript:' i]")]
    found += [str(tag) for tag in page.select("script:not([src])")
              if tag.get("type") != "application/ld+json"]  # fmt: skip
    return found + [str(tag) for tag in page.select("*") if any(a[:2] == "on" for a in tag.attrs)]


@pytest.mark.parametrize("theme", THEMES)
def test_nothing_that_is_built_is_inline(place: Place, theme: str) -> None:
    output = place.outputs[theme]
    files = [*output.rglob("*.html"), *output.rglob("*.svg")]
    assert len(files) > 40
    assert {str(path): wrong for path in files if (wrong := inline(path))} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_inline_styles_are_classes(place: Place, theme: str) -> None:
    page = BeautifulSoup(place.read(theme, "styled/"), "html.parser")
    assert [cell["class"] for cell in page.select("th")] == [
        ["align-left"], ["align-center"], ["align-right"],
    ]  # fmt: skip
    (note,) = page.select("p.note")
    name = note["class"][1]
    sheet = (place.outputs[theme] / "theme" / "styles.css").read_text("utf-8")
    assert sheet == f".{name} {{ padding: 1em; text-align: center }}\n"
    assert page.select('link[rel=stylesheet][href="/theme/styles.css"]')


def test_every_answer_has_the_policy_without_an_unsafe_word(place: Place) -> None:
    ways = {kind: way for kind, way in (SITE | DESK).items() if isinstance(way, str)}
    for kind, way in ways.items():
        status, found, _ = ask(place.addresses["main"], f"/{way}")
        policy = found["content-security-policy"]
        assert "unsafe" not in policy
        if kind in SITE:
            assert (status, policy) == (200, headers.policy())
            assert policy.startswith("default-src 'self';")
        else:
            assert policy.startswith("default-src 'none';")
    _, found, _ = ask(place.addresses["main"], f"/reply/{ASSETS['desk.css']}")
    assert found["cache-control"] == headers.FOR_GOOD


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium")
@pytest.mark.browser
def test_what_breaks_the_policy_or_asks_elsewhere_is_seen(looker: Looker) -> None:
    def naughty(page: Page, place: Place, address: str) -> None:
        page.goto(f"{address}about/")
        page.evaluate("document.body.setAttribute('style', 'color: red')")
        with page.expect_console_message(lambda said: "img-src http" in said.text):
            page.evaluate("new Image().src = 'http://127.0.0.1:9/seen.png'")

    policy = " ".join(looker.visit("main", naughty))
    assert "style-src-attr inline" in policy
    assert "img-src http://127.0.0.1:9/seen.png" in policy


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium")
@pytest.mark.browser
def test_the_dashboard_keeps_to_the_desks_policy_too(looker: Looker) -> None:
    def inside(page: Page, place: Place, address: str) -> None:
        enter(page, place, address)
        page.goto(f"{address}reply/desk/engagement/")
        expect(page.get_by_role("heading", name="Engagement")).to_be_visible()

    assert looker.visit("main", inside) == []


def test_assets_are_kept_for_good_and_pages_are_not(place: Place) -> None:
    output = place.outputs["main"]
    linked = re.findall(r'(?:href|src)="/(theme/[^"]+)"', place.read("main", ""))
    kept = [path for path in linked if path != "theme/styles.css"]
    assert sorted(path.rpartition(".")[2] for path in kept) == ["css", "js", "svg"]
    for path in kept:
        assert headers.cache_control(path) == headers.FOR_GOOD
        plain = re.sub(r"\.[0-9a-f]{10}\.", ".", path)
        assert (output / path).read_bytes() == smaller(plain, (output / plain).read_bytes())
        rules = (output / "_headers").read_text("utf-8")
        assert f"/{path}\n  Cache-Control: {headers.FOR_GOOD}\n" in rules
    assert headers.cache_control("index.html") == headers.EACH_TIME
