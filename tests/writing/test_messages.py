"""What a build says of an author's files: which file, which line, how to mend it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, SiteFolder, make_comment

from rejoinder import building
from rejoinder import site as sites
from rejoinder.complaints import explain, read
from rejoinder.errors import SiteError

HEAD = "Title: It\nDate: 2026-03-01 08:00\nSlug: {slug}\nCategory: Notes\n"
BROKEN = {
    "no-date": (HEAD.replace("Date", "Dated"), 1, "it has no date. Add a line 'Date: 2026-04-15"),
    "a-day": (
        HEAD.replace("2026-03-01", "some day"),
        2,
        "'some day 08:00' is not a date. Write it",
    ),
    "february": (HEAD.replace("03-01", "02-31"), 2, "'2026-02-31 08:00' is not a date."),
    "changed": (HEAD + "Modified: soon\n", 5, "'soon' is not a date."),
    "no-title": (HEAD.replace("Title: It\n", ""), 1, "it has no title. Add a line 'Title: …'."),
    "no-head": ("Words at once.\n", 1, "it has no front matter. Begin with lines like 'Title"),
    "status": (HEAD + "Status: drafty\n", 5, "'drafty' is no status. Use draft, published"),
    "zone": (HEAD + "Timezone: Mars/One\n", 5, "there is no time zone 'Mars/One'. Use an IANA"),
    "outside": (HEAD + "Save_As: ../../x.html\n", 5, "it would be written outside the site"),
    "wish": (HEAD + "Comments: maybe\n", 5, "'Comments: maybe' is not known. Use open, closed"),
}
"""Front matter by the post's name, the line, and what is said."""


def test_all_that_is_wrong_in_posts_is_said_at_once(site: SiteFolder) -> None:
    site.post()
    wanted = {}
    for slug, (head, line, says) in BROKEN.items():
        path = site.content / "posts" / f"{slug}.md"
        path.write_text(f"{head.format(slug=slug)}\nText.\n", "utf-8")
        wanted[f"{path}:{line}: {says}"] = slug
    latin = site.content / "posts" / "latin.md"
    latin.write_bytes(HEAD.format(slug="latin").encode() + "\nA café.\n".encode("latin-1"))
    wanted[f"{latin}:6: it is not UTF-8. Save it as UTF-8."] = "latin"
    comment = site.content / "comments" / "first" / "20260301T080000Z-x.md"
    comment.parent.mkdir(parents=True)
    comment.write_text("Id: x\nnothing\n")
    wanted[f"{comment}:2: 'nothing' is not a metadata line."] = "comment"
    errors = site.try_build().errors
    left = [slug for says, slug in wanted.items() if not any(e.startswith(says) for e in errors)]
    assert left == [], errors
    assert len(errors) == len(wanted)


@pytest.mark.parametrize(
    ("more", "line", "says"),
    [
        ("Title: Again\n", 5, "there is a second line 'Title:'. Take one of them out."),
        ("Template: none-such\n", 5, "the theme has no template 'none-such'. Name another"),
        ("Slug: first\n", 3, "its slug 'first' is that of first.md. Give one of them another"),
    ],
)
def test_what_stops_a_build_is_said(site: SiteFolder, more: str, line: int, says: str) -> None:
    site.post()
    slug = "first" if more.startswith("Slug") else "second"
    path = site.content / "posts" / "second.md"
    path.write_text(f"{HEAD.format(slug=slug)}{'' if slug == 'first' else more}\nText.\n", "utf-8")
    (error,) = site.try_build().errors
    assert error.startswith(f"{path}:{line}: {says}")


def test_a_link_that_leads_nowhere_is_said_with_its_line(site: SiteFolder) -> None:
    path = site.post(body="Some text.\n\nSee [it]({filename}/posts/none.md).")
    (warning,) = [w for w in site.try_build().warnings if "SITEURL" not in w]
    assert warning == f"{path}:9: it links to /posts/none.md, which isn't there. Correct the link."


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ('title = "A site\n', 1, "the file is not TOML: "),
        ('title = "A"\ncolour = "red"\n', 2, "'colour' is not a setting of this file."),
        ("[discussions]\n\nclose_after_days = 'never'\n", 3, "'close_after_days' is not a number"),
        ("title = 'A'\n[discussions]\ntitle = 'B'\n", 3, "'title' is not a setting"),
        ("discussions = 3\n", 1, "'discussions' is not a table. Write [discussions]."),
        ("\ntimezone = 'Mars/One'\n", 2, "there is no time zone 'Mars/One'."),
        ("[engagement]\ndays = 0\n", 2, "'days' is not 1 to 3660"),
    ],
)
def test_site_toml(site: SiteFolder, text: str, line: int, says: str) -> None:
    path = site.content / "site.toml"
    path.write_text(text)
    with pytest.raises(SiteError) as caught:
        sites.load(site.content)
    assert str(caught.value).startswith(f"{path}:{line}: {says}")


BEGIN = "{% block content %}"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("{% nonsense %}", "Encountered unknown tag 'nonsense'"),
        ("{{ nobody.here }}", "'nobody' is undefined (in first/index.html)"),
        ("{{ 1 + article.title }}", "TypeError: unsupported operand"),
        ("{% include 'none.html' %}", "there is no template 'none.html' (in"),
        ("{{ article.title|shout }}", "No filter named 'shout'."),
    ],
)
def test_templates(site: SiteFolder, change: str, says: str) -> None:
    site.post()
    theme = shutil.copytree(ROOT / "theme", site.root / "theme")
    path = Path(theme) / "templates" / "article.html"
    text = path.read_text("utf-8")
    line = text[: text.index(BEGIN)].count("\n") + 2
    path.write_text(text.replace(BEGIN, f"{BEGIN}\n{change}"), "utf-8")
    (error,) = site.try_build(THEME=str(theme)).errors
    assert error.startswith(f"{path}:{line}: {says}"), error


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("x = (\n", "2: '(' was never closed"),
        ("\nx = 1 / 0\n", "3: ZeroDivisionError: division by zero"),
        ("import none_such\n", "2: ModuleNotFoundError: No module named 'none_such'"),
    ],
)
def test_settings(site: SiteFolder, more: str, says: str) -> None:
    path = site.root / "conf.py"
    path.write_text(f"from pelican.settings import DEFAULT_CONFIG as NONE\n{more}", "utf-8")
    (error,) = building.build(site.content, site.output, path).errors
    assert error == f"{path}:{says}"


def test_another_message_stays_as_it_is(make_site: Callable[..., SiteFolder]) -> None:
    site = make_site()
    site.comments(make_comment(1))
    for said in ("Could not process posts/gone.md: 'x' is not a valid date", "Whatever it is"):
        assert explain(said, site.content) == said
    problem = read("/a/b.md:12: it: is so. Mend it.")
    assert (problem.where, problem.line, problem.what) == ("/a/b.md", 12, "it: is so. Mend it.")
    assert read("no place: at all") == read("no place: at all")
    assert read("no place: at all").where == ""
