"""Telling other sites: the cases of webmention.rocks, against servers of our own."""

from __future__ import annotations

import threading
import xmlrpc.client
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from conftest import SiteFolder, invoke

from rejoinder.errors import CrosslinkError
from rejoinder.mentions import sending
from rejoinder.mentions.discovery import link_header
from rejoinder.mentions.outgoing import outgoing
from rejoinder.mentions.sending import Report
from rejoinder.mentions.sent import (
    PAUSES,
    SentMentions,
    State,
    format_sent,
    parse_sent,
)
from rejoinder.web import Client

NOW = datetime.now(UTC).replace(microsecond=0)


class Rocks:
    """A site that takes mentions: pages by path, and what its endpoints were told."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, list[tuple[str, str]], str]] = {}
        self.told: list[tuple[str, str, str]] = []
        self.answers: dict[str, tuple[int, list[tuple[str, str]], str]] = {}
        self.base = ""

    def page(self, path: str, body: str = "", *headers: tuple[str, str], status: int = 200) -> str:
        self.pages[path] = status, list(headers), body
        return self.base + path


@pytest.fixture
def rocks() -> Iterator[Rocks]:
    found = Rocks()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def give(self, status: int, headers: list[tuple[str, str]], body: str) -> None:
            self.send_response(status)
            if not any(name.lower() == "content-type" for name, _ in headers):
                self.send_header("Content-Type", "text/html; charset=utf-8")
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def do_GET(self) -> None:
            self.give(*found.pages.get(self.path, (404, [], "")))

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if self.headers["Content-Type"].startswith("text/xml"):
                (source, target), method = xmlrpc.client.loads(sent)
                assert method == "pingback.ping"
            else:
                fields = parse_qs(sent)
                (source,), (target,) = fields["source"], fields["target"]
            found.told.append((self.path, str(source), str(target)))
            self.give(*found.answers.get(self.path, (202, [], "")))

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    found.base = f"http://127.0.0.1:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever, args=(0.02,))
    thread.start()
    yield found
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def html(head: str = "", body: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


LINK = '<link rel="webmention" href="{}">'
ANCHOR = '<a rel="webmention" href="{}">here</a>'
CASES: dict[str, tuple[str, list[tuple[str, str]], str]] = {
    "1 header, unquoted, relative": ("/end", [("Link", "</end>; rel=webmention")], html()),
    "2 header, absolute": ("/end", [("Link", "<BASE/end>; rel=webmention")], html()),
    "3 link, relative": ("/end", [], html(LINK.format("/end"))),
    "4 link, absolute": ("/end", [], html(LINK.format("BASE/end"))),
    "5 a, relative": ("/end", [], html("", ANCHOR.format("/end"))),
    "6 a, absolute": ("/end", [], html("", ANCHOR.format("BASE/end"))),
    "7 strange casing": ("/end", [("LinK", "</end>; rel=webmention")], html()),
    "8 quoted rel": ("/end", [("Link", '</end>; rel="webmention"')], html()),
    "9 several rels in a link": (
        "/end", [], html('<link rel="webmention somethingelse" href="/end">')),
    "10 several rels in a header": (
        "/end", [("Link", '</end>; rel="webmention somethingelse"')], html()),
    "11 all at once": (
        "/end", [("Link", '</end>; rel="webmention"')],
        html(LINK.format("/wrong"), ANCHOR.format("/wrong"))),
    "12 not-webmention": (
        "/end", [], html('<link rel="not-webmention" href="/wrong">', ANCHOR.format("/end"))),
    "13 in a comment": (
        "/end", [], html("", "<!-- " + ANCHOR.format("/wrong") + " -->" + ANCHOR.format("/end"))),
    "14 in escaped HTML": (
        "/end", [], html("", '<code>&lt;a href="/wrong" rel="webmention"&gt;</code>'
                         + ANCHOR.format("/end"))),
    "15 empty: the page itself": ("/post", [], html(LINK.format(""))),
    "16 a before link": (
        "/end", [], html("", ANCHOR.format("/end") + LINK.format("/wrong"))),
    "17 link before a": ("/end", [], html(LINK.format("/end"), ANCHOR.format("/wrong"))),
    "18 several headers": (
        "/end", [("Link", '</wrong>; rel="other"'), ("Link", "</end>; rel=webmention")], html()),
    "19 several in one header": (
        "/end", [("Link", '</wrong>; rel="other", </end>; rel="webmention"')], html()),
    "20 a link without an address": (
        "/end", [], html('<link rel="webmention">', ANCHOR.format("/end"))),
    "21 a query stays": ("/end?query=yes", [], html(LINK.format("/end?query=yes"))),
    "22 relative to the path": ("/a/end", [], html(LINK.format("a/end"))),
    "23 relative to where the redirect ended": ("/moved/end", [], html(LINK.format("end"))),
}  # fmt: skip


@pytest.fixture
def blog(site: SiteFolder) -> SiteFolder:
    (site.content / "site.toml").write_text('url = "https://blog.example"\nauthor = "Ada"\n')
    SentMentions(site.content).begin()  # not the first time
    return site


def linking(blog: SiteFolder, *links: str, words: str = "Words") -> None:
    text = " ".join(f"[{words}]({link})" for link in links) or words
    blog.post("first", text)
    blog.build("publishconf.py")


def tell(blog: SiteFolder, at: datetime = NOW) -> Report:
    report = sending.prepare(blog.content, blog.output, at)
    with Client(allow=["127.0.0.0/8"], timeout=2) as client:
        return sending.send(blog.content, report, client, pause=0)


def states(report: Report) -> list[State]:
    return [outcome.state for _, outcome in report.outcomes]


SOURCE = "https://blog.example/first/"


@pytest.mark.parametrize("case", CASES)
def test_the_endpoint_is_found(case: str, blog: SiteFolder, rocks: Rocks) -> None:
    end, headers, body = CASES[case]
    headers = [(name, value.replace("BASE", rocks.base)) for name, value in headers]
    target = rocks.page("/post", body.replace("BASE", rocks.base), *headers)
    if case.startswith("23"):
        rocks.pages["/moved/post"] = rocks.pages["/post"]
        target = rocks.page("/post", "", ("Location", "/moved/post"), status=302)
    linking(blog, target)
    assert states(tell(blog)) == [State.SENT]
    assert rocks.told == [(end, SOURCE, target)]


def test_a_page_without_an_endpoint_is_asked_once(blog: SiteFolder, rocks: Rocks) -> None:
    linking(blog, rocks.page("/post", html()), rocks.page("/image", "<link>",
            ("Content-Type", "image/svg+xml")))  # fmt: skip
    assert states(tell(blog)) == [State.NONE, State.NONE]
    assert tell(blog).jobs == []


def test_changed_words_are_told_and_the_same_are_not(blog: SiteFolder, rocks: Rocks) -> None:
    target = rocks.page("/post", html(LINK.format("/end")))
    rocks.answers["/end"] = 201, [("Location", "/status/1")], ""
    linking(blog, target)
    report = tell(blog)
    assert report.outcomes[0][1].status == f"{rocks.base}/status/1"
    assert tell(blog).jobs == []
    linking(blog, target, words="Other words")
    assert states(tell(blog)) == [State.SENT]
    assert len(rocks.told) == 2


def test_a_link_that_was_removed_is_told_of_its_end(blog: SiteFolder, rocks: Rocks) -> None:
    one = rocks.page("/post", html(LINK.format("/end")))
    two = rocks.page("/other", html(LINK.format("/end")))
    linking(blog, one, two)
    tell(blog)
    linking(blog, two, words="Words")
    report = tell(blog)
    assert [(job.target, job.is_end) for job, _ in report.outcomes] == [(two, False), (one, True)]
    assert list(SentMentions(blog.content).read("first")) == [two]
    assert tell(blog).jobs == []


def test_a_post_that_was_deleted_tells_all(blog: SiteFolder, rocks: Rocks) -> None:
    linking(blog, rocks.page("/post", html(LINK.format("/end"))))
    tell(blog)
    (blog.content / "posts" / "first.md").unlink()
    blog.post("second")
    blog.build("publishconf.py")
    report = tell(blog)
    assert [(job.source, job.is_end) for job, _ in report.outcomes] == [(SOURCE, True)]
    assert not (blog.content / "mentions" / "first.txt").exists()


def test_failures_are_tried_again_and_given_up(blog: SiteFolder, rocks: Rocks) -> None:
    target = rocks.page("/post", html(LINK.format("/end")))
    rocks.answers["/end"] = 503, [("Retry-After", "7200")], ""
    linking(blog, target)
    assert states(tell(blog)) == [State.FAILED]
    (row,) = SentMentions(blog.content).read("first").values()
    assert row.due is not None
    assert row.due >= NOW + timedelta(hours=2)
    assert tell(blog).jobs == []
    at = NOW
    for _ in PAUSES:
        at += timedelta(days=30)
        report = tell(blog, at)
    assert states(report) == [State.GIVEN_UP]
    assert tell(blog, at + timedelta(days=365)).jobs == []
    rocks.answers["/end"] = 400, [], ""
    linking(blog, target, words="Better words")
    assert states(tell(blog, at)) == [State.REFUSED]


def test_the_end_is_told_of_a_link_that_was_given_up_on(blog: SiteFolder, rocks: Rocks) -> None:
    target = rocks.page("/post", html(LINK.format("/end")))
    linking(blog, target)
    assert states(tell(blog)) == [State.SENT]
    rocks.answers["/end"] = 503, [], ""
    linking(blog, target, words="Other words")
    at = NOW
    for _ in range(len(PAUSES) + 1):
        report = tell(blog, at)
        at += timedelta(days=30)
    assert states(report) == [State.GIVEN_UP]
    linking(blog)
    for _ in range(len(PAUSES) + 1):
        report = tell(blog, at)
        at += timedelta(days=30)
    assert [(job.is_end, one.state) for job, one in report.outcomes] == [(True, State.GIVEN_UP)]
    assert tell(blog, at).jobs == []


def test_nobody_inward_is_told(blog: SiteFolder, rocks: Rocks) -> None:
    linking(blog, rocks.page("/post", html(LINK.format("/end"))))
    report = sending.prepare(blog.content, blog.output, NOW)
    with Client(timeout=2) as client:
        sending.send(blog.content, report, client, pause=0)
    assert states(report) == [State.FAILED]
    assert "not on the public internet" in report.outcomes[0][1].problem
    assert rocks.told == []


def test_a_page_cannot_make_us_tell_ourselves(blog: SiteFolder, rocks: Rocks) -> None:
    linking(blog, rocks.page("/post", html(LINK.format("https://blog.example/webmention"))))
    assert states(tell(blog)) == [State.REFUSED]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (xmlrpc.client.dumps(("thanks",), methodresponse=True), State.SENT),
        (xmlrpc.client.dumps(xmlrpc.client.Fault(48, "known")), State.SENT),
        (xmlrpc.client.dumps(xmlrpc.client.Fault(17, "no link")), State.REFUSED),
        (xmlrpc.client.dumps(xmlrpc.client.Fault(50, "later")), State.FAILED),
        ("<html>what?", State.FAILED),
        ('<!DOCTYPE x [<!ENTITY a "b">]><methodResponse>&a;</methodResponse>', State.FAILED),
    ],
)
@pytest.mark.parametrize("by_header", [True, False])
def test_where_there_is_no_webmention_a_pingback_goes(
    answer: str, state: State, by_header: bool, blog: SiteFolder, rocks: Rocks
) -> None:
    headers = [("X-Pingback", f"{rocks.base}/xmlrpc")] if by_header else []
    head = "" if by_header else f'<link rel="pingback" href="{rocks.base}/xmlrpc">'
    rocks.answers["/xmlrpc"] = 200, [("Content-Type", "text/xml")], answer
    target = rocks.page("/post", html(head), *headers)
    linking(blog, target)
    assert states(tell(blog)) == [state]
    assert rocks.told == [("/xmlrpc", SOURCE, target)]


def test_only_what_its_author_wrote_is_told(blog: SiteFolder) -> None:
    page = (
        '<nav><a href="https://nav.example/">x</a></nav><article class="h-entry">'
        '<a class="u-in-reply-to" href="https://answered.example/">x</a>'
        '<a class="u-syndication" href="https://copy.example/">x</a>'
        '<div class="e-content"><a href="https://one.example/#part">x</a><a href="/own/">x</a>'
        '<a href="https://blog.example/own">x</a><a href="mailto:a@b.example">x</a>'
        '<a href="//two.example/">x</a><a href="https://one.example/#part">x</a>'
        '<a href="http://[">x</a></div>'
        '<section class="discussion"><div class="h-cite"><div class="e-content">'
        '<a href="https://readers.example/">x</a></div></div></section></article>'
    )
    found = outgoing(page, SOURCE)
    assert found is not None
    assert found.links == (
        "https://answered.example/", "https://one.example/#part", "https://two.example/"
    )  # fmt: skip
    assert outgoing("<p>no entry", SOURCE) is None


def test_the_first_time_tells_only_of_what_is_young(site: SiteFolder, rocks: Rocks) -> None:
    (site.content / "site.toml").write_text('url = "https://blog.example"\nauthor = "Ada"\n')
    target = rocks.page("/post", html(LINK.format("/end")))
    site.post("old", f"[x]({target})", Date=str(NOW - timedelta(days=30)))
    site.post("young", f"[x]({target})", Date=str(NOW - timedelta(days=2)))
    site.build("publishconf.py")
    report = tell(site)
    assert (report.held, [job.thread for job in report.jobs]) == (1, ["young"])
    assert SentMentions(site.content).read("old")[target].state is State.OLD
    assert tell(site).jobs == []


def test_files_are_read_as_they_were_written(blog: SiteFolder, rocks: Rocks) -> None:
    rocks.answers["/end"] = 500, [], ""
    linking(blog, rocks.page("/post", html(LINK.format("/end"))))
    tell(blog)
    path = blog.content / "mentions" / "first.txt"
    rows = parse_sent(path.read_text(), path)
    assert format_sent(rows.values()) == path.read_text()
    for text in ("Target: x\n", "Target: x\nSource: y\nState: odd\nAt: 2026-01-01\n", "what\n"):
        with pytest.raises(CrosslinkError, match=r"can't be read|not a metadata"):
            parse_sent(text, Path("x"))


def test_links_in_headers_are_read_as_written() -> None:
    assert list(link_header("<a>; rel=x junk, <b>; rel=webmention"))[-1] == (["webmention"], "b")
    odd = '<a>; rel="x y"; title="a, b; rel=no", <b>; title=t; REL=Webmention,<c>;rel'
    assert list(link_header(odd)) == [(["x", "y"], "a"), (["webmention"], "b"), ([], "c")]
    assert list(link_header("<" * 50_000)) == []


def test_publishing_tells_and_fails_nothing(site: SiteFolder, rocks: Rocks) -> None:
    target = rocks.page("/post", html(LINK.format("/end")))
    public = site.root / "public"
    site.post("first", f"[x]({target})", Date=str(NOW - timedelta(days=1)))
    there = rocks.base.replace("127.0.0.1", "127.0.0.2")
    facts = f'url = "{there}"\nauthor = "Ada"\npublish = "{public}"\n'
    (site.content / "site.toml").write_text(facts)
    desk = site.root / "private" / "desk"
    desk.mkdir(parents=True)
    (desk / "desk.toml").write_text('reachable_networks = ["127.0.0.0/8"]\n')
    where = ["--content", str(site.content)]
    elsewhere = invoke("publish", "--to", str(site.root / "trial"), *where)
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert rocks.told == []
    (site.content / "site.toml").write_text(facts + "[mentions]\nsend = false\n")
    assert invoke("publish", *where).returncode == 0
    assert rocks.told == []
    (site.content / "site.toml").write_text(facts)
    done = invoke("publish", *where)
    assert done.returncode == 0, done.stderr
    assert "mentions: 1 sent" in done.stdout
    assert rocks.told == [("/end", f"{there}/first/", target)]
    listed = invoke("mentions", "--output", str(public), "--dry-run", *where)
    assert "0 mentions to send" in listed.stdout
    (site.content / "mentions" / "first.txt").write_text("what\n")
    broken = invoke("publish", *where)
    assert broken.returncode == 0
    assert "first.txt:1" in broken.stderr


def test_nothing_is_told_from_an_address_that_is_nobodys(site: SiteFolder, rocks: Rocks) -> None:
    site.post("first", f"[x]({rocks.page('/post', html())})", Date=str(NOW - timedelta(days=1)))
    (site.content / "site.toml").write_text(
        f'url = "https://blog.example"\npublish = "{site.root}/public"\n'
    )
    assert invoke("publish", "--content", str(site.content)).returncode == 0
    assert not (site.content / "mentions").exists()
