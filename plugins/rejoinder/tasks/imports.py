"""Moving in: blogs and discussions of other systems, what others keep for us, and the author's own
exports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from rejoinder import authors
from rejoinder.authors import own_profiles
from rejoinder.errors import CrosslinkError, FetchError, ImportFailed, RejoinderError
from rejoinder.migrate.entries.sources import SOURCES as BLOGS
from rejoinder.migrate.report import Report, counted
from rejoinder.migrate.talks.sources import SOURCES as DISCUSSIONS
from rejoinder.profiles import targets
from rejoinder.profiles.ledger import editing, merge
from rejoinder.profiles.matching import match
from rejoinder.tasks.common import (
    CONTENT,
    Folders,
    author_of,
    console,
    errors,
    network,
    plain,
    plain_errors,
    progress,
)
from rejoinder.web import Client

SOURCES = tuple(dict.fromkeys(
    ("wordpress", *BLOGS, *DISCUSSIONS, "linkedin", "x", "webmention.io")
))  # fmt: skip


@task(
    name="import",
    positional=["source", "file"],
    help={
        "source": f"what the file comes from: {', '.join(SOURCES)}",
        "file": "the export: a file, or a folder of files",
        "dry_run": "say what would be done, and write nothing",
        "timezone": "of dates that say none, like Europe/London (default: found, or the site's)",
        "fetch_media": "blogs: download pictures and attachments from where they are",
        "author": "whose it is, by slug (default: the site's author, or who wrote the post)",
        "visibility": "linkedin: take these as well, like MEMBER_NETWORK, if yours were public",
        "old_url": "blogs and discussions: an address that the site had there (repeatable)",
        "map": "discussions: a file of lines 'ADDRESS THREAD', for those that no post fits",
        "mine": "discussions: names and e-mail addresses under which you wrote there, with commas",
        "content": CONTENT,
    },
    iterable=["old_url"],
)
@plain_errors
def import_site(
    context: Context,
    source: str,
    file: str,
    dry_run: bool = False,
    timezone: str | None = None,
    fetch_media: bool = False,
    author: str | None = None,
    visibility: str = "",
    old_url: list[str] | None = None,
    map: str | None = None,
    mine: str = "",
    content: str | None = None,
) -> None:
    """Bring posts and comments here from another system; a second run changes nothing."""
    folder = Folders(context, content, None).content
    if source == "wordpress":
        wordpress(folder, file, dry_run, timezone, fetch_media)
    elif source in BLOGS or source in DISCUSSIONS:
        move(
            folder, source, file, dry_run, old_urls=old_url or (), map_file=map,
            mine=_listed(mine), author=author, timezone=timezone, fetch_media=fetch_media,
        )  # fmt: skip
    elif source == "webmention.io":
        webmention_io(folder, file, dry_run)
    elif source in SOURCES:
        profile(folder, source, file, author, _listed(visibility), dry_run)
    else:
        raise RejoinderError(
            f"nothing can be imported from {source!r}", mend=f"Use one of: {', '.join(SOURCES)}."
        )


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def wordpress(
    content: Path, file: str, dry_run: bool, timezone: str | None, fetch_media: bool
) -> None:
    """A whole site, from WordPress's export."""
    from rejoinder.migrate import wordpress as source

    with progress(f"reading {Path(file).name}") as show:
        report = source.run(
            Path(file), content, dry_run=dry_run, timezone=timezone,
            fetch=_fetching() if fetch_media else None, progress=show,
        )  # fmt: skip
    _tell(report)


def _fetching() -> Callable[[str], bytes]:
    client = Client()

    def fetch(url: str) -> bytes:
        answer = client.get(url)
        if answer.status != 200:
            raise FetchError(f"the server answered {answer.status}", where=url)
        return answer.body

    return fetch


