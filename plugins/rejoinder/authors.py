"""`content/authors/<slug>.md`: who writes here. Metadata lines, a blank line, the bio."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from rejoinder import atomic
from rejoinder.errors import SiteError
from rejoinder.profiles.addresses import is_web
from rejoinder.profiles.networks import LABELS, recognise

FOLDER = "authors"
_FIELDS = {"name", "slug", "role", "portrait", "url"}
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Profile:
    """A place of the author's elsewhere: a line `Profile: NAME URL [FEED]`. `name` is its own
    among the author's profiles; a network's name at its start (`mastodon-work`) says which
    network it is, else the address does. A `Watch: NAME FEED` is a feed of what others say
    (`watches`), and no place of the author's."""

    name: str
    network: str
    url: str
    feed: str = ""
    watches: bool = False

    @property
    def label(self) -> str:
        """The network, for a reader."""
        return LABELS.get(self.network, self.network)

    @property
    def line(self) -> str:
        """The line of the author's file that says this."""
        if self.watches:
            return f"Watch: {self.name} {self.feed}"
        return f"Profile: {self.name} {self.url} {self.feed}".rstrip()


@dataclass(frozen=True, slots=True)
class AuthorFile:
    """An author as their file says: `portrait` is a path below `content/`, `bio` is Markdown,
    `profiles` are their places elsewhere and what they watch, in file order, `extra` holds the
    lines that this version doesn't know."""

    slug: str
    name: str
    role: str = ""
    portrait: str = ""
    url: str = ""
    bio: str = ""
    profiles: tuple[Profile, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()


def parse_author(text: str, path: Path) -> AuthorFile:
    """The author in a file's text. The slug is the file's name where it gives none.

    Raises SiteError, with the line, for what is no metadata line, a profile that is none, and
    for a missing name.
    """
    head, _, bio = text.removeprefix("\ufeff").replace("\r\n", "\n").partition("\n\n")
    found: dict[str, str] = {}
    extra: list[tuple[str, str]] = []
    profiles: dict[str, Profile] = {}
    for number, line in enumerate(head.split("\n"), start=1):
        name, colon, value = line.partition(":")
        key = name.strip().lower()
        if not colon or not key.replace("-", "").replace("_", "").isalnum():
            raise SiteError(
                f"{line[:60]!r} is not a metadata line", where=path, line=number,
                mend="Write 'Name: value', and a blank line before the bio.",
            )  # fmt: skip
        if key in _FIELDS:
            found[key] = value.strip()
        elif key in ("profile", "watch"):
            profile = _profile(value.split(), key == "watch", path, number)
            if profile.name in profiles:
                raise SiteError(
                    f"there is a profile {profile.name!r} already", where=path, line=number,
                    mend=f"Call this one, say, {profile.name}-2.",
                )  # fmt: skip
            profiles[profile.name] = profile
        else:
            extra.append((key, value.strip()))
    if not found.get("name"):
        raise SiteError("the author's name is missing", where=path, mend="Add a line 'Name: …'.")
    found.setdefault("slug", path.stem)
    return AuthorFile(bio=bio.strip(), profiles=tuple(profiles.values()), extra=tuple(extra),
                      **found)  # fmt: skip


def _profile(words: list[str], watches: bool, path: Path, number: int) -> Profile:
    name = words[0] if words else ""
    addresses = words[1:]
    fits = len(addresses) == 1 if watches else len(addresses) in (1, 2)
    if not (_NAME.fullmatch(name) and fits and all(map(is_web, addresses))):
        shape = "Watch: NAME FEED" if watches else "Profile: NAME ADDRESS [FEED]"
        raise SiteError(
            f"{' '.join(words)[:80]!r} is no {'feed to watch' if watches else 'profile'}",
            where=path, line=number,
            mend=f"Write '{shape}': a name of a–z, 0–9 and '-', then addresses of the web.",
        )  # fmt: skip
    return make_profile(name, addresses[0], addresses[-1] if watches else "".join(addresses[1:]),
                        watches=watches)  # fmt: skip


def make_profile(name: str, url: str, feed: str = "", *, watches: bool = False) -> Profile:
    """A profile with its network found: by its name's beginning, else by its address."""
    begin = name.partition("-")[0]
    known = recognise(url)
    network = begin if begin in LABELS else (known.network if known else "web")
    return Profile(name, network, url, feed, watches)


def add_lines(path: Path, profiles: Iterable[Profile]) -> None:
    """Put profiles into an author's file, after those it has; a line of the same name is
    replaced. Raises SiteError for a file that isn't an author's, OSError."""
    text = path.read_text("utf-8")
    head, gap, bio = text.replace("\r\n", "\n").partition("\n\n")
    lines = head.rstrip("\n").split("\n")
    for profile in profiles:
        same = re.compile(rf"(?:profile|watch)\s*:\s*{re.escape(profile.name)}(?:\s|$)", re.I)
        places = [i for i, line in enumerate(lines) if same.match(line)]
        if places:
            lines[places[0]] = profile.line
        else:
            lines.append(profile.line)
    made = "\n".join(lines) + (gap or "\n") + bio
    parse_author(made, path)
    atomic.write_text(path, made)


def own_profiles(author: AuthorFile) -> tuple[Profile, ...]:
    """The author's own places, without what they watch."""
    return tuple(profile for profile in author.profiles if not profile.watches)


def with_feed(profile: Profile, feed: str) -> Profile:
    """The same profile, read from another feed."""
    return replace(profile, feed=feed)


def load(content: Path) -> dict[str, AuthorFile]:
    """All authors of a content folder by slug. Raises SiteError."""
    authors: dict[str, AuthorFile] = {}
    for path in sorted((content / FOLDER).glob("*.md")):
        try:
            author = parse_author(path.read_text("utf-8"), path)
        except (OSError, UnicodeDecodeError) as error:
            raise SiteError(f"the file can't be read: {error}", where=path) from error
        if author.slug in authors:
            raise SiteError(f"the slug {author.slug!r} is another author's", where=path)
        authors[author.slug] = author
    return authors
