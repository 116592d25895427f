"""Mentions of others, from the telling to the page: W3C Webmention's receiver, and pingback."""

from __future__ import annotations

import json
import xmlrpc.client
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from conftest import SiteFolder, invoke, number_id
from desks import NO_LIMITS, ask, settings, words
from feedhost import Host, feed_host
from replies.test_moderation import Person

from rejoinder.comments.model import Comment, Kind
from rejoinder.comments.store import CommentStore
from rejoinder.replies import mentioning
from rejoinder.replies.desk import Desk
from rejoinder.replies.mentioning import Mentions, RefusedError, State, key_of
from rejoinder.replies.model import Status
from rejoinder.replies.server import DeskServer
from rejoinder.replies.verifier import Verifier

TARGET = "https://blog.example/first/"
LOCAL = 'reachable_networks = ["127.0.0.0/8"]\n' + NO_LIMITS


@pytest.fixture
def host() -> Iterator[Host]:
    with feed_host() as host:
        yield host


@pytest.fixture
def desk(place: SiteFolder, open_desk: Callable[[], Desk]) -> Desk:
    settings(place.content, LOCAL)
    return open_desk()


def h_entry(inner: str, *, author: str = "Bo", url: str = "https://bo.example/") -> str:
    return (
        '<!DOCTYPE html><html><body><article class="h-entry">'
        f'<a class="p-author h-card" href="{url}">{author}</a>'
        '<time class="dt-published" datetime="2026-03-02T10:00:00+01:00"></time>'
        f"{inner}</article></body></html>"
    )


ANSWER = h_entry(f'<a class="u-in-reply-to" href="{TARGET}">re</a>'
                 '<div class="e-content">I <b>beg</b> to differ.</div>')  # fmt: skip
HTML = {"Content-Type": "text/html; charset=utf-8"}


def tell(server: DeskServer, source: str, target: str = TARGET) -> tuple[int, str]:
    status, headers, _ = ask(server, "/webmention", {"source": source, "target": target})
    return status, headers.get("location", "")


def look(desk: Desk) -> None:
    while Verifier(desk, pause=0).round():
        pass


def mention(desk: Desk, source: str, target: str = TARGET, via: str = "webmention") -> str:
    key = Mentions(desk).tell(source, target, via, datetime.now(UTC))
    look(desk)
    return key


def approve_all(desk: Desk) -> None:
    for reply in desk.queue.waiting():
        desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    desk.publish()


def comments(place: SiteFolder) -> list[Comment]:
    return [c for c in CommentStore(place.content).read("first").comments if c.id != number_id(1)]


def test_from_a_telling_to_the_page(
    desk: Desk, place: SiteFolder, server: DeskServer, host: Host
) -> None:
    source = host.put("/answer", ANSWER, headers=HTML)
    status, where = tell(server, source)
    assert status == 201
    path = where.removeprefix("https://blog.example")
    assert "waits to be looked at" in ask(server, path)[2]
    look(desk)
    assert "is with the author" in ask(server, path)[2]
    (reply,) = desk.queue.waiting()
    assert desk.queue.history(reply.id)[0].by == "the rule 'first-timers'"
    approve_all(desk)
    (comment,) = comments(place)
    assert (comment.kind, comment.author, comment.url, comment.source, comment.source_url) == (
        Kind.COMMENT, "Bo", "https://bo.example/", "webmention", source
    )  # fmt: skip
    assert comment.instant == datetime(2026, 3, 2, 9, tzinfo=UTC)
    page = place.build().read("first/index.html")
    assert "I <b>beg</b> to differ." in page
    assert source in page


@pytest.mark.parametrize(
    ("inner", "kind", "text"),
    [
        (f'<a class="u-like-of" href="{TARGET}">x</a>', Kind.LIKE, ""),
        (f'<a class="u-repost-of" href="{TARGET}">x</a>', Kind.REPOST, ""),
        (f'<a class="u-bookmark-of" href="{TARGET}">x</a><p class="p-name">Good</p>',
         Kind.WEBMENTION, ""),
        (f'<div class="e-content">See <a href="{TARGET}">this</a> of hers.</div>',
         Kind.WEBMENTION, "See this of hers."),
        (f'<div class="h-cite u-in-reply-to"><a class="u-url" href="{TARGET}">x</a></div>'
         '<p class="e-content">Yes.</p>', Kind.COMMENT, "Yes."),
        (f'<a class="u-in-reply-to" href="{TARGET}">x</a>', Kind.WEBMENTION, ""),
    ],
)  # fmt: skip
def test_a_mention_is_what_its_page_says(
    inner: str, kind: Kind, text: str, desk: Desk, place: SiteFolder, host: Host
) -> None:
    mention(desk, host.put("/x", h_entry(inner), headers=HTML))
    approve_all(desk)
    (comment,) = comments(place)
    assert comment.kind is kind
    assert words(comment.body) == text
    assert comment.author == "Bo"
    place.build()


