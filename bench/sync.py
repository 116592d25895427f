"""Polling 200 feeds of a server on this machine that answers each after 300 ms.

    python -m bench.sync [--feeds 200] [--hosts 10] [--delay 0.3] [--json]

What can't be beaten is the slowest host's own queue: its feeds one after the other. A second run
right after asks for all of them again and must transfer no bodies.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from email.utils import format_datetime
from pathlib import Path

from bench.labelled import START
from rejoinder.profiles.sync import run
from rejoinder.web import Client

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from feedhost import feed_host

_SITE = 'url = "https://blog.example"\n'


def main() -> None:
    """Print the times, or write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--hosts", type=int, default=10)
    parser.add_argument("--delay", type=float, default=0.3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, feed_host() as host:
        content = Path(folder) / "content"
        (content / "authors").mkdir(parents=True)
        (content / "site.toml").write_text(_SITE)
        lines = []
        for number in range(given.feeds):
            url = f"https://else.example/{number}"
            host.put(f"/{number}", (
                f'<rss version="2.0"><channel><title>T</title><item><guid>{url}</guid>'
                f"<link>{url}</link><pubDate>{format_datetime(START)}</pubDate></item>"
                "</channel></rss>"
            ))  # fmt: skip
            feed = host.url(f"/{number}", f"127.0.0.{2 + number % given.hosts}")
            lines.append(f"Profile: p{number} https://p.example/ {feed}\n")
        (content / "authors" / "ada.md").write_text("Name: Ada\n" + "".join(lines) + "\nBio.\n")
        host.delay = given.delay
        least = -(-given.feeds // given.hosts) * given.delay
        times, summaries = [], []
        with Client(allow=["127.0.0.0/8"]) as client:
            for _ in range(2):
                began = time.perf_counter()
                summaries.append(run(content, client, everything=True))
                times.append(time.perf_counter() - began)
    figures = {
        "seconds": round(times[0], 2), "slowest_queue": least,
        "ratio": round(times[0] / least, 2), "new": len(summaries[0].new),
        "again_seconds": round(times[1], 2), "again_bytes": summaries[1].bytes,
    }  # fmt: skip
    if given.json:
        print(json.dumps(figures))
        return
    print(f"{given.feeds} feeds of {given.hosts} hosts, {given.delay:.1f} s each:")
    print(f"{times[0]:.1f} s, "
          f"{figures['ratio']} times the slowest host's own queue of {least:.1f} s; "
          f"{figures['new']} entries kept")  # fmt: skip
    print(f"again: {times[1]:.1f} s, {summaries[1].bytes} bytes of bodies")


if __name__ == "__main__":
    main()
