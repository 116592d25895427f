"""From files to pages while a desk or a preview runs: the pages of a thread at once, by the press;
all else that shows it by a build, during which the press goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from rejoinder import atomic
from rejoinder.comments.portraits import FOLDER as PORTRAITS
from rejoinder.comments.store import FOLDER, thread_key
from rejoinder.errors import RejoinderError
from rejoinder.press.press import Press, lay

logger = logging.getLogger(__name__)

Meanwhile = Callable[[], None]


def _nothing() -> None: ...


class Bringing:
    """`built` builds the site and gives its folder, calling what it is given from time to time;
    `bring` brings that folder to where it is served; `served` is where pages are served from, None
    where that isn't a folder here."""

    def __init__(
        self,
        content: Path,
        press: Press,
        built: Callable[[Meanwhile], AbstractContextManager[Path]],
        bring: Callable[[Path], object],
        served: Callable[[], Path | None],
    ) -> None:
        self.meanwhile: Meanwhile = _nothing
        self._comments = content.absolute() / FOLDER
        self._press = press
        self._built = built
        self._bring = bring
        self._served = served
        self._portraits = content.absolute() / PORTRAITS
        self._pressed: set[str] = set()
        self._shown: set[Path] = set()

    def is_said(self, file: Path) -> bool:
        """Whether a file is one of a discussion: a comment, or a portrait."""
        return self._is_comment(file) or file.absolute().parent == self._portraits

    def _is_comment(self, file: Path) -> bool:
        return file.absolute().parent.parent == self._comments

    def press(self, files: Iterable[Path]) -> list[Path]:
        """Put the pages of the threads that these files belong to in place, where they are served;
        which pages that were. What can't be pressed waits for the build."""
        threads: dict[str, set[str]] = {}
        for file in files:
            if file.absolute().parent == self._portraits:
                self._shown.add(file)
            elif self._is_comment(file):
                threads.setdefault(thread_key(file.parent.name), set()).add(file.stem)
        self._pressed |= threads.keys()
        folder = self._served() if threads else None
        if folder is None:
            return []
        self._lay_portraits(folder)
        return [page for thread, comments in sorted(threads.items())
                for page in self._lay(thread, partial(self._press.pages, thread, comments), folder,
                                      durable=True)]  # fmt: skip

    def __call__(self) -> None:
        """Bring lists and feeds along, then build, and bring the site to where it is served. Raises
        RejoinderError."""
        served = self._served() if self._pressed else None
        if served is not None:
            self._lay_all(self._press.followers, self._pressed, served)
        self._pressed.clear()
        self._shown.clear()
        with self._built(self.meanwhile) as folder:
            # What was said during the build is on its page already, and stays there.
            self._lay_portraits(folder)
            self._lay_all(self._press.pages, self._pressed, folder)
            self._lay_all(self._press.followers, self._pressed, folder)
            self._bring(folder)

    def _lay_portraits(self, folder: Path) -> None:
        """Lay the portraits that pressed pages show."""
        for file in sorted(self._shown):
            try:
                if file.is_file():
                    target = folder / PORTRAITS / file.name
                    target.parent.mkdir(exist_ok=True)
                    atomic.write_if_other(target, file.read_bytes())
            except OSError as error:
                logger.warning("%s is brought along by the next build: %s", file, error)

    def _lay_all(
        self, made: Callable[[str], dict[str, bytes] | None], threads: Iterable[str], folder: Path
    ) -> None:
        for thread in sorted(threads):
            self._lay(thread, partial(made, thread), folder, durable=False)

    def _lay(
        self, thread: str, made: Callable[[], dict[str, bytes] | None], folder: Path, *,
        durable: bool,
    ) -> list[Path]:  # fmt: skip
        """Lay what the press makes for a thread, where it has its place already."""
        laid: list[Path] = []
        try:
            pages = made() or {}
            there = {path: data for path, data in pages.items() if (folder / path).is_file()}
            laid += lay(there, folder, durable=durable)
        except (RejoinderError, OSError) as error:
            logger.warning("%s is brought to its pages by the next build: %s", thread, error)
        except Exception:  # a template that fails; the build says so as well
            logger.exception("%s is brought to its pages by the next build", thread)
        return laid
