"""What the comparison asks of each program that builds the site."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from bench import corpus
from bench.corpus import Post
from bench.machine import Cost

SITES = Path(__file__).parent.parent / "sites"


class Peer(ABC):
    """A program that builds the site of a content folder, below a folder of its own."""

    name: str
    family: str
    """What `--peers` calls it."""

    def __init__(self, content: Path, folder: Path) -> None:
        self.content = content
        self.folder = folder
        self.output = folder / "output"

    def lay(self) -> None:
        """Put the site's sources where the program wants them."""
        self.folder.mkdir(parents=True)
        for post in corpus.posts(self.content):
            self.take(post)

    @abstractmethod
    def take(self, post: Post) -> None:
        """Write a post and its discussion as the program wants them; only files that differ."""

    @abstractmethod
    def build(self) -> Cost:
        """Build the site in a process of its own."""

    def forget(self) -> None:
        """Remove all that was built and remembered."""
        for name in self.remembered():
            path = self.folder / name
            if path.is_dir():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)

    @abstractmethod
    def remembered(self) -> Sequence[str]:
        """The names, below the folder, of what a build leaves behind."""


def put(path: Path, text: str) -> None:
    """Write a file when it says something else."""
    if not path.exists() or path.read_text("utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
