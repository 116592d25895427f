"""Hugo: the folder of a site, or a zip archive of one.

Settings in `hugo.toml` or the like or in `config/_default`, `content` with front matter in TOML,
YAML or JSON, page bundles, `static` (gohugo.io/documentation). What `_index.md` says of a list has
no place here and is kept on the private side.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from rejoinder.errors import ImportFailed
from rejoinder.migrate import data, dates
from rejoinder.migrate.entries.files import Files
from rejoinder.migrate.entries.model import Blog, Entry, LeftOut, Told, Written
from rejoinder.migrate.entries.placing import OURS
from rejoinder.migrate.entries.sources import heads, hugo_urls, shortcodes
from rejoinder.migrate.entries.sources.hugo_settings import Settings, settings
from rejoinder.migrate.oldlinks import SITE_FEED

_MARKDOWN = frozenset({".md", ".markdown", ".mdown"})
_HTML = frozenset({".html", ".htm"})
_OTHER_MARKUP = frozenset({".org", ".adoc", ".asciidoc", ".ad", ".rst", ".pdc", ".pandoc"})
_DATED = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})[-_ ]?(.*)")
_INDEX = re.compile(r"index(?:\.[\w-]+)?\.(?:md|markdown|mdown|html|htm)")
_A_LIST = "list"


def read(file: Path, told: Told) -> Blog:
    """The posts and pages of a site. Raises ImportFailed for a folder that has no site."""
    files = Files(file)
    site = _Site(files, settings(files), told)
    for name in files.names:
        site.look(name)
    if not site.found:
        raise ImportFailed(
            f"there is no {site.settings.content}/ with pages: this is no site of Hugo's",
            where=file, mend="Name the folder that hugo.toml is in.",
        )  # fmt: skip
    return site.blog()


@dataclass(frozen=True)
class _Found:
    """A file with words: its name in the export, its path below `content`, without its language
    and ending; its front matter and body."""

    name: str
    path: PurePosixPath
    language: str
    fields: Mapping[str, Any]
    body: str
    is_html: bool

    @property
    def is_bundle(self) -> bool:
        return self.path.name == "index"

    @property
    def base(self) -> PurePosixPath:
        """Its path, a bundle's folder for its index."""
        return self.path.parent if self.is_bundle else self.path

    @property
    def section(self) -> str:
        return self.base.parts[0] if len(self.base.parts) > 1 else ""


