# ruff: noqa: E501 - a case is read best on one line
"""Readers' words as HTML: as they meant them, and harmless."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import html5lib
import pytest
from conftest import make_comment
from hypothesis import example, given
from hypothesis import strategies as st

from rejoinder.comments.commonmark import to_html
from rejoinder.comments.model import Format
from rejoinder.comments.render import MAX_BODY, by_parser, excerpt, render, render_body, text_of


def md(body: str) -> str:
    return render(make_comment(1, body=body))


def html(body: str) -> str:
    return render(make_comment(1, body=body, format=Format.HTML))


REL = 'rel="nofollow ugc noopener"'


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("One.\n\nTwo *soft* **loud**.", "<p>One.</p>\n<p>Two <em>soft</em> <strong>loud</strong>.</p>"),
        ("line\nbreak", "<p>line<br>\nbreak</p>"),
        ("> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>"),
        ("`a < b`", "<p><code>a &lt; b</code></p>"),
        ("see https://a.example/x.", f'<p>see <a href="https://a.example/x" {REL}>https://a.example/x</a>.</p>'),
        ("~~no~~", "<p><del>no</del></p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("# Loud", "<p><strong>Loud</strong></p>"),
        ("![a cat](https://x.example/c.png)", f'<p><a href="https://x.example/c.png" {REL}>a cat</a></p>'),
        ("<b>bold</b> <script>alert(1)</script>", "<p><b>bold</b> </p>"),
        ("3 < 4 & 5 > 4", "<p>3 &lt; 4 &amp; 5 &gt; 4</p>"),
        ("", ""),
    ],
)  # fmt: skip
def test_markdown(body: str, shown: str) -> None:
    assert md(body) == shown


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("One.\n\nTwo\nthree", "<p>One.</p><p>Two<br>\nthree</p>"),
        ("<p>Kept</p><p>as it is</p>", "<p>Kept</p><p>as it is</p>"),
        ("<p>Kept</p>\n<p>as it is</p>", "<p>Kept</p>\n<p>as it is</p>"),
        ("before\n<blockquote>said\nso</blockquote>\nafter",
         "<p>before</p><blockquote>said<br>\nso</blockquote><p>after</p>"),
        ("<pre>a\n\nb</pre>", '<pre tabindex="0">a\n\nb</pre>'),
        ("http://a.example/ and <a href=\"http://b.example/\">http://b.example/</a>",
         f'<p><a href="http://a.example/" {REL}>http://a.example/</a> and '
         f'<a href="http://b.example/" {REL}>http://b.example/</a></p>'),
        ("*not markdown*", "<p>*not markdown*</p>"),
        ("a &amp; b &lt; c", "<p>a &amp; b &lt; c</p>"),
        ("<h2>Big</h2>", "<p><strong>Big</strong></p>"),
        ("<strike>no</strike>", "<p><s>no</s></p>"),
    ],
)  # fmt: skip
def test_kept_html_is_shown_as_wordpress_shows_it(body: str, shown: str) -> None:
    assert html(body) == shown


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='\u2028javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](//evil.example/)",
    "![x](javascript:alert(1))",
    '![x"onerror="alert(1)](https://a.example/)',
    "<iframe src=https://evil.example></iframe>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<form action=https://evil.example><input name=x><button>go</button></form>",
    "<style>@import 'https://evil.example'</style>",
    "<base href=https://evil.example>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<p style='background:url(https://evil.example)' onclick=alert(1) id=reply class=x>x</p>",
    "<video src=https://evil.example poster=https://evil.example></video>",
    "<!--><script>alert(1)</script>-->",
    "<h1 onmouseover=alert(1)>x</h1>",
    "<img src='x' alt='</a><script>alert(1)</script>'>",
    "</p></article></li><h1>out</h1>",
]
TAGS = {
    "a", "abbr", "b", "blockquote", "br", "cite", "code", "dd", "del", "dl", "dt", "em", "hr", "i",
    "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "strike", "strong",
    "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var",
}  # fmt: skip


def assert_harmless(shown: str) -> None:
    """Nothing but known tags and attributes, no address but http(s), and balanced."""
    tree = html5lib.parseFragment(shown, container="div", namespaceHTMLElements=False)
    for element in tree.iter():
        if not isinstance(element.tag, str) or element.tag == "DOCUMENT_FRAGMENT":
            continue
        assert element.tag in TAGS
        for name, value in element.attrib.items():
            assert name in {"href", "title", "rel", "cite", "start", "align", "tabindex"}
            if name in {"href", "cite"}:
                assert re.match(r"https?://", value, re.I)
    assert len(re.findall(r"<p\b", shown)) == shown.count("</p>")


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("show", [md, html])
def test_attacks_come_to_nothing(show, attack: str) -> None:
    assert_harmless(show(attack))
    assert_harmless(show(f"words\n\n> {attack}\n\n`{attack}`"))


@given(st.lists(st.sampled_from(ATTACKS) | st.text(max_size=20), max_size=6), st.booleans())
def test_attacks_in_any_mixture_come_to_nothing(parts: list[str], as_html: bool) -> None:
    assert_harmless((html if as_html else md)("".join(parts)))


LENGTH = 65_000
SHAPES = {
    name: (piece * LENGTH)[:LENGTH]
    for name, piece in {
        "brackets": "[", "links": "[a](", "quotes": ">", "spaced quotes": "> ", "emphasis": "*a ",
        "strong": "**a", "underscores": "_", "ticks": "`a``", "lists": "- ", "bold": "<b>",
        "crossed": "<b></i>", "divs": "<div>", "paragraphs": "<p>", "less": "<", "anchors": "<a ",
        "addresses": "http://a", "ampersands": "&", "cells": "|a", "rows": "a|b\n-|-\n", "lines": "\n",
        "items": "<ul><li>", "images": "<img ", "pictures": "![a](", "open quotes": "<a href='",
        "spaces": " ", "headings": "<h1 ", "blank lines": "\n ", "tables": "<table><tr><td>",
        "comments": "<!--", "swapped": "<b><i></b>", "strikes": "~~a ", "word": "a", "mails": "a@b.",
    }.items()
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("show", [md, html])
def test_64_kb_of_one_shape_is_cheap(show, shape: str) -> None:
    """The bound is 250 ms; the test allows for a busy machine and still fails on a parser
    that is quadratic, which takes seconds on these."""
    started = time.process_time()
    shown = show(SHAPES[shape])
    assert time.process_time() - started < 1
    assert len(shown) < 20 * LENGTH


def test_a_break_at_the_end_of_a_line_is_one_break() -> None:
    for line_end in ("\n", "<br>\n", "<br />\n", "<BR/> \n"):
        assert html(f"one{line_end}two") == "<p>one<br>\ntwo</p>"
        assert html(f"<p>one{line_end}two</p>") == "<p>one<br>\ntwo</p>"


def test_too_deep_and_too_long_are_shown_as_they_are() -> None:
    deep = "> " * 200 + "words"
    assert md(deep).startswith("<p>&gt; &gt; ")
    long = "*a* " * MAX_BODY
    assert md(long).startswith("<p>*a* *a* ")
    assert len(text_of(make_comment(1, body="words " * 20_000)).split()) == 20_000


def test_excerpts_are_cut_between_words() -> None:
    comment = make_comment(1, body="**One** two & three, and [four](https://a.example) & five.")
    assert text_of(comment) == "One two & three, and four & five."
    assert excerpt(comment, 17) == "One two & three…"
    assert excerpt(comment) == "One two & three, and four & five."


@pytest.mark.parametrize("show", [md, html])
@pytest.mark.parametrize(
    "reference", ["&#xFFFE;", "&#xffff;", "&#1;", "&#0;", "&#xD800;", "&#x110000;", "&#x1FFFE;"]
)
def test_no_reference_smuggles_in_what_no_page_can_hold(show, reference: str) -> None:
    assert show(f"a {reference} b").replace("\ufffd", "").replace("  ", " ") == "<p>a b</p>"
    assert show("&#65;&#x42;") == "<p>AB</p>"


@given(st.lists(
    st.text("aZé漢9 _.,:;!?'()-\n\r\t\u00a0", max_size=12)
    | st.sampled_from(("www.a.example", "a\nb", "a\n\n\nb", "1. x", "a \nb", "  b", "-\n", "---", "_a_",
                       "http:", "x@a.example", "a\n=", "WWW.A.EXAMPLE")),
    max_size=4,
).map("".join))  # fmt: skip
@example("a\n")
def test_words_alone_are_shown_as_the_parser_has_them(body: str) -> None:
    assert render_body(body) == by_parser(body, Format.MARKDOWN)


@given(st.lists(
    st.text("aé漢 _*~`.>&\"'()-+#|\\\n\t\u00a0\x0c1", max_size=12)
    | st.sampled_from(("**a**", "*a", "~~b~~", "`c`", "- d\n", "1. e\n", "> f\n", "\n\n", "---\n",
                       "&nbsp;", "&quot;", "g  \nh", "\\\n", "<b>", "http://a.example", "    x\n",
                       "|a|\n|-|\n|b|\n", "# i\n", "* * *\n", "![p](/q)", "&#106;", "[", "](http://b-c.d)",
                       "[k](https://a.example/?l=m&n=o#p~%20,;:+) ", "[q](//a.example)", " www.a.d/e ",
                       "[r](http://1.2.3.4)", "[s](https://xn--a.d)", "[t](http://a.d 'u')", "v@w.xy",
                       "[a](http://Ä.d)", "[b](javascript:c)", "[d](https://e_f.g)", "https://h..i")),
    max_size=6,
).map("".join))  # fmt: skip
@example("*a *b *c *d *e* d* c* b* a*")
@example('he said "yes" & left')
@example("[a [b](http://c.d) e](http://f.g)")
@example(f"http://{'a' * 300}.{'b' * 70}/c")
def test_what_needs_no_sanitising_is_shown_as_if_it_were_sanitised(body: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rejoinder.comments.render._SAFE", frozenset())
        sanitised = by_parser(body, Format.MARKDOWN)
    assert by_parser(body, Format.MARKDOWN) == sanitised


@given(st.text(max_size=60) | st.from_regex(r"(&#x?[0-9a-fA-F]{1,7};?|[a-z ])+", fullmatch=True))
def test_what_is_shown_fits_into_a_feed(body: str) -> None:
    from xml.etree import ElementTree

    from rejoinder.comments.feeds import Entry, Feed, atom

    for comment in (make_comment(1, body=body), make_comment(1, body=body, format=Format.HTML)):
        entry = Entry(comment, "A post", "p", "https://x.example/p/", "https://x.example/")
        ElementTree.fromstring(
            atom(Feed("T", "https://x.example", "https://x.example/f", "en"), [entry])
        )


RACE = """
import sys, threading
from rejoinder.comments.render import render_body
text = "Look at ~~this~~ and https://example.com/x now.\\n\\n| a |\\n|---|\\n| ~~2~~ |\\n" * 5
start, found = threading.Barrier(4), set()
def render():
    start.wait()
    found.update(render_body(text) for _ in range(1000))
