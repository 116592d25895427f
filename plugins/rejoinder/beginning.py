"""How a post or page begins: its file's name and its front matter. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rejoinder.errors import RejoinderError
from rejoinder.posts import PAGES, PostHead, slugify

_LONGEST = 80
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.I)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be begun. `slug`, `language`, `category` and `tags` may be ''; a page has neither
    of the last two, and no date."""

    title: str
    date: datetime
    author: str
    slug: str = ""
    category: str = ""
    tags: str = ""
    language: str = ""
    is_page: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """A file below the content folder, its text, its slug and language, and which of Pelican's
    settings says where the preview has it."""

    file: str
    text: str
    slug: str
    language: str
    setting: str


def begin(wanted: Wanted, there: Iterable[PostHead], language: str) -> Begun:
    """A draft. `there` are the posts and pages of a site in `language`. Raises RejoinderError where
    no address can be made of the title, or another has it."""
    title = " ".join(wanted.title.split())
    if not title:
        raise RejoinderError("it has no title", mend='Write it behind: invoke new "Its title".')
    slug = slugify(wanted.slug or title)[:_LONGEST].strip("-")
    if not slug:
        raise RejoinderError(f"no address can be made of {wanted.slug or title!r}",
                             mend="Say one with --slug.")  # fmt: skip
    spoken = wanted.language.lower()
    if spoken and not _LANGUAGE.fullmatch(spoken):
        raise RejoinderError(
            f"{wanted.language!r} is no language", mend="Write it like de or pt-BR."
        )
    same = [head for head in there if head.is_page is wanted.is_page and head.slug == slug]
    for head in same:
        if (head.language or language).lower() == (spoken or language.lower()):
            raise RejoinderError(f"there is one with the slug {slug!r} already", where=head.path,
                                 mend="Say another with --slug.")  # fmt: skip
    is_foreign = spoken not in ("", language.lower())
    name = f"{slug}.{spoken or language.lower()}" if same else slug
    shown = title.replace("<", "&lt;")  # Pelican takes a title for HTML; said here, it is words
    lines = {"Title": shown, "Slug": slug, "Status": "draft"}
    if not wanted.is_page:
        name = f"{wanted.date:%Y-%m-%d}-{name}"
        lines = {
            "Title": shown, "Date": wanted.date.isoformat(" "), "Slug": slug,
            "Author": wanted.author, "Category": wanted.category, "Tags": wanted.tags,
            "Summary": "", "Status": "draft",
        }  # fmt: skip
    if wanted.language:
        lines["Lang"] = wanted.language
    front = "".join(f"{key}: {' '.join(text.split())}".rstrip() + "\n"
                    for key, text in lines.items())  # fmt: skip
    folder = PAGES if wanted.is_page else "posts"
    kind = f"DRAFT{'_PAGE' if wanted.is_page else ''}{'_LANG' if is_foreign else ''}_URL"
    return Begun(f"{folder}/{name}.md", f"{front}\n", slug, spoken or language, kind)
