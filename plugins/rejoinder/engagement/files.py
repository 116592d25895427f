"""What is read of single files, each kept until it changes: posts, announcements, views."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from rejoinder import posts, site
from rejoinder.authors import AuthorFile
from rejoinder.engagement import views
from rejoinder.engagement.memory import Memory
from rejoinder.engagement.said import Announcement, Post
from rejoinder.engagement.views import Figure, Key, Source
from rejoinder.permalinks import date_of, url_of
from rejoinder.profiles.entries import Kind, Verdict, parse_entries
from rejoinder.profiles.ledger import FOLDER as LEDGER
from rejoinder.profiles.networks import HEARD


class Files:
    """The files of a content folder, read again only where they have changed since they were
    kept in `memory`."""

    def __init__(self, content: Path, memory: Memory) -> None:
        self.content = content
        self.memory = memory

    def read(
        self, group: str, paths: Iterable[Path | str], make: Callable[[Path], Any]
    ) -> list[tuple[str, Any]]:
        """What `make` makes of each file, plain values, by the file's name below the content;
        what was kept of others of the same group is forgotten."""
        known = self.memory.files(group)
        begin = len(str(self.content)) + 1
        found, changed = [], []
        for path in paths:
            try:
                status = os.stat(path)  # noqa: PTH116 - of text it is fast
            except FileNotFoundError:  # a link that leads nowhere
                continue
            name = str(path)[begin:].replace(os.sep, "/")
            stamp = f"{status.st_mtime_ns} {status.st_size}"
            before = known.pop(name, None)
            if before is not None and before[0] == stamp:
                found.append((name, before[1]))
                continue
            row = make(Path(path))
            changed.append((name, stamp, row))
            found.append((name, row))
        self.memory.keep_files(group, changed, known)
        return found

    def posts(self, facts: site.Site, people: Mapping[str, AuthorFile]) -> dict[str, Post]:
        """The published posts by thread; of translations of one another, the original."""
        by_name = {author.name: slug for slug, author in people.items()}
        found: dict[str, Post] = {}
        paths = posts.post_paths(self.content)
        rows = self.read("posts", paths, lambda path: self._post(path, facts, by_name))
        by_original = sorted((row for _, row in rows if row), key=lambda row: bool(row[-1]))
        for thread, title, at, slugs, url, _ in by_original:
            known = found.get(thread)
            if known is not None:
                found[thread] = replace(known, others=(*known.others, url))
                continue
            published = at and datetime.fromisoformat(at)
            found[thread] = Post(thread, title, published, frozenset(slugs), url)
        return found

    def _post(self, path: Path, facts: site.Site, by_name: Mapping[str, str]) -> list[Any]:
        """What is kept of a post; nothing of what is no published one."""
        head = posts.read_head(path, self.content)
        if head.is_page or head.status != "published" or head.thread is None:
            return []
        published = date_of(head, facts)
        names = head.authors(facts.author)
        slugs = sorted({by_name.get(name) or posts.slugify(name) for name in names})
        url = f"{facts.url}/{url_of(head, facts, published)}"
        title = str(Markup(head.title).striptags())
        date = published.isoformat() if published else None
        return [head.thread, title, date, slugs, url, head.is_translation(facts.language)]

    def announcements(self, people: Mapping[str, AuthorFile]) -> list[Announcement]:
        """What the authors announced, of all posts that there are or were. Raises
        CrosslinkError."""
        found: list[Announcement] = []
        profiles = {(slug, profile.name): profile
                    for slug, author in people.items() for profile in author.profiles}  # fmt: skip
        paths = sorted((self.content / LEDGER).glob("*/*/*.txt"))
        for name, row in self.read("crosslinks", paths, _announced):
            _, author, place, _ = name.split("/")
            profile = profiles.get((author, place))
            if profile is not None and not profile.watches:
                is_heard = profile.network in HEARD
                found += [Announcement(thread, profile.network, at, is_heard and is_alone)
                          for thread, at, is_alone in row]  # fmt: skip
        return found

    def views(self, source: Source, since: date) -> dict[Key, int]:
        """The counts of a source, of all months from that of `since` on. Raises
        EngagementError."""
        found: dict[Key, int] = {}
        every = views.files(self.content, source)
        for name, row in self.read(f"views {source}", every, _views):
            if name[-len("2026-01.txt") :] >= f"{since:%Y-%m}":
                found |= {Key(date.fromisoformat(day), Figure(figure), what): count
                          for day, figure, what, count in row}  # fmt: skip
        return found


def _announced(path: Path) -> list[tuple[str, int, bool]]:
    found = []
    for entry in parse_entries(path.read_text("utf-8"), path):
        if entry.kind in (Kind.OWN, Kind.ANSWER):
            about = [tie.thread for tie in entry.ties if tie.verdict is not Verdict.NO]
            is_alone = entry.kind is Kind.OWN and len(about) == 1
            found += [(thread, int(entry.date.timestamp()), is_alone) for thread in about]
    return found


def _views(path: Path) -> list[tuple[str, str, str, int]]:
    return [(key.day.isoformat(), str(key.figure), key.what, count)
            for key, count in views.read(path).items()]  # fmt: skip
