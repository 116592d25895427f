"""Renders the pages of one thread from what the last build kept of them: nothing else of the site
is read, however large it is. Byte for byte what a build writes."""

from __future__ import annotations

import pickle
from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader

from rejoinder import atomic
from rejoinder.comments.shelf import WORDS, unpack
from rejoinder.comments.store import CommentStore
from rejoinder.comments.summary import summarise
from rejoinder.comments.view import ThreadView
from rejoinder.dates import build_time
from rejoinder.errors import RejoinderError
from rejoinder.incremental.state import State
from rejoinder.press.frozen import thaw


class Press:
    """The press of one site: its content, and the state of its builds. It may be kept for long, and
    follows the builds."""

    def __init__(self, content: Path, state: Path) -> None:
        self.store = CommentStore(content)
        self._file = state
        self._environments: dict[bytes, Environment] = {}
        self._common: dict[str, tuple[bytes, dict[str, Any], Environment]] = {}

    def pages(self, thread: str, of: Collection[str] = ()) -> dict[str, bytes] | None:
        """The pages of a thread by their path in the output; None where the last build kept
        nothing of them: then a build must make them. Where comments are named (`of`, by id), the
        post's own page and those that show these: of a thread of many pages a new comment
        touches few. Raises what a broken template raises."""
        if not self._file.exists():
            return None
        made: dict[str, bytes] = {}
        with State.reading(self._file) as state:
            recipes = state.recipes(thread)
            threads = _Threads(self.store, state)
            for path, common_name, blob in recipes:
                common = self._in_common(state, common_name, threads)
                if common is None:
                    return None
                names, environment = common
                own = thaw(blob, partial(threads.find, common=names))
                if of and not _shows(own.get("thread"), of):
                    continue
                template = environment.get_template(own.pop(" template"))
                made[path] = template.render({**names, **own}).encode("utf-8")
        return made or None

    def _in_common(
        self, state: State, name: str, threads: _Threads
    ) -> tuple[dict[str, Any], Environment] | None:
        blob = state.fact(f"common {name}")
        if blob is None:
            return None
        known = self._common.get(name)
        if known is None or known[0] != blob:
            names = thaw(blob, partial(threads.find, common={}))
            known = self._common[name] = blob, names, self._environment(names.pop(" environment"))
        return known[1], known[2]

    def _environment(self, kept: dict[str, Any]) -> Environment:
        key = pickle.dumps(kept)
        if key not in self._environments:
            environment = Environment(loader=_loader(kept["loader"]), **kept["options"])
            environment.filters.update(kept["filters"])
            environment.globals.update(kept["globals"])
            self._environments[key] = environment
        return self._environments[key]


class _Threads:
    """The threads that the pages show, each read once."""

    def __init__(self, store: CommentStore, state: State) -> None:
        self._store = store
        self._state = state
        self._views: dict[tuple[Any, ...], ThreadView] = {}

    def find(self, pid: Any, common: dict[str, Any]) -> Any:
        """What a reference in something frozen stands for."""
        if pid[0] == "common":
            return common[pid[1]][pid[2]]
        _, subject, options, number = pid
        key = subject, options
        if key not in self._views:
            words = self._state.memory(WORDS, subject.key)
            reading = self._store.read(subject.key, unpack(words[1]) if words else None)
            agreements = self._store.agreements(subject.key) if options.agree else {}
            summary = summarise(reading.comments, agreements, (), reading.digest, 0)
            self._views[key] = ThreadView(subject, reading.comments, options, build_time(), summary)
        view = self._views[key]
        if number is None:
            return view
        page = next((page for page in view.pages if page.number == number), None)
        if page is None:
            raise RejoinderError(f"the discussion of {subject.key} has no page {number} any more")
        return view.showing(page)


def _shows(view: ThreadView | None, of: Collection[str]) -> bool:
    """Whether a page is a post's own, or shows one of these comments."""
    return view is None or view.shown_number is None or view.shown_number in view.numbers_of(of)


def _loader(kept: Any) -> BaseLoader:
    kind, what = kept
    if kind == "folders":
        return FileSystemLoader(what)
    if kind == "first":
        return ChoiceLoader([_loader(one) for one in what])
    return PrefixLoader({prefix: _loader(one) for prefix, one in what.items()})


def lay(pages: dict[str, bytes], folder: Path, *, durable: bool) -> Iterator[Path]:
    """Put pages in the place of those in a folder, each in one step; the ones that changed.
    Raises OSError."""
    for path, data in pages.items():
        file = folder / path
        if atomic.write_if_other(file, data, durable=durable):
            yield file
