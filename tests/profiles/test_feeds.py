"""Feeds in the true shapes of the networks, as entries; and feeds that are none."""
# ruff: noqa: E501 - what networks send is long

from __future__ import annotations

import json
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoinder.errors import CrosslinkError
from rejoinder.profiles.entries import Entry, Kind, Tie, Verdict, format_entries, parse_entries
from rejoinder.profiles.feeds import parse
from rejoinder.profiles.matcher import Matcher, Target, settle
from rejoinder.profiles.networks import recognise

POST = "https://blog.example/2026/02/your-network/"
DATE = "Tue, 10 Feb 2026 09:00:00 +0000"


def rss(*items: str) -> bytes:
    text = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>T</title>{text}</channel></rss>'.encode()


def atom(*entries: str) -> bytes:
    text = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return (
        '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:media="http://search.yahoo.com/mrss/" xmlns:yt="http://www.youtube.com/xml/schemas/2015">'
        f"<title>T</title>{text}</feed>"
    ).encode()


def item(link: str, html: str, guid: str = "", title: str = "", more: str = "") -> str:
    name = f"<title>{escape(title)}</title>" if title else ""
    return (f"{name}<guid>{guid or link}</guid><link>{escape(link)}</link><pubDate>{DATE}</pubDate>"
            f"<description>{escape(html)}</description>{more}")  # fmt: skip


SHORTENED = (
    f'<p>On lists: <a href="{POST}" rel="nofollow"><span class="invisible">https://</span>'
    '<span class="ellipsis">blog.example/2026/02/your-</span><span class="invisible">network/</span>'
    '</a> <a href="https://social.example/tags/hiring" class="mention hashtag">#hiring</a></p>'
)
SHAPES = {
    "mastodon": (rss(item("https://social.example/@nora/111", SHORTENED)),
                 "mastodon:social.example:111"),
    "bluesky": (rss(item("https://bsky.app/profile/nora.example/post/3kabc",
                         f"On lists, and who is on them.\n\n{POST}",
                         "at://did:plc:x/app.bsky.feed.post/3kabc")), "bluesky:3kabc"),
    "medium": (rss(item("https://medium.com/@nora/lists-0a1b2c3d4e5f?source=rss-9------2",
                        f'<p>First at <a href="{POST}?source=x">my blog</a></p>',
                        "https://medium.com/p/0a1b2c3d4e5f", "Lists")), "medium:0a1b2c3d4e5f"),
    "substack": (rss(item("https://nora.substack.com/p/lists", f'<a href="{POST}?utm_campaign=x">on</a>',
                          title="Lists")), "https://nora.substack.com/p/lists"),
    "reddit": (atom(f'<id>t3_1abc</id><title>Lists</title><link href="https://www.reddit.com/r/x/comments/1abc/lists/"/>'
                    "<updated>2026-02-10T09:00:00+00:00</updated>"
                    f'<content type="html">{escape(f"submitted by <a href=https://www.reddit.com/user/nora>/u/nora</a> <a href={chr(34)}{POST}{chr(34)}>[link]</a> <a href=https://www.reddit.com/r/x/comments/1abc/lists/>[comments]</a>")}</content>'),
               "reddit:1abc"),
    "hackernews": (rss(item(POST, '<a href="https://news.ycombinator.com/item?id=42">Comments</a>',
                            "https://news.ycombinator.com/item?id=42", "Lists",
                            "<comments>https://news.ycombinator.com/item?id=42</comments>")),
                   "hackernews:42"),
    "youtube": (atom("<id>yt:video:abcdefghijk</id><yt:videoId>abcdefghijk</yt:videoId><title>Lists</title>"
                     '<link rel="alternate" href="https://www.youtube.com/watch?v=abcdefghijk"/>'
                     "<published>2026-02-10T09:00:00+00:00</published><media:group>"
                     f"<media:description>Read it: {POST}\nMore: https://else.example</media:description></media:group>"),
                "youtube:abcdefghijk"),
    "github": (atom("<id>tag:github.com,2008:Repository/1/v1.0</id><title>v1.0</title>"
                    '<link href="https://github.com/nora/lists/releases/tag/v1.0"/>'
                    "<updated>2026-02-10T09:00:00+00:00</updated>"
                    f'<content type="html">{escape(f"<p>Why: <a href={chr(34)}{POST}{chr(34)}>here</a></p>")}</content>'),
               "github:Repository/1/v1.0"),
    "web": (json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [
        {"id": "9", "url": "https://else.example/9", "date_published": "2026-02-10T09:00:00Z",
         "content_text": f"See {POST}."}]}).encode(), "9"),
}  # fmt: skip


@pytest.mark.parametrize("network", SHAPES)
def test_each_networks_entry_is_tied_by_its_link(network: str) -> None:
    data, name = SHAPES[network]
    (entry,) = parse(data, network, "https://feed.example/f").entries
    assert entry.id == name
    assert entry.date == datetime(2026, 2, 10, 9, tzinfo=UTC)
    target = Target("your-network", "Your network", entry.date, (POST,))
    (proposal,) = Matcher([target]).proposals(entry)
    assert (proposal.thread, proposal.sure) == ("your-network", True)
    assert "links to it" in proposal.why


