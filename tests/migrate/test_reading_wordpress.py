"""The pure parts: paragraphs, Markdown, dates, permalinks, the report's sums."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rejoinder.migrate import dates, permalinks
from rejoinder.migrate.autop import displayed, paragraphs
from rejoinder.migrate.fragments import words
from rejoinder.migrate.ledger import Entry, Outcome, digest, settle
from rejoinder.migrate.markdown import render, to_markdown
from rejoinder.migrate.permalinks import Address
from rejoinder.migrate.posts import plain_title
from rejoinder.migrate.report import Report
from rejoinder.migrate.slugs import pelican_slug, wordpress_slug


def squeezed(html: str) -> str:
    return re.sub(r"\s*\n\s*", "", html)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("one\n\ntwo", "<p>one</p><p>two</p>"),
        ("one\ntwo\r\nthree", "<p>one<br />two<br />three</p>"),
        ("one<br>\ntwo", "<p>one<br />two</p>"),
        ("<p>a</p>\n\nb", "<p>a</p><p>b</p>"),
        ("a<blockquote>b\n\nc</blockquote>d",
         "<p>a</p><blockquote><p>b</p><p>c</p></blockquote><p>d</p>"),
        ("<ul>\n<li>a</li>\n<li>b</li>\n</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<div>a\n\nb</div>", "<div><p>a</p><p>b</p></div>"),
        ("<div>a</div>", "<div>a</div>"),
        ("a<!--more-->b", "<p>a</p><!--more--><p>b</p>"),
        ("<h2>a</h2>b", "<h2>a</h2><p>b</p>"),
        ("", ""),
    ],
)  # fmt: skip
def test_paragraphs_as_wordpress_makes_them(text: str, html: str) -> None:
    assert squeezed(paragraphs(text)) == html


def test_what_keeps_its_own_form() -> None:
    text = "<pre>a\n\n  b\n</pre>\n\n<script>x\n\ny</script>"
    assert "<pre>a\n\n  b\n</pre>" in paragraphs(text)
    assert "<script>x\n\ny</script>" in paragraphs(text)


def test_blocks_have_their_paragraphs() -> None:
    text = (
        '<!-- wp:paragraph {"a":1} -->\n<p>a\nb</p>\n<!-- /wp:paragraph -->\n\n'
        "<!-- wp:more -->\n<!--more-->\n<!-- /wp:more -->"
    )
    assert squeezed(displayed(text)) == "<p>ab</p><!--more-->"


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>a <b>b</b> <em>c</em> <code>d_e</code></p>", "a **b** *c* `d_e`"),
        ('<h2 class="wp-block-heading">Who</h2>', "## Who"),
        ('<h2 id="us">Who</h2>', "## Who {#us}"),
        ("<p>1. no list</p>", "1\\. no list"),
        ("<p># no heading</p>", "\\# no heading"),
        ("<p>[gallery ids=\"1,2\"]</p>", '[gallery ids="1,2"]'),
        ("<p>[TOC]</p>", "\\[TOC\\]"),
        ('<p><a href="http://x.y/a_b">l</a></p>', "[l](http://x.y/a_b)"),
        ('<p><a href="http://x.y" target="_blank">l</a></p>',
         '<a href="http://x.y" target="_blank">l</a>'),
        ('<p><img src="a.png" alt="b"></p>', "![b](a.png)"),
        ("<ul class=\"wp-block-list\"><li>a<ul><li>b</li></ul></li><li>c</li></ul>",
         "-   a\n    -   b\n-   c"),
        ("<ol start=\"3\"><li>a</li></ol>", '<ol start="3"><li>a</li></ol>'),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ('<pre><code class="language-py">a\n\nb</code></pre>', "```py\na\n\nb\n```"),
        ("<pre>a\n\nb</pre>", "<pre>a\n\nb</pre>"),
        ("<table><tr><td>1</td></tr></table>", "<table><tr><td>1</td></tr></table>"),
        ('<p style="color:red">a</p>', '<p style="color:red">a</p>'),
        ("<hr/>", "---"),
        ("<p>a</p><!--more--><p>b</p>", "a\n\n<!--more-->\n\nb"),
        ('<p><a href="{filename}x">a</a></p>', "[a](%7Bfilename}x)"),
        ("<p>Title: no metadata</p>", "Title: no metadata"),
    ],
)  # fmt: skip
def test_html_as_markdown(html: str, markdown: str) -> None:
    assert to_markdown(html).text == markdown


_PIECES = [
    *"ab *_`[]()!#-+.>|~:={}\\\n\t1&;\"'^/", "\n\n", "    ", "<p>", "</p>", "<b>", "</b>", "<em>",
    "</em>", "<ul>", "<li>", "</li>", "</ul>", "<ol>", "</ol>", "<pre>", "</pre>", "<code>",
    "</code>", "<br>", "<!--more-->", "<!-- x -->", "&nbsp;", "&lt;", "&amp;amp;",
    "<a href='http://x.y/a_b'>", "</a>", "<div>", "</div>", "<blockquote>", "</blockquote>", "<h2>",
    "</h2>", "<hr>", "[TOC]", "[^1]", "[^1]: x", "*[ab]: x", "[a]: http://x", "{: .x}", "{#id}",
    "<span class=x>", "</span>", "<img src=a.png alt='x'>", "<table><tr><td>", "</td></tr></table>",
    "é", "\u2028", "\x02", "<script>", "</script>", "<iframe>", "</iframe>", "<svg>", "</svg>",
    "<?php ?>", "<![CDATA[x]]>", "<!DOCTYPE x>", "[caption id='a_b']", "[/caption]",
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=25).map("".join))
def test_the_words_of_any_text_come_through(text: str) -> None:
    html = displayed(text)
    assert words(render(to_markdown(html).text)) == words(html)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_the_words_of_any_characters_come_through(text: str) -> None:
    html = displayed(text)
    assert words(render(to_markdown(html).text)) == words(html)


def test_text_that_a_parser_chokes_on_stays_html_and_quick() -> None:
    started = time.perf_counter()
    made = to_markdown("<p>" + "[" * 6000 + "</p>")
    assert time.perf_counter() - started < 2
    assert made.kept_as_html == 1


def test_text_that_is_nested_beyond_reason_stays_html() -> None:
    made = to_markdown("<blockquote>" * 3000 + "deep" + "</blockquote>" * 3000)
    assert made.kept_as_html == 1
    assert "deep" in render(made.text)


@pytest.mark.parametrize(
    ("structure", "paths"),
    [
        ("{date:%Y}/{date:%m}/{date:%d}/{slug}/", ["2010/10/10/a/", "2011/02/03/b/"]),
        ("{slug}/", ["a/", "b/"]),
        ("archives/{id}", ["archives/10", "archives/12"]),
        ("{category}/{slug}.html", ["work/a.html", "work/b.html"]),
        ("{author}/{slug}/", ["ada/a/", "ada/b/"]),
        ("{date:%Y}/{slug}-{id}.htm", ["2010/a-10.htm", "2011/b-12.htm"]),
        ("index.php/{date:%Y}/{date:%m}/{slug}/", ["index.php/2010/10/a/", "index.php/2011/02/b/"]),
    ],
)  # fmt: skip
def test_structures_are_found(structure: str, paths: list[str]) -> None:
    when = [datetime(2010, 10, 10, 10, 10, tzinfo=UTC), datetime(2011, 2, 3, 4, 5, tzinfo=UTC)]
    posts = [
        Address(path, date, slug, number, "ada", ("work",))
        for path, date, slug, number in zip(paths, when, "ab", ("10", "12"), strict=True)
    ]
    assert permalinks.detect(posts) == structure


def test_a_day_that_is_the_number_of_its_month_is_a_day() -> None:
    one = Address("2010/10/10/a/", datetime(2010, 10, 10, tzinfo=UTC), "a", "7", "", ())
    assert permalinks.detect([one]) == "{date:%Y}/{date:%m}/{date:%d}/{slug}/"


def test_one_odd_address_does_not_outvote_the_others() -> None:
    date = datetime(2010, 10, 10, tzinfo=UTC)
    posts = [Address(f"2010/{s}/", date, s, s, "", ()) for s in "abc"]
    odd = Address("old/x.html", date, "x", "9", "", ())
    assert permalinks.detect([odd, *posts]) == "{date:%Y}/{slug}/"
    assert permalinks.detect([]) is None


def test_archives_stand_below_the_fixed_front() -> None:
    found = permalinks.settings("archives/{id}")
    assert found.post == "archives/{slug}/"
    assert found.category == "archives/category/{slug}/"
    assert found.page == "{slug}/"


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("http://www.x.org/blog/a/?b=1", "a/?b=1"),
        ("https://x.org/blog", ""),
        ("https://x.org/blogs/a", None),
        ("https://y.org/blog/a", None),
        ("/blog/a%20b", "a b"),
    ],
)
def test_own_paths(link: str, path: str | None) -> None:
    assert permalinks.own_path(link, ["https://x.org/blog"]) == path


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Asia/Kolkata", "UTC"])
def test_a_zone_shows_itself(zone: str) -> None:
    seen = {}
    for day in range(0, 700, 20):
        gmt = datetime(2012, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)
        seen[gmt.replace(tzinfo=None)] = gmt.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    assert dates.infer(seen) == zone


def test_moments() -> None:
    zone = ZoneInfo("Europe/London")
    both, wrong = dates.moment("2012-07-01 11:00:00", "2012-07-01 10:00:00", zone)
    assert (str(both), wrong) == ("2012-07-01 11:00:00+01:00", None)
    far, wrong = dates.moment("2012-07-09 11:00:00", "2012-07-01 10:00:00", zone)
    assert str(far) == "2012-07-01 11:00:00+01:00"
    assert wrong is not None
    assert dates.moment("", "0000-00-00 00:00:00", zone) == (None, "it has no date")


def test_titles_and_slugs() -> None:
    assert plain_title("A &amp; B &#8211; &lt;b&gt; &nope;") == "A & B – &lt;b&gt; &amp;nope;"
    assert pelican_slug("C++ & Café: Été!") == "c-cafe-ete"
    assert wordpress_slug("%e4%bd%a0/..") == "你"


def test_settling_by_hashes() -> None:
    entry = Entry("x", digest("old"))
    assert settle(None, None, digest("new")) is Outcome.NEW
    assert settle(None, digest("new"), digest("new")) is Outcome.UNCHANGED
    assert settle(None, digest("mine"), digest("new")) is Outcome.EDITED
    assert settle(entry, digest("old"), digest("new")) is Outcome.UPDATED
    assert settle(entry, digest("mine"), digest("new")) is Outcome.EDITED
    assert settle(entry, None, digest("new")) is Outcome.GONE


def test_a_sum_that_does_not_close_is_shouted() -> None:
    report = Report(Path("x.xml"))
    report.found("post", "publish", 2)
    report.became("post", "publish", "new")
    assert not report.closes
    assert report.gaps == [("post", "publish", 2, 1)]
    assert "THE SUM DOES NOT CLOSE" in str(report)
    report.became("post", "publish", "updated")
    assert report.closes
