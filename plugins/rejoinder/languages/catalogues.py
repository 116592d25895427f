"""Catalogues: `.po` files, read as they are. Ours lie beside this module, a site's own in
`content/languages/`, and come first, text by text. English needs none, and costs nothing."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import lru_cache
from gettext import GNUTranslations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_128, xxh3_128_digest

from rejoinder.errors import SiteError
from rejoinder.languages import manners
from rejoinder.languages.manners import manner_of
from rejoinder.languages.texts import Texts

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message

FOLDER = "languages"
"""Below the content folder: a site's own catalogues."""

OURS = Path(__file__).parent / "catalogues"

ENGLISH = "en"

_AS_WRITTEN = ("en", "en-us")
"""Languages whose texts stand in the code, with dates as these have them."""

TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}")
"""A language tag, as far as one is asked for here (BCP 47 has more)."""

Text = str | tuple[str, str]
"""A text in English, or one for one and one for many."""

_MEND = (
    'A text stands in double quotes on one line: msgid "…", msgstr "…". '
    "An editor for .po files, like Poedit, keeps to that."
)
_LINE = re.compile(
    r'|#.*|(?:(?:msgctxt|msgid|msgid_plural|msgstr|msgstr\[\d+\])\s*)?"(?:[^"\\]|\\.)*"'
)
_NAMES = re.compile(r"%\((\w+)\)s")


class Catalogues:
    """The texts of a site in each language: `content` is its content folder. What was read is kept;
    a new one sees files that changed."""

    def __init__(self, content: Path) -> None:
        self.content = content
        self._texts: dict[str, Texts] = {}

    def __getstate__(self) -> dict[str, object]:
        return {"content": self.content, "_texts": {}, "print": self.fingerprint()}

    def texts(self, language: str) -> Texts:
        """The texts of a language (a BCP 47 tag): of `de-AT` what there is, the rest of `de`, and
        English where there is nothing. Raises SiteError for a catalogue of the site's that is
        none."""
        if language not in self._texts:
            self._texts[language] = self._read(language)
        return self._texts[language]

    def knows(self, language: str) -> bool:
        """Whether there are texts in a language."""
        return language_of(language) == ENGLISH or any(True for _ in self._files(language))

    def own(self) -> list[str]:
        """The languages of the site's own catalogues."""
        return sorted(path.stem for path in (self.content / FOLDER).glob("*.po"))

    def translated(self, language: str) -> set[Text]:
        """What of all texts there is in a language. Raises SiteError."""
        return {
            message.id if isinstance(message.id, str) else (message.id[0], message.id[1])
            for path in self._files(language) for message in read(path, path.read_bytes())
            if message.id and all(forms(message.string)) and not message.fuzzy
        }  # fmt: skip

    def fingerprint(self) -> bytes:
        """The digest of the site's own catalogues."""
        return fingerprint(self.content)

    def _files(self, language: str) -> Iterator[Path]:
        """The catalogues of a language, the first to be asked first."""
        for folder in (self.content / FOLDER, OURS):
            known = {normal(path.stem): path for path in sorted(folder.glob("*.po"))}
            yield from (known[tag] for tag in _tags(language) if tag in known)

    def _read(self, language: str) -> Texts:
        return _joined(language, tuple((path, path.read_bytes()) for path in self._files(language)))


def normal(tag: str) -> str:
    """A language tag in one way of writing it: `de_AT` → `de-at`."""
    return tag.strip().replace("_", "-").casefold()


def language_of(tag: str) -> str:
    """The language of a tag, without region and script: `de-AT` → `de`."""
    return normal(tag).partition("-")[0]


def _tags(language: str) -> Iterator[str]:
    """A tag, and what it falls back to: `zh-hant-tw`, `zh-hant`, `zh`."""
    tag = normal(language)
    while tag:
        yield tag
        tag = tag.rpartition("-")[0]


def fingerprint(content: Path) -> bytes:
    """The digest of a site's own catalogues."""
    hashed = xxh3_128()
    for path in sorted((content / FOLDER).glob("*.po")):
        hashed.update(path.name.encode() + b"\0" + path.read_bytes())
    return hashed.digest()


def read(path: Path, data: bytes) -> Catalog:
    """A catalogue. Raises SiteError where it is none."""
    from babel.core import UnknownLocaleError
    from babel.messages.pofile import PoFileError, read_po

    text = _lines(path, data)
    try:
        try:
            locale = normal(path.stem).replace("-", "_")
            return read_po(io.StringIO(text), locale=locale, abort_invalid=True)
        except (UnknownLocaleError, ValueError):  # its own header says what plurals it has
            return read_po(io.StringIO(text), abort_invalid=True)
    except PoFileError as error:
        raise SiteError(
            f"this is no catalogue: {error.args[0]}", where=path, line=error.lineno + 1, mend=_MEND
        ) from error


def _lines(path: Path, data: bytes) -> str:
    """The text of a catalogue, each line of which is one of a catalogue. Raises SiteError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeError as error:
        at = data.count(b"\n", 0, getattr(error, "start", 0)) + 1
        raise SiteError("this is not UTF-8", where=path, line=at, mend="Save it so.") from error
    for number, line in enumerate(text.split("\n"), 1):
        if not _LINE.fullmatch(line.strip()):
            raise SiteError(
                f"this is no line of a catalogue: {line.strip()[:60]!r}", where=path, line=number,
                mend=_MEND,
            )  # fmt: skip
    return text


def known_texts() -> list[Text]:
    """All texts of Rejoinder's, in the order of their places: a catalogue of ours has them all."""
    path = OURS / "de.po"
    return [
        message.id if isinstance(message.id, str) else (message.id[0], message.id[1])
        for message in read(path, path.read_bytes()) if message.id
    ]  # fmt: skip


def placeholders(text: str) -> set[str]:
    """The names that are filled in."""
    return set(_NAMES.findall(text))


def forms(string: Any) -> tuple[str, ...]:
    """A translation's forms: one, or one for each plural; '' is what isn't translated."""
    return (string or "",) if isinstance(string, str | None) else tuple(string)


@lru_cache(maxsize=64)
def _joined(language: str, files: tuple[tuple[Path, bytes], ...]) -> Texts:
    """The texts of some catalogues, the first of which is asked first."""
    if not files:
        return Texts(language)
    first, *others = [_translations(path, data) for path, data in files]
    for other in others:
        first.add_fallback(other)
    digest = xxh3_128_digest(b"".join(data for _, data in files))
    manner = manners.ENGLISH if normal(language) in _AS_WRITTEN else manner_of(normal(language))
    return Texts(language, first, manner, digest)


def _translations(path: Path, data: bytes) -> GNUTranslations:
    from babel.messages.mofile import write_mo

    catalog = read(path, data)
    if path.parent != OURS:  # those are looked at by a test
        for message in catalog:
            _check(path, message)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _check(path: Path, message: Message) -> None:
    """Raise SiteError for a translation that couldn't be filled in."""
    english = {name for text in forms(message.id) for name in placeholders(text)}
    if not message.id or not english:
        return
    for said in forms(message.string):
        unknown = sorted(placeholders(said) - english)
        if unknown:
            raise SiteError(
                f"the translation asks for %({unknown[0]})s, which the text doesn't have",
                where=path, line=message.lineno,
                mend=f"It may use {', '.join(f'%({name})s' for name in sorted(english))}.",
            )  # fmt: skip
        if "%" in _NAMES.sub("", said.replace("%%", "")):
            raise SiteError(
                "the translation can't be filled in", where=path, line=message.lineno,
                mend="Write a percent sign as %%, and names like %(name)s.",
            )  # fmt: skip
