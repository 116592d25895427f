"""The same content gives the same bytes: in two folders, two time zones, two hash seeds; and
the wheel carries all of it to another site."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from conftest import ROOT, SiteFolder, make_comment

from rejoinder.building import build

EPOCH = "1790000000"


def digest(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_demo_builds_the_same_bytes_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    digests = []
    for name, zone, seed in (("a", "Pacific/Auckland", "1"), ("b/deeper", "America/Lima", "2")):
        monkeypatch.setenv("TZ", zone)
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        folder = tmp_path / name
        shutil.copytree(ROOT / "content", folder / "content")
        done = build(folder / "content", folder / "out", ROOT / "publishconf.py")
        assert done.errors == ()
        digests.append(digest(folder / "out"))
    assert digests[0] == digests[1]
    assert len(digests[0]) > 30


def test_posts_of_one_date_keep_their_places(
    site: SiteFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(12):
        site.post(f"post-{n}", Tags="one, two")
    pages = set()
    for seed in range(4):
        monkeypatch.setenv("PYTHONHASHSEED", str(seed))
        site.build()
        pages.add(site.read("index.html") + site.read("tags/index.html"))
    assert len(pages) == 1


def test_a_build_opens_no_socket(
    site: SiteFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build process that dies at its first socket builds all the same."""
    site.post()
    site.comments(make_comment(1))
    (tmp_path / "sitecustomize.py").write_text(
        "import socket\n"
        "class Guarded(socket.socket):\n"
        "    def __init__(self, *_, **__):\n"
        "        raise RuntimeError('a socket was opened')\n"
        "socket.socket = socket.SocketType = Guarded\n"
        "socket.getaddrinfo = lambda *_, **__: Guarded()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    opening = [sys.executable, "-c", "import socket; socket.create_connection(('127.0.0.1', 9))"]
    refused = subprocess.run(opening, capture_output=True, text=True, check=False)
    assert "a socket was opened" in refused.stderr
    site.build()
    assert "1 thought" in site.read("first/index.html")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def test_what_the_wheel_holds(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "rejoinder/comments/model.py" in names
    for adapter in (
        "comments", "redirects", "serving", "authors", "posts", "discovery", "cards", "languages",
    ):  # fmt: skip
        assert f"pelican/plugins/{adapter}/__init__.py" in names
    assert "pelican/plugins/comments/templates/rejoinder/thread.html" in names
    assert "pelican/plugins/comments/static/rejoinder.css" in names
    assert "pelican/plugins/comments/static/replies.js" in names
    assert "rejoinder/languages/catalogues/de.po" in names
    assert "pelican/plugins/discovery/static/feed.css" in names
    assert "rejoinder/replies/migrations/versions/0001_replies.py" in names
    assert "rejoinder/replies/web/templates/desk.css" in names
    assert "rejoinder/starter/theme/templates/base.html" in names
    assert "rejoinder/starter/pelicanconf.py" in names
    assert "pelican/__init__.py" not in names
    assert "pelican/plugins/__init__.py" not in names
    assert not [n for n in names if n.startswith(("plugins/", "tests/", "content/"))]
    (said,) = [name for name in names if name.endswith("/METADATA")]
    asked = Parser().parsestr(zipfile.ZipFile(wheel).read(said).decode()).get_all("Requires-Dist")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = {requirement.partition(";")[0] for requirement in project["dependencies"]}
    assert {one.partition(";")[0] for one in asked if "extra ==" not in one} == wanted


def test_any_pelican_site_can_use_the_wheel(wheel: Path, site: SiteFolder, tmp_path: Path) -> None:
    """A fresh environment, Pelican's own theme, and three lines of templates."""
    fresh = tmp_path / "fresh"
    python = fresh / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", fresh], check=True)
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-compile", wheel], check=True)
    # What it asks for is here already; that it can be installed is a test of the tasks.
    ours, its_own = (sysconfig.get_path("purelib", vars=at) for at in (None, {"base": str(fresh)}))
    (Path(its_own) / "ours.pth").write_text(f"{ours}\n")
    where = "import rejoinder, pelican.plugins.comments as c; print(rejoinder.__file__, c.__file__)"
    found = subprocess.run([python, "-c", where], capture_output=True, text=True, check=True)
    assert [word.startswith(its_own) for word in found.stdout.split()] == [True, True]
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "article.html").write_text(
        '{% extends "!simple/article.html" %}\n'
        "{% block head %}{{ super() }}{% include 'rejoinder/head.html' %}{% endblock %}\n"
        "{% block content %}{{ super() }}{% include 'rejoinder/thread.html' %}{% endblock %}\n"
    )
    (site.root / "pelicanconf.py").write_text(
        "SITENAME = 'Somebody else'\nSITEURL = 'https://else.example'\nTIMEZONE = 'UTC'\n"
        "DEFAULT_LANG = 'en'\nTHEME = 'simple'\nPLUGINS = ['comments']\n"
        f"THEME_TEMPLATES_OVERRIDES = [{str(templates)!r}]\nPATH = 'content'\n"
    )
    site.post()
    site.comments(make_comment(1), make_comment(2, 1, kind="author"))
    run = subprocess.run(
        [python, "-m", "pelican", "content", "-s", "pelicanconf.py", "-o", "output",
         "--fatal", "errors"],
        cwd=site.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    page = site.read("first.html")
    assert "2 thoughts on “First”" in page
    assert "Words of comment 2." in page
    sheet = re.search(r'href="https://else\.example/(theme/rejoinder\.[0-9a-f]{10}\.css)"', page)
    assert sheet is not None
    assert site.read(sheet[1]) == site.read("theme/rejoinder.css")
    assert "Words of comment 1." in site.read("first/comments.atom.xml")
