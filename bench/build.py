"""Whole builds: ours beside Hugo, Eleventy and Pelican alone, and what follows a change.

    python -m bench.build [--posts 300] [--comments 26] [--rounds 3]
                          [--peers hugo,eleventy,pelican] [--json]
    python -m bench.build --curve 100,1000,10000 [--comments 5] [--plot FILE.svg] [--json]

One seeded corpus, built by turns. The same pages must come out, word by word: a difference ends
the run. `cold` is with nothing there but the sources; `warm` is ours again without its output,
`unchanged` with nothing changed; `edit` and `comment` are ours and Hugo after a post was edited,
and after a comment. Times are those of a whole process, the median of the rounds; memory is the
most that all processes of one build held. A peer that can't be had is left out by name.

`--curve` is ours alone at several sizes, a round each, and a picture of it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import corpus, samepages
from bench.corpus import Size
from bench.machine import Cost, scratch
from bench.peers import eleventy, hugo
from bench.peers.eleventy import Eleventy
from bench.peers.hugo import HugoJson, HugoYaml
from bench.peers.peer import Peer
from bench.peers.pelican import Ours, Stock, StockOneParser
from bench.plot import Panel, plot

PEERS = ("hugo", "eleventy", "pelican")
SHOWN = 10
"""So many differences are told."""

COLD, WARM, UNCHANGED, EDIT, COMMENT = STEPS = ("cold", "warm", "unchanged", "edit", "comment")

HUGO = (HugoYaml, HugoJson)
RATIOS = (
    ("cold_vs_hugo_yaml", COLD, HugoYaml, COLD),
    ("cold_vs_hugo_json", COLD, HugoJson, COLD),
    ("cold_vs_eleventy", COLD, Eleventy, COLD),
    ("cold_vs_pelican", COLD, Stock, COLD),
    ("cold_vs_pelican_one_parser", COLD, StockOneParser, COLD),
    ("warm_vs_hugo_json", WARM, HugoJson, COLD),
    ("edit_vs_hugo", EDIT, HugoJson, EDIT),
    ("comment_vs_hugo", COMMENT, HugoJson, COMMENT),
)
"""A key, our step, and whose step it is divided by."""

Costs = dict[str, dict[str, list[Cost]]]
"""What each step cost each builder, round by round."""


def peers(wanted: Sequence[str], content: Path, folder: Path) -> list[Peer]:
    """Those that are wanted and can be had, each below its own folder."""
    found: list[Peer] = []
    if "hugo" in wanted and (program := hugo.program()):
        found += [HugoYaml(content, folder / "hugo-yaml", program),
                  HugoJson(content, folder / "hugo-json", program)]  # fmt: skip
    if "eleventy" in wanted and (program := eleventy.program()):
        found.append(Eleventy(content, folder / "eleventy", program))
    if "pelican" in wanted:
        found += [Stock(content, folder / "pelican"),
                  StockOneParser(content, folder / "pelican-one-parser")]  # fmt: skip
    return found


class Comparison:
    """The same site, built by ours and by others."""

    def __init__(self, folder: Path, size: Size, wanted: Sequence[str]) -> None:
        self.content = folder / "content"
        corpus.make(self.content, size)
        self.size = size
        self.ours = Ours(self.content, folder / "ours")
        self.peers = peers(wanted, self.content, folder)
        self.all = (self.ours, *self.peers)
        self.costs: Costs = defaultdict(lambda: defaultdict(list))
        for one in self.all:
            one.lay()

    def round(self, number: int) -> None:
        """Every step once, by turns; another begins each time."""
        first = number % len(self.all)
        for one in (*self.all[first:], *self.all[:first]):
            one.forget()
            self._build(COLD, one)
        self.check(self.peers)
        self.ours.lose_output()
        self._build(WARM, self.ours)
        before = stamps(self.ours.output)
        self._build(UNCHANGED, self.ours)
        if stamps(self.ours.output) != before:
            raise SystemExit("error: nothing was changed, and ours wrote")
        following = [self.ours, *(one for one in self.peers if isinstance(one, HUGO))]
        self._change(EDIT, number, following)
        self._change(COMMENT, number, following)
        self.check(following[1:])

    def _change(self, step: str, number: int, following: Sequence[Peer]) -> None:
        slug = corpus.slug((number * 7919 + 11) % self.size.posts)
        if step == EDIT:
            corpus.edit(self.content, slug, f"An afterthought, number {number}.")
        else:
            corpus.say(self.content, slug, number)
        for one in self.all:
            one.take(corpus.post(self.content, slug))
        for one in following:
            self._build(step, one)

    def _build(self, step: str, one: Peer) -> None:
        self.costs[step][one.name].append(one.build())

    def check(self, others: Sequence[Peer]) -> None:
        """Hold the pages of others against ours. Ends the run where they differ."""
        found = {one.name: samepages.differences(self.ours.output, one.output) for one in others}
        for name, lines in found.items():
            for line in lines[:SHOWN]:
                print(f"error: beside {name}: {line}", file=sys.stderr)
        if any(found.values()):
            raise SystemExit(f"error: the builds differ, in {sum(map(len, found.values()))} ways")


def stamps(folder: Path) -> dict[Path, int]:
    """When each file below a folder was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def figures(costs: Costs) -> dict[str, float]:
    """Ours by itself, and beside each that took part."""
    found = {f"{step}_seconds": seconds(costs, step, Ours) for step in STEPS}
    found["peak_mb"] = megabytes(costs, Ours)
    for key, step, kind, their_step in RATIOS:
        if kind.name in costs[COLD]:
            found[key] = found[f"{step}_seconds"] / seconds(costs, their_step, kind)
    if least := [megabytes(costs, kind) for kind in HUGO if kind.name in costs[COLD]]:
        found["memory_vs_hugo"] = found["peak_mb"] / min(least)
    return {key: round(value, 3) for key, value in found.items()}


