"""Authors as schema.org's persons. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from rejoinder.authors import AuthorFile, own_profiles

from .schema import Data, person


def person_of(name: str, url: str, site: str, author: AuthorFile | None) -> Data:
    """An author whose page is at `url`, as their file says where they have one."""
    if author is None:
        return person(name, url)
    portrait = f"{site}/{author.portrait.lstrip('/')}" if author.portrait else ""
    elsewhere = [author.url, *(profile.url for profile in own_profiles(author))]
    return person(author.name, url, role=author.role, portrait=portrait,
                  same_as=[one for one in elsewhere if one])  # fmt: skip


def find(authors: Mapping[str, AuthorFile], slug: str, name: str) -> AuthorFile | None:
    """The file of an author, by slug or else by name."""
    by_name = (author for author in authors.values() if author.name == name)
    return authors.get(slug) or next(by_name, None)
