"""Pelican adapter: the old addresses of `content/redirects.txt` go on working.

So do those that a post or page names in its `Aliases:`. Writes a page for each old path, and the
same list as rules: `_redirects` (Netlify, Cloudflare Pages), `redirects.nginx`, `redirects.caddy`,
`redirects.apache` and, where old addresses have queries, the small script
`old-addresses.js`, whose address it puts in the context as `old_addresses_script`.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup
from pelican import signals

from rejoinder import redirects
from rejoinder.languages.catalogues import Catalogues

logger = logging.getLogger(__name__)

SCRIPT = "old-addresses.js"


def load(generators: list[Any]) -> None:
    """Read the redirects and tell the templates of the script. Raises RedirectError."""
    generator = generators[0]
    found = redirects.load(Path(generator.settings["PATH"]))
    for content in generator.context["generated_content"].values():
        if named := content is not None and content.metadata.get("aliases"):
            found += redirects.aliases(str(named), f"/{content.url}", content.source_path)
    found = redirects.together(found)
    generator.settings["REDIRECTS"] = found
    generator.context["old_addresses_script"] = (
        SCRIPT if any(r.query and r.path == "/" for r in found) else ""
    )


def write(pelican: Any) -> None:
    """Write pages and rules, last of all: a file that the site has of its own stays."""
    settings = pelican.settings
    found: list[redirects.Redirect] = settings.get("REDIRECTS", [])
    if not found:
        return
    output = Path(settings["OUTPUT_PATH"])
    site, title = settings["SITEURL"], str(Markup(settings["SITENAME"]).striptags())
    texts = Catalogues(Path(settings["PATH"])).texts(settings["DEFAULT_LANG"])
    for redirect in found:
        if redirect.save_as is None:
            continue
        target = output / redirect.save_as
        if _is_the_sites(target):
            logger.warning("%s:%s: %s is a file of the site, so it can't lead on to %s",
                           redirects.FILE, redirect.line, redirect.old, redirect.new)  # fmt: skip
            continue
        feed = redirect.new.endswith((".xml", ".json"))
        page = redirects.page(site + redirect.new, title=title, feed=feed, texts=texts)
        _write(target, page)
    base = urlsplit(site).path.rstrip("/")
    _write(output / "_redirects", redirects.netlify(found, base))
    for server in (redirects.nginx, redirects.caddy, redirects.apache):
        _write(output / f"redirects.{server.__name__}", server(found, base))
    if any(r.query and r.path == "/" for r in found):
        _write(output / SCRIPT, redirects.script(found, site))


def _is_the_sites(target: Path) -> bool:
    """Whether something is there that isn't a redirect's page of an earlier build."""
    if any(parent.is_file() for parent in target.parents):
        return True
    if not target.exists():
        return False
    return target.is_dir() or redirects.MARK not in target.read_text("utf-8", "replace")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")


def register() -> None:
    """Connect to Pelican's signals."""
    signals.all_generators_finalized.connect(load)
    signals.finalized.connect(write)
