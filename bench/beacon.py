"""The beacon beside the reply desk: what views cost the replies, and whether all are counted.

    python -m bench.beacon [--seconds 8] [--rounds 3] [--looks 0 100 500] [--json]

Replies as in bench/desk.py, each connection sending its next when the last was answered, while so
many looks a second come from as many visitors, on other connections and from another process. By
turns, each on an empty desk. Then what was answered with 204 is held against the file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.desk import load, ours
from rejoinder.engagement import views
from rejoinder.engagement.views import Figure, Source

CONNECTIONS = 8
SITE = 'title = "A"\nurl = "http://127.0.0.1"\n[engagement]\nbeacon = true\n'
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox"


def request(number: int, port: int) -> bytes:
    """A look of the script's, of another visitor each."""
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    body = f"/first/\nh{number % 50}.example".encode()
    head = (
        f"POST /seen HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1\r\n"
        f"Sec-Fetch-Site: same-origin\r\nContent-Type: text/plain;charset=UTF-8\r\n"
        f"User-Agent: {BROWSER}/{number % 40}.0\r\nX-Forwarded-For: {address}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _look(port: int, rate: float, seconds: float, send: Any) -> None:
    """Looks at a steady rate over four connections; the number answered, and how long each took."""
    answered: list[float] = []
    until, numbers = time.perf_counter() + seconds, iter(range(1 << 24))

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        due = time.perf_counter()
        while time.perf_counter() < until:
            due += 4 / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            began = time.perf_counter()
            writer.write(request(next(numbers), port))
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 204 " in head.split(b"\r\n")[0], head
            answered.append((time.perf_counter() - began) * 1000)
        writer.close()

    await asyncio.gather(*(connection() for _ in range(4)))
    send.send(answered)


def _looks(port: int, rate: float, seconds: float, send: Any) -> None:
    asyncio.run(_look(port, rate, seconds, send))


def measure(looks: float, seconds: float) -> dict[str, Any]:
    """One round: replies, and looks at this rate meanwhile."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "ours"
        (folder / "content").mkdir(parents=True)
        (folder / "content" / "site.toml").write_text(SITE)
        (folder / "content" / "posts").mkdir()
        answered: list[float] = []
        with ours(folder) as (_, port, _):
            load("ours", port, CONNECTIONS, 1.0, 0, 10_000_000)  # warm
            receive, send = multiprocessing.Pipe(duplex=False)
            job = (port, looks, seconds, send)
            process = multiprocessing.Process(target=_looks, args=job)
            if looks:
                process.start()
            found = load("ours", port, CONNECTIONS, seconds, 0, 0)
            if looks:
                answered = receive.recv()
                process.join()
        counts = views.load(folder / "content", Source.BEACON)
    return {
        "rate": len(found["acknowledged"]) / seconds,
        "latencies": found["latencies"],
        "refused": found["refused"],
        "looks": answered,
        "counted": sum(n for _, n in views.of(counts, Figure.VIEW)),
    }


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--looks", type=float, nargs="+", default=[0, 100, 500])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rounds: dict[float, list[dict[str, Any]]] = {looks: [] for looks in options.looks}
    for _ in range(options.rounds):
        for looks, found in rounds.items():
            found.append(measure(looks, options.seconds))
    rows = {}
    for looks, found in rounds.items():
        cuts = statistics.quantiles([t for one in found for t in one["latencies"]], n=100)
        answers = [t for one in found for t in one["looks"]]
        rows[f"{looks:g} looks/s"] = {
            "replies/s": round(statistics.median(one["rate"] for one in found), 1),
            "p50": round(cuts[49], 2),
            "p99": round(cuts[98], 2),
            "refused": sum(one["refused"] for one in found),
            "answered": len(answers),
            "counted": sum(one["counted"] for one in found),
            "look p99": round(statistics.quantiles(answers, n=100)[98], 2) if answers else 0,
        }
    if options.json:
        print(json.dumps(rows))
        return
    for name, row in rows.items():
        print(f"{name:>14}  " + "  ".join(f"{key} {value:,}" for key, value in row.items()))


if __name__ == "__main__":
    main()
