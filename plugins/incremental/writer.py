"""Pelican's writer, which only notes what is to be written. Which pages are rendered is decided
by what they are made of."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from pelican.writers import Writer

if TYPE_CHECKING:
    from .build import Build

_BY_THE_WRITER = ("output_file", "SITEURL", "localsiteurl", *(
    f"{listed}_{what}" for listed in ("articles", "dates")
    for what in ("paginator", "page", "previous_page", "next_page")
))  # fmt: skip
"""What Pelican's writer adds to what a page is given."""


class WrittenTwiceError(RuntimeError):
    """Two want to write one file. Pelican 4.11 has no error of its own for it, as 4.12 does."""


class Noted:
    """Stands in for a template while Pelican works out paths and pages of lists, and keeps what it
    would have been rendered with; `names` are those that may be this page's alone."""

    def __init__(self, template: Any, context: dict[str, Any], names: Iterable[str]) -> None:
        self.template = template
        self.names = {*names, *_BY_THE_WRITER}
        self.base = context
        self.given: dict[str, Any] = {}

    def render(self, given: dict[str, Any]) -> str:
        """Note, and render nothing."""
        self.given = given
        return ""


class _File(io.StringIO):
    """A file that is handed on when it is closed."""

    def __init__(self, done: Callable[[str], None]) -> None:
        super().__init__()
        self._done = done

    def close(self) -> None:
        if not self.closed:
            self._done(self.getvalue())
        super().close()


def writer_of(build: Build) -> type[Writer]:
    """The class of the writer for one build."""

    class IncrementalWriter(Writer):  # type: ignore[misc]  # Pelican is not typed
        """Notes pages; files that are made otherwise are written when they differ."""

        _noted: Noted | None = None

        def write_file(
            self, name: str, template: Any, context: dict[str, Any], *args: Any, **kwargs: Any
        ) -> None:
            """Note that a page, or the pages of a list, are to be rendered."""
            if build.must_write_at_once:
                super().write_file(name, template, context, *args, **kwargs)
                return
            self._noted = Noted(template, context, kwargs)
            try:
                super().write_file(name, self._noted, context, *args, **kwargs)
            finally:
                self._noted = None

        def write_made(
            self, name: str, print: bytes, make: Callable[[], str | bytes], *, is_all: bool = False
        ) -> None:
            """Write what `make` gives to the file `name` (in the output), where `print`, the digest
            of all that it is made of beside settings, is another than before. Where that is all
            (`is_all`), settings and plugins may change without it."""
            build.made(name, print, make, is_all=is_all)

        def _open_w(self, filename: str, encoding: str, override: bool = False) -> Any:
            if build.must_write_at_once:
                return super()._open_w(filename, encoding, override)
            if filename in self._overridden_files:
                if override:
                    raise WrittenTwiceError(f"{filename} is to be overridden by two files")
                return io.StringIO()
            if filename in self._written_files and not override:
                raise WrittenTwiceError(f"{filename} is to be written by two")
            if override:
                self._overridden_files.add(filename)
            self._written_files.add(filename)
            noted = self._noted
            if noted is None:
                return _File(lambda text: build.written(filename, text.encode(encoding)))
            build.noted(filename, noted)
            return io.StringIO()

    return IncrementalWriter
