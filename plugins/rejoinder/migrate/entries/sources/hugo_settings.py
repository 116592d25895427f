"""Hugo's settings, as far as they say what its pages are called and where they are
(gohugo.io/configuration)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from rejoinder.errors import ImportFailed
from rejoinder.migrate import data
from rejoinder.migrate.entries.files import Files
from rejoinder.migrate.entries.sources import heads

_NAMES = ("hugo", "config")
_FOLDER = "config/_default/"


@dataclass(frozen=True)
class Settings:
    """What a site says of itself. `folders` are the contents' folders with their languages, the
    deepest first; `permalinks` patterns by section; `archives` Pelican's patterns."""

    values: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    subtitle: str = ""
    base: str = ""
    language: str = "en"
    timezone: str = ""
    author: str = ""
    authors: Mapping[str, Any] = field(default_factory=dict)
    content: str = "content"
    folders: tuple[tuple[str, str], ...] = ()
    statics: tuple[str, ...] = ("static",)
    languages: frozenset[str] = frozenset()
    permalinks: Mapping[str, str] = field(default_factory=dict)
    archives: Mapping[str, str] = field(default_factory=dict)
    main_sections: frozenset[str] = frozenset()
    dates_in_names: bool = False
    ugly: bool = False
    lower: bool = True

    def shows(self, name: str) -> bool:
        """Whether a setting like `buildFuture` is on."""
        return bool(data.flag(self.values.get(name)))

    def front(self, language: str) -> str:
        """What stands before the addresses of a language, with its slash."""
        below = self.shows("defaultcontentlanguageinsubdir")
        return f"{language}/" if language and (below or language != self._default) else ""

    def placed(self, name: str) -> tuple[PurePosixPath | None, str]:
        """A file's path below the folder of its language, and that language ('' is the site's);
        None of a file that is no content."""
        for folder, language in self.folders:
            if name.startswith(f"{folder}/"):
                return PurePosixPath(name.removeprefix(f"{folder}/")), language
        return None, ""

    def known(self, language: str) -> str:
        """A language by its code; '' is the site's."""
        return language.lower() if language.lower() != self._default else ""

    @property
    def _default(self) -> str:
        return heads.first(self.values, "defaultcontentlanguage").lower() or "en"


def settings(files: Files) -> Settings:
    """The settings of a site. Raises ImportFailed, with the line, for those that can't be read."""
    values = _read(files)
    params = heads.lower(_table(values, "params"))
    tongues = {
        code.lower(): heads.lower(about)
        for code, about in _table(values, "languages").items()
        if isinstance(about, dict)
    }
    default = heads.first(values, "defaultcontentlanguage").lower() or "en"
    here = tongues.get(default, {})
    content = heads.first(values, "contentdir").strip("/") or "content"
    folders = [
        (heads.first(about, "contentdir").strip("/"), code) for code, about in tongues.items()
    ]
    folders = [(folder, code if code != default else "") for folder, code in folders if folder]
    author = params.get("author") or values.get("author")
    return Settings(
        values=values,
        title=heads.first(here, "title") or heads.first(values, "title"),
        subtitle=heads.first(params, "subtitle", "tagline", "description"),
        base=heads.first(values, "baseurl").rstrip("/"),
        language=(heads.first(here, "languagecode", "locale") or heads.first(
            values, "languagecode", "locale") or default).replace("_", "-"),
        timezone=heads.first(values, "timezone"),
        author=heads.first(author, "name") if isinstance(author, dict) else data.text(author),
        authors=_table(params, "authors"),
        content=content,
        folders=tuple(sorted({*folders, (content, "")}, key=lambda one: (-len(one[0]), one))),
        statics=tuple(data.listed(values.get("staticdir"))) or ("static",),
        languages=frozenset(tongues),
        permalinks=_permalinks(values.get("permalinks")),
        archives=_archives(values),
        main_sections=frozenset(data.listed(params.get("mainsections"))),
        dates_in_names=":filename" in str(_table(values, "frontmatter").get("date")),
        ugly=bool(data.flag(values.get("uglyurls"))),
        lower=not data.flag(values.get("disablepathtolower")),
    )  # fmt: skip


def _read(files: Files) -> dict[str, Any]:
    """All settings, by names in lower case: one file, or a folder of files by their tables."""
    for name in (f"{stem}{ending}" for stem in _NAMES for ending in data.ENDINGS):
        if name in files:
            return heads.lower(_parsed(files, name))
    made: dict[str, Any] = {}
    for name in files.names:
        path = PurePosixPath(name)
        if not name.startswith(_FOLDER) or path.suffix not in data.ENDINGS:
            continue
        inner = PurePosixPath(name.removeprefix(_FOLDER)).stem.lower()
        if inner in _NAMES:
            made = {**heads.lower(_parsed(files, name)), **made}
        elif inner.partition(".")[0] not in ("params", "menus") or "." not in inner:
            made[inner] = _parsed(files, name)
    if not made:
        raise ImportFailed(
            "there is no hugo.toml: this is no site of Hugo's", where=files.root,
            mend="Name the folder that it is in.",
        )  # fmt: skip
    return made


def _parsed(files: Files, name: str) -> dict[str, Any]:
    text, _ = data.decoded(files.read(name))
    try:
        found = data.parse(text, data.ENDINGS[PurePosixPath(name).suffix])
    except ImportFailed as error:
        raise ImportFailed(
            error.what, where=name, line=error.line, mend="Mend it there: addresses depend on it."
        ) from error
    return found if isinstance(found, dict) else {}


def _table(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def _permalinks(value: Any) -> dict[str, str]:
    """Patterns by section: `posts = …`, or below `page`, or a list of rules with a path each."""
    if isinstance(value, list):
        rules = [rule for rule in value if isinstance(rule, dict)]
        found: dict[str, str] = {}
        for rule in rules:
            target = _table(rule, "target")
            if data.text(target.get("kind")) in ("", "page"):
                path = data.text(target.get("path")).strip("/{}*").partition(",")[0]
                found.setdefault(path.partition("/")[0], data.text(rule.get("pattern")))
        return found
    table = value if isinstance(value, dict) else {}
    pages = table.get("page")
    return {
        name: data.text(pattern)
        for name, pattern in (pages if isinstance(pages, dict) else table).items()
        if data.text(pattern)
    }


def _archives(values: Mapping[str, Any]) -> dict[str, str]:
    """Where Hugo lists what has a tag or a category."""
    if {"term", "taxonomy"} & set(data.listed(values.get("disablekinds"))):
        return {}
    taxonomies = _table(values, "taxonomies") or {"tag": "tags", "category": "categories"}
    patterns = _permalinks(values.get("permalinks"))
    found = {}
    for kind in ("category", "tag"):
        if plural := data.text(taxonomies.get(kind)):
            pattern = patterns.get(plural, f"/{plural}/:slug/").lstrip("/")
            found[kind] = pattern.replace(":slug", "{slug}").replace(":title", "{slug}")
    return found
