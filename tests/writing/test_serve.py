"""Writing beside an open page: `serve` and a real browser. What changed comes to its page, with all
that was on it; what is broken is said, and gone when it is mended."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import CHROMIUM, ROOT, SiteFolder, make_comment, serving
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bench.crashes import until
from rejoinder.preview import pages

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium"),
    pytest.mark.skipif(os.name == "nt", reason="signals"),
    pytest.mark.browser,
]

LONG = "\n\n".join(f"## Part {n}\n\n{'Words of the part. ' * 40}" for n in range(9))


@dataclass
class Writing:
    """A site that is being written, served."""

    site: SiteFolder
    address: str

    def write(self, path: Path, text: str, is_seen: Callable[[], object]) -> None:
        """Save a file, as an editor does, and once more should that not be seen: it was saved
        before anybody looked."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            path.write_text(text, "utf-8")
            soon = time.monotonic() + 10
            while time.monotonic() < soon:
                if is_seen():
                    return
                time.sleep(0.05)
        raise AssertionError(f"what is in {path.name} was not seen")

    @contextmanager
    def spoiled(self, path: Path, text: str, is_seen: Callable[[], object]) -> Iterator[None]:
        """A file while it is as it should not be, from when that is seen."""
        good = path.read_text("utf-8")
        try:
            self.write(path, text, is_seen)
            yield
        finally:
            path.write_text(good, "utf-8")

    def served(self, path: str) -> str:
        connection = http.client.HTTPConnection(self.address.split("/")[2], timeout=10)
        connection.request("GET", path)
        text = connection.getresponse().read().decode()
        connection.close()
        return text


@pytest.fixture(scope="module", autouse=True)
def _patience() -> Iterator[None]:
    """A build may take its time on a busy machine."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def writing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Writing]:
    """A site of its own theme and tasks, and `serve` in its folder."""
    site = SiteFolder(tmp_path_factory.mktemp("writing"))
    site.content.mkdir()
    (site.content / "site.toml").write_text(
        'title = "A site"\nurl = "https://blog.example"\nauthor = "Ada"\n', "utf-8"
    )
    (site.root / "tasks.py").write_text(
        "from rejoinder.tasks import site_tasks\nnamespace = site_tasks(__file__)\n", "utf-8"
    )
    for name in ("pelicanconf.py", "publishconf.py"):
        shutil.copy(ROOT / name, site.root)
    with (site.root / "pelicanconf.py").open("a") as file:
        file.write("\nCARDS = False\n")
    shutil.copytree(ROOT / "theme", site.root / "theme")
    (site.root / "plugins").symlink_to(ROOT / "plugins")
    site.post(body=LONG)
    site.post("second", body="Other words.")
    site.comments(make_comment(1))
    with serving(site, "--output", str(site.output), root=site.root) as served:
        yield Writing(site, served.address.rstrip("/"))


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Pages on which nothing is refused by the policy, and no script fails."""
    context = browser.new_context(viewport={"width": 1000, "height": 700})
    context.set_default_timeout(30_000)
    wrong: list[str] = []
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    context.on("request", lambda one: None if "127.0.0.1" in one.url else wrong.append(one.url))
    yield context
    context.close()
    assert [one for one in wrong if "404" not in one] == []


def opened(context: BrowserContext, writing: Writing, path: str) -> Page:
    """A page that is marked, so that it is seen when it is loaded again."""
    page = context.new_page()
    page.goto(writing.address + path)
    page.evaluate("window.isTheSame = true")
    return page


def is_the_same(page: Page) -> bool:
    return bool(page.evaluate("window.isTheSame === true"))


