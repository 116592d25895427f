"""What the adapter writes: the site map, robots.txt, llms.txt and the feeds' stylesheet."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pelican.contents import Content
from pelican.utils import sanitised_join

from rejoinder import llms, robots, sitemap
from rejoinder.errors import SiteError
from rejoinder.languages.catalogues import Catalogues
from rejoinder.llms import Link
from rejoinder.posts import ENDINGS
from rejoinder.readable import make_readable
from rejoinder.words import plain

from .addresses import is_found, of_site

STATIC = Path(__file__).parent / "static"


def prepare_feeds(generators: Iterable[Any]) -> None:
    """When all content is read: where the feeds' stylesheet is, for all who write feeds. It is said
    from the host's root, since a browser takes none from another host than the feed's."""
    generator = next(iter(generators))
    settings, path = generator.settings, generator.settings["DISCOVERY_FEED_STYLESHEET"]
    base = urlsplit(settings["SITEURL"]).path.rstrip("/")
    generator.context["feed_stylesheet"] = f"{base}/{path}" if path else ""


def style_feed(context: Any, feed: Any) -> None:
    """Give a feed of posts its stylesheet."""
    if context.get("feed_stylesheet"):
        texts = Catalogues(Path(context["PATH"])).texts(context["DEFAULT_LANG"])
        make_readable(feed, context["feed_stylesheet"], texts)


def write_files(generator: Any, writer: Any) -> None:
    """All files, but for those that the author has of their own. Raises SiteError."""
    settings = generator.settings
    taken = {one.save_as for one in generator.context.get("staticfiles", ())}
    taken |= set(settings["TEMPLATE_PAGES"].values())
    for path, text in _files(generator).items():
        if path not in taken:
            _write(writer, settings, path, text)


def _files(generator: Any) -> dict[str, str]:
    settings = generator.settings
    files: dict[str, str] = {}
    where = settings["DISCOVERY_SITEMAP"] if settings["SITEURL"] else ""
    if where:
        files |= sitemap.files(of_site(generator), where, f"{settings['SITEURL']}/")
    if path := settings["DISCOVERY_ROBOTS"]:
        address = f"{settings['SITEURL']}/{where}" if where else ""
        files[path] = _own(settings, path) or robots.text(_closed(generator), address)
    if path := settings["DISCOVERY_LLMS"]:
        files[path] = _own(settings, path) or _llms(generator)
    if path := settings["DISCOVERY_FEED_STYLESHEET"]:
        files[path] = _own(settings, path) or (STATIC / "feed.css").read_text("utf-8")
    return files


def _own(settings: dict[str, Any], path: str) -> str:
    """The author's own file of that name; '' where there is none. Raises SiteError."""
    file = Path(settings["PATH"], path)
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SiteError(f"the file can't be read: {error}", where=file) from error


def _closed(generator: Any) -> list[str]:
    """Paths of this host that are the reply desk's. `/webmention` and `/pingback` are there for
    machines, and so stay open."""
    site = generator.settings["SITEURL"]
    host = site.removesuffix(urlsplit(site).path)
    addresses = (generator.settings.get("COMMENTS_REPLY_URL"), generator.context.get("beacon_url"))
    paths = [one.removeprefix(host).partition("?")[0].rstrip("/") for one in addresses if one]
    return [path for path in paths if path.startswith("/") and not path.startswith("//")]


def _llms(generator: Any) -> str:
    settings, context = generator.settings, generator.context
    site = f"{settings['SITEURL']}/"
    posts = sorted(
        filter(is_found, generator.articles), key=lambda one: (one.date, one.url), reverse=True
    )
    newest = posts[: settings["DISCOVERY_LLMS_POSTS"]]
    more = [
        (settings["DISCOVERY_SITEMAP"] if settings["SITEURL"] else "", "All pages"),
        (settings.get("FEED_ALL_ATOM"), "Feed of posts"),
        (context.get("comments_feeds", {}).get("atom_url"), "Feed of what readers say"),
    ]
    return llms.text(
        plain(settings["SITENAME"]),
        settings.get("SITESUBTITLE") or "",
        {
            "Pages": [_link(one, settings, site) for one in context["pages"] if is_found(one)],
            "Newest posts": [_link(one, settings, site) for one in newest],
            "Optional": [Link(title, site + url) for url, title in more if url],
        },
    )


def _link(content: Content, settings: dict[str, Any], site: str) -> Link:
    """To the Markdown of a post or page, where that is published, else to itself."""
    url = content.url
    if settings["OUTPUT_SOURCES"] and content.source_path.endswith(tuple(ENDINGS)):
        url = os.path.splitext(content.save_as)[0] + settings["OUTPUT_SOURCES_EXTENSION"]  # noqa: PTH122 - as Pelican does
    words = str(getattr(content, "description", "")) or plain(content.summary)
    return Link(plain(content.title), f"{site}{url}", words)


def _write(writer: Any, settings: dict[str, Any], path: str, text: str) -> None:
    """A writer that knows what it wrote before is asked to write only what changed."""
    write_made = getattr(writer, "write_made", None)
    if write_made:
        write_made(path, text.encode("utf-8"), lambda: text)
        return
    target = Path(sanitised_join(settings["OUTPUT_PATH"], path))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8", newline="\n")
