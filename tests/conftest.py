"""What the tests share: small comments, and real sites built by the real Pelican."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import forking
import pytest
from playwright.sync_api import Browser, sync_playwright

from rejoinder import building
from rejoinder.building import Built, build
from rejoinder.comments.model import Comment, make_id
from rejoinder.comments.store import CommentStore

ROOT = Path(__file__).parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
"""What keeps a Chromium from asking anything of anybody by itself."""

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def make_comment(number: int, parent: int | None = None, **fields: object) -> Comment:
    """Comment `number`: written `number` minutes after START, under comment `parent`."""
    date = START + timedelta(minutes=number)
    values: dict[str, object] = {
        "id": make_id(date, f"n{number}"),
        "author": f"Reader {number}",
        "date": date,
        "body": f"Words of comment {number}.",
        "in_reply_to": None if parent is None else number_id(parent),
    }
    return Comment(**(values | fields))  # type: ignore[arg-type]


def number_id(number: int) -> str:
    return make_id(START + timedelta(minutes=number), f"n{number}")


@dataclass
class SiteFolder:
    """A small site in a folder of its own."""

    root: Path

    @property
    def content(self) -> Path:
        return self.root / "content"

    @property
    def output(self) -> Path:
        return self.root / "output"

    def post(self, slug: str = "first", body: str = "Text.", **metadata: str) -> Path:
        path = self.content / "posts" / f"{slug}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        head = {
            "Title": slug.replace("-", " ").capitalize(),
            "Date": "2026-03-01 08:00:00+00:00",
            "Slug": slug,
            "Author": "Ada",
            "Category": "Notes",
        } | metadata
        lines = "".join(f"{name}: {value}\n" for name, value in head.items())
        path.write_text(f"{lines}\n{body}\n", "utf-8")
        return path

    def page(self, slug: str, body: str = "Text.", **metadata: str) -> Path:
        path = self.content / "pages" / f"{slug}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = "".join(
            f"{n}: {v}\n" for n, v in ({"Title": slug, "Slug": slug} | metadata).items()
        )
        path.write_text(f"{lines}\n{body}\n", "utf-8")
        return path

    def comments(self, *comments: Comment, thread: str = "first") -> None:
        store = CommentStore(self.content)
        for comment in comments:
            store.write(thread, comment)

    def build(self, settings: str = "pelicanconf.py", **overrides: object) -> SiteFolder:
        """Build with the project's own settings and theme; fail on any warning or error."""
        done = self.try_build(settings, **overrides)
        assert done.errors == ()
        assert [w for w in done.warnings if "SITEURL" not in w] == []
        return self

    def try_build(self, settings: str = "pelicanconf.py", **overrides: object) -> Built:
        # To draw a card takes longer than to build a small page; tests of cards ask for them.
        return build(self.content, self.output, ROOT / settings, {"CARDS": False} | overrides)

    def read(self, path: str) -> str:
        return (self.output / path).read_text("utf-8")


@pytest.fixture(scope="session", autouse=True)
def _quick_builds() -> None:
    """Builds run in processes that are forked off one that has loaded Pelican."""
    building.PROGRAM = forking.command("rejoinder.building")


@pytest.fixture
def make_site(tmp_path: Path) -> Callable[..., SiteFolder]:
    """Make an empty site in a folder of its own."""

    def make(name: str = "site") -> SiteFolder:
        site = SiteFolder(tmp_path / name)
        site.content.mkdir(parents=True)
        (site.content / "site.toml").write_text(
            'title = "A site"\nurl = "https://blog.example"\nauthor = "Ada"\n', "utf-8"
        )
        return site

    return make


@pytest.fixture
def site(make_site: Callable[..., SiteFolder]) -> SiteFolder:
    """An empty site."""
    return make_site()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def invoke(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess:
    """Run a task as a user does, through the invoke program."""
    own = [str(Path(sys.executable).parent / "invoke")]
    program = forking.command("invoke") if cwd == ROOT else own
    return subprocess.run(
        [*program, *arguments], cwd=cwd, capture_output=True, text=True, check=False,
        encoding="utf-8", env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
    )  # fmt: skip


class Served(NamedTuple):
    """A site that is being served: its address, and the link that lets a moderator in."""

    address: str
    way_in: str


@contextmanager
def serving(site: SiteFolder) -> Iterator[Served]:
    """`serve` as a user runs it, on a free port; looks at the end that it stopped well."""
    words = ["serve", "--content", str(site.content), "--port", "0"]
    process = subprocess.Popen(
        [*forking.command("invoke"), *words],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        said = re.compile(r"http://127\.0\.0\.1:\d+/\S*")
        found = (match[0] for line in process.stdout if (match := said.search(line)))
        yield Served(next(found), next(found))
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=20)[0]
    assert process.returncode == 0, rest
    assert "Traceback" not in rest
