"""One comment: how long from the approval to its page, and until all else that shows it follows.

    python -m bench.comment [--posts 100 1000] [--comments 26] [--rounds 7] [--peers hugo]
                            [--thread 10000 [--page-size 50]] [--json]

For each size of site, in one run: `resident_ms` is the time in a running desk from the decision to
the page in the folder that is served, fsynced (comment file, page and both folders);
`follow_seconds` until index, feeds and dashboard followed, `everything_seconds` until the build
behind them had ended; `fresh_seconds` a process that has just begun and renders and writes that
page, imports and all. `different_pages` counts pages that aren't what a build from nothing writes.
`flatness` is the largest site's resident time over the smallest's.

Beside it Hugo, on the same posts and comments, with the small templates of bench/build.py:
`hugo_seconds` is its build after one comment, with one JSON file a post, `hugo_yaml_seconds` the
same with one YAML file a comment, as its users keep them, `hugo_watch_seconds` what `hugo --watch`
takes from the JSON file to the page. How many times as fast ours is: `vs_hugo` and `vs_hugo_yaml`
in a fresh process, `desk_vs_hugo` and `vs_hugo_watch` in a running desk. `--thread` adds one
comment to a discussion of so many: `thread_seconds` in a running desk, `thread_fresh_seconds` in a
fresh process. Medians count.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bench import corpus
from bench.corpus import Size, make
from bench.machine import scratch, wait
from bench.peers import hugo
from bench.peers.hugo import HugoJson, HugoYaml
from rejoinder import building, private, publish
from rejoinder.building import build
from rejoinder.comments.store import CommentStore
from rejoinder.engagement import writing
from rejoinder.press.press import Press
from rejoinder.replies import intake
from rejoinder.replies.bringing import Bringing
from rejoinder.replies.desk import Desk, open_desk
from rejoinder.replies.judging.policy import Circumstances
from rejoinder.replies.model import Status
from rejoinder.replies.worker import Worker
from rejoinder.tasks.common import built, console, public_settings

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

    def __init__(
        self, root: Path, posts: int, comments: int, first: int = 0, page_size: int = 0
    ) -> None:
        """`first` is how many comments the first post has, where it has others."""
        self.content = root / "content"
        self.served = root / "www"
        size = Size(posts, comments)
        make(self.content, size)
        if first:
            corpus.lengthen(self.content, size, 0, first)
        (self.content / "site.toml").open("a").write(f'publish = "{self.served}"\n')
        self.overrides = {**public_settings(self.content), "COMMENTS_PAGE_SIZE": page_size}
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
        """The page that shows a thread's newest comment."""
        folder = self.served / thread
        further = sorted(folder.glob("comments/[0-9]*"), key=lambda path: int(path.name))
        return (further[-1] if further else folder) / "index.html"


class Times(NamedTuple):
    """Seconds from the approval of a reply: to its page; to feeds, lists and dashboard; to the end
    of the build that looks at everything."""

    page: float
    follow: float
    everything: float


def decide(site: Site, desk: Desk, number: int, thread: str) -> Times:
    """Approve a reply, and wait for what shows it."""
    found, _ = intake.read({"thread": thread, "name": "Bo", "text": f"Words, {number}.",
                            "key": f"k{number}"})  # fmt: skip
    assert found is not None
    reply = desk.arrivals.submit(found, Circumstances(f"10.0.0.{number}", False)).result(30).reply
    mark = f"comment-{reply.id}".encode()
    begun = time.perf_counter()
    desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    desk.on_change()
    first = wait(lambda: shows(site.page(thread), mark), 30)
    assert time.perf_counter() - begun >= first
    feed, front = site.served / "feeds" / "comments.json", site.served / "index.html"
    wait(lambda: reply.id.encode() in feed.read_bytes(), 120)
    wait(lambda: f"Words, {number}.".encode() in front.read_bytes(), 120)
    writing.write(  # as the desk does for who looks at it
        writing.private_folder(site.content),
        writing.make(site.content, datetime.now(UTC), thorough=False),
    )
    follow = time.perf_counter() - begun
    wait(lambda: desk.queue.unpublished() is None, 120)
    return Times(first, follow, time.perf_counter() - begun)


def fresh(site: Site, thread: str) -> float:
    """Seconds of a new process that brings a change of a thread to its page."""
    store = CommentStore(site.content)
    said = store.read(thread).comments[-1]
    store.remove(thread, said.id)
    begun = time.perf_counter()
    where = (str(site.content), str(site.state), str(site.served), thread)
    subprocess.run([sys.executable, "-c", FRESH, *where], check=True)
    taken = time.perf_counter() - begun
    assert f'comment-{said.id}"' not in site.page(thread).read_text()
    return taken


def resident(site: Site, threads: list[str]) -> list[Times]:
    """What a comment on each of these takes in a running desk, but for the first, which warms."""
    with open_desk(site.content) as desk:
        bringing = site.bringing()
        with Worker(desk, bringing, bringing):
            return [decide(site, desk, *one) for one in enumerate(threads)][1:]


