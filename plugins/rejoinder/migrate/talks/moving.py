"""Moving discussions in from another comment system: `run` reads an export and brings its comments
under the posts that are here. What is pending, and everybody's private facts, go to the private
side; a discussion that no post fits is kept there whole, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from importlib import import_module
from pathlib import Path
from typing import Any

from rejoinder import authors, posts, private, redirects, site
from rejoinder.comments.files import format_comment
from rejoinder.comments.model import Comment
from rejoinder.comments.store import FOLDER, CommentStore
from rejoinder.errors import ImportFailed
from rejoinder.migrate import dates
from rejoinder.migrate.delivery import Delivery
from rejoinder.migrate.ledger import read_lines
from rejoinder.migrate.private import Rows
from rejoinder.migrate.report import Report, counted
from rejoinder.migrate.talks.joining import Joined, Mine, further, joined, keyed
from rejoinder.migrate.talks.matching import BY_SLUG, BY_TITLE, ELSEWHERE, Match, Place, Places
from rejoinder.migrate.talks.model import Remark, Standing, Talk
from rejoinder.migrate.talks.sources import SOURCES
from rejoinder.permalinks import aliases_of, date_of, url_of

Progress = Callable[[int, int], None]
"""Hears discussions done, and in all."""

_PRIVATE = "to the private side, {}"
_COPY = "left out, the same comment twice"
_UNMATCHED = "kept on the private side, no post fits"
_SHOWN = 40
"""So many discussions of a kind are named in the report; the private file has all unmatched."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What whoever imports says beside the file. `bases` are addresses that the site had before;
    `said` tells for an address, or a discussion's key, which thread it belongs to; `mine` are names
    and e-mail addresses, in lower case, under which the author wrote there; `author` is the
    author's slug; `zone` is the IANA name of the time zone that dates without one are in, the
    site's where it is empty."""

    bases: tuple[str, ...] = ()
    said: Mapping[str, str] = field(default_factory=dict)
    mine: frozenset[str] = frozenset()
    author: str = ""
    zone: str = ""
    dry_run: bool = False


def run(
    source: str, file: Path, content: Path, wish: Wish | None = None,
    progress: Progress | None = None, coming: Iterable[Place] = (),
) -> Report:  # fmt: skip
    """Import what `source` (a key of SOURCES) exported into `file`. A second run changes nothing;
    what the author has changed, moved or deleted since stays so. `coming` are posts that are not
    here yet, but in a dry run would be.

    Raises ImportFailed for a file that is no such export, or a folder that can't be written: what
    was written before that is whole and known to the next run. Raises SiteError, RedirectError.
    """
    wish = wish or Wish()
    report = Report(file, dry_run=wish.dry_run)
    try:
        return _run(source, report, content, wish, progress, coming)
    except OSError as error:
        what = f"the system refused: {error.strerror or error}"
        raise ImportFailed(what, where=error.filename) from error


def read_map(file: Path) -> dict[str, str]:
    """Where an author says that discussions belong: lines of 'ADDRESS THREAD'; `#` begins a remark.
    An address may hold spaces, as a title does that stands for one. Raises ImportFailed with the
    line for one that is neither."""
    found = {}
    for number, line in enumerate(read_lines(file), start=1):
        words = line.strip().rsplit(maxsplit=1)
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2:
            raise ImportFailed(
                f"{line.strip()!r} names no address and thread", where=file, line=number,
                mend="Write the discussion's address, a space, and the slug of the post.",
            )  # fmt: skip
        found[words[0]] = words[1]
    return found


def read(source: str, file: Path, report: Report) -> list[Talk]:
    """The discussions of an export, each with a key of its own. Raises ImportFailed."""
    reader: Any = import_module(f"rejoinder.migrate.talks.sources.{SOURCES[source]}")
    found: dict[str, Talk] = {}
    try:
        for talk in reader.read(file, report.problem):
            key, number = talk.key, 1
            while key in found:
                number += 1
                key = f"{talk.key} {number}"
            found[key] = talk if number == 1 else replace(talk, key=key)
    except ImportFailed as error:
        raise report.reasoned(error) from error
    return list(found.values())


