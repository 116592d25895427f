"""Pelican's settings for these pages as a site, built with Rejoinder itself: `invoke manual`.

The pages are plain Markdown, as a repository shows them: the first heading is the title, the file's
name the address, and links lead from file to file.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
if (ROOT / "plugins").is_dir():
    sys.path.insert(0, str(ROOT / "plugins"))

from pelican.readers import MarkdownReader  # noqa: E402 - the path above comes first

PATH = str(HERE)
OUTPUT_PATH = str(ROOT / "output-manual")
THEME = str(ROOT / "theme")
PLUGIN_PATHS = [str(ROOT / "plugins")]
PLUGINS = ["reading", "discovery", "search", "serving", "incremental"]

SITENAME = "Rejoinder"
SITESUBTITLE = "The manual"
AUTHOR = "Rejoinder"
SITEURL = ""
TIMEZONE = "UTC"
DEFAULT_LANG = "en"

PAGE_PATHS = [""]
PAGE_EXCLUDES = ["examples"]
ARTICLE_PATHS: list[str] = []
STATIC_PATHS = ["images", "examples"]
PAGE_URL, PAGE_SAVE_AS = "{slug}/", "{slug}/index.html"
DIRECT_TEMPLATES: list[str] = []
SEARCH_URL = "find/"  # search.md has the other address
CACHE_PATH = str(ROOT / ".cache" / "manual")
DISPLAY_PAGES_ON_MENU = False
MENUITEMS = [
    ("Tutorial", "/tutorial/"), ("Settings", "/settings/"), ("File formats", "/file-formats/"),
    ("Templates", "/themes/"),
]  # fmt: skip
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = None
AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
AUTHOR_SAVE_AS = CATEGORY_SAVE_AS = TAG_SAVE_AS = ""

MARKDOWN = {
    "extension_configs": {
        "markdown.extensions.extra": {},
        "markdown.extensions.sane_lists": {},
        "markdown.extensions.codehilite": {"css_class": "highlight", "guess_lang": False},
        "markdown.extensions.toc": {"permalink": False},
    },
    "output_format": "html5",
}

_TITLE = re.compile(r"\A# (.+)\n")
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!\w+:|#|/|\{)([\w./-]+)(#[\w-]+)?\)")


class Reader(MarkdownReader):  # type: ignore[misc]  # Pelican is not typed
    """Markdown that says its title in its first heading, and links to files beside it."""

    def read(self, source_path: str) -> tuple[str, dict[str, Any]]:
        """The HTML and metadata of a page."""
        path = Path(source_path)
        text = path.read_text("utf-8")
        found = _TITLE.match(text)
        if found is None:
            raise ValueError("the page does not begin with '# ' and its title")
        html = self._html(_LINK.sub(_led, text[found.end() :]))
        slug = path.stem
        address = {"url": "", "save_as": "index.html"} if slug == "index" else {}
        return html, {"title": found[1], "slug": slug, **address}

    def _html(self, text: str) -> str:
        from markdown import Markdown

        return Markdown(**self.settings["MARKDOWN"]).convert(text)


def _led(match: re.Match[str]) -> str:
    """A link to a page or picture here, as Pelican takes it; of one that leads out of this folder,
    which is no page, the words."""
    mark, words, path, fragment = match[1], match[2], match[3], match[4] or ""
    if path.startswith("../") or not (HERE / path).is_file():
        return words
    kind = "filename" if path.endswith(".md") else "static"
    return f"{mark}[{words}]({{{kind}}}/{path}{fragment})"


READERS = {"md": Reader}
