"""The comments of one discussion, as they will stand in their thread. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from rejoinder.comments.model import ANCHOR_PATTERN, ID_PATTERN, Comment, Kind, make_id
from rejoinder.migrate.names import web_address, without_mail
from rejoinder.migrate.talks.matching import Place
from rejoinder.migrate.talks.model import Remark, Standing, Talk, Told

_SOME_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = 1, 9999
"""Years that stand for no date (Go's and .NET's), or that not every zone can write."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A remark, its key in the ledger, the comment that it becomes (None of what is left out), what
    of it is nobody's business, and whether it is a second copy."""

    remark: Remark
    key: str
    comment: Comment | None
    private: Mapping[str, str]
    is_copy: bool = False


@dataclass(frozen=True, slots=True)
class Mine:
    """Who the post's author was in the other system: names and e-mail addresses, in lower case,
    and the slug that comments of theirs get. `moderators` are the names that count where that
    system says that a moderator wrote."""

    names: frozenset[str] = frozenset()
    slug: str = ""
    moderators: frozenset[str] = frozenset()

    def wrote(self, remark: Remark) -> bool:
        """Whether a remark is the author's own."""
        known = {remark.author.strip().lower(), remark.email.strip().lower()} - {""}
        counts = self.names | self.moderators if remark.by_author else self.names
        return bool(known & counts)


def keyed(talk: Talk, told: Told) -> Iterator[tuple[Remark, str]]:
    """Each remark of a talk, in its order, and what tells it from the others: its id, with a number
    where another has that id, too; '' is a second copy of one."""
    first: dict[str, Remark] = {}
    for remark in talk.remarks:
        key = name = remark.id or "none"
        number = 1
        while (twin := first.setdefault(key, remark)) is not remark and twin != remark:
            number += 1
            key = f"{name}x{number}"
        if number > 1 and twin is remark:
            told(remark.line, f"comment {remark.id} is a second one of that number")
        yield remark, key if twin is remark else ""


def joined(
    talk: Talk, place: Place, source: str, mine: Mine, zone: tzinfo,
    known_id: Callable[[str], str | None], taken: set[str], told: Told,
) -> Iterator[Joined]:  # fmt: skip
    """Each remark of a talk, in its order. `zone` is that of dates that say none; `known_id` gives
    the id that an earlier import gave to a key; `taken` are the ids that the thread's other
    comments have, and is added to; `told` hears what was repaired."""
    keys = [key for _, key in keyed(talk, told)]
    moments = _moments(talk, place, zone, told)
    ids: dict[str, str] = {}
    for key, moment in zip(keys, moments, strict=True):
        if key:
            known = known_id(f"comment/{talk.key}/{key}")
            ids[key] = known or _id(moment, source, talk.key, key, taken)
            taken.add(ids[key])
    anchors: set[str] = set()
    for remark, key, moment in zip(talk.remarks, keys, moments, strict=True):
        if (
            remark.anchor and remark.anchor in anchors
        ):  # of two with one number, the first has its permalink
            remark = replace(remark, anchor="")
        anchors.add(remark.anchor)
        if not key:
            yield Joined(remark, "", None, {}, is_copy=True)
            continue
        comment = None
        if remark.status in (Standing.APPROVED, Standing.PENDING):
            parent = _parent(remark, key, ids, moment, source, talk.key, told)
            comment = _comment(remark, ids[key], moment, parent, source, mine, told)
        yield Joined(remark, f"comment/{talk.key}/{key}", comment, _private(remark))


def _moments(talk: Talk, place: Place, zone: tzinfo, told: Told) -> list[datetime]:
    """When each was said; one without a date was said when what stands before it was."""
    found = []
    last = place.date or _SOME_TIME
    for remark in talk.remarks:
        date = remark.date
        if date is None or not _EARLIEST < date.year < _LATEST:
            told(remark.line, f"comment {remark.id} has no date; the one before it was taken")
        else:
            last = date if date.tzinfo else date.replace(tzinfo=zone)
        found.append(last.replace(microsecond=0))
    return found


def _id(moment: datetime, source: str, talk: str, key: str, taken: set[str]) -> str:
    """Its own, where it has one of ours; else one of its date, source and key."""
    if ID_PATTERN.fullmatch(key):
        return key
    short = re.sub(r"[^a-z0-9]", "", source.lower())[:12]
    plain = key.lower() if re.fullmatch(r"[a-z0-9]{1,24}", key) else _digest(key)
    made = make_id(moment, f"{short}{plain}")
    return made if made not in taken else make_id(moment, f"{short}{_digest(f'{talk} {key}')}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _parent(
    remark: Remark, key: str, ids: Mapping[str, str], moment: datetime, source: str, talk: str,
    told: Told,
) -> str | None:  # fmt: skip
    """The id of what a remark answers. What isn't in the export gets one of this remark's date, and
    the page says that it is gone."""
    if not remark.parent:
        return None
    if remark.parent == remark.id:
        told(remark.line, f"comment {key} answers itself, which was taken out")
        return None
    if remark.parent not in ids:
        told(remark.line, f"comment {key} answers {remark.parent}, which is not in the export")
        return _id(moment, source, talk, remark.parent, set())
    return ids[remark.parent]


def _comment(
    remark: Remark, id: str, moment: datetime, parent: str | None, source: str, mine: Mine,
    told: Told,
) -> Comment:  # fmt: skip
    shown = without_mail(remark.author) or "Anonymous"
    if remark.author and shown != remark.author.strip():
        told(remark.line, f"the name of who wrote {remark.id} holds an e-mail address, taken out")
    own = remark.kind is Kind.COMMENT and mine.wrote(remark)
    is_fit = ANCHOR_PATTERN.fullmatch(remark.anchor) and remark.anchor != f"comment-{id}"
    return Comment(
        id=id,
        author=shown,
        author_id=(mine.slug or None) if own else None,
        url=web_address(remark.url),
        date=moment,
        body=remark.body.strip("\n"),
        in_reply_to=parent,
        kind=Kind.AUTHOR if own else remark.kind,
        format=remark.format,
        anchor=remark.anchor if is_fit else None,
        source=source,
        source_url=web_address(remark.source_url),
        title=without_mail(remark.title) or None,
    )


def _private(remark: Remark) -> dict[str, str]:
    facts = {"name": remark.author, "email": remark.email, "url": remark.url, "ip": remark.ip,
             "agent": remark.agent}  # fmt: skip
    return {name: value for name, value in facts.items() if value} | further(remark)


def further(remark: Remark) -> dict[str, str]:
    """Fields that mean nothing here, by names that are no others'."""
    return {f"field {name}": value for name, value in remark.more.items()}
