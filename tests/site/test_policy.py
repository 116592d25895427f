"""Every kind of page of the demo, with a public dashboard and the desk, under the policy that the
examples for web servers have."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from conftest import CHROMIUM, ROOT, SiteFolder
from playwright.sync_api import Browser

from rejoinder.preview import Preview
from rejoinder.replies.desk import open_desk
from rejoinder.replies.server import DeskServer
from rejoinder.replies.signing import Link
from rejoinder.replies.web.app import make_app
from rejoinder.replies.web.pages import ASSETS
from rejoinder.serving import headers

KINDS = (
    "", "2026/02/your-network-is-not-the-list/", "2026/04/rented-rooms/", "styled/",
    "2026/02/your-network-is-not-the-list/comments/2/", "about/", "archives/", "authors/",
    "author/nora-veldt/", "categories/", "category/ownership/", "tags/", "404.html", "elsewhere/",
    "elsewhere/coverage/", "network/", "engagement/", "reply?thread=your-network-is-not-the-list",
    "theme/icon.svg",
)  # fmt: skip
STYLED = """
| left | middle | right |
|:-----|:------:|------:|
| a    | b      | 1     |

<p style="color: teal; padding: 1em" class="note">Styled by *hand*.</p>
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> SiteFolder:
    site = SiteFolder(tmp_path_factory.mktemp("demo"))
    shutil.copytree(ROOT / "content", site.content)
    toml = site.content / "site.toml"
    said = toml.read_text("utf-8").partition("[permalinks]")[0]
    links = '[permalinks]\npost = "{date:%Y}/{date:%m}/{slug}/"\npage = "{slug}/"\n'
    toml.write_text(f'{said}{links}[engagement]\ndashboard = "public"\nnetwork = true\n', "utf-8")
    site.page("styled", STYLED)
    return site.build(SITEURL="", FEED_DOMAIN="https://blog.example", COMMENTS_PAGE_SIZE=6)


def inline(path: Path) -> list[str]:
    """What a policy without `unsafe` words keeps from being applied or run in a file."""
    page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    found = [str(tag) for tag in page.select("[style], style, [href^='javascript:' i]")]
    found += [str(tag) for tag in page.select("script:not([src])")
              if tag.get("type") != "application/ld+json"]  # fmt: skip
    return found + [str(tag) for tag in page.select("*") if any(a[:2] == "on" for a in tag.attrs)]


def test_nothing_that_is_built_is_inline(demo: SiteFolder) -> None:
    files = [*demo.output.rglob("*.html"), *demo.output.rglob("*.svg")]
    assert len(files) > 40
    assert {str(path): wrong for path in files if (wrong := inline(path))} == {}


def test_inline_styles_are_classes(demo: SiteFolder) -> None:
    page = BeautifulSoup(demo.read("styled/index.html"), "html.parser")
    assert [cell["class"] for cell in page.select("th")] == [
        ["align-left"], ["align-center"], ["align-right"],
    ]  # fmt: skip
    (note,) = page.select("p.note")
    name = note["class"][1]
    assert demo.read("theme/styles.css") == f".{name} {{ color: teal; padding: 1em }}\n"
    assert page.select('link[rel=stylesheet][href="/theme/styles.css"]')


@pytest.fixture(scope="module")
def place(demo: SiteFolder) -> Iterator[tuple[str, str]]:
    """The address of the site with its desk, and the way in."""
    server = DeskServer(0)
    with open_desk(demo.content, site_url=server.address) as desk:
        desk.moderators.save("ada")
        way_in = f"{server.address}/reply/desk/enter/{desk.signer.link(Link('enter', 'ada'))}"
        with server.run(Preview(demo.output, demo.content, make_app(desk))):
            yield f"{server.address}/", way_in


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium")
@pytest.mark.browser
def test_no_page_breaks_the_policy_or_asks_elsewhere(
    browser: Browser, place: tuple[str, str]
) -> None:
    address, way_in = place
    context = browser.new_context()
    context.add_init_script(
        "addEventListener('securitypolicyviolation',"
        " e => console.error(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`))"
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on(
        "console",
        lambda one: one.type == "error" and wrong.append(f"{one.text} {one.location['url']}"),
    )
    page.on("pageerror", lambda error: wrong.append(f"{page.url} {error}"))
    page.on("request", lambda one: one.url.startswith(address) or wrong.append(one.url))
    for kind in KINDS:
        answer = page.goto(address + kind)
        assert answer is not None
        assert answer.status == 200, kind
        policy = answer.headers["content-security-policy"]
        assert kind.startswith("reply") or policy == headers.policy()
        assert "unsafe" not in policy
    page.goto(way_in)
    page.get_by_role("button", name="Enter").click()
    for path in ("reply/desk", "reply/desk/engagement/"):
        page.goto(address + path)
    linked = page.request.get(f"{address}reply/{ASSETS['desk.css']}").headers["cache-control"]
    assert linked == headers.FOR_GOOD
    wrong = [one for one in wrong if "favicon" not in one]
    assert wrong == []
    page.on("console", lambda one: wrong.append(one.text))
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.wait_for_timeout(100)
    assert any("style-src" in one for one in wrong)  # it would have been seen
    context.close()


def test_assets_are_kept_for_good_and_pages_are_not(demo: SiteFolder) -> None:
    page = demo.read("index.html")
    linked = re.findall(r'(?:href|src)="/(theme/[^"]+)"', page)
    kept = [path for path in linked if path != "theme/styles.css"]
    assert len(kept) == 2
    for path in kept:
        assert headers.cache_control(path) == headers.FOR_GOOD
        plain = re.sub(r"\.[0-9a-f]{10}\.", ".", path)
        assert (demo.output / path).read_bytes() == (demo.output / plain).read_bytes()
        assert f"/{path}\n  Cache-Control: {headers.FOR_GOOD}\n" in demo.read("_headers")
    assert headers.cache_control("index.html") == headers.EACH_TIME
