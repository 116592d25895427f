"""One address for all the ways in which a page is linked to."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rejoinder.profiles.addresses import canonical, is_short, unwrap

PAGE = "blog.example/2026/02/post"


@pytest.mark.parametrize(
    "url",
    [
        "https://blog.example/2026/02/post/",
        "http://blog.example/2026/02/post",
        "HTTPS://WWW.Blog.Example:443/2026/02/post/#comments",
        "https://m.blog.example/2026/02/post/",
        "https://amp.blog.example/2026/02/post/",
        "https://blog.example/2026/02/post/amp/",
        "https://blog.example/2026/02/post/index.html",
        "https://blog.example/2026/./02/x/../post/",
        "https://blog.example/2026/02/%70ost/",
        "https://blog.example/2026/02/post/?utm_source=x&utm_medium=y&fbclid=z",
        "https://blog.example/2026/02/post/?source=rss-1234------2",
        "https://blog.example./2026/02/post",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fblog.example%2F2026%2F02%2Fpost%2F&h=AT0",
        "https://www.google.com/url?sa=t&url=https%3A%2F%2Fblog.example%2F2026%2F02%2Fpost%2F",
        "https://www.linkedin.com/safety/go?url=https%3A%2F%2Fblog.example%2F2026%2F02%2Fpost",
        "https://www.youtube.com/redirect?q=https%3A%2F%2Fblog.example%2F2026%2F02%2Fpost",
        "https://web.archive.org/web/20260301000000/https://blog.example/2026/02/post/",
        "https://blog-example.cdn.ampproject.org/c/s/blog.example/2026/02/post/amp/",
        "https://www.google.com/amp/s/blog.example/2026/02/post/amp/",
        " https://blog.example/2026/02/post/ ",
    ],
)
def test_these_are_one_page(url: str) -> None:
    assert canonical(url) == PAGE


@pytest.mark.parametrize(
    "url",
    [
        "https://blog.example/", "https://blog.example/2026/02/", "https://blog.example/2026/02/Post/",
        "https://other.example/2026/02/post/", "https://blog.example/2026/02/post/?p=4",
        "https://blog.example/2026/02/post/2/", "https://blog.example:8080/2026/02/post/",
        "mailto:a@blog.example", "javascript:alert(1)", "ftp://blog.example/2026/02/post/",
        "//blog.example/2026/02/post/", "http://[x", "https://blog.example:x/2026/02/post", "",
        "https://blogs.blog.example/2026/02/post/",
    ],
)  # fmt: skip
def test_these_are_others(url: str) -> None:
    assert canonical(url) != PAGE


def test_parameters_that_matter_stay_in_one_order() -> None:
    assert canonical("https://a.example/?b=2&a=1&utm_x=3") == "a.example?a=1&b=2"
    assert canonical("https://news.ycombinator.com/item?id=4") == "news.ycombinator.com/item?id=4"
    assert canonical("https://www.youtube.com/watch?v=abc&si=x") == "youtube.com/watch?v=abc"


def test_wrappers_in_wrappers_come_to_an_end() -> None:
    from urllib.parse import quote

    url = "https://blog.example/a"
    for _ in range(4):
        url = "https://l.facebook.com/l.php?u=" + quote(url, safe="")
    assert unwrap(url) == "https://blog.example/a"
    assert unwrap("https://l.facebook.com/l.php?u=javascript:1").startswith("https://l.facebook")


def test_shorteners_are_for_the_network_to_tell() -> None:
    assert is_short("https://t.co/abc")
    assert is_short("https://lnkd.in/abc")
    assert not is_short("https://blog.example/abc")


@given(st.text(max_size=200))
@example(" #")
@example("¨")
@example("⒈")
def test_any_text_has_an_answer_and_it_is_stable(text: str) -> None:
    for url in (text, f"https://a.example/{text}", f"https://{text}"):
        once = canonical(url)
        if once:
            assert canonical(f"https://{once}") == once
