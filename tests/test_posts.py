"""Posts are read as Pelican reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown import Markdown
from pelican.settings import DEFAULT_CONFIG
from pelican.utils import slugify as pelican_slugify

from rejoinder.posts import parse_head, posts, slugify


@given(st.text(max_size=60))
def test_slugs_are_those_of_pelican(title: str) -> None:
    assert slugify(title) == pelican_slugify(title, DEFAULT_CONFIG["SLUG_REGEX_SUBSTITUTIONS"])


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Do Recruiters really get Social Media??", "do-recruiters-really-get-social-media"),
        ("Über <em>Straßen</em> & Café", "uber-strassen-cafe"),
        ("  -- a  --  b --", "-a-b-"),
        ("?!", ""),
    ],
)
def test_slugs(title: str, slug: str) -> None:
    assert slugify(title) == slug


def test_the_head_ends_at_the_first_line_that_is_none() -> None:
    head = parse_head(
        "\ufeffTitle: A: b\r\nslug: x\nThread: old\nComments: closed\n\nNot: metadata\n",
        Path("p.md"),
    )
    assert (head.title, head.slug, head.thread) == ("A: b", "x", "old")
    assert head.values.get("comments") == "closed"
    assert head.lines["comments"] == 4
    assert "not" not in head.values
    assert parse_head("Just text.", Path("p.md")).values == {}


@pytest.mark.parametrize(
    "text",
    [
        "---\nTitle: A\nSlug: s\n---\nNot: x\n",
        "Title: A\nSummary: one\n    Two: two\n\tthree\nSlug: s\n...\nNot: x\n",
        "  Title:   A\nSlug:\ts\nTitle: B\n \nNot: x\n",
        "---\n\nNot: x\n",
        "    Title: A\nNot: x\n",
    ],
)
def test_the_head_is_what_python_markdown_reads(text: str) -> None:
    markdown = Markdown(extensions=["meta"])
    markdown.convert(text)
    meta: dict[str, list[str]] = markdown.Meta  # type: ignore[attr-defined]
    assert parse_head(text, Path("p.md")).values == {name: v[0] for name, v in meta.items()}


def test_whose_discussion_it_is() -> None:
    assert parse_head("Title: A post\n", Path("p.md")).thread == "a-post"
    assert parse_head("Title: A page\n", Path("p.md"), is_page=True).thread is None
    assert parse_head("Title: A page\nThread: k\n", Path("p.md"), is_page=True).thread == "k"


def test_what_is_a_post(tmp_path: Path) -> None:
    for name in ("posts/b.md", "a.md", "pages/c.md", "comments/t/d.md", "authors/e.md",
                 "imports/f.md", "posts/.g.md", "posts/h.txt", "posts/i.markdown"):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Title: X\n\nText.\n")
    (tmp_path / "folder.md").mkdir()
    found = [(h.path.relative_to(tmp_path).as_posix(), h.is_page) for h in posts(tmp_path)]
    assert found == [("a.md", False), ("pages/c.md", True), ("posts/b.md", False),
                     ("posts/i.markdown", False)]  # fmt: skip
