"""Backfeed against servers that speak Mastodon's and Bluesky's public APIs: what is taken, what
was taken back, and that a failure takes back nothing."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from feedhost import Host, feed_host
from hypothesis import given
from hypothesis import strategies as st

from rejoinder.authors import AuthorFile, make_profile
from rejoinder.comments.model import Kind
from rejoinder.comments.render import render_body
from rejoinder.mentions import bluesky, mastodon
from rejoinder.mentions.backfeed import Outcome, announcements, is_due, run
from rejoinder.mentions.harvest import Announced, Harvest, Part, Reach, decide
from rejoinder.mentions.model import Mention
from rejoinder.profiles.entries import Entry, Tie, Verdict
from rejoinder.profiles.entries import Kind as EntryKind
from rejoinder.profiles.matcher import Target
from rejoinder.web import Client

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
POST = "https://blog.example/first/"
ADA = "did:plc:ada"
HOME = "https://social.example/@ada"


@pytest.fixture
def host() -> Iterator[Host]:
    with feed_host() as host:
        yield host


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(allow=["127.0.0.0/8"], timeout=5, resolver=only_here) as client:
        yield client


def only_here(name: str, port: int) -> list[str]:
    """No name is asked of anybody."""
    if name != "127.0.0.1":
        raise OSError("not here")
    return [name]


def answer(host: Host, path: str, body: object, status: int = 200, **headers: str) -> None:
    host.put(path, json.dumps(body), status=status, headers=headers)


def account(name: str, **more: object) -> dict[str, Any]:
    return {"id": name, "acct": f"{name}@far.example", "display_name": name.capitalize(),
            "url": f"https://far.example/@{name}", "note": "", **more}  # fmt: skip


def status(number: int, answers: int = 1, words: str = "Well said.", **more: Any) -> dict[str, Any]:
    name = more.pop("name", "bo")
    url = f"https://far.example/@{name}/{number}"
    return {
        "id": str(number), "in_reply_to_id": str(answers), "url": url, "uri": url,
        "created_at": "2026-03-02T09:00:00.000Z", "visibility": "public", "spoiler_text": "",
        "content": f"<p>{words}</p>", "media_attachments": [], "account": account(name), **more,
    }  # fmt: skip


def tooted(host: Host, *replies: dict[str, Any], likes: Any = (), boosts: Any = ()) -> Announced:
    """An announcement on Mastodon with all that is under it."""
    base = "/api/v1/statuses/1"
    root = status(1, account=account("ada", acct="ada", url=HOME))
    answer(host, base, root)
    answer(host, f"{base}/context", {"ancestors": [], "descendants": list(replies)})
    answer(host, f"{base}/favourited_by?limit=80", list(likes))
    answer(host, f"{base}/reblogged_by?limit=80", list(boosts))
    return Announced("mastodon", host.url("/@ada/1"), POST, HOME, NOW)


def xrpc(name: str, **params: object) -> str:
    return f"/xrpc/{name}?{urlencode(params, quote_via=quote)}"


URI = f"at://{ADA}/app.bsky.feed.post/3root"


def actor(name: str, **more: object) -> dict[str, Any]:
    return {"did": f"did:plc:{name}", "handle": f"{name}.example", "displayName": name, **more}


def node(name: str, *replies: dict[str, Any], text: str = "Quite.", **more: Any) -> dict[str, Any]:
    author = more.pop("author", actor(name))
    return {"$type": "app.bsky.feed.defs#threadViewPost", "replies": list(replies), "post": {
        "uri": f"at://{author['did']}/app.bsky.feed.post/3{name}", "author": author,
        "indexedAt": "2026-03-02T09:00:05.000Z",
        "record": {"text": text, "createdAt": "2026-03-02T09:00:00.000Z"} | more.pop("record", {}),
        **more}}  # fmt: skip


def skeeted(
    host: Host, *replies: dict[str, Any], likes: Any = (), reposts: Any = (), **more: Any
) -> Announced:
    """An announcement on Bluesky with all that is under it."""
    answer(host, xrpc("com.atproto.identity.resolveHandle", handle="ada.example"), {"did": ADA})
    thread = xrpc("app.bsky.feed.getPostThread", uri=URI, depth=100, parentHeight=0)
    answer(host, thread, {"thread": node("root", *replies, author=actor("ada")), **more})
    answer(host, xrpc("app.bsky.feed.getLikes", uri=URI, limit=100), {"likes": list(likes)})
    answer(host, xrpc("app.bsky.feed.getRepostedBy", uri=URI, limit=100),
           {"repostedBy": list(reposts)})  # fmt: skip
    return Announced("bluesky", "https://bsky.app/profile/ada.example/post/3root", POST, HOME, NOW)


def asked(
    host: Host, client: Client, *announced: Announced, known: Collection[str] = ()
) -> Outcome:
    memory = {(POST, announced[0].network): known}
    found = run(client, announced, memory, NOW, api=host.url("").rstrip("/"), pause=0)
    (outcome,) = found
    return outcome


def by_author(mentions: Collection[Mention]) -> dict[str, Mention]:
    return {mention.author: mention for mention in mentions}


def test_mastodon_replies_likes_and_boosts(host: Host, client: Client) -> None:
    own = status(4, 3, name="ada", account=account("ada", acct="ada", url=HOME))
    toot = tooted(
        host,
        status(2, words='<span class="h-card"><a href="x" class="u-url mention">@ada</a></span> '
                        "Well said."),
        status(3, 2, name="cy", visibility="unlisted"), own,
        likes=[account("dee"), account("eve", acct="eve"), account("ada")],
        boosts=[account("dee")],
    )  # fmt: skip
    outcome = asked(host, client, toot)
    assert (outcome.gone, outcome.problems) == ((), ())
    assert {m.target for m in outcome.take} == {POST}
    assert {m.via for m in outcome.take} == {"mastodon"}
    words = {m.author: m for m in outcome.take if m.kind is Kind.COMMENT}
    assert render_body(words["Bo"].body, words["Bo"].format) == "<p>Well said.</p>"
    assert words["Bo"].source == words["Bo"].url == "https://far.example/@bo/2"
    assert words["Bo"].date == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert [words[name].answers for name in ("Bo", "Cy", "Ada")] == [
        "", words["Bo"].url, words["Cy"].url]  # fmt: skip
    assert words["Ada"].author_url == HOME
    assert [(m.kind, m.source) for m in outcome.take if m.kind is not Kind.COMMENT] == [
        (Kind.LIKE, f"{toot.url}#liked-by-dee@far.example"),
        (Kind.LIKE, f"{toot.url}#liked-by-eve@127.0.0.1%3A{host.port}"),
        (Kind.REPOST, f"{toot.url}#reposted-by-dee@far.example"),
    ]


def test_bluesky_replies_likes_and_reposts(host: Host, client: Client) -> None:
    text = "See é https://x.exam… now"
    facets = [
        {"index": {"byteStart": 7, "byteEnd": 24},
         "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://x.example/a?b&c"}]},
        {"index": {"byteStart": 8, "byteEnd": 9},
         "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://y.example/"}]},
        {"index": {"byteStart": 0, "byteEnd": 3},
         "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "javascript:alert(1)"}]},
    ]  # fmt: skip
    like = {"actor": actor("dee"), "createdAt": "2027-01-01T00:00:00Z",
            "indexedAt": "2026-03-03T10:00:00.000Z"}  # fmt: skip
    post = skeeted(
        host, node("bo", node("mine", author=actor("ada")), text=text, record={"facets": facets}),
        likes=[like, like | {"actor": actor("ada")}],
        reposts=[actor("eve", handle="handle.invalid", displayName="")],
    )  # fmt: skip
    outcome = asked(host, client, post)
    assert outcome.problems == ()
    found = by_author(outcome.take)
    bo = found["bo"]
    assert bo.source == "https://bsky.app/profile/did:plc:bo/post/3bo"
    assert bo.author_url == "https://bsky.app/profile/bo.example"
    assert bo.body == ('<p>See é <a href="https://x.example/a?b&amp;c">https://x.exam…</a> now</p>')
    assert (found["ada"].answers, found["ada"].author_url) == (bo.url, HOME)
    dee = found["dee"]
    assert (dee.kind, dee.source) == (Kind.LIKE, f"{post.url}#liked-by-did:plc:dee")
    assert dee.date == datetime(2026, 3, 3, 10, tzinfo=UTC)
    eve = found["did:plc:eve"]
    assert (eve.kind, eve.source) == (Kind.REPOST, f"{post.url}#reposted-by-did:plc:eve")


def test_only_what_everybody_may_read_on_mastodon(host: Host, client: Client) -> None:
    note = 'Hi <a href="x">#<span>NoBot</span></a>'
    toot = tooted(
        host, status(2, visibility="private", name="bo"), status(3, 2, name="cy"),
        status(4, visibility="direct", name="dee"), status(5, account=account("eve", note=note)),
        status(6, account=account("fay", suspended=True)), status(7, name="gil", words=""),
        status(8, name="hal", spoiler_text="<b>Ends</b>", words="badly"),
        likes=[account("ian", limited=True)],
    )  # fmt: skip
    found = by_author(asked(host, client, toot).take)
    assert sorted(found) == ["Cy", "Hal"]
    assert found["Cy"].answers == ""
    assert found["Hal"].body == "<p>&lt;b&gt;Ends&lt;/b&gt; …</p>"
    answer(host, "/api/v1/statuses/1", status(1, visibility="private"))
    outcome = asked(host, client, toot, known=["https://far.example/@cy/3"])
    assert (outcome.take, outcome.gone) == ((), ())
    assert "it isn't for everybody" in outcome.problems[0]


def test_only_what_everybody_may_read_on_bluesky(host: Host, client: Client) -> None:
    signed_in = [{"val": "!no-unauthenticated", "src": "x"}]
    post = skeeted(
        host,
        node("bo", node("cy"), author=actor("bo", labels=signed_in)),
        node("dee", labels=[{"val": "!takedown"}]),
        node("eve", labels=[{"val": "porn"}]),
        node("fay", labels=[{"val": "!hide", "neg": True}]),
        node("gil"),
        {"$type": "app.bsky.feed.defs#notFoundPost", "uri": "x", "notFound": True},
        {"$type": "app.bsky.feed.defs#blockedPost", "uri": "x", "blocked": True},
        likes=[{"actor": actor("hal", labels=signed_in), "indexedAt": "2026-03-03T10:00:00Z"}],
        threadgate={"record": {"hiddenReplies": ["at://did:plc:gil/app.bsky.feed.post/3gil"]}},
    )  # fmt: skip
    outcome = asked(host, client, post)
    found = by_author(outcome.take)
    assert sorted(found) == ["cy", "eve", "fay"]
    assert found["cy"].answers == ""
    assert found["eve"].body == "<p>[porn] …</p>"
    assert outcome.problems == ()


@pytest.mark.parametrize("network", ["mastodon", "bluesky"])
def test_what_is_not_there_any_more_was_taken_back(
    host: Host, client: Client, network: str
) -> None:
    if network == "mastodon":
        full = tooted(host, status(2), status(3, 2), likes=[account("dee")])
    else:
        like = {"actor": actor("dee"), "indexedAt": "2026-03-03T10:00:00Z"}
        full = skeeted(host, node("bo", node("cy")), likes=[like])
    known = [mention.source for mention in asked(host, client, full).take]
    assert len(known) == 3
    again = asked(host, client, full, known=known)
    assert ([mention.source for mention in again.take], again.gone) == (known, ())
    less = tooted(host, status(3, 2)) if network == "mastodon" else skeeted(host, node("bo"))
    outcome = asked(host, client, less, known=known)
    (kept,) = outcome.take
    assert sorted([*outcome.gone, kept.source]) == sorted(known)
    assert kept.answers == ""


REPLY, LIKE = "https://far.example/@bo/2", "{}#liked-by-dee@far.example"


@pytest.mark.parametrize(
    ("path", "gone"),
    [("", []), ("/context", [LIKE]), ("/favourited_by?limit=80", [REPLY])],
)
@pytest.mark.parametrize("body", ["503", "not json", '{"descendants": 1}', "drip"])
def test_a_part_that_failed_takes_back_nothing(
    host: Host, client: Client, path: str, gone: list[str], body: str
) -> None:
    toot = tooted(host)
    known = [REPLY, LIKE.format(toot.url)]
    where = f"/api/v1/statuses/1{path}"
    if body == "503":
        host.put(where, "busy", status=503)
        gone = [] if path == "/context" else gone  # what comes after it isn't asked at all
    elif body == "drip":
        host.put(where, "", drip=True)
        client.deadline = 0.3
    else:
        host.put(where, body)
    outcome = asked(host, client, toot, known=known)
    assert outcome.gone == tuple(g.format(toot.url) for g in gone)


def test_a_bluesky_part_that_failed_takes_back_nothing(host: Host, client: Client) -> None:
    post = skeeted(host, node("bo"))
    like = f"{post.url}#liked-by-did:plc:dee"
    known = ["https://bsky.app/profile/did:plc:cy/post/3cy", like]
    for path, body, number, gone in (
        (xrpc("app.bsky.feed.getLikes", uri=URI, limit=100), {"error": "no"}, 500, known[:1]),
        (xrpc("app.bsky.feed.getPostThread", uri=URI, depth=100, parentHeight=0), {}, 502, []),
        (xrpc("com.atproto.identity.resolveHandle", handle="ada.example"), {}, 400, []),
    ):
        answer(host, path, body, number)
        outcome = asked(host, client, post, known=known)
        assert list(outcome.gone) == gone
        assert outcome.problems
    assert "bsky" in asked(host, client, replace(post, url="https://bsky.app/x")).problems[0]


def test_pages_are_followed_to_an_end(host: Host, client: Client) -> None:
    toot = tooted(host)
    base = "/api/v1/statuses/1/favourited_by?limit=80"

    def page(number: int, leads: str) -> None:
        path = base if not number else f"{base}&max_id={number}"
        link = f'<{leads}>; rel="next", <{host.url(base)}&since_id=9>; rel="prev"'
        answer(host, path, [account(f"a{number}")], Link=link)

    for number in range(3):
        page(number, host.url(f"{base}&max_id={number + 1}"))
    answer(host, f"{base}&max_id=3", [account("last")])
    known = [f"{toot.url}#liked-by-x@y.example"]
    outcome = asked(host, client, toot, known=known)
    assert [m.author for m in outcome.take] == ["A0", "A1", "A2", "Last"]
    assert list(outcome.gone) == known
    for endless in (host.url(base), "https://evil.example/api"):  # in a ring, and elsewhere
        page(0, endless)
        outcome = asked(host, client, toot, known=known)
        assert ([m.author for m in outcome.take], outcome.gone) == (["A0"], ())
        assert outcome.problems == ()  # nobody was asked
    for number in range(30):
        page(number, host.url(f"{base}&max_id={number + 1}"))
    outcome = asked(host, client, toot, known=known)
    assert (len(outcome.take), outcome.gone) == (10, ())


def test_cursors_are_followed_to_an_end(host: Host, client: Client) -> None:
    post = skeeted(host)
    first = xrpc("app.bsky.feed.getRepostedBy", uri=URI, limit=100)
    answer(host, first, {"repostedBy": [actor("bo")], "cursor": "a b"})
    answer(host, f"{first}&cursor=a%20b", {"repostedBy": [actor("cy")]})
    known = [f"{post.url}#reposted-by-did:plc:x"]
    outcome = asked(host, client, post, known=known)
    assert ([m.author for m in outcome.take], list(outcome.gone)) == (["bo", "cy"], known)
    answer(host, f"{first}&cursor=a%20b", {"repostedBy": [actor("cy")], "cursor": "a b"})
    assert asked(host, client, post, known=known).gone == ()


def test_of_a_long_thread_each_missing_reply_is_asked_for(host: Host, client: Client) -> None:
    """A server shows sixty replies to who isn't signed in; what it doesn't show may be there."""
    toot = tooted(host, *(status(n) for n in range(2, 62)))
    there, gone, down = (host.url(f"/@bo/{n}") for n in (70, 71, 72))
    host.put("/@bo/70", "words")
    host.put("/@bo/71", "gone", status=410)
    host.put("/@bo/72", "busy", status=503)
    assert asked(host, client, toot, known=[there, gone, down]).gone == (gone,)


def test_when_the_announcement_is_gone_replies_stand_by_themselves(
    host: Host, client: Client
) -> None:
    toot = tooted(host, status(2))
    reply, like = host.url("/@bo/2"), f"{toot.url}#liked-by-dee@far.example"
    host.put("/@bo/2", "words")
    host.put("/api/v1/statuses/1", "parked", status=404)
    assert asked(host, client, toot, known=[reply, like]).gone == ()
    answer(host, "/api/v1/statuses/1", {"error": "Record not found"}, 404)
    assert asked(host, client, toot, known=[reply, like]).gone == (like,)
    host.put("/@bo/2", "none", status=404)
    assert asked(host, client, toot, known=[reply, like]).gone == (like, reply)

    post = skeeted(host)
    thread = xrpc("app.bsky.feed.getPostThread", uri=URI, depth=100, parentHeight=0)
    answer(host, thread, {"error": "NotFound", "message": "Post not found"}, 400)
    reply, like = "https://bsky.app/profile/did:plc:bo/post/3bo", f"{post.url}#liked-by-did:plc:x"
    posts = xrpc("app.bsky.feed.getPosts", uris="at://did:plc:bo/app.bsky.feed.post/3bo")
    answer(host, posts, {"posts": [node("bo")["post"]]})
    assert asked(host, client, post, known=[reply, like]).gone == (like,)
    answer(host, posts, {"posts": []})
    assert asked(host, client, post, known=[reply, like]).gone == (like, reply)


def test_a_host_that_asks_for_peace_is_left_in_it(host: Host, client: Client) -> None:
    toot = tooted(host, status(2))
    root = status(1, account=account("ada", acct="ada", url=HOME))
    answer(host, "/api/v1/statuses/1", root, **{"X-RateLimit-Remaining": "1"})
    other = replace(toot, url=host.url("/@ada/5"))
    outcome = asked(host, client, toot, other, known=[REPLY, f"{toot.url}#liked-by-x@y.example"])
    assert [path for _, path, _ in host.asked] == ["/api/v1/statuses/1"]
    assert (outcome.take, outcome.gone) == ((), ())
    assert all("left alone" in problem for problem in outcome.problems)
    assert len(outcome.problems) == 4
    host.asked.clear()
    host.put("/api/v1/statuses/1", "slow down", status=429)
    asked(host, client, toot, other)
    assert len(host.asked) == 1


def test_two_announcements_of_a_post_are_one(host: Host, client: Client) -> None:
    toot = tooted(host, status(2))
    other = replace(toot, url=host.url("/@ada/5"))
    known = [REPLY, "https://far.example/@cy/9"]
    outcome = asked(host, client, toot, other, known=known)
    assert [mention.source for mention in outcome.take] == [REPLY]
    assert outcome.gone == ()  # of the other nobody knows


def test_hostile_words_and_names_do_nothing(host: Host, client: Client) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    name = f"A\u202e\n{evil}" + "x" * 5000
    toot = tooted(
        host,
        status(2, words=evil, account=account("bo", display_name=name, url="javascript:alert(1)")),
        status(3, url="javascript:alert(1)", uri="javascript:alert(1)"),
        status(4, url="https://blog.example/first/", uri="https://far.example/s/4"),
        status(5, media_attachments=[{"url": 'https://m.example/"><script>', "description": evil}]),
        {"id": 6}, None, "x", status(7, account=None), status(8, created_at="0001-01-01T00:00Z"),
        status(9, 10), status(10, 9),
        likes=[account("../../x#y?z", display_name="<b>:cat:</b>", emojis=[{"shortcode": "cat"}]),
               None],
    )  # fmt: skip
    outcome = asked(host, client, toot)
    sources = [mention.source for mention in outcome.take]
    assert sources[:2] == [REPLY, "https://far.example/s/4"]
    assert sources[-1] == f"{toot.url}#liked-by-..%2F..%2Fx%23y%3Fz@far.example"
    assert outcome.take[-1].author == "<b></b>"
    first = outcome.take[0]
    assert (len(first.author), first.author_url, "\n" in first.author) == (100, "", False)
    for mention in outcome.take:
        html = render_body(mention.body, mention.format)
        assert "<script" not in html
        assert "<img" not in html
        assert "onerror=" not in html.replace("onerror=alert(1)&gt;", "")
    late = tooted(host, status(2, created_at="2999-01-01T00:00:00Z"))
    assert asked(host, client, late).take[0].date == NOW


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["descendants", "thread", "replies", "post", "author", "likes", "actor",
                         "id", "account", "uri", "$type", "labels", "record", "url", "acct"]),
        inner, max_size=4),
    max_leaves=15,
)  # fmt: skip


@given(JSON)
def test_no_answer_breaks_the_reading(value: Any) -> None:
    one = Announced("mastodon", "https://s.example/@a/1", POST, HOME, NOW)
    for wrapped in (value, {"descendants": value}, [value], {"thread": {"replies": value}},
                    {"likes": value}):  # fmt: skip
        mastodon.replies(wrapped, one, "1", "1")
        mastodon.reactions(wrapped, Part.LIKES, one, "https://s.example", "1")
        bluesky.replies(wrapped, one, ADA)
        bluesky.reactions(wrapped, Part.LIKES, one, ADA)
        mastodon.is_public(wrapped)
        mastodon.owner(wrapped)
        bluesky.is_gone(wrapped)


@given(
    st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef")),
    st.lists(st.sampled_from(list(Reach)), min_size=1, max_size=3),
)  # fmt: skip
def test_only_a_whole_look_takes_back(
    before: set[str], now: set[str], reaches: list[Reach]
) -> None:
    one = Announced("mastodon", "https://s.example/@a/1", POST, HOME, NOW)
    found = [Mention(f"https://x.example/{n}", POST, "", Kind.COMMENT, "mastodon") for n in now]
    harvests = [Harvest(one, found, dict.fromkeys(Part, reach)) for reach in reaches]
    known = {f"https://x.example/{n}" for n in before}
    decision = decide(known, harvests)
    missing = known - {mention.source for mention in decision.take}
    assert len(decision.take) == len(now)
    assert set(decision.gone) == (missing if set(reaches) == {Reach.WHOLE} else set())
    asked_for = Reach.CUT in reaches and Reach.FAILED not in reaches
    assert set(decision.unsure) == (missing if asked_for else set())


def test_which_announcements_are_asked_for() -> None:
    author = AuthorFile("ada", "Ada", profiles=(
        make_profile("mastodon", HOME), make_profile("bluesky", "https://bsky.app/profile/ada.e"),
        make_profile("talks", "https://t.example/"),
        make_profile("mastodon-watch", "", "https://s.example/tags/x.rss", watches=True),
    ))  # fmt: skip
    tie = Tie("first", Verdict.MATCHED)
    posts = [Target("first", "First", NOW, (POST, "https://old.example/first/")),
             Target("other", "Other", NOW, ("https://blog.example/other/",))]  # fmt: skip

    def entry(number: int, *ties: Tie, kind: EntryKind = EntryKind.OWN, days: int = 1) -> Entry:
        return Entry(f"mastodon:s:{number}", f"https://s.example/@ada/{number}",
                     NOW - timedelta(days=days), kind=kind, ties=ties)  # fmt: skip

    rows = [
        (("ada", "mastodon"), entry(1, tie)),
        (("ada", "mastodon"), entry(2, tie, Tie("other", Verdict.YES))),
        (("ada", "mastodon"), entry(3, replace(tie, verdict=Verdict.NO))),
        (("ada", "mastodon"), entry(4, tie, kind=EntryKind.SHARED)),
        (("ada", "mastodon"), entry(5, tie, Tie("other", Verdict.NO), days=900)),
        (("ada", "talks"), entry(6, tie)),
        (("ada", "mastodon-watch"), entry(7, tie)),
        (("bo", "mastodon"), entry(8, tie)),
    ]
    found = announcements(rows, {"ada": author}, posts, NOW)
    # The old one too: what is under it is not gone because nobody asked.
    assert [one.url.rpartition("/")[2] for one in found] == ["1", "5"]
    assert (found[0].target, found[0].profile_url) == (POST, HOME)
    old = replace(found[1], date=NOW - timedelta(days=60))
    days = [NOW + timedelta(days=n) for n in range(700)]
    assert 70 < sum(is_due(old, day) for day in days) < 130
