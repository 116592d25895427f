"""What the crosslinks leave open: posts that were never announced on a network, entries that no
post stands behind. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rejoinder.authors import AuthorFile, Profile, own_profiles
from rejoinder.profiles.entries import Entry, Kind, Verdict
from rejoinder.profiles.ledger import Key
from rejoinder.profiles.matcher import Target


@dataclass(frozen=True, slots=True)
class Coverage:
    """`posts` are the site's, newest first, each with the profiles of its authors on which it
    was announced (True) or was not;
    `profiles` are all of the authors' own; `ideas` are entries of the authors' own words that no
    post stands behind, newest first."""

    profiles: tuple[tuple[Key, Profile], ...]
    posts: tuple[tuple[Target, Mapping[Key, bool]], ...]
    ideas: tuple[tuple[Key, Entry], ...]

    @property
    def silent(self) -> list[Target]:
        """Posts that were announced nowhere."""
        return [post for post, where in self.posts if not any(where.values())]


def survey(
    posts: Iterable[Target],
    authors: Mapping[str, AuthorFile],
    entries: Iterable[tuple[Key, Entry]],
) -> Coverage:
    """The coverage of a site. An entry with a link elsewhere is no idea of its own."""
    profiles = tuple(((slug, profile.name), profile)
                     for slug, author in sorted(authors.items())
                     for profile in own_profiles(author))  # fmt: skip
    own = {key for key, _ in profiles}
    announced: dict[str, set[Key]] = {}
    ideas: list[tuple[Key, Entry]] = []
    for key, entry in entries:
        if key not in own or entry.kind is not Kind.OWN:
            continue
        threads = [tie.thread for tie in entry.ties if tie.verdict is not Verdict.NO]
        for thread in threads:
            announced.setdefault(thread, set()).add(key)
        if not threads and not entry.links:
            ideas.append((key, entry))

    def of_post(post: Target) -> dict[Key, bool]:
        writers = {
            slug for slug, author in authors.items() if {slug, author.name} & {*post.authors}
        }
        said = announced.get(post.thread, set())
        return {key: key in said for key, _ in profiles
                if key[0] in (writers or authors) or key in said}  # fmt: skip

    newest = sorted(posts, key=lambda post: (post.date.timestamp() if post.date else 0.0,
                                             post.thread), reverse=True)  # fmt: skip
    return Coverage(
        profiles,
        tuple((post, of_post(post)) for post in newest),
        tuple(sorted(ideas, key=lambda row: row[1].sort_key, reverse=True)),
    )
