"""The files that browsers may keep for good, and the headers that say so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pelican.utils import sanitised_join

from rejoinder.serving import headers
from rejoinder.serving.inlined import data_url
from rejoinder.serving.names import named
from rejoinder.serving.smaller import smaller
from rejoinder.serving.styles import sheet

HEADERS = "_headers"

KINDS = (".css", ".js", ".mjs", ".svg", ".png", ".ico", ".webmanifest")
"""Endings of what templates link. Stylesheets name fonts and pictures by their own names: under a
second one a browser would load them twice."""


def find(generators: list[Any]) -> None:
    """Tell the templates of the theme's files, and of the stylesheet of inline styles."""
    context, settings = generators[0].context, generators[0].settings
    assets: dict[str, str] = context.setdefault("assets", {})
    inlined: dict[str, str] = {}
    for path, file in _theme_files(settings):
        data = smaller(path, file.read_bytes())
        assets[path] = named(path, data)
        if url := data_url(path, data):
            inlined[path] = url
    context["inlined"] = inlined
    has_styles = bool(context.get("inline_styles"))
    context["styles_sheet"] = f"{settings['THEME_STATIC_DIR']}/styles.css" if has_styles else ""
    settings["SERVING_ASSETS"] = assets  # other adapters have files there too


def write(generator: Any, writer: Any) -> None:
    """Write the theme's files under names with digests; Pelican writes them under their own."""
    context, settings = generator.context, generator.settings
    for path, file in _theme_files(settings):
        target = _target(settings, context["assets"][path])
        target.write_bytes(smaller(path, file.read_bytes()))
        shutil.copystat(file, target)  # its time stamp: what didn't change isn't published anew
    if context["styles_sheet"]:
        text = sheet(context["inline_styles"])
        _target(settings, context["styles_sheet"]).write_text(text, "utf-8", newline="\n")


def write_headers(pelican: Any) -> None:
    """Write the file of headers, last of all: one that the site has of its own stays."""
    settings = pelican.settings
    if "SERVING_ASSETS" not in settings:
        return
    target = _target(settings, HEADERS)
    if target.exists() and not target.read_text("utf-8", "replace").startswith(headers.MARK):
        return
    base = urlsplit(settings["SITEURL"]).path.rstrip("/")
    desk = headers.origin(settings.get("COMMENTS_REPLY_URL", ""))
    kept = set(settings["SERVING_ASSETS"].values())
    target.write_text(headers.netlify(kept, base, desk), "utf-8", newline="\n")


def _theme_files(settings: dict[str, Any]) -> Iterator[tuple[str, Path]]:
    """The theme's static files that templates link, by their paths in the output."""
    for name in settings["THEME_STATIC_PATHS"]:
        folder = Path(settings["THEME"], name)
        for here, folders, names in os.walk(folder, followlinks=True):
            folders.sort()
            for file in sorted(name for name in names if name.lower().endswith(KINDS)):
                path = Path(here, file)
                inside = path.relative_to(folder).as_posix()
                yield f"{settings['THEME_STATIC_DIR']}/{inside}", path


def _target(settings: dict[str, Any], path: str) -> Path:
    target = Path(sanitised_join(settings["OUTPUT_PATH"], path))
    target.parent.mkdir(parents=True, exist_ok=True)
    return target
