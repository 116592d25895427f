"""Renders the pages of one thread from what the last build kept of them: nothing else of the site
is read, however large it is. Byte for byte what a build writes."""

from __future__ import annotations

import pickle
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader

from rejoinder import atomic
from rejoinder.collector import without_collector
from rejoinder.comments.model import Comment
from rejoinder.comments.recent import recent
from rejoinder.comments.shelf import WORDS, unpack
from rejoinder.comments.store import CommentStore
from rejoinder.comments.summary import Summary, summarise
from rejoinder.comments.view import Options, Subject, ThreadView
from rejoinder.dates import build_time
from rejoinder.errors import RejoinderError
from rejoinder.incremental.compiled import KIND, Compiled
from rejoinder.incremental.state import Recipe, State
from rejoinder.languages.catalogues import Catalogues
from rejoinder.press.frozen import thaw
from rejoinder.serving import packing

if TYPE_CHECKING:  # to load it takes as long as to render a page, and pages come first
    from rejoinder.comments.feeding import Feeding, Feeds


class Press:
    """The press of one site: its content, and the state of its builds. It may be kept for long, and
    follows the builds."""

    def __init__(self, content: Path, state: Path) -> None:
        self.content = content
        self._file = state
        self._environments: dict[bytes, Environment] = {}
        self._common: dict[str, tuple[bytes, dict[str, Any], Environment]] = {}

    @property
    def built_at(self) -> datetime | None:
        """When the site was built last; None where it never was."""
        files = (self._file, self._file.with_name(f"{self._file.name}-wal"))
        times = [path.stat().st_mtime for path in files if path.exists()]
        return datetime.fromtimestamp(max(times), UTC) if times else None

    def pages(self, thread: str, of: Collection[str] = ()) -> dict[str, bytes] | None:
        """The pages of a thread by their path in the output; None where the last build kept
        nothing of them: then a build must make them. Where comments are named (`of`, by id), the
        post's own page and those that show these: of a thread of many pages a new comment
        touches few. Raises what a broken template raises."""
        if not self._file.exists():
            return None
        with without_collector(), State.reading(self._file) as state:
            threads = _Threads(self.content, state, thread)
            recipes = state.recipes(thread)
            made = self._render(state, recipes, threads, of)
        return made if made and (of or len(made) == len(recipes)) else None

    def followers(self, thread: str) -> dict[str, bytes]:
        """Other pages that show a thread, or what was said last, and its feeds and the site's; what
        the last build kept nothing of waits for the next. Raises what a broken template raises."""
        if not self._file.exists():
            return {}
        with without_collector(), State.reading(self._file) as state:
            threads = _Threads(self.content, state, thread)
            made = self._render(state, state.followers(thread), threads)
            with suppress(_UnknownError):
                made |= {path: make().encode("utf-8") for path, make in threads.feeds().items()}
        return made

    def _render(
        self, state: State, recipes: Iterable[Recipe], threads: _Threads, of: Collection[str] = ()
    ) -> dict[str, bytes]:
        """Pages by their path, but for those of which not all is known."""
        made: dict[str, bytes] = {}
        for recipe in recipes:
            with suppress(_UnknownError):
                names, environment = self._in_common(state, recipe.common, threads)
                own = thaw(recipe.blob, partial(threads.find, common=names))
                if of and not _shows(own.get("thread"), of):
                    continue
                template = environment.get_template(own.pop(" template"))
                made[recipe.path] = template.render({**names, **own}).encode("utf-8")
        return made

    def _in_common(
        self, state: State, name: str, threads: _Threads
    ) -> tuple[dict[str, Any], Environment]:
        blob = state.fact(f"common {name}")
        if not blob:
            raise _UnknownError
        known = self._common.get(name)
        if known is None or known[0] != blob:
            asked = threads.asked
            names = thaw(blob, partial(threads.find, common={}))
            known = blob, names, self._environment(names.pop(" environment"))
            if threads.asked == asked:  # discussions are others the next time
                self._common[name] = known
        return known[1], known[2]

    def _environment(self, kept: dict[str, Any]) -> Environment:
        key = pickle.dumps(kept)
        if key not in self._environments:
            environment = Environment(
                loader=_loader(kept["loader"]), bytecode_cache=Compiled(self._compiled),
                **kept["options"],
            )  # fmt: skip
            environment.filters.update(kept["filters"])
            environment.globals.update(kept["globals"])
            self._environments[key] = environment
        return self._environments[key]

    def _compiled(self, key: str, checksum: bytes) -> bytes | None:
        """A template as the last build compiled it, from a source with this checksum."""
        with suppress(RejoinderError), State.reading(self._file) as state:
            found = state.memory(KIND, key)
            return found[1] if found is not None and found[0].endswith(checksum) else None
        return None  # the file has just gone


