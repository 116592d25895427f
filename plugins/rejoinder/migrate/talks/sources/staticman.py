"""Comments kept as files of data, as Staticman leaves them and as Jekyll and Hugo sites keep them.

A folder of YAML, JSON, TOML, or Markdown with front matter: a file a comment, in a folder a post
(`_data/comments/a-post/comment-1471818805944.yml`); a file a post, with a list of comments or a
table of them; one file for all, by post or with the post named in each; posts that have a list of
`comments` in their front matter (jekyll-import). Fields are told by their names; see `fields`.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

from rejoinder.errors import ImportFailed
from rejoinder.migrate import data
from rejoinder.migrate.talks.model import Talk, Told
from rejoinder.migrate.talks.sources import fields
from rejoinder.migrate.talks.sources.fields import Fields
from rejoinder.migrate.talks.sources.threading import Said, threaded

_PROSE = frozenset({".md", ".markdown", ".mkd", ".html", ".htm", ".txt", ""})
_DEEPEST = 12
_GENERAL = frozenset({"comments", "_comments", "comment", "index", "_data", "data"})
_ITEM = re.compile(r"^- ", re.M)
_DATED = re.compile(r"\d{4}-\d{1,2}-\d{1,2}-(?=.)")


@dataclass(frozen=True, slots=True)
class _Kept:
    """A comment as it was found: under which names, in which file, what hints at its id, and the
    id of the one that it stands inside of."""

    fields: Fields
    place: tuple[str, ...]
    names: tuple[str, ...]
    within: str = ""


def read(file: Path, told: Told) -> Iterator[Talk]:
    """The discussions of a folder, or of one file of data. Raises ImportFailed."""
    groups: dict[str, list[_Kept]] = {}
    alone = _told_apart((file.name,)) if file.is_dir() else ()  # it may be one post's
    for kept in _kept(file, told):
        groups.setdefault(_page(kept) or "/".join(alone), []).append(kept)
    if not groups:
        raise ImportFailed(
            "no comments were found there", where=file,
            mend="Name the folder that they are in, like _data/comments or data/comments.",
        )  # fmt: skip
    found = {page: [_said(one, page) for one in group] for page, group in groups.items()}
    for page, remarks in threaded(found, told):
        yield Talk(page, _addresses(page, groups[page]), remarks, slug=_slug(page))


def files(root: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The files of a folder, by path: each one's path, and its name after those of the folders that
    it is in; hidden ones and what a link leads outside to are left out. A file alone is one."""
    if not root.is_dir():
        yield str(root), (root.name,)
        return
    real = root.resolve()
    for parts, path, is_link in sorted(_walked(str(root), ())):
        if is_link:
            led = Path(path)
            if not (led.is_file() and led.resolve().is_relative_to(real)):
                continue
        yield path, parts


def _walked(folder: str, folders: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, bool]]:
    """Whatever is in a folder and is none: its names, its path, and whether it is a link."""
    with os.scandir(folder) as entries:
        for entry in entries:
            parts = (*folders, entry.name)
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walked(entry.path, parts)
            else:
                yield parts, entry.path, entry.is_symlink()


def _kept(root: Path, told: Told) -> Iterator[_Kept]:
    for path, parts in files(root):
        stem, ending = os.path.splitext(parts[-1])  # noqa: PTH122
        ending = ending.lower()
        if ending not in data.ENDINGS and ending not in _PROSE:
            continue
        name = "/".join(parts)
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            text, wrong = data.decoded(file.readall())
        if wrong:
            told(None, f"{name}: {wrong}")
        place = (*parts[:-1], stem)
        try:
            found = list(_found(text, ending, place))
        except ImportFailed as error:
            items = _items(text) if data.ENDINGS.get(ending) == "YAML" else []
            found = [one for before, part in items
                     for one in _mended(part, ending, place, before, name, told)]  # fmt: skip
            if not items:
                told(None, f"{name}{_at(error)}: {error.what}; the file was left out")
        else:
            if not found and ending in data.ENDINGS:
                told(None, f"{name} holds no comments, and was left out")
        yield from found


def _items(text: str) -> list[tuple[int, str]]:
    """The items of a list of YAML, with the lines before each, so that one that can't be read
    spoils no other; nothing of what is no list of several."""
    starts = [match.start() for match in _ITEM.finditer(text)]
    bounds = pairwise([*starts, len(text)])
    parts = [(text.count("\n", 0, begin), text[begin:end]) for begin, end in bounds]
    return parts if len(parts) > 1 else []


