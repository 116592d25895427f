"""The whole way of a reply, in a real browser without script: sent, approved, on the page."""

from __future__ import annotations

import re
import shutil
import time

import pytest
from conftest import SiteFolder, invoke, make_comment, number_id, serving
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium")
@pytest.mark.browser
def test_a_reader_answers_and_the_page_changes(site: SiteFolder) -> None:
    site.post()
    site.comments(make_comment(1))
    with serving(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto(f"{address}first/")
        page.get_by_role("link", name="Reply to Reader 1").click()
        page.get_by_label("Your words").fill("I disagree, and here is *why*.")
        page.get_by_label("Name").fill("Bo Reader")
        page.wait_for_timeout(3200)  # nobody writes that in less
        page.get_by_role("button", name="Send your reply").click()
        assert page.get_by_role("heading", name="Thank you").is_visible()
        mine = page.url
        page.get_by_label("Your words").fill("I disagree, and here is *why, in full*.")
        page.get_by_role("button", name="Save the change").click()
        assert page.locator(".words em").inner_text() == "why, in full"
        where = ["--content", str(site.content)]
        (reply,) = re.findall(r"\d{8}T\d{6}Z-\w+", invoke("queue", *where).stdout)
        assert invoke("approve", reply, *where).returncode == 0
        until = time.monotonic() + 20
        while time.monotonic() < until:
            page.goto(f"{address}first/")
            if page.get_by_text("why, in full").count():
                break
            time.sleep(0.2)
        answer = page.locator(f"#comment-{reply}")
        assert "Bo Reader" in answer.inner_text()
        above = page.locator("li", has=page.locator(f"#comment-{number_id(1)}"))
        assert above.locator(f"#comment-{reply}").count() == 1
        page.goto(mine)
        assert page.get_by_role("heading", name="is published").is_visible()
        browser.close()
