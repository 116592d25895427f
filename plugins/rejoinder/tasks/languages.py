"""The task for a site's own texts."""

from __future__ import annotations

from invoke.context import Context
from invoke.tasks import task

from rejoinder import atomic
from rejoinder.errors import SiteError
from rejoinder.languages import catalogues, extracting
from rejoinder.tasks.common import CONTENT, Folders, console, plain_errors


@task(positional=["language"], help={
    "language": "a language tag, like it or pt-BR", "content": CONTENT,
})  # fmt: skip
@plain_errors
def texts(context: Context, language: str, content: str | None = None) -> None:
    """Put every text of the pages that has no translation in a language into the site's own
    catalogue, to be translated; what is there stays."""
    folders = Folders(context, content, None)
    if not catalogues.TAG.fullmatch(language):
        raise SiteError(f"{language!r} is no language tag", mend="Use one like it or pt-BR.")
    theme = folders.root / "theme"
    path = folders.content / catalogues.FOLDER / f"{language}.po"
    known = catalogues.read(path, path.read_bytes() if path.exists() else b"")
    there = catalogues.Catalogues(folders.content).translated(language)
    asked = (*catalogues.known_texts(), *(text for *_, text in extracting.extract([theme])))
    number = extracting.add(known, (text for text in asked if text not in there))
    if number:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(path, extracting.written(known))
    said = f"{path}: {number} texts to translate" if number else "all texts are there"
    console.print(said, markup=False)
