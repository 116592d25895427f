"""Site maps, robots.txt, llms.txt, readable feeds: what is decided, without a build."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import feedparser
import pytest
from feedgenerator import Atom1Feed, Rss201rev2Feed

from rejoinder import llms, robots, sitemap
from rejoinder.llms import Link
from rejoinder.readable import make_readable
from rejoinder.sitemap import Address
from rejoinder.words import shorten

SITE = "https://blog.example/"
NS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}


def locations(text: str) -> list[str]:
    return [loc.text or "" for loc in ElementTree.fromstring(text).iterfind(".//s:loc", NS)]


def test_a_small_site_map_is_one_file_with_dates_in_utc() -> None:
    east = datetime(2026, 3, 1, 1, 30, 15, 500, tzinfo=timezone(timedelta(hours=2)))
    found = sitemap.files([Address(SITE, east), Address(f"{SITE}a/")], "sitemap.xml", SITE)
    assert list(found) == ["sitemap.xml"]
    tree = ElementTree.fromstring(found["sitemap.xml"])
    assert [e.text for e in tree.iterfind(".//s:lastmod", NS)] == ["2026-02-28T23:30:15+00:00"]
    assert locations(found["sitemap.xml"]) == [SITE, f"{SITE}a/"]


def test_addresses_are_uris_and_safe_in_xml() -> None:
    both = (("en", f"{SITE}café/?a=1&b=2"), ("fr", f"{SITE}<x>/"))
    found = sitemap.files([Address(f"{SITE}café/?a=1&b=2", None, both)], "sitemap.xml", SITE)
    tree = ElementTree.fromstring(found["sitemap.xml"])
    assert locations(found["sitemap.xml"]) == [f"{SITE}caf%C3%A9/?a=1&b=2"]
    assert [(e.get("hreflang"), e.get("href")) for e in tree.iterfind(".//x:link", NS)] == [
        ("en", f"{SITE}caf%C3%A9/?a=1&b=2"), ("fr", f"{SITE}%3Cx%3E/"),
    ]  # fmt: skip


def test_what_is_too_much_for_one_file_is_parted_and_parts_stay_as_they_are() -> None:
    def address(number: int) -> Address:
        return Address(f"{SITE}{number}/", datetime(2026, 1, 1 + number, tzinfo=UTC))

    five = [address(number) for number in range(5)]
    found = sitemap.files(five, "maps/site.xml", SITE, most_addresses=2)
    names = [f"maps/site-{number}.xml" for number in (1, 2, 3)]
    assert list(found) == ["maps/site.xml", *names]
    assert locations(found["maps/site.xml"]) == [SITE + name for name in names]
    index = ElementTree.fromstring(found["maps/site.xml"])
    assert index.findtext(".//s:lastmod", None, NS) == "2026-01-02T00:00:00+00:00"
    assert [url for name in names for url in locations(found[name])] == [one.url for one in five]
    more = sitemap.files([*five, address(5)], "maps/site.xml", SITE, most_addresses=2)
    assert {name for name in names if more[name] != found[name]} == {"maps/site-3.xml"}


def test_no_part_is_larger_than_it_may_be() -> None:
    addresses = [Address(f"{SITE}{'é' * number}/") for number in range(40)]
    found = sitemap.files(addresses, "sitemap.xml", SITE, most_bytes=1000)
    parts = [text for name, text in found.items() if name != "sitemap.xml"]
    assert len(parts) > 3
    assert max(len(text.encode()) for text in parts) <= 1000
    assert sum(len(locations(text)) for text in parts) == 40


def test_robots_close_the_desk_and_nothing_that_only_begins_like_it() -> None:
    text = robots.text(["/reply"], f"{SITE}sitemap.xml")
    parser = RobotFileParser()
    parser.parse(text.splitlines())
    assert not parser.can_fetch("x", f"{SITE}reply/desk")
    assert not parser.can_fetch("x", f"{SITE}reply?thread=a&to=b")
    assert parser.can_fetch("x", f"{SITE}reply-to-everybody/")
    assert parser.can_fetch("x", SITE)
    assert "Disallow: /reply$\n" in text
    assert parser.site_maps() == [f"{SITE}sitemap.xml"]
    assert robots.text([]) == "User-agent: *\nDisallow:\n"


def test_llms_txt_is_a_list_whose_words_are_no_markup() -> None:
    link = Link("On [links]\n& *stars*", f"{SITE}a (b)/", "word " * 100)
    text = llms.text("A_B", "", {"Posts": [link], "Nothing": []})
    head, _, line = text.partition("\n\n## Posts\n\n")
    assert head == "# A\\_B"
    assert line.startswith(f"- [On \\[links\\] & \\*stars\\*]({SITE}a%20%28b%29/): word word")
    assert line.endswith("word…\n")
    assert "Nothing" not in text


def test_shortened_words_are_whole() -> None:
    assert shorten("one two three", 9) == "one two…"
    assert shorten("one", 3) == "one"


@pytest.mark.parametrize("kind", [Atom1Feed, Rss201rev2Feed])
def test_feed_readers_see_a_readable_feed_as_it_was(kind: Any) -> None:
    def written(stylesheet: str) -> str:
        feed = kind(title="T & co", link=SITE, description="Words", feed_url=f"{SITE}f")
        for name in ("One", "Two <2>"):
            feed.add_item(
                name, f"{SITE}{name}/", "<p>A summary &amp; <b>more</b></p>", author_name="Ada",
                content="<p>All of it</p>", pubdate=datetime(2026, 3, 1, tzinfo=UTC),
                updateddate=datetime(2026, 3, 1, tzinfo=UTC), unique_id=name,
            )  # fmt: skip
        if stylesheet:
            make_readable(feed, stylesheet)
        out = io.StringIO()
        feed.write(out, "utf-8")
        return out.getvalue()

    styled = written('/x/feed.css?a="1"')
    lines = styled.split("\n")
    assert lines[1] == '<?xml-stylesheet type="text/css" href="/x/feed.css?a=&quot;1&quot;"?>'
    plain, shown = feedparser.parse(written("")), feedparser.parse(styled)
    assert shown.bozo == 0
    for name in ("title", "link", "subtitle"):
        assert shown.feed[name] == plain.feed[name]
    for before, after in zip(plain.entries, shown.entries, strict=True):
        assert {k: v for k, v in after.items() if not k.startswith("xhtml")} == before
    links = ElementTree.fromstring(styled).iterfind(".//x:a", NS)
    assert [link.text for link in links] == ["Read it as a page", "One", "Two <2>"]
    said = [e.text for e in ElementTree.fromstring(styled).iterfind(".//x:p", NS)]
    assert said[1] == "A summary & more"
