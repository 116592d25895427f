"""Moving a blog in: `run` reads an export and writes its posts, pages, pictures and settings. What
is not public goes to the private side. Nothing is ever written over an author's own work; see
`ledger`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from rejoinder import posts, private, site
from rejoinder.comments.store import folder_name, thread_key
from rejoinder.errors import ImportFailed
from rejoinder.migrate import dates, facts, slugs
from rejoinder.migrate.delivery import Delivery
from rejoinder.migrate.document import Document
from rejoinder.migrate.entries import documents, placing
from rejoinder.migrate.entries.documents import Tally
from rejoinder.migrate.entries.model import Author, Blog
from rejoinder.migrate.entries.pictures import FILE, Fetch, Pictures
from rejoinder.migrate.entries.placing import Ground, Placed
from rejoinder.migrate.entries.sources import SOURCES
from rejoinder.migrate.entries.wording import Library
from rejoinder.migrate.ledger import Outcome
from rejoinder.migrate.names import without_mail
from rejoinder.migrate.report import Report
from rejoinder.migrate.talks.matching import Place

Progress = Callable[[int, int], None]
"""Hears entries done, and in all."""

_PRIVATE = "to the private side, {}"
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Wish:
    """What whoever imports says beside the file: addresses that the blog had, and the IANA name of
    its time zone where dates without one are in another than it says; `fetch` gets pictures that
    stand elsewhere, which are left there without it."""

    bases: tuple[str, ...] = ()
    zone: str = ""
    fetch: Fetch | None = None
    dry_run: bool = False


class Moved(NamedTuple):
    """What came of an import, the posts that can be discussed, how many comments the export has
    beside them and in which file, and addresses that the blog had."""

    report: Report
    places: list[Place]
    comments: int
    file: Path
    bases: tuple[str, ...]


def run(
    source: str, file: Path, content: Path, wish: Wish | None = None,
    progress: Progress | None = None,
) -> Moved:  # fmt: skip
    """Import what `source` (a key of SOURCES) exported into `file`, a file or a folder. A second
    run changes nothing; what the author has changed, moved or deleted since stays so.

    Raises ImportFailed for a file that is no such export, or a folder that can't be written: what
    was written before that is whole and known to the next run. Raises SiteError.
    """
    wish = wish or Wish()
    report = Report(file, dry_run=wish.dry_run)
    try:
        reader: Any = import_module(f"rejoinder.migrate.entries.sources.{SOURCES[source]}")
        return _run(source, _read(reader, file, report), report, content, wish, progress)
    except OSError as error:
        what = f"the system refused: {error.strerror or error}"
        raise ImportFailed(what, where=error.filename) from error


def _read(reader: Any, file: Path, report: Report) -> Blog:
    try:
        blog: Blog = reader.read(file, report.problem)
    except ImportFailed as error:
        raise report.reasoned(error) from error
    return blog


def _run(
    source: str, blog: Blog, report: Report, content: Path, wish: Wish, progress: Progress | None
) -> Moved:
    bases = (*blog.bases, *(base.rstrip("/") for base in wish.bases))
    writers = {key: replace(author, name=without_mail(author.name) or "Anonymous")
               for key, author in blog.authors.items()}  # fmt: skip
    blog = _at_home(replace(
        blog, bases=tuple(dict.fromkeys(bases)), authors=writers, author=without_mail(blog.author)
    ))  # fmt: skip
    blog = placing.in_its_language(blog)
    _count(blog, report)
    folder = private.folder_of(content)
    if not wish.dry_run:
        private.prepare(folder)
    with ExitStack() as stack:
        public = stack.enter_context(Delivery(content, source, report, dry_run=wish.dry_run))
        hidden = stack.enter_context(
            Delivery(folder, source, report, dry_run=wish.dry_run, private=True)
        )
        mover = _Mover(source, blog, report, public, hidden, wish)
        found = mover.place()
        for number, one in enumerate(found, start=1):
            mover.move(one)
            if progress:
                progress(number, len(found))
        mover.finish()
    report.problems.sort(key=lambda problem: problem.line or 0)
    mover.note()
    places = [
        Place(one.thread, one.url, one.old, one.slug, one.entry.title, one.date)
        for one in found
        if one.entry.is_public and (one.entry.kind == "post" or one.entry.has_thread)
    ]
    return Moved(report, places, blog.comments, blog.file or report.source, blog.bases)


def _at_home(blog: Blog) -> Blog:
    """A blog whose texts name its address, where that is known; else what follows it stands at the
    top of some site."""
    if not blog.here:
        return blog
    base = blog.bases[0] if blog.bases else ""

    def named(text: str) -> str:
        return text.replace(f"{blog.here}/", f"{base}/").replace(blog.here, base or "/")

    entries = (
        replace(one, body=named(one.body), summary=named(one.summary), image=named(one.image))
        for one in blog.entries
    )
    return replace(blog, entries=tuple(entries))


def _in_zone(blog: Blog, zone: tzinfo) -> Blog:
    """A blog whose dates are told in its zone."""

    def told(date: datetime | None) -> datetime | None:
        return date.astimezone(zone) if date and date.tzinfo else date

    entries = (
        replace(one, date=told(one.date), modified=told(one.modified)) for one in blog.entries
    )
    return replace(blog, entries=tuple(entries))


def _count(blog: Blog, report: Report) -> None:
    for entry in blog.entries:
        report.found(entry.kind, entry.status)
    for thing in blog.left_out:
        report.found(thing.kind, thing.status)
        report.became(thing.kind, thing.status, f"left out, {thing.why}")
    for kind, number in (("author", len(blog.authors)), (FILE, len(blog.media))):
        if number:
            report.found(kind, "", number)


class _Mover:
    """Takes each entry of a blog to its place."""

    def __init__(
        self, source: str, blog: Blog, report: Report, public: Delivery, hidden: Delivery,
        wish: Wish,
    ) -> None:  # fmt: skip
        self.source = source
        self.blog = blog
        self.report = report
        self.public = public
        self.hidden = hidden
        self.wish = wish
        self.tally = Tally()
        self.zone_name = wish.zone or blog.timezone or site.load(public.root).timezone
        self.zone = dates.zone(self.zone_name)
        if blog.are_instants:
            self.blog = blog = _in_zone(blog, self.zone)
        self.patterns = site.Permalinks()
        self.writers: Counter[str] = Counter()
        self.pictures = Pictures(blog, source, public, hidden, wish.fetch)
        self.library = Library(blog, (), self.pictures.place)
        self.found: list[Placed] = []

    def place(self) -> list[Placed]:
        """Settle the site's facts, and where each entry stands."""
        blog = self.blog
        said = {
            "title": blog.title, "subtitle": blog.subtitle,
            "url": blog.bases[0].rstrip("/") if blog.bases and not blog.is_rented else "",
            "language": blog.language, "timezone": self.zone_name if blog.timezone else "",
            "author": blog.author,
        }  # fmt: skip
        wanted = placing.permalinks_of(blog, self.zone)
        self.patterns = facts.settle(self.public, said, wanted)
        ground = Ground(self.zone, self.patterns, self._known, self.report.problem)
        self._take_what_is_here(ground)
        self.found = placing.placed(blog, ground)
        self.library = Library(blog, self.found, self.pictures.place)
        return self.found

    def _known(self, key: str) -> tuple[str, str] | None:
        entry = self.public.ledger.get(f"post/{key}")
        thread = self.public.ledger.get(f"thread/{key}")
        return (entry.path, thread_key(Path(thread.path).name)) if entry and thread else None

    def _take_what_is_here(self, ground: Ground) -> None:
        """The author's own posts keep their slugs, files and threads."""
        content = self.public.root
        ours = {entry.path for _, entry in self.public.ledger.keys("post/")}
        for head in posts.posts(content) if content.is_dir() else ():
            path = head.path.relative_to(content).as_posix()
            if path not in ours:
                ground.slugs.add(head.slug.lower())
                ground.paths.add(path.removesuffix(".md").lower())
                ground.threads.add((head.thread or head.slug).lower())

    def move(self, one: Placed) -> None:
        """Bring an entry to its file."""
        entry = one.entry
        made = documents.document(one, self.library, self.tally)
        key = f"post/{entry.key}"
        if entry.is_public:
            what = str(self.public.put(key, one.path, made.text))
            self.public.ledger.set(
                f"thread/{entry.key}", f"comments/{folder_name(one.thread)}", "-"
            )
            self.hidden.retire(key)
            self.writers.update(entry.authors)
        else:
            self._warn_if_public(one)
            what = _PRIVATE.format(self.hidden.put(key, f"{self.source}/{one.path}", made.text))
        self.report.became(entry.kind, entry.status, what)

    def _warn_if_public(self, one: Placed) -> None:
        before = self.public.ledger.get(f"post/{one.entry.key}")
        if before is not None and self.public.has(before.path):
            self.report.problem(
                one.entry.line,
                f"{before.path} is {one.entry.status!r} by now, but an earlier import made it "
                "public", f"Delete content/{before.path} if it should not be",
            )  # fmt: skip

    def finish(self) -> None:
        """What belongs to the blog as a whole: authors, old addresses, files that nobody shows."""
        for key, author in sorted(self.blog.authors.items()):
            what = "left out, nothing by them is published"
            if self.writers[key]:
                what = str(self._author(author))
            self.report.became("author", "", what)
        self.pictures.count_unused()
        live = {f"/{one.url}" for one in self.found if one.entry.is_public}
        moved = {**placing.lists_moved(self.blog, self.patterns), **self.blog.moved}
        facts.redirect(self.public, moved, live)

    def _author(self, author: Author) -> Outcome:
        slug = author.slug or slugs.title_slug(author.name)
        head = (("Name", author.name), ("Slug", slug), ("Url", author.url))
        text = Document(head, author.bio).text
        return self.public.put(f"author/{slug}", f"authors/{slug}.md", text)

    def note(self) -> None:
        """What the report says beside its sums."""
        notes, patterns, tally = self.report.notes, self.patterns, self.tally
        how = "as you said" if self.wish.zone else "as it says" if self.blog.timezone else (
            "this site's; --timezone names another")  # fmt: skip
        notes.append(f"Dates without a time zone are in {self.zone_name} ({how}).")
        notes.append(f"Posts are at /{patterns.post}, pages at /{patterns.page}")
        if (
            not (self.blog.bases and not self.blog.is_rented)
            and not site.load(self.public.root).url
        ):
            notes.append('Say in site.toml where the site will be: url = "https://…".')
        if tally.kept_as_html:
            notes.append(
                f"Of {tally.blocks} blocks of text, {tally.kept_as_html} stay HTML, for Markdown "
                "can't say them."
            )
        notes += self.blog.notes
        for host, number in sorted(self.pictures.elsewhere.items()):
            if number:
                notes.append(f"Pictures that stand at {host}: {number}; --fetch-media brings them.")
        missing = sorted(self.library.missing.items())
        for path, entry in missing[:_SHOWN]:
            self.report.problem(
                None, f"{entry.name or entry.title!r} shows /{path}, which is not in the export"
            )
        if len(missing) > _SHOWN:
            notes.append(f"… and {len(missing) - _SHOWN} more files that are not in the export.")
