"""The search page in a real browser, against a real build: what is found, in what order, what is
fetched for it and when; and what one comment changes of the index."""

from __future__ import annotations

import json
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import TypeAlias

import pytest
from builds import build, tree
from conftest import CHROMIUM, SiteFolder, make_comment
from playwright.sync_api import Browser, Page, Route, expect
from search.settings import check_settings
from starlette.responses import PlainTextResponse

from rejoinder.errors import SiteError
from rejoinder.preview import Preview
from rejoinder.replies.server import DeskServer

browser_only = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium")

SOME = ["alpha", "beta", "gamma", "delta", "zeta", "theta", "kappa", "lambda", "sigma", "omega"]
Texts: TypeAlias = "dict[str, tuple[str, str, list[str]]]"
"""Title, text and comments of posts, by slug."""

RANKED = 30
"""Posts that hold words of these by chance."""

LONG = "Far from it. " * 40 + "Here a lighthouse keeper writes a memo. " + "And on it goes. " * 40


def fill(site: SiteFolder) -> Texts:
    """Write the site's posts; title, text and comments of those that are to be ranked, by slug."""
    site.post("write-the-memo", LONG, Tags="harbour", Date="2026-02-10 08:00:00+00:00")
    site.post("markup", "<em>Script</em> &lt;img src=x onerror=alert(1)&gt; pebble.",
              Title="A <em>pebble</em> & more")  # fmt: skip
    site.post("letters", "Die Straße, naïve, 東京都へ行く, Nora’s ΟΔΟΣ, สวัสดี, don’t.")
    site.post("hidden", "A secret pebble.", Status="hidden")
    site.post("draft", "A secret pebble.", Status="draft")
    site.page("about", "A page about the lighthouse.")
    said = replace(make_comment(1, author="Nora Veldt"), body="Only **marmalade** is said here.")
    removed = replace(make_comment(2, kind="removed"), body="Withdrawn secret.")
    site.comments(said, removed, thread="write-the-memo")
    chance = random.Random(7)
    texts = {}
    for number in range(RANKED):
        slug = f"ranked-{number}"
        title = f"{chance.choice(SOME)} number{number}"
        body = " ".join(chance.choices(SOME, k=chance.randint(5, 60)) + ["filler"] * (number * 20))
        comments = [" ".join(chance.choices(SOME, k=chance.randint(1, 30)))
                    for _ in range(chance.randint(0, 4))]  # fmt: skip
        site.post(slug, body, Title=title, Tags="ranked")
        for at, words in enumerate(comments):
            one = make_comment(100 + number * 10 + at, author="Bo", body=words)
            site.comments(one, thread=slug)
        texts[slug] = title, body, comments
    return texts


@pytest.fixture(scope="module")
def searched(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[SiteFolder, Texts]:
    """A built site, and what is to be ranked."""
    site = SiteFolder(tmp_path_factory.mktemp("search") / "site")
    site.content.mkdir(parents=True)
    (site.content / "site.toml").write_text(
        'title = "A site"\nurl = "https://blog.example"\nauthor = "Ada"\n', "utf-8"
    )
    texts = fill(site)
    return site.build(), texts


@pytest.fixture(scope="module")
def address(searched: tuple[SiteFolder, object]) -> Iterator[str]:
    site = searched[0]
    preview = Preview(site.output, site.content, PlainTextResponse("no desk", 404))
    with DeskServer(0).run(preview) as server:
        yield f"{server.address}/"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page under the strictest policy that the site's pages can have; nothing it says is lost."""
    context = browser.new_context()
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda one: problems.append(one.text) if one.type == "error" else None)

    def restrict(route: Route) -> None:
        answer = route.fetch()
        policy = {"Content-Security-Policy": "default-src 'self'"}
        route.fulfill(response=answer, headers={**answer.headers, **policy})

    page.route(re.compile(r"/search/(\?.*)?$"), restrict)
    yield page
    context.close()
    assert problems == []


