"""A post, page or author as the text of its file: metadata lines, a blank line, the body."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rejoinder.comments.model import one_line


@dataclass(frozen=True, slots=True)
class Document:
    """Metadata in file order, and a body in Markdown. Lines without a value are left out."""

    metadata: tuple[tuple[str, str], ...]
    body: str = ""

    @property
    def text(self) -> str:
        lines = [f"{name}: {one_line(value)}" for name, value in self.metadata if one_line(value)]
        return "\n".join(lines) + "\n\n" + (self.body.strip("\n") + "\n" if self.body else "")


def joined(names: Iterable[str]) -> str:
    """Names as Pelican's Tags line takes them: parted by commas, or by semicolons where a name
    has a comma of its own (Pelican, `ensure_metadata_list`)."""
    clean = [one_line(name).replace(";", ",") for name in names]
    if any("," in name for name in clean):
        return "; ".join(clean) + ";"
    return ", ".join(clean)
