"""Each provider's way in a real browser: from the form over another host's page and back."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import CHROMIUM, SiteFolder, serving
from identityhost import NAMES, Identities, furnished_for, identity_host
from playwright.sync_api import Browser, BrowserContext, Error, Page

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium"),
    pytest.mark.browser,
]

LABELS = {"linkedin": "LinkedIn", "google": "Google", "github": "GitHub",
          "wordpress": "WordPress.com", "mastodon": "Mastodon",
          "indieauth": "your own site"}  # fmt: skip


@dataclass
class Place:
    """A site with its desk and providers, and a browser without a script."""

    address: str
    way_in: str
    host: Identities
    content: Path
    plain: BrowserContext


@pytest.fixture(scope="module")
def place(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    site = SiteFolder(tmp_path_factory.mktemp("site"))
    site.content.mkdir()
    (site.content / "site.toml").write_text('title = "A site"\nauthor = "Ada"\n', "utf-8")
    with identity_host() as host:
        furnished_for(site, host)
        with serving(site) as (address, way_in):
            plain = browser.new_context(java_script_enabled=False)
            yield Place(address, way_in, host, site.content, plain)


def write_and_sign_in(page: Page, place: Place, name: str) -> None:
    """Write a reply to the post, and press a provider's button, then the provider's own."""
    page.goto(f"{place.address}first/#respond")
    page.get_by_label("Your words").fill(f"Words with {name}.\n\nAnd *more*.")
    if name == "indieauth":  # whose site is typed already isn't asked for it again
        page.get_by_label("Your site").fill(f"{place.host.url}/site/")
    page.get_by_role("button", name=LABELS[name], exact=True).click()
    if name == "mastodon":
        assert page.get_by_role("heading").inner_text() == "Sign in with Mastodon"
        page.get_by_label("Your Mastodon server").fill(place.host.url)
        page.get_by_role("button", name="Go on").click()
    # A form of ours may not be redirected elsewhere (`form-action`); our page leads on by itself.
    page.wait_for_url(f"{place.host.url}/**")
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(f"{place.address}reply/sign-in/**")


@pytest.mark.parametrize("name", NAMES)
def test_each_provider_without_a_script(place: Place, name: str) -> None:
    page = place.plain.new_page()
    write_and_sign_in(page, place, name)
    called = "Ada of the site" if name == "indieauth" else "Ada Q"
    assert page.get_by_role("textbox", name="Name").input_value() == called
    assert page.get_by_label("Your words").input_value() == f"Words with {name}.\n\nAnd *more*."
    assert page.get_by_label("Show this portrait").is_checked()
    assert page.evaluate("document.querySelector('.seen img').naturalWidth") == 96
    page.get_by_role("button", name="Send your reply").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    says = "signed in with" if name in ("linkedin", "google") else "signed in as"
    assert page.get_by_text(says).is_visible()
    assert [one["name"] for one in place.plain.cookies()] == []  # type: ignore[typeddict-item]
    page.close()


def test_with_a_script_the_words_come_along_and_the_mark_comes_to_the_page(
    browser: Browser, place: Place
) -> None:
    page = browser.new_page()
    errors: list[str] = []
    page.on("console", lambda one: errors.append(one.text) if one.type == "error" else None)
    write_and_sign_in(page, place, "github")
    axe = Axe()
    assert axe.run(page).violations_count == 0
    page.get_by_label("Your words").fill("Words that I finished here.")
    page.get_by_role("button", name="Send your reply").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    desk = browser.new_page()
    desk.goto(place.way_in)
    desk.get_by_role("button", name="Enter").click()
    card = desk.locator(".card", has_text="Words that I finished here.")
    mark = f"signed in as {place.host.url.removeprefix('http://')}/github/ada-q"
    assert mark in card.inner_text()
    picture = desk.request.get(place.address + str(card.locator("img").get_attribute("src"))[1:])
    assert picture.headers["content-type"] == "image/webp"
    assert axe.run(desk).violations_count == 0
    card.get_by_role("button", name="Approve").click()
    until = time.monotonic() + 20
    while time.monotonic() < until and not page.locator(".comment", has_text="finished").count():
        with suppress(Error):  # the page may follow by itself at that moment
            page.goto(f"{place.address}first/")
    # The draft of what was sent is gone from this browser.
    assert page.get_by_label("Your words").input_value() == ""
    comment = page.locator(".comment", has_text="Words that I finished here.")
    assert mark in comment.inner_text()
    assert axe.run(page).violations_count == 0
    (file,) = (place.content / "portraits").iterdir()
    assert page.request.get(f"{place.address}portraits/{file.name}").body() == file.read_bytes()
    # No reader's browser asks a provider for anything but its own page.
    assert {
        path
        for path in place.host.agents
        if not re.search(r"/(authorize|auth|favicon\.ico)$", path)
    } == set()
    assert errors == []
    page.close()
    desk.close()


def test_a_no_gives_the_words_back(place: Place) -> None:
    page = place.plain.new_page()
    page.goto(f"{place.address}reply?thread=first")
    page.get_by_label("Your words").fill("Words that stay.")
    page.get_by_role("button", name="Google").click()
    page.wait_for_url(f"{place.host.url}/**")
    place.host.answer = lambda given: given | {"iss": f"{place.host.url}/google"}
    page.get_by_role("button", name="Deny").click()
    page.wait_for_url(f"{place.address}**")
    assert "you didn’t allow it" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Your words").input_value() == "Words that stay."
    # From here one can send them without.
    page.get_by_role("textbox", name="Name").fill("Bo")
    page.get_by_role("button", name="Send your reply").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    page.close()
