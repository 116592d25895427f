"""How the site is built. What the site is (title, address, permalinks) is in content/site.toml."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "plugins"))

from rejoinder import posts, site  # noqa: E402 - needs the path above

PATH = str(site.content_folder(HERE / "content"))
OUTPUT_PATH = str(HERE / "output")
SITE = site.load(Path(PATH))
globals().update(site.pelican_settings(SITE))

# While writing, links stay on this machine; publishconf.py sets the real address.
SITEURL = os.environ.get("REJOINDER_SITEURL", "")

THEME = str(HERE / "theme")
PLUGIN_PATHS = [str(HERE / "plugins")]
PLUGINS = [
    "languages", "posts", "reading", "comments", "redirects", "authors", "crosslinks",
    "engagement", "cards", "discovery", "search", "serving", "incremental",
]  # fmt: skip

ARTICLE_PATHS = [""]
PAGE_PATHS = ["pages"]
STATIC_PATHS = ["images", "wp-content"]
USE_FOLDER_AS_CATEGORY = False
DEFAULT_CATEGORY = "Notes"
SLUGIFY_SOURCE = "title"
DEFAULT_PAGINATION = 10
PAGINATION_PATTERNS = (
    (1, "{url}", "{save_as}"),
    (2, "{base_name}/page/{number}/", "{base_name}/page/{number}/index.html"),
)

DIRECT_TEMPLATES = ["index", "tags", "categories", "authors", "archives", "404"]
INDEX_URL = ""
ARCHIVES_URL, ARCHIVES_SAVE_AS = "archives/", "archives/index.html"
AUTHORS_URL, AUTHORS_SAVE_AS = "authors/", "authors/index.html"
CATEGORIES_URL, CATEGORIES_SAVE_AS = "categories/", "categories/index.html"
TAGS_URL, TAGS_SAVE_AS = "tags/", "tags/index.html"
DRAFT_URL, DRAFT_SAVE_AS = "drafts/{slug}/", "drafts/{slug}/index.html"
DRAFT_PAGE_URL, DRAFT_PAGE_SAVE_AS = "drafts/pages/{slug}/", "drafts/pages/{slug}/index.html"

FEED_ALL_ATOM = "feeds/all.atom.xml"
CATEGORY_FEED_ATOM = "feeds/category/{slug}.atom.xml"
TAG_FEED_ATOM = AUTHOR_FEED_ATOM = TRANSLATION_FEED_ATOM = None
AUTHOR_FEED_RSS = None
FEED_MAX_ITEMS = 20

MARKDOWN = {
    "extension_configs": {
        "markdown.extensions.extra": {},
        "markdown.extensions.meta": {},
        "markdown.extensions.codehilite": {"css_class": "highlight", "guess_lang": False},
        "markdown.extensions.toc": {"permalink": False, "slugify": posts.heading_id},
    },
    "output_format": "html5",
}

# The reply desk's address. In a preview it is answered by a page that gives the words back.
COMMENTS_REPLY_URL = "/reply"
COMMENTS_AGREE = True
COMMENTS_WEBMENTION_URL = "/webmention"
COMMENTS_PINGBACK_URL = "/pingback"

# For the author's eyes: it is in the preview, and not in the site that is published.
CROSSLINKS_COVERAGE_URL = "elsewhere/coverage/"