class _Site:
    """A site while it is read, file by file."""

    def __init__(self, files: Files, known: Settings, told: Told) -> None:
        self.files = files
        self.settings = known
        self.told = told
        self.zone = heads.zone(known.timezone, "the settings", told)
        self.found: list[_Found] = []
        self.left_out: list[LeftOut] = []
        self.statics: dict[str, str] = {}
        self.beside: list[str] = []
        self.kept: Counter[str] = Counter()
        self.originals: dict[PurePosixPath, _Found] = {}
        self.bundles = {
            name.rpartition("/")[0]
            for name in files.names
            if _INDEX.fullmatch(name.rpartition("/")[2]) and known.placed(name)[0]
        }

    def look(self, name: str) -> None:
        """Take in one file."""
        for folder in self.settings.statics:
            if name.startswith(f"{folder}/"):
                self.statics[name.removeprefix(f"{folder}/")] = name
                return
        inner, language = self.settings.placed(name)
        if inner is None:
            return
        ending = inner.suffix.lower()
        if ending in _MARKDOWN | _HTML:
            self._words(name, inner, language)
        elif ending in _OTHER_MARKUP:
            self._leave_out("page", name, f"it is written in {ending[1:]}, which is not read here")
        else:
            self.beside.append(name)

    def _words(self, name: str, inner: PurePosixPath, language: str) -> None:
        path = inner.with_suffix("")
        stem, dot, code = path.name.rpartition(".")
        if dot and code.lower() in self.settings.languages:
            path, language = path.with_name(stem), self.settings.known(code)
        above = name.rpartition("/")[0]
        if path.name not in ("index", "_index") and any(
            f"{above}/".startswith(f"{bundle}/") for bundle in self.bundles
        ):
            self.left_out.append(
                LeftOut("page", "part of a bundle", "it has no address of its own")
            )
            return
        text, wrong = data.decoded(self.files.read(name))
        if wrong:
            self.told(None, f"{name}: {wrong}")
        try:
            page = data.page(text)
        except ImportFailed as error:
            at = f", line {error.line}" if error.line else ""
            self._leave_out("page", f"{name}{at}", error.what)
            return
        found = _Found(name, path, language, heads.lower(page.fields), page.body,
                       inner.suffix.lower() in _HTML)  # fmt: skip
        if path.name == "_index" and not page.body.strip():
            self.left_out.append(LeftOut("page", _A_LIST, "a site here has its own"))
        else:
            self.found.append(found)

    def _leave_out(self, kind: str, name: str, why: str) -> None:
        self.left_out.append(LeftOut(kind, "unread", "see below"))
        self.told(None, f"{name}: {why}; it was left out")

    def blog(self) -> Blog:
        """All that was read."""
        known = self.settings
        self.originals = {found.path: found for found in self.found if not found.language}
        addresses = {found.name: self._address(found) for found in self.found}
        references = _References(self.found, addresses)
        main = set(known.main_sections) or self._dated_sections()
        entries = tuple(self._entry(found, addresses, references, main) for found in self.found)
        keys = sorted({key for entry in entries for key in entry.authors})
        tags = ", ".join(f"{tag} {n}" for tag, n in sorted(self.kept.items()))
        sections = {found.section for found in self.found if found.section}
        return Blog(
            title=known.title, subtitle=known.subtitle,
            bases=(known.base,) if known.base else (), language=known.language,
            timezone=self.zone.key if self.zone else "", author=known.author, entries=entries,
            authors={key: heads.author(key, known.authors.get(key, key)) for key in keys},
            archives=known.archives,
            listed=heads.listed(known.archives, entries, hugo_urls.urlized),
            moved={f"/{at}index.xml": SITE_FEED for at in ("", *(f"{s}/" for s in sections))},
            left_out=tuple(self.left_out), files=self.files, root=f"{known.content}/",
            media={**self._resources(addresses), **self.statics},
            notes=(f"Shortcodes, kept to the letter: {tags}.",) if tags else (),
        )  # fmt: skip

    def _dated_sections(self) -> set[str]:
        """Sections whose pages say when they were written: what a blog is made of."""
        return {found.section for found in self.found if found.section and self._date(found)}

    def _resources(self, addresses: Mapping[str, str]) -> dict[str, str]:
        """Files beside the pages, where Hugo publishes them: a bundle's below its address."""
        below: dict[str, list[str]] = {}
        for found in self.found:
            if found.is_bundle:
                below.setdefault(found.name.rpartition("/")[0], []).append(addresses[found.name])
        made = {}
        for name in self.beside:
            folder = name.rpartition("/")[0]
            while folder and folder not in below:
                folder = folder.rpartition("/")[0]
            inner = name.removeprefix(f"{folder or self.settings.content}/")
            for address in below.get(folder, [""]):
                made[f"{address}{inner}"] = name
        return made

    def _date(self, found: _Found) -> datetime | None:
        said = heads.first(found.fields, "date", "publishdate", "pubdate", "published")
        date = dates.spelled(said)
        if (
            date is None
            and self.settings.dates_in_names
            and (match := _DATED.match(found.base.name))
        ):
            date = dates.spelled(match[1])
        if date is None or date.year < 1000:  # Go's zero date
            return None
        return date.replace(tzinfo=self.zone) if self.zone and not date.tzinfo else date

    def _slug(self, found: _Found) -> str:
        own = heads.first(found.fields, "slug")
        match = _DATED.fullmatch(found.base.name) if self.settings.dates_in_names else None
        return own or (match[2] if match else "")

    def _address(self, found: _Found) -> str:
        known = self.settings
        front = known.front(found.language)
        own = heads.first(found.fields, "url")
        if own:
            return own.lstrip("/") if own.startswith("/") else front + own
        if found.path.name == "_index":
            folders = map(hugo_urls.urlized, found.path.parent.parts)
            return front + "".join(f"{folder}/" for folder in folders)
        page = hugo_urls.Page(
            found.base.parts[:-1], found.base.name, self._slug(found),
            heads.first(found.fields, "title"), self._date(found),
        )  # fmt: skip
        pattern = known.permalinks.get(found.section or "/", "")
        return front + hugo_urls.address(page, pattern, ugly=known.ugly, lower=known.lower)

    def _entry(
        self, found: _Found, addresses: Mapping[str, str], references: _References, main: set[str]
    ) -> Entry:
        fields, date, address = found.fields, self._date(found), addresses[found.name]
        is_post = found.section in main and found.path.name != "_index"
        kind = "post" if is_post else "page"
        status = self._status(found, date, address)
        body = found.body
        written = Written.HTML if found.is_html else Written.GOLDMARK
        if status == _A_LIST:
            written = Written.AS_IT_IS
        else:
            body, kept = shortcodes.resolved(body, lambda named: references.find(found, named))
            self.kept.update(kept)
        categories = heads.names(fields, "categories", "category", part=",")
        series = heads.names(fields, "series")
        return Entry(
            key=found.name, kind=kind, name=found.name,
            title=heads.first(fields, "title") or found.base.name.replace("-", " ").capitalize(),
            body=body, written=written, status=status, is_public=status == "published",
            slug=self._slug(found) or self._original(found, addresses), address=address,
            old=tuple(_below(address, alias) for alias in heads.names(fields, "aliases")),
            date=date, modified=dates.spelled(heads.first(fields, "lastmod", "modified")),
            authors=tuple(heads.authors(fields)),
            categories=tuple(categories),
            tags=tuple(dict.fromkeys(heads.names(fields, "tags", part=","))),
            series=series[0] if series else "",
            summary=heads.first(fields, "summary", "description"), image=heads.image(fields),
            language=found.language, is_open=heads.is_open(fields),
            is_sticky=heads.is_sticky(fields),
        )  # fmt: skip

    def _original(self, found: _Found, addresses: Mapping[str, str]) -> str:
        """The slug of what a page translates: by having the same, Pelican knows it."""
        if not found.language:
            return ""
        other = self.originals.get(found.path)
        address = addresses[other.name] if other else ""
        return (other and self._slug(other)) or address.rstrip("/").rpartition("/")[2]

    def _status(self, found: _Found, date: datetime | None, address: str) -> str:
        fields, known, now = found.fields, self.settings, datetime.now(UTC)
        if found.path.name == "_index" or address in OURS:
            return _A_LIST
        if data.flag(fields.get("draft")) and not known.shows("builddrafts"):
            return "draft"

        def moment(*names: str) -> datetime | None:
            at = dates.spelled(heads.first(fields, *names)) or (date if "date" in names else None)
            return at.replace(tzinfo=self.zone or UTC) if at and not at.tzinfo else at

        begins, ends = moment("publishdate", "date"), moment("expirydate", "unpublishdate")
        if begins and begins > now and not known.shows("buildfuture"):
            return "future"
        if ends and ends < now and not known.shows("buildexpired"):
            return "expired"
        build = fields.get("build") or fields.get("_build")
        if data.flag(fields.get("headless")) or (
            isinstance(build, dict) and data.text(build.get("render")) in ("never", "false")
        ):
            return "without a page"
        return "published"