def seconds(costs: Costs, step: str, kind: type[Peer]) -> float:
    """The median of the rounds."""
    return statistics.median(cost.seconds for cost in costs[step][kind.name])


def megabytes(costs: Costs, kind: type[Peer]) -> float:
    """The most of any round, with nothing but the sources there."""
    return max(cost.megabytes for cost in costs[COLD][kind.name])


def table(costs: Costs) -> Iterator[str]:
    """The figures in lines; ours over theirs in brackets."""
    yield f"{'':14}" + "".join(f"{step + ' s':>18}" for step in STEPS) + f"{'MB':>14}"
    for kind in (Ours, *HUGO, Eleventy, Stock, StockOneParser):
        if kind.name not in costs[COLD]:
            continue
        cells = []
        for step in STEPS:
            if kind.name not in costs[step]:
                cells.append(f"{'':18}")
                continue
            theirs = seconds(costs, step, kind)
            ratio = f"({seconds(costs, step, Ours) / theirs:.2f})" if kind is not Ours else ""
            cells.append(f"{theirs:10.2f} {ratio:>7}")
        memory = megabytes(costs, kind)
        ratio = f"({megabytes(costs, Ours) / memory:.2f})" if kind is not Ours else ""
        yield f"{kind.name:14}{''.join(cells)}{memory:7.0f} {ratio:>6}"


def curve(sizes: Sequence[int], comments: int) -> Iterator[dict[str, float]]:
    """What each size costs ours."""
    for posts in sizes:
        with scratch("build") as folder:
            alone = Comparison(folder, Size(posts, comments), [])
            alone.round(0)
        yield {"posts": posts, **figures(alone.costs)}


def picture(rows: Sequence[dict[str, float]]) -> str:
    """The curve as SVG."""
    shown = {"from nothing": COLD, "a post edited": EDIT, "nothing changed": UNCHANGED}
    lines = {
        name: [(row["posts"], row[f"{step}_seconds"]) for row in rows]
        for name, step in shown.items()
    }
    memory = {"from nothing": [(row["posts"], row["peak_mb"]) for row in rows]}
    return plot([Panel("Seconds", lines), Panel("Megabytes", memory)], "posts")


def main() -> None:
    """Compare, and print a table or JSON."""
    words = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    words.add_argument("--posts", type=int, default=300)
    words.add_argument("--comments", type=int, default=26)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--peers", default=",".join(PEERS), help="which of " + ", ".join(PEERS))
    words.add_argument("--json", action="store_true")
    words.add_argument("--curve", default="", help="numbers of posts, instead of all this")
    words.add_argument("--plot", type=Path, help="where the curve is drawn")
    given = words.parse_args()
    if given.curve:
        show_curve([int(posts) for posts in given.curve.split(",")], given)
    else:
        compare(given)


def show_curve(sizes: Sequence[int], given: argparse.Namespace) -> None:
    """Measure ours at each size, and print the rows as they come."""
    rows = []
    for row in curve(sizes, given.comments):
        rows.append(row)
        if not given.json:
            print(f"{row['posts']:>8,} posts × {given.comments}: "
                  + ", ".join(f"{step} {row[f'{step}_seconds']:.2f} s" for step in STEPS)
                  + f", {row['peak_mb']:.0f} MB", flush=True)  # fmt: skip
    if given.plot:
        given.plot.write_text(picture(rows), "utf-8")
    if given.json:
        print(json.dumps({"comments": given.comments, "sizes": rows}))


def compare(given: argparse.Namespace) -> None:
    """Hold ours against the others."""
    size = Size(given.posts, given.comments)
    wanted = [name for name in given.peers.split(",") if name]
    with scratch("build") as folder:
        comparison = Comparison(folder, size, wanted)
        for number in range(given.rounds):
            comparison.round(number)
    found = {one.family for one in comparison.peers}
    missing = [name for name in wanted if name not in found]
    if given.json:
        sizes = {"posts": given.posts, "comments": given.comments, "rounds": given.rounds}
        print(json.dumps({**sizes, **figures(comparison.costs), "left_out": missing}))
        return
    print(
        f"{given.posts:,} posts, {given.posts * given.comments:,} comments, {given.rounds} rounds: "
        "seconds, megabytes, and ours over theirs"
    )
    print("\n".join(table(comparison.costs)))
    for name in missing:
        print(f"{name} is not here, and is left out")


if __name__ == "__main__":
    main()
