"""Pelican adapter: the old addresses of `content/redirects.txt` go on working.

Writes a page for each old path, and the same list as rules: `_redirects` (Netlify,
Cloudflare Pages), `redirects.nginx` and, where old addresses have queries, the small script
`old-addresses.js`, whose address it puts in the context as `old_addresses_script`.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pelican import signals

from rejoinder import redirects

logger = logging.getLogger(__name__)

SCRIPT = "old-addresses.js"


def load(generators: list[Any]) -> None:
    """Read the redirects and tell the templates of the script. Raises RedirectError."""
    generator = generators[0]
    found = redirects.load(Path(generator.settings["PATH"]))
    generator.context["redirects"] = found
    generator.context["old_addresses_script"] = (
        SCRIPT if any(r.query and r.path == "/" for r in found) else ""
    )


def write(generator: Any, writer: Any) -> None:
    """Write pages and rules. A page that the site has of its own is never overwritten."""
    found: list[redirects.Redirect] = generator.context["redirects"]
    if not found:
        return
    output = Path(generator.settings["OUTPUT_PATH"])
    site, title = generator.settings["SITEURL"], generator.settings["SITENAME"]
    for redirect in found:
        if redirect.save_as is None:
            continue
        target = output / redirect.save_as
        if str(target) in writer._written_files:
            logger.warning("%s: %s is a page of the site, so it can't lead on to %s",
                           redirects.FILE, redirect.old, redirect.new)  # fmt: skip
            continue
        feed = redirect.new.endswith((".xml", ".json"))
        _write(target, redirects.page(site + redirect.new, title=title, feed=feed))
    base = urlsplit(site).path.rstrip("/")
    _write(output / "_redirects", redirects.netlify(found, base))
    _write(output / "redirects.nginx", redirects.nginx(found, base))
    if generator.context["old_addresses_script"]:
        _write(output / SCRIPT, redirects.script(found, site))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")


def register() -> None:
    """Connect to Pelican's signals."""
    signals.all_generators_finalized.connect(load)
    signals.page_writer_finalized.connect(write)