def _mended(
    part: str, ending: str, place: tuple[str, ...], before: int, name: str, told: Told
) -> list[_Kept]:
    try:
        return list(_found(part, ending, place))
    except ImportFailed as error:
        told(None, f"{name}{_at(error, before)}: {error.what}; this one was left out")
        return []


def _at(error: ImportFailed, before: int = 0) -> str:
    return f", line {before + error.line}" if error.line else ""


def _found(text: str, ending: str, place: tuple[str, ...]) -> Iterator[_Kept]:
    if ending in data.ENDINGS:
        return _gather(data.parse(text, data.ENDINGS[ending]), place)
    page = data.page(text)
    if not page.fields and text.startswith("---"):  # `_comments` are YAML by any name
        return _gather(data.parse(text, "YAML"), place)
    return _of_page(page, place)


def _of_page(page: data.Page, place: tuple[str, ...]) -> Iterator[_Kept]:
    """What is in a Markdown file: one comment, or a post that has comments in its front matter."""
    if isinstance(page.fields.get("comments"), list):
        yield from _gather(page.fields["comments"], place)
    elif fields.is_comment({**page.fields, "body": page.body}):
        yield _Kept(fields.read(page.fields, page.body), place[:-1], place[-1:])


def _gather(value: Any, place: tuple[str, ...]) -> Iterator[_Kept]:
    """All comments in a value; `place` is where it stands: folders, the file's stem, names of
    tables. Values that YAML's aliases repeat are looked at once."""
    seen: set[int] = set()

    def look(value: Any, place: tuple[str, ...], names: tuple[str, ...], within: str
             ) -> Iterator[_Kept]:  # fmt: skip
        if not isinstance(value, dict | list) or id(value) in seen or len(place) > _DEEPEST:
            return
        seen.add(id(value))
        if isinstance(value, list):
            for one in value:
                yield from look(one, place, (), within)
        elif fields.is_comment(value):
            kept = _Kept(fields.read(value), place, names, within)
            yield kept
            for inner in ("replies", "children"):
                yield from look(value.get(inner), place, (), key_of(kept))
        else:
            for name, one in value.items():
                if isinstance(one, dict) and fields.is_comment(one):
                    yield from look(one, place, (str(name),), within)
                else:
                    yield from look(one, (*place, str(name)), (), within)

    if isinstance(value, dict) and fields.is_comment(value):  # a file a comment
        yield from look(value, place[:-1], place[-1:], "")
    else:
        yield from look(value, place, (), "")


def key_of(kept: _Kept) -> str:
    """A comment's id: its own, its file's or table's name, else a digest of who and when, which
    stays when words are mended or others are put before it."""
    found = kept.fields
    if found.id:
        return found.id
    if kept.names:
        return kept.names[0]
    about = f"{found.date}|{found.author}|{found.email}"
    if found.date is None:
        about += found.body
    return hashlib.sha256(about.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _page(kept: _Kept) -> str:
    """The page that a comment belongs to: the address that it says, else its folders, else the
    name that it says; '' where nothing does."""
    said = kept.fields.page
    if said and "/" in said[0]:
        return said[0]
    folders = "/".join(_told_apart(kept.place))
    return folders or (said[0] if said else "")


def _told_apart(place: tuple[str, ...]) -> tuple[str, ...]:
    """What of a path is a post's own: what comes after a folder called 'comments'."""
    while place and place[-1].lower() in _GENERAL:
        place = place[:-1]
    for at in range(len(place) - 1, -1, -1):
        if place[at].lower() in _GENERAL:
            return place[at + 1 :]
    return place


def _slug(page: str) -> str:
    last = PurePosixPath(page.partition("?")[0]).name
    return _DATED.sub("", last)


def _addresses(page: str, group: list[_Kept]) -> tuple[str, ...]:
    said = [text for kept in group for text in kept.fields.page if "/" in text]
    origins = [text for kept in group for text in kept.fields.parent if "/" in text]
    found = dict.fromkeys([*said, page, *origins])
    return tuple(text if re.match(r"https?://|/", text) else f"/{text}" for text in found if text)


def _said(kept: _Kept, page: str) -> Said:
    return Said(
        kept.fields, key_of(kept), tuple(dict.fromkeys((*kept.names, kept.fields.id))),
        kept.within, frozenset({page, _slug(page)}),
    )  # fmt: skip
