"""The smaller imports: what others keep for us, and the author's own exports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from rejoinder.errors import FetchError, ImportFailed
from rejoinder.tasks.common import console, errors, network, plain

Import = Callable[[Path, str, bool], None]


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


SMALL: Mapping[str, Import] = {"webmention.io": webmention_io}
