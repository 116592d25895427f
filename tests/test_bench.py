"""The comparison of builds holds pages against pages, and says so where they differ."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import build, samepages, wordpress
from bench.build import Comparison
from bench.corpus import Size
from bench.machine import ROOT
from rejoinder.export.gathering import gather

POST = "post-000003/index.html"


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """One round of a small site, ours beside Pelican alone."""
    comparison = Comparison(tmp_path_factory.mktemp("compared"), Size(12, 5), ["pelican"])
    comparison.round(0)
    for one in comparison.all:  # what was edited is built by ours and Hugo alone
        one.build()
    return comparison


@pytest.fixture
def folders(compared: Comparison, tmp_path: Path) -> tuple[Path, Path]:
    """The pages of both, the other's to be damaged."""
    other, _ = compared.peers
    return compared.ours.output, shutil.copytree(other.output, tmp_path / "theirs")


def test_the_same_pages_come_out(folders: tuple[Path, Path]) -> None:
    assert samepages.differences(*folders) == []
    pages = samepages.pages(folders[0])
    assert {POST, "index.html", "page/2/index.html"} <= pages
    assert any(page.startswith("tag/") for page in pages)
    assert any(page.startswith("category/") for page in pages)
    said = samepages.comments((folders[0] / POST).read_text())
    assert len(said) == 5
    assert len(said[0].words) > 74  # the name and date too


def without_a_comment(html: str) -> str:
    return re.sub(r"<li><article class=\"comment\".*?</article>", "<li>", html, count=1, flags=re.S)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (without_a_comment, "5 comments are ours, 4 theirs"),
        (lambda html: html.replace("<ol>", "<ol><ol>", 1), "depth="),
        (lambda html: html.replace('<div class="words"><p>', "<p>Oh "), "'Oh'"),
        (lambda html: html.replace('<div class="prose">', "Oh "), "Oh"),
    ],
)
def test_other_pages_are_told(
    folders: tuple[Path, Path], damage: Callable[[str], str], told: str
) -> None:
    page = folders[1] / POST
    page.write_text(damage(page.read_text()))
    (line,) = {line.partition(": ")[0]: line for line in samepages.differences(*folders)}.values()
    assert line.startswith(POST)
    assert told in line


def test_a_missing_page_is_told(folders: tuple[Path, Path]) -> None:
    (folders[1] / POST).unlink()
    assert samepages.differences(*folders) == [f"{POST}: only ours"]


def test_a_missing_comment_ends_the_run(
    compared: Comparison, capsys: pytest.CaptureFixture[str]
) -> None:
    other, _ = compared.peers
    page = other.output / POST
    kept = page.read_text()
    page.write_text(without_a_comment(kept))
    with pytest.raises(SystemExit, match="the builds differ"):
        compared.check(compared.peers)
    page.write_text(kept)
    assert f"beside pelican: {POST}: 5 comments" in capsys.readouterr().err


def test_figures(compared: Comparison) -> None:
    found = build.figures(compared.costs)
    assert found["cold_vs_pelican"] > 0
    assert found["unchanged_seconds"] > 0
    assert "cold_vs_hugo_yaml" not in found
    assert len(list(build.table(compared.costs))) == 4


def test_the_curve_is_drawn() -> None:
    rows = [
        {"posts": posts, "cold_seconds": posts / 300, "edit_seconds": 0.5,
         "unchanged_seconds": 0.4, "peak_mb": 60 + posts / 10}
        for posts in (100, 1000, 100_000)
    ]  # fmt: skip
    drawn = ElementTree.fromstring(build.picture(rows))
    said = {text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Seconds", "Megabytes", "nothing changed", "100,000", "0.1"} <= said
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}circle"))) == 3 * 4


def test_the_move_to_wordpress_says_what_is_missing(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "bench.wordpress"], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "PATH": str(tmp_path)}, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert re.fullmatch(r"error: \w+ is not here\.\n  apt install wordpress .*\n", run.stderr)


def test_what_two_sites_tell_differently_is_said(tmp_path: Path) -> None:
    wordpress.make(tmp_path / "content", 3)
    one = wordpress.ours(gather(tmp_path / "content", wordpress.SETTINGS))
    assert wordpress.differences(one, one) == []
    post = next(told for told in one if told.said)
    first = post.said[0]
    for other, said in (
        (replace(post, title="Other"), "title"),
        (replace(post, said=post.said[1:]), "comments here"),
        (replace(post, said=(replace(first, words="other"), *post.said[1:])), "words"),
        (replace(post, said=(replace(first, answers=("Nobody", first.date)), *post.said[1:])),
         "answers"),
    ):  # fmt: skip
        found = wordpress.differences(one, [other if told is post else told for told in one])
        assert any(said in line for line in found), said
