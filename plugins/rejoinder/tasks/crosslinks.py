"""The tasks of crosslinks: profiles, sync, and what is asked of the author."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from textwrap import shorten

from invoke.context import Context
from invoke.tasks import task

from rejoinder import authors, private, site
from rejoinder.authors import AuthorFile
from rejoinder.errors import CrosslinkError
from rejoinder.profiles import coverage, matching, targets
from rejoinder.profiles.entries import Entry, Verdict
from rejoinder.profiles.ledger import Key, Ledger, editing
from rejoinder.profiles.matcher import Target
from rejoinder.profiles.matching import Asked
from rejoinder.profiles.networks import feed_of
from rejoinder.profiles.sync import Summary, run
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

ACTIONS = ("add", "opml", "list")


@task(
    positional=["action", "what"],
    help={
        "action": "add, opml or list",
        "what": "add: the profile's address; opml: a file with feeds; list: an author, or all",
        "author": "whose, by slug (default: the site's author)",
        "name": "what to call it (default: its network)",
        "dry_run": "say what was found, and write nothing",
        "content": CONTENT,
    },
)
@plain_errors
def profiles(
    context: Context,
    action: str,
    what: str,
    author: str | None = None,
    name: str | None = None,
    dry_run: bool = False,
    content: str | None = None,
) -> None:
    """The authors' profiles elsewhere: list them, or add one, or all that an OPML file has."""
    folders = Folders(context, content, None)
    if action not in ACTIONS:
        raise CrosslinkError(f"{action!r} can't be done", mend=f"Use {', '.join(ACTIONS)}.")
    found = authors.load(folders.content)
    if action == "list":
        wanted = found.values() if what == "all" else [author_of(folders.content, found, what)]
        _list(wanted)
    elif action == "add":
        _add(folders.content, author_of(folders.content, found, author), what, name, dry_run)
    else:
        _add_all(folders.content, author_of(folders.content, found, author), Path(what), dry_run)


def _list(wanted: Iterable[AuthorFile]) -> None:
    for author in wanted:
        console.print(f"{author.name} ({author.slug})", markup=False)
        for profile in author.profiles:
            feed = feed_of(profile.url, profile.feed) or "no feed; by an export"
            what = "watched" if profile.watches else profile.url
            console.print(f"  {profile.name}: {profile.label}, {what}\n    {feed}", markup=False)
        if not author.profiles:
            console.print("  no profiles yet: invoke profiles add URL", markup=False)


def _add(content: Path, author: AuthorFile, url: str, name: str | None, dry_run: bool) -> None:
    from rejoinder.profiles.discovery import discover, profile_name

    facts = site.load(content)
    with network(content) as client, console.status("looking at the profile"):
        seen = discover(client, url, (facts.url, *facts.old_urls))
    known = next((p for p in author.profiles if p.url == url), None)
    taken = [profile.name for profile in author.profiles]
    chosen = name or (known.name if known else profile_name(seen.network, url, taken))
    profile = authors.make_profile(chosen, url, seen.feed)
    console.print(f"{profile.label}: {url}", markup=False)
    if seen.feed:
        count = len(seen.content.entries)
        console.print(f"  feed: {seen.feed} ({count} entries now)", markup=False)
    elif seen.network in ("linkedin", "x"):
        console.print(f"  it has no feed; bring your own export: invoke import {seen.network} "
                      "EXPORT.zip", markup=False)  # fmt: skip
    else:
        console.print("  no feed was found; if you know it, write it after the address",
                      markup=False)  # fmt: skip
        for tried in seen.tried:
            console.print(f"    tried {tried}", markup=False)
    if seen.links_back:
        console.print("  its page says that this site is yours, too (rel=me)", markup=False)
    elif facts.url:
        why = "could not be read" if seen.links_back is None else "has no rel=me link to here"
        console.print(f"  its page {why}: add {facts.url}/ to that profile", markup=False)
    if dry_run:
        return
    path = _file_of(content, author)
    authors.add_lines(path, [profile])
    console.print(f"written to {path}; now: invoke sync", markup=False)


