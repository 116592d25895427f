"""Moving in: what an import of comments kept by hand takes, as its user starts it: seconds, of
clocks and of processors, and memory.

    python -m bench.move [--comments 25000] [--threads 1700] [--json]

Makes posts and, beside them, a folder of YAML as people keep it (seeded, words of bench/corpus.py):
most files hold one comment, some the list of a whole post; answers name ids, names of files, or
positions; dates are written in four ways. `invoke import staticman` brings them in, in a process of
its own, and once more, when nothing is to be done.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bench.corpus import BEGIN, COMMENT_WORDS, sentences
from bench.machine import ROOT, Cost, scratch, timed

_LISTED = 5  # every fifth post has its comments in one file


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to move."""

    comments: int = 25_000
    threads: int = 1_700
    seed: int = 1


def make(folder: Path, size: Size) -> None:
    """A site with posts in `content`, and comments on them in `data`."""
    chance = random.Random(size.seed)
    posts = folder / "content" / "posts"
    posts.mkdir(parents=True)
    (folder / "content" / "site.toml").write_text('timezone = "UTC"\n', "utf-8")
    counts = [1] * size.threads
    for _ in range(size.comments - size.threads):  # a few posts are much talked about
        counts[min(int(chance.paretovariate(0.9)), size.threads) - 1 if chance.random() < 0.2
               else chance.randrange(size.threads)] += 1  # fmt: skip
    for number, count in enumerate(counts):
        slug, date = f"post-{number:05}", BEGIN + timedelta(hours=number)
        head = f"Title: Post {number}\nDate: {date}\nSlug: {slug}\n\n"
        (posts / f"{slug}.md").write_text(head + " ".join(sentences(chance, 40)) + "\n", "utf-8")
        said = list(_thread(chance, count, date, number))
        if number % _LISTED == 0:
            place = folder / "data" / f"{slug}.yml"
            place.parent.mkdir(exist_ok=True)
            lists = ("- " + text.replace("\n", "\n  ").rstrip(" ") for _, text in said)
            place.write_text("".join(lists), "utf-8")
            continue
        (folder / "data" / slug).mkdir(parents=True)
        for name, text in said:
            (folder / "data" / slug / f"{name}.yml").write_text(text, "utf-8")


def _thread(
    chance: random.Random, count: int, date: datetime, number: int
) -> Iterator[tuple[str, str]]:
    """Names of files, and the comments in them, oldest first."""
    tops: list[int] = []
    for index in range(count):
        moment = date + timedelta(hours=2 * index + 1)
        answered = tops[-1] if tops and chance.random() < 0.5 else None
        if answered is None:
            tops.append(index)
        yield (
            f"comment-{int(moment.timestamp()) * 1000}",
            _comment(chance, index, moment, number, tops, answered),
        )


def _comment(
    chance: random.Random, index: int, moment: datetime, number: int, tops: list[int],
    answered: int | None,
) -> str:  # fmt: skip
    who = chance.randrange(1000)
    lines = [f"_id: {number:05}-{index:04}"]
    if answered is not None:
        of = f"{number:05}-{answered:04}"
        lines.append(f"_parent: '{tops.index(answered) + 1}'" if number % 2 else f"parent: {of}")
    dates = (moment.isoformat(), f"'{moment:%Y-%m-%d %H:%M:%S} +0000'", int(moment.timestamp()),
             f"{moment:%Y-%m-%dT%H:%M:%S.286Z}")  # fmt: skip
    words = list(sentences(chance, COMMENT_WORDS))
    middle = len(words) // 2
    lines += [
        f"name: Reader {who}", f"email: {who:032x}", f"date: {dates[number % 4]}",
        *([f"url: https://reader-{who}.example/"] if who % 3 == 0 else []),
        "message: |-", f"  {' '.join(words[:middle])}", "", f"  {' '.join(words[middle:])}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def move(folder: Path) -> Cost:
    """One import of what `make` made."""
    invoke = (sys.executable, "-m", "invoke", "--search-root", str(ROOT))
    what = ("import", "staticman", str(folder / "data"), "--content", str(folder / "content"))
    return timed([*invoke, *what], folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--comments", type=int, default=Size().comments)
    parser.add_argument("--threads", type=int, default=Size().threads)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with scratch("move") as folder:
        make(folder, Size(options.comments, options.threads))
        first, again = move(folder), move(folder)
        written = sum(1 for _ in (folder / "content" / "comments").rglob("*.md"))
    if written != options.comments:
        raise SystemExit(f"error: {options.comments} comments were to move, {written} did")
    if options.json:
        print(json.dumps({
            "comments": written, "threads": options.threads, "seconds": first.seconds,
            "own_seconds": first.own, "system_seconds": first.system,
            "again_own_seconds": again.own, "again_system_seconds": again.system,
            "peak_mb": first.megabytes, "again_seconds": again.seconds,
            "again_peak_mb": again.megabytes,
        }))  # fmt: skip
        return
    print(f"{written:,} comments in {options.threads:,} threads")
    for name, cost in (("import", first), ("again, 0 changes", again)):
        print(
            f"{name:18} {cost.seconds:6.1f} s {cost.megabytes:6.0f} MB, of processors "
            f"{cost.own:.1f} s and the system's {cost.system:.1f} s"
        )


if __name__ == "__main__":
    main()