def beside_hugo(root: Path, posts: int, comments: int, rounds: int) -> dict[str, float]:
    """What Hugo takes from one comment to its page, by a build and by watching."""
    program = hugo.program()
    if program is None:
        return {}
    content = root / "content"
    corpus.make(content, Size(posts, comments))
    site = HugoJson(content, root / "hugo", program)
    usual = HugoYaml(content, root / "hugo-yaml", program)
    for one in (site, usual):
        one.lay()
        one.build()

    def say(number: int) -> tuple[str, bytes]:
        slug = corpus.slug((number * 7919 + 11) % posts)
        said = corpus.say(content, slug, number)
        for one in (site, usual):
            one.take(corpus.post(content, slug))
        return f"{slug}/index.html", f"comment-{said}".encode()

    builds: dict[str, list[float]] = {site.name: [], usual.name: []}
    watched = []
    for number in range(rounds):
        page, mark = say(number)
        for one in (site, usual):
            builds[one.name].append(one.build().seconds)
            assert shows(one.output / page, mark)
    with site.watching():
        for number in range(100, 100 + rounds):
            page, mark = say(number)
            watched.append(wait(partial(shows, site.output / page, mark), 120, 0.002))
            time.sleep(1)  # what it does after the page is no part of the next one's time
    return {
        "hugo_seconds": statistics.median(builds[site.name]),
        "hugo_yaml_seconds": statistics.median(builds[usual.name]),
        "hugo_watch_seconds": statistics.median(watched),
    }


def shows(page: Path, mark: bytes) -> bool:
    """Whether a page has it."""
    return mark in page.read_bytes()


def long_thread(root: Path, comments: int, rounds: int, page_size: int) -> dict[str, float]:
    """What one more comment takes where there are so many, on pages of so many at the top level."""
    site = Site(root, 20, 26, comments, page_size)
    times = resident(site, [corpus.slug(0)] * (rounds + 1))
    return {
        "thread_seconds": statistics.median(one.page for one in times),
        "thread_fresh_seconds": statistics.median(
            fresh(site, corpus.slug(0)) for _ in range(rounds)
        ),
    }


def measure(root: Path, posts: int, comments: int, rounds: int) -> dict[str, float]:
    """The figures of one size."""
    site = Site(root, posts, comments)
    threads = [site.thread(number) for number in range(rounds + 1)]
    others = [site.thread(number) for number in range(100, 100 + rounds)]
    times = resident(site, threads)
    alone = [fresh(site, thread) for thread in others]
    clean = root / "clean"
    done = build(site.content, clean, SETTINGS, {**site.overrides, "INCREMENTAL": False})
    assert not done.errors, done.errors
    different = [
        thread
        for thread in {*threads, *others}
        if site.page(thread).read_bytes() != (clean / thread / "index.html").read_bytes()
    ]
    return {
        "posts": posts,
        "resident_ms": statistics.median(one.page for one in times) * 1000,
        "follow_seconds": statistics.median(one.follow for one in times),
        "everything_seconds": statistics.median(one.everything for one in times),
        "fresh_seconds": statistics.median(alone),
        "different_pages": len(different),
    }


def main() -> None:
    words = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    words.add_argument("--posts", type=int, nargs="+", default=[100, 1000])
    words.add_argument("--comments", type=int, default=26)
    words.add_argument("--rounds", type=int, default=7)
    words.add_argument("--peers", default="hugo", help="hugo, or nothing")
    words.add_argument("--thread", type=int, default=0)
    words.add_argument("--page-size", type=int, default=0, help="of the long thread; 0: one page")
    words.add_argument("--json", action="store_true")
    options = words.parse_args()
    console.quiet = True
    rows: list[dict[str, float]] = []
    for posts in options.posts:
        with scratch("comment") as folder:
            row = measure(folder, posts, options.comments, options.rounds)
        with scratch("comment") as folder:
            if options.peers:
                row |= beside_hugo(folder, posts, options.comments, min(options.rounds, 3))
        if "hugo_seconds" in row:
            row["vs_hugo"] = row["hugo_seconds"] / row["fresh_seconds"]
            row["vs_hugo_yaml"] = row["hugo_yaml_seconds"] / row["fresh_seconds"]
            row["desk_vs_hugo"] = row["hugo_seconds"] * 1000 / row["resident_ms"]
            row["vs_hugo_watch"] = row["hugo_watch_seconds"] * 1000 / row["resident_ms"]
        rows.append(row)
        if not options.json:
            print(told(row), flush=True)
    summary = {**rows[-1], "flatness": rows[-1]["resident_ms"] / rows[0]["resident_ms"]}
    if options.thread:
        with scratch("comment") as folder:
            summary |= long_thread(folder, options.thread, options.rounds, options.page_size)
    if options.json:
        print(json.dumps({**summary, "sizes": rows}))
        return
    print(f"the largest site's time over the smallest's: {summary['flatness']:.2f}")
    if options.thread:
        print(f"a thread of {options.thread:,}: page {summary['thread_seconds']:.2f} s, "
              f"fresh process {summary['thread_fresh_seconds']:.2f} s")  # fmt: skip


def told(row: dict[str, float]) -> str:
    """A size's figures in a line or two."""
    line = (
        f"{row['posts']:>7} posts: page {row['resident_ms']:.1f} ms, lists, feeds and dashboard "
        f"{row['follow_seconds']:.2f} s, everything {row['everything_seconds']:.2f} s, "
        f"fresh process {row['fresh_seconds']:.3f} s, "
        f"{row['different_pages']} pages differ from a build from nothing"
    )
    if "vs_hugo" not in row:
        return line
    return (
        f"{line}\n{'':15}hugo {row['hugo_seconds']:.2f} s (JSON), {row['hugo_yaml_seconds']:.2f} s "
        f"(YAML), {row['vs_hugo']:.1f} and {row['vs_hugo_yaml']:.1f} times a fresh process, "
        f"{row['desk_vs_hugo']:.0f} times a running desk; hugo --watch "
        f"{row['hugo_watch_seconds']:.2f} s, {row['vs_hugo_watch']:.0f} times a running desk"
    )


if __name__ == "__main__":
    main()