def search(page: Page, address: str, words: str) -> list[str]:
    """Search from the address; the titles that are found, all of them."""
    page.goto(f"{address}search/")
    page.get_by_role("searchbox").fill(words)
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("status")).not_to_be_empty()
    more = page.locator("#search-more")
    while more.is_visible():
        shown = page.locator("#search-found > li").count()
        more.click()
        page.wait_for_function(
            "n => document.querySelectorAll('#search-found > li').length > n", arg=shown
        )
    return page.locator("#search-found h2").all_inner_texts()


@browser_only
@pytest.mark.browser
def test_a_reader_finds_a_post_and_a_comment(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(address)))
    page.goto(address)
    field = page.get_by_role("searchbox")
    assert not [url for url in asked if "search" in url]  # nothing of it before it is used
    field.fill("memo lighthouse")
    field.press("Enter")
    page.wait_for_url("**/search/?q=memo+lighthouse")
    expect(page.get_by_role("status")).to_have_text("Found in 1 post.")
    hit = page.locator("#search-found > li")
    assert hit.locator("h2 a").get_attribute("href") == f"{address}write-the-memo/"
    assert hit.locator(".facts").inner_text() == "February 10, 2026"
    assert "Here a lighthouse keeper writes a memo." in hit.inner_text()
    assert set(hit.locator("mark").all_inner_texts()) == {"lighthouse", "memo"}
    assert len(hit.inner_text()) < 400
    field = page.get_by_role("searchbox")
    field.fill("marmalade")  # and nothing pressed: it searches as one types
    expect(page.locator("#search-found li li")).to_have_count(1)
    comment = page.locator("#search-found li li")
    assert comment.inner_text().startswith("Nora Veldt, March 1, 2026")
    assert comment.locator("mark").all_inner_texts() == ["marmalade"]
    assert page.url == f"{address}search/?q=marmalade"
    comment.locator("a").click()
    page.wait_for_url("**/write-the-memo/#comment-*")
    assert "marmalade" in page.locator(":target").inner_text()
    assert all(not re.match(r"[a-z]+:", url) for url in asked)  # nobody else was asked


@browser_only
@pytest.mark.browser
@pytest.mark.parametrize("words", [
    "strasse", "STRASSE", "naive", "京都", "東京都", "nora", "οδοσ", "สวัส", "dont", "number3",
    "harbour",
])  # fmt: skip
def test_words_are_found_however_they_are_written(page: Page, address: str, words: str) -> None:
    found = search(page, address, words)
    if words == "number3":
        assert found[0].endswith("number3")
        assert len(found) == 1
    elif words == "harbour":  # a tag
        assert found == ["Write the memo"]
    else:
        assert found[0] == "Letters"


@browser_only
@pytest.mark.browser
def test_beginnings_plurals_and_slips_are_found(page: Page, address: str) -> None:
    for words in ("marm", "marmalades", "marmelade", "marmaladde"):
        assert search(page, address, words) == ["Write the memo"], words


@browser_only
@pytest.mark.browser
def test_what_is_found_is_text_and_what_is_not_public_isnt_found(page: Page, address: str) -> None:
    assert search(page, address, "pebble") == ["A pebble & more"]
    assert "<img src=x onerror=alert(1)>" in page.locator("#search-found").inner_text()
    assert search(page, address, "secret") == []
    expect(page.get_by_role("status")).to_have_text("Nothing was found for “secret”.")
    expect(page.locator("#search-nothing a")).to_have_attribute("href", re.compile("archives/$"))
    assert search(page, address, "pebble marmalade") != []
    expect(page.get_by_role("status")).to_have_text(
        "No post has all of these words; 2 posts with some of them."
    )


