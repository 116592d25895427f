"""Every kind of page, in both themes and at the desk."""

from __future__ import annotations

import pytest
from conftest import CHROMIUM

from pages import pictures
from pages.kinds import DESK, SITE
from pages.looking import Looker, Seen

pytestmark = [
    pytest.mark.xdist_group("pages"),
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

every_page = pytest.mark.parametrize(
    ("theme", "kind"), list(PAGES), ids=["-".join(name) for name in PAGES]
)


def look(looker: Looker, theme: str, kind: str) -> Seen:
    return looker.look(theme, kind, PAGES[theme, kind], is_taken=(theme, kind) in KEPT)


@every_page
def test_axe_finds_nothing(looker: Looker, theme: str, kind: str) -> None:
    assert look(looker, theme, kind).axe == []


@every_page
def test_the_policy_holds_and_nothing_is_asked_elsewhere(
    looker: Looker, theme: str, kind: str
) -> None:
    assert look(looker, theme, kind).policy == []


@every_page
def test_nothing_scrolls_sideways(looker: Looker, theme: str, kind: str) -> None:
    assert look(looker, theme, kind).sideways == []


@every_page
def test_the_focus_is_seen(looker: Looker, theme: str, kind: str) -> None:
    assert look(looker, theme, kind).unmarked == []


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
