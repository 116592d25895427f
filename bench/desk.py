"""The reply desk beside Isso 0.14 under gunicorn: replies a second, latency, and what was lost.

    python -m bench.desk [--seconds 10] [--connections 8 64] [--rounds 3] [--json]
    python -m bench.desk --soak 600 --rate 200

Both keep each reply durably before they answer (SQLite with `synchronous` FULL: ours sets it,
for Isso it is SQLite's default), both moderate, both without a limit of rate. They run by turns
on the same machine, under the same load generator (bench/load.py), each connection sending its
next reply when the last was answered. Isso runs under gunicorn with the workers that were best
for it here; `--workers` tries others. It is installed into .cache/isso the first time.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.cache import CACHE, from_pypi

ROOT = Path(__file__).parent.parent
POST = "Title: First\nDate: 2026-03-01 08:00:00+00:00\nSlug: first\nCategory: Notes\n\nText.\n"
NO_LIMITS = "[limits]\nreplies_per_hour = 0\n"


@dataclass
class Figures:
    """What one system did at one number of connections, over all rounds."""

    rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    acknowledged: int = 0
    refused: int = 0
    lost: int = 0
    doubled: int = 0
    megabytes: float = 0.0

    def row(self) -> dict[str, float]:
        """The figures as they are printed: the median rate, and latencies of all rounds."""
        cuts = statistics.quantiles(self.latencies, n=100)
        return {
            "rate": statistics.median(self.rates), "p50": cuts[49], "p99": cuts[98],
            "megabytes": self.megabytes, "acknowledged": self.acknowledged,
            "refused": self.refused, "lost": self.lost, "doubled": self.doubled,
        }  # fmt: skip


def isso_program() -> Path | None:
    """Isso, with gunicorn beside it; None where it can't be had."""
    return from_pypi("isso", "isso==0.14.0", "gunicorn", "setuptools<81", program="isso")


