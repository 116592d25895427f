"""Adding a profile by its address: feeds that pages name, networks' own, rel=me both ways."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from feedhost import Host, feed_host

from rejoinder.errors import CrosslinkError
from rejoinder.profiles import opml
from rejoinder.profiles.discovery import discover, feeds_in, profile_name, rel_me
from rejoinder.profiles.networks import recognise
from rejoinder.profiles.opml import Outline
from rejoinder.web import Client

FEED = b'<rss version="2.0"><channel><title>T</title></channel></rss>'
SITES = ["https://blog.example"]


@pytest.fixture
def host() -> Iterator[Host]:
    with feed_host() as host:
        yield host


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(allow=["127.0.0.0/8"], timeout=2) as client:
        yield client


def test_a_page_names_its_feed_and_links_back(host: Host, client: Client) -> None:
    host.put("/feeds/posts.xml", FEED)
    page = host.put(
        "/ada/",
        '<link rel="alternate" type="application/rss+xml" href="/comments" title="Comments">'
        '<link rel="ALTERNATE" type="application/atom+xml; charset=utf-8" href="/feeds/posts.xml">'
        '<a rel="nofollow me" href="https://www.blog.example/about/">me</a>',
    )
    found = discover(client, page, SITES)
    assert (found.feed, found.links_back, found.network) == (
        host.url("/feeds/posts.xml"), True, "web"
    )  # fmt: skip


def test_a_page_without_a_feed_is_guessed_at(host: Host, client: Client) -> None:
    page = host.put("/ada", "<p>nothing")
    assert discover(client, page, SITES).feed == ""
    host.put("/ada/rss.xml", FEED)
    found = discover(client, page, SITES)
    assert found.feed == host.url("/ada/rss.xml")
    assert found.links_back is False
    assert host.url("/ada/feed") in found.tried


def test_a_feed_itself_is_taken(host: Host, client: Client) -> None:
    feed = host.put("/feed", FEED)
    found = discover(client, feed, SITES)
    assert (found.feed, found.content.title, found.links_back) == (feed, "T", None)


def test_what_cannot_be_read_is_said(host: Host, client: Client) -> None:
    found = discover(client, host.url("/none"), SITES)
    assert (found.feed, found.links_back) == ("", None)
    with pytest.raises(CrosslinkError, match="no address"):
        discover(client, "ada@social.example", SITES)


@pytest.mark.parametrize(
    ("link", "back"),
    [
        ("https://blog.example", True),
        ("http://blog.example/author/ada/", True),
        ("https://blog.example.evil.example/", False),
        ("https://blog.examples/", False),
        ("/about", False),
    ],
)
def test_a_link_back_is_to_this_site(link: str, back: bool) -> None:
    from rejoinder.profiles.discovery import links_to

    found = rel_me(f'<link rel="me" href="{link}">'.encode(), "https://else.example")
    assert links_to(found, SITES) is back


@pytest.mark.parametrize(
    ("url", "network", "feed"),
    [
        ("https://social.example/@ada", "mastodon", "https://social.example/@ada.rss"),
        ("https://bsky.app/profile/ada.example", "bluesky",
         "https://bsky.app/profile/ada.example/rss"),
        ("https://github.com/ada", "github", "https://github.com/ada.atom"),
        ("https://github.com/ada/engine", "github", "https://github.com/ada/engine/releases.atom"),
        ("https://www.youtube.com/channel/UCabcdefghijklmnopqrstuv", "youtube",
         "https://www.youtube.com/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv"),
        ("https://medium.com/@ada", "medium", "https://medium.com/feed/@ada"),
        ("https://ada.substack.com/", "substack", "https://ada.substack.com/feed"),
        ("https://www.reddit.com/user/ada", "reddit",
         "https://www.reddit.com/user/ada/submitted/.rss"),
        ("https://news.ycombinator.com/user?id=ada", "hackernews",
         "https://hnrss.org/submitted?id=ada"),
        ("https://www.linkedin.com/in/ada/", "linkedin", None),
        ("https://x.com/ada", "x", None),
        ("https://www.youtube.com/@ada", "youtube", None),
    ],
)  # fmt: skip
def test_the_networks_are_known_by_their_addresses(
    url: str, network: str, feed: str | None
) -> None:
    found = recognise(url)
    assert found is not None
    assert found.network == network
    assert found.feeds[:1] == ((feed,) if feed else ())


def test_names_do_not_clash() -> None:
    assert profile_name("mastodon", "https://social.example/@a", ["mastodon"]) == "mastodon-2"
    assert profile_name("web", "https://www.talks.example/a", []) == "talks-example"


def test_feeds_are_found_in_broken_pages() -> None:
    page = b"<link rel=alternate type=application/rss+xml href=javascript:alert(1)><link rel><a>"
    assert feeds_in(page, "https://else.example") == []


def test_opml_goes_out_and_in() -> None:
    outlines = [Outline("A & <b>", "https://a.example/", "https://a.example/feed", "Ada"),
                Outline("B", "https://b.example/", "https://b.example/feed")]  # fmt: skip
    assert opml.read(opml.write("T", outlines).encode(), "x") == outlines


@pytest.mark.parametrize(
    "text",
    ["", "<rss/>", "<opml", '<!DOCTYPE o [<!ENTITY a "b">]><opml>&a;</opml>', "\udcff" * 3],
)
def test_what_is_no_opml_is_refused(text: str) -> None:
    with pytest.raises(CrosslinkError, match="no OPML"):
        opml.read(text.encode("utf-8", "surrogateescape"), "x.opml")
