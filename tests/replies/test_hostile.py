"""Several thousand known XSS payloads, in every field, at every place where it can appear."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_string
from email.policy import default
from functools import partial
from urllib.parse import quote

import brs_kb.payloads
import pytest
import sqlalchemy as sa
from brs_kb.payloads.models import PayloadEntry
from conftest import CHROMIUM, SiteFolder, make_comment
from desks import NO_LIMITS, ask, settings, submit
from playwright.sync_api import Browser, ConsoleMessage, Page
from selectolax.lexbor import LexborHTMLParser

from rejoinder.comments.files import format_comment, parse_comment
from rejoinder.comments.model import Comment, make_id
from rejoinder.comments.render import render_body
from rejoinder.preview import Preview
from rejoinder.replies import intake
from rejoinder.replies.desk import Desk
from rejoinder.replies.desk import open_desk as desk_of
from rejoinder.replies.model import Decision, Reply, Status
from rejoinder.replies.queue import decision_row, row_of
from rejoinder.replies.schema import decisions, deliveries
from rejoinder.replies.schema import replies as rows
from rejoinder.replies.server import DeskServer
from rejoinder.replies.signing import Link
from rejoinder.replies.telling.deliveries import unpack
from rejoinder.replies.telling.letters import Go, Quote, Sender, Words, compose
from rejoinder.replies.web.app import make_app

# What can act, load or ask by itself; none of it may come from a reader.
ACTIVE = {
    "script", "iframe", "frame", "frameset", "object", "embed", "applet", "svg", "math", "style",
    "link", "meta", "base", "form", "input", "button", "textarea", "select", "img", "picture",
    "video", "audio", "source", "track", "marquee", "dialog", "portal", "template", "slot",
    "isindex", "keygen", "noscript", "title", "body", "html", "head", "area", "map", "canvas",
}  # fmt: skip
TOLD = '[mail]\nhost = "h"\nsender = "b@c.example"\n[webhook]\nurl = "https://h"\nsecret = "x"\n'
ADDRESSES = {"href", "src", "action", "formaction", "data", "poster", "cite", "xlink:href", "ping"}


def payloads() -> list[str]:
    """Every payload of the package, once, in a fixed order."""
    found: set[str] = set()
    for name in dir(brs_kb.payloads):
        held = getattr(brs_kb.payloads, name)
        rows = held.values() if isinstance(held, dict) else held if isinstance(held, list) else ()
        found |= {row.payload for row in rows if isinstance(row, PayloadEntry)}
    return sorted(found)


PAYLOADS = payloads()
SOME = PAYLOADS[::9]
_quoted = partial(quote, safe="", errors="surrogatepass")
MANY = ["\n\n".join(PAYLOADS[at : at + 20]) for at in range(0, len(PAYLOADS), 20)]


def active(html: str) -> Counter[str]:
    """What could act in a page, as a browser's parser sees it: elements, handlers, addresses."""
    found: Counter[str] = Counter()
    root = LexborHTMLParser(html).root
    assert root is not None
    for element in root.traverse(include_text=False):
        tag = element.tag
        if tag in ACTIVE or ":" in tag:
            found[f"<{tag}>"] += 1
        for name, value in element.attributes.items():
            plain = re.sub(r"[\x00-\x20\u00a0\u2028\u2029]", "", value or "").lower()
            if name.lower().startswith("on") or name == "style" or name == "srcdoc":
                found[f"{tag} {name}"] += 1
            scheme = re.match(r"[a-z0-9+.\-]*:", plain) if name in ADDRESSES else None
            if scheme and scheme[0] not in ("http:", "https:", "mailto:"):
                found[f"{tag} {name}={plain[:40]}"] += 1
    return found