def test_a_page_that_says_nothing_of_itself(desk: Desk, place: SiteFolder, host: Host) -> None:
    page = f"<title>My week</title><nav>x</nav><p>I read <a href={TARGET}#comments>her</a> twice."
    mention(desk, host.put("/week", page, headers=HTML))
    approve_all(desk)
    (comment,) = comments(place)
    assert (comment.kind, comment.title, words(comment.body)) == (
        Kind.WEBMENTION, "My week", "I read her twice."
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "kind", "taken"),
    [
        (ANSWER, "text/html", True),
        (ANSWER.replace(TARGET, "http://www.blog.example/first"), "text/html", True),
        ("<p>nothing</p>", "text/html", False),
        (f"<!-- <a href='{TARGET}'>x</a> -->", "text/html", False),
        (f"<p>{TARGET}</p>", "text/html", False),
        (f"<code>&lt;a href='{TARGET}'&gt;</code>", "text/html", False),
        (f'<a href="{TARGET}2">x</a>', "text/html", False),
        (f'<img src="{TARGET}">', "text/html", True),
        (json.dumps({"a": [{"b": TARGET}]}), "application/json", True),
        (json.dumps({"a": f"x {TARGET}"}), "application/json", False),
        (f"see {TARGET} there", "text/plain", True),
        (f"see {TARGET}x there", "text/plain", False),
        (f"\x89PNG {TARGET}", "image/png", False),
        ("<a>" * 30_000 + f'<a href="{TARGET}">', "text/html", None),
    ],
)
def test_the_link_must_be_there(
    body: str, kind: str, taken: bool | None, desk: Desk, host: Host
) -> None:
    key = mention(desk, host.put("/x", body, headers={"Content-Type": kind}))
    row = Mentions(desk).get(key)
    assert row is not None
    if taken is not None:
        assert row.state == (State.TAKEN if taken else State.REFUSED)
    assert len(desk.queue.waiting()) == (row.state == State.TAKEN)


@pytest.mark.parametrize(
    ("source", "target", "says"),
    [
        (TARGET, TARGET, "same page"),
        (TARGET + "#x", TARGET, "same page"),
        ("https://blog.example/second/", TARGET, "doesn’t mention itself"),
        ("ftp://else.example/", TARGET, "no address"),
        ("javascript:alert(1)", TARGET, "no address"),
        ("https://else.example/" + "x" * 1000, TARGET, "no address"),
        ("", "", "no address"),
        ("https://else.example/", "https://else.example/other", "no page of this site"),
        ("https://else.example/", "https://blog.example/none/", "no page of this site"),
        ("https://else.example/", "https://blog.example/draft/", "no page of this site"),
        ("https://else.example/", "https://blog.example/closed/", "no mentions any more"),
    ],
)
def test_what_is_no_mention_is_refused_at_once(
    source: str, target: str, says: str, server: DeskServer, open_desk: Callable[[], Desk]
) -> None:
    status, _, text = ask(server, "/webmention", {"source": source, "target": target})
    assert (status, says in text) == (400, True)
    desk = open_desk()
    with desk.database.transaction() as db:
        assert db.execute(sa.text("SELECT count(*) FROM mentions")).scalar_one() == 0


def test_told_again_it_is_brought_up_to_date(desk: Desk, place: SiteFolder, host: Host) -> None:
    source = host.put("/x", ANSWER, headers=HTML)
    mention(desk, source)
    host.put("/x", ANSWER.replace("beg", "plead"), headers=HTML)
    mention(desk, source)
    (reply,) = desk.queue.waiting()
    assert "plead" in reply.text
    approve_all(desk)
    host.put("/x", ANSWER.replace("beg", "have"), headers=HTML)
    mention(desk, source)
    assert "plead" in comments(place)[0].body  # other words wait, like an edit
    approve_all(desk)
    assert "have" in comments(place)[0].body
    mention(desk, source)
    assert desk.queue.waiting() == []


