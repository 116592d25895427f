"""Ghost: the JSON that Settings, Import/Export makes, alone or beside its `content` folder, in a
folder or a zip archive.

`{"db": [{"meta": …, "data": {"posts": [], "tags": [], "posts_tags": [], "users": [],
"posts_authors": [], "posts_meta": [], "settings": []}}]}` (Ghost's exporter); each post has its
HTML beside what its editor keeps (mobiledoc, lexical). Addresses of the blog stand there as
`__GHOST_URL__`: what it is, the file doesn't say.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from rejoinder.errors import ImportFailed
from rejoinder.migrate import data, dates
from rejoinder.migrate.entries.files import Files
from rejoinder.migrate.entries.model import Author, Blog, Entry, LeftOut, Told, Written
from rejoinder.migrate.entries.sources import heads
from rejoinder.migrate.oldlinks import SITE_FEED

Row = dict[str, Any]

_SIZED = re.compile(r"(/content/images/)size/w\d+(?:h\d+)?/(?:format/\w+/)?")
_CARD = re.compile(r"<!--\s*kg-card-(?:begin|end)[^>]*-->")
_HERE = "__GHOST_URL__"
_KEPT = re.compile(r"(?:^|/)(content/(?:images|files|media)/.+)$")
_PLAIN_RULE = re.compile(r"[\w/.~%-]+")
_PERMALINK = "/{slug}/"


def read(file: Path, told: Told) -> Blog:
    """The posts and pages of an export. Raises ImportFailed."""
    files = Files(file) if file.is_dir() or _is_packed(file) else None
    tables = _tables(file, files)
    export = _Export(tables, told)
    posts = list(export.rows("posts"))
    if not posts:
        raise ImportFailed(
            "the export has no posts", where=file, mend="Export again: Settings, Import/Export.",
        )  # fmt: skip
    export.permalink = _permalink(files, export) if files else export.permalink
    entries = tuple(entry for row in posts if (entry := export.entry(row)))
    keys = {key for entry in entries for key in entry.authors}
    settings = export.settings
    return Blog(
        title=settings.get("title", ""), subtitle=settings.get("description", ""),
        language=heads.first(settings, "lang", "locale", "default_locale"), here=_HERE,
        timezone=export.zone.key if export.zone else "", entries=entries,
        authors={key: author for key, author in export.authors.items() if key in keys},
        archives={"tag": "tag/{slug}/", "author": "author/{slug}/"},
        listed={("tag", name): f"/tag/{slug}/" for name, slug in export.tag_slugs.items()},
        moved={"/rss/": SITE_FEED, **(_redirects(files) if files else {})},
        left_out=tuple(export.left_out), files=files,
        media={found[1]: name for name in files.names if (found := _KEPT.search(f"/{name}"))
               and not _SIZED.search(f"/{found[1]}")} if files else {},
        notes=tuple(export.notes(has_files=files is not None)),
    )  # fmt: skip


def _is_packed(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(2) == b"PK"


def _tables(file: Path, files: Files | None) -> Row:
    """The tables of an export; of those in a folder, the one with the newest name."""
    texts = [(str(file), file.read_bytes())] if files is None else [
        (name, files.read(name)) for name in reversed(files.names) if name.endswith(".json")
    ]  # fmt: skip
    wrong: ImportFailed | None = None
    for name, read_bytes in texts:
        text, _ = data.decoded(read_bytes)
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            line = getattr(error, "lineno", None)
            wrong = ImportFailed(f"the JSON can't be read: {error}", where=name, line=line)
            continue
        db = value.get("db") if isinstance(value, dict) else None
        found = db[0] if isinstance(db, list) and db else value
        tables = found.get("data") if isinstance(found, dict) else None
        if isinstance(tables, dict) and isinstance(tables.get("posts"), list):
            return tables
    raise wrong or ImportFailed(
        "this is no export of Ghost's: it has no table of posts", where=file,
        mend="Ghost makes one at Settings, Import/Export, Export content.",
    )  # fmt: skip


class _Export:
    """The tables of an export, put together."""

    def __init__(self, tables: Row, told: Told) -> None:
        self.tables = tables
        self.told = told
        self.left_out: list[LeftOut] = []
        self.injected = 0
        self.internal: set[str] = set()
        self.settings = {data.text(row.get("key")): data.text(row.get("value")).strip()
                         for row in self.rows("settings")}  # fmt: skip
        zone = self.settings.get("timezone") or self.settings.get("activeTimezone", "")
        self.zone = heads.zone(zone, "the settings", told)
        self.permalink = _pattern(self.settings.get("permalinks", "")) or _PERMALINK
        self.authors = {
            _id(row): Author(
                heads.first(row, "name") or heads.first(row, "slug"), heads.first(row, "slug"),
                heads.first(row, "website"), heads.first(row, "bio"),
            )
            for row in self.rows("users")
        }  # fmt: skip
        self.tags = {_id(row): row for row in self.rows("tags")}
        self.tag_slugs: dict[str, str] = {}
        self.metas = {data.text(row.get("post_id")): row for row in self.rows("posts_meta")}
        self.tags_of = self._joined("posts_tags", "tag_id")
        self.authors_of = self._joined("posts_authors", "author_id")

    def rows(self, table: str) -> Iterable[Row]:
        """The rows of a table, those that are tables themselves."""
        found = self.tables.get(table)
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

    def _joined(self, table: str, column: str) -> dict[str, list[str]]:
        found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for row in self.rows(table):
            order = data.text(row.get("sort_order"))
            at = int(order) if order.isdecimal() else 0
            found[data.text(row.get("post_id"))].append((at, data.text(row.get(column))))
        return {post: [key for _, key in sorted(keys)] for post, keys in found.items()}

    def entry(self, row: Row) -> Entry | None:
        """A post or page; None, and told, of what is none."""
        key, slug, title = _id(row), heads.first(row, "slug"), heads.first(row, "title")
        if not key:
            self.left_out.append(LeftOut("post", "unread", "see below"))
            self.told(None, f"the post {title!r} has no id, and was left out")
            return None
        is_page = heads.first(row, "type") == "page" or data.flag(row.get("page")) is True
        kind = "page" if is_page else "post"
        status = heads.first(row, "status") or "draft"
        visibility = heads.first(row, "visibility") or "public"
        if status == "published" and visibility != "public":
            status = f"for {visibility}"
        date = self._moment(row, "published_at", "created_at")
        authors = [key for key in self.authors_of.get(key) or [data.text(row.get("author_id"))]
                   if key in self.authors]  # fmt: skip
        tags = [self.tags[tag] for tag in self.tags_of.get(key, ()) if tag in self.tags]
        self.internal |= {name for tag in tags if (name := heads.first(tag, "name"))[:1] == "#"}
        names = [name for tag in tags if (name := heads.first(tag, "name"))[:1] != "#"]
        self.tag_slugs |= {heads.first(tag, "name"): heads.first(tag, "slug") for tag in tags}
        self.injected += any(heads.first(row, f"codeinjection_{at}") for at in ("head", "foot"))
        pattern = _PERMALINK if is_page else self.permalink
        body, written = self._body(row, title)
        made = {
            "slug": slug, "id": key, "primary_tag": heads.first(tags[0], "slug") if tags else "all",
            "author": self.authors[authors[0]].slug if authors else "",
        }  # fmt: skip
        made |= {part: f"{date:{form}}" if date else "" for part, form in _DATE_PARTS.items()}
        return Entry(
            key=key, kind=kind, title=title, body=body, written=written,
            status=status, is_public=status == "published", slug=slug,
            address=pattern.lstrip("/").format(**made) if slug else None, date=date,
            modified=self._moment(row, "updated_at"), authors=tuple(authors),
            tags=tuple(dict.fromkeys(names)),
            summary=heads.first(row, "custom_excerpt"),
            image=_SIZED.sub(r"\1", heads.first(row, "feature_image", "image")),
            language=heads.first(row, "locale"),
        )  # fmt: skip

    def _moment(self, row: Row, *names: str) -> Any:
        date = dates.spelled(heads.first(row, *names))
        if date is None:
            return None
        date = date if date.tzinfo else date.replace(tzinfo=dates.zone("UTC"))
        return date.astimezone(self.zone) if self.zone else date

    def _body(self, row: Row, title: str) -> tuple[str, Written]:
        """Its HTML; of a post that was never shown, what its editor keeps."""
        text, written = heads.first(row, "html"), Written.HTML
        if not text:
            text, written = _of_cards(heads.first(row, "mobiledoc")), Written.GOLDMARK
            if not text:
                text, written = escape(heads.first(row, "plaintext"), quote=False), Written.HTML
            if text:
                self.told(None, f"{title!r} has no HTML; what its editor keeps was taken")
        return _SIZED.sub(r"\1", _CARD.sub("", text)), written

    def notes(self, *, has_files: bool) -> Iterable[str]:
        """What the report says beside its sums."""
        if self.internal:
            yield f"Internal tags, left out: {', '.join(sorted(self.internal))}."
        if self.injected:
            yield f"Posts with code injected into their pages, which was left out: {self.injected}."
        if not has_files:
            yield ("Pictures are not in the JSON. Put it into a folder beside Ghost's 'content', "
                   "and import that.")  # fmt: skip


_DATE_PARTS = {"year": "%Y", "month": "%m", "day": "%d"}


def _id(row: Row) -> str:
    return data.text(row.get("id")).strip()


def _pattern(text: str) -> str:
    """A permalink as a pattern, `/:year/:slug/` or routes.yaml's `/{year}/{slug}/`; '' where it has
    something that is not known here."""
    known = {*_DATE_PARTS, "slug", "id", "author", "primary_tag"}
    made = re.sub(r":(\w+)", r"{\1}", text.replace("primary_author", "author"))
    return made if {*re.findall(r"\{(\w+)\}", made)} <= known and "{" in made else ""


def _permalink(files: Files, export: _Export) -> str:
    """The permalink of posts in `routes.yaml`: that of the collection without a filter, or the
    last, which takes what is left."""
    name = next((name for name in files.names if name.endswith("routes.yaml")), "")
    if not name:
        return export.permalink
    try:
        found = data.parse(data.decoded(files.read(name))[0], "YAML")
    except ImportFailed as error:
        export.told(error.line, f"{name}: {error.what}; Ghost's own addresses were taken")
        return export.permalink
    collections = found.get("collections") if isinstance(found, dict) else None
    rows = [row for row in (collections or {}).values() if isinstance(row, dict)] if isinstance(
        collections, dict) else []  # fmt: skip
    chosen = next((row for row in rows if not row.get("filter")), rows[-1] if rows else {})
    return _pattern(heads.first(chosen, "permalink")) or export.permalink


def _redirects(files: Files) -> dict[str, str]:
    """The rules of `redirects.json` or `redirects.yaml` that are plain addresses."""
    found: dict[str, str] = {}
    for name in files.names:
        if not re.search(r"(?:^|/)redirects\.(?:json|ya?ml)$", name):
            continue
        text, _ = data.decoded(files.read(name))
        try:
            value = data.parse(text, data.ENDINGS[name[name.rindex(".") :]])
        except ImportFailed:
            continue
        if isinstance(value, dict):  # 301: {from: to}
            rules = [(old, new) for part in value.values() if isinstance(part, dict)
                     for old, new in part.items()]  # fmt: skip
        else:
            rules = [(row.get("from"), row.get("to")) for row in value if isinstance(row, dict)]
        for old, new in rules:
            plain = re.sub(r"^\^|\\?/\??\$$|\$$", "", data.text(old)).replace("\\/", "/")
            to = data.text(new)
            if _PLAIN_RULE.fullmatch(plain) and plain.startswith("/") and _PLAIN_RULE.fullmatch(to):
                found[f"{plain}/" if "." not in plain.rpartition("/")[2] else plain] = to
    return found


def _of_cards(mobiledoc: str) -> str:
    """The words of Markdown and HTML cards, as Markdown."""
    try:
        cards = json.loads(mobiledoc).get("cards") if mobiledoc else None
    except (ValueError, AttributeError, RecursionError):
        return ""
    parts = []
    for card in cards if isinstance(cards, list) else ():
        if isinstance(card, list) and len(card) == 2 and isinstance(card[1], dict):
            parts.append(heads.first(card[1], "markdown", "html"))
    return "\n\n".join(part for part in parts if part)
