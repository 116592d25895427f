"""Eleventy, with the comments of a post as its data file, and templates in JavaScript."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from bench.cache import from_npm
from bench.corpus import Post
from bench.machine import Cost, timed
from bench.peers.hugo import fields, front_matter
from bench.peers.peer import SITES, Peer, put


def program() -> Path | None:
    """Eleventy; None where it can't be had."""
    return from_npm("eleventy", "@11ty/eleventy@3", "eleventy")


class Eleventy(Peer):
    """Eleventy 3."""

    name = "eleventy"
    family = "eleventy"

    def __init__(self, content: Path, folder: Path, program: Path) -> None:
        super().__init__(content, folder)
        self._program = program

    def lay(self) -> None:
        super().lay()
        shutil.copytree(SITES / "eleventy", self.folder, dirs_exist_ok=True)
        (self.folder / "node_modules").symlink_to(self._program.parent.parent)

    def take(self, post: Post) -> None:
        head = {"title": post.title, "date": f"{post.date.replace(' ', 'T')}:00Z",
                "slug": post.slug, "category": post.category, "tags": post.tags}  # fmt: skip
        place = self.folder / "site" / "posts"
        put(place / f"{post.slug}.md", front_matter(head, post.body))
        data = {"said": [fields(said) for said in post.said]}
        put(place / f"{post.slug}.11tydata.json", json.dumps(data))

    def remembered(self) -> Sequence[str]:
        return ("output", ".cache")

    def build(self) -> Cost:
        return timed([str(self._program), "--quiet"], self.folder)
