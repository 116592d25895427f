"""Rejoinder on sites that are there already, with themes and plugins of others; and a new site."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, make_comment

from rejoinder import site
from rejoinder.comments.store import CommentStore
from rejoinder.errors import SiteError
from rejoinder.toolkit import blocks
from rejoinder.toolkit.changes import NOTE, carry_out, undo
from rejoinder.toolkit.look import Found
from rejoinder.toolkit.plan import BEGIN, PLUGINS, Change, Plan, plan
from rejoinder.toolkit.program import main

COMMON = """AUTHOR = "Ada"
SITENAME = "A site"
SITEURL = "https://a.example"
PATH = "content"
TIMEZONE = "Europe/Paris"
DEFAULT_LANG = "en"
ARTICLE_URL = "{date:%Y}/{slug}.html"
ARTICLE_SAVE_AS = ARTICLE_URL
"""
THEMES = {
    "reflex": """import pelican
from pathlib import Path
THEME = str(Path(pelican.__file__).parent / "themes" / "reflex")
CC_LICENSE = {}
PLUGINS = ["sitemap", "neighbors"]
""",
    "seafoam": """from pelican.plugins import seafoam
THEME = seafoam.get_path()
PLUGINS = ["seafoam", "jinja_filters", "image_process", "series"]
""",
    "bulrush": """import bulrush
THEME = bulrush.PATH
JINJA_ENVIRONMENT = bulrush.ENVIRONMENT
JINJA_FILTERS = bulrush.FILTERS
PLUGINS = ["seo", "webassets"]""",
}
TASKS = """from invoke import task


@task
def hello(context):
    print("hello")
