"""Pelican adapter: who writes here. Gives each author that has a file `author.profile`.

An article's author is found by slug, or by name where the file has a slug of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pelican import signals

from rejoinder import authors
from rejoinder.byline import Byline


def attach(generators: list[Any]) -> None:
    """Give every article's authors, and those in the context, their profile. Raises SiteError."""
    found = authors.load(Path(generators[0].settings["PATH"]))
    profiles = {slug: Byline(author) for slug, author in found.items()}
    by_name = {profile.name: profile for profile in profiles.values()}

    def give(author: Any) -> None:
        author.profile = profiles.get(author.slug) or by_name.get(author.name)
        if author.profile is not None:
            author.slug = author.profile.slug

    for generator in generators:
        for name in ("articles", "translations", "hidden_articles", "drafts", "pages"):
            for content in getattr(generator, name, []):
                for author in getattr(content, "authors", []):
                    give(author)
    for author, _ in generators[0].context["authors"]:
        give(author)
    generators[0].context["profiles"] = profiles


def register() -> None:
    """Connect to Pelican's signals."""
    signals.all_generators_finalized.connect(attach)
