"""Jekyll: the folder of a site, or a zip archive of one, like GitHub makes.

`_config.yml`, `_posts` (anywhere; the folders above them are categories), `_drafts`, pages with
front matter, and collections that have pages (jekyllrb.com/docs). A page whose words Liquid makes
of other things, like a list of posts, can't be moved as words: it is kept on the private side.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path, PurePosixPath
from typing import Any

from rejoinder.errors import ImportFailed
from rejoinder.migrate import data, dates
from rejoinder.migrate.entries.files import Files
from rejoinder.migrate.entries.model import Author, Blog, Entry, LeftOut, Told, Written
from rejoinder.migrate.entries.placing import OURS
from rejoinder.migrate.entries.sources import heads, jekyll_urls, liquid
from rejoinder.migrate.oldlinks import SITE_FEED

_CONFIGS = ("_config.yml", "_config.yaml", "_config.toml")
_MARKDOWN = frozenset({".md", ".markdown", ".mkd", ".mkdn", ".mkdown"})
_HTML = frozenset({".html", ".htm"})
_OTHER_MARKUP = frozenset({".textile", ".org", ".adoc", ".asciidoc", ".rst"})
_MADE = frozenset({".xml", ".json", ".txt", ".css", ".scss", ".sass", ".js"})
_NOT_OURS = frozenset({"_site", "vendor", "Gemfile", "Gemfile.lock"})
_NAME = re.compile(r"(\d{2,4}-\d{1,2}-\d{1,2})-(.+)")
_EXACT = re.compile(r"\d{4}-\d{1,2}-\d{1,2}[Tt ]+\d{1,2}:\d\d:\d\d(?:\.\d*)?")
_MADE_HERE = "made by Liquid"
_TOC = re.compile(r"^(?:[-*+]|1\.)[ \t].*\n\{:\s*toc\b[^}]*\}", re.M)


def read(file: Path, told: Told) -> Blog:
    """The posts and pages of a site. Raises ImportFailed for a folder that has no site."""
    files = Files(file)
    config = _config(files, told)
    source = data.text(config.get("source")).strip("./")
    front = f"{source}/" if source else ""
    names = [name for name in files.names if name.startswith(front)]
    if not any({"_posts", "_drafts"} & set(name.split("/")) for name in names):
        raise ImportFailed(
            "there are no _posts: this is no site of Jekyll's", where=file,
            mend="Name the folder that _config.yml is in.",
        )  # fmt: skip
    site = _Site(files, config, front, told)
    for name in names:
        site.look(name)
    return site.blog()


def _config(files: Files, told: Told) -> dict[str, Any]:
    for name in _CONFIGS:
        if name in files:
            text, _ = data.decoded(files.read(name))
            try:
                found = data.parse(text, data.ENDINGS[PurePosixPath(name).suffix])
            except ImportFailed as error:
                raise ImportFailed(
                    error.what, where=name, line=error.line,
                    mend="Mend it there: addresses depend on it.",
                ) from error  # fmt: skip
            return found if isinstance(found, dict) else {}
    told(None, "there is no _config.yml; what Jekyll does without one was taken")
    return {}


@dataclass(frozen=True, slots=True)
class _Found:
    """A file with words: what it is, its name in the export, its path below the source, its front
    matter and body."""

    kind: str
    name: str
    path: PurePosixPath
    fields: Mapping[str, Any]
    body: str
    collection: str = ""
    categories: tuple[str, ...] = ()
    is_draft: bool = False

    @property
    def slug(self) -> str:
        match = _NAME.fullmatch(self.path.stem)
        own = heads.first(self.fields, "slug")
        return own or (match[2] if match and self.kind == "post" else self.path.stem)


class _Site:
    """A site while it is read, file by file."""

    def __init__(self, files: Files, config: dict[str, Any], front: str, told: Told) -> None:
        self.files = files
        self.config = config
        self.front = front
        self.told = told
        self.style = data.text(config.get("permalink")) or "date"
        self.zone = heads.zone(data.text(config.get("timezone")), "_config.yml", told)
        self.found: list[_Found] = []
        self.left_out: list[LeftOut] = []
        self.media: dict[str, str] = {}
        self.moved: dict[str, str] = {}
        self.kept: Counter[str] = Counter()
        self.included = set(data.listed(config.get("include")))
        self.excluded = {path.strip("/") for path in data.listed(config.get("exclude"))}
        declared = config.get("collections")
        self.collections: dict[str, dict[str, Any]] = {
            name: about if isinstance(about, dict) else {}
            for name, about in (declared.items() if isinstance(declared, dict) else ())
        }

    def look(self, name: str) -> None:
        """Take in one file."""
        path = PurePosixPath(name.removeprefix(self.front))
        if {path.parts[0], *map(str, (path, *path.parents))} & (self.excluded | _NOT_OURS):
            return
        special = next((part for part in path.parts if part.startswith("_")), "")
        above = path.parts[: path.parts.index(special)] if special else ()
        if special in ("_posts", "_drafts"):
            self._post(name, path, above, is_draft=special == "_drafts")
        elif not special or special in self.included:
            self._page(name, path)
        elif data.flag(self.collections.get(special[1:], {}).get("output")):
            self._page(name, path, special[1:])

    def _post(
        self, name: str, path: PurePosixPath, above: tuple[str, ...], *, is_draft: bool
    ) -> None:
        ending = path.suffix.lower()
        if ending in _OTHER_MARKUP:
            self._leave_out("post", name, f"it is written in {ending[1:]}, which is not read here")
        elif ending not in _MARKDOWN | _HTML:
            pass
        elif not is_draft and not _NAME.fullmatch(path.stem):
            self._leave_out("post", name, "the file's name has no date")
        else:
            self._words("post", name, path, categories=above, is_draft=is_draft)

    def _page(self, name: str, path: PurePosixPath, collection: str = "") -> None:
        ending = path.suffix.lower()
        could = ending in _MARKDOWN | _HTML | _MADE
        has_head = could and self.files.read(name).lstrip(b"\xef\xbb\xbf").startswith(b"---")
        if not has_head:
            self.media[str(path)] = name
        elif ending not in _MADE:
            self._words("page", name, path, collection)
        elif ending == ".xml" and len(path.parts) == 1 and path.stem != "sitemap":
            self.moved[f"/{path}"] = SITE_FEED

    def _words(
        self, kind: str, name: str, path: PurePosixPath, collection: str = "",
        categories: tuple[str, ...] = (), *, is_draft: bool = False,
    ) -> None:  # fmt: skip
        text, wrong = data.decoded(self.files.read(name))
        if wrong:
            self.told(None, f"{name}: {wrong}")
        try:
            page = data.page(text)
        except ImportFailed as error:
            at = f", line {error.line}" if error.line else ""
            self._leave_out(kind, f"{name}{at}", error.what)
            return
        kinds = {collection or ("drafts" if is_draft else f"{kind}s"), f"{kind}s", ""}
        fields = {**_defaults(self.config, str(path), kinds), **page.fields}
        found = _Found(kind, name, path, fields, page.body, collection, categories, is_draft)
        to = next(iter(heads.names(fields, "redirect_to")), "")
        if to.startswith("/") and not to.startswith("//"):
            self.moved[f"/{self._address(found)}"] = to
            self.left_out.append(LeftOut(kind, "redirect", "its address still leads on"))
        elif to:
            self._leave_out(kind, name, f"it leads to {to}")
        elif kind == "page" and self._address(found) in OURS and not liquid.words(page.body):
            self.left_out.append(LeftOut(kind, _MADE_HERE, "a site here has its own"))
        else:
            self.found.append(found)

    def _leave_out(self, kind: str, name: str, why: str) -> None:
        self.left_out.append(LeftOut(kind, "unread", "see below"))
        self.told(None, f"{name}: {why}; it was left out")

    def _date(self, found: _Found) -> datetime | None:
        """As Jekyll takes it: a whole time without a zone is UTC (YAML says so), any other is
        wall time; a post's file has one in its name."""
        said = heads.first(found.fields, "date")
        date = dates.spelled(said)
        match = _NAME.fullmatch(found.path.stem) if found.kind == "post" else None
        if date is None and match:
            date = dates.spelled(match[1])
        if date is None:
            return None
        if date.tzinfo is None and _EXACT.fullmatch(said):
            date = date.replace(tzinfo=UTC)
        if date.tzinfo is None:
            return date.replace(tzinfo=self.zone) if self.zone else date
        return date.astimezone(self.zone or UTC)

    def _categories(self, found: _Found) -> list[str]:
        said = heads.names(found.fields, "category")
        said += heads.names(found.fields, "categories", part=" ")
        return list(dict.fromkeys((*found.categories, *said)))

    def _address(self, found: _Found) -> str:
        own = heads.first(found.fields, "permalink")
        path = str(found.path.with_suffix(""))
        if found.kind == "post":
            date = self._date(found) or datetime(1970, 1, 1, tzinfo=UTC)
            posts = heads.first(self.collections.get("posts", {}), "permalink")
            template = own or posts or self.style
            return jekyll_urls.post(template, date, found.slug, self._categories(found))
        if found.collection and not own:
            inner = path.removeprefix(f"_{found.collection}/")
            template = heads.first(self.collections[found.collection], "permalink")
            return jekyll_urls.document(inner, found.collection, self.style, template, found.slug)
        return jekyll_urls.page(path, self.style, own)

    def blog(self) -> Blog:
        """All that was read."""
        config = self.config
        url = heads.first(config, "url").rstrip("/")
        base = "/" + heads.first(config, "baseurl").strip("/") if config.get("baseurl") else ""
        addresses = {found.name: self._address(found) for found in self.found}
        bodies = _Bodies(self, addresses, url, base.rstrip("/"))
        entries = tuple(self._entry(found, addresses[found.name], bodies) for found in self.found)
        if "jekyll-feed" in heads.names(config, "plugins", "gems"):
            self.moved.setdefault("/feed.xml", SITE_FEED)
        author = config.get("author")
        name = heads.first(author, "name") if isinstance(author, dict) else data.text(author)
        archives = _archives(config)
        tags = ", ".join(f"{tag} {n}" for tag, n in sorted(bodies.kept.items()))
        return Blog(
            title=unescape(heads.first(config, "title", "name")),
            subtitle=unescape(heads.first(config, "tagline", "subtitle", "description")),
            bases=(f"{url}{base}".rstrip("/"),) if url else (),
            language=heads.first(config, "lang", "locale", "language").replace("_", "-"),
            timezone=self.zone.key if self.zone else "",
            author=name, root=self.front, entries=entries, authors=self._authors(entries),
            moved=self.moved, archives=archives,
            listed=heads.listed(archives, entries, jekyll_urls.slugified),
            left_out=tuple(self.left_out), files=self.files, media=self.media,
            notes=(f"Tags of Liquid, kept to the letter: {tags}.",) if tags else (),
        )  # fmt: skip

    def _entry(self, found: _Found, address: str, bodies: _Bodies) -> Entry:
        fields, date = found.fields, self._date(found)
        categories = self._categories(found)
        status = self._status(found, address, date)
        written = Written.HTML if found.path.suffix.lower() in _HTML else Written.KRAMDOWN
        if status == _MADE_HERE:
            written = Written.AS_IT_IS
        title = unescape(heads.first(fields, "title"))
        summary = heads.first(fields, "excerpt", "summary", "description")
        return Entry(
            key=found.name, kind=found.kind, name=found.name,
            title=title or " ".join(map(str.capitalize, found.slug.split("-"))),
            body=found.body if status == _MADE_HERE else bodies.of(found), written=written,
            status=status, is_public=status == "published", slug=jekyll_urls.slugified(found.slug),
            address=address, old=tuple(heads.names(fields, "redirect_from")), date=date,
            modified=dates.spelled(
                heads.first(fields, "last_modified_at", "modified", "updated", "lastmod")
            ),
            authors=tuple(heads.authors(fields)),
            categories=tuple(categories),
            tags=tuple(dict.fromkeys((
                *heads.names(fields, "tag"),
                *heads.names(fields, "tags", part=" "),
            ))),
            summary=bodies.resolved(summary, found),
            image=bodies.resolved(heads.image(fields), found),
            language=heads.first(fields, "lang", "locale").replace("_", "-"),
            is_open=heads.is_open(fields), is_sticky=heads.is_sticky(fields),
        )  # fmt: skip

    def _status(self, found: _Found, address: str, date: datetime | None) -> str:
        if found.is_draft or data.flag(found.fields.get("draft")):
            return "draft"
        if data.flag(found.fields.get("published")) is False:
            return "unpublished"
        if found.kind == "page" and (address in OURS or liquid.makes_pages(found.body)):
            return _MADE_HERE
        moment = date if date is None or date.tzinfo else date.replace(tzinfo=UTC)
        if found.kind == "post" and moment and moment > datetime.now(UTC):
            return "published" if data.flag(self.config.get("future")) else "future"
        return "published"

    def _authors(self, entries: tuple[Entry, ...]) -> dict[str, Author]:
        """Those of `_data/authors` whom a post names by their keys, and all others by name."""
        listed: dict[str, Any] = {}
        for ending, language in data.ENDINGS.items():
            name = f"{self.front}_data/authors{ending}"
            if name in self.files:
                try:
                    found = data.parse(data.decoded(self.files.read(name))[0], language)
                    listed = found if isinstance(found, dict) else {}
                except ImportFailed as error:
                    self.told(None, f"{name}: {error.what}; it was left out")
        keys = sorted({key for entry in entries for key in entry.authors})
        return {key: heads.author(key, listed.get(key, key)) for key in keys}


