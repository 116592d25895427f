"""The keyboard alone: from the front page to a reply that is sent, and past all of a page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import CHROMIUM
from playwright.sync_api import Browser, Page, expect

from pages.place import POST, THEMES, THREAD, Place
from rejoinder.replies.model import Status

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium"),
    pytest.mark.browser,
]

_HERE = """() => {
    const one = document.activeElement, box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    return {
        isSeen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        ring: style.outlineStyle !== 'none' ? parseFloat(style.outlineWidth) : 0,
        says: one.outerHTML.slice(0, 120),
    };
}"""
_REACHABLE = """() => [...document.querySelectorAll(
    'a[href], button, input, textarea, select, summary, [tabindex]')].filter(one =>
    one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true }))
    .forEach((one, number) => { one.dataset.number = number; })"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(8000)
    yield context.new_page()
    context.close()


def tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Press Tab until that has the focus; whatever has it on the way is seen, and marked."""
    wanted = page.locator(selector).first
    for _ in range(400):
        page.keyboard.press(key)
        here = page.evaluate(_HERE)
        assert here["isSeen"], here["says"]
        assert here["ring"] >= 2, here["says"]
        if wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"Tab never comes to {selector}")


def test_from_the_front_page_to_a_reply(page: Page, place: Place) -> None:
    address = place.addresses["main"]
    press, write = page.keyboard.press, page.keyboard.type
    # The first key shows the way past the menu.
    page.goto(address)
    tab_to(page, ".skip")
    press("Enter")
    press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    # The menu, then the search, then what it finds.
    page.goto(address)
    tab_to(page, "nav a[href$='/archives/']")
    press("Enter")
    page.wait_for_url("**/archives/")
    tab_to(page, ".masthead [name=q]")
    write("spreadsheet strangers")
    press("Enter")
    expect(page.locator("#search-found mark").first).to_be_visible()
    tab_to(page, "#search-found h2 a")
    press("Enter")
    page.wait_for_url(f"**/{POST}*")
    # To what is new since the last visit, which saw all but the third comment.
    page.evaluate(
        """() => {
            const known = [...document.querySelectorAll('.comment')].map(one => one.id);
            known.splice(2, 1);
            localStorage.setItem(`seen ${location.pathname}`, JSON.stringify(known));
        }"""
    )
    page.goto(address + POST)
    third = page.locator(".comment").nth(2)
    press("n")
    expect(third).to_be_focused()
    # A branch closes and opens.
    branch = page.locator("details.branch").nth(1)
    tab_to(page, f"#{third.get_attribute('id')} ~ details.branch > summary")
    press("Enter")
    expect(branch).not_to_have_attribute("open", "")
    press("Space")
    expect(branch).to_have_attribute("open", "")
    # An answer to the third comment, where it stands: written, looked at, sent.
    press("n")
    tab_to(page, f"#{third.get_attribute('id')} .answer a")
    press("Enter")
    expect(page.get_by_label("Your words")).to_be_focused()
    assert third.locator("#respond").count() == 1
    write("Said *by keyboard* alone.")
    tab_to(page, "[name=name]")
    write("Kit Reader")
    tab_to(page, "#respond button:text('Preview')")
    press("Enter")
    expect(page.locator("#respond .preview em")).to_have_text("by keyboard")
    tab_to(page, "#respond button[type=submit]", "Shift+Tab")
    press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_focused()
    expect(page.locator("li.mine em")).to_have_text("by keyboard")
    kept = [reply for reply in place.desk.queue.with_status(*Status) if reply.name == "Kit Reader"]
    (reply,) = kept
    assert (reply.thread, f"comment-{reply.parent}") == (THREAD, third.get_attribute("id"))


@pytest.mark.parametrize("theme", THEMES)
def test_tab_goes_through_everything_and_out_again(page: Page, place: Place, theme: str) -> None:
    page.goto(place.addresses[theme] + POST)
    page.evaluate(_REACHABLE)
    wanted = page.locator("[data-number]").count()
    assert wanted > 50
    found = []
    for _ in range(wanted + 1):
        page.keyboard.press("Tab")
        found.append(page.evaluate("Number(document.activeElement.dataset.number)"))
    assert found[:-1] == list(range(wanted))
    assert page.evaluate("document.activeElement === document.body")
