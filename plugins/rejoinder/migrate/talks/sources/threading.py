"""Who answers whom, where comments name one another by ids, by file names, or by position. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rejoinder.migrate.talks.model import Remark, Told
from rejoinder.migrate.talks.sources.fields import Fields

_NOBODY = frozenset({"", "0", "-1", "none", "false", "undefined"})


@dataclass(frozen=True, slots=True)
class Said:
    """A comment, what tells it from others of its page, further names that it goes by, the one
    that it was found inside of, and what its page is called."""

    fields: Fields
    key: str
    names: tuple[str, ...] = ()
    within: str = ""
    page: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Group:
    """The comments of a page, with what each answers: a key, '' for none, or what it says where
    that is no key; and the number that this is, else 0."""

    comments: Sequence[Said]
    parents: list[str]
    numbers: list[int]


def threaded(
    pages: Mapping[str, Sequence[Said]], told: Told
) -> Iterator[tuple[str, tuple[Remark, ...]]]:
    """The comments of each page, as remarks that know whom they answer.

    Some themes (Made Mistakes, Minimal Mistakes) number comments as they stand on the page, and
    keep the number of the one that is answered. How they count, from 1 on, all comments or those
    that answer none, by file or by date, is not said anywhere: of these ways, that one is taken by
    which most answers of all pages come after what they answer.
    """
    groups = {page: _group(comments) for page, comments in pages.items()}
    way = max(_WAYS, key=lambda way: sum(_right(group, way) for group in groups.values()))
    placed = 0
    for page, group in groups.items():
        positions = _positions(group, way)
        placed += sum(key is not None for key in positions)
        yield (
            page,
            tuple(
                _remark(one, parent if key is None else key)
                for one, parent, key in zip(group.comments, group.parents, positions, strict=True)
            ),
        )
    if placed:
        told(None, f"{placed} comments name what they answer by its position, {_WAYS[way]}")


def _group(comments: Sequence[Said]) -> _Group:
    keys: dict[str, str] = {}
    for one in comments:
        for name in (one.key, *one.names):
            keys.setdefault(_plain(name), one.key)
    found = [_parent(one, keys) for one in comments]
    return _Group(comments, [parent for parent, _ in found], [number for _, number in found])


def _parent(one: Said, keys: Mapping[str, str]) -> tuple[str, int]:
    if one.within:
        return one.within, 0
    found = one.fields
    for text in (*found.answers, *found.parent):
        if (key := keys.get(_plain(text))) is not None:
            return key, 0
    # Where there is a field for the answered comment, `_parent` is Staticman's: the page.
    said = found.answers if found.says_answers else found.parent
    for text in map(_plain, said):
        if "/" not in text and text.lower() not in _NOBODY and text not in one.page:
            return text, int(text) if text.isdecimal() and len(text) < 6 else 0
    return "", 0


def _plain(name: str) -> str:
    return name.strip().removeprefix("#")


Way = Callable[[_Group], list[Said]]


def _positions(group: _Group, way: Way) -> list[str | None]:
    """The key of the comment at each number; None where there is no number, or none at it."""
    if not any(group.numbers):
        return [None] * len(group.numbers)
    counted = way(group)
    return [
        counted[number - 1].key
        if 0 < number <= len(counted) and counted[number - 1] is not one
        else None
        for one, number in zip(group.comments, group.numbers, strict=True)
    ]


def _right(group: _Group, way: Way) -> int:
    """How many answers of a page name, by position, something that was said before."""
    when = {one.key: _when(one) for one in group.comments} if any(group.numbers) else {}
    return sum(
        key is not None and when[key] <= when[one.key]
        for one, key in zip(group.comments, _positions(group, way), strict=True)
    )


def _top(group: _Group) -> list[Said]:
    return [one for one, parent in zip(group.comments, group.parents, strict=True) if not parent]


_WAYS: dict[Way, str] = {
    _top: "of those that answer none, in the order of their files",
    lambda group: sorted(_top(group), key=_when): "of those that answer none, oldest first",
    lambda group: list(group.comments): "of all, in the order of their files",
    lambda group: sorted(group.comments, key=_when): "of all, oldest first",
}


def _when(one: Said) -> datetime:
    date = one.fields.date or datetime.max.replace(tzinfo=UTC)
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _remark(one: Said, parent: str) -> Remark:
    found = one.fields
    return Remark(
        id=one.key,
        date=found.date,
        body=found.body,
        author=found.author,
        parent=parent,
        status=found.status,
        format=found.format,
        url=found.url,
        email=found.email,
        ip=found.ip,
        agent=found.agent,
        anchor=f"comment-{found.id}" if found.id.isdecimal() else "",  # as WordPress has it
        title=found.title,
        by_author=found.by_author,
        more=found.more,
    )