def move(
    content: Path, source: str, file: str, dry_run: bool, *, old_urls: Sequence[str],
    map_file: str | None, mine: Sequence[str], author: str | None, timezone: str | None,
    fetch_media: bool = False,
) -> None:  # fmt: skip
    """The posts and pages of another system, and the discussions of another comment system, under
    the posts that are here; of one that has both, both."""
    from rejoinder.migrate.entries import moving as entries
    from rejoinder.migrate.talks import moving as talks

    moved = None
    if source in BLOGS:
        fetch = _fetching() if fetch_media else None
        wish = entries.Wish(tuple(old_urls), timezone or "", fetch, dry_run)
        with progress(f"moving {Path(file).name}", by_bytes=False) as show:
            moved = entries.run(source, Path(file), content, wish, show)
        _tell(moved.report)
    if source in DISCUSSIONS and (moved is None or moved.comments):
        said = talks.Wish(
            (*old_urls, *(moved.bases if moved else ())),
            talks.read_map(Path(map_file)) if map_file else {},
            frozenset(name.lower() for name in mine), author or "", timezone or "", dry_run,
        )  # fmt: skip
        coming = moved.places if moved else ()
        with progress(f"moving {Path(file).name}", by_bytes=False) as show:
            there = moved.file if moved else Path(file)
            report = talks.run(source, there, content, said, show, coming)
        _tell(report)


def _tell(report: Report) -> None:
    console.print(report.text(), markup=False)
    if not report.closes:
        raise Exit(code=1)


def webmention_io(content: Path, file: str, dry_run: bool) -> None:
    """Mentions from webmention.io, by its JSON in a file or at its address, into the queue."""
    from rejoinder.mentions import jf2
    from rejoinder.replies.desk import open_desk
    from rejoinder.replies.mentioning import Mentions, RefusedError
    from rejoinder.replies.model import Status

    mentions, problems = jf2.read(_bytes(content, file), file.partition("?")[0])
    elsewhere: Counter[str] = Counter()
    with open_desk(content) as desk:
        taken = set()
        door = Mentions(desk)
        before = {reply.id for reply in desk.queue.with_status(*Status)}
        for mention in mentions:
            if dry_run:
                elsewhere[mention.target] += desk.subjects.key_of(mention.target) is None
                continue
            try:
                taken.add(door.take(mention, datetime.now(UTC)))
            except RefusedError:
                elsewhere[mention.target] += 1
        desk.publish()
    for problem in problems:
        errors.print(plain(problem))
    for target, count in sorted((+elsewhere).items()):
        console.print(f"No page fits {plain(target)} ({counted(count, 'mention')}).", markup=False)
    foreign = elsewhere.total()
    ours = len(mentions) - foreign
    new = f"{len(taken - before)} new, {len(taken & before)} known" if not dry_run else "a dry run"
    console.print(
        f"{len(mentions) + len(problems)} mentions read: {ours} of this site ({new}), {foreign} of "
        f"pages that aren't here, {len(problems)} unreadable. 'invoke queue' lists what waits.",
        markup=False,
    )


def _bytes(content: Path, file: str) -> bytes:
    if file.startswith(("http://", "https://")):
        with network(content) as client:
            answer = client.get(file)
        if answer.status != 200:
            where = file.partition("?")[0]  # what follows may be a token
            raise FetchError(f"the server answered {answer.status}", where=where)
        return answer.body
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise ImportFailed(f"the file can't be read: {error.strerror}", where=file) from error


def profile(
    content: Path, network: str, file: str, author: str | None, also: list[str], dry_run: bool
) -> None:
    """What the author published on a network without a feed, from their own export."""
    from rejoinder.profiles.exports import linkedin, x

    whose = author_of(content, authors.load(content), author)
    own = next((p for p in own_profiles(whose) if p.network == network), None)
    if own is None:
        raise CrosslinkError(
            f"{whose.name} has no profile there", where=content / authors.FOLDER,
            mend=f"First add it by its address: invoke profiles add https://… ({network}).",
        )  # fmt: skip
    with console.status("reading"):
        found = linkedin.read(Path(file), also) if network == "linkedin" else x.read(Path(file))
    key = whose.slug, own.name
    with editing(content) as ledger:
        merged = merge(ledger.of(key), found.entries)
        if not dry_run:
            ledger.entries[key] = merged.entries
        tied, questions = match(ledger, targets.load(content))
        if dry_run:
            ledger.entries.clear()
            ledger.load()
    for problem in found.problems[:20]:
        errors.print(plain(problem))
    for reason, count in sorted(found.left_out.items()):
        console.print(f"left out: {count}, {reason}", markup=False)
    if any(reason.startswith("visibility ") for reason in found.left_out):
        console.print("If those are public, name them: --visibility MEMBER_NETWORK", markup=False)
    console.print(
        f"{len(found.entries)} entries read, {len(merged.new)} new, {merged.changed} changed, "
        f"{len(found.problems)} unreadable"
        + (" (a dry run)" if dry_run else f"; {tied} tied to posts, {len(questions)} to decide"),
        markup=False,
    )
