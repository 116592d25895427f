"""How the site is published: as pelicanconf.py, at its real address and without drafts."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pelicanconf import *  # noqa: F403
from pelicanconf import SITE

SITEURL = SITE.url
FEED_DOMAIN = SITEURL
DELETE_OUTPUT_DIRECTORY = True

# A draft is nobody's business but its author's.
DRAFT_SAVE_AS = DRAFT_PAGE_SAVE_AS = ""
DRAFT_LANG_SAVE_AS = DRAFT_PAGE_LANG_SAVE_AS = ""
DRAFT_URL = DRAFT_PAGE_URL = POSTS_DRAFTS_URL = ""
CROSSLINKS_COVERAGE_URL = ""