@pytest.mark.parametrize(
    ("network", "html", "title"),
    [
        ("mastodon", f'<p>@al@else.example see <a href="{POST}">x</a></p>', ""),
        ("mastodon", f'<blockquote>RE: <a href="{POST}">x</a></blockquote><p>No.</p>', ""),
        ("mastodon", f'<p>boost</p><a href="{POST}">x</a>', "Boosted al"),
    ],
)
def test_what_is_not_plainly_ones_own_is_asked(network: str, html: str, title: str) -> None:
    (entry,) = parse(
        rss(item("https://s.example/@n/1", html, title=title)), network, "https://f"
    ).entries
    (proposal,) = Matcher([Target("t", "T", None, (POST,))]).proposals(entry)
    assert not proposal.sure


def test_neither_home_nor_a_namesake_is_the_post() -> None:
    target = Target("t", "Your network is not the list", datetime(2026, 2, 9, tzinfo=UTC), (POST,))
    matcher = Matcher([target])

    def proposed(html: str) -> list[bool]:
        (entry,) = parse(rss(item("https://s.example/@n/1", html)), "mastodon", "https://f").entries
        return [one.sure for one in matcher.proposals(entry)]

    assert proposed('<a href="https://blog.example/">my blog</a>') == []
    assert proposed('Your network is not the list <a href="https://al.example/x">x</a>') == []
    assert proposed("New: Your network is not the list") == [False]
    assert proposed("Something else altogether") == []


def test_what_a_person_said_stays() -> None:
    (entry,) = parse(SHAPES["bluesky"][0], "bluesky", "https://f").entries
    matcher = Matcher([Target("your-network", "T", None, (POST,))])
    tied, asked = settle(entry, matcher.proposals(entry))
    assert [(tie.thread, tie.verdict) for tie in tied.ties] == [("your-network", "matched")]
    said = entry.tied([Tie("your-network", Verdict.NO), Tie("other", Verdict.YES, "by hand")])
    again, asked = settle(said, matcher.proposals(said))
    assert (again, asked) == (said, [])


FIELDS = st.text(max_size=200)


@given(FIELDS, FIELDS, st.lists(FIELDS, max_size=3), st.sampled_from(list(Kind)), FIELDS)
def test_any_entry_survives_its_file(
    title: str, text: str, links: list[str], kind: Kind, why: str
) -> None:
    from rejoinder.comments.model import one_line

    date = datetime(2026, 2, 10, 9, tzinfo=UTC)
    kept = tuple(one_line(link) for link in links if one_line(link))
    tie = Tie("a-thread", Verdict.NO, one_line(why))
    entry = Entry(
        "id:1", "https://a.example", date, one_line(title), one_line(text), kind, kept, (tie,)
    )
    other = Entry("id:2", "https://a.example/2", date)
    written = format_entries([other, entry])
    assert parse_entries(written, Path("x")) == [entry, other]
    assert format_entries(parse_entries(written, Path("x"))) == written


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Entry: a\nUrl: b\n", "x:1: the field Date is missing"),
        ("Entry: a\nUrl: b\nDate: 2026-01-01\n", "x:1: the date says no zone"),
        ("Entry: a\nnonsense\n", "x:2: 'nonsense' is not a metadata line"),
        ("Entry: a\nUrl: b\nDate: 2026-01-01 00:00:00+00:00\nPost: maybe t\n", "x:4: 'Post: maybe t'"),
        ("Entry: a\nUrl: b\nDate: 2026-01-01 00:00:00+00:00\n" * 1 + "\nEntry: a\nUrl: b\nDate: 2026-01-01 00:00:00+00:00\n", "there twice"),
    ],
)  # fmt: skip
def test_a_broken_file_says_where(text: str, says: str) -> None:
    with pytest.raises(CrosslinkError) as caught:
        parse_entries(text, Path("x"))
    assert says in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"nothing", b"<html><p>x</html>", b"{}", b'{"items": 1}', b"\xff\xfe",
                                  b"[" * 50_000, b"{" * 50_000])  # fmt: skip
def test_what_is_no_feed_is_said(data: bytes) -> None:
    with pytest.raises(CrosslinkError):
        parse(data, "web", "https://f.example")


@pytest.mark.parametrize(
    ("url", "network", "feed"),
    [
        ("https://github.com/nora", "github", "https://github.com/nora.atom"),
        ("https://social.example/@nora", "mastodon", "https://social.example/@nora.rss"),
        ("https://bsky.app/profile/nora.example", "bluesky", "https://bsky.app/profile/nora.example/rss"),
        ("https://medium.com/@nora", "medium", "https://medium.com/feed/@nora"),
        ("https://nora.substack.com/", "substack", "https://nora.substack.com/feed"),
        ("https://www.linkedin.com/in/nora-veldt/", "linkedin", None),
        ("https://x.com/nora", "x", None),
        ("https://news.ycombinator.com/user?id=nora", "hackernews", "https://hnrss.org/submitted?id=nora"),
    ],
)  # fmt: skip
def test_profiles_are_known_by_their_address(url: str, network: str, feed: str | None) -> None:
    profile = recognise(url)
    assert profile is not None
    assert profile.network == network
    assert (profile.feeds[0] if profile.feeds else None) == feed


def test_an_unknown_address_is_no_profile() -> None:
    assert recognise("https://nora.example/blog/") is None
