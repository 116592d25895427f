"""The tasks, run as a user runs them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, SiteFolder, invoke, make_comment
from migrate.wxr_builder import Builder


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_each_task_has_its_name_and_help() -> None:
    listed = plain(invoke("--list").stdout)
    for name in ("build", "serve", "publish", "new", "import", "check", "test", "lint", "clean",
                 "desk", "queue", "approve", "reject", "undo"):  # fmt: skip
        assert re.search(rf"^  {name}\b.* \S+", listed, re.M), name
        assert "Options:" in invoke("--help", name).stdout or name in ("lint",)


def test_build_check_and_clean(site: SiteFolder) -> None:
    site.post()
    site.comments(make_comment(1))
    where = ["--content", str(site.content), "--output", str(site.output)]
    built = invoke("build", *where)
    assert built.returncode == 0, built.stderr
    assert "built 1 article" in built.stdout
    assert "1 thought" in site.read("first/index.html")
    again = invoke("build", *where)
    assert "0 added, 0 changed, 0 removed" in again.stdout
    checked = invoke("check", *where)
    assert (checked.returncode, "0 wrong, 0 to note" in checked.stdout) == (0, True)
    (site.content / "redirects.txt").write_text("/nonsense\n")
    alone = invoke("check", "--content", str(site.content))
    assert "(no built site)" in alone.stdout
    checked = invoke("check", *where)
    assert checked.returncode == 1
    assert "redirects.txt:1: '/nonsense' is not a redirect" in checked.stdout
    assert invoke("clean", "--output", str(site.output)).returncode == 0
    assert not site.output.exists()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ({"site.toml": "title = 3\n"}, "site.toml:1: 'title' is not text"),
        ({"posts/bad.md": "Date: the other day\n\nx\n"}, "the other day"),
        ({"authors/a.md": "?\n"}, "a.md:1:"),
        ({"comments/first/x.md": "nothing\n"}, "x.md:1:"),
        ({"redirects.txt": "/a\n"}, "redirects.txt:1:"),
    ],
)
def test_a_build_with_an_error_replaces_nothing(
    site: SiteFolder, spoil: dict[str, str], says: str
) -> None:
    site.post()
    where = ["--content", str(site.content), "--output", str(site.output)]
    assert invoke("build", *where).returncode == 0
    for name, text in spoil.items():
        (site.content / name).parent.mkdir(parents=True, exist_ok=True)
        (site.content / name).write_text(text)
    site.post("second")
    failed = invoke("build", *where)
    assert failed.returncode == 1
    assert says in plain(failed.stderr)
    assert "Traceback" not in failed.stdout + failed.stderr
    assert not (site.output / "second").exists()
    assert (site.output / "first").exists()
    assert sorted(p.name for p in site.root.iterdir() if p.name.startswith(".rejoinder-")) == []


def test_publish_says_and_then_does(site: SiteFolder) -> None:
    site.post()
    target = site.root / "www"
    words = ["publish", "--content", str(site.content), "--to", str(target)]
    planned = invoke(*words, "--dry-run")
    assert planned.returncode == 0, planned.stderr
    assert "+ first/index.html" in planned.stdout
    assert not target.exists()
    assert "added, 0 changed" in invoke(*words).stdout
    assert "https://blog.example/first/" in (target / "first" / "index.html").read_text("utf-8")
    nowhere = invoke("publish", "--content", str(site.content))
    assert nowhere.returncode == 1
    assert "not said where to publish" in plain(nowhere.stderr)
    (site.content / "site.toml").write_text(f'url = "https://x.example"\npublish = "{target}"\n')
    assert invoke("publish", "--content", str(site.content)).returncode == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["import", "geocities", "x.xml"], "nothing can be imported from 'geocities'"),
        (["import", "wordpress", "none.xml"], "none.xml"),
        (["build", "--content", "none"], "there is no content"),
        (["check", "--content", "none"], "there is no content"),
        (["clean", "--output", "docs"], "not a site built from here"),
        (["backup", "--help"], "`invoke --help backup` says what it takes"),
    ],
)
def test_what_a_user_can_mend_is_said_in_a_line(words: list[str], says: str) -> None:
    run = invoke(*words)
    assert run.returncode == 1
    assert says in plain(run.stderr)
    assert "Traceback" not in run.stdout + run.stderr


def anchor_export() -> str:
    """A post in the shape of one that WordPress shows as '26 thoughts': twelve readers, nine
    answers by the author, five pingbacks; a pending comment, a draft and a page besides."""
    wxr = Builder(base="http://old.example")
    comments = []
    number = 2
    for reader in range(12):
        comments.append(
            wxr.comment(number, f"Reader {reader} thinks so.\n\nAnd says why.", author=f"R{reader}")
        )
        number += 1
        if reader < 9:
            comments.append(
                wxr.comment(number, f"Thanks, R{reader}.", parent=number - 1, user=1, author="Ada")
            )
            number += 1
    comments += [
        wxr.comment(number + n, "[…] a link […]", kind="pingback", author=f"Blog {n}",
                    url=f"http://b{n}.example/", email="") for n in range(5)
    ]  # fmt: skip
    comments.append(wxr.comment(99, "A secret reply in waiting.", approved="0"))
    wxr.item(4, "Do Networks Talk?", slug="do-networks-talk", comments=comments,
             link="http://old.example/2012/05/01/do-networks-talk/")  # fmt: skip
    wxr.item(
        7, "Unfinished business", slug="unfinished", status="draft", link="http://old.example/?p=7"
    )
    return wxr.text


def test_a_wordpress_author_moves_in(tmp_path: Path) -> None:
    export = tmp_path / "export.xml"
    export.write_text(anchor_export(), "utf-8")
    content, output = tmp_path / "x" / "content", tmp_path / "x" / "out"
    imported = invoke("import", "wordpress", str(export), "--content", str(content))
    assert imported.returncode == 0, imported.stderr
    assert "accounted for" in imported.stdout
    second = invoke("import", "wordpress", str(export), "--content", str(content))
    assert "\n0 changes." in second.stdout
    built = invoke("build", "--content", str(content), "--output", str(output))
    assert built.returncode == 0, built.stderr
    html = (output / "2012/05/01/do-networks-talk/index.html").read_text("utf-8")
    page = BeautifulSoup(html, "html.parser")
    assert "26 thoughts on “Do Networks Talk?”" in page.get_text()
    parts = [li.get_text() for li in page.select(".parts li")]
    assert parts == ["21 comments", "5 mentions", "9 by the author"]
    for reader in range(9):
        answer = page.find(string=f"Thanks, R{reader}.").find_parent("li")
        above = answer.find_parent("li")
        assert f"Reader {reader} thinks so." in above.find("article").get_text()
    assert {tag["id"] for tag in page.select("[id^=comment-]")} == {
        f"comment-{n}" for n in range(2, 28)
    }
    for root in (content, output):
        for path in root.rglob("*"):
            if path.is_file():
                text = path.read_text("utf-8", "replace")
                for private in ("mail.example", "192.0.2.", "in waiting", "Unfinished"):
                    assert private not in text, path
    checked = invoke("check", "--content", str(content), "--output", str(output))
    assert checked.returncode == 0, checked.stdout


def test_another_sites_tasks_are_two_lines(site: SiteFolder) -> None:
    (site.root / "tasks.py").write_text(
        "from rejoinder.tasks import site_tasks\nnamespace = site_tasks(__file__)\n"
    )
    shutil.copy(ROOT / "pelicanconf.py", site.root)
    shutil.copytree(ROOT / "theme", site.root / "theme")
    shutil.copytree(ROOT / "plugins", site.root / "plugins")
    site.post()
    run = invoke("build", cwd=site.root)
    assert run.returncode == 0, run.stderr
    assert (site.root / "output" / "first" / "index.html").exists()


def test_on_a_bare_machine_the_first_command_sets_up_everything(
    tmp_path: Path, site: SiteFolder
) -> None:
    """A copy of what git tracks, a Python, and nothing else."""
    bare = tmp_path / "bare"
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (bare / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, bare / name)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("VIRTUAL", "PYTHON"))}
    python = os.path.realpath(sys.executable)
    first = subprocess.run([python, "tasks.py", "build"], cwd=bare, env=environment,
                           capture_output=True, text=True, check=False)  # fmt: skip
    assert first.returncode == 0, first.stdout + first.stderr
    assert "making .venv" in first.stdout
    assert "26 thoughts" in (
        bare / "output" / "2026" / "02" / "your-network-is-not-the-list" / "index.html"
    ).read_text("utf-8")
    assert json.loads((bare / "output" / "feeds" / "comments.json").read_text("utf-8"))["items"]
    program = bare / ".venv" / "bin" / "invoke"
    second = subprocess.run([program, "check"], cwd=bare, env=environment,
                            capture_output=True, text=True, check=False)  # fmt: skip
    assert second.returncode == 0, second.stdout + second.stderr
    assert "installing" not in second.stdout
