"""The adapter's own stylesheet and scripts: which of them a site has, and under which names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pelican.utils import sanitised_join

from rejoinder.languages import scripts
from rejoinder.languages.texts import ENGLISH, Texts
from rejoinder.serving.names import named
from rejoinder.serving.smaller import smaller

STATIC = Path(__file__).parent / "static"

SCRIPT = "theme/discussion.js"
"""Where the discussion's script is written, on a site that takes replies."""

REPLIES = "theme/replies.js"
"""Where that of the reply form is, beside the other, which calls it when somebody replies."""

FIRST = "js/first.js"
"""A script of the theme's, among its static files, that is to run before a page is drawn."""

BEACON = "theme/beacon.js"
"""Where the script is written that tells the desk of a view, on a site that wants it."""


def beacon_url(reply_url: str) -> str:
    """Where views are told to: the desk that takes replies at `reply_url`; '' where that is none
    of ours."""
    desk, _, door = reply_url.rstrip("/").rpartition("/")
    return f"{desk}/seen" if door == "reply" else ""


def tell(context: dict[str, Any], settings: dict[str, Any], languages: Iterable[Texts]) -> None:
    """Tell templates where the files are ('' of those that the site doesn't have), under names that
    have digests of their content; the discussion's script in each of the site's languages."""
    desk = beacon_url(settings["COMMENTS_REPLY_URL"]) if settings["COMMENTS_BEACON"] else ""
    context["beacon_url"] = desk
    context["comments_scripts"] = {}
    files = _Files(context)
    files.add("comments_stylesheet", settings["COMMENTS_STYLESHEET"], _content("rejoinder.css"))
    replies = settings["COMMENTS_REPLY_URL"]
    first = _first(settings)
    context["theme_script"] = f"{settings['THEME_STATIC_DIR']}/{FIRST}" if first else ""
    context["comments_script"] = files.add_scripts(ENGLISH, first, "") if replies else ""
    for texts in languages if replies else ():
        made = files.add_scripts(texts, first, f".{texts.language}")
        context["comments_scripts"][texts.language] = made
    files.add("beacon_script", BEACON if desk else "", _content("beacon.js"))
    context["comments_files"] = files.written


class _Files:
    """Files to be written, by the names that they have in the output."""

    def __init__(self, context: dict[str, Any]) -> None:
        self.context = context
        self.assets: dict[str, str] = context.setdefault("assets", {})
        self.written: dict[str, bytes] = {}

    def add_scripts(self, texts: Texts, first: bytes, mark: str) -> str:
        """The discussion's scripts in one language, with a mark in their names, and where the one
        is that pages link. It knows the other's name; `first` goes before it."""
        replies = self.add("", _marked(REPLIES, mark), script("replies", texts))
        name = json.dumps(f"./{replies.rpartition('/')[2]}").encode()
        data = re.sub(rb"\bREPLIES\b", name, script("discussion", texts))
        return self.add("", _marked(SCRIPT, mark), first + data)

    def add(self, name: str, path: str, data: bytes) -> str:
        """A file at `path` ('' is none) in the output, and what templates call it; where it is."""
        named_so = named(path, data) if path else ""
        if name:
            self.context[name] = named_so
        if path:
            self.assets[path] = named_so
            # Under both names: a page that was built before names the plain one.
            self.written |= {path: data, named_so: data}
        return named_so


def write(context: dict[str, Any], settings: dict[str, Any]) -> None:
    """Write the files."""
    for path, data in context["comments_files"].items():
        target = Path(sanitised_join(settings["OUTPUT_PATH"], path))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def script(name: str, texts: Texts) -> bytes:
    """One of the discussion's scripts, in one language."""
    packed = (STATIC / f"{name}.js").read_text("utf-8")
    return scripts.script(packed.partition("\n")[2], texts, is_packed=True)


def _marked(path: str, mark: str) -> str:
    return path.replace(".js", f"{mark}.js")


def _first(settings: dict[str, Any]) -> bytes:
    """The theme's first script, which that of the discussion begins with; '' where it has none."""
    files = (Path(settings["THEME"], name, FIRST) for name in settings["THEME_STATIC_PATHS"])
    found = next((file for file in files if file.is_file()), None)
    return smaller(FIRST, found.read_bytes()) + b"\n" if found else b""


def _content(name: str) -> bytes:
    return smaller(name, (STATIC / name).read_bytes())
