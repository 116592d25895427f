"""The adapter's own stylesheet and scripts: which of them a site has, and under which names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pelican.utils import sanitised_join
from rjsmin import jsmin

from rejoinder.serving.names import named

STATIC = Path(__file__).parent / "static"

SCRIPT = "theme/replies.js"
"""Where the reply form's script is written, on a site that takes replies."""

BEACON = "theme/beacon.js"
"""Where the script is written that tells the desk of a view, on a site that wants it."""


def beacon_url(reply_url: str) -> str:
    """Where views are told to: the desk that takes replies at `reply_url`; '' where that is none
    of ours."""
    desk, _, door = reply_url.rstrip("/").rpartition("/")
    return f"{desk}/seen" if door == "reply" else ""


def tell(context: dict[str, Any], settings: dict[str, Any]) -> None:
    """Tell templates where the files are ('' of those that the site doesn't have), under names that
    have digests of their content."""
    desk = beacon_url(settings["COMMENTS_REPLY_URL"]) if settings["COMMENTS_BEACON"] else ""
    context["beacon_url"] = desk
    assets: dict[str, str] = context.setdefault("assets", {})
    for name, path, data in _wanted(settings):
        context[name] = named(path, data) if path else ""
        if path:
            assets[path] = context[name]


def write(context: dict[str, Any], settings: dict[str, Any]) -> None:
    """Write the files, under both names: a page that was built before names the plain one."""
    for name, path, data in _wanted(settings):
        for one in {path, context[name]} - {""}:
            target = Path(sanitised_join(settings["OUTPUT_PATH"], one))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)


def _wanted(settings: dict[str, Any]) -> Iterator[tuple[str, str, bytes]]:
    """For each file its name in the context, its path in the output ('' is none), its content."""
    reply_url = settings["COMMENTS_REPLY_URL"]
    beacon = settings["COMMENTS_BEACON"] and beacon_url(reply_url)
    yield "comments_stylesheet", settings["COMMENTS_STYLESHEET"], _content("rejoinder.css")
    yield "comments_script", SCRIPT if reply_url else "", script()
    yield "beacon_script", BEACON if beacon else "", _content("beacon.js")


def script() -> bytes:
    """The discussion's one script, without its comments and spaces."""
    parts = (STATIC / name for name in ("following.js", "replies.js"))
    return "\n".join(jsmin(part.read_text("utf-8")) for part in parts).encode()


def _content(name: str) -> bytes:
    return (STATIC / name).read_bytes()
