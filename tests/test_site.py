"""site.toml: read strictly, changed gently."""

from __future__ import annotations

from pathlib import Path

import pytest

from rejoinder import site
from rejoinder.errors import SiteError
from rejoinder.site import Permalinks, Site, save_as


def test_without_a_file_there_are_defaults(tmp_path: Path) -> None:
    assert site.load(tmp_path) == Site()


def test_what_the_file_says(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(
        'title = "Über uns"\nurl = "https://a.example/blog"\n[permalinks]\npost = "{slug}.html"\n'
    )
    found = site.load(tmp_path)
    assert (found.title, found.url) == ("Über uns", "https://a.example/blog")
    assert found.permalinks == Permalinks(post="{slug}.html")
    settings = site.pelican_settings(found)
    assert settings["ARTICLE_SAVE_AS"] == "{slug}.html"
    assert settings["PAGE_SAVE_AS"] == "{slug}/index.html"
    assert settings["COMMENTS_CLOSE_AFTER_DAYS"] == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("= =", "is not TOML"),
        ("title = 3", "'title' is not text"),
        ("titel = 'x'", "'titel' is not a setting"),
        ("permalinks = 'x'", r"Write \[permalinks\]"),
        ("[permalinks]\npst = 'x'", "'pst' is not a setting"),
        ("[discussions]\ndefault = 'maybe'", "Use open, closed, off"),
        ("[discussions]\nclose_after_days = '3'", "'close_after_days' is not a number"),
        ("[discussions]\nclose_after_days = -1", "is not 0 to 999999"),
        ("[discussions]\nemail_required = 1", "'email_required' is not true or false"),
        ("url = 'a.example'", "is not a site's address"),
        ("url = 'https://a.example/'", "without a slash at its end"),
        ("url = 'http://[x'", "is not a site's address"),
        ("timezone = 'Mars/Olympus'", "there is no time zone"),
        ("timezone = '../etc'", "there is no time zone"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "site.toml").write_text(text)
    with pytest.raises(SiteError, match=says) as caught:
        site.load(tmp_path)
    assert caught.value.where == str(tmp_path / "site.toml")


def test_a_change_keeps_what_the_author_wrote(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text('# My site.\ntitle = "Mine"  # for now\n\n[permalinks]\npage = "p/{slug}/"\n')
    assert site.save(tmp_path, {"url": "https://a.example", "permalinks": {"post": "{slug}/"}})
    text = path.read_text()
    assert "# My site." in text
    assert "# for now" in text
    assert site.load(tmp_path).permalinks == Permalinks(page="p/{slug}/", post="{slug}/")
    assert site.load(tmp_path).url == "https://a.example"
    assert not site.save(tmp_path, {"url": "https://a.example"})


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("", "index.html"),
        ("{slug}/", "{slug}/index.html"),
        ("{slug}.html", "{slug}.html"),
        ("archives/{slug}", "archives/{slug}.html"),
    ],
)
def test_where_an_address_is_saved(url: str, path: str) -> None:
    assert save_as(url) == path
