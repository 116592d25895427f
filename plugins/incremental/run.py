"""A run of Pelican, made incremental: its hooks, in the order in which they are called."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from pelican import signals
from pelican.generators import ArticlesGenerator, StaticGenerator
from pelican.log import console

from rejoinder.incremental.compiled import KIND, Compiled
from rejoinder.incremental.said import listening
from rejoinder.incremental.state import opened

from .asked import asked_once, makes_folders_again
from .build import Build
from .calling import call_quickly
from .dates import quick_dates
from .highlighting import quick_highlighting
from .lists import make_lists_quick, quick_translations
from .reading import Sources, use_one_parser
from .settings import check_settings, state_file
from .unchanged import is_unchanged, remember_inputs
from .watching import watching
from .writer import writer_of

_current: list[Build] = []
_sources: list[Sources] = []


def prepare(pelican: Any) -> None:
    """Take over `pelican.run`. Raises SiteError for settings that can't be."""
    check_settings(pelican.settings)
    if not pelican.settings["INCREMENTAL"]:
        return
    inner = pelican.run
    pelican.delete_outputdir = False  # what doesn't belong there is removed at the end

    def run() -> None:
        if _current:
            with _apart():
                inner()
            return
        with _collecting_less(), opened(state_file(pelican.settings)) as state:
            build = Build(pelican, state)
            if is_unchanged(build):
                console.print(f"Done: nothing has changed; {len(build.known)} files stay.")
                return
            _current.append(build)
            build.prepare()
            try:
                with (
                    watching(build.written_otherwise()) as watch, listening() as listener,
                    quick_highlighting(), quick_translations(), quick_dates(),
                    asked_once(makes_folders=build.must_write_at_once),
                ):  # fmt: skip
                    inner()
                    build.finish(watch.written | watch.asked)
                remember_inputs(build, watch, listener.said)
            finally:
                build.close()
                _current.clear()
                _sources.clear()
            console.print(f"Files: {build.report.summary or 'none'}", soft_wrap=True)
            if pelican.settings["INCREMENTAL_EXPLAIN"]:
                for line in ("Why each file was made:", *build.explain()):
                    console.print(line, markup=False, soft_wrap=True)

    pelican.run = run


@contextmanager
def _apart() -> Iterator[None]:
    """A plugin builds another site in the midst of this one, as `i18n_subsites` does: Pelican does
    that alone, and the files are that plugin's."""
    held = _current[:], _sources[:]
    _current.clear()
    _sources.clear()
    try:
        with makes_folders_again():
            yield
    finally:
        _current[:], _sources[:] = held


@contextmanager
def _collecting_less() -> Iterator[None]:
    """Look for garbage less often: a build makes much, and nearly all of it stays to the end."""
    before = gc.get_threshold()
    gc.set_threshold(300_000, *before[1:])
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def prepare_generator(generator: Any) -> None:
    """Compile templates once for all builds, and look at their files once in each."""
    if _current:
        memory = _current[0].memory
        generator.env.bytecode_cache = Compiled(
            lambda key, checksum: memory.recall(KIND, key, checksum),
            lambda key, checksum, code: memory.remember(KIND, key, checksum, lambda: code),
        )
        generator.env.auto_reload = False
        call_quickly(generator.env)


def prepare_readers(readers: Any) -> None:
    """Read Markdown with one parser."""
    if _current:
        use_one_parser(readers)


def prepare_reading(generator: Any) -> None:
    """Give a generator of posts or pages what was read before, and read what is new at once."""
    if not _current:
        return
    build = _current[0]
    generator.context["memory"] = build.memory
    kind = "articles" if isinstance(generator, ArticlesGenerator) else "pages"
    sources = Sources(build.state, kind, build.shaped_by, build.settings, build.workers)
    _sources.append(sources)
    of = "ARTICLE" if kind == "articles" else "PAGE"
    paths, excludes = build.settings[f"{of}_PATHS"], build.settings[f"{of}_EXCLUDES"]
    get_files, readers = generator.get_files, generator.readers

    def files(wanted: Any, *args: Any, **kwargs: Any) -> list[str]:
        found = sorted(get_files(wanted, *args, **kwargs))
        if wanted is paths and kwargs.get("extensions") is None:
            if build.looked is not None:
                build.looked.before(paths, excludes)
            sources.prepare(readers, generator.path, found)
        return found

    generator.get_files = files
    readers.get_cached_data = lambda path, default=None: sources.get(path)
    readers.cache_data = lambda path, data: None
    generator.get_cached_data = lambda path, default=None: default
    generator.cache_data = lambda path, data: None


def finish_looking(_generator: Any) -> None:
    """From here on plugins may read whatever they like."""
    if _current and _current[0].looked is not None:
        _current[0].looked.before([""], [])


def finish_articles(generator: Any) -> None:
    """Make Pelican's lists quick to look into."""
    if _current:
        make_lists_quick(generator)


def finish_reading(generators: Iterable[Any]) -> None:
    """All is read: what follows is written, and really written when the last has ended."""
    if not _current:
        return
    build, all_of_them = _current[0], list(generators)
    for sources in _sources:
        build.memory.new += sources.new
        build.state.save(forgotten=sources.gone())
    for one in all_of_them:
        if type(one).__module__ != ArticlesGenerator.__module__:
            _write_before(one, build)
    first, last = all_of_them[0], all_of_them[-1]
    generate, generate_last = first.generate_output, last.generate_output

    def generate_first(writer: Any) -> None:
        build.begin(first.context)
        gc.freeze()  # what was read stays to the end: it needn't be looked through again
        generate(writer)

    def generate_and_write(writer: Any) -> None:
        generate_last(writer)
        for one in last.context.get("staticfiles", ()) if isinstance(last, StaticGenerator) else ():
            build.static(build.relative(f"{build.output}/{one.save_as}"))
        build.flush()

    first.generate_output = generate_first
    last.generate_output = generate_and_write


def _write_before(generator: Any, build: Build) -> None:
    """A plugin's own generator may read what others have written."""
    generate = generator.generate_output

    def write_and_generate(writer: Any) -> None:
        build.flush()
        generate(writer)

    generator.generate_output = write_and_generate


def give_writer(pelican: Any) -> Any:
    """The class of the writer."""
    return writer_of(_current[0]) if _current else None


def register() -> None:
    """Connect to Pelican's signals."""
    signals.initialized.connect(prepare)
    signals.generator_init.connect(prepare_generator)
    signals.readers_init.connect(prepare_readers)
    signals.article_generator_init.connect(prepare_reading)
    signals.page_generator_init.connect(prepare_reading)
    signals.article_generator_pretaxonomy.connect(finish_looking)
    signals.article_generator_finalized.connect(finish_articles)
    signals.all_generators_finalized.connect(finish_reading)
    signals.get_writer.connect(give_writer)
