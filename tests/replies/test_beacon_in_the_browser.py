"""The script that tells of a view, in a real browser, with the demo and a real desk."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import CHROMIUM, ROOT, SiteFolder
from desks import settings
from playwright.sync_api import Browser, BrowserContext, Page, Request
from starlette.responses import HTMLResponse

from bench.crashes import until
from rejoinder.preview import Preview
from rejoinder.replies.desk import Desk, open_desk
from rejoinder.replies.server import DeskServer
from rejoinder.replies.web.app import make_app

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium"),
    pytest.mark.browser,
]
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0"
SCRIPT = ROOT / "plugins" / "comments" / "static" / "beacon.js"
POST = "2025/11/an-introduction-is-a-loan/"


@dataclass
class Place:
    """The demo with its desk, and what browsers asked of it."""

    address: str
    desk: Desk
    output: Path
    asked: list[Request] = field(default_factory=list)

    def counted(self) -> dict[tuple[str, str], int]:
        self.desk.counting.flush()
        found = self.desk.counting.days.totals(datetime.now(UTC).date())
        return {(str(key.figure), key.what): count for key, count in found.items()}

    def told(self, number: int, seconds: float = 5) -> dict[tuple[str, str], int]:
        """What is counted, when there are so many views, or the time is over."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self.counted()
            if sum(count for (figure, _), count in found.items() if figure == "view") >= number:
                return found
            time.sleep(0.05)
        return self.counted()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> SiteFolder:
    """The demo, with the beacon on, built as it is published."""
    site = SiteFolder(tmp_path_factory.mktemp("demo"))
    shutil.copytree(ROOT / "content", site.content)
    toml = site.content / "site.toml"
    said = re.sub(r'^(url|timezone) = ".*"\n', "", toml.read_text("utf-8"), flags=re.M)
    said = re.sub(r"\[engagement\]\n(?:[a-z].*\n)*", "", said)
    toml.write_text(f"{said}\n[engagement]\nbeacon = true\n", "utf-8")
    settings(site.content, "[limits]\nrequests_per_minute = 0\n")
    return site.build(SITEURL="", FEED_DOMAIN="https://blog.example")


@pytest.fixture
def place(demo: SiteFolder, tmp_path: Path) -> Iterator[Place]:
    shutil.rmtree(demo.root / "private" / "desk")  # nothing is counted yet
    server = DeskServer(0)
    with open_desk(demo.content, site_url=server.address) as desk:
        page = Preview(demo.output, demo.content, make_app(desk))
        with server.run(page):
            yield Place(server.address, desk, demo.output)


@contextmanager
def reader(browser: Browser, place: Place, **how: Any) -> Iterator[tuple[BrowserContext, Page]]:
    """A person's browser; all that it asks is noted."""
    context = browser.new_context(**{"user_agent": AGENT, **how})
    context.on("request", lambda request: place.asked.append(request))
    yield context, context.new_page()
    context.close()


def beacons(place: Place) -> list[Request]:
    return [one for one in place.asked if one.url.endswith("/seen")]


def test_the_script_is_small_and_keeps_nothing() -> None:
    text = SCRIPT.read_text("utf-8")
    assert len(text.encode()) < 1024
    code = re.sub(r"^//.*\n", "", text, flags=re.M)
    assert not re.search("cookie|storage|indexedDB|fetch|userAgent|screen", code, re.I)


def test_a_page_is_told_of_once_and_to_nobody_else(browser: Browser, place: Place) -> None:
    with reader(browser, place) as (context, page):
        page.goto(f"{place.address}/")
        found = place.told(1)
        assert found == {("view", "/"): 1, ("visits", ""): 1}
        page.goto(f"{place.address}/{POST}", referer="https://www.social.example/a/path?q=1")
        page.evaluate("location.hash = 'comments'")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        found = place.told(2)
        page.wait_for_timeout(300)
        assert place.counted() == found == {
            ("view", "/"): 1, ("view", f"/{POST}"): 1, ("visits", ""): 1,
            ("referrer", "social.example"): 1,
        }  # fmt: skip
        assert context.cookies() == []
        kept = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
        assert [key for key in kept if not key.startswith("seen ")] == []  # the discussion's own
    (first, second) = beacons(place)
    assert (first.post_data, second.post_data) == ("/\n", f"/{POST}\nwww.social.example")
    assert first.headers["content-type"].startswith("text/plain")
    assert [one.url for one in place.asked if not one.url.startswith(place.address)] == []


