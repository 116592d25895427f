"""What Lighthouse says of the pages that people meet most, on a phone and on a desktop computer.

    python -m bench.lighthouse [--only post,author] [--json]

Lighthouse is npm's, installed as CONTRIBUTING.md says. Performance is that of this machine while it
does nothing else; the other three scores are those of the pages.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.machine import ROOT, scratch
from bench.page import ANCHOR, Packed
from rejoinder.building import build
from rejoinder.replies import intake
from rejoinder.replies.desk import Desk, open_desk
from rejoinder.replies.judging.policy import Circumstances
from rejoinder.replies.server import DeskServer
from rejoinder.replies.web.app import make_app
from rejoinder.replies.web.moderation import COOKIE
from rejoinder.serving import packing

FOLDER = ROOT / ".cache" / "lighthouse" / "node_modules"
PROGRAM = (FOLDER / ".bin" / "node", FOLDER / "lighthouse" / "cli" / "index.js")
"""Lighthouse, and a Node that is new enough for it."""

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FORMS = ("phone", "desktop")
PAGES = ("post", "index", "author", "dashboard", "moderator")
UNLISTED = ("dashboard", "moderator")
"""Pages that ask search engines to leave them out: whether these may find them is no question."""

_CHROME = "--headless=new --no-sandbox --disable-background-networking --disable-component-update"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Scores of 0 to 100 by category, and what took something from each."""

    scores: dict[str, int]
    faults: list[str]


def is_there() -> bool:
    """Whether Lighthouse is installed."""
    return all(path.exists() for path in PROGRAM)


def judge(
    address: str,
    form: str,
    folder: Path,
    *,
    categories: Sequence[str] = CATEGORIES,
    is_listed: bool = True,
    cookie: str = "",
) -> Verdict:
    """What Lighthouse says of the page at an address; its files go to a folder. Ends with what it
    said when it fails."""
    words = [*map(str, PROGRAM), address, "--quiet", "--output=json",
             f"--only-categories={','.join(categories)}", f"--chrome-flags={_CHROME}"]  # fmt: skip
    words += ["--preset=desktop"] if form == "desktop" else []
    words += [] if is_listed else ["--skip-audits=is-crawlable"]
    words += [f"--extra-headers={json.dumps({'Cookie': cookie})}"] if cookie else []
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("error: no Chromium here: apt install chromium")
    with tempfile.TemporaryDirectory(prefix="lh") as short:  # a socket's path has 108 bytes at most
        env = {**os.environ, "CHROME_PATH": chromium, "TMPDIR": short, "HOME": short}
        run = subprocess.run(
            words, cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8",
            check=False,
        )  # fmt: skip
    if run.returncode:
        raise SystemExit(f"error: Lighthouse failed: {run.stderr[-2000:]}")
    return read(json.loads(run.stdout))


def read(report: dict[str, Any]) -> Verdict:
    """The verdict that a report of Lighthouse's holds."""
    scores, faults = {}, []
    for name, category in report["categories"].items():
        scores[name] = round(100 * category["score"])
        for part in category["auditRefs"]:
            audit = report["audits"][part["id"]]
            if part["weight"] and audit["score"] is not None and audit["score"] < 1:
                shown = audit.get("displayValue") or audit["title"]
                faults.append(f"{name}: {part['id']} {audit['score']:.2f}, {shown}")
    return Verdict(scores, faults)


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages' addresses by name, and the cookie of a moderator who is in."""

    addresses: dict[str, str]
    cookie: str


@contextmanager
def served(folder: Path) -> Iterator[Pages]:
    """The demo, packed, with a public dashboard and a desk on which two replies wait."""
    content, site = folder / "content", folder / "site"
    shutil.copytree(ROOT / "content", content)
    toml = content / "site.toml"
    toml.write_text(toml.read_text("utf-8") + '\n[engagement]\ndashboard = "public"\n', "utf-8")
    server = DeskServer(0)
    overrides = {"SITEURL": server.address, "FEED_DOMAIN": server.address}
    done = build(content, site, ROOT / "pelicanconf.py", overrides)
    if done.errors:
        raise SystemExit(f"error: {done.errors[0]}")
    packing.pack(site, folder / "packed.json")
    with ExitStack() as stack:
        desk = stack.enter_context(open_desk(content, site_url=server.address))
        _furnish(desk)
        stack.enter_context(server.run(_Together(Packed(site, "gzip"), make_app(desk))))
        at = {"post": ANCHOR, "index": "", "author": "author/nora-veldt/",
              "dashboard": "engagement/", "moderator": "reply/desk"}  # fmt: skip
        secret = desk.moderators.begin("ada", datetime.now(UTC))
        yield Pages({name: f"{server.address}/{at[name]}" for name in PAGES}, f"{COOKIE}={secret}")


class _Together:
    """A site, and the desk's addresses below it."""

    def __init__(self, site: Any, desk: Any) -> None:
        self.site = site
        self.desk = desk

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        is_desks = scope.get("path", "").startswith(("/reply", "/seen", "/webmention"))
        await (self.desk if is_desks else self.site)(scope, receive, send)


def _furnish(desk: Desk) -> None:
    desk.moderators.save("ada")
    for name in ("Bo Reader", "Cy Reader"):
        said = {"thread": ANCHOR.split("/")[-2], "name": name, "text": f"{name} sees it otherwise."}
        submission, _ = intake.read(said)
        assert submission is not None
        around = Circumstances(address="203.0.113.9")
        desk.arrivals.submit(submission, around).result(30)


def measure(names: Sequence[str]) -> dict[tuple[str, str], Verdict]:
    """The verdicts by page and form."""
    if not is_there():
        raise SystemExit(
            "error: no Lighthouse here: npm install --prefix .cache/lighthouse lighthouse node@22"
        )
    with scratch("lighthouse") as folder, served(folder) as pages:
        return {
            (name, form): judge(
                pages.addresses[name], form, folder,
                is_listed=name not in UNLISTED,
                cookie=pages.cookie if name == "moderator" else "",
            )
            for name in names
            for form in FORMS
        }  # fmt: skip


def table(found: dict[tuple[str, str], Verdict]) -> str:
    """The scores, and below them what took something from them."""
    rows = [("", *CATEGORIES)]
    rows += [(f"{name}, {form}", *(str(one.scores[kind]) for kind in CATEGORIES))
             for (name, form), one in found.items()]  # fmt: skip
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
             for row in rows]  # fmt: skip
    for (name, form), one in found.items():
        lines += [f"{name}, {form}: {fault}" for fault in one.faults]
    return "\n".join(lines)


def main() -> None:
    words = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    words.add_argument("--only", default=",".join(PAGES), help="some pages, with commas")
    words.add_argument("--json", action="store_true")
    given = words.parse_args()
    found = measure([name for name in PAGES if name in given.only.split(",")])
    if given.json:
        plain = {f"{name}, {form}": one.scores for (name, form), one in found.items()}
        print(json.dumps(plain))
    else:
        print(table(found))


if __name__ == "__main__":
    main()
