"""The dashboard of a blog of any size: made for the first time, and after one more comment.

    python -m bench.measures [--posts 500] [--comments 26] [--rounds 3] [--json]

`cold_seconds` is a program's whole run that knows nothing of the blog yet; `one_comment_seconds`
is what it takes in a running program, as the desk is, from the comment's file to the dashboard's;
`fresh_seconds` the same in a program that has just begun, imports and all. The medians count.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.corpus import BEGIN, Size, make, slug
from rejoinder.comments.model import Comment, make_id
from rejoinder.comments.store import CommentStore
from rejoinder.engagement import writing

NOW = BEGIN + timedelta(days=3660)
RUN = """
import sys
from datetime import datetime
from pathlib import Path
from rejoinder.engagement import writing
if __name__ == "__main__":
    content = Path(sys.argv[1])
    made = writing.make(content, datetime.fromisoformat(sys.argv[2]), thorough=sys.argv[3] == "all")
    writing.write(writing.private_folder(content), made)
"""


def run(program: Path, content: Path, how: str) -> float:
    """Seconds of a program that makes the dashboard."""
    started = time.perf_counter()
    subprocess.run([sys.executable, str(program), str(content), NOW.isoformat(), how], check=True)
    return time.perf_counter() - started


def comment(content: Path, number: int, posts: int) -> None:
    """Write one more comment, as the desk does."""
    date = NOW - timedelta(minutes=100 - number)
    said = Comment(make_id(date, f"new{number}"), "Somebody", date, "One more thing.")
    CommentStore(content).write(slug(posts - 1 - number), said)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--posts", type=int, default=500)
    words.add_argument("--comments", type=int, default=26)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--json", action="store_true")
    options = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="rejoinder-measures-") as scratch:
        content = Path(scratch) / "content"
        make(content, Size(options.posts, options.comments))
        program = Path(scratch) / "run.py"
        program.write_text(RUN)
        cold = []
        for _ in range(options.rounds):
            shutil.rmtree(Path(scratch) / "private", ignore_errors=True)
            cold.append(run(program, content, "all"))
        one, fresh = [], []
        writing.make(content, NOW, thorough=False)
        for number in range(options.rounds):
            comment(content, 2 * number, options.posts)
            started = time.perf_counter()
            made = writing.make(content, NOW, thorough=False)
            writing.write(writing.private_folder(content), made)
            one.append(time.perf_counter() - started)
            comment(content, 2 * number + 1, options.posts)
            fresh.append(run(program, content, "changed"))
    summary = {
        "posts": options.posts, "comments": options.posts * options.comments,
        "cold_seconds": round(statistics.median(cold), 3),
        "one_comment_seconds": round(statistics.median(one), 3),
        "fresh_seconds": round(statistics.median(fresh), 3),
    }  # fmt: skip
    if options.json:
        print(json.dumps(summary))
        return
    print(f"{options.posts:,} posts, {summary['comments']:,} comments, at {datetime.now(UTC):%F}")
    print(f"  for the first time                 {summary['cold_seconds']:7.2f} s")
    print(f"  after one comment, program running {summary['one_comment_seconds']:7.2f} s")
    print(f"  after one comment, program begins  {summary['fresh_seconds']:7.2f} s")


if __name__ == "__main__":
    main()
