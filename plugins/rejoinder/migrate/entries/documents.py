"""An entry in its place, as a Pelican document. Pure, but for the media that it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from rejoinder.migrate import slugs
from rejoinder.migrate.document import Document, joined
from rejoinder.migrate.entries.model import Entry
from rejoinder.migrate.entries.placing import Placed
from rejoinder.migrate.entries.wording import Library, worded
from rejoinder.migrate.posts import plain_title
from rejoinder.site import save_as


@dataclass(slots=True)
class Tally:
    """How the words of an import came over."""

    blocks: int = 0
    kept_as_html: int = 0


def document(one: Placed, library: Library, tally: Tally) -> Document:
    """The document of an entry; `tally` is added to."""
    entry, blog = one.entry, library.blog
    body = worded(entry.body, entry, library)
    tally.blocks += body.blocks
    tally.kept_as_html += body.kept_as_html
    further = (*entry.categories[1:], *entry.tags)
    tags = {slugs.pelican_slug(name) or name: name for name in reversed(further)}
    names = [blog.authors[key].name for key in entry.authors if key in blog.authors]
    return Document(
        (
            ("Title", plain_title(escape(entry.title, quote=False)) or "Untitled"),
            (
                "Date",
                str(one.date) if entry.date or (entry.kind == "post" and entry.is_public) else "",
            ),
            ("Modified", str(one.modified) if one.modified and one.modified > one.date else ""),
            ("Slug", one.slug),
            ("Lang", entry.language if entry.language != blog.language else ""),
            ("Category", "".join(entry.categories[:1]) if entry.kind == "post" else ""),
            ("Tags", joined(reversed(tags.values()))),
            ("Series", entry.series),
            ("Author", names[0] if len(names) == 1 else ""),
            ("Authors", joined(names) if len(names) > 1 else ""),
            ("Summary", _summary(entry, library)),
            ("Status", "" if entry.is_public else "draft"),
            ("Sticky", "true" if entry.is_sticky else ""),
            ("Featured_Image", _image(entry, library)),
            ("Comments", "" if entry.is_open else "closed"),
            ("Thread", _thread(one)),
            ("Aliases", ", ".join(one.old)),
            ("Url", one.url if one.names_url else ""),
            ("Save_as", save_as(one.url) if one.names_url else ""),
        ),
        body.text,
    )


def _summary(entry: Entry, library: Library) -> str:
    """On one line, as metadata asks: Markdown where that has one line, else the words as they are,
    which are then read as one paragraph."""
    if not entry.summary.strip():
        return ""
    text = worded(entry.summary, entry, library).text.strip()
    return text if "\n" not in text else " ".join(entry.summary.split())


def _image(entry: Entry, library: Library) -> str:
    if not entry.image:
        return ""
    place = library.media(entry, entry.image)
    return f"/{place}" if place else entry.image


def _thread(one: Placed) -> str:
    """A page has a discussion only where it names one; a post's is called by its slug."""
    if one.entry.kind == "page":
        return one.thread if one.entry.has_thread else ""
    return one.thread if one.thread != one.slug else ""
