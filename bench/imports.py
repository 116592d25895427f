"""Time and memory of a WordPress import, beside a bare parse of the same file in the same run.

    python -m bench.imports --mb 50

Writes an export of that size (seeded, words of its own), parses it with expat alone, imports it
into an empty folder, imports it again, and prints each one's seconds, peak memory, and the ratio
to the bare parse. Each step runs in a process of its own, so that the peaks are its own.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.parsers import expat

WORDS = [
    "network", "letter", "reply", "answer", "reader", "owner", "address", "folder", "evening",
    "garden", "river", "paper", "margin", "question", "quarrel", "patience", "kettle", "window",
    "ladder", "harbour", "promise", "reason", "habit", "winter",
]  # fmt: skip
COMMENTS_A_POST = 60


def write_export(path: Path, megabytes: int) -> int:
    """Write an export of about that size; the number of its comments."""
    rng, comments, number = random.Random(1), 0, 1
    with path.open("w", encoding="utf-8") as file:
        file.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0">\n<channel>\n'
            "<title>A large site</title>\n<link>http://large.example</link>\n"
            "<wp:wxr_version>1.2</wp:wxr_version>\n"
            "<wp:base_blog_url>http://large.example</wp:base_blog_url>\n"
        )
        while file.tell() < megabytes << 20:
            number += 1
            day = f"20{10 + number % 10}-{number % 12 + 1:02}-{number % 28 + 1:02}"
            slug = f"post-{number}"
            file.write(
                f"<item><title>{slug}</title>"
                f"<link>http://large.example/{day.replace('-', '/')}/{slug}/</link>"
                "<dc:creator>ada</dc:creator>"
                f"<content:encoded><![CDATA[{_text(rng, 700)}]]></content:encoded>"
                f"<wp:post_id>{number}</wp:post_id><wp:post_date>{day} 09:00:00</wp:post_date>"
                f"<wp:post_date_gmt>{day} 09:00:00</wp:post_date_gmt>"
                f"<wp:post_name>{slug}</wp:post_name><wp:status>publish</wp:status>"
                "<wp:post_type>post</wp:post_type>"
            )
            for _ in range(COMMENTS_A_POST):
                comments += 1
                file.write(
                    f"<wp:comment><wp:comment_id>{comments}</wp:comment_id>"
                    f"<wp:comment_author>Reader {comments % 997}</wp:comment_author>"
                    f"<wp:comment_author_email>r{comments % 997}@mail.example"
                    "</wp:comment_author_email>"
                    f"<wp:comment_date>{day} 10:00:00</wp:comment_date>"
                    f"<wp:comment_date_gmt>{day} 10:00:00</wp:comment_date_gmt>"
                    f"<wp:comment_content><![CDATA[{_text(rng, 180)}]]></wp:comment_content>"
                    "<wp:comment_approved>1</wp:comment_approved>"
                    "<wp:comment_parent>0</wp:comment_parent></wp:comment>\n"
                )
            file.write("</item>\n")
        file.write("</channel></rss>\n")
    return comments


def _text(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(WORDS, k=words))


def _step(name: str, export: Path, content: Path) -> None:
    """Run one step in this process and print what it took."""
    started = time.perf_counter()
    changes = 0
    if name == "bare parse":
        with export.open("rb") as file:
            expat.ParserCreate().ParseFile(file)
    else:
        from rejoinder.migrate.wordpress import run

        changes = run(export, content).changes
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak, "changes": changes}))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mb", type=int, default=20, help="size of the export (default: 20)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        _step(options.step[0], Path(options.step[1]), Path(options.step[2]))
        return 0
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as scratch:
        export, content = Path(scratch) / "export.xml", Path(scratch) / "site" / "content"
        comments = write_export(export, options.mb)
        found = {}
        for name in ("bare parse", "import", "import again"):
            step = [sys.executable, "-m", "bench.imports", "--step", name, export, content]
            said = subprocess.run(step, capture_output=True, text=True, check=True).stdout
            found[name] = json.loads(said)
    bare = found["bare parse"]["seconds"]
    if options.json:
        print(json.dumps({"mb": options.mb, "comments": comments, **found}))
        return 0
    print(f"{options.mb} MB, {comments:,} comments")
    for name, row in found.items():
        print(
            f"{name:13} {row['seconds']:8.1f} s  {row['peak_mb']:6.0f} MB  "
            f"{row['seconds'] / bare:7.1f} × the bare parse  {row['changes']:,} changes"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
