"""The matcher over the labelled set, and its time on 10,000 posts and 100,000 entries.

    python -m bench.match [--posts 10000] [--entries 100000] [--json]

Precision is of what is taken without asking; recall counts what is asked, since the author's yes is
one keystroke away.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from bench.labelled import START, Case, cases, posts
from rejoinder.profiles.entries import Entry
from rejoinder.profiles.matcher import Matcher, Target


@dataclass
class Score:
    """What the matcher made of a set of cases."""

    taken: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    entries: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    needless: int = 0

    @property
    def precision(self) -> float:
        """The share of what was taken that is right."""
        right = sum(self.taken.values())
        return right / (right + len(self.wrong)) if right + len(self.wrong) else 1.0

    @property
    def recall(self) -> float:
        """The share of what is right that was taken or asked."""
        found = sum(self.taken.values()) + sum(self.asked.values())
        return found / (found + sum(self.missed.values()))


def score(matcher: Matcher, labelled: Iterable[Case]) -> Score:
    """Hold the matcher against the labels."""
    result = Score()
    for case in labelled:
        result.entries[case.network] += 1
        found = {one.thread: one.sure for one in matcher.proposals(case.entry)}
        for thread, sure in found.items():
            if thread in case.right:
                (result.taken if sure else result.asked)[case.network] += 1
            elif sure:
                result.wrong.append(f"{case.name} -> {thread}")
            else:
                result.needless += 1
        for thread in case.right - found.keys():
            result.missed[case.network] += 1
            result.lost.append(f"{case.name} -> {thread}: {case.entry.links}")
    return result


def seconds(number: int, entries: int) -> float:
    """How long it takes to match `entries` entries with `number` posts, in seconds."""
    pattern = [case.entry for case in cases()]
    some = posts()
    many = [
        Target(f"{post.thread}-{n}", f"{post.title} {n}",
               START + timedelta(hours=7 * n),
               tuple(a.rstrip("/") + f"-{n}/" for a in post.addresses))
        for n in range(-(-number // len(some))) for post in some
    ][:number]  # fmt: skip
    said: list[Entry] = [pattern[n % len(pattern)] for n in range(entries)]
    began = time.perf_counter()
    matcher = Matcher(many)
    for entry in said:
        matcher.proposals(entry)
    return time.perf_counter() - began


def main() -> None:
    """Print the scores, or write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    labelled = cases()
    result = score(Matcher(posts()), labelled)
    took = seconds(given.posts, given.entries)
    if given.json:
        figures = {"precision_taken": result.precision, "recall": result.recall,
                   "seconds": round(took, 2), "entries": len(labelled)}  # fmt: skip
        print(json.dumps(figures))
        return
    print(f"{'':12} entries  taken  asked  missed")
    for network in result.entries:
        print(f"{network:12} {result.entries[network]:7} {result.taken[network]:6} "
              f"{result.asked[network]:6} {result.missed[network]:7}")  # fmt: skip
    for what, names in (("wrongly taken", result.wrong), ("missed", result.lost)):
        for name in names:
            print(f"{what}: {name}")
    print(
        f"{len(labelled)} entries: precision of what is taken {result.precision:.3f}, "
        f"recall with what is asked {result.recall:.3f}, {result.needless} asked in vain"
    )
    print(f"{given.posts:,} posts x {given.entries:,} entries: {took:.1f} s")


if __name__ == "__main__":
    main()
