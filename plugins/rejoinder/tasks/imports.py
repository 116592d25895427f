"""The smaller imports: what others keep for us, and the author's own exports."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from rejoinder import authors
from rejoinder.authors import own_profiles
from rejoinder.errors import CrosslinkError, FetchError, ImportFailed
from rejoinder.profiles import targets
from rejoinder.profiles.ledger import editing, merge
from rejoinder.profiles.matching import match
from rejoinder.tasks.common import author_of, console, errors, network, plain


def webmention_io(content: Path, file: str, dry_run: bool) -> None:
    """Mentions from webmention.io, by its JSON in a file or at its address, into the queue."""
    from rejoinder.mentions import jf2
    from rejoinder.replies.desk import open_desk
    from rejoinder.replies.mentioning import Mentions, RefusedError
    from rejoinder.replies.model import Status

    mentions, problems = jf2.read(_bytes(content, file), file.partition("?")[0])
    foreign = 0
    with open_desk(content) as desk:
        taken = set()
        door = Mentions(desk)
        before = {reply.id for reply in desk.queue.with_status(*Status)}
        for mention in mentions:
            if dry_run:
                foreign += desk.subjects.key_of(mention.target) is None
                continue
            try:
                taken.add(door.take(mention, datetime.now(UTC)))
            except RefusedError:
                foreign += 1
        desk.publish()
    for problem in problems:
        errors.print(plain(problem))
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