threads = [threading.Thread(target=render) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
sys.exit(len(found) != 1)
"""


def test_replies_that_are_rendered_at_once_end_no_desk_and_look_as_alone() -> None:
    """cmark-gfm keeps what its extensions register in variables of the whole process."""
    assert subprocess.run([sys.executable, "-c", RACE], check=False).returncode == 0


LEAK = """
import resource
from rejoinder.comments.render import render_body
def megabytes():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 2**20
text = "Look at ~~this~~ and **that**, at https://example.com/x too.\\n\\n" * 80
for _ in range(500): render_body(text)
before = megabytes()
for _ in range(3000): render_body(text)
print(megabytes() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_rendering_keeps_no_memory() -> None:
    run = subprocess.run([sys.executable, "-c", LEAK], capture_output=True, text=True, check=True)
    assert float(run.stdout) < 10  # 3,000 times 5 KB; a tree that isn't freed is 20 KB each


@given(st.lists(
    st.text("awhé @:/._~|<>[]()*`\\\n", max_size=8)
    | st.sampled_from(("http://", "https:", "www", "a.example", "mailto:", "&#64;", "&commat;", "&")),
    max_size=6,
).map("".join))  # fmt: skip
@example("b&#64;a.example")
def test_addresses_are_looked_for_wherever_there_can_be_one(body: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rejoinder.comments.commonmark._without_links", lambda extensions: extensions)
        thorough = to_html(body)
    assert to_html(body) == thorough