class _UnknownError(Exception):
    """What the last build kept isn't enough to make a page of."""


class _Threads:
    """The threads that the pages show, each read once; `changed` is the key of the one that has
    changed, `asked` counts what was looked up."""

    def __init__(self, content: Path, state: State, changed: str) -> None:
        self._store = CommentStore(content)
        self._state = state
        self._changed = changed
        self._catalogues = Catalogues(content)
        self._views: dict[tuple[Subject, Options], ThreadView] = {}
        self._readings: dict[str, tuple[Sequence[Comment], Summary]] = {}
        self.asked = 0

    @cached_property
    def _mine(self) -> ThreadView:
        """The thread that has changed. Raises _UnknownError where that isn't one."""
        for recipe in self._state.recipes(self._changed):
            thaw(recipe.blob, partial(self.find, common=_Anything()))
        mine = [view for view in self._views.values() if view.key == self._changed]
        if len({view.subject for view in mine}) != 1:
            raise _UnknownError  # translations share it
        return mine[0]

    @cached_property
    def _told(self) -> dict[str, Any]:
        """What the last build told of all discussions. Raises _UnknownError."""
        blob = self._state.fact("told discussions")
        if not blob:
            raise _UnknownError
        told: dict[str, Any] = thaw(blob, partial(self.find, common={}))
        return told

    @cached_property
    def _latest(self) -> list[ThreadView]:
        """The threads in which something was said last. Raises _UnknownError."""
        is_listed = self._changed not in self._told["unlisted"]
        return [*self._told["threads"], *([self._mine] if is_listed else ())]

    def feeds(self) -> Feeds:
        """The site's, and those of the thread that has changed. Raises _UnknownError."""
        feeding: Feeding = self._told["feeding"]
        own = feeding.of_thread(self._mine) if self._told["post_feeds"] else {}
        texts = self._catalogues.texts(feeding.language)
        return own | feeding.of_site(recent(self._latest, feeding.number), texts)

    def find(self, pid: Any, common: Any) -> Any:
        """What a reference in something frozen stands for."""
        if pid[0] == "common":
            return common[pid[1]][pid[2]]
        self.asked += 1
        if pid[0] == "recent":
            return recent(self._latest, pid[1], mentions=False)
        _, subject, options, number = pid
        view = self._view(subject, options)
        if options.is_turned and not view.orders:
            raise RejoinderError(f"the discussion of {subject.key} has one order now")
        if number is None:
            return view
        page = next((page for page in view.pages if page.number == number), None)
        if page is None:
            raise RejoinderError(f"the discussion of {subject.key} has no page {number} any more")
        return view.showing(page)

    def _view(self, subject: Subject, options: Options) -> ThreadView:
        key = subject, options
        if key not in self._views:
            comments, summary = self._read(subject.key, options.agree)
            self._views[key] = ThreadView(
                subject, comments, options, build_time(), summary,
                self._catalogues.texts(subject.language),
            )  # fmt: skip
        return self._views[key]

    def _read(self, thread: str, agree: bool) -> tuple[Sequence[Comment], Summary]:
        """A thread's comments, in brief too. Raises StoreError."""
        if thread not in self._readings:
            words = self._state.memory(WORDS, thread)
            reading = self._store.read(thread, unpack(words[1]) if words else None)
            agreements = self._store.agreements(thread) if agree else {}
            every = len(reading.comments)
            summary = summarise(reading.comments, agreements, (), reading.digest, every)
            self._readings[thread] = reading.comments, summary
        return self._readings[thread]


def _shows(view: ThreadView | None, of: Collection[str]) -> bool:
    """Whether a page is a post's own, or shows one of these comments."""
    return view is None or view.shown_number is None or view.shown_number in view.numbers_of(of)


class _Anything:
    """Stands for whatever a page has in common with others."""

    def __getitem__(self, name: object) -> _Anything:
        return self


def _loader(kept: Any) -> BaseLoader:
    kind, what = kept
    if kind == "folders":
        return FileSystemLoader(what)
    if kind == "first":
        return ChoiceLoader([_loader(one) for one in what])
    return PrefixLoader({prefix: _loader(one) for prefix, one in what.items()})


def lay(pages: dict[str, bytes], folder: Path, *, durable: bool) -> Iterator[Path]:
    """Put pages in the place of those in a folder, each in one step; the ones that changed. Packed
    copies of them go, until a build brings new ones: a web server packs by itself meanwhile.
    Raises OSError."""
    for path, data in pages.items():
        file = folder / path
        if atomic.write_if_other(file, data, durable=durable):
            packing.drop(file)
            yield file