def test_pages_that_are_counted_have_it_and_no_others(place: Place) -> None:
    script = r'src="/theme/beacon\.[0-9a-f]{10}\.js" data-desk="/seen" defer></script>'
    for path in ("index.html", f"{POST}index.html"):
        text = (place.output / path).read_text("utf-8")
        assert len(re.findall(script, text)) == 1
        assert "sendBeacon" not in text
    for path in ("archives/index.html", "404.html"):
        assert "beacon" not in (place.output / path).read_text("utf-8")


@pytest.mark.parametrize(
    "says",
    [
        "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})",
        "Object.defineProperty(navigator, 'doNotTrack', {value: '1'})",
    ],
)
def test_who_asks_for_it_is_not_told_of(browser: Browser, place: Place, says: str) -> None:
    with reader(browser, place) as (context, page):
        context.add_init_script(says)
        page.goto(f"{place.address}/{POST}")
        page.wait_for_timeout(500)
    assert beacons(place) == []
    assert place.counted() == {}


def test_without_a_script_nothing_is_told(browser: Browser, place: Place) -> None:
    with reader(browser, place, java_script_enabled=False) as (_, page):
        page.goto(f"{place.address}/{POST}")
        page.wait_for_timeout(500)
    assert beacons(place) == []


def test_a_page_that_is_not_seen_yet_is_told_of_when_it_is(browser: Browser, place: Place) -> None:
    """Hidden and prerendered, as the browser says it of a tab in the background."""
    hide = """
        let seen = false;
        const state = () => seen ? 'visible' : 'hidden';
        Object.defineProperty(document, 'visibilityState', {get: state});
        Object.defineProperty(document, 'prerendering', {get: () => !seen});
        window.show = () => {
          seen = true;
          document.dispatchEvent(new Event('prerenderingchange'));
          document.dispatchEvent(new Event('visibilitychange'));
        };
    """
    with reader(browser, place) as (context, page):
        context.add_init_script(hide)
        page.goto(f"{place.address}/{POST}")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_timeout(500)
        assert beacons(place) == []
        page.evaluate("show()")
        assert place.told(1)["view", f"/{POST}"] == 1
        page.wait_for_timeout(300)
    assert len(beacons(place)) == 1


def test_a_page_that_the_browser_prerenders_is_told_of_when_it_is_opened(
    demo: SiteFolder, tmp_path: Path
) -> None:
    """By speculation rules, in a browser that nobody drives: a driven one prerenders nothing."""
    rules = f'{{"prerender":[{{"source":"list","urls":["/{POST}"],"eagerness":"immediate"}}]}}'
    begin = (
        f'<!doctype html><title>x</title><script type="speculationrules">{rules}</script>'
        f"<script>setTimeout(() => {{ location.href = '/{POST}'; }}, 2500);</script>"
    )
    asked: list[tuple[str, str, float]] = []
    server = DeskServer(0)
    with open_desk(demo.content, site_url=server.address) as desk:
        preview = Preview(demo.output, demo.content, make_app(desk))

        async def noting(scope: Any, receive: Any, send: Any) -> None:
            purpose = dict(scope["headers"]).get(b"sec-purpose", b"").decode()
            asked.append((scope["path"], purpose, time.monotonic()))
            # Another site's page, so to say: it need not keep to this one's policy.
            answer = HTMLResponse(begin) if scope["path"] == "/begin.html" else preview
            await answer(scope, receive, send)

        with server.run(noting):
            process = subprocess.Popen(
                [str(CHROMIUM), "--headless", "--no-sandbox", "--remote-debugging-port=0",
                 "--no-first-run", f"--user-data-dir={tmp_path / 'browser'}",
                 f"--user-agent={AGENT}", f"{server.address}/begin.html"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            try:
                until(lambda: any(path == "/seen" for path, _, _ in asked), seconds=20)
                time.sleep(0.5)
            finally:
                process.kill()
                process.wait()
    pages = [(purpose, at) for path, purpose, at in asked if path == f"/{POST}"]
    told = [at for path, _, at in asked if path == "/seen"]
    assert [purpose for purpose, _ in pages] == ["prefetch;prerender"]
    assert len(told) == 1
    assert told[0] - pages[0][1] > 1.5  # it was there long before anybody looked at it