@pytest.mark.parametrize("end", ["410", "404", "unlinked"])
def test_what_is_gone_there_is_gone_here(
    end: str, desk: Desk, place: SiteFolder, host: Host
) -> None:
    source = host.put("/x", ANSWER, headers=HTML)
    key = mention(desk, source)
    approve_all(desk)
    if end == "unlinked":
        host.put("/x", "<p>no more</p>", headers=HTML)
    else:
        host.put("/x", "gone", status=int(end))
    mention(desk, source)
    desk.publish()
    assert comments(place) == []
    row = Mentions(desk).get(key)
    assert row is not None
    assert row.state == State.GONE
    host.put("/x", ANSWER, headers=HTML)  # and back again
    mention(desk, source)
    approve_all(desk)
    assert len(comments(place)) == 1


def test_an_answer_to_a_comment_stands_below_it(desk: Desk, place: SiteFolder, host: Host) -> None:
    permalink = f"{TARGET}#comment-{number_id(1)}"
    first = host.put("/x", ANSWER.replace(TARGET, permalink), headers=HTML)
    mention(desk, first, permalink)
    approve_all(desk)
    (one,) = comments(place)
    assert one.in_reply_to == number_id(1)
    both = h_entry(f'<a class="u-in-reply-to" href="{first}">re</a>'
                   f'<a class="u-in-reply-to" href="{TARGET}">re</a>'
                   '<div class="e-content">To that.</div>')  # fmt: skip
    mention(desk, host.put("/y", both, headers=HTML))
    approve_all(desk)
    two = next(c for c in comments(place) if c.id != one.id)
    assert two.in_reply_to == one.id


def test_who_was_approved_before_is_published_and_no_namesake(
    desk: Desk, place: SiteFolder, host: Host
) -> None:
    mention(desk, host.put("/1", ANSWER, headers=HTML))
    approve_all(desk)
    mention(desk, host.put("/2", ANSWER, headers=HTML))
    desk.publish()
    assert len(comments(place)) == 2
    host.put("/3", ANSWER, headers=HTML)
    mention(desk, host.url("/3", "127.0.0.9"))  # says it is Bo, from another place
    assert len(desk.queue.waiting()) == 1


