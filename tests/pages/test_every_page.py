"""Every kind of page, in both themes and at the desk."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import CHROMIUM
from playwright.sync_api import Browser

from pages import pictures
from pages.kinds import DESK, SITE
from pages.looking import Looker, Seen
from pages.place import POST, Place

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium"),
    pytest.mark.browser,
]
PAGES = {
    **{("main", kind): way for kind, way in SITE.items()},
    **{("main", kind): way for kind, way in DESK.items()},
    **{("ribbon", kind): way for kind, way in SITE.items() if kind != "dashboard"},
}
KEPT = [(theme, kind) for theme, kind in PAGES if theme == "main" or kind in ("index", "post")]
"""Of which there are pictures."""

NAMES = [f"{theme}-{kind}" for theme, kind in KEPT]
"""Of the pictures that are kept."""


def look(looker: Looker, theme: str, kind: str) -> Seen:
    return looker.look(theme, kind, PAGES[theme, kind], is_taken=(theme, kind) in KEPT)


@pytest.mark.parametrize(("theme", "kind"), list(PAGES), ids=["-".join(name) for name in PAGES])
def test_nothing_is_wrong_with_a_page(
    looker: Looker, theme: str, kind: str, tmp_path: Path
) -> None:
    """axe finds nothing, in light and dark; nothing breaks the policy or is asked elsewhere; it
    doesn't scroll sideways; each focus is seen; and it looks as it did."""
    seen = look(looker, theme, kind)
    wrong = {
        "axe": seen.axe,
        "policy": seen.policy,
        "sideways": seen.sideways,
        "focus": seen.unmarked,
    }
    if (theme, kind) in KEPT and pictures.are_there():
        wrong["looks"] = pictures.judge(f"{theme}-{kind}", seen.pictures, tmp_path)
    assert {name: found for name, found in wrong.items() if found} == {}


def test_each_page_has_its_picture_and_no_other_is_kept() -> None:
    if not pictures.are_there():
        pytest.skip("no pictures are kept: invoke test --pictures takes them")
    assert {path.stem for path in pictures.FOLDER.glob("*.png")} == set(NAMES)


FAULTS = {
    "a lost stylesheet": None,
    "a head over what follows": ".masthead { margin-block-end: -3rem; }",
    "a measure that is lost": ":root { --measure: 90rem !important; }",
    "words that can't be read": ":root { --ink: #aaa !important; --soft: #ccc !important; }",
    "a picture too wide": ".page-title h1 { width: 1400px; background: silver; }",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_picture_shows_what_makes_a_page_ugly(looker: Looker, fault: str) -> None:
    """The comparison can fail: each fault is put into the stylesheet of a page."""
    way = PAGES["main", "missing"]
    good = look(looker, "main", "missing").pictures
    with looker.other_styles(FAULTS[fault]):
        bad = looker.look("main", f"missing with {fault}", way)
    found = [pictures.differs(good[key], bad.pictures[key]) for key in good]
    assert any(found)
    if fault == "a picture too wide":
        assert bad.sideways
    if fault.startswith("words"):
        assert bad.axe


def test_a_picture_does_not_mind_how_letters_are_drawn(looker: Looker) -> None:
    way = PAGES["main", "missing"]
    good = look(looker, "main", "missing").pictures
    with looker.other_styles("main { translate: .4px 1px; opacity: .95; }"):
        other = looker.look("main", "missing drawn otherwise", way).pictures
    assert [pictures.differs(good[key], other[key]) for key in good] == [""] * 4
    assert any(good[key].tobytes() != other[key].tobytes() for key in good)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_comment_says_whom_it_answers_on_the_line_of_its_date(
    browser: Browser, place: Place, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(place.addresses["main"] + POST)
    below = page.evaluate("""() => {
        const bottom = node => {
            const range = document.createRange();
            range.selectNodeContents(node);
            return range.getBoundingClientRect().bottom;
        };
        return [...document.querySelectorAll('.when .to:not(.far)')].map(
            to => bottom(to.querySelector('bdi')) - bottom(to.parentNode.querySelector('time')));
    }""")
    page.close()
    assert len(below) > 3
    assert set(below) <= {0, 24}  # the same line, or the next


def test_the_choice_of_colours_ends_its_line_alone_too(browser: Browser, place: Place) -> None:
    """Wherever the menu leaves it no room beside, on the side where lines end."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(place.addresses["main"] + "about/")
    far, lines = [], set()
    for direction in ("ltr", "rtl"):
        page.evaluate("way => { document.dir = way; }", direction)
        for width in range(1280, 320, -40):
            page.set_viewport_size({"width": width, "height": 900})
            gap, left, line = page.evaluate("""() => {
                const [head, search, choice] = ['.masthead', '.masthead .search', '.scheme'].map(
                    one => document.querySelector(one).getBoundingClientRect());
                const room = parseFloat(
                    getComputedStyle(document.querySelector('.masthead')).paddingInlineEnd);
                const end = document.dir === 'rtl' ? choice.left - head.left
                    : head.right - choice.right;
                const site = document.querySelector('.site').getBoundingClientRect();
                const begin = document.dir === 'rtl' ? head.right - site.right
                    : site.left - head.left;
                return [end - room, begin - room, choice.top > search.bottom];
            }""")
            far += [(direction, width, gap, left)] if abs(gap + 9) > 1 or abs(left) > 1 else []
            lines.add(line)
    page.close()
    assert far == []
    assert lines == {True, False}  # beside the search, and below it


def test_an_open_form_covers_nothing_that_stands_below(browser: Browser, place: Place) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(place.addresses["main"] + POST)
    answered = page.locator("article:has(> .answer):has(+ .branch)").first
    answered.locator(".answer a").click()
    form, count = answered.locator(".reply-form"), answered.locator("+ .branch > summary")
    form.wait_for()
    below, above = count.bounding_box(), form.bounding_box()
    page.close()
    assert below is not None
    assert above is not None
    assert below["y"] >= above["y"] + above["height"]
