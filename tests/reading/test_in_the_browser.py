"""Reading in a real Chromium: colours that are chosen, contents, the keyboard, paper, and text from
right to left."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from conftest import CHROMIUM, ROOT, SiteFolder, make_comment
from playwright.sync_api import Browser, Page, expect
from starlette.responses import PlainTextResponse

from rejoinder.preview import Preview
from rejoinder.replies.server import DeskServer
from rejoinder.serving.smaller import smaller

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium"),
    pytest.mark.browser,
]

LONG = "".join(f"## Part {n}\n\n{'word ' * 400}\n\n" for n in range(3))
LIGHT, DARK = "rgb(252, 252, 250)", "rgb(22, 25, 23)"


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> SiteFolder:
    """A site with a long post, one from right to left, and one that is discussed."""
    site = SiteFolder(tmp_path_factory.mktemp("reading"))
    site.content.mkdir()
    (site.content / "site.toml").write_text('title = "S"\nurl = "https://blog.example"\n', "utf-8")
    site.post("long", f"See [this](https://else.example/a).\n\n{LONG}", Series="Tales")
    site.post("hebrew", f"`code`\n\n{LONG}", Lang="he", Title="שלום", Slug="long")
    (site.content / "languages").mkdir()
    (site.content / "languages" / "he.po").write_text(
        'msgid ""\nmsgstr "Language: he\\n"\n\nmsgid "Contents"\nmsgstr "תוכן"\n', "utf-8"
    )
    site.post("short", Series="Tales")
    site.comments(make_comment(1), thread="short")
    return site.build(SITEURL="", FEED_DOMAIN="https://blog.example")


@pytest.fixture(scope="module")
def address(blog: SiteFolder) -> Iterator[str]:
    preview = Preview(blog.output, blog.content, PlainTextResponse("no desk", 404))
    with DeskServer(0).run(preview) as server:
        yield f"{server.address}/"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    yield context.new_page()
    context.close()


def paper(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


def test_colours_follow_the_system_and_can_be_chosen(page: Page, address: str) -> None:
    page.goto(address)
    assert paper(page) == LIGHT
    page.emulate_media(color_scheme="dark")
    assert paper(page) == DARK
    button = page.get_by_role("button", name="Light or dark")
    button.click()
    assert paper(page) == LIGHT
    for path in ("long/", "short/", ""):  # with the discussion's script, and without
        page.goto(address + path)
        assert paper(page) == LIGHT
    page.emulate_media(color_scheme="light")
    button.click()  # now it goes against the system
    assert paper(page) == DARK
    button.click()  # and follows it again
    assert (paper(page), page.evaluate("localStorage.scheme")) == (LIGHT, "")
    page.emulate_media(color_scheme="dark")
    assert paper(page) == DARK


def test_what_was_chosen_is_there_before_the_page_is(blog: SiteFolder) -> None:
    for path in ("index.html", "short/index.html"):
        head = blog.read(path).partition("</head>")[0]
        script = re.findall(r'<script src="/(theme/[^"]+)"([^>]*)>', head)[0]
        assert script[1] == ""  # neither deferred nor asynchronous
        assert "localStorage.scheme" in blog.read(script[0])


def test_without_script_there_is_no_button(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, color_scheme="dark")
    page = context.new_page()
    page.goto(address)
    expect(page.locator(".scheme")).to_be_hidden()
    context.close()


def test_browsers_see_the_same_stylesheet_without_its_spaces(page: Page) -> None:
    said = """text => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(text);
        return [...sheet.cssRules].map(rule => rule.cssText.replace(/, /g, ','));
    }"""
    for path in (
        ROOT / "theme/static/css/main.css",
        ROOT / "plugins/comments/static/rejoinder.css",
    ):
        whole = path.read_bytes()
        rules = page.evaluate(said, whole.decode())
        assert len(rules) > 30
        assert page.evaluate(said, smaller(path.name, whole).decode()) == rules


def box(page: Page, selector: str) -> dict[str, float]:
    found = page.locator(selector).bounding_box()
    assert found is not None
    return dict(found)


def test_contents_stand_beside_the_text_where_there_is_room(page: Page, address: str) -> None:
    page.goto(address + "long/")
    beside, text = box(page, ".contents"), box(page, ".prose")
    assert beside["x"] + beside["width"] < text["x"]
    page.get_by_role("navigation", name="Contents").get_by_text("Part 2").click()
    expect(page.locator("#part-2")).to_be_in_viewport()
    expect(page.locator(".contents")).to_be_in_viewport()
    page.set_viewport_size({"width": 390, "height": 800})
    above = box(page, ".contents")
    assert above["y"] + above["height"] < box(page, ".prose")["y"]
    page.locator(".contents summary").click()
    expect(page.locator(".contents a").first).to_be_hidden()


def test_from_right_to_left_all_is_on_its_side(page: Page, address: str) -> None:
    page.goto(address + "long-he.html")
    expect(page.get_by_role("navigation", name="תוכן")).to_be_visible()
    assert box(page, ".contents")["x"] > box(page, ".prose")["x"]
    assert page.evaluate("getComputedStyle(document.querySelector('code')).direction") == "ltr"
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_reaches_text_and_discussion_first(page: Page, address: str) -> None:
    page.goto(address + "short/")
    for name, leads_to in (("Skip to the text", "main"), ("Skip to the discussion", "comments")):
        page.keyboard.press("Tab")
        link = page.get_by_role("link", name=name)
        expect(link).to_be_focused()
        expect(link).to_be_in_viewport()
        assert str(link.get_attribute("href")) == f"#{leads_to}"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    inside = "document.activeElement.closest('#comments') !== null"
    assert page.evaluate(inside)
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_paper_has_the_words_and_where_links_lead(page: Page, address: str) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(address + "long/")
    shown = "getComputedStyle(document.querySelector('.prose a'), '::after').content"
    assert page.evaluate(shown) == '" (https://else.example/a)"'
    assert paper(page) == "rgb(255, 255, 255)"
    for selector in (".masthead nav", ".scheme", ".contents", ".neighbours", ".share-links",
                     ".reply-form", ".discussion"):  # fmt: skip
        expect(page.locator(selector).first).to_be_hidden()
    page.goto(address + "short/")
    expect(page.locator(".comment")).to_be_visible()


def test_nothing_moves_for_whom_that_is_too_much(page: Page, address: str) -> None:
    page.goto(address + "long/")
    scrolling = "getComputedStyle(document.documentElement).scrollBehavior"
    page.locator(".contents a").first.focus()
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(scrolling) == "smooth"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(scrolling) == "auto"
