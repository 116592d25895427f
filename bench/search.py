"""Search: what its index costs a build, and what a search costs a reader.

    python -m bench.search [--posts 5000] [--comments 26] [--rounds 1] [--json]

The demo's settings and theme, by turns with the search and without it: from nothing, after one
comment, after the comment with which the newest are settled, after a post was edited. Then a real
Chromium searches for two words of the corpus, over a server on this machine that compresses as it
sends: bytes as they came over the wire, milliseconds from the key to the first results. The corpus
has some 270 words, so that each of them is in nearly every post: more than any real word.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import statistics
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse

from bench import corpus
from bench.corpus import Size
from bench.machine import ROOT, scratch
from rejoinder.building import build
from rejoinder.preview import Preview
from rejoinder.replies.server import DeskServer
from rejoinder.search.entries import FRESH

SETTINGS = ROOT / "pelicanconf.py"
QUERIES = ("memo paper", "reader network", "colleague silence", "promise memo",
           "conversation between", "example further")  # fmt: skip
KINDS = {"with": {}, "without": {"SEARCH_URL": ""}}


class Builds:
    """One corpus, built with the search and without it; seconds by step and kind."""

    def __init__(self, folder: Path, size: Size) -> None:
        self.folder = folder
        self.size = size
        self.content = folder / "content"
        corpus.make(self.content, size)
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.said = 0

    def output(self, kind: str) -> Path:
        """Where the site is built."""
        return self.folder / kind

    def round(self) -> None:
        """Every step once."""
        for kind in KINDS:
            shutil.rmtree(self.output(kind), ignore_errors=True)
            self._state(kind).unlink(missing_ok=True)
        self._build("cold")
        self._say(1)
        self._build("comment")
        self._say(FRESH - (self.size.posts * self.size.comments + self.said) % FRESH)
        self._build("settling")
        corpus.edit(self.content, corpus.slug(self.size.posts // 2), "A word that is new.")
        self._build("edit")

    def _say(self, number: int) -> None:
        for _ in range(number):
            self.said += 1
            corpus.say(self.content, corpus.slug(self.size.posts // 3), self.said)

    def _state(self, kind: str) -> Path:
        return self.folder / f"{kind}.sqlite"

    def _build(self, step: str) -> None:
        for kind, overrides in KINDS.items():
            state = {"INCREMENTAL_STATE": str(self._state(kind))}
            built = build(self.content, self.output(kind), SETTINGS, {**overrides, **state})
            if built.errors:
                raise SystemExit(f"error: {built.errors[0]}")
            self.seconds[f"{step}_{kind}"].append(built.seconds)

    def figures(self) -> dict[str, float]:
        """Medians of the rounds; the index in files and megabytes."""
        found = {name: statistics.median(all_of_it) for name, all_of_it in self.seconds.items()}
        for part in ("words", "posts"):
            folder = self.output("with") / "search" / part
            files = [path.read_bytes() for path in folder.iterdir()]
            found[f"{part}_files"] = len(files)
            found[f"{part}_mb"] = sum(map(len, files)) / 1e6
            packed = [len(gzip.compress(data, 6)) for data in files]
            found[f"{part}_mb_compressed"] = sum(packed) / 1e6
            found[f"{part}_largest_kb_compressed"] = max(packed) / 1e3
        return found


def searches(output: Path, content: Path) -> dict[str, float]:
    """What a search for two words costs in a browser that has nothing of the index yet."""
    site = GZipMiddleware(Preview(output, content, PlainTextResponse("no desk", 404)))
    kilobytes, milliseconds, requests = [], [], []
    with DeskServer(0).run(site) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for query in QUERIES:
            context = browser.new_context()
            page = context.new_page()
            page.goto(f"{server.address}/search/")
            sizes: list[float] = []
            wire = context.new_cdp_session(page)
            wire.send("Network.enable")
            wire.on("Network.loadingFinished", lambda e, s=sizes: s.append(e["encodedDataLength"]))
            page.get_by_role("searchbox").fill(query)
            begun = time.perf_counter()
            page.get_by_role("searchbox").press("Enter")
            page.locator("#search-found > li").first.wait_for()
            milliseconds.append((time.perf_counter() - begun) * 1000)
            page.wait_for_load_state("networkidle")
            kilobytes.append(sum(sizes) / 1e3)
            requests.append(len(sizes))
            context.close()
        browser.close()
    return {
        "query_kb": statistics.median(kilobytes), "query_kb_most": max(kilobytes),
        "query_ms": statistics.median(milliseconds), "query_ms_most": max(milliseconds),
        "query_requests": statistics.median(requests),
    }  # fmt: skip


def main() -> None:
    """Measure, and print."""
    words = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    words.add_argument("--posts", type=int, default=5000)
    words.add_argument("--comments", type=int, default=26)
    words.add_argument("--rounds", type=int, default=1)
    words.add_argument("--json", action="store_true")
    given = words.parse_args()
    with scratch("search") as folder:
        builds = Builds(folder, Size(given.posts, given.comments))
        for _ in range(given.rounds):
            builds.round()
        found: dict[str, Any] = builds.figures()
        found |= searches(builds.output("with"), builds.content)
    found = {name: round(value, 2) for name, value in found.items()}
    if given.json:
        print(json.dumps({"posts": given.posts, "comments": given.comments, **found}))
        return
    for name, value in found.items():
        print(f"{name:28}{value:12,.2f}")


if __name__ == "__main__":
    main()
