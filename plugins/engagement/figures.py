"""The figures of one build: on articles, as the dashboard, as the page of who takes part."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pelican.contents import Article
from pelican.utils import sanitised_join

from rejoinder import site
from rejoinder.dates import build_time
from rejoinder.engagement import reading, writing
from rejoinder.engagement.dashboard import Dashboard
from rejoinder.engagement.network import members
from rejoinder.engagement.quiet import Quiet
from rejoinder.errors import RejoinderError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Place:
    """A post that somebody wrote on, for templates."""

    title: str
    url: str


def attach(generators: Iterable[Any]) -> None:
    """When all content is read: the quiet line on articles, addresses in the context."""
    generators = list(generators)
    settings, context = generators[0].settings, generators[0].context
    for article in _articles(generators):
        article.engagement = Quiet(article)
    try:
        wanted = site.load(Path(settings["PATH"])).engagement
    except RejoinderError as error:
        logger.error("%s", error)
        wanted = site.Engagement()
    is_public = wanted.dashboard == "public"
    context["dashboard_url"] = settings["ENGAGEMENT_URL"] if is_public else ""
    context["network_url"] = settings["ENGAGEMENT_NETWORK_URL"] if wanted.network else ""


def write_pages(generator: Any, writer: Any) -> None:
    """The dashboard, and the page of who takes part where it is wanted. What keeps one of them from
    being made keeps the other from nothing."""
    try:
        now = build_time()
        facts = site.load(Path(generator.settings["PATH"]))
    except (RejoinderError, OSError) as error:
        logger.error("%s", error)
        return
    problems: dict[str, None] = {}
    for write in (_write_dashboard, _write_network):
        try:
            write(generator, writer, facts, now)
        except (RejoinderError, OSError) as error:
            problems[str(error)] = None
    for problem in problems:
        logger.error("%s", problem)


def _write_dashboard(generator: Any, writer: Any, facts: site.Site, now: datetime) -> None:
    settings, wanted = generator.settings, facts.engagement
    content = Path(settings["PATH"])
    if wanted.dashboard in ("public", "local"):  # a private one the desk makes anew
        moments = generator.context.setdefault("changes_at", [])
        moments.append(_midnight(now, ZoneInfo(facts.timezone)))
    if wanted.dashboard == "public":
        _write_public(writer, settings, writing.make(content, now, names=wanted.network))
    elif wanted.dashboard != "off":
        writing.write(writing.private_folder(content), writing.make(content, now))


def _midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """When the next day begins."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone)


def _write_public(writer: Any, settings: dict[str, Any], made: Dashboard) -> None:
    """The dashboard's files in the output. A writer that knows what it wrote before is given each
    of them: what it isn't given, nor sees being written, it removes."""
    write_made = getattr(writer, "write_made", None)
    if write_made is None:
        folder = Path(sanitised_join(settings["OUTPUT_PATH"], settings["ENGAGEMENT_URL"]))
        writing.write(folder, made)
        return
    for name, data in writing.files(made).items():
        write_made(f"{settings['ENGAGEMENT_URL']}{name}", data, data.decode)


def _write_network(generator: Any, writer: Any, facts: site.Site, now: datetime) -> None:
    if not facts.engagement.network:
        return
    by_thread = {a.metadata.get("thread") or a.slug: a for a in generator.articles}
    shown = [
        (one, [_Place(by_thread[t].title, by_thread[t].url) for t in one.threads if t in by_thread])
        for one in members(reading.read(Path(generator.settings["PATH"]), now))
    ]
    url = generator.settings["ENGAGEMENT_NETWORK_URL"]
    writer.write_file(
        f"{url}index.html", generator.get_template("rejoinder/network_page"), generator.context,
        relative_urls=generator.settings["RELATIVE_URLS"], url=url, members=shown,
    )  # fmt: skip


def _articles(generators: Iterable[Any]) -> Iterator[Article]:
    for generator in generators:
        for name in ("articles", "translations", "hidden_articles", "hidden_translations",
                     "drafts", "drafts_translations"):  # fmt: skip
            yield from (one for one in getattr(generator, name, ()) if isinstance(one, Article))