def test_what_changed_comes_to_its_page_with_all_that_was_on_it(
    writing: Writing, context: BrowserContext
) -> None:
    page, other = opened(context, writing, "/first/"), opened(context, writing, "/second/")
    page.locator("details").first.evaluate("one => { one.open = !one.open; }")
    was_open = page.locator("details").first.evaluate("one => one.open")
    page.get_by_label("Name", exact=True).fill("Bo")
    page.get_by_label("Your words").fill("Half a thought")
    page.get_by_label("Your words").evaluate("one => one.setSelectionRange(2, 6)")
    page.get_by_label("Your words").evaluate("one => one.focus({ preventScroll: true })")
    page.locator("#part-6").evaluate("one => scrollTo(0, one.offsetTop - 40)")
    before = page.locator("#part-6").evaluate("one => one.getBoundingClientRect().top")
    post = writing.site.content / "posts" / "first.md"
    text = post.read_text("utf-8").replace("## Part 0", "A new beginning.\n\n## Part 0")
    writing.write(post, text, page.get_by_text("A new beginning.").count)
    page.wait_for_load_state()
    assert not is_the_same(page)
    until(lambda: page.evaluate("history.scrollRestoration === 'auto'"))
    after = page.locator("#part-6").evaluate("one => one.getBoundingClientRect().top")
    assert abs(after - before) < 2
    assert page.locator("details").first.evaluate("one => one.open") is was_open
    words = page.get_by_label("Your words")
    expect(words).to_have_value("Half a thought")
    expect(words).to_be_focused()
    assert words.evaluate("one => [one.selectionStart, one.selectionEnd]") == [2, 6]
    expect(page.get_by_label("Name", exact=True)).to_have_value("Bo")
    assert is_the_same(other)


def test_a_stylesheet_is_exchanged_on_the_page(writing: Writing, context: BrowserContext) -> None:
    page = opened(context, writing, "/second/")
    sheet = writing.site.root / "theme" / "static" / "css" / "main.css"
    colour = "one => getComputedStyle(one).color"

    def is_red() -> bool:
        return bool(page.locator("h1").evaluate(colour) == "rgb(200, 0, 0)")

    text = sheet.read_text("utf-8")
    writing.write(sheet, f"{text}\nh1 {{ color: rgb(200, 0, 0) !important; }}\n", is_red)
    assert is_the_same(page)
    until(lambda: page.locator("link[href*=main]").count() == 1)
    writing.write(sheet, text, lambda: not is_red())
    assert is_the_same(page)