class _References:
    """Pages by what `ref` calls them: their path from the top, beside a page, or their name."""

    def __init__(self, found: list[_Found], addresses: Mapping[str, str]) -> None:
        self._addresses = addresses
        self._by_path: dict[tuple[str, str], str] = {}
        self._by_name: dict[tuple[str, str], list[str]] = {}
        for one in found:
            for path in (str(one.path), str(one.base)):
                self._by_path.setdefault((one.language, path), one.name)
            self._by_name.setdefault((one.language, one.base.name), []).append(one.name)

    def find(self, at: _Found, named: str) -> str | None:
        """The address of a page, with its slash; None where it is not certain which is meant."""
        path = re.sub(r"(?:\.[a-z]{2}(?:-[a-z]{2})?)?\.(?:md|markdown|html)$", "", named.strip("/"))
        beside = str(at.base.parent / path) if not named.startswith("/") else path
        tongue = at.language
        name = self._by_path.get((tongue, beside)) or self._by_path.get((tongue, path))
        if name is None and len(alike := self._by_name.get((tongue, path), [])) == 1:
            name = alike[0]
        return f"/{self._addresses[name]}" if name else None


def _below(address: str, alias: str) -> str:
    """An alias from the top: one without a slash before it is beside its page."""
    if alias.startswith("/"):
        return alias
    return "/" + str(PurePosixPath(address.rstrip("/")).parent / alias).lstrip("./")