def _run(
    source: str, report: Report, content: Path, wish: Wish, progress: Progress | None,
    coming: Iterable[Place],
) -> Report:  # fmt: skip
    if report.source.resolve().is_relative_to((content / FOLDER).resolve()):
        raise ImportFailed(
            "the comments to import are where those of the site will be", where=report.source,
            mend=f"Move the folder first, like: mv {report.source} old-comments",
        )  # fmt: skip
    talks = read(source, report.source, report)
    for talk in talks:
        report.found("discussion", "")
        for remark in talk.remarks:
            report.found(str(remark.kind), str(remark.status))
    facts = site.load(content)
    zone = dates.zone(wish.zone or facts.timezone)
    bases = (facts.url, *facts.old_urls, *wish.bases)
    coming = list(coming)
    here = [] if coming and not content.exists() else list(_places(content, facts))
    known = {place.thread for place in here}
    here += [place for place in coming if place.thread not in known]
    places = Places(here, bases, wish.said)
    for thread in sorted({*wish.said.values()} - {place.thread for place in here}):
        report.problem(None, f"--map names {thread}, which is no post here: not followed")
    hidden_folder = private.folder_of(content)
    if not wish.dry_run:
        private.prepare(hidden_folder)
    with ExitStack() as stack:

        def deliver(root: Path, *, hidden: bool = False) -> Delivery:
            return stack.enter_context(
                Delivery(root, source, report, dry_run=wish.dry_run, private=hidden)
            )

        public, hidden = deliver(content), deliver(hidden_folder, hidden=True)
        moderators = {r.author.strip().lower() for t in talks for r in t.remarks if r.by_author}
        mover = _Mover(source, report, public, hidden, wish, zone, moderators, stack)
        try:
            for number, talk in enumerate(talks, start=1):
                mover.move(talk, places.find(talk))
                if progress:
                    progress(number, len(talks))
        finally:
            mover.save_rows()
    report.problems.sort(key=lambda problem: problem.line or 0)
    mover.note()
    return report


def _places(content: Path, facts: site.Site) -> Iterable[Place]:
    """The posts and pages that can be discussed. Raises OSError, RedirectError."""
    old: dict[str, list[str]] = {}
    heads = posts.originals_first(posts.posts(content), facts.language)
    for redirect in (*redirects.load(content), *aliases_of(heads, facts)):
        old.setdefault(redirect.new.strip("/"), []).append(redirect.old)
    written = authors.load(content)
    slugs = {author.name: slug for slug, author in written.items()}
    for head in heads:
        thread = head.thread or (head.slug if head.is_page else None)
        if thread is None:
            continue
        date = date_of(head, facts)
        address = url_of(head, facts, date)
        if address or head.values.get("url") is not None:
            writer = next(iter(head.authors(facts.author)), "")
            yield Place(
                thread, address, tuple(old.get(address.strip("/"), ())), head.slug, head.title,
                date, slugs.get(writer, ""), writer,
            )  # fmt: skip


