"""What the adapter writes: stream pages, the coverage page, and lines in the posts' feeds."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from markupsafe import Markup
from pelican.utils import sanitised_join

from rejoinder import authors
from rejoinder.languages.catalogues import Catalogues
from rejoinder.languages.texts import Texts
from rejoinder.profiles import opml
from rejoinder.profiles.coverage import survey
from rejoinder.profiles.ledger import Ledger
from rejoinder.profiles.matcher import Target
from rejoinder.profiles.networks import feed_of
from rejoinder.profiles.opml import Outline
from rejoinder.profiles.shown import Shown

from .elsewhere import plain


class StreamPage:
    """One page of a stream: `number` counts from 1; the addresses are '' where there is none."""

    def __init__(self, entries: list[Shown], number: int, count: int, base: str) -> None:
        self.entries = entries
        self.number = number
        self.count = count
        self.url = _page_url(base, number)
        self.newer_url = _page_url(base, number - 1) if number > 1 else ""
        self.older_url = _page_url(base, number + 1) if number < count else ""


def write_pages(generator: Any, writer: Any) -> None:
    """The stream, page by page, the feeds as OPML, and the coverage page where a setting says."""
    settings, context = generator.settings, generator.context
    base, size = settings["CROSSLINKS_STREAM_URL"], settings["CROSSLINKS_STREAM_PAGE_SIZE"]
    stream = context["elsewhere"]
    if base and stream:
        count = -(-len(stream) // size)
        for number in range(1, count + 1):
            page = StreamPage(stream[(number - 1) * size : number * size], number, count, base)
            _write(generator, writer, "rejoinder/stream_page", page.url, stream_page=page)
    if context["elsewhere_opml"]:
        outlines = [
            Outline(f"{one.author.name}: {profile.label}", profile.url, feed, one.author.name)
            for one in context["elsewhere_authors"].values()
            for profile in one.profiles
            if (feed := feed_of(profile.url, profile.feed))
        ]
        target = Path(sanitised_join(settings["OUTPUT_PATH"], context["elsewhere_opml"]))
        target.parent.mkdir(parents=True, exist_ok=True)
        texts = Catalogues(Path(settings["PATH"])).texts(settings["DEFAULT_LANG"])
        title = texts.translate("%(site)s: elsewhere", site=plain(settings["SITENAME"]))
        text = opml.write(title, outlines)
        target.write_text(text, "utf-8", newline="\n")
    where = settings["CROSSLINKS_COVERAGE_URL"]
    if where:
        articles = [article for article in generator.articles if article.status == "published"]
        by_thread = {a.metadata.get("thread") or a.slug: a for a in articles}
        posts = [
            Target(key, plain(a.title), a.date, (), tuple(author.name for author in a.authors))
            for key, a in by_thread.items()
        ]
        content = Path(settings["PATH"])
        found = survey(posts, authors.load(content), Ledger(content).load())
        _write(generator, writer, "rejoinder/coverage_page", where, coverage=found,
               posts_by_thread=by_thread)  # fmt: skip


def add_to_feed(context: Any, feed: Any) -> None:
    """Say in each post's entry where else it is, after its words."""
    if not context["CROSSLINKS_IN_FEEDS"]:
        return
    linked = [article for article in context["articles"] if getattr(article, "crosslinks", None)]
    if not linked:
        return
    catalogues = Catalogues(Path(context["PATH"]))
    site = context["SITEURL"] + "/"
    domain = context.get("FEED_DOMAIN") or site
    known = {urljoin(base, article.url): article for base in (domain, site) for article in linked}
    for item in feed.items:
        article = known.get(item["link"])
        if article is not None:
            name = "content" if item.get("content") else "description"
            said = _in_words(article.crosslinks, catalogues.texts(article.lang))
            item[name] = f"{item.get(name) or ''}{said}"


def _in_words(crosslinks: Any, texts: Texts) -> str:
    def link(one: Shown, property: str) -> str:
        name = escape(one.label)
        if not one.url:
            return name
        return f'<a class="{property}" href="{escape(one.url)}">{name}</a>'

    parts = []
    if crosslinks.announced:
        links = Markup(", ".join(link(one, "u-syndication") for one in crosslinks.announced))
        said = texts.html.translate("Announced on %(places)s.", places=links)
        parts.append(f"<p>{said}</p>")
    if crosslinks.discussed:
        links = Markup(", ".join(link(one, "u-url") for one in crosslinks.discussed))
        said = texts.html.translate("Discussed on %(places)s.", places=links)
        parts.append(f"<p>{said}</p>")
    return "".join(parts)


def _page_url(base: str, number: int) -> str:
    return base if number == 1 else f"{base}page/{number}/"


def _write(generator: Any, writer: Any, template: str, url: str, **given: Any) -> None:
    writer.write_file(
        f"{url}index.html",
        generator.get_template(template),
        generator.context,
        relative_urls=generator.settings["RELATIVE_URLS"],
        url=url,
        **given,
    )