BROKEN: dict[str, tuple[str, Callable[[str], str], str]] = {
    "a post": (
        "content/posts/second.md",
        lambda text: text.replace("Date: 2026-03-01", "Date: the other day"),
        "content/posts/second.md:2",
    ),
    "site.toml": (
        "content/site.toml", lambda text: text.replace('"A site"', "A site"), "content/site.toml:1",
    ),
    "a template": (
        "theme/templates/article.html",
        lambda text: text.replace("{% block content %}", "{% block content %}\n{{ nobody.here }}"),
        "theme/templates/article.html:",
    ),
    "a comment": (
        "content/comments/first/20260301T090100Z-n1.md",
        lambda text: "nonsense\n" + text,
        "content/comments/first/20260301T090100Z-n1.md:1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_said_until_it_is_mended(
    writing: Writing, context: BrowserContext, what: str
) -> None:
    page = opened(context, writing, "/second/")
    name, spoil, place = BROKEN[what]
    path = writing.site.root / name
    overlay = page.get_by_role("dialog")
    with writing.spoiled(path, spoil(path.read_text("utf-8")), overlay.count):
        expect(overlay).to_contain_text("The last build failed")
        expect(overlay.locator(".where")).to_contain_text(place)
        expect(overlay.locator("pre .here")).to_be_visible()
        if what == "a post":
            expect(overlay).to_contain_text("is not a date. Write it like 2026-04-15 08:00.")
            assert Axe().run(page).violations_count == 0
            said = writing.served("/_preview/")
            assert "<h2>content/posts/second.md:2</h2>" in said
            assert re.search(r"<pre[^>]*>.*&gt; +2  Date: the other day", said, re.S)
            assert '<noscript><p class="preview-broken">' in writing.served("/second/")
        page.get_by_role("button", name="Show the page").click()
        expect(overlay).to_be_hidden()
        expect(page.get_by_text("Other words.")).to_be_visible()  # as it was before
        page.get_by_role("button", name="1 to mend").click()
        expect(overlay).to_be_visible()
    expect(overlay).to_have_count(0)
    expect(page.get_by_role("button", name="to mend")).to_have_count(0)
    assert is_the_same(page)
    assert "preview-broken" not in writing.served("/second/")


def test_a_link_that_leads_nowhere_is_noted_in_a_corner(
    writing: Writing, context: BrowserContext
) -> None:
    page = opened(context, writing, "/first/")
    post = writing.site.content / "posts" / "second.md"
    badge = page.get_by_role("button", name="1 to note")
    text = post.read_text("utf-8") + "\n[there]({filename}/posts/none.md)\n"
    with writing.spoiled(post, text, badge.count):
        assert page.get_by_role("dialog").count() == 0
        badge.click()
        expect(page.get_by_role("dialog")).to_contain_text("it links to /posts/none.md")
        page.keyboard.press("Escape")
    expect(badge).to_have_count(0)


def test_a_draft_is_there_when_it_is_begun_and_a_post_at_its_hour(
    writing: Writing, context: BrowserContext
) -> None:
    page = opened(context, writing, "/drafts/soon/")
    expect(page.get_by_role("heading", name="Not here")).to_be_visible()
    moment = datetime.now(UTC) + timedelta(seconds=9)
    text = f"Title: Soon\nDate: {moment:%Y-%m-%d %H:%M:%S}+00:00\nSlug: soon\nCategory: Notes\n"
    path = writing.site.content / "posts" / "soon.md"
    writing.write(path, f"{text}\nIt comes.\n", page.get_by_text("It comes.").count)
    expect(page.locator(".notice")).to_contain_text("Scheduled for")
    listed = opened(context, writing, "/drafts/")
    expect(listed.get_by_role("link", name="Soon")).to_be_visible()
    home = opened(context, writing, "/")
    expect(home.get_by_role("link", name="Soon")).to_have_count(0)
    expect(home.get_by_role("link", name="Soon")).to_be_visible(timeout=40_000)
    assert datetime.now(UTC) >= moment
    expect(listed.get_by_text("Nothing waits here.")).to_be_visible()
    assert "It comes." in writing.served("/soon/")


def test_a_comment_comes_to_the_page(writing: Writing, context: BrowserContext) -> None:
    page = opened(context, writing, "/second/")
    writing.site.comments(make_comment(7), thread="second")
    expect(page.get_by_text("Words of comment 7.")).to_be_visible()


def test_the_preview_is_in_no_file(writing: Writing) -> None:
    assert "/_preview/live.js" in writing.served("/second/")
    for folder in (writing.site.output, writing.site.root / "private" / "build"):
        for path in folder.rglob("*.html"):
            assert "_preview" not in path.read_text("utf-8"), path


def test_pages_are_told_apart_but_for_their_stylesheets() -> None:
    page = b'<html><head><link rel="stylesheet" href="/a.css"></head><body class="x">Words</body>'
    other = page.replace(b"/a.css", b"/b.css")
    assert pages.digest(page) == pages.digest(other)
    assert pages.digest(page) != pages.digest(page.replace(b"Words", b"Others"))
    assert (pages.sheets(page), pages.sheets(other)) == (["/a.css"], ["/b.css"])
    assert pages.sheets(b"<link href=/c.css rel=stylesheet><link rel='icon' href='/i'>") == [
        "/c.css"
    ]
    shown = pages.with_script(page, is_broken=True)
    assert shown.index(b"live.js") < shown.index(b"</head>")
    assert shown.index(b'<body class="x"><noscript>') > 0
    assert b"live.js" in pages.with_script(b"no tags at all", is_broken=False)
