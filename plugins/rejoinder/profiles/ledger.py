"""What the author's profiles published, kept for good in
`content/crosslinks/<author>/<profile>/<year>.txt`.

A feed shows its last ten entries; the ledger keeps the eleventh. Merging is pure, and a file is
written only when something in it has changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from rejoinder import atomic, private
from rejoinder.errors import CrosslinkError
from rejoinder.locks import locked
from rejoinder.profiles.addresses import is_short
from rejoinder.profiles.entries import Entry, format_entries, parse_entries

FOLDER = "crosslinks"
SHORTENED = "Shortened"
"""The field `Shortened: SHORT TARGET`: where the network said that a short link leads."""

Key = tuple[str, str]
"""The slug of an author and the name of one of their profiles."""


@dataclass(slots=True)
class Merged:
    """What came of merging: all entries by id, how many are new, how many changed."""

    entries: dict[str, Entry]
    new: list[Entry] = field(default_factory=list)
    changed: int = 0


def merge(known: Mapping[str, Entry], found: Iterable[Entry]) -> Merged:
    """The entries that are known with those that were found now. Pure.

    What a person decided, and where short links were found to lead, stays; an entry keeps its
    first date, so that it stays in its file; words that became empty don't wipe out words.
    """
    result = Merged(dict(known))
    for entry in found:
        before = result.entries.get(entry.id)
        if before is None:
            result.entries[entry.id] = entry
            result.new.append(entry)
            continue
        targets = shortened(before)
        links = [targets.get(link, link) for link in entry.links] or before.links
        extra = dict.fromkeys((*entry.extra, *(e for e in before.extra if e[0] == SHORTENED)))
        after = replace(
            before,
            url=entry.url or before.url,
            title=entry.title or before.title,
            text=entry.text or before.text,
            kind=entry.kind,
            links=tuple(dict.fromkeys(links)),
            extra=tuple(extra),
        )
        if after != before:
            result.entries[entry.id] = after
            result.changed += 1
    return result


def shortened(entry: Entry) -> dict[str, str]:
    """Short links of an entry and where they were found to lead."""
    pairs = (value.split() for name, value in entry.extra if name == SHORTENED)
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def short_links(entry: Entry) -> list[str]:
    """Links of which nobody has asked yet where they lead."""
    return [link for link in entry.links if is_short(link) and link not in shortened(entry)]


def unshorten(entry: Entry, targets: Mapping[str, str]) -> Entry:
    """The entry with its short links replaced by what they lead to, and a note of that."""
    known = {link: targets[link] for link in short_links(entry) if link in targets}
    links = tuple(dict.fromkeys(known.get(link, link) for link in entry.links))
    notes = tuple((SHORTENED, f"{short} {target}") for short, target in known.items())
    return replace(entry, links=links, extra=(*entry.extra, *notes))


class Ledger:
    """All entries of a content folder."""

    def __init__(self, content: Path) -> None:
        self.root = content / FOLDER
        self._files: dict[Path, str] = {}
        self.entries: dict[Key, dict[str, Entry]] = {}

    def load(self) -> Ledger:
        """Read all files. Raises CrosslinkError for one that can't be read."""
        for path in sorted(self.root.glob("*/*/*.txt")):
            try:
                text = path.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise CrosslinkError(f"the file can't be read: {error}", where=path) from error
            self._files[path] = text
            key = path.parent.parent.name, path.parent.name
            of_profile = self.entries.setdefault(key, {})
            for entry in parse_entries(text, path):
                if entry.id in of_profile:
                    raise CrosslinkError(
                        f"the entry {entry.id} is in another year's file too", where=path,
                        mend="Leave it in one of them.",
                    )  # fmt: skip
                of_profile[entry.id] = entry
        return self

    def of(self, key: Key) -> dict[str, Entry]:
        """The entries of one profile, by id."""
        return self.entries.setdefault(key, {})

    def __iter__(self) -> Iterator[tuple[Key, Entry]]:
        for key in sorted(self.entries):
            for entry in sorted(self.entries[key].values(), key=lambda e: e.sort_key):
                yield key, entry

    def save(self) -> list[Path]:
        """Write what has changed, each entry in its year's file; the files that were written.
        Raises CrosslinkError."""
        wanted: dict[Path, list[Entry]] = defaultdict(list)
        for (author, name), entry in self:
            wanted[self.root / author / name / f"{entry.date.year:04}.txt"].append(entry)
        written = []
        for path in sorted(wanted.keys() | self._files.keys(), reverse=True):
            text = format_entries(wanted[path])
            if self._files.get(path) == text:
                continue
            try:
                atomic.write_text(path, text) if text else path.unlink()
            except OSError as error:
                raise CrosslinkError(
                    f"the file can't be written: {error.strerror}", where=path
                ) from error
            self._files[path] = text
            written.append(path)
        return written


def private_folder(content: Path) -> Path:
    """`private/crosslinks`, made if it isn't there. Raises CrosslinkError."""
    folder = private.folder_of(content)
    try:
        private.prepare(folder)
        (folder / FOLDER).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise CrosslinkError(
            f"the private folder can't be used: {error.strerror}", where=folder
        ) from error
    return folder / FOLDER


@contextmanager
def editing(content: Path) -> Iterator[Ledger]:
    """The ledger, for one process at a time; it is saved at the end, unless that is an error.
    Raises CrosslinkError, also where another is at it for longer than ten seconds."""
    with locked(private_folder(content) / "lock", 10.0) as held:
        if not held:
            raise CrosslinkError("another task is at the crosslinks", where=content / FOLDER,
                                 mend="Try again when it is done.")  # fmt: skip
        ledger = Ledger(content).load()
        yield ledger
        ledger.save()
