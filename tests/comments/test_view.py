"""What a template is given: words, pages, addresses."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from conftest import START, make_comment, number_id

from rejoinder.comments.model import Comment
from rejoinder.comments.patterns import pattern
from rejoinder.comments.threads import walk
from rejoinder.comments.view import Options, Subject, ThreadView, base_url, wish
from rejoinder.errors import SiteError


def view(*comments: Comment, comments_wish: str | None = None, **options: object) -> ThreadView:
    subject = Subject("first", "A <em>post</em> & more", "2026/first/", START, comments_wish)
    now = START + timedelta(days=10)
    return ThreadView(subject, comments, Options(**options), now)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kinds", "headline", "parts"),
    [
        ([], "No thoughts yet on “A <em>post</em> & more”", []),
        (["comment"], "1 thought on “A <em>post</em> & more”", ["1 comment"]),
        (
            ["comment"] * 12 + ["author"] * 9 + ["pingback"] * 5 + ["like"] * 2 + ["repost"],
            "26 thoughts on “A <em>post</em> & more”",
            ["21 comments", "5 mentions", "9 by the author", "2 likes", "1 repost"],
        ),
    ],
)
def test_the_headline_and_its_parts(kinds: list[str], headline: str, parts: list[str]) -> None:
    thread = view(*(make_comment(n, kind=kind) for n, kind in enumerate(kinds)))
    assert thread.headline == headline
    assert thread.parts == parts


@pytest.mark.parametrize("newest", [False, True])
def test_pages_count_from_the_oldest_so_that_a_new_comment_moves_none(newest: bool) -> None:
    comments = [make_comment(n) for n in range(7)]
    order = {"page_size": 3, "newest_first": newest}
    before, after = view(*comments, **order), view(*comments, make_comment(7), **order)
    for page in before.pages[:-1]:
        assert [n.comment for n in page.nodes] == [
            n.comment for n in after.pages[page.number - 1].nodes
        ]
    assert [p.number for p in before.pages] == [1, 2, 3]
    shown = before.page
    assert shown.number == (3 if newest else 1)
    assert shown.url == "2026/first/"
    assert [p.url for p in before.pages if p is not shown][-1] == (
        "2026/first/comments/2/" if newest else "2026/first/comments/3/"
    )


@pytest.mark.parametrize("newest", [False, True])
@pytest.mark.parametrize("size", [0, 1, 2, 50])
def test_every_permalink_works_from_the_post(size: int, newest: bool) -> None:
    """A comment's own address names the page that shows it, and the post itself shows the
    comment or leads on to it."""
    comments = [make_comment(n, n - 1 if n % 2 else None, anchor=f"comment-{n}") for n in range(9)]
    thread = view(*comments, page_size=size, newest_first=newest)
    on_page = {n.fragment: p.url for p in thread.pages for n in walk(p.nodes)}
    assert len(on_page) == 9
    for comment in comments:
        assert thread.url_of(comment) == f"{on_page[comment.fragment]}#{comment.fragment}"
    here = {n.fragment for n in walk(thread.page.nodes)}
    moved = {fragment: url for fragment, url, _ in thread.moved}
    assert here | set(moved) == set(on_page)
    assert not here & set(moved)
    assert all(url == thread.url_of(c) for c in comments if (url := moved.get(c.fragment)))


def test_a_further_page_knows_its_neighbours_and_moves_nothing() -> None:
    thread = view(*(make_comment(n) for n in range(5)), page_size=2)
    second = thread.showing(thread.pages[1])
    assert thread.page.number == 1
    assert thread.previous_page is None
    assert (second.previous_page, second.next_page) == (thread.pages[0], thread.pages[2])
    assert second.moved == []


@pytest.mark.parametrize("newest", [False, True])
@pytest.mark.parametrize("size", [0, 1, 3])
def test_a_page_has_the_same_comments_in_either_order(size: int, newest: bool) -> None:
    order = {"page_size": size, "newest_first": newest, "two_orders": 7}
    thread = view(*(make_comment(n) for n in range(7)), **order)
    turned = thread.turned()
    assert [[n.comment for n in page.nodes] for page in thread.pages] == [
        [n.comment for n in page.nodes][::-1] for page in turned.pages
    ]
    assert [page.url for page in thread.pages] == [page.home for page in turned.pages]
    assert {page.url for page in turned.pages}.isdisjoint(page.url for page in thread.pages)
    assert [turned.url_of(c) for c in turned.comments] == list(map(thread.url_of, thread.comments))
    shown = next(page.url for page in turned.pages if page.is_first)
    assert [(one.url, one.is_own, one.is_shown) for one in turned.orders] == (
        [(shown, False, True), ("2026/first/", True, False)][:: 1 if newest else -1]
    )
    assert [one.is_shown for one in thread.orders] == [not newest, newest]
    assert turned.fingerprint() != thread.fingerprint()
    assert view(*(make_comment(n) for n in range(6)), **order).orders == []


def test_a_pattern_mirrors_itself_and_is_the_writers_own() -> None:
    drawings = {name: pattern(name) for name in ("ada", "bo", "")}
    assert len(set(drawings.values())) == 3
    for drawing in drawings.values():
        squares = {(int(x), int(y)) for x, y in re.findall(r"M(\d) (\d)h1v1h-1z", drawing)}
        assert {(4 - x, y) for x, y in squares} == squares


def test_an_anchor_is_given_once() -> None:
    thread = view(make_comment(1, anchor="comment-5"), make_comment(2, anchor="comment-5"))
    assert [n.fragment for n in thread.page.nodes] == ["comment-5", f"comment-{number_id(2)}"]


@pytest.mark.parametrize(
    ("comments_wish", "days", "is_open", "closes"),
    [
        (None, 0, True, False),
        (None, 11, True, True),
        (None, 10, False, True),
        ("open", 10, True, False),
        ("closed", 0, False, False),
    ],
)
def test_closing(comments_wish: str | None, days: int, is_open: bool, closes: bool) -> None:
    thread = view(
        make_comment(1), comments_wish=comments_wish, close_after_days=days, reply_url="/reply"
    )
    assert thread.open is is_open
    assert (thread.closes is not None) is closes
    assert (thread.page.nodes[0].reply_url != "") is is_open


def test_a_reply_link_names_thread_and_comment() -> None:
    thread = view(make_comment(1), reply_url="https://desk.example/reply")
    assert thread.page.nodes[0].reply_url == (
        "https://desk.example/reply?thread=first&to=20260301T090100Z-n1"
    )
    assert view(make_comment(1)).page.nodes[0].reply_url == ""


def test_what_a_comment_answers_has_an_address() -> None:
    thread = view(make_comment(1), make_comment(2, 1), make_comment(3, 2), max_depth=2)
    nodes = walk(thread.page.nodes)
    assert [n.in_reply_to_url for n in nodes] == [
        "2026/first/", f"2026/first/#comment-{number_id(1)}", f"2026/first/#comment-{number_id(2)}",
    ]  # fmt: skip
    assert [n.answers_url for n in nodes] == ["", "", f"2026/first/#comment-{number_id(2)}"]
    assert [n.parent_author for n in nodes] == ["", "Reader 1", "Reader 2"]


@pytest.mark.parametrize(
    ("url", "base"), [("a/b/", "a/b/"), ("a/b.html", "a/b/"), ("a/index.html", "a/"), ("", "")]
)
def test_where_a_posts_own_files_lie(url: str, base: str) -> None:
    assert base_url(url) == (base or "/")


def test_an_unknown_wish_is_refused() -> None:
    assert wish(" Closed ", "posts/a.md") == "closed"
    with pytest.raises(SiteError, match="'Comments: shut' is not known"):
        wish("shut", "posts/a.md")
