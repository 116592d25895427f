"""A load generator that costs little: prebuilt requests on a fixed number of connections.

    python -m bench.load FILE HOST PORT WHICH CONNECTIONS SECONDS RATE START

Posts distinct replies of 74 words, the next one on each connection when the last was answered
(or RATE a second in all, where that isn't 0), and writes one JSON object to FILE: acknowledged
numbers, latencies in milliseconds, refusals.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from pathlib import Path
from urllib.parse import quote_plus

WORDS = [
    "network", "letter", "reply", "answer", "reader", "owner", "address", "folder", "evening",
    "garden", "river", "paper", "margin", "question", "quarrel", "patience", "kettle", "window",
    "ladder", "harbour", "promise", "reason", "habit", "winter",
]  # fmt: skip


def text(number: int) -> str:
    """Seventy-four words, another text for each number, which it begins with."""
    rng = random.Random(number)
    return f"reply {number}: " + " ".join(rng.choices(WORDS, k=72))


def request(which: str, number: int, host: str) -> bytes:
    """A reply as each system's own page sends it."""
    if which == "isso":
        said = {"author": f"Reader {number % 997}", "email": None, "website": None,
                "text": text(number), "parent": None, "title": "First"}  # fmt: skip
        body, path, kind = json.dumps(said).encode(), "/new?uri=%2Ffirst%2F", "application/json"
    else:
        fields = {"thread": "first", "in_reply_to": "", "text": text(number),
                  "name": f"Reader {number % 997}", "email": "", "url": ""}  # fmt: skip
        body = "&".join(f"{k}={quote_plus(v)}" for k, v in fields.items()).encode()
        path, kind = "/reply", "application/x-www-form-urlencoded"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\n"
        f"Origin: http://{host}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Load:
    """The connections together: what is next, and what came of the others."""

    def __init__(self, which: str, address: tuple[str, int], until: float, start: int) -> None:
        self.which = which
        self.address = address
        self.until = until
        self.number = start
        self.acknowledged: list[int] = []
        self.latencies: list[float] = []
        self.refused = 0

    def next(self) -> tuple[int, bytes]:
        self.number += 1
        host = f"{self.address[0]}:{self.address[1]}"
        return self.number, request(self.which, self.number, host)

    async def connection(self, pause: float) -> None:
        """One after the other on one connection, which is opened again where it was closed."""
        reader = writer = None
        due = time.perf_counter()
        while time.perf_counter() < self.until:
            number, data = self.next()
            if pause:
                due += pause
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            began = time.perf_counter()
            try:
                if reader is None or writer is None:
                    reader, writer = await asyncio.open_connection(*self.address)
                writer.write(data)
                head = await reader.readuntil(b"\r\n\r\n")
                lower = head.lower()
                length = int(lower.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                if length:
                    await reader.readexactly(length)
                if b"connection: close" in lower:
                    writer.close()
                    reader = writer = None
            except (OSError, asyncio.IncompleteReadError):
                self.refused += 1
                reader = writer = None
                continue
            if int(head[9:12]) in (201, 202, 303):
                self.acknowledged.append(number)
                self.latencies.append((time.perf_counter() - began) * 1000)
            else:
                self.refused += 1


async def run(which: str, host: str, port: int, connections: int, seconds: float, rate: float,
              start: int) -> dict[str, object]:  # fmt: skip
    """Load for some seconds, and what came of it."""
    load = Load(which, (host, port), time.perf_counter() + seconds, start)
    pause = connections / rate if rate else 0.0
    await asyncio.gather(*(load.connection(pause) for _ in range(connections)))
    return {
        "acknowledged": load.acknowledged,
        "latencies": load.latencies,
        "refused": load.refused,
        "last": load.number,
    }


if __name__ == "__main__":
    import uvloop

    _, file, where, at, name, *figures = sys.argv
    many, lasts, pace, first = (float(figure) for figure in figures)
    found = uvloop.run(run(name, where, int(at), int(many), lasts, pace, int(first)))
    Path(file).write_text(json.dumps(found))
