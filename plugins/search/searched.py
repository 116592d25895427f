"""What of a build can be found: published posts and pages, with what is said under them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pelican.contents import Content
from pelican.generators import ArticlesGenerator, PagesGenerator
from xxhash import xxh3_128

from rejoinder.comments.render import render
from rejoinder.comments.view import ThreadView
from rejoinder.search.entries import Brief, Entry, Said, Text, enter
from rejoinder.search.words import plain

if TYPE_CHECKING:
    from rejoinder.incremental.memory import Memory

_BRIEFS, _ENTRIES = "search", "search entries"


def published(generators: Iterable[Any]) -> list[Content]:
    """All that readers may find, the oldest first and pages before posts: a new post comes last,
    and the others keep their numbers."""
    return sorted(_published(generators), key=lambda one: (_date(one), one.url))


def _published(generators: Iterable[Any]) -> Iterator[Content]:
    for generator in generators:
        if isinstance(generator, ArticlesGenerator):
            lists = generator.articles, generator.translations
        elif isinstance(generator, PagesGenerator):
            lists = generator.pages, generator.translations
        else:
            continue
        for some in lists:
            yield from (one for one in some if one.status == "published" and one.save_as)


def _date(content: Content) -> str:
    date = getattr(content, "date", None)
    return date.isoformat() if date else ""


class Searched:
    """The entries of one build, by number. One whose words are as they were is only remembered."""

    def __init__(self, contents: Sequence[Content], memory: Memory | None) -> None:
        self._contents = contents
        self._memory = memory
        self._made: dict[int, Entry] = {}
        self.stamps = [_stamp(one) for one in contents]
        self.briefs = self._look()

    def _look(self) -> list[Brief]:
        """Each entry in brief."""
        if self._memory is None:
            return [self._enter(number)[0] for number in range(len(self._contents))]
        keys = [_key(one) for one in self._contents]
        numbers = {key: number for number, key in enumerate(keys)}

        def make(key: str, _: bytes | None) -> tuple[bytes, bytes]:
            brief, entry = enter(self.text(numbers[key]))
            return brief.to_bytes(), entry.to_bytes()

        def brief_of(key: str) -> bytes:
            return make(key, None)[0]

        self._memory.prepare(_BRIEFS, zip(keys, self.stamps, strict=True), _ENTRIES, make)
        return [
            Brief.from_bytes(self._memory.remember(_BRIEFS, key, stamp, partial(brief_of, key)))
            for key, stamp in zip(keys, self.stamps, strict=True)
        ]

    def _enter(self, number: int) -> tuple[Brief, Entry]:
        brief, entry = enter(self.text(number))
        self._made[number] = entry
        return brief, entry

    def entry(self, number: int) -> Entry:
        """What the words of an entry weigh."""
        if number in self._made:
            return self._made[number]
        if self._memory is not None:
            key, stamp = _key(self._contents[number]), self.stamps[number]
            if (blob := self._memory.fetch(_ENTRIES, key, stamp)) is not None:
                return Entry.from_bytes(blob)
        return enter(self.text(number))[1]

    def file(self, number: int) -> str:
        """The file that a result is shown from."""
        return self.text(number).to_json()

    def text(self, number: int) -> Text:
        """The words of an entry, as they are read."""
        content = self._contents[number]
        thread = _thread(content)
        said = list(_said(thread)) if thread is not None else []
        return Text(content.url, plain(content.title), _date(content), _tags(content),
                    plain(content._content or ""), said)  # fmt: skip


def _thread(content: Content) -> ThreadView | None:
    """A post's discussion; without the adapter `comments`, what its `Thread:` says is none."""
    thread = getattr(content, "thread", None)
    return thread if isinstance(thread, ThreadView) else None


def _said(thread: ThreadView) -> Iterator[Said]:
    """What is said under a post: no likes, and nothing that was taken back."""
    for one in thread.comments:
        if one.kind.is_said:
            yield Said(one.id, one.instant.timestamp(), thread.url_of(one), one.author,
                       one.date.isoformat(), plain(render(one)))  # fmt: skip


def _key(content: Content) -> str:
    """What tells an entry from all others of a build; two posts may be saved to one place."""
    return f"{content.get_relative_source_path()} {content.save_as}"


def _tags(content: Content) -> str:
    tags = [tag.name for tag in getattr(content, "tags", ())]
    category = getattr(content, "category", None)
    return " ".join([*tags, category.name] if category else tags)


def _stamp(content: Content) -> bytes:
    """The digest of all that an entry is made of."""
    hashed = xxh3_128()
    words = (content.url, content.title, _date(content), _tags(content), content._content or "")
    for one in words:
        data = str(one).encode("utf-8", "surrogatepass")
        hashed.update(b"%d " % len(data))
        hashed.update(data)
    thread = _thread(content)
    if thread is not None:
        hashed.update(thread.fingerprint())
    return hashed.digest()
