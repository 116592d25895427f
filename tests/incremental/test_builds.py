"""Incremental builds of real sites: what they leave out, what they say, what they can't see."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from builds import build, difference, own_theme, tree
from conftest import ROOT, SiteFolder, invoke, make_comment
from incremental import making, reading, restoring

from rejoinder.building import build as build_aside
from rejoinder.comments import store
from rejoinder.incremental import memory, stamps, state

OFF = '\n[engagement]\ndashboard = "off"\n'


@pytest.fixture
def blog(site: SiteFolder) -> SiteFolder:
    """A site with two posts, one of them discussed."""
    site.post("first")
    site.post("second")
    site.comments(make_comment(1))
    with (site.content / "site.toml").open("a") as file:
        file.write(OFF)
    return site


def made(said: list[str] | None) -> dict[str, str]:
    """Each file that a build made, and why."""
    assert said is not None
    lines = said[said.index("Why each file was made:") + 1 :]
    found, why = {}, ""
    for line in lines:
        if line.startswith("  "):
            found[line.strip()] = why
        elif " because " in line:
            why = line.partition(" because ")[2].rstrip(":")
    return found


def times(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def settled() -> None:
    """Let the files grow old enough for their time stamps to be believed."""
    time.sleep(0.05)


def test_where_nothing_changed_nothing_is_written(blog: SiteFolder) -> None:
    build(blog.content, blog.output)
    settled()
    build(blog.content, blog.output)
    before = times(blog.output)
    said = build(blog.content, blog.output)
    assert said is not None
    assert any("nothing has changed" in line for line in said)
    assert times(blog.output) == before


@pytest.mark.parametrize(("who", "is_made"), [("public", True), ("local", True), ("off", False)])
def test_with_a_new_day_the_dashboard_is_made_anew(
    site: SiteFolder, monkeypatch: pytest.MonkeyPatch, who: str, is_made: bool
) -> None:
    site.post("first")
    with (site.content / "site.toml").open("a") as file:
        file.write(f'\n[engagement]\ndashboard = "{who}"\n')
    for _ in range(2):
        build(site.content, site.output)
        settled()
    assert "nothing has changed" in str(build(site.content, site.output))
    tomorrow = time.time() + 24 * 3600
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    assert ("nothing has changed" not in str(build(site.content, site.output))) == is_made


def test_one_comment_touches_what_shows_it_and_explain_says_why(blog: SiteFolder) -> None:
    build(blog.content, blog.output)
    blog.comments(make_comment(2, 1))
    why = made(build(blog.content, blog.output))
    assert why["first/index.html"] == "changed: article"
    assert "second/index.html" not in why
    assert "changed" in why["index.html"]
    assert why["first/comments.json"] == "what it is made of changed"
    assert "2 thoughts" in blog.read("first/index.html")


def test_a_comment_is_parsed_once(blog: SiteFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    blog.comments(make_comment(2, 1))
    theme = own_theme(blog.content.parent)
    settled()
    build(blog.content, blog.output, THEME=str(theme))
    page = blog.read("first/index.html")
    new = make_comment(3, 1)
    parse = store._comment
    monkeypatch.setattr(
        store, "_comment", lambda data, path: parse(data, path) if new.id in str(path) else 1 / 0
    )
    read = store._read
    monkeypatch.setattr(store, "_read", lambda path: 1 / 0)
    with (theme / "templates" / "article.html").open("a") as file:
        file.write("\n{# another theme #}")
    why = made(build(blog.content, blog.output, THEME=str(theme)))
    assert "the template changed" in why["first/index.html"]
    assert blog.read("first/index.html") == page
    monkeypatch.setattr(store, "_read", read)
    blog.comments(new)
    made(build(blog.content, blog.output, THEME=str(theme)))
    assert "3 thoughts" in blog.read("first/index.html")


@pytest.mark.parametrize("can_begin", [True, False])
def test_threads_are_looked_at_ahead_where_a_process_can_be_had(
    blog: SiteFolder, monkeypatch: pytest.MonkeyPatch, can_begin: bool
) -> None:
    monkeypatch.setattr(memory, "_WORTH_HELP", 1)
    if not can_begin:
        monkeypatch.setattr(memory, "Ahead", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    clean = blog.root / "clean"
    build(blog.content, clean, INCREMENTAL=False)
    build(blog.content, blog.output, INCREMENTAL_WORKERS=2)
    assert difference(tree(blog.output), tree(clean)) == ""


def test_where_a_build_could_not_be_remembered_the_next_looks_at_all_it_made(
    blog: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, calls = state._put_page, iter(range(1000))

    def refusing(database: Any, path: str, page: Any, body: bytes | None) -> None:
        if body is not None and next(calls) == 3:
            raise sqlite3.OperationalError("database or disk is full")
        put(database, path, page, body)

    build(blog.content, blog.output)
    settled()
    with monkeypatch.context() as full:
        full.setattr(state, "_put_page", refusing)
        build(blog.content, blog.output, SITENAME="B")
    with state.opened(blog.root / "state.sqlite") as remembered:
        assert remembered.fact("inputs") is None  # else the next might look at nothing
        assert {"first/index.html", "second/index.html"} <= remembered.pages().keys()
    (blog.content / "posts" / "second.md").unlink()
    build(blog.content, blog.output, SITENAME="B")
    assert not (blog.output / "second" / "index.html").exists()


def test_what_is_made_ahead_and_then_otherwise_is_as_it_was_said_last(
    site: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        site.post(f"post-{number}")
    site.post("other", Save_as="post-3/index.html")
    with (site.content / "site.toml").open("a") as file:
        file.write(OFF)
    clean = site.root / "clean"
    build(site.content, clean, INCREMENTAL=False)
    monkeypatch.setattr(making, "WORTH_A_PROCESS", 3)
    build(site.content, site.output, INCREMENTAL_WORKERS=2)
    assert difference(tree(site.output), tree(clean)) == ""
    assert '<h1 class="p-name">Other<' in site.read("post-3/index.html")


def test_settings_theme_and_new_posts_are_named_as_the_reason(
    blog: SiteFolder, tmp_path: Path
) -> None:
    theme = own_theme(tmp_path)
    build(blog.content, blog.output, THEME=str(theme))
    assert set(made(build(blog.content, blog.output, THEME=str(theme), SITENAME="B")).values()) == {
        "changed: SITENAME", "what it is made of changed", "it is another than before",
    }  # fmt: skip
    template = theme / "templates" / "tag.html"
    template.write_text(template.read_text("utf-8") + " ", "utf-8")
    why = made(build(blog.content, blog.output, THEME=str(theme), SITENAME="B"))
    assert set(why.values()) <= {"the template changed: tag.html, or one that it uses"}
    blog.post("third", Category="Other", Date="2026-05-01")
    why = made(build(blog.content, blog.output, THEME=str(theme), SITENAME="B"))
    assert why["third/index.html"] == "it is new"
    assert "first/index.html" not in why


def test_what_is_gone_is_removed_and_what_is_not_ours_stays(blog: SiteFolder) -> None:
    build(blog.content, blog.output, DELETE_OUTPUT_DIRECTORY=False)
    (blog.output / "of-somebody.txt").write_text("mine")
    (blog.content / "posts" / "second.md").unlink()
    build(blog.content, blog.output, DELETE_OUTPUT_DIRECTORY=False)
    assert not (blog.output / "second").exists()
    assert (blog.output / "of-somebody.txt").exists()
    kept = {"DELETE_OUTPUT_DIRECTORY": True, "OUTPUT_RETENTION": [".git"]}
    (blog.output / ".git").mkdir()
    (blog.output / ".git" / "config").write_text("kept")
    build(blog.content, blog.output, **kept)
    assert not (blog.output / "of-somebody.txt").exists()
    assert (blog.output / ".git" / "config").exists()


@pytest.mark.parametrize("worth", [3, 300])
def test_an_output_that_was_removed_is_put_back_without_rendering(
    blog: SiteFolder, monkeypatch: pytest.MonkeyPatch, worth: int
) -> None:
    for module in (making, restoring):
        monkeypatch.setattr(module, "WORTH_A_PROCESS", worth)
    build(blog.content, blog.output)
    whole = tree(blog.output)
    shutil.rmtree(blog.output)
    said = build(blog.content, blog.output)
    assert difference(tree(blog.output), whole) == ""
    assert set(made(said).values()) <= {"it is another than before"}


def test_a_template_that_cant_be_seen_through_is_rendered_each_time(
    blog: SiteFolder, tmp_path: Path
) -> None:
    theme = own_theme(tmp_path)
    tags = theme / "templates" / "tags.html"
    tags.write_text(
        tags.read_text("utf-8") + "{% set which = 'years' ~ '.html' %}{% include which %}", "utf-8"
    )
    build(blog.content, blog.output, THEME=str(theme))
    said = build(blog.content, blog.output, THEME=str(theme))
    assert said is not None
    assert any(line.startswith("pages of tags.html are made each time") for line in said)
    assert list(made(said)) == ["tags/index.html"]


def test_a_plugin_that_wants_to_see_each_page_sees_each_page(
    blog: SiteFolder, tmp_path: Path
) -> None:
    (tmp_path / "counting.py").write_text(
        "from pelican import signals\nseen = []\n"
        "def note(path, context): seen.append(context['output_file'])\n"
        "def tell(pelican):\n"
        "    open(pelican.settings['PATH'] + '/../seen', 'w').write(' '.join(seen))\n"
        "def register():\n"
        "    signals.content_written.connect(note)\n    signals.finalized.connect(tell)\n"
    )
    more = {"PLUGIN_PATHS": [str(ROOT / "plugins"), str(tmp_path)],
            "PLUGINS": ["comments", "incremental", "counting"]}  # fmt: skip
    for _ in range(2):
        said = build(blog.content, blog.output, **more)
        assert said is not None
        assert "every page is made: counting wants to see each" in said
        seen = (blog.root / "seen").read_text("utf-8").split()
        assert {"first/index.html", "second/index.html", "index.html"} <= set(seen)


def test_a_broken_template_says_so_and_the_next_build_goes_on(
    blog: SiteFolder, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    theme = own_theme(tmp_path)
    article = theme / "templates" / "article.html"
    good = article.read_text("utf-8")
    article.write_text(good + "{{ article.title.nothing.more }}", "utf-8")
    for workers in (1, 2):
        wanted = {"THEME": str(theme), "INCREMENTAL_WORKERS": workers}
        article.write_text(good.replace("{% endblock %}", "{{ 1 // 0 }}{% endblock %}", 1), "utf-8")
        assert build(blog.content, blog.output, **wanted) is None
        assert "ZeroDivisionError" in capfd.readouterr().err
        article.write_text(good, "utf-8")
        assert build(blog.content, blog.output, **wanted) is not None
        clean = tmp_path / f"clean{workers}"
        build(blog.content, clean, **wanted, INCREMENTAL=False)
        assert difference(tree(blog.output), tree(clean)) == ""


def test_warnings_are_repeated_until_they_are_mended(blog: SiteFolder) -> None:
    blog.post("third", body="See [it]({filename}/posts/nowhere.md).")
    for _ in range(3):
        done = build_aside(blog.content, blog.output, ROOT / "publishconf.py")
        assert any("nowhere.md" in warning for warning in done.warnings), done


def test_any_pelican_site_can_use_it_alone(tmp_path: Path) -> None:
    content = tmp_path / "content"
    content.mkdir()
    for number in range(30):
        (content / f"p{number}.md").write_text(
            f"Title: P{number}\nDate: 2026-01-{number % 27 + 1:02}\nTags: a, b\n\nWords.\n"
        )
    (tmp_path / "conf.py").write_text(
        f"SITENAME = 'Mine'\nPLUGIN_PATHS = [{str(ROOT / 'plugins')!r}]\n"
        "PLUGINS = ['incremental']\nPATH = 'content'\nTIMEZONE = 'UTC'\n"
    )

    def pelican(*words: str) -> str:
        run = subprocess.run(
            [sys.executable, "-m", "pelican", "-s", "conf.py", *words], cwd=tmp_path,
            capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "200"},
        )  # fmt: skip
        return run.stdout

    pelican("-o", "clean", "-e", "INCREMENTAL=false")
    assert "made" in pelican("-o", "out")
    assert difference(tree(tmp_path / "out"), tree(tmp_path / "clean")) == ""
    settled()
    pelican("-o", "out")
    assert "nothing has changed" in pelican("-o", "out")
    (content / "p3.md").write_text("Title: P3\nDate: 2026-01-04\nTags: a\n\nOther words.\n")
    assert "made" in pelican("-o", "out")
    pelican("-o", "clean2", "-e", "INCREMENTAL=false")
    assert difference(tree(tmp_path / "out"), tree(tmp_path / "clean2")) == ""


def test_tasks_explain(blog: SiteFolder) -> None:
    words = ("build", "--content", str(blog.content), "--output", str(blog.output))
    invoke(*words)
    blog.comments(make_comment(5))
    run = invoke(*words, "--explain")
    assert run.returncode == 0, run.stderr
    assert "because changed: article:" in run.stdout
    assert "  first/index.html" in run.stdout
    assert "files: " not in run.stderr


def test_a_time_that_is_none_is_told_in_a_line(
    blog: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    done = build_aside(blog.content, blog.output, ROOT / "publishconf.py")
    assert [error for error in done.errors if "SOURCE_DATE_EPOCH is 'yesterday'" in error]
    assert "since 1970" in done.errors[0]


def test_other_processes_look_at_folders_and_nothing_is_missed(
    blog: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamps, "_WORTH_HELP", 1)
    for _ in range(2):
        build(blog.content, blog.output, INCREMENTAL_WORKERS=2)
        settled()
    assert "nothing has changed" in str(build(blog.content, blog.output, INCREMENTAL_WORKERS=2))
    blog.comments(make_comment(2, 1))
    settled()
    build(blog.content, blog.output, INCREMENTAL_WORKERS=2)
    assert "2 thoughts" in blog.read("first/index.html")
    blog.post("first", body="Other words.")
    settled()
    build(blog.content, blog.output, INCREMENTAL_WORKERS=2)
    assert "Other words." in blog.read("first/index.html")
    assert "nothing has changed" in str(build(blog.content, blog.output, INCREMENTAL_WORKERS=2))


def test_a_post_that_changes_as_it_is_read_is_read_again(
    blog: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamps, "_WORTH_HELP", 1)
    build(blog.content, blog.output, INCREMENTAL_WORKERS=2)
    blog.post("first", body="The first words.")
    settled()
    read, walk = reading.MarkdownReader.read, stamps._walk
    monkeypatch.setattr(stamps, "_walk", lambda *rest: time.sleep(0.3) or walk(*rest))

    def and_change(self: reading.MarkdownReader, path: str) -> tuple[str, dict[str, object]]:
        found = read(self, path)
        blog.post("first", body="The last words.")
        return found

    monkeypatch.setattr(reading.MarkdownReader, "read", and_change)
    build(blog.content, blog.output, INCREMENTAL_WORKERS=2, SITESUBTITLE="Another")
    monkeypatch.setattr(reading.MarkdownReader, "read", read)
    settled()
    build(blog.content, blog.output, INCREMENTAL_WORKERS=2, SITESUBTITLE="Another")
    assert "The last words." in blog.read("first/index.html")