class _Mover:
    """Takes each discussion to its place."""

    def __init__(
        self, source: str, report: Report, public: Delivery, hidden: Delivery, wish: Wish,
        zone: tzinfo, moderators: Collection[str], stack: ExitStack,
    ) -> None:  # fmt: skip
        self.source = source
        self.report = report
        self.public = public
        self.wish = wish
        self.zone = zone
        self.moderators = moderators
        self.store = CommentStore(public.root)
        self.evidence: Counter[str] = Counter()
        self.guessed: list[tuple[Talk, Match]] = []
        self.unmatched: list[Talk] = []
        self.votes = 0
        self.ids: dict[str, set[str]] = {}
        self.pending, self.people, self.aside = (
            stack.enter_context(closing(Rows(hidden, f"{source}/{file}.jsonl")))
            for file in ("pending", "people", "withheld")
        )

    def move(self, talk: Talk, match: Match | None) -> None:
        """Bring one discussion to its thread, or aside."""
        self.votes += sum(remark.votes for remark in talk.remarks)
        if match is None:
            self.unmatched.append(talk)
            self.report.became("discussion", "", _UNMATCHED)
            for remark, key in keyed(talk, self.report.problem):
                self._keep_aside(talk, remark, key)
            return
        self.evidence[match.evidence] += 1
        if match.evidence in (ELSEWHERE, BY_SLUG, BY_TITLE):
            self.guessed.append((talk, match))
        self.report.became("discussion", "", "under a post")
        place = match.place
        taken = self.ids.setdefault(place.thread, self._ids_of(place.thread))
        moderators = {place.writer.lower()} if len(self.moderators) > 1 else self.moderators
        mine = Mine(self.wish.mine, self.wish.author or place.author, frozenset(moderators))
        for one in joined(
            talk, place, self.source, mine, self.zone, self._known_id, taken, self.report.problem
        ):
            what = self._comment(talk, place.thread, one)
            self.report.became(str(one.remark.kind), str(one.remark.status), what)

    def _ids_of(self, thread: str) -> set[str]:
        return {path.stem for path in self.store.files(thread)}

    def _known_id(self, key: str) -> str | None:
        entry = self.public.ledger.get(key)
        return Path(entry.path).stem if entry else None

    def _comment(self, talk: Talk, thread: str, one: Joined) -> str:
        if one.is_copy:
            return _COPY
        self.aside.retire(one.key.removeprefix("comment/"))
        if one.comment is None:
            self._warn_if_public(one)
            return "left out"
        key = f"{thread}/{one.comment.id}"
        if one.remark.status is Standing.PENDING:
            self._warn_if_public(one)
            return _PRIVATE.format(self.pending.put(key, self._row(thread, one, one.comment)))
        place = self.store.name(thread, one.comment.id)
        what = self.public.put(one.key, place, format_comment(one.comment))
        self.pending.retire(key)
        if one.private.keys() - {"name", "url"}:
            place_of = {"thread": thread, "id": one.comment.id}
            self.people.put(key, {"source": self.source, **place_of, **one.private})
        return str(what)

    def _row(self, thread: str, one: Joined, comment: Comment) -> dict[str, str]:
        return {"source": self.source, "thread": thread, "status": str(one.remark.status),
                **one.private, "comment": format_comment(comment)}  # fmt: skip

    def _keep_aside(self, talk: Talk, remark: Remark, key: str) -> None:
        if not key:
            self.report.became(str(remark.kind), str(remark.status), _COPY)
            return
        row = {
            "source": self.source, "status": str(remark.status), "address": "".join(
                talk.addresses[:1]), "title": talk.title, "id": remark.id, "parent": remark.parent,
            "date": remark.date.isoformat() if remark.date else "", "kind": str(remark.kind),
            "name": remark.author, "email": remark.email, "url": remark.url, "ip": remark.ip,
            "agent": remark.agent, "source_url": remark.source_url, "format": str(remark.format),
            "text": remark.body, **further(remark),
        }  # fmt: skip
        self.aside.put(f"{talk.key}/{key}", {k: v for k, v in row.items() if v})
        self.report.became(str(remark.kind), str(remark.status), _UNMATCHED)

    def _warn_if_public(self, one: Joined) -> None:
        entry = self.public.ledger.get(one.key)
        if entry is not None and self.public.has(entry.path):
            self.report.problem(
                one.remark.line,
                f"{one.key} is {one.remark.status} by now, but an earlier import made it public",
                f"Delete content/{entry.path} if it should not be",
            )

    def save_rows(self) -> None:
        """Write the private files."""
        for rows in (self.pending, self.people, self.aside):
            rows.save()

    def note(self) -> None:
        """What the report says beside its sums."""
        notes = self.report.notes
        for evidence, number in sorted(self.evidence.items()):
            notes.append(f"Discussions under a post by {evidence}: {number}.")
        if len(self.moderators) > 1 and not self.wish.mine:
            names = ", ".join(sorted(self.moderators))
            notes.append(f"Moderators there: {names}. Say which of these names are yours with "
                         "--mine, and import again.")  # fmt: skip
        if self.votes:
            notes.append(f"Votes: {self.votes}, left out; whose they were is not known.")
        notes += _some(
            f"Look at this: {_name(talk)} is under {match.place.thread} by {match.evidence}."
            for talk, match in self.guessed
        )
        notes += _some(
            f"No post fits {_name(talk)} ({counted(len(talk.remarks), 'comment')}, {talk.title!r})."
            for talk in self.unmatched
        )
        if self.unmatched:
            notes.append("Say where they belong with --map FILE, lines of 'ADDRESS THREAD', and "
                         "import again; until then they are kept on the private side.")  # fmt: skip


def _name(talk: Talk) -> str:
    return next(iter(talk.addresses), talk.key)


def _some(lines: Iterable[str]) -> list[str]:
    """The first of many lines, and how many more there are."""
    each = list(lines)
    more = [f"… and {len(each) - _SHOWN} more."] if len(each) > _SHOWN else []
    return each[:_SHOWN] + more