def test_an_endless_page_a_slow_one_and_one_inward(
    place: SiteFolder, open_desk: Callable[[], Desk], host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk()  # whose settings let nobody inward
    inward = mention(desk, host.put("/x", ANSWER, headers=HTML))
    row = Mentions(desk).get(inward)
    assert row is not None
    assert "not on the public internet" in row.problem
    assert host.asked == []
    settings(place.content, LOCAL)
    other = open_desk()
    large = mention(other, host.put("/large", ANSWER + " " * (3 << 20), headers=HTML))
    row = Mentions(other).get(large)
    assert row is not None
    assert "longer than" in row.problem
    assert row.state == State.WAITING  # it is tried again
    at = datetime.now(UTC)
    for pause in mentioning.PAUSES:
        at += pause + timedelta(hours=1)
        monkeypatch.setattr("rejoinder.replies.verifier.datetime", _Clock(at))
        look(other)
    row = Mentions(other).get(large)
    assert row is not None
    assert row.state == State.REFUSED


def test_a_server_that_is_down_has_taken_nothing_back(
    desk: Desk, place: SiteFolder, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = host.put("/x", ANSWER, headers=HTML)
    key = mention(desk, source)
    approve_all(desk)
    host.put("/x", "down", status=503)
    mention(desk, source)
    at = datetime.now(UTC)
    for pause in mentioning.PAUSES:
        at += pause + timedelta(hours=1)
        monkeypatch.setattr("rejoinder.replies.verifier.datetime", _Clock(at))
        look(desk)
    row = Mentions(desk).get(key)
    assert row is not None
    assert (row.state, row.tries) == (State.TAKEN, len(mentioning.PAUSES) + 1)
    desk.publish()
    assert len(comments(place)) == 1


class _Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self, _zone: object) -> datetime:
        return self.at


def test_a_redirect_leads_to_the_page_that_speaks(
    desk: Desk, place: SiteFolder, host: Host
) -> None:
    host.put("/new", ANSWER, headers=HTML)
    mention(desk, host.put("/old", "", status=302, headers={"Location": "/new"}))
    approve_all(desk)
    assert comments(place)[0].source_url == host.url("/new")


def test_nobody_speaks_for_another_site(desk: Desk, place: SiteFolder, host: Host) -> None:
    page = ANSWER.replace("<time", '<a class="u-url" href="https://bank.example/"></a><time')
    mention(desk, host.put("/x", page, headers=HTML))
    approve_all(desk)
    assert comments(place)[0].source_url == host.url("/x")


def test_nothing_hostile_gets_through(
    desk: Desk, place: SiteFolder, server: DeskServer, host: Host
) -> None:
    bad = '<script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:x">y</a>'
    page = h_entry(f'<a class="u-in-reply-to" href="{TARGET}"></a><div class="e-content">{bad}Hi.'
                   "</div>", author="<b onload=x>Bo", url="javascript:alert(1)")  # fmt: skip
    mention(desk, host.put("/x", page, headers=HTML))
    ada = Person(server)
    ada.enter(desk)
    seen = ada.get("/reply/desk")[2]
    approve_all(desk)
    for html in (seen, place.build().read("first/index.html")):
        soup = BeautifulSoup(html, "html.parser")
        assert soup.select("[onerror], [onload], a[href^=javascript], img[src=x]") == []
        assert all("alert(1)" not in script.text for script in soup.select("script"))
    assert "An answer by webmention" in words(seen)


def test_too_many_are_refused(
    desk: Desk, server: DeskServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mentioning, "MOST_OF_A_HOST", 2)
    monkeypatch.setattr(mentioning, "MOST_WAITING", 3)
    told = [tell(server, f"https://{name}.example/{n}")[0]
            for n, name in enumerate(("a", "a", "a", "b", "c"))]  # fmt: skip
    assert told == [201, 201, 429, 201, 503]
    assert tell(server, "https://a.example/0")[0] in (201, 503)
    with desk.database.transaction() as db:
        assert db.execute(sa.text("SELECT count(*) FROM mentions")).scalar_one() == 3


def test_it_is_on_the_disk_before_it_is_promised(desk: Desk, server: DeskServer) -> None:
    assert tell(server, "https://else.example/1")[0] == 201
    row = Mentions(desk).get(key_of("https://else.example/1", TARGET))
    assert row is not None
    assert row.state == State.WAITING


def test_what_is_no_form_is_said(server: DeskServer) -> None:
    assert ask(server, "/webmention", b'{"source": 1}', kind="application/json")[0] == 400
    assert ask(server, "/webmention", b"\xff" * 10)[0] == 400
    assert ask(server, "/webmention/nonsense")[0] == 404
    status, _, page = ask(server, f"/webmention?target={TARGET}")
    assert (status, TARGET in page) == (200, True)
    form = {"by": "form", "source": "x", "target": TARGET}
    status, _, page = ask(server, "/webmention", form)
    assert (status, "no address of the web" in words(page)) == (400, True)


def ping(server: DeskServer, body: str) -> object:
    connection = HTTPConnection(server.address.removeprefix("http://"), timeout=10)
    connection.request("POST", "/pingback", body, {"Content-Type": "text/xml"})
    answer = connection.getresponse().read()
    connection.close()
    try:
        return xmlrpc.client.loads(answer)[0][0]
    except xmlrpc.client.Fault as fault:
        return fault.faultCode


def test_a_pingback_goes_the_same_way(
    desk: Desk, place: SiteFolder, server: DeskServer, host: Host
) -> None:
    source = host.put("/x", f'<title>T</title><p>See <a href="{TARGET}">it</a>.', headers=HTML)
    assert "It is kept" in str(ping(server, xmlrpc.client.dumps((source, TARGET), "pingback.ping")))
    look(desk)
    approve_all(desk)
    (comment,) = comments(place)
    assert (comment.kind, comment.source, comment.title) == (Kind.PINGBACK, "pingback", "T")
    page = place.build().read("first/index.html")
    assert 'rel="webmention" href="/webmention"' in page
    assert 'rel="pingback" href="/pingback"' in page


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (xmlrpc.client.dumps((TARGET, TARGET), "pingback.ping"), 33),
        (xmlrpc.client.dumps(("https://a.example/", "https://b.example/"), "pingback.ping"), 33),
        (xmlrpc.client.dumps(("a", "b"), "system.listMethods"), -32601),
        (xmlrpc.client.dumps(("a",), "pingback.ping"), 0),
        ("<nonsense", 0),
        ('<!DOCTYPE a [<!ENTITY b "c">]><methodCall><methodName>&b;</methodName></methodCall>', 0),
        ("x" * 20_000, 0),
    ],
)  # fmt: skip
def test_what_is_no_ping_is_a_fault(body: str, code: int, server: DeskServer) -> None:
    assert ping(server, body) == code


def test_without_a_key_of_ours_nothing_can_be_taken(desk: Desk) -> None:
    from rejoinder.mentions.model import Mention

    stranger = Mention("https://a.example/", "https://b.example/", "", Kind.LIKE, "mastodon")
    with pytest.raises(RefusedError):
        Mentions(desk).take(stranger, datetime.now(UTC))


