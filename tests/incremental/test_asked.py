"""What Pelican works out again and again, worked out once: it gives what it gave."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from incremental.asked import asked_once
from pelican import contents, utils, writers
from pelican.settings import DEFAULT_CONFIG
from pelican.utils import SafeDatetime, strftime

zones = st.none() | st.integers(-900, 900).map(lambda m: timezone(timedelta(minutes=m)))
dates = st.datetimes(datetime(1000, 1, 1), datetime(2999, 12, 31), timezones=zones)  # noqa: DTZ001
formats = st.lists(
    st.sampled_from(["%Y-%m-%d", "%-d", "%B", "%a", "%p", "%%", "%Q", "%-j", "%c", "%H:%M", "%é"])
    | st.text("a-%\n é{}", max_size=3),
    max_size=4,
).map("".join)


@given(dates, formats)
def test_dates_are_written_as_pelican_writes_them(moment: datetime, format: str) -> None:
    own = SafeDatetime(*moment.timetuple()[:6], tzinfo=moment.tzinfo)
    try:
        wanted = strftime(own, format)
    except (ValueError, TypeError) as error:
        with asked_once(makes_folders=False), pytest.raises(type(error)):
            own.strftime(format)
        return
    with asked_once(makes_folders=False):
        assert own.strftime(format) == wanted


@pytest.mark.parametrize("link", [None, "<<(?P<what>.*?)>>"])
@pytest.mark.parametrize("html", [
    None, "", "plain", '<a href="{filename}/posts/b.md">b</a>',
    '<a href="|filename|/posts/b.md">b</a>', '<a href="<<filename>>/posts/b.md">b</a>',
    '<img src="{static}/a.png">',
])  # fmt: skip
def test_links_lead_where_pelican_leads_them(html: str | None, link: str | None) -> None:
    settings = {**DEFAULT_CONFIG, "PATH": "/a", **({"INTRASITE_LINK_REGEX": link} if link else {})}
    other = contents.Article("", {"title": "B", "slug": "b"}, settings, "/a/posts/b.md")
    places = {"generated_content": {"posts/b.md": other}, "static_content": {}}
    article = contents.Article(html, {"title": "A", "slug": "a"}, settings, "/a/posts/a.md", places)
    wanted = article.get_content("https://blog.example")
    again = contents.Article(html, {"title": "A", "slug": "a"}, settings, "/a/posts/a.md", places)
    with asked_once(makes_folders=False):
        assert again.get_content("https://blog.example") == wanted


@pytest.mark.parametrize("pattern", [
    "{slug}.html", "{lang}/{slug}/index.html", "{date:%Y}/{slug}.html", "{category}/{slug:>20}",
    "{author}/{slug!r}", "{slug:{lang}}", "fixed", "{{slug}}", "{path}", "{own}", "{slug.upper}",
])  # fmt: skip
def test_addresses_are_made_as_pelican_makes_them(pattern: str) -> None:
    settings = {**DEFAULT_CONFIG, "ARTICLE_URL": pattern, "PATH": "/a"}
    more: dict[str, Any] = {"title": "About", "slug": "about", "own": "x", "path": "posts"}
    article = contents.Article("words", more, settings, "/a/posts/about.md")
    article.date = SafeDatetime(2026, 1, 2)

    def url() -> str:
        try:
            return str(article.url)
        except ValueError as error:
            return repr(error)

    wanted = url()
    with asked_once(makes_folders=False):
        assert url() == wanted


paths = st.lists(st.sampled_from(["a", "b.html", "é", "..", ".", "", ".c", "a b"]), max_size=5)


@given(st.sampled_from(["/out", "/out/", "out", "/", "/a/../b", "."]), paths)
def test_files_are_put_where_pelican_puts_them(base: str, parts: list[str]) -> None:
    name = "/".join(parts)
    try:
        wanted = utils.sanitised_join(base, name)
    except RuntimeError:
        with asked_once(makes_folders=False), pytest.raises(RuntimeError):
            writers.sanitised_join(base, name)
        return
    with asked_once(makes_folders=False):
        assert writers.sanitised_join(base, name) == wanted


@given(
    st.sampled_from(["/a", "/a/", "a", "/"]), st.sampled_from(["/a/", "/", "", "/b/", "./"]), paths
)
def test_sources_are_where_pelican_has_them(root: str, above: str, parts: list[str]) -> None:
    source = above + "/".join(parts) or None
    settings = {**DEFAULT_CONFIG, "PATH": root}
    wanted = contents.Article("", {"title": "T"}, settings, source).relative_source_path
    with asked_once(makes_folders=False):
        found = contents.Article("", {"title": "T"}, settings, source).relative_source_path
    assert found == wanted


@pytest.mark.parametrize("moment", [date(2026, 1, 2), time(10, 20), datetime(2026, 1, 2, 3)])  # noqa: DTZ001
def test_what_is_no_datetime_is_written_too(moment: Any) -> None:
    wanted = utils.strftime(moment, "%H:%M")
    with asked_once(makes_folders=False):
        assert utils.strftime(moment, "%H:%M") == wanted


def test_what_somebody_put_in_the_place_of_pelicans_own_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expand, update = contents.Content._expand_settings, contents.Content._update_content

    def under_x(self: Any, key: str, klass: str | None = None) -> str:
        return f"x/{expand(self, key, klass)}"

    monkeypatch.setattr(contents.Content, "_expand_settings", under_x)
    monkeypatch.setattr(contents.Content, "_update_content",
                        lambda self, content, url: update(self, content, url).upper())  # fmt: skip
    monkeypatch.setattr(utils, "strftime", lambda moment, format: "today")
    settings = {**DEFAULT_CONFIG, "PATH": "/a"}
    article = contents.Article("a", {"title": "T", "slug": "t"}, settings, "/a/t.md")
    with asked_once(makes_folders=False):
        assert (article.url, article.content) == ("x/t.html", "A")
        assert SafeDatetime(2026, 1, 2).strftime("%Y") == "today"


def test_paths_may_be_paths() -> None:
    settings = {**DEFAULT_CONFIG, "PATH": "/a"}
    with asked_once(makes_folders=False):
        assert writers.sanitised_join("/out", Path("a/b.html")) == "/out/a/b.html"
        article = contents.Article("", {"title": "T"}, settings, Path("/a/b/c.md"))
        assert article.relative_source_path == "b/c.md"
