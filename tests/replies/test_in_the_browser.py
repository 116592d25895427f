"""The whole way of a reply, in a real browser: from the form to the page that the author built."""

from __future__ import annotations

import re
import time
from contextlib import suppress

import pytest
from conftest import CHROMIUM, SiteFolder, make_comment, number_id, serving
from playwright.sync_api import Browser, Error, Page

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium"),
    pytest.mark.browser,
]


@pytest.fixture
def site(site: SiteFolder) -> SiteFolder:
    site.post()
    site.comments(make_comment(1))
    return site


def enter(browser: Browser, way_in: str, *, script: bool) -> Page:
    """A moderator's page, entered by the link that `serve` prints."""
    page = browser.new_context(java_script_enabled=script).new_page()
    page.goto(way_in)
    page.get_by_role("button", name="Enter").click()
    page.get_by_role("heading", name="Waiting").wait_for()
    page.wait_for_load_state()  # its script hears keys from then on
    return page


def appears(page: Page, address: str, text: str) -> bool:
    """Whether a text comes to a page within twenty seconds."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with suppress(Error):  # it was just loading itself again
            page.goto(address)
            if page.get_by_text(text).count():
                return True
        time.sleep(0.2)
    return False


def test_without_a_script_a_reader_answers_the_author_approves_and_the_page_changes(
    site: SiteFolder, browser: Browser
) -> None:
    with serving(site) as (address, way_in):
        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto(f"{address}first/")
        page.get_by_role("link", name="Reply to Reader 1").click()
        page.get_by_label("Your words").fill("I disagree, and here is *why*.")
        page.get_by_label("Name").fill("Bo Reader")
        page.wait_for_timeout(3200)  # nobody writes that in less
        page.get_by_role("button", name="Send your reply").click()
        page.get_by_role("heading", name="Thank you").wait_for()
        mine = page.url
        page.get_by_label("Your words").fill("I disagree, and here is *why, in full*.")
        page.get_by_role("button", name="Save the change").click()
        assert page.locator(".words em").inner_text() == "why, in full"
        desk = enter(browser, way_in, script=False)
        card = desk.locator(".card")
        assert "Bo Reader" in card.inner_text()
        reply = str(card.get_attribute("id")).removeprefix("r-")
        card.get_by_role("button", name="Approve").click()
        assert appears(page, f"{address}first/", "why, in full")
        answer = page.locator(f"#comment-{reply}")
        assert "Bo Reader" in answer.inner_text()
        above = page.locator("li", has=page.locator(f"#comment-{number_id(1)}"))
        assert above.locator(f"#comment-{reply}").count() == 1
        page.goto(mine)
        assert page.get_by_role("heading", name="is published").is_visible()
        page.goto(f"{address}first/")
        answer.get_by_role("button", name="I agree").click()
        assert re.search(rf"/first/#comment-{reply}$", page.url)
        assert appears(page, f"{address}first/", "1 agrees")


def test_with_a_script_the_reader_stays_on_the_page_and_keys_decide(
    site: SiteFolder, browser: Browser
) -> None:
    with serving(site) as (address, way_in):
        page = browser.new_page()
        page.goto(f"{address}first/")
        page.get_by_role("link", name="Reply to Reader 1").click()
        page.get_by_label("Your words").fill("Said *in place*.")
        page.get_by_role("button", name="Preview").click()
        page.locator("em", has_text="in place").wait_for()
        page.get_by_label("Name").fill("Cy Reader")
        page.wait_for_timeout(3200)
        page.get_by_role("button", name="Send").click()
        page.get_by_text("waits for the author").first.wait_for()
        assert page.url.startswith(f"{address}first/")
        desk = enter(browser, way_in, script=True)
        desk.keyboard.press("j")
        assert "Cy Reader" in desk.evaluate("document.activeElement.innerText")
        desk.keyboard.press("o")
        desk.get_by_label("Answer as Ada").fill("Well said.")
        desk.get_by_role("button", name="Publish the answer").click()
        desk.get_by_text("the author's own").count()
        assert appears(page, f"{address}first/", "Well said.")
        thread = page.locator("li", has=page.get_by_text("in place"))
        assert thread.locator(".by-author", has_text="Well said.").count() >= 1
        desk.goto(f"{address}reply/desk?status=approved")
        desk.keyboard.press("j")
        desk.keyboard.press("s")
        desk.get_by_role("button", name="Undo").wait_for()
        desk.keyboard.press("u")
        desk.wait_for_url("**/reply/desk?status=approved")
