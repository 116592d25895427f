"""A small site that discussions move to, and what is looked at afterwards."""

from __future__ import annotations

import json
from pathlib import Path

from rejoinder.comments.model import Comment
from rejoinder.comments.store import CommentStore
from rejoinder.migrate.report import Report
from rejoinder.migrate.talks.moving import Wish, run

SITE = """\
url = "https://notes.example"
old_urls = ["https://old.example"]
author = "Nora Field"
timezone = "Asia/Kolkata"
"""
POSTS = {
    "posts/first.md": "Title: First light\nDate: 2019-05-02 08:00Z\nSlug: first-light\n"
    "Aliases: /2019/05/first-light.html\n\nA.\n",
    "posts/bees.md": "Title: On keeping bees\nDate: 2019-06-01 08:00Z\nSlug: keeping-bees\n\nB.\n",
    "pages/about.md": "Title: About\nSlug: about\nThread: about\n\nWords.\n",
    "authors/nora.md": "Name: Nora Field\n\nWrites.\n",
}
REDIRECTS = "/?p=4 /first-light/\n"


class House:
    """A site in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.content = root / "content"
        self.private = root / "private"
        for name, text in {"site.toml": SITE, "redirects.txt": REDIRECTS, **POSTS}.items():
            path = self.content / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")

    def take(self, source: str, file: Path, wish: Wish | None = None) -> Report:
        """Move an export in; its counts must close."""
        report = run(source, file, self.content, wish)
        assert report.closes, str(report)
        return report

    def comments(self, thread: str) -> list[Comment]:
        folder = CommentStore(self.content).read(thread)
        assert not folder.problems
        return sorted(folder.comments, key=lambda comment: comment.sort_key)

    def rows(self, source: str, name: str) -> list[dict[str, str]]:
        path = self.private / source / f"{name}.jsonl"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def files(self, folder: str) -> dict[str, str]:
        """Texts below a folder, by path."""
        return {
            path.relative_to(self.root).as_posix(): path.read_text("utf-8")
            for path in sorted((self.root / folder).rglob("*")) if path.is_file()
        }  # fmt: skip

    def state(self) -> dict[str, tuple[int, bytes]]:
        """All that is written, and when."""
        return {
            str(path): (path.stat().st_mtime_ns, path.read_bytes())
            for path in sorted(self.root.rglob("*")) if path.is_file()
        }  # fmt: skip
