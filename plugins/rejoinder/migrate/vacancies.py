"""What can be had once, slugs, addresses, files and threads, by those that wish for it. Pure."""

from __future__ import annotations

import re

from rejoinder.comments.store import folder_name
from rejoinder.errors import StoreError


def free(taken: set[str], *wishes: str) -> str:
    """The first wish that nobody has, in lower case as some file systems see it; the last one
    with a number where all are taken."""
    number = 1
    for wish in wishes:
        if wish and wish.lower() not in taken:
            break
    else:
        while (wish := f"{wishes[-1]}-{(number := number + 1)}").lower() in taken:
            pass
    taken.add(wish.lower())
    return wish


def names_thread(key: str) -> bool:
    """Whether a key can name a thread."""
    try:
        return bool(folder_name(key))
    except StoreError:
        return False


def static(link: str) -> str | None:
    """A path that files can have: with a slash at its end unless it names a file; None for one
    that climbs or has unfit characters."""
    parts = link.split("/")
    if any(part in (".", "..") for part in parts) or re.search(r"[\x00-\x1f\\{}#|<>\"]", link):
        return None
    return link if link.endswith("/") or "." in parts[-1] else f"{link}/"
