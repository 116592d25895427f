"""Moving in from WordPress: `run` reads an export and writes a site.

The file is read twice, an item at a time: once to learn what there is and where it will stand,
once to write it. Nothing is ever written over an author's own work; see `ledger`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

from rejoinder import private
from rejoinder.comments.files import format_comment
from rejoinder.comments.store import CommentStore, folder_name, thread_key
from rejoinder.errors import ImportFailed, RejoinderError
from rejoinder.migrate import dates, discussion, facts, links, oldlinks, posts, slugs
from rejoinder.migrate.delivery import Delivery
from rejoinder.migrate.discussion import Contribution, Place
from rejoinder.migrate.document import Document
from rejoinder.migrate.ledger import read_lines, write_lines
from rejoinder.migrate.private import Rows
from rejoinder.migrate.report import Report
from rejoinder.migrate.survey import Fate, Post, Survey, kind_of, status_of
from rejoinder.migrate.table import Table
from rejoinder.migrate.wxr import Export, Record, Refused

Fetch = Callable[[str], bytes]
Progress = Callable[[int, int], None]

_LEFT_OUT = "left out"
_REFUSED = "refused, see below"
_COPY = "left out, a second copy"
_WITH_POST = "left out with what it is on"
_PRIVATE = "to the private side, {}"


def run(
    file: Path,
    content: Path,
    *,
    dry_run: bool = False,
    timezone: str | None = None,
    fetch: Fetch | None = None,
    progress: Progress | None = None,
) -> Report:
    """Import a WordPress export into a content folder, and its private side beside it.

    `timezone` is an IANA name, inferred from the dates where None. `fetch` gets an upload by its
    address; without it uploads are listed only. `progress` hears bytes done and in all. In a dry
    run the report says the same and nothing is written.

    Raises ImportFailed for a file that is no usable export, or a folder that can't be written;
    what was written before that is whole and known to the next run. Raises SiteError for a
    `site.toml` that can't be read.
    """
    try:
        return _run(Report(file, dry_run=dry_run), content, timezone, fetch, progress)
    except OSError as error:
        what = f"the system refused: {error.strerror or error}"
        raise ImportFailed(what, where=error.filename) from error


def _run(
    report: Report,
    content: Path,
    timezone: str | None,
    fetch: Fetch | None,
    progress: Progress | None,
) -> Report:
    export, dry_run = Export(report.source), report.dry_run
    if timezone is not None:
        dates.zone(timezone)
    total, done = 2 * export.size, 0

    def read(size: int) -> None:
        nonlocal done
        done += size
        if progress:
            progress(done, total)

    survey = _survey(export, report, read)
    name = slugs.title_slug(_host(survey)) or "wordpress"
    folder = private.folder_of(content)
    if not dry_run:
        try:
            private.prepare(folder)
        except OSError as error:
            raise ImportFailed(
                f"the folder could not be made: {error.strerror}", where=folder
            ) from error
    with ExitStack() as stack:
        public = stack.enter_context(Delivery(content, name, report, dry_run=dry_run))
        hidden = stack.enter_context(Delivery(folder, name, report, dry_run=dry_run, private=True))
        mover = _Mover(survey, report, public, hidden, fetch, stack)
        for post, wrong in survey.settle(mover.known_thread, timezone):
            report.problem(post.line, wrong)
        try:
            for record in export.records(report.problem, read):
                mover.move(record)
            mover.finish(name)
        finally:
            mover.save_rows()
    report.problems.sort(key=lambda problem: problem.line or 0)
    _notes(report, survey, mover, timezone)
    return report


def _survey(export: Export, report: Report, read: Callable[[int], None]) -> Survey:
    survey = Survey()
    for record in export.records(read=read):
        if isinstance(record, Refused):
            report.found("comment" if record.is_comment else "item", "unreadable")
            if record.comments:
                report.found("comment", "unreadable", record.comments)
        elif record.name == "channel":
            survey.add_head(record)
        else:
            survey.add(record)
            report.found(kind_of(record), status_of(record))
            for comment in record.all("wp:comment"):
                report.found(discussion.kind_of(comment), discussion.status_of(comment))
    if not survey.is_wordpress:
        raise ImportFailed(
            "this is a feed, but not a WordPress export", where=export.path,
            mend="Make one in WordPress: Tools, Export, All content.",
        )  # fmt: skip
    report.found("author", "", len(survey.authors))
    return survey


def _host(survey: Survey) -> str:
    parts = urlsplit(survey.bases[0]) if survey.bases else urlsplit("")
    return f"{parts.netloc}{parts.path}"


class _Mover:
    """Takes each item of the export to its place."""

    def __init__(
        self,
        survey: Survey,
        report: Report,
        public: Delivery,
        hidden: Delivery,
        fetch: Fetch | None,
        stack: ExitStack,
    ) -> None:
        self.survey = survey
        self.report = report
        self.public = public
        self.hidden = hidden
        self.fetch = fetch
        self.store = CommentStore(public.root)
        self.tally = posts.Tally()
        self.redirects: dict[str, str] = {}
        self.terms: dict[str, set[str]] = {}
        self.writers: Counter[str] = Counter()
        self.by_authors = 0
        self.failed: set[str] = set()
        self.line = 0
        rows = [
            stack.enter_context(closing(Rows(hidden, f"wordpress/{file}.jsonl")))
            for file in ("pending", "people", "withheld")
        ]
        self.pending, self.people, self.withheld = rows
        self.attachments = stack.enter_context(Table())
        self.hidden_attachments = stack.enter_context(Table())

    def known_thread(self, key: str) -> str | None:
        entry = self.public.ledger.get(f"thread/{key}")
        return thread_key(Path(entry.path).name) if entry else None

    def move(self, record: Record | Refused) -> None:
        if isinstance(record, Refused):
            self.report.problem(record.line, record.what, "Mend the file there and import it again")
            kind = "comment" if record.is_comment else "item"
            self.report.became(kind, "unreadable", _REFUSED)
            if record.comments:
                self.report.became("comment", "unreadable", _REFUSED, record.comments)
            return
        if record.name == "channel":
            return
        self.line = record.line
        post = self.survey.posts.get(record.line)
        if post is not None and not post.is_copy:
            self._post(post, record)
            return
        if self.survey.fates.get(record.get("wp:post_id")) is Fate.ATTACHMENT and post is None:
            what, on_it = self._attachment(record), _WITH_POST
        elif post is not None:
            what = on_it = _COPY
        else:
            what, on_it = _LEFT_OUT, _WITH_POST
            self._warn_if_public(f"post/{record.get('wp:post_id')}", status_of(record))
        self.report.became(kind_of(record), status_of(record), what)
        for comment in record.all("wp:comment"):
            kind, status = discussion.kind_of(comment), discussion.status_of(comment)
            self.report.became(kind, status, on_it)

    def _post(self, post: Post, record: Record) -> None:
        made = posts.document(post, record, self.survey, self.media, self.tally)
        if post.fate is Fate.PUBLIC:
            what = str(self.public.put(f"post/{post.key}", post.path, made.text))
            folder = f"comments/{folder_name(post.thread)}"
            self.public.ledger.set(f"thread/{post.key}", folder, "-")
            self.hidden.retire(f"draft/{post.key}")
            self._note_use(post, record)
        else:
            what = _PRIVATE.format(self.hidden.put(f"draft/{post.key}", post.path, made.text))
            self._warn_if_public(f"post/{post.key}", post.status)
        self.report.became(post.kind, post.status, what)
        self._discussion(post, record)

    def _discussion(self, post: Post, record: Record) -> None:
        top_level = comments = 0
        for found in self._contributions(post, record):
            what = self._comment(post, found)
            self.report.became(found.kind, found.status, what)
            if found.comment is not None and found.place is Place.PUBLIC:
                comments += 1
                top_level += found.comment.in_reply_to is None
        if post.fate is Fate.PUBLIC:
            old = record.meta("_wp_old_slug")
            self.redirects.update(oldlinks.of_post(post, top_level, comments, old))

    def _contributions(self, post: Post, record: Record) -> Iterator[Contribution]:
        def known_id(key: str) -> str | None:
            entry = self.public.ledger.get(key)
            return Path(entry.path).stem if entry else None

        comments = record.all("wp:comment")
        return discussion.contributions(post, comments, self.survey, known_id, self.report.problem)

    def _comment(self, post: Post, found: Contribution) -> str:
        comment = found.comment
        if comment is None or found.place in (Place.OUT, Place.COPY):
            self._warn_if_public(found.key, found.status)
            return found.place.value
        key = f"{post.thread}/{comment.id}"
        private_facts = {name: value for name, value in found.private.items() if value}
        if found.place is Place.PENDING or post.fate is Fate.PRIVATE:
            self._warn_if_public(found.key, found.status)
            rows = self.pending if found.place is Place.PENDING else self.withheld
            row = {
                "source": "wordpress",
                "thread": post.thread,
                "post": post.path,
                "status": found.status,
                **private_facts,
                "comment": format_comment(comment),
            }
            return _PRIVATE.format(rows.put(key, row))
        place = self.store.name(post.thread, comment.id)
        what = self.public.put(found.key, place, format_comment(comment))
        self.pending.retire(key)
        self.withheld.retire(key)
        if private_facts.keys() & {"email", "ip", "agent"}:
            place_of = {"thread": post.thread, "id": comment.id}
            self.people.put(key, {"source": "wordpress", **place_of, **private_facts})
        if comment.author_id:
            self.writers[comment.author_id] += 0
        self.by_authors += comment.kind == "author"
        return str(what)

    def _warn_if_public(self, key: str, status: str) -> None:
        entry = self.public.ledger.get(key)
        if entry is not None and self.public.has(entry.path):
            self.report.problem(
                self.line, f"{key} is {status!r} by now, but an earlier import made it public",
                f"Delete content/{entry.path} if it should not be",
            )  # fmt: skip

    def _note_use(self, post: Post, record: Record) -> None:
        if author := self.survey.author(post):
            self.writers[author.slug] += 1
            self.terms.setdefault("author", set()).add(author.slug)
        for domain, nicename, name in record.terms:
            kind = "tag" if domain in ("post_tag", "tag") else "category"
            if domain and nicename and post.kind == "post":
                if kind == "category" and name != post.category:
                    kind = "also"
                self.terms.setdefault(kind, set()).add(f"{nicename}\t{unescape(name)}")

    def media(self, url: str) -> str | None:
        """The path of an upload below `content/`, fetched when that was asked for."""
        path = links.upload_path(url, self.survey.bases)
        if path is None or path in self.failed:
            return None
        if self.public.has(path):
            return path
        key = f"media/{path}"
        if self.fetch is None or (self.public.ledger.get(key) and not self.public.dry_run):
            return None
        if self.public.dry_run:
            if self.public.ledger.get(key) is None:
                self.public.put(key, path, b"")
            return path
        base = self.survey.bases[0]
        try:
            data = self.fetch(url if urlsplit(url).scheme else f"{base}/{path}")
        except (RejoinderError, OSError) as error:
            self.failed.add(path)
            self.report.problem(self.line, f"{url} could not be fetched: {error}")
            return None
        self.public.put(key, path, data)
        return path

    def _attachment(self, record: Record) -> str:
        number = record.get("wp:post_id")
        url = record.get("wp:attachment_url") or record.get("guid")
        parent = record.get("wp:post_parent")
        is_public = self.survey.fates.get(parent) not in (Fate.PRIVATE, Fate.OUT)
        fields = (number, url, record.get("title"), parent, record.get("wp:post_date"))
        line = "\t".join(" ".join(text.split()) for text in fields)
        table = self.attachments if is_public else self.hidden_attachments
        table.set(number.zfill(12), line)
        if not is_public:
            return _PRIVATE.format("listed")
        if self.fetch is not None and self.media(url):
            return "listed, and its file is here"
        return "listed"

    def finish(self, name: str) -> None:
        """What belongs to the site as a whole: authors, settings, redirects, the attachments."""
        for author in self.survey.authors.values():
            what = "left out, nothing by them is published"
            if author.slug in self.writers:
                made = Document((("Name", author.name), ("Slug", author.slug)))
                what = str(self.public.put(
                    f"author/{author.slug}", f"authors/{author.slug}.md", made.text
                ))  # fmt: skip
            self.report.became("author", "", what)
        self._site()
        self._redirects()
        self._list(self.attachments, self.public, f"imports/{name}-attachments.tsv")
        self._list(self.hidden_attachments, self.hidden, "wordpress/attachments.tsv")

    def _site(self) -> None:
        survey = self.survey
        names = {author.slug: author.name for author in survey.authors.values()}
        writer = max(self.writers, key=lambda slug: (self.writers[slug], slug), default="")
        said = {
            "title": unescape(survey.title),
            "subtitle": unescape(survey.subtitle),
            "url": survey.bases[0] if survey.bases else "",
            "language": survey.language,
            "timezone": survey.timezone,
            "author": names.get(writer, ""),
        }
        facts.settle(self.public, said, survey.patterns)

    def _redirects(self) -> None:
        self.redirects.update(oldlinks.of_site(self.survey, self.terms))
        live = {"/" + post.url for post in self.survey.posts.values() if post.url}
        facts.redirect(self.public, self.redirects, live)

    def _list(self, table: Table, delivery: Delivery, path: str) -> None:
        """A list of attachments, with those that earlier exports had."""
        if not len(table):
            return
        place = delivery.root / path
        before = "".join(read_lines(place)).splitlines()
        rows = {line.partition("\t")[0].zfill(12): line for line in before[1:]}
        rows.update(table.items())
        lines = ["id\taddress\ttitle\tattached to\tdate", *(rows[key] for key in sorted(rows))]
        if lines != before:
            self.report.changes += 1
            if not delivery.dry_run:
                write_lines(place, (f"{line}\n" for line in lines), mode=delivery.mode)

    def save_rows(self) -> None:
        for rows in (self.pending, self.people, self.withheld):
            rows.save()


def _notes(report: Report, survey: Survey, mover: _Mover, timezone: str | None) -> None:
    how = "as you said" if timezone else "inferred from the dates; --timezone sets another"
    report.notes.append(f"Time zone: {survey.timezone} ({how}).")
    report.notes.append(f"Posts are at /{survey.patterns.post}, pages at /{survey.patterns.page}")
    if mover.by_authors:
        report.notes.append(f"Comments by the author of their post: {mover.by_authors}.")
    if mover.tally.kept_as_html:
        report.notes.append(
            f"Of {mover.tally.blocks} blocks of text, {mover.tally.kept_as_html} stay HTML, "
            "for Markdown can't say them."
        )
    if mover.tally.shortcodes:
        listed = ", ".join(f"{name} {n}" for name, n in sorted(mover.tally.shortcodes.items()))
        report.notes.append(f"Shortcodes, kept to the letter: {listed}.")