@browser_only
@pytest.mark.browser
def test_keys_alone_are_enough(page: Page, address: str) -> None:
    page.goto(f"{address}search/?q=filler")
    expect(page.get_by_role("status")).to_have_text(f"Found in {RANKED - 1} posts.")
    expect(page.locator("#search-found > li")).to_have_count(8)
    page.get_by_role("searchbox").press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#search-found h2 a").nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.locator("#search-more").press("Enter")
    expect(page.locator("#search-found h2 a").nth(8)).to_be_focused()


@browser_only
@pytest.mark.browser
def test_without_a_script_the_page_says_where_else_to_look(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.get_by_role("searchbox").fill("memo")
    page.get_by_role("searchbox").press("Enter")
    page.wait_for_url("**/search/?q=memo")
    expect(page.locator("#search-unready")).to_contain_text("Searching needs a script")
    expect(page.locator("#search-unready a").first).to_have_attribute(
        "href", re.compile("archives/$")
    )
    context.close()


# -- ranking, beside a slow and obvious one


def bm25(texts: Texts, others: int, words: list[str]) -> dict[str, float]:
    """What each text scores for these words, by the definition."""

    def often(word: str, text: str, counts: float, b: float, typical: int) -> float:
        each = text.lower().split()
        return counts * Counter(each)[word] / (1 - b + b * len(each) / typical)

    def frequency(word: str, title: str, body: str, comments: list[str]) -> float:
        own = often(word, title, 4.0, 0.3, 6) + often(word, body, 1.0, 0.75, 600)
        said = sum(often(word, f"bo {one}", 0.5, 0.75, 75) for one in comments)
        return own + min(2.0, said)

    scores = {slug: 0.0 for slug, text in texts.items()
              if all(frequency(word, *text) for word in words)}  # fmt: skip
    for word in words:
        holding = sum(1 for text in texts.values() if frequency(word, *text))
        posts = len(texts) + others
        rarity = math.log(1 + (posts - holding + 0.5) / (holding + 0.5))
        for slug in scores:
            tf = frequency(word, *texts[slug])
            scores[slug] += rarity * tf * 2.2 / (tf + 1.2)
    return scores


@browser_only
@pytest.mark.browser
@pytest.mark.parametrize("words", ["alpha", "omega kappa", "beta gamma delta", "zeta zeta sigma"])
def test_the_order_is_that_of_bm25(
    page: Page, address: str, searched: tuple[SiteFolder, Texts],
    words: str,
) -> None:  # fmt: skip
    texts = searched[1]
    about = json.loads(searched[0].read("search/index.json"))
    asked = sorted(set(words.split()))
    expected = bm25(texts, about["posts"] - len(texts), asked)
    slugs = {title: slug for slug, (title, _, _) in texts.items()}
    order = [expected[slugs[title]] for title in search(page, address, words)]
    assert len(order) == len(expected) > 5
    assert all(before >= after * 0.98 for before, after in pairwise(order))


# -- what a build writes


def test_one_comment_changes_two_files_of_the_index(make_site: Callable[..., SiteFolder]) -> None:
    site = make_site()
    for number in range(6):
        site.post(f"post-{number}", f"Words of {number}, many of them.")
    site.comments(make_comment(1), thread="post-1")
    build(site.content, site.output)
    before = tree(site.output)
    site.comments(make_comment(2), thread="post-1")
    said = build(site.content, site.output)
    after = tree(site.output)
    index = {path for path in before if path.startswith("search/")}
    changed = {path for path in index if before[path] != after[path]}
    assert changed == {"search/fresh.json", "search/posts/1.json"}
    assert said is not None
    made = {line.strip() for line in said if "search/" in line}
    assert made == changed


def test_an_empty_address_switches_it_off(site: SiteFolder) -> None:
    site.post("first")
    assert build(site.content, site.output, SEARCH_URL="") is not None
    files = tree(site.output)
    assert not [path for path in files if "search" in path]
    assert b'role="search"' not in files["index.html"]


@pytest.mark.parametrize("url", ["/search/", "search"])
def test_an_address_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(SiteError, match="SEARCH_URL"):
        check_settings(SimpleNamespace(settings={"SEARCH_URL": url}))