def test_an_author_is_one_only_where_the_network_says_so(desk: Desk, place: SiteFolder) -> None:
    from rejoinder.mentions.model import Mention

    path = place.content / "authors" / "ada.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text("Name: Ada\nProfile: mastodon https://s.example/@ada\n\nBio.\n")
    for number, via in enumerate(("mastodon", "webmention")):
        url = f"https://s.example/@ada/{number}"
        said = Mention(url, TARGET, url, Kind.COMMENT, via, "Ada", "https://s.example/@ada",
                       body="Mine.")  # fmt: skip
        Mentions(desk).take(said, datetime.now(UTC))
    desk.publish()
    (comment,) = comments(place)
    assert (comment.kind, comment.author_id, comment.source) == (Kind.AUTHOR, "ada", "mastodon")
    assert len(desk.queue.waiting()) == 1


def test_webmention_io_is_taken_over(desk: Desk, place: SiteFolder) -> None:
    row = {
        "type": "entry", "wm-source": "https://bo.example/1", "wm-target": TARGET,
        "url": "https://bo.example/1", "wm-property": "in-reply-to",
        "author": {"type": "card", "name": "Bo", "url": "https://bo.example/"},
        "published": "2024-05-01T10:00:00", "content": {"html": "I <i>agree</i>.", "text": "I."},
    }  # fmt: skip
    like = row | {"wm-source": "https://cy.example/2", "wm-property": "like-of", "content": None,
                  "author": None}  # fmt: skip
    rows = [row, like, row | {"wm-target": "https://blog.example/none/"}, {"wm-source": 3}, 7]
    file = place.root / "mentions.jf2"
    file.write_text(json.dumps({"type": "feed", "name": "Webmentions", "children": rows}))
    where = ["webmention.io", str(file), "--content", str(place.content)]
    dry = invoke("import", *where, "--dry-run")
    assert "2 of this site (a dry run), 1 of pages that aren't here" in dry.stdout, dry.stderr
    assert "No page fits https://blog.example/none/ (1 mention).\n" in dry.stdout
    assert desk.queue.waiting() == []
    done = invoke("import", *where)
    assert "2 of this site (2 new, 0 known)" in done.stdout
    assert "No page fits https://blog.example/none/ (1 mention).\n" in done.stdout
    assert "entry 4 names no source" in done.stderr
    assert "(0 new, 2 known)" in invoke("import", *where).stdout
    approve_all(desk)
    found = {c.kind: c for c in comments(place)}
    assert (found[Kind.COMMENT].author, words(found[Kind.COMMENT].body)) == ("Bo", "I agree .")
    assert found[Kind.COMMENT].instant == datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert found[Kind.LIKE].author == "cy.example"
    file.write_text("[]")
    wrong = invoke("import", *where)
    assert (wrong.returncode, "no feed of webmention.io" in wrong.stderr) == (1, True)


def test_letters_show_words_and_no_html(place: SiteFolder, open_desk: Callable[[], Desk],
                                        host: Host) -> None:  # fmt: skip
    mail = '[mail]\nhost = "127.0.0.1"\nport = 9\nsender = "blog@mail.example"\n'
    settings(place.content, LOCAL + mail)
    desk = open_desk()
    desk.moderators.save("ada", email="ada@mail.example")
    mention(desk, host.put("/x", ANSWER, headers=HTML))
    desk.notices.gather(datetime.now(UTC))
    (letter,) = desk.notices.deliveries.claim("mail", datetime.now(UTC))
    assert "I beg to differ." in " ".join(letter.payload.split())
    assert "<b>beg" not in letter.payload


@pytest.mark.parametrize(
    "page",
    [
        "".join(f"<b x{n}>" for n in range(3000)) + "<p>" * 3000,
        "<div>" * 60_000,
        '<div class="h-entry">' * 25_000,
        '<div class="h-entry">x</div>' * 15_000,
        f'<a href="{TARGET}x">y</a>' * 25_000,
        "<" * 300_000,
        "&" * 300_000,
    ],
)
def test_a_hostile_page_is_soon_done_with(page: str) -> None:
    from time import process_time

    from rejoinder.mentions.reading import read

    began = process_time()
    read(f'{page}<a href="{TARGET}">x</a>'.encode(), "text/html", "https://e.example/",
         "https://e.example/", TARGET, "webmention")  # fmt: skip
    assert process_time() - began < 8