@contextmanager
def ours(folder: Path) -> Iterator[tuple[int, int, Path]]:
    """Our desk as a user runs it: process id, port, database."""
    content = folder / "content"
    (content / "posts").mkdir(parents=True, exist_ok=True)
    (content / "posts" / "first.md").write_text(POST)
    (folder / "private" / "desk").mkdir(parents=True)
    (folder / "private" / "desk" / "desk.toml").write_text(NO_LIMITS)
    program = str(Path(sys.executable).parent / "invoke")
    process = subprocess.Popen(
        [program, "desk", "--content", str(content), "--port", "0"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    match = re.search(r":(\d+)/reply", process.stdout.readline())
    assert match is not None
    try:
        yield process.pid, int(match[1]), folder / "private" / "desk" / "replies.sqlite3"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        process.stdout.close()


@contextmanager
def isso(folder: Path, workers: list[str], port: int = 8117) -> Iterator[tuple[int, int, Path]]:
    """Isso under gunicorn: process id, port, database."""
    folder.mkdir()
    settings = folder / "isso.cfg"
    settings.write_text(
        f"[general]\ndbpath = {folder}/comments.db\nhost = http://127.0.0.1:{port}\n"
        "[moderation]\nenabled = true\n[guard]\nenabled = false\n"
        "[server]\nlisten = http://127.0.0.1\n"
    )
    process = subprocess.Popen(
        [str(CACHE / "isso" / "bin" / "gunicorn"), "--bind", f"127.0.0.1:{port}", *workers,
         "isso.run"],
        env={**os.environ, "ISSO_SETTINGS": str(settings)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    import http.client

    for _ in range(200):
        time.sleep(0.05)
        with suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/config")
            connection.getresponse().read()
            connection.close()
            break
    try:
        yield process.pid, port, folder / "comments.db"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def load(which: str, port: int, connections: int, seconds: float, rate: float, start: int
         ) -> dict[str, Any]:  # fmt: skip
    """Run the load generator in a process of its own."""
    words = [str(port), which, str(connections), str(seconds), str(rate), str(start)]
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "found.json"
        program = [sys.executable, "-m", "bench.load", str(file), "127.0.0.1", *words]
        subprocess.run(program, cwd=ROOT, check=True)
        found: dict[str, Any] = json.loads(file.read_text())
    return found


def megabytes(pid: int) -> float:
    """Memory of a process and its children, pages that they share counted once (PSS)."""
    total = 0
    with suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in (str(pid), *children):
            said = Path(f"/proc/{one}/smaps_rollup").read_text()
            total += int(re.findall(r"^Pss:\s+(\d+)", said, re.M)[0])
    return total / 1024


def kept(database: Path, which: str) -> list[int]:
    """The numbers of the replies that are in the database."""
    query = "SELECT text FROM " + ("comments" if which == "isso" else "replies")
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return [int(row[0].split(" ", 2)[1].rstrip(":")) for row in db.execute(query)]
    finally:
        db.close()


def measure(which: str, connections: int, seconds: float, figures: Figures, workers: list[str]
            ) -> None:  # fmt: skip
    """One round of one system, on an empty database."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / which
        running = isso(folder, workers) if which == "isso" else ours(folder)
        with running as (pid, port, database):
            load(which, port, connections, 1.0, 0, 10_000_000)  # warm
            found = load(which, port, connections, seconds, 0, 0)
            figures.megabytes = max(figures.megabytes, megabytes(pid))
        there = [number for number in kept(database, which) if number < 10_000_000]
    figures.rates.append(len(found["acknowledged"]) / seconds)
    figures.latencies += found["latencies"]
    figures.acknowledged += len(found["acknowledged"])
    figures.refused += found["refused"]
    figures.lost += len(set(found["acknowledged"]) - set(there))
    figures.doubled += len(there) - len(set(there))


def soak(seconds: float, rate: float) -> dict[str, Any]:
    """A steady rate for a long time: rows and acknowledgements, memory as it goes."""
    with tempfile.TemporaryDirectory() as scratch, ours(Path(scratch) / "ours") as (pid, port, db):
        memory, acknowledged, refused, start = [], 0, 0, 0
        until = time.monotonic() + seconds
        latencies: list[float] = []
        while time.monotonic() < until:
            found = load("ours", port, 8, min(30.0, until - time.monotonic()), rate, start)
            acknowledged += len(found["acknowledged"])
            latencies += found["latencies"]
            refused += found["refused"]
            start = found["last"]
            memory.append(round(megabytes(pid), 1))
            print(f"{acknowledged} acknowledged, {memory[-1]} MB", file=sys.stderr)
        rows = len(kept(db, "ours"))
    return {"seconds": seconds, "acknowledged": acknowledged, "rows": rows, "refused": refused,
            "p99": statistics.quantiles(latencies, n=100)[98], "megabytes": memory}  # fmt: skip


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--connections", type=int, nargs="+", default=[8, 64])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", default="--workers 2")
    parser.add_argument("--alone", action="store_true", help="leave Isso out")
    parser.add_argument("--soak", type=float, default=0)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.soak:
        print(json.dumps(soak(options.soak, options.rate)))
        return
    both = not options.alone and isso_program() is not None
    results: dict[str, dict[str, dict[str, float]]] = {}
    for connections in options.connections:
        figures = {name: Figures() for name in (("ours", "isso") if both else ("ours",))}
        for _ in range(options.rounds):
            for name, found in figures.items():
                measure(name, connections, options.seconds, found, options.workers.split())
        results[str(connections)] = {name: found.row() for name, found in figures.items()}
    summary: dict[str, Any] = {
        "acknowledged_lost": sum(int(r["ours"]["lost"]) for r in results.values()),
        "duplicates": sum(int(r["ours"]["doubled"]) for r in results.values()),
    }
    if both:
        for connections, rows in results.items():
            for key in ("rate", "p99"):
                ratio = rows["ours"][key] / rows["isso"][key]
                summary[f"{key}_vs_isso_{connections}"] = round(ratio, 3)
    if options.json:
        print(json.dumps(summary | {"figures": results}))
        return
    for connections, rows in results.items():
        for name, row in rows.items():
            shown = "  ".join(f"{key} {value:,.1f}" for key, value in row.items())
            print(f"{connections:>3} connections  {name:<5} {shown}")
    for key, value in summary.items():
        print(f"{key}: {value}")


if __name__ == "__main__":
    main()