"""


def files(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mode)
        for path in sorted(root.rglob("*"))
        if path.is_file() and not {"output", "__pycache__"} & {*path.parts}
    }


def run(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "plugins"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=root, env=env, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize("theme", THEMES)
def test_it_goes_in_shows_a_discussion_and_comes_out_to_the_byte(
    theme: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "pelicanconf.py").write_text(COMMON + THEMES[theme], "utf-8")
    (tmp_path / "content" / "a.md").write_text(
        "Title: Hello there\nDate: 2026-01-01\nTags: x\n\nWords.\n", "utf-8"
    )
    if theme == "reflex":
        (tmp_path / "tasks.py").write_bytes(TASKS.replace("\n", "\r\n").encode())
    before = files(tmp_path)
    assert main(["init", str(tmp_path), "--dry-run"]) == 0
    assert files(tmp_path) == before
    assert main(["init", str(tmp_path), "--yes"]) == 0
    said = capsys.readouterr().out
    assert "by hand: where your theme lists posts" in said
    assert main(["init", str(tmp_path), "--yes"]) == 0
    assert "here already" in capsys.readouterr().out
    facts = site.load(tmp_path / "content")
    assert (facts.title, facts.timezone, facts.author) == ("A site", "Europe/Paris", "Ada")
    assert facts.permalinks.post == "{date:%Y}/{slug}.html"

    CommentStore(tmp_path / "content").write("hello-there", make_comment(1, body="I *answer*."))
    built = run(tmp_path, "pelican", "-s", "pelicanconf.py", "-o", "output", "--fatal", "errors")
    assert built.returncode == 0, built.stdout + built.stderr
    page = (tmp_path / "output" / "2026" / "hello-there.html").read_text("utf-8")
    assert "I <em>answer</em>." in page
    head, _, body = page.partition("</head>")
    assert "application/feed+json" in head
    assert 'id="respond"' in body
    if theme == "reflex":
        assert (tmp_path / "output" / "sitemap.xml").is_file()
        listed = run(tmp_path, "invoke", "--list").stdout
        assert "hello" in listed
        assert "rejoinder.desk" in listed
        shutil.rmtree(tmp_path / "output")
        task = run(tmp_path, "invoke", "rejoinder.build")
        assert "built 1 article" in task.stdout, task.stdout + task.stderr

    (tmp_path / "content" / "comments" / "hello-there").joinpath(
        f"{make_comment(1).id}.md"
    ).unlink()
    (tmp_path / "content" / "comments" / "hello-there").rmdir()
    (tmp_path / "seo_report.html").unlink(missing_ok=True)  # that plugin's own
    assert main(["init", str(tmp_path), "--undo"]) == 0
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("text", "settings", "listed"),
    [
        ("", {}, ["neighbors", "sitemap", *PLUGINS]),
        ("PLUGINS = None\n", {"PLUGINS": None}, ["neighbors", "sitemap", *PLUGINS]),
        ("from base import *\n", {"PLUGINS": ["search"]}, ["cards", "neighbors", "sitemap"]),
        ("PLUGINS = ['x']\n", {"PLUGINS": ["x"]}, ["x"]),
    ],
)
def test_pelican_finding_our_plugins_by_itself_is_no_wish_for_them(
    text: str, settings: dict[str, object], listed: list[str], tmp_path: Path
) -> None:
    found = Found(
        tmp_path, tmp_path / "pelicanconf.py", text,
        {"PATH": str(tmp_path), "CACHE_PATH": str(tmp_path / "cache"),
         "OUTPUT_PATH": str(tmp_path / "output"), **settings},
        ("cards", "neighbors", "sitemap"), tasks="", has_facts=True,
    )  # fmt: skip
    said: dict[str, list[str]] = {"PLUGINS": ["x"]}
    block = next(one for one in plan(found).changes if one.path == "pelicanconf.py").text
    exec(block, {"__file__": str(found.settings_path)}, said)
    assert said["PLUGINS"] == [*listed, *(one for one in PLUGINS if one not in listed)]


def test_what_was_changed_since_stays_and_is_told(tmp_path: Path) -> None:
    settings, made = tmp_path / "conf.py", tmp_path / "t" / "page.html"
    settings.write_bytes(b"A = 1")
    added = Change("conf.py", f"\n{BEGIN}\nB = 2\n", "settings", adds=True)
    plan = Plan((added, Change("t/page.html", "ours", "a page")))
    carry_out(tmp_path, plan)
    settings.write_bytes(settings.read_bytes() + b"C = 3\n")
    assert undo(tmp_path) == []
    assert settings.read_bytes() == b"A = 1C = 3\n"
    assert not made.parent.exists()
    settings.write_bytes(b"A = 1")
    carry_out(tmp_path, plan)
    settings.write_text(settings.read_text().replace("B = 2", "B = 4"))
    made.write_text("mine")
    assert [line.partition(":")[0] for line in undo(tmp_path)] == ["conf.py", "t/page.html"]
    assert made.read_text() == "mine"
    with pytest.raises(SiteError, match="nothing was taken in"):
        undo(tmp_path)
    with pytest.raises(SiteError, match="such a file already"):
        carry_out(tmp_path, plan)
    assert not (tmp_path / NOTE).exists()


def test_a_run_that_was_cut_short_is_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf.py").write_bytes(b"A = 1\n")
    plan = Plan((Change("made.py", "x", ""), Change("conf.py", "\nB\n", "", adds=True)))
    from rejoinder.toolkit import changes

    def fail(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    write = changes._write
    monkeypatch.setattr(
        changes, "_write", lambda p, d: (write if p.name == "made.py" else fail)(p, d)
    )
    with pytest.raises(OSError, match="No space"):
        carry_out(tmp_path, plan)
    monkeypatch.undo()
    assert undo(tmp_path) == []
    assert files(tmp_path) == {"conf.py": (b"A = 1\n", (tmp_path / "conf.py").stat().st_mode)}


def test_blocks_are_found_where_they_take_elements() -> None:
    base = (
        '<html lang="{% block lang %}en{% endblock %}"><head><title>{% block title %}{% endblock %}'
        '</title><meta content="{% block description %}{% endblock %}">{% block tags %}'
        "{% endblock %}</head><body>{% block content %}{% endblock %}</body>"
    )
    templates = {"base.html": base, "article.html": '{%- extends "base.html" -%}'}
    assert blocks.head_block(templates, "article.html") == "tags"
    assert blocks.content_block(templates, "article.html") == "content"
    bare = {"article.html": "<head><title>{{ x }}</title></head>{{ article.content }}"}
    assert blocks.head_block(bare, "article.html") is None
    assert blocks.content_block(bare, "article.html") is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("init", "{}"), "there are no Pelican settings"),
        (("init", "{}", "--undo"), "nothing was taken in here"),
        (("new-site", "{}"), "the folder is not empty"),
    ],
)
def test_what_cannot_be_is_told(
    words: tuple[str, ...], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert main([word.format(tmp_path) for word in words]) == 1
    assert told in capsys.readouterr().err
    assert files(tmp_path).keys() == {"mine.txt"}


def test_a_plugin_of_the_same_name_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pelicanconf.py").write_text("A = 1\n")
    assert main(["init", str(tmp_path), "--dry-run"]) == 0
    assert "pelican-search" not in capsys.readouterr().out
    (tmp_path / "pelican_search-1.1.1.dist-info").mkdir()
    (tmp_path / "pelican_search-1.1.1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: pelican-search\nVersion: 1.1.1\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert main(["init", str(tmp_path), "--dry-run"]) == 0
    assert "both have a plugin 'search'" in capsys.readouterr().out


def test_settings_that_are_broken_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pelicanconf.py").write_text("PATH = \n")
    assert main(["init", str(tmp_path)]) == 1
    assert "pelicanconf.py" in capsys.readouterr().err


def test_a_new_site_builds(tmp_path: Path) -> None:
    folder = tmp_path / "blog"
    assert main(["new-site", str(folder), "--title", "My blog", "--author", "Ada",
                 "--url", "https://ada.example/"]) == 0  # fmt: skip
    assert "Nora" not in "".join(p.read_text("utf-8") for p in folder.rglob("*.md"))
    assert '"plugins"' not in (folder / "pelicanconf.py").read_text("utf-8")
    built = run(folder, "invoke", "build")
    assert built.returncode == 0, built.stderr
    page = (folder / "output" / "index.html").read_text("utf-8")
    assert "My blog" in page
    assert (folder / "output" / "about" / "index.html").is_file()