def _add_all(content: Path, author: AuthorFile, file: Path, dry_run: bool) -> None:
    from rejoinder.profiles import opml
    from rejoinder.profiles.discovery import profile_name
    from rejoinder.profiles.networks import recognise

    try:
        outlines = opml.read(file.read_bytes(), str(file))
    except OSError as error:
        raise CrosslinkError(f"the file can't be read: {error.strerror}", where=file) from error
    known = {feed_of(profile.url, profile.feed) for profile in author.profiles}
    taken = [profile.name for profile in author.profiles]
    new = []
    for one in outlines:
        if one.feed not in known:
            seen = recognise(one.url)
            name = profile_name(seen.network if seen else "web", one.url, taken)
            taken.append(name)
            new.append(authors.make_profile(name, one.url, one.feed))
            console.print(f"{name}: {one.title}, {one.feed}", markup=False)
    if new and not dry_run:
        authors.add_lines(_file_of(content, author), new)
    console.print(f"{len(new)} new profiles of {len(outlines)} feeds", markup=False)


def _file_of(content: Path, author: AuthorFile) -> Path:
    for path in sorted((content / authors.FOLDER).glob("*.md")):
        if authors.parse_author(path.read_text("utf-8"), path).slug == author.slug:
            return path
    raise CrosslinkError("the author's file is gone", where=content / authors.FOLDER)


@task(
    iterable=["only"],
    help={
        "everything": "ask feeds as well that are not due yet",
        "only": "a profile's name; may be given several times",
        "content": CONTENT,
    },
)
@plain_errors
def sync(
    context: Context,
    everything: bool = False,
    only: list[str] | None = None,
    content: str | None = None,
) -> None:
    """Ask the profiles' feeds what is new, keep it, and tie it to the posts it is about."""
    folders = Folders(context, content, None)
    with network(folders.content) as client:
        with progress("asking", by_bytes=False) as show:
            summary = run(
                folders.content, client, everything=everything, only=tuple(only or ()),
                progress=show,
            )  # fmt: skip
        _print_summary(summary)
        if not only:
            _backfeed(folders.content, client)


def _print_summary(summary: Summary) -> None:
    for (_, name), entry in summary.new[:20]:
        console.print(f"new: {name} {entry.date:%Y-%m-%d} {_words(entry)}", markup=False)
    if len(summary.new) > 20:
        console.print(f"     and {len(summary.new) - 20} more", markup=False)
    console.print(
        f"{summary.asked} feeds asked ({summary.unchanged} had nothing new, {summary.failed} "
        f"failed), {summary.waiting} not due; {len(summary.new)} new entries, {summary.changed} "
        f"changed; {summary.matched} tied to posts; {summary.bytes:,} bytes",
        markup=False,
    )
    for source, finding in summary.findings:
        mend = f" {finding.mend}" if finding.mend else ""
        errors.print(f"[yellow]{finding.health}:[/] "
                     + plain(f"{'/'.join(source.key)}: {finding.what}.{mend}"))  # fmt: skip
    if summary.questions:
        console.print(f"{len(summary.questions)} to decide: invoke crosslinks", markup=False)


def _backfeed(content: Path, client: Client) -> None:
    """What people say under the author's announcements, into the reply desk's queue; nothing
    where the site has no desk."""
    if not (private.folder_of(content) / private.DESK).is_dir():
        return
    from rejoinder.replies.backfeeding import feed_back
    from rejoinder.replies.desk import open_desk

    with open_desk(content) as desk, progress("listening", by_bytes=False) as show:
        heard = feed_back(desk, client, datetime.now(UTC), progress=show)
        desk.publish()
    for problem in heard.problems:
        errors.print(plain(problem))
    if heard.asked:
        console.print(
            f"{heard.asked} announcements looked at: {heard.new} new replies, likes and reposts, "
            f"{heard.gone} taken back; {heard.waiting} wait: invoke queue",
            markup=False,
        )


