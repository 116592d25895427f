"""Who somebody had signed in as, in words."""

from __future__ import annotations

import pytest
from conftest import make_comment

from rejoinder.comments.portraits import portrait_path
from rejoinder.comments.verified import read
from rejoinder.comments.view import Options, Subject, ThreadView
from rejoinder.errors import CommentError
from rejoinder.serving.headers import FOR_GOOD, cache_control


@pytest.mark.parametrize(
    ("field", "label", "url", "text"),
    [
        ("github https://github.com/ada", "GitHub", "https://github.com/ada", "github.com/ada"),
        ("mastodon https://s.example/@ada", "Mastodon", "https://s.example/@ada", "s.example/@ada"),
        ("indieauth https://www.ada.example/", "your own site", "https://www.ada.example/",
         "ada.example"),
        ("linkedin", "LinkedIn", "", ""),
        ("id.example", "id.example", "", ""),
    ],
)  # fmt: skip
def test_it_says_with_whom_and_as_whom(field: str, label: str, url: str, text: str) -> None:
    seen = read(field)
    assert seen is not None
    assert (seen.label, seen.url, seen.text, str(seen)) == (label, url, text, field)
    assert read(None) is None


@pytest.mark.parametrize(
    "field",
    ["", "GitHub", "github javascript:alert(1)", "github https://a b", 'github https://a/"x',
     "github https://github.com/ada more", "ada@example.com"],
)  # fmt: skip
def test_nothing_else_is_an_identity(field: str) -> None:
    if not field:
        assert make_comment(1, verified=field).verified is None
        return
    with pytest.raises(CommentError, match="names no identity"):
        make_comment(1, verified=field)


@pytest.mark.parametrize(
    "path", ["/etc/x.webp", "../x.webp", "a/../x.webp", "https://x.example/x.webp", "x.webp",
             "a/x.html", "a/.x.webp", "portraits/x y.webp"],
)  # fmt: skip
def test_a_portrait_is_a_picture_below_the_content(path: str) -> None:
    with pytest.raises(CommentError, match="no picture below the content folder"):
        make_comment(1, portrait=path)


def test_a_portrait_is_named_by_what_is_in_it_and_kept_for_good() -> None:
    path = portrait_path(b"a picture")
    assert path == portrait_path(b"a picture") != portrait_path(b"another")
    assert cache_control(path) == FOR_GOOD
    comment = make_comment(1, portrait=path, verified="linkedin")
    thread = ThreadView(Subject("t", "T", "t/"), [comment, make_comment(2)], Options(),
                        comment.date)  # fmt: skip
    signed_in, other = thread.page.nodes
    assert signed_in.portrait == path
    assert signed_in.verified is not None
    assert (other.portrait, other.verified) == ("", None)
