"""Moving out."""

from __future__ import annotations

from pathlib import Path

from invoke.context import Context
from invoke.tasks import task

from rejoinder.export.formats import FORMATS
from rejoinder.tasks.common import CONTENT, Folders, console, plain_errors


@task(
    name="export",
    positional=["format", "file"],
    help={
        "format": f"what to write: {', '.join(FORMATS)}",
        "file": "where to: a new file, or for json and archive a new folder",
        "with_private": "with e-mail addresses, and with replies that wait",
        "content": CONTENT,
    },
)
@plain_errors
def export_site(
    context: Context, format: str, file: str, with_private: bool = False,
    content: str | None = None,
) -> None:  # fmt: skip
    """Write what is here in a format that another system reads; nothing here changes."""
    from rejoinder.export import leaving

    folders = Folders(context, content, None)
    with console.status("reading the site"):
        said = leaving.run(
            format, Path(file), folders.content, folders.public, with_private=with_private
        )
    console.print(f"{file}: {said}", markup=False)