@task(
    iterable=["yes", "no", "again"],
    help={
        "yes": "an entry that is about the post: ENTRY, or ENTRY=POST by the post's slug",
        "no": "an entry that is not, in the same way",
        "again": "an entry to be asked about again: what was said is forgotten",
        "coverage": "show what was never announced, and entries without a post",
        "content": CONTENT,
    },
)
@plain_errors
def crosslinks(
    context: Context,
    yes: list[str] | None = None,
    no: list[str] | None = None,
    again: list[str] | None = None,
    coverage: bool = False,
    content: str | None = None,
) -> None:
    """What is asked: is this entry about that post? On a terminal, answer as you go."""
    folders = Folders(context, content, None)
    posts = targets.load(folders.content)
    if coverage:
        _print_coverage(folders.content, posts)
        return
    with editing(folders.content) as ledger:
        _, questions = matching.match(ledger, posts)
        told = [(text, Verdict.YES) for text in yes or ()] + [
            (text, Verdict.NO) for text in no or ()
        ]
        for text, verdict in told:
            entry_id, thread = _meant(text, questions, {post.thread for post in posts})
            matching.decide(ledger, entry_id, thread, verdict)
            console.print(f"{verdict}: {entry_id} and {thread}", markup=False)
        for text in again or ():
            entry_id, _, thread = text.rpartition("=") if "=" in text else (text, "", "")
            forgotten = matching.forget(ledger, entry_id or thread, thread if entry_id else "")
            console.print(f"to be asked again: {forgotten}", markup=False)
        if told or again:
            return
        if sys.stdin.isatty() and questions:
            _ask(ledger, questions)
            return
    for one in questions:
        _print_question(one)
    how = ": --yes ENTRY or --no ENTRY, or ENTRY=POST" if questions else ""
    console.print(f"{len(questions)} to decide{how}", markup=False)


def _meant(text: str, questions: list[Asked], threads: set[str]) -> tuple[str, str]:
    """The entry and the post of `ENTRY` or `ENTRY=POST`; ids may hold '=' themselves."""
    entry_id, _, thread = text.rpartition("=")
    if entry_id and thread in threads:
        return entry_id, thread
    asked = {one.post.thread for one in questions if one.entry.id == text}
    if len(asked) != 1:
        raise CrosslinkError(
            f"it is not clear which post is meant with {text!r}",
            mend="Write ENTRY=POST, the post by its slug.",
        )
    return text, asked.pop()


def _ask(ledger: Ledger, questions: list[Asked]) -> None:
    for number, one in enumerate(questions, start=1):
        console.print(f"[bold]{number} of {len(questions)}[/]")
        _print_question(one)
        answer = ""
        while answer not in ("y", "n", "s", "q"):
            answer = (
                console.input("[y]es, [n]o, [s]kip, [q]uit: ", markup=False).strip().lower()[:1]
            )
        if answer == "q":
            break
        if answer != "s":
            verdict = Verdict.YES if answer == "y" else Verdict.NO
            matching.decide(ledger, one.entry.id, one.post.thread, verdict)
            ledger.save()


def _print_question(one: Asked) -> None:
    console.print(
        f"{one.key[1]} {one.entry.date:%Y-%m-%d}: {_words(one.entry)}\n  {one.entry.url}\n"
        f"  about '{one.post.title}' ({one.post.thread})? {one.proposal.why}\n"
        f"  {one.entry.id}",
        markup=False,
    )


def _print_coverage(content: Path, posts: list[Target]) -> None:
    found = coverage.survey(posts, authors.load(content), Ledger(content).load())
    if not found.profiles:
        console.print("no profiles yet: invoke profiles add URL", markup=False)
        return
    for post, where in found.posts:
        missing = [_profile(key) for key, is_there in where.items() if not is_there]
        if missing:
            never = f"not on {', '.join(missing)}" if any(where.values()) else "nowhere"
            console.print(f"{post.thread}: announced {never}", markup=False)
    console.print(f"{len(found.silent)} of {len(found.posts)} posts were announced nowhere",
                  markup=False)  # fmt: skip
    for key, entry in found.ideas[:20]:
        console.print(f"no post yet: {_profile(key)} {entry.date:%Y-%m-%d} {_words(entry)}",
                      markup=False)  # fmt: skip
    console.print(f"{len(found.ideas)} entries that no post stands behind", markup=False)


def _profile(key: Key) -> str:
    return "/".join(key)


def _words(entry: Entry) -> str:
    return shorten(entry.title or entry.text or entry.url, 90, placeholder=" …")
