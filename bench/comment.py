"""One comment: how long from the approval to its page, and until all else that shows it follows.

    python -m bench.comment [--posts 100 1000] [--comments 26] [--rounds 7] [--json]

For each size of site, in one run: `resident_ms` is the time in a running desk from the decision to
the page in the folder that is served, fsynced (comment file, page and both folders);
`follow_seconds` until index, feeds and dashboard followed; `fresh_seconds` a process that has just
begun and renders and writes that page, imports and all. `different_pages` counts pages that aren't
what a build from nothing writes. `flatness` is the largest site's resident time over the
smallest's. Medians count.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import corpus
from bench.corpus import Size, make
from rejoinder import building, private, publish
from rejoinder.building import build
from rejoinder.comments.store import CommentStore
from rejoinder.press.press import Press
from rejoinder.replies import intake
from rejoinder.replies.bringing import Bringing
from rejoinder.replies.desk import Desk, open_desk
from rejoinder.replies.judging.policy import Circumstances
from rejoinder.replies.model import Status
from rejoinder.replies.worker import Worker
from rejoinder.tasks.common import built, public_settings

ROOT = Path(__file__).parent.parent
SETTINGS = ROOT / "publishconf.py"
FRESH = """
import sys
from pathlib import Path
from rejoinder.press.press import Press, lay
content, state, folder, thread = sys.argv[1:]
pages = Press(Path(content), Path(state)).pages(thread)
list(lay(pages, Path(folder), durable=True))
"""


class Site:
    """A site of some size with a running desk, served from a folder."""

    def __init__(self, root: Path, posts: int, comments: int) -> None:
        self.content = root / "content"
        self.served = root / "www"
        make(self.content, Size(posts, comments))
        (self.content / "site.toml").open("a").write(f'publish = "{self.served}"\n')
        self.overrides = public_settings(self.content)
        self.state = building.state_file(self.content, SETTINGS)
        self.press = Press(self.content, self.state)
        self.posts = posts
        folder = private.folder_of(self.content) / "desk"
        private.prepare(folder.parent)
        folder.mkdir()
        (folder / "desk.toml").write_text("[limits]\nreplies_per_hour = 0\n")
        with built(self.content, SETTINGS, self.overrides) as fresh:
            publish.publish(fresh, str(self.served))

    def bringing(self) -> Bringing:
        """As a running desk has it."""
        return Bringing(
            self.content, self.press,
            lambda meanwhile: built(self.content, SETTINGS, self.overrides, meanwhile=meanwhile),
            lambda fresh: publish.publish(fresh, str(self.served), one_by_one=True),
            lambda: self.served,
        )  # fmt: skip

    def thread(self, number: int) -> str:
        """A post's thread: others each time, spread over the site."""
        return corpus.slug((number * 7919 + 11) % self.posts)

    def page(self, thread: str) -> Path:
        return self.served / thread / "index.html"


def wait(condition: Any, seconds: float) -> float:
    """Seconds until something is so."""
    begun = time.perf_counter()
    while not condition():
        if time.perf_counter() - begun > seconds:
            raise SystemExit(f"error: after {seconds:.0f} s it is not so")
        time.sleep(0.0005)
    return time.perf_counter() - begun


def decide(site: Site, desk: Desk, number: int) -> tuple[float, float]:
    """Seconds from the approval of a reply to its page, and to all else."""
    thread = site.thread(number)
    found, _ = intake.read({"thread": thread, "name": "Bo", "text": f"Words, {number}.",
                            "key": f"k{number}"})  # fmt: skip
    assert found is not None
    reply = desk.arrivals.submit(found, Circumstances(f"10.0.0.{number}", False)).result(30).reply
    page, mark = site.page(thread), f"comment-{reply.id}".encode()
    begun = time.perf_counter()
    desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    desk.on_change()
    first = wait(lambda: mark in page.read_bytes(), 30)
    assert time.perf_counter() - begun >= first
    feed = site.served / "feeds" / "comments.json"
    wait(lambda: reply.id.encode() in feed.read_bytes(), 120)
    wait(lambda: desk.queue.unpublished() is None, 120)
    return first, time.perf_counter() - begun


def fresh(site: Site, number: int) -> float:
    """Seconds of a new process that brings a comment to its page."""
    thread = site.thread(number)
    store = CommentStore(site.content)
    said = store.read(thread).comments[-1]
    store.remove(thread, said.id)
    begun = time.perf_counter()
    where = (str(site.content), str(site.state), str(site.served), thread)
    subprocess.run([sys.executable, "-c", FRESH, *where], check=True)
    taken = time.perf_counter() - begun
    assert f'comment-{said.id}"' not in site.page(thread).read_text()
    return taken


def measure(root: Path, posts: int, comments: int, rounds: int) -> dict[str, float]:
    """The figures of one size."""
    site = Site(root, posts, comments)
    with open_desk(site.content) as desk:
        bringing = site.bringing()
        with Worker(desk, bringing, bringing):
            times = [decide(site, desk, number) for number in range(rounds + 1)][1:]
    alone = [fresh(site, number) for number in range(100, 100 + rounds)]
    clean = root / "clean"
    done = build(site.content, clean, SETTINGS, {**site.overrides, "INCREMENTAL": False})
    assert not done.errors, done.errors
    threads = {site.thread(n) for n in (*range(rounds + 1), *range(100, 100 + rounds))}
    different = [
        thread
        for thread in sorted(threads)
        if site.page(thread).read_bytes() != (clean / thread / "index.html").read_bytes()
    ]
    return {
        "posts": posts,
        "resident_ms": statistics.median(first for first, _ in times) * 1000,
        "follow_seconds": statistics.median(all_else for _, all_else in times),
        "fresh_seconds": statistics.median(alone),
        "different_pages": len(different),
    }


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--posts", type=int, nargs="+", default=[100, 1000])
    words.add_argument("--comments", type=int, default=26)
    words.add_argument("--rounds", type=int, default=7)
    words.add_argument("--json", action="store_true")
    options = words.parse_args()
    rows = []
    for posts in options.posts:
        with tempfile.TemporaryDirectory(prefix="rejoinder-comment-") as scratch:
            rows.append(measure(Path(scratch), posts, options.comments, options.rounds))
        if not options.json:
            row = rows[-1]
            print(
                f"{posts:>7} posts: page {row['resident_ms']:.1f} ms, all else "
                f"{row['follow_seconds']:.2f} s, fresh process {row['fresh_seconds']:.3f} s, "
                f"{row['different_pages']} pages differ from a build from nothing", flush=True,
            )  # fmt: skip
    flatness = rows[-1]["resident_ms"] / rows[0]["resident_ms"]
    if options.json:
        last = rows[-1]
        print(json.dumps({**last, "flatness": flatness, "sizes": rows}))
    else:
        print(f"the largest site's time over the smallest's: {flatness:.2f}")


if __name__ == "__main__":
    main()
