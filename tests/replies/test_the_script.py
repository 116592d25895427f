"""The reply form's script in a real browser, with a small desk that can be told to fail."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from conftest import CHROMIUM, SiteFolder, make_comment, number_id
from playwright.sync_api import Browser, Locator, Page, expect
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

in_browser = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium"),
    pytest.mark.browser,
]


@dataclass
class FakeDesk:
    """A site's folder and a desk on one origin. It does what `do` says: "keep", "hang", "wait",
    or answers with `errors` and that status."""

    output: Path
    csp: str = "default-src 'self'"
    do: str | int = "keep"
    errors: dict[str, str] = field(default_factory=dict)
    state: str = "pending"
    has_stamps: bool = True
    stamps: int = 0
    sent: list[dict[str, str]] = field(default_factory=list)
    replies: dict[str, dict[str, str]] = field(default_factory=dict)
    address: str = ""

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/reply", self.reply, methods=["POST"]),
                Route("/reply/preview", self.preview, methods=["POST"]),
                Route("/reply/stamp", self.stamp),
                Route("/reply/status/{key}", self.status),
                Mount("/", StaticFiles(directory=self.output, html=True)),
            ],
            middleware=[
                Middleware(
                    CORSMiddleware,
                    allow_origins=["*"],
                    allow_methods=["*"],
                    allow_headers=["content-type"],
                )
            ],
        )

    async def guarded(self, scope: Any, receive: Any, send: Any) -> None:
        """The app, with a policy for the content of each page."""

        async def with_policy(message: Any) -> None:
            if message["type"] == "http.response.start" and self.csp:
                policy = (b"content-security-policy", self.csp.encode())
                message = {**message, "headers": [*message["headers"], policy]}
            await send(message)

        await self._app(scope, receive, with_policy)

    async def reply(self, request: Request) -> Response:
        if request.headers["content-type"] != "application/json":
            form = (await request.body()).decode()
            return HTMLResponse(f"<h1>Plain form</h1><p>{'key=' in form}</p>")
        fields = await request.json()
        self.sent.append(fields)
        do = self.do
        if do == "hang":
            await asyncio.sleep(60)
        if do == "wait":
            await asyncio.sleep(0.4)
        if isinstance(do, int):
            return JSONResponse({"errors": self.errors}, do)
        self.replies[fields["key"]] = fields
        return JSONResponse(self.told(fields["key"]), 201)

    def told(self, key: str) -> dict[str, str]:
        """What its writer is told of a reply."""
        fields = self.replies[key]
        return {
            "id": "20260301T090000Z-mine", "status": f"/reply/status/{key}", "state": self.state,
            "html": f"<p>{fields['text']}</p>", "name": fields["name"],
            "in_reply_to": fields["in_reply_to"],
        }  # fmt: skip

    async def preview(self, request: Request) -> Response:
        if self.do == 503:
            return HTMLResponse("<p>no</p>", 503)
        return JSONResponse({"html": f"<p><em>{(await request.json())['text']}</em></p>"})

    async def stamp(self, request: Request) -> Response:
        if not self.has_stamps:
            return HTMLResponse("<p>no</p>", 500)
        self.stamps += 1
        return JSONResponse({"stamp": f"stamp-{self.stamps}"})

    async def status(self, request: Request) -> Response:
        if "json" in request.headers["accept"]:
            key = request.path_params["key"]
            return JSONResponse(self.told(key) if key in self.replies else {},
                                200 if key in self.replies else 404)  # fmt: skip
        return HTMLResponse("<title>Your reply</title><h1>Your reply waits</h1>")

    @contextmanager
    def serving(self) -> Iterator[FakeDesk]:
        """Answer on a port of its own."""
        self._app = self.app()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
            config = uvicorn.Config(
                self.guarded, interface="asgi3", log_level="critical", lifespan="off", ws="none",
                timeout_graceful_shutdown=0,
            )  # fmt: skip
            server = uvicorn.Server(config)
            thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
            thread.start()
            try:
                while not server.started:
                    time.sleep(0.01)
                yield self
            finally:
                server.should_exit = True
                thread.join(10)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which no error of a script goes unseen."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(8000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def site(site: SiteFolder) -> SiteFolder:
    site.post()
    site.comments(make_comment(1, author="Bo & <i>Co</i>"), make_comment(2, 1), make_comment(3))
    return site


@pytest.fixture
def desk(site: SiteFolder) -> Iterator[FakeDesk]:
    site.build()
    with FakeDesk(site.output).serving() as desk:
        yield desk


def comment_id(number: int) -> str:
    return f"comment-{number_id(number)}"


def comment(page: Page, number: int) -> Locator:
    return page.locator(f"#{comment_id(number)}")


def reply_to(page: Page, name: str) -> Locator:
    return page.get_by_role("link", name=f"Reply to {name}", exact=True)


def write(page: Page, text: str = "My words.", name: str = "Cy") -> None:
    page.get_by_label("Your words").fill(text)
    page.get_by_label("Name", exact=True).fill(name)


def send(page: Page) -> None:
    page.get_by_role("button", name="Send your reply").click()


def drafts(page: Page) -> list[str]:
    return page.evaluate("Object.entries(localStorage).flat().filter(s => s.includes('key'))")


def axe(page: Page) -> list[Any]:
    found = Axe().run(page).response["violations"]
    return [(v["id"], [n["target"] for n in v["nodes"]]) for v in found]


def mark(test: Callable[..., None]) -> Callable[..., None]:
    for one in in_browser:
        test = one(test)
    return test


def test_the_script_is_small_and_only_where_a_discussion_is(site: SiteFolder) -> None:
    site.post("closed", Comments="closed")
    site.comments(make_comment(4), thread="closed")
    site.post("silent", Comments="closed")
    site.build()
    sizes = [(site.output / "theme" / name).stat().st_size
             for name in ("discussion.js", "replies.js")]  # fmt: skip
    assert sizes[0] < 4 * 1000
    assert sum(sizes) < 10 * 1000
    linked = set()
    for path in site.output.rglob("*.html"):
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for script in page.select("script"):
            assert script.get("src") or script["type"] == "application/ld+json"
        assert not [tag for tag in page.select("*") if any(a.startswith("on") for a in tag.attrs)]
        if page.select('script[src^="/theme/discussion."]'):
            linked.add(path.relative_to(site.output).as_posix())
    assert linked == {"first/index.html", "closed/index.html"}


def test_a_site_that_takes_no_replies_has_no_script(site: SiteFolder) -> None:
    site.build(COMMENTS_REPLY_URL="")
    assert not list((site.output / "theme").glob("*s.js"))
    assert "/theme/discussion" not in site.read("first/index.html")


@mark
def test_the_form_goes_where_it_is_called_and_home_again(page: Page, desk: FakeDesk) -> None:
    page.goto(f"{desk.address}/first/")
    form, text = page.locator("#respond"), page.get_by_label("Your words")
    where = page.url
    assert not page.get_by_role("button", name="Cancel").is_visible()
    reply_to(page, "Bo & <i>Co</i>").click()
    expect(comment(page, 1).locator("#respond")).to_have_count(1)
    assert page.url == where
    assert page.locator("#respond").count() == 1
    expect(page.get_by_role("heading", name="Reply to Bo & <i>Co</i>")).to_be_visible()
    expect(text).to_be_focused()
    expect(page.locator("[name=in_reply_to]")).to_have_value(number_id(1))
    expect(page.locator("#comments > [role=status]")).to_have_text(
        "Reply to Bo & <i>Co</i>. Escape cancels."
    )
    assert axe(page) == []
    # Another comment takes it; what was typed goes with it.
    text.fill("Half a thought")
    reply_to(page, "Reader 2").click()
    assert comment(page, 2).locator("#respond").count() == 1
    expect(text).to_have_value("Half a thought")
    page.keyboard.press("Escape")
    assert form.evaluate("e => e.parentNode.id") == "comments"
    expect(reply_to(page, "Reader 2")).to_be_focused()
    expect(page.get_by_role("heading", name="Leave a reply")).to_be_visible()
    expect(page.locator("[name=in_reply_to]")).to_have_value("")
    # The same with the keyboard alone.
    page.keyboard.press("Enter")
    expect(text).to_be_focused()
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    assert form.evaluate("e => e.parentNode.id") == "comments"
    expect(text).to_have_value("Half a thought")
    # A new tab is still a new tab: the link itself is left alone.
    link = reply_to(page, "Reader 3")
    link.evaluate("e => e.addEventListener('click', v => { window.left = !v.defaultPrevented; })")
    with page.context.expect_page():
        link.click(modifiers=["ControlOrMeta"])
    assert comment(page, 3).locator("#respond").count() == 0


@mark
def test_the_forms_own_script_comes_when_it_is_needed(page: Page, desk: FakeDesk) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{desk.address}/first/", wait_until="networkidle")
    assert len(asked) == 3  # the page, its stylesheet, one script
    text = page.get_by_label("Your words")
    text.press_sequentially("Typed while it comes")
    page.get_by_role("button", name="Cancel", include_hidden=True).wait_for(state="attached")
    expect(text).to_have_value("Typed while it comes")
    assert len([url for url in asked if "/theme/replies." in url]) == 1
    page.evaluate("localStorage.clear()")
    # Where it can't be had, links and the form lead to the desk.
    page.route("**/theme/replies.*", lambda route: route.abort())
    page.goto(f"{desk.address}/first/")
    reply_to(page, "Reader 3").click()
    page.wait_for_url(f"**/reply?thread=first&to={number_id(3)}")
    page.goto(f"{desk.address}/first/")
    write(page)
    send(page)
    expect(page.get_by_role("heading", name="Plain form")).to_be_visible()


@mark
def test_a_preview(page: Page, desk: FakeDesk) -> None:
    page.goto(f"{desk.address}/first/")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("alert")).to_have_text("There are no words in it yet.")
    write(page, "Soon to be said")
    preview = page.get_by_role("region", name="Preview")
    for _ in range(2):
        page.get_by_role("button", name="Preview").click()
        expect(preview.locator("em")).to_have_text("Soon to be said")
    assert preview.count() == 1
    assert axe(page) == []
    desk.do = 503
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("alert")).to_have_text("There is no preview just now.")
    assert desk.sent == []


@mark
def test_a_reply_is_thanked_for_and_shown_where_it_will_stand(page: Page, desk: FakeDesk) -> None:
    page.goto(f"{desk.address}/first/")
    assert desk.stamps == 0
    reply_to(page, "Bo & <i>Co</i>").click()
    write(page, "Mine *own*")
    page.get_by_label("Email never published").fill("cy@example.org")
    page.get_by_label("Tell me of answers").check()
    expect(page.locator("[name=stamp]")).to_have_value("stamp-1")
    send(page)
    thanks = page.get_by_role("heading", name="Thank you")
    expect(thanks).to_be_focused()
    assert comment(page, 1).get_by_role("heading", name="Thank you").count() == 1
    assert not page.locator("#respond").is_visible()
    (sent,) = desk.sent
    assert re.fullmatch(r"\d+(-\d+){3}", sent.pop("key"))
    assert sent == {
        "thread": "first", "in_reply_to": number_id(1), "text": "Mine *own*", "name": "Cy",
        "email": "cy@example.org", "url": "", "website2": "", "notify": "yes", "stamp": "stamp-1",
    }  # fmt: skip
    assert desk.stamps == 1
    mine = page.locator("li.mine")
    expect(mine).to_contain_text("waits for the author")
    expect(mine.locator(".words")).to_have_text("Mine *own*")
    # After what answered before, in the same list.
    above = page.locator("ol.thread > li").first.locator(":scope > .branch > .replies > li")
    assert above.count() == 2
    assert above.nth(1).get_attribute("class") == "mine"
    assert drafts(page) == []
    assert axe(page) == []
    # Another one, at the top level, has another key.
    page.get_by_role("button", name="Write another reply").click()
    expect(page.get_by_label("Your words")).to_be_focused()
    expect(page.get_by_label("Your words")).to_have_value("")
    desk.state = "approved"
    write(page, "And this")
    send(page)
    expect(page.locator("ol.thread > li").last).to_contain_text("published just now")
    assert len(desk.replies) == 2
    reply_to(page, "Reader 3").click()
    expect(page.get_by_label("Your words")).to_be_focused()
    assert page.get_by_role("heading", name="Thank you").count() == 0
    page.keyboard.press("Escape")
    write(page, "Three")
    send(page)
    page.get_by_role("link", name="Change or withdraw it").click()
    expect(page).to_have_title("Your reply")


@mark
def test_the_newest_come_first_and_deep_threads_go_flat(page: Page, site: SiteFolder) -> None:
    site.build(COMMENTS_ORDER="newest", COMMENTS_MAX_DEPTH=2)
    with FakeDesk(site.output).serving() as desk:
        page.goto(f"{desk.address}/first/")
        write(page, "First of all")
        send(page)
        expect(page.locator("ol.thread > li").first).to_have_class("mine")
        reply_to(page, "Reader 2").click()
        write(page, "Flat")
        send(page)
        expect(page.locator("ol.replies > li").last).to_contain_text("Flat")
        assert page.locator("ol.replies ol.replies").count() == 0


@mark
def test_what_another_page_shows_is_shown_with_the_thanks(page: Page, site: SiteFolder) -> None:
    site.build(COMMENTS_PAGE_SIZE=1)
    with FakeDesk(site.output).serving() as desk:
        page.goto(f"{desk.address}/first/")
        write(page, "Elsewhere")
        send(page)
        expect(page.locator(".thanks li.mine")).to_contain_text("Elsewhere")
        page.goto(f"{desk.address}/first/comments/2/")
        write(page, "Here")
        send(page)
        expect(page.locator("#comments > ol.thread > li").last).to_contain_text("Here")


@mark
def test_what_is_wrong_stands_beside_its_field(page: Page, desk: FakeDesk) -> None:
    desk.do = 422
    desk.errors = {
        "thread": "This discussion is closed.",
        "email": "This is no e-mail address.",
        "text": "There is too much of it.",
        "website2": "Who are you?",
    }
    page.goto(f"{desk.address}/first/")
    write(page)
    send(page)
    text, email = page.get_by_label("Your words"), page.get_by_label("Email never published")
    expect(text).to_be_focused()
    expect(text).to_have_attribute("aria-invalid", "true")
    expect(text).to_have_accessible_description(
        re.compile("There is too much of it. The author reads every reply")
    )
    expect(email).to_have_accessible_description("This is no e-mail address.")
    assert email.get_attribute("aria-invalid") == "true"
    above = page.locator("div[role=alert]")
    expect(above).to_contain_text("This discussion is closed.")
    expect(above).to_contain_text("Who are you?")
    assert page.get_by_role("alert").count() == 3
    assert axe(page) == []
    # Mending a field takes its message away; sending again takes them all.
    text.press_sequentially("!")
    expect(text).to_have_attribute("aria-invalid", "false")
    expect(page.get_by_text("There is too much of it.")).to_have_count(0)
    desk.errors = {"name": "Please say what to call you."}
    send(page)
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    assert page.get_by_role("alert").count() == 1
    desk.do = "keep"
    send(page)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert len({sent["key"] for sent in desk.sent}) == 1


@mark
def test_words_that_are_too_long_are_not_cut(page: Page, desk: FakeDesk) -> None:
    """The browser would cut what is pasted, and say nothing; the desk says how much it is."""
    page.goto(f"{desk.address}/first/")
    words = page.get_by_label("Your words")
    words.focus()
    page.keyboard.insert_text("y" * 70_000)
    page.get_by_label("Name").fill("Cy")
    send(page)
    page.get_by_text("waits for the author").first.wait_for()
    assert len(desk.sent[-1]["text"]) == 70_000


@mark
def test_an_old_stamp_is_renewed(page: Page, desk: FakeDesk) -> None:
    page.goto(f"{desk.address}/first/")
    stale = "This form was open for too long. Your words are here: send them again."
    desk.do, desk.errors = 422, {"stamp": stale}
    write(page)
    expect(page.locator("[name=stamp]")).to_have_value("stamp-1")
    send(page)
    expect(page.get_by_role("alert")).to_have_text(stale)
    desk.do = "keep"
    send(page)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert [sent["stamp"] for sent in desk.sent] == ["stamp-1", "stamp-2"]


@mark
def test_without_a_stamp_it_is_sent_all_the_same(page: Page, desk: FakeDesk) -> None:
    desk.has_stamps = False
    page.goto(f"{desk.address}/first/")
    write(page)
    send(page)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert desk.sent[0]["stamp"] == ""


@mark
def test_a_desk_that_fails_loses_no_words(page: Page, desk: FakeDesk) -> None:
    page.goto(f"{desk.address}/first/")
    reply_to(page, "Reader 2").click()
    write(page, "Hard to say")
    desk.do = 503
    send(page)
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_focused()
    said = page.get_by_role("alert")
    expect(said).to_contain_text("could not be sent. Your words are kept in this browser.")
    assert axe(page) == []
    # The line is cut.
    page.route("**/reply", lambda route: route.abort())
    again.click()
    expect(again).to_be_focused()
    page.unroute("**/reply")
    # The words are there in another visit, too, with the comment that they answer.
    page.goto(f"{desk.address}/")
    page.goto(f"{desk.address}/first/")
    expect(page.get_by_label("Your words")).to_have_value("Hard to say")
    assert comment(page, 2).locator("#respond").count() == 1
    expect(page.get_by_text("Your draft was kept in this browser.")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("")
    desk.do = "keep"
    write(page, "Hard to say")
    send(page)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert [sent["in_reply_to"] for sent in desk.sent] == [number_id(2)] * 2
    assert len({sent["key"] for sent in desk.sent}) == 1
    page.goto(f"{desk.address}/first/")
    expect(page.get_by_label("Your words")).to_have_value("")
    expect(page.get_by_text("Your draft was kept in this browser.")).to_have_count(0)


@mark
def test_a_desk_that_never_answers_is_given_up(page: Page, desk: FakeDesk) -> None:
    desk.do = "hang"
    page.clock.install()
    page.goto(f"{desk.address}/first/")
    write(page)
    send(page)
    expect(page.get_by_role("button", name="Sending…")).to_be_disabled()
    page.clock.fast_forward(14_000)
    expect(page.get_by_role("button", name="Sending…")).to_be_disabled()
    page.clock.fast_forward(2_000)
    expect(page.get_by_role("alert")).to_contain_text("could not be sent")
    expect(page.get_by_label("Your words")).to_have_value("My words.")
    expect(page.get_by_label("Your words")).to_be_editable()


@mark
def test_a_double_click_sends_once(page: Page, desk: FakeDesk) -> None:
    desk.do = "wait"
    page.goto(f"{desk.address}/first/")
    write(page)
    page.get_by_role("button", name="Send your reply").dblclick()
    page.get_by_label("Name", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert len(desk.sent) == 1


@mark
def test_who_wants_to_be_remembered_is(page: Page, desk: FakeDesk) -> None:
    page.goto(f"{desk.address}/first/")
    write(page, name="Cy Reader")
    until = time.monotonic() + 5
    while not drafts(page):
        assert time.monotonic() < until
    assert "Cy Reader" not in page.evaluate("JSON.stringify(localStorage)")
    page.get_by_label("Remember me").check()
    page.get_by_label("Your site").fill("https://cy.example/")
    send(page)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.goto(f"{desk.address}/first/")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Cy Reader")
    expect(page.get_by_label("Your site")).to_have_value("https://cy.example/")
    page.get_by_label("Remember me").uncheck()
    assert "Cy Reader" not in page.evaluate("JSON.stringify(localStorage)")
    page.goto(f"{desk.address}/first/")
    expect(page.get_by_label("Name", exact=True)).to_have_value("")


@mark
@pytest.mark.parametrize(
    "broken",
    [
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } });",
        "Storage.prototype.setItem = () => { throw new Error('full'); };",
        "window.localStorage.setItem('reply x', '{'); Storage.prototype.getItem = () => '{';",
    ],
)
def test_a_browser_that_keeps_nothing(page: Page, desk: FakeDesk, broken: str) -> None:
    page.add_init_script(broken)
    page.goto(f"{desk.address}/first/")
    page.get_by_label("Remember me").check()
    write(page)
    desk.do = 503
    send(page)
    expect(page.get_by_role("alert")).to_contain_text(
        "kept in this browser" if "getItem" in broken else "still in the form"
    )
    desk.do = "keep"
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert len({sent["key"] for sent in desk.sent}) == 1


@mark
def test_two_tabs_say_two_things(page: Page, desk: FakeDesk) -> None:
    page.goto(f"{desk.address}/first/")
    write(page, "Begun")
    until = time.monotonic() + 5
    while not drafts(page):
        assert time.monotonic() < until
    other = page.context.new_page()
    other.goto(f"{desk.address}/first/")
    write(other, "Begun, and ended")
    send(other)
    expect(other.get_by_role("heading", name="Thank you")).to_be_visible()
    write(page, "Something else")
    send(page)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert len(desk.replies) == 2


@mark
def test_a_desk_of_another_origin(page: Page, desk: FakeDesk, site: SiteFolder) -> None:
    site.build(COMMENTS_REPLY_URL=f"{desk.address}/reply")
    with FakeDesk(site.output, csp="").serving() as host:
        page.goto(f"{host.address}/first/")
        write(page)
        send(page)
        link = page.get_by_role("link", name="Change or withdraw it")
        assert str(link.get_attribute("href")).startswith(f"{desk.address}/reply/status/")
        # A policy that forbids the script to ask there leaves the form's own way.
        host.csp = "default-src 'self'"
        page.goto(f"{host.address}/first/")
        write(page)
        send(page)
        page.get_by_role("button", name="Send as a plain form").click()
        expect(page.get_by_role("heading", name="Plain form")).to_be_visible()
        assert page.url == f"{desk.address}/reply"
        assert page.get_by_text("True").is_visible()


@mark
def test_what_is_new_since_the_last_visit_is_marked_and_found(
    site: SiteFolder, desk: FakeDesk, page: Page
) -> None:
    page.goto(f"{desk.address}/first/")
    expect(page.get_by_text("since your last visit")).to_have_count(0)
    page.locator("#comments").scroll_into_view_if_needed()
    page.wait_for_function("Object.keys(localStorage).some(key => key.startsWith('seen'))")
    site.comments(make_comment(4, 2, author="Dora"), make_comment(5, author="Eli"))
    site.build()
    page.reload()
    expect(page.get_by_text("2 new since your last visit")).to_be_visible()
    expect(page.locator(".comment .new")).to_have_count(2)
    assert axe(page) == []
    page.locator(".branch > summary").first.click()
    expect(comment(page, 4)).to_be_hidden()
    page.get_by_role("button", name="Next new").click()
    expect(comment(page, 4)).to_be_focused()  # its branch opens
    page.keyboard.press("n")
    expect(comment(page, 5)).to_be_focused()
    page.keyboard.press("n")
    expect(comment(page, 4)).to_be_focused()
    page.get_by_label("Your words").press("n")
    expect(page.get_by_label("Your words")).to_have_value("n")
    page.reload()
    expect(page.get_by_text("since your last visit")).to_have_count(0)


def select(page: Page, words: Locator) -> None:
    """Select all words of a comment, as a reader does."""
    words.evaluate("e => getSelection().selectAllChildren(e)")


@mark
def test_selected_words_are_quoted(page: Page, site: SiteFolder) -> None:
    site.comments(make_comment(4, body="One *line*.\n\nAnother."))
    site.build()
    with FakeDesk(site.output).serving() as desk:
        page.goto(f"{desk.address}/first/")
        text, link = page.get_by_label("Your words"), reply_to(page, "Reader 4")
        select(page, comment(page, 4).locator(".words"))
        expect(link).to_have_text("Reply, and quote this")
        link.click()
        expect(text).to_have_value("> One line.\n>\n> Another.\n\n")
        expect(link).to_have_text("Reply")
        expect(text).to_be_focused()
        # After what was written, with the keyboard as well.
        text.press_sequentially("So far.")
        select(page, comment(page, 3).locator(".words"))
        reply_to(page, "Reader 3").focus()
        page.keyboard.press("Enter")
        expect(text).to_have_value(
            "> One line.\n>\n> Another.\n\nSo far.\n\n> Words of comment 3.\n\n"
        )
        # Words of another comment are none of the one that is answered.
        text.fill("")
        select(page, comment(page, 4).locator(".words"))
        reply_to(page, "Reader 3").click()
        expect(text).to_have_value("")


@mark
def test_the_order_changes_in_place_and_is_kept(page: Page, site: SiteFolder) -> None:
    site.post("other")
    site.comments(make_comment(4), make_comment(5, 4), make_comment(6, 4), make_comment(7, 6))
    site.comments(*(make_comment(n) for n in range(3)), thread="other")
    site.build(COMMENTS_TWO_ORDERS=2)
    with FakeDesk(site.output).serving() as desk:
        page.goto(f"{desk.address}/first/")
        ways, tops = page.locator(".ways"), page.locator("ol.thread > li > article")

        def shown() -> list[str]:
            return [str(one.get_attribute("id"))[-1] for one in tops.all()]

        assert shown() == ["1", "3", "4"]
        for name, order in (("Newest first", "431"), ("Most answered", "413")):
            ways.get_by_role("link", name=name).click()
            assert "".join(shown()) == order
            expect(ways.locator("[aria-current]")).to_have_text(name)
        assert axe(page) == []
        assert page.url == f"{desk.address}/first/"
        page.reload()
        assert shown() == ["4", "1", "3"]
        ways.get_by_role("link", name="Newest first").press("Enter")
        page.goto(f"{desk.address}/other/#{comment_id(0)}")
        assert shown() == ["2", "1", "0"]
        expect(comment(page, 0)).to_be_in_viewport()
        # From an answer to what it answers, and back.
        page.goto(f"{desk.address}/first/")
        comment(page, 7).locator(".to").click()
        expect(page.locator(":target")).to_have_id(comment_id(6))
        comment(page, 6).get_by_role("link", name="back to the answer").click()
        expect(page.locator(":target")).to_have_id(comment_id(7))
    site.build(COMMENTS_TWO_ORDERS=2, COMMENTS_PAGE_SIZE=2)
    with FakeDesk(site.output).serving() as desk:
        page.goto(f"{desk.address}/first/")
        page.get_by_role("link", name="Newest first").click()
        page.wait_for_url("**/first/comments/newest/#comments")


@mark
def test_ones_own_reply_stays_in_sight_until_it_is_on_the_page(
    page: Page, site: SiteFolder, desk: FakeDesk
) -> None:
    page.goto(f"{desk.address}/first/")
    reply_to(page, "Reader 3").click()
    write(page, "I wait.")
    send(page)
    mine = page.locator("li.mine")
    expect(mine).to_contain_text("waits for the author")
    (key,) = desk.replies
    desk.replies[key]["text"] = "I wait, and was changed."
    page.reload()
    expect(mine).to_contain_text("I wait, and was changed.")
    expect(mine.get_by_role("link")).to_have_attribute("href", f"{desk.address}/reply/status/{key}")
    above = page.locator("li", has=comment(page, 3))
    expect(above.locator("li.mine")).to_have_count(1)
    assert "I wait" not in page.evaluate("JSON.stringify(localStorage)")
    # Nobody else sees it.
    other = page.context.browser.new_page()
    other.goto(f"{desk.address}/first/", wait_until="networkidle")
    expect(other.locator("li.mine")).to_have_count(0)
    other.close()
    # It is published, then its page comes: it stands there once.
    desk.state = "approved"
    page.reload()
    expect(mine).to_contain_text("published just now")
    expect(mine).to_have_count(1)
    page.reload(wait_until="networkidle")
    expect(mine).to_have_count(0)
    for state in ("rejected", "gone"):
        write(page, "Not mine to say.")
        desk.state = "pending"
        send(page)
        expect(mine).to_have_count(1)
        desk.state = state
        if state == "gone":
            desk.replies.clear()
        page.reload(wait_until="networkidle")
        expect(mine).to_have_count(0)
    assert not page.evaluate("Object.keys(localStorage).some(key => key.startsWith('mine'))")


@mark
def test_branches_close_without_a_script_and_say_how_much_is_in_them(
    site: SiteFolder, browser: Browser
) -> None:
    site.comments(make_comment(4, 2), make_comment(5, 1))
    site.build()
    with FakeDesk(site.output).serving() as desk:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{desk.address}/first/")
        branches = page.locator(".branch > summary")
        expect(branches).to_have_text(["3 answers", "1 answer"])
        branches.first.focus()
        page.keyboard.press("Enter")
        expect(comment(page, 2)).to_be_hidden()
        expect(comment(page, 3)).to_be_visible()
        context.close()


@mark
def test_times_of_the_last_week_are_told_as_how_long_ago(site: SiteFolder, page: Page) -> None:
    now = datetime.now(UTC)
    site.comments(*(
        make_comment(number, date=now - ago, author="Now")
        for number, ago in ((6, timedelta(minutes=3)), (7, timedelta(hours=5)), (8, timedelta(2)))
    ))  # fmt: skip
    site.build()
    with FakeDesk(site.output).serving() as desk:
        page.goto(f"{desk.address}/first/")
        times = page.locator(".comment time")
        expect(times.filter(has_text="ago")).to_have_text(
            ["2 days ago", "5 hours ago", "3 minutes ago"]
        )
        assert str(now.year) in (times.filter(has_text="5 hours").get_attribute("title") or "")
        assert page.locator(".comment time[title]").count() == 3
