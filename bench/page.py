"""What a page with its discussion weighs in a real Chromium with an empty cache.

    python -m bench.page [--comments 200] [--json]

Beside a WordPress page of an essay with 26 comments, as it was measured. Bytes are those on the
wire, with headers. Files are sent packed, as `packed = true` leaves them.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from starlette.requests import Request
from starlette.responses import Response

from bench.corpus import Size, make, slug
from bench.machine import ROOT, scratch
from rejoinder.building import build
from rejoinder.publish.s3 import content_type
from rejoinder.replies.server import DeskServer
from rejoinder.serving import headers, packing

ANCHOR = "2026/02/your-network-is-not-the-list/"
ENCODINGS = {"gzip": ".gz", "br": ".br"}
KB = 1024


@dataclass(frozen=True, slots=True)
class Weight:
    """Requests of a page, and bytes: on the wire, as they are, and of scripts as they are; these
    once more with what comes when somebody goes to the reply form."""

    requests: int
    wire: int
    raw: int
    script: int = 0
    replying: int = 0


WORDPRESS = Weight(8, 58 * KB, 349 * KB)
"""An essay with 26 comments, gzip; 21 more requests went to a third party, for pictures of those
who comment."""


class Packed:
    """A built site whose packed copies of one encoding are sent."""

    def __init__(self, folder: Path, encoding: str) -> None:
        self.folder = folder
        self.encoding = encoding

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._answer(Request(scope).url.path)(scope, receive, send)

    def _answer(self, path: str) -> Response:
        name = path.lstrip("/") + ("index.html" if path.endswith("/") else "")
        file = self.folder / name
        said = {**headers.of_site(), "Cache-Control": headers.cache_control(name)}
        copy = Path(f"{file}{ENCODINGS[self.encoding]}")
        if copy.is_file():
            said |= {"Content-Encoding": self.encoding, "Vary": "Accept-Encoding"}
        elif not file.is_file():
            return Response("not here", 404, said)
        body = (copy if copy.is_file() else file).read_bytes()
        return Response(body, 200, said, content_type(name))


def weigh(browser: Browser, address: str) -> Weight:
    """Open a page in a fresh browser, and wait until it asks no more; then go to its form."""
    context = browser.new_context()
    page = context.new_page()
    kinds: dict[str, str] = {}
    wire, raw, script = 0, 0, 0
    session = context.new_cdp_session(page)
    session.send("Network.enable")

    def answered(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = event["type"]

    def came(event: dict[str, Any]) -> None:
        nonlocal raw, script
        raw += event["dataLength"]
        script += event["dataLength"] if kinds.get(event["requestId"]) == "Script" else 0

    def ended(event: dict[str, Any]) -> None:
        nonlocal wire
        wire += int(event["encodedDataLength"])

    session.on("Network.responseReceived", answered)
    session.on("Network.dataReceived", came)
    session.on("Network.loadingFinished", ended)
    page.goto(address, wait_until="networkidle")
    found = Weight(len(kinds), wire, raw, script, script)
    if page.locator("#respond textarea").count():
        with page.expect_response("**/*.js"):
            page.locator("#respond textarea").focus()
        page.wait_for_load_state("networkidle")
        found = replace(found, replying=script)
    context.close()
    return found


@contextmanager
def sites(comments: int) -> Iterator[dict[str, tuple[Path, str]]]:
    """The demo, and a post with so many comments: by what they are, folder and address."""
    with scratch("page") as folder:
        shutil.copytree(ROOT / "content", folder / "demo" / "content")
        make(folder / "long" / "content", Size(1, comments))
        for name in ("demo", "long"):
            place = folder / name
            overrides = {"SITEURL": "", "FEED_DOMAIN": "https://blog.example"}
            done = build(place / "content", place / "site", ROOT / "pelicanconf.py", overrides)
            if done.errors:
                raise SystemExit(f"error: {done.errors[0]}")
            packing.pack(place / "site", place / "packed.json")
        yield {
            "a post with 26 comments": (folder / "demo" / "site", ANCHOR),
            f"a post with {comments} comments": (folder / "long" / "site", f"{slug(0)}/"),
        }


def measure(comments: int) -> dict[str, dict[str, Weight]]:
    """What each page weighs, by what it is and how it is packed."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("error: no Chromium here: apt install chromium")
    found: dict[str, dict[str, Weight]] = {}
    with sites(comments) as pages, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (folder, address) in pages.items():
            for encoding in ENCODINGS:
                with DeskServer(0).run(Packed(folder, encoding)) as server:
                    weight = weigh(browser, f"{server.address}/{address}")
                found.setdefault(name, {})[encoding] = weight
        browser.close()
    return found


def table(found: dict[str, dict[str, Weight]]) -> str:
    """The figures, in brackets ours over WordPress's."""
    rows = [("", "requests", "KB on the wire", "KB", "KB of scripts", "with the form's"),
            ("WordPress, 26 comments, gzip", "8, and 21 elsewhere", "58", "349", "", ""),
            ]  # fmt: skip
    for name, by_encoding in found.items():
        for encoding, one in by_encoding.items():
            rows.append((
                f"{name}, {encoding}",
                f"{one.requests} ({one.requests / WORDPRESS.requests:.2f})",
                f"{one.wire / KB:.1f} ({one.wire / WORDPRESS.wire:.2f})",
                f"{one.raw / KB:.1f} ({one.raw / WORDPRESS.raw:.2f})",
                f"{one.script / KB:.1f}",
                f"{one.replying / KB:.1f}",
            ))  # fmt: skip
    widths = [max(len(row[at]) for row in rows) for at in range(6)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def main() -> None:
    words = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    words.add_argument("--comments", type=int, default=200)
    words.add_argument("--json", action="store_true")
    given = words.parse_args()
    found = measure(given.comments)
    if given.json:
        plain = {name: {encoding: [one.requests, one.wire, one.raw, one.script, one.replying]
                        for encoding, one in by.items()} for name, by in found.items()}  # fmt: skip
        print(json.dumps({"columns": ["requests", "wire", "raw", "script", "replying"], **plain}))
    else:
        print(table(found))


if __name__ == "__main__":
    main()
