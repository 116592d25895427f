"""What isn't out yet: posts that wait for their date, and the author's list of them and of drafts,
which no published site has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from pelican.utils import set_date_tzinfo

from rejoinder.dates import build_time

_WAITS = "scheduled"
"""The attribute of a post or page that waits for its date."""


def look_at_clock(generator: Any) -> None:
    """What is out is asked of each post, at one and the same moment."""
    generator.now = build_time()


def hold_back(generator: Any, metadata: dict[str, Any]) -> None:
    """Make what is to be published later a draft until then."""
    settings = generator.settings
    date = metadata.get("date")
    if not settings["POSTS_SCHEDULED"] or not isinstance(date, datetime):
        return
    moment = set_date_tzinfo(date, metadata.get("timezone", settings["TIMEZONE"]))
    if metadata.get("status", "published") in ("published", "hidden") and moment > generator.now:
        metadata |= {"status": "draft", _WAITS: True}
        generator.context.setdefault("changes_at", []).append(moment.astimezone(UTC))


def gather(generators: Iterable[Any]) -> None:
    """When all content is read: what isn't out, soonest first, then drafts by their names."""
    found: list[Any] = []
    for generator in generators:
        for name in ("drafts", "drafts_translations", "draft_pages", "draft_translations"):
            found += getattr(generator, name, ())
        context, settings = generator.context, generator.settings
    context["drafts_url"] = settings["POSTS_DRAFTS_URL"]
    if settings["POSTS_DRAFTS_URL"]:
        context["unpublished"] = sorted(found, key=_place)


def _place(content: Any) -> tuple[bool, datetime, str]:
    waits = getattr(content, _WAITS, False)
    return not waits, content.date if waits else datetime.max.replace(tzinfo=UTC), content.title


def write_list(generator: Any, writer: Any) -> None:
    """The author's list, where it is wanted."""
    url = generator.settings["POSTS_DRAFTS_URL"]
    if url:
        writer.write_file(
            f"{url}index.html", generator.get_template("rejoinder/drafts_page"), generator.context,
            relative_urls=generator.settings["RELATIVE_URLS"], url=url, unpublished_page=True,
        )  # fmt: skip