def replies() -> Iterator[Reply]:
    """A reply for each payload, which is in each of its fields that takes it."""
    for number, payload in enumerate(PAYLOADS):
        form = {"thread": "first", "name": payload, "text": payload, "url": payload,
                "email": payload}  # fmt: skip
        for _ in range(3):  # what is refused is left out, and the rest is sent
            said, wrong = intake.read(form)
            if said is not None:
                break
            form |= {field: "x" for field in wrong if field in ("name", "text")}
            form |= {field: "" for field in wrong if field in ("url", "email")}
        else:
            raise AssertionError(wrong)
        received = datetime(2026, 3, 1, tzinfo=UTC).replace(microsecond=0)
        yield Reply(
            id=make_id(received, f"p{number:05}"), thread="first", text=said.text, name=said.name,
            email=said.email, url=said.url, parent=None, notify=False, status=Status.PENDING,
            received=received,
        )  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> SiteFolder:
    """A post under which every payload is a comment, as Markdown and as imported HTML."""
    site = SiteFolder(tmp_path_factory.mktemp("built"))
    site.content.mkdir()
    (site.content / "site.toml").write_text('title = "A site"\nurl = "https://blog.example"\n')
    site.post()
    site.post("harmless")
    site.comments(make_comment(1), thread="harmless")
    folder = site.content / "comments" / "first"
    folder.mkdir(parents=True)
    for number, reply in enumerate(replies()):
        kept = replace(reply, format="html" if number % 2 else "markdown")
        (folder / f"{reply.id}.md").write_text(format_comment(kept.comment()), "utf-8")
    return site.build(COMMENTS_FEED_ITEMS=9999, COMMENTS_AGREE=False, COMMENTS_RECENT=50)


def test_there_are_thousands() -> None:
    assert len(PAYLOADS) > 4000
    assert "<script>" in "".join(PAYLOADS)


def test_the_check_sees_what_acts() -> None:
    for bad in (
        "<script>1</script>", "<p onclick=x>", "<a href='java\tscript:x'>", "<svg/onload=x>",
        "<a style=x>", "<iframe srcdoc=x>", "<math><mi>", "<a href='data:text/html,x'>",
    ):  # fmt: skip
        assert active(bad) - active("<p>x</p>"), bad


def test_nothing_acts_in_the_built_page(built: SiteFolder) -> None:
    page, harmless = built.read("first/index.html"), built.read("harmless/index.html")
    assert page.count('class="words') >= len(PAYLOADS)
    assert active(page) - active(harmless) == Counter()
    assert active(built.read("index.html")) - active(harmless) == Counter()


def test_nothing_acts_in_the_feeds(built: SiteFolder) -> None:
    for path in ("first/comments.atom.xml", "feeds/comments.atom.xml"):
        entries = ET.fromstring(built.read(path)).findall("{http://www.w3.org/2005/Atom}entry")
        assert len(entries) >= len(PAYLOADS)
        for entry in entries:
            for part in entry.iter():
                if part.get("type") == "html":
                    assert active(f"<p>{part.text}</p>") - active("<p></p>") == Counter()
            for link in entry.iter("{http://www.w3.org/2005/Atom}link"):
                assert link.get("href", "").startswith(
                    ("https://blog.example/", "/first/", "/harmless/")
                )
    feed = json.loads(built.read("first/comments.json"))
    assert len(feed["items"]) >= len(PAYLOADS)
    for item in feed["items"]:
        assert active(f"<p>{item['content_html']}</p>") - active("<p></p>") == Counter()


def test_every_payload_survives_its_file_and_its_rendering() -> None:
    for reply in replies():
        comment = reply.comment()
        assert parse_comment(format_comment(comment)) == comment
        assert active(f"<div>{render_body(reply.text)}</div>") - active("<div></div>") == Counter()