class _Bodies:
    """The words of a site's files, without the Liquid whose meaning is certain."""

    def __init__(self, site: _Site, addresses: Mapping[str, str], url: str, base: str) -> None:
        self.kept: Counter[str] = Counter()
        self._config = site.config
        self._addresses = addresses
        self._front = site.front
        self._base = base
        self._variables = heads.scalars("site", site.config) | {
            "site.url": url, "site.baseurl": base}  # fmt: skip
        self._posts = {str(found.path.with_suffix("")).partition("_posts/")[2]: found.name
                       for found in site.found if found.kind == "post"}  # fmt: skip
        self._posts |= {name.rpartition("/")[2]: full for name, full in self._posts.items()}

    def of(self, found: _Found) -> str:
        """The body of a file."""
        text = self.resolved(found.body, found)
        text = _TOC.sub("[TOC]", text)
        separator = heads.first(found.fields, "excerpt_separator") or heads.first(
            self._config, "excerpt_separator")  # fmt: skip
        if separator.strip() and "more" not in separator:
            text = text.replace(separator, "\n\n<!--more-->\n\n", 1)
        return text

    def resolved(self, text: str, found: _Found) -> str:
        """A text of a file."""
        if "{" not in text:
            return text
        variables = self._variables | heads.scalars("page", found.fields) | {
            "page.url": f"/{self._addresses[found.name]}"}  # fmt: skip
        text, kept = liquid.resolved(text, variables, self._find)
        self.kept.update(kept)
        # Since Jekyll 4 links begin with the base, before it authors wrote that before them
        return text.replace(f"{self._base}{self._base}/", f"{self._base}/") if self._base else text

    def _find(self, tag: str, named: str) -> str | None:
        if tag == "link":
            name: str | None = self._front + named.lstrip("/")
        else:
            name = self._posts.get(named.strip("/"))
        address = self._addresses.get(name or "")
        return None if address is None else f"{self._base}/{address}"


def _defaults(config: Mapping[str, Any], path: str, kinds: set[str]) -> dict[str, Any]:
    """Front matter that the settings give to files by path and kind ('defaults')."""
    made: dict[str, Any] = {}
    rows = config.get("defaults")
    for row in rows if isinstance(rows, list) else ():
        values, scope = (row.get("values"), row.get("scope")) if isinstance(row, dict) else (0, 0)
        scope = scope if isinstance(scope, dict) else {}
        below = data.text(scope.get("path")).strip("/")
        is_below = f"{path}/".startswith(f"{below}/") or not below or (
            "*" in below and PurePosixPath(path).match(below))  # fmt: skip
        if isinstance(values, dict) and is_below and data.text(scope.get("type")) in kinds:
            made.update(values)
    return made


def _archives(config: Mapping[str, Any]) -> dict[str, str]:
    """Where jekyll-archives puts its pages."""
    archives = config.get("jekyll-archives")
    links = archives.get("permalinks") if isinstance(archives, dict) else None
    return {
        kind: data.text(links[kind]).lstrip("/").replace(":name", "{slug}")
        for kind in ("category", "tag")
        if isinstance(links, dict) and ":name" in data.text(links.get(kind))
    }
