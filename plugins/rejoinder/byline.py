"""What templates show of an author who has a file."""

from __future__ import annotations

from markupsafe import Markup

from rejoinder.authors import AuthorFile


class Byline:
    """An author's file for templates: `bio` is HTML, `portrait` a site-relative address."""

    def __init__(self, author: AuthorFile) -> None:
        self.slug = author.slug
        self.name = author.name
        self.role = author.role
        self.url = author.url
        self.portrait = author.portrait.lstrip("/")
        from markdown import markdown  # it takes long to load, and is wanted in builds alone

        self.bio = Markup(markdown(author.bio, extensions=["extra"]))
