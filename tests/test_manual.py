"""The pages of docs/ as a site, built with Rejoinder itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from conftest import ROOT

PAGES = sorted(path.stem for path in (ROOT / "docs").glob("*.md"))


@pytest.fixture(scope="module")
def manual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("manual")
    words = ["-s", str(ROOT / "docs" / "manual.py"), "-o", str(folder / "out"), "--fatal",
             "warnings", "-e", f'CACHE_PATH="{folder}"']  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "pelican", *words], capture_output=True, text=True, check=False,
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT / "plugins")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "out"


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def test_every_page_is_there_and_is_led_to(manual: Path) -> None:
    front = soup(manual / "index.html")
    led = {str(a["href"]).strip("/") for a in front.main.find_all("a")}  # type: ignore[union-attr]
    assert led >= {*PAGES} - {"index"}
    for page in {*PAGES} - {"index"}:
        text = soup(manual / page / "index.html")
        assert len(text.find_all("h1")) == 1, page
        assert (text.title.string or "").strip() != "Rejoinder"  # type: ignore[union-attr]


def test_links_between_pages_lead_somewhere(manual: Path) -> None:
    looked = 0
    for path in manual.rglob("*.html"):
        here = f"/{path.relative_to(manual).as_posix()}"
        for tag in soup(path).find_all(["a", "img"]):
            link = urlsplit(urljoin(here, str(tag.get("href") or tag.get("src") or "")))
            if link.scheme or link.path.startswith("/feeds"):
                continue
            target = manual / unquote(link.path).lstrip("/")
            target = target / "index.html" if target.is_dir() else target
            assert target.is_file(), (here, link.geturl())
            looked += 1
            if link.fragment and target.suffix == ".html":
                ids = {str(one["id"]) for one in soup(target).find_all(id=True)}
                assert unquote(link.fragment) in ids, (here, link.geturl())
    assert looked > 100