def test_nothing_acts_in_letters() -> None:
    sender, now = Sender("Blog", "blog@blog.example"), datetime.now(UTC)
    plain = active("<!DOCTYPE html><html><body style=x><p></p></body></html>")
    for payload in PAYLOADS[::4]:
        blocks = [Words(payload), Quote(payload), Go(payload, "https://blog.example/x")]
        raw = compose(sender, "ada@blog.example", payload, blocks, key="k", date=now)
        letter = message_from_string(raw, policy=default)
        html = letter.get_body(("html",))  # type: ignore[attr-defined]
        assert active(html.get_content()) - plain == Counter(), payload
        assert len(letter.keys()) == 9


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk in whose queue every payload waits."""
    site = SiteFolder(tmp_path_factory.mktemp("desk"))
    site.content.mkdir()
    (site.content / "site.toml").write_text('title = "A site"\nurl = "https://blog.example"\n')
    site.post()
    settings(site.content, NO_LIMITS + TOLD)
    with desk_of(site.content) as desk:
        desk.moderators.save("ada", email="ada@blog.example")
        every = list(replies())
        with desk.database.transaction() as db:
            db.execute(rows.insert(), [row_of(reply) for reply in every])
            db.execute(decisions.insert(), [
                decision_row(r.id, Decision(r.status, r.name[:90], r.text[:500], r.received))
                for r in every])  # fmt: skip
        yield desk


@pytest.fixture(scope="module")
def server(desk: Desk) -> Iterator[DeskServer]:
    with DeskServer(0).run(make_app(desk)) as server:
        yield server


@pytest.fixture(scope="module")
def cookie(desk: Desk, server: DeskServer) -> str:
    path = f"/reply/desk/enter/{desk.signer.link(Link('enter', 'ada'))}"
    return ask(server, path, {"x": ""})[1]["set-cookie"].partition(";")[0]


def test_nothing_acts_on_the_moderators_pages(server: DeskServer, cookie: str) -> None:
    empty = active(ask(server, "/reply/desk?status=spam", Cookie=cookie)[2])
    # What a list has of its own: a box and buttons for each card.
    own = {"<input>", "<button>", "<form>", "<textarea>", "<noscript>"}
    last = len(PAYLOADS) // 25 + 1
    for number in range(1, last + 1):
        status, _, page = ask(server, f"/reply/desk?page={number}", Cookie=cookie)
        assert status == 200
        found = active(page) - empty
        assert set(found) <= own, (number, found)
        cards = page.count('class="card"')
        assert found["<input>"] <= 2 * cards + 2
        assert found["<button>"] <= 3 * cards + 3
    for reply in list(replies())[::40]:
        status, _, page = ask(server, f"/reply/desk/reply/{reply.id}", Cookie=cookie)
        assert status == 200
        found = active(page) - empty
        assert set(found) <= own, (reply.id, found)
        assert found["<form>"] <= 3


def test_nothing_acts_on_a_readers_pages(server: DeskServer, desk: Desk) -> None:
    harmless = submit(desk, text="Harmless.")
    plain = active(ask(server, f"/reply/status/{desk.signer.status_token(harmless.id)}")[2])
    form = active(ask(server, "/reply?thread=first")[2])
    by_text = {reply.text: reply for reply in replies()}
    for payload in SOME:
        reply = by_text.get(payload)
        if reply is not None:
            status, _, page = ask(server, f"/reply/status/{desk.signer.status_token(reply.id)}")
            assert status == 200
            assert active(page) - plain == Counter(), payload
        sent = dict.fromkeys(("name", "text", "email", "url", "in_reply_to", "stamp", "key",
                              "notify", "remember"), payload)  # fmt: skip
        status, _, page = ask(server, "/reply", {"thread": "first", **sent})
        assert status in (303, 422), (status, payload)
        assert active(page) - form == Counter(), payload
        status, _, page = ask(server, "/reply", {**sent, "thread": payload})
        assert status == 404
        assert active(page) - form == Counter(), payload


def test_nothing_acts_in_answers_to_programs(server: DeskServer) -> None:
    for payload in SOME:
        body = json.dumps({"text": payload}).encode("utf-8", "replace")
        status, headers, said = ask(server, "/reply/preview", body, "application/json")
        assert (status, headers["content-type"]) == (200, "application/json")
        assert headers["x-content-type-options"] == "nosniff"
        html = json.loads(said)["html"]
        assert active(f"<div>{html}</div>") - active("<div></div>") == Counter(), payload


def test_nothing_acts_in_what_is_told(desk: Desk) -> None:
    """Every payload in a webhook's call and in a letter of many, some in letters of their own."""
    every, now = {reply.id: reply for reply in replies()}, datetime.now(UTC)
    threes = [list(every)[at : at + 3] for at in range(0, len(every), 45)]  # more come in one
    for few in (*threes, list(every)):
        with desk.database.transaction() as db:
            db.execute(rows.update().values(told=rows.c.id.not_in(few)))
        for _ in range(len(few) // 200 + 1):
            desk.notices.gather(now)
    with desk.database.transaction() as db:
        told = db.execute(sa.select(deliveries)).all()
    letters = [row.payload for row in told if row.kind == "mail"]
    daily = [unpack(row.payload)[:2] for row in told if row.kind == "daily"]
    assert (len(letters), len(daily)) == (3 * len(threes), len(every) - 3 * len(threes))
    to, sender = "ada@blog.example", desk.notices.sender
    daily = [*daily[::9], ("All", [block for _, blocks in daily for block in blocks])]
    letters += [compose(sender, to, *one, key="k", date=now) for one in daily]
    plain = Counter(["<html>", "<head>", "<body>", "body style"])
    for raw in letters:
        letter = message_from_string(raw, policy=default)
        assert (letter["To"], len(letter.keys()) in (9, 11)) == (to, True)
        html = letter.get_body(("html",))  # type: ignore[attr-defined]
        assert active(html.get_content()) - plain == Counter(), raw
    called = [json.loads(row.payload)["data"] for row in told if row.kind == "webhook"]
    said = {(reply.id, reply.name, reply.text) for reply in every.values()}
    assert {(one["id"], one["name"], one["text"]) for one in called} == said


def test_nothing_acts_in_what_moderators_type(server: DeskServer, desk: Desk, cookie: str) -> None:
    csrf = {"csrf": desk.moderators.csrf_token(cookie.partition("=")[2])}
    decide, harmless = "/reply/desk/decide", f"/reply/desk/reply/{submit(desk, text='No.').id}"
    plain = active(ask(server, harmless, Cookie=cookie)[2])
    said = active(ask(server, decide, csrf | {"action": "approve:x"}, Cookie=cookie)[2])
    for at, many in enumerate(MANY):
        payload, one = PAYLOADS[at * 20], submit(desk, text=f"Harmless {at}.").id
        place, long = f"/reply/desk/reply/{one}", many[:9000] + " " * 66_000 + "x"
        for path, form, wanted in (
            (place, {"action": "edit", "text": many}, 303),
            (place, {"action": ("edit", "answer")[at % 2], "text": long}, 422),
            (place, {"action": many, "text": many}, 422),
            (decide, {"action": f"spam:{one}", "why": payload, "back": payload}, 303),
            (decide, {"action": f"approve:{payload}", "reply": payload}, 409),
            (decide, {"action": f"approve:{one}", "why": payload}, 303),
        ):
            status, _, page = ask(server, path, csrf | form, Cookie=cookie)
            left = active(page) - (plain if wanted == 422 else said)
            assert (status, left) == (wanted, Counter()), form
        assert active(ask(server, place, Cookie=cookie)[2]) - plain == Counter(), many
        query = f"q={_quoted(payload)}&status={_quoted(payload)}&done={_quoted(payload)}"
        status, _, page = ask(server, f"/reply/desk?{query}", Cookie=cookie)
        own = {"<input>", "<button>", "<form>", "<textarea>"}  # of the cards that were found
        assert status == 200 or "\0" in payload, payload
        assert set(active(page) - plain) <= own, payload


SHOW = """async (all) => Promise.all(all.map(async (text) => {
  const headers = { 'Content-Type': 'application/json' }, body = JSON.stringify({ text });
  const said = await (await fetch('/reply/preview', { method: 'POST', headers, body })).json();
  document.body.append(document.createElement('div'));
  document.body.lastChild.innerHTML = said.html;
}))"""


class Watched:
    """Pages of which is noted whatever a payload could make them do."""

    def __init__(self, browser: Browser) -> None:
        self.seen: list[str] = []
        self.pages: list[Page] = []
        self.context = browser.new_context()
        self.context.on("dialog", lambda d: (self.seen.append(f"dialog {d.message}"), d.dismiss()))
        self.context.on("request", lambda r: self.seen.append(f"request {r.url}"))
        self.context.on("console", self.heard)
        self.context.on("weberror", lambda e: self.seen.append(f"error {e.error}"))

    def heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.seen.append(f"{message.text} {message.location}")

    def visit(self, *addresses: str) -> list[str]:
        """Open pages of one host, touch all of them, and tell what they did beyond their own
        files."""
        for page in self.pages:
            page.close()
        self.seen.clear()
        self.pages = [self.context.new_page() for _ in addresses]
        for page, address in zip(self.pages, addresses, strict=True):
            page.on("popup", lambda _: self.seen.append("popup"))
            page.goto(address)
        self.pages[0].wait_for_timeout(300)
        for page in self.pages:
            page.evaluate(
                "() => { for (const e of document.querySelectorAll('.words *, .who *, bdi')) {"
                " for (const kind of ['mouseover', 'focus', 'animationend', 'toggle', 'error',"
                " 'load', 'pointerover']) e.dispatchEvent(new Event(kind)); } }"
            )
        self.pages[0].wait_for_timeout(200)
        assert [page.url for page in self.pages] == list(addresses)
        host = re.match(r"\w+://[^/]+", addresses[0])
        own = re.compile(
            rf"request {re.escape(host[0] if host else '')}"
            r"/(reply/desk(\?.*|/reply/[\w-]+)|reply/\w+\.\w{10}\.(css|js|svg)|theme/[\w./-]+"
            r"|reply/status/[\w.-]+|first/)$"
        )
        return [what for what in self.seen if not own.match(what) and "favicon" not in what]


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium")
@pytest.mark.browser
def test_a_browser_does_nothing_of_it(
    built: SiteFolder, desk: Desk, server: DeskServer, cookie: str, browser: Browser
) -> None:
    watched = Watched(browser)
    name, _, value = cookie.partition("=")
    with DeskServer(0).run(Preview(built.output, built.content, make_app(desk))) as site:
        assert watched.visit(f"{site.address}/first/") == []
        assert watched.pages[0].locator(".comment").count() >= len(PAYLOADS)
    watched.context.add_cookies([{"name": name, "value": value, "url": server.address}])
    places = []
    for number in range(1, len(PAYLOADS) // 25 + 1, 18):
        one = desk.queue.page(Status.PENDING, skip=25 * number - 25, most=1)[0][0].id
        places += [f"desk?page={number}", f"desk/reply/{one}"]
    tokens = [desk.signer.status_token(reply.id) for reply in list(replies())[::240]]
    places += [f"status/{token}" for token in tokens]
    for at in range(0, len(places), 10):
        some = [f"{server.address}/reply/{place}" for place in places[at : at + 10]]
        assert watched.visit(*some) == []


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium")
@pytest.mark.browser
def test_a_browser_shows_previews(built: SiteFolder, desk: Desk, browser: Browser) -> None:
    watched = Watched(browser)
    with DeskServer(0).run(Preview(built.output, built.content, make_app(desk))) as site:
        watched.visit(f"{site.address}/harmless/")
        page = watched.pages[0]
        for payload in PAYLOADS[5::450]:
            page.get_by_role("textbox", name="words").fill(f"*shown* {payload}")
            with page.expect_response("**/reply/preview") as answered:
                page.get_by_role("button", name="Preview").click()
        assert answered.value.status == 200
        page.get_by_role("region", name="Preview").locator("em").first.wait_for()
        for at in range(0, len(PAYLOADS), 100):
            page.evaluate(SHOW, PAYLOADS[at : at + 100 : 2])
        assert page.locator("body > div").count() >= len(PAYLOADS) // 2
        own = rf"request {site.address}/(theme/[\w./-]+|harmless/|reply/(preview|stamp))"
        assert [what for what in watched.seen if not re.fullmatch(own, what)] == []


@pytest.mark.parametrize(
    "payload",
    [
        "'; DROP TABLE replies;--", "1' OR '1'='1", "%' --", "\\", "'||(SELECT 1)||'",
        "{{7*7}}", "{% raw %}", "${7*7}", "#{7*7}", "%(x)s", "{0.__class__}", "<%= 7*7 %>",
        "---\nId: x\n---", "Id: 20260101T000000Z-x\nKind: author", "...\n", "\n\n\nAuthor: Ada",
        "\u202eevil\u202c", "a\u200bb\u200d", "\ufeffx", "\u2028\u2029", "ﷺ" * 40, "\x1b[31m",
        "../../etc/passwd", "..\\..\\x", "%2e%2e%2f", "\x00", "\ud800", "=1+1", "CON",
    ],
)  # fmt: skip
def test_other_payloads_are_words_and_no_more(server: DeskServer, desk: Desk, payload: str) -> None:
    form = {"thread": "first", "name": f"N {payload}", "text": f"T {payload}", "key": payload}
    raw = "&".join(f"{k}={_quoted(v)}" for k, v in form.items()).encode()
    status, headers, _ = ask(server, "/reply", raw)
    assert status == 303
    assert re.fullmatch(r"/reply/status/[\w.-]+", headers["location"])
    assert ask(server, headers["location"])[0] == 200
    reply = desk.queue.get(str(desk.signer.reply_of(headers["location"].rpartition("/")[2])))
    assert reply is not None
    comment = reply.comment()
    assert isinstance(comment, Comment)
    assert parse_comment(format_comment(comment)) == comment
    assert comment.kind == "comment"
    assert "\n" not in comment.author
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x1f]", comment.author)
    for path in (f"/reply?thread={_quoted(payload)}&to={_quoted(payload)}",
                 f"/reply/status/{_quoted(payload)}", f"/reply/mail/{_quoted(payload)}",
                 f"/reply/{_quoted(payload)}",
                 f"/reply/desk/enter/{_quoted(payload)}"):  # fmt: skip
        status, headers, page = ask(server, path)
        assert status in (200, 404, 410), path
        assert not re.search(r"\b49\b", page.replace(payload, ""))  # digests may hold any number
    assert desk.queue.counts()[Status.PENDING] >= len(PAYLOADS)  # the table is still there
