"""Where each post of another blog will stand: its date, slug, address, file and thread. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from urllib.parse import quote, unquote

from rejoinder.migrate import permalinks, slugs
from rejoinder.migrate.entries.model import Blog, Entry, Told
from rejoinder.migrate.permalinks import Address
from rejoinder.migrate.vacancies import free, names_thread, static
from rejoinder.site import Permalinks

_LAST = datetime.max.replace(tzinfo=UTC)
_SOME_TIME = datetime(1970, 1, 1, tzinfo=UTC)
OURS = frozenset({"", "index.html", "404.html", "archives/", "authors/", "categories/", "tags/",
                  "feeds/", "search/", "engagement/"})  # fmt: skip
"""Addresses of pages that a site makes by itself."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry, and where it stands: `url` below the site's address, `path` below the folder that
    it goes to; `names_url` where the site's permalinks alone don't give its address; `old` are
    addresses that lead to it, with their slash."""

    entry: Entry
    date: datetime
    modified: datetime | None
    slug: str
    url: str
    path: str
    thread: str
    names_url: bool
    old: tuple[str, ...] = ()


@dataclass(slots=True)
class Ground:
    """What there is to stand on: the blog's zone, the site's permalinks, what others have already
    (in lower case), what an earlier import chose for a key (path and thread), and who hears what
    had to be done differently."""

    zone: tzinfo
    patterns: Permalinks
    known: Callable[[str], tuple[str, str] | None]
    told: Told
    slugs: set[str] = field(default_factory=set)
    urls: set[str] = field(default_factory=lambda: set(OURS))
    paths: set[str] = field(default_factory=set)
    threads: set[str] = field(default_factory=set)


def permalinks_of(blog: Blog, zone: tzinfo) -> Permalinks:
    """The permalinks that most of the public posts' addresses have, with the archives that the blog
    had; those of a site that has none of its own where nothing explains them."""
    structure = permalinks.detect(
        Address(entry.address, dated(entry.date, zone), _slug_in(entry), "", "", _categories(entry))
        for entry in blog.entries
        if entry.kind == "post" and entry.is_public and entry.address and entry.date
    )
    found = permalinks.settings(structure)
    usual = Permalinks()
    archives = {name: blog.archives.get(name, getattr(usual, name))
                for name in ("category", "tag", "author")}  # fmt: skip
    return Permalinks(post=found.post, page=found.page, **archives)


def in_its_language(blog: Blog) -> Blog:
    """A blog whose posts say a language only where it is another: `en` is no other than the blog's
    `en-GB`, nor the other way round, unless some posts are in the one and some in the other."""
    own = blog.language.lower()
    said = {entry.language.lower() for entry in blog.entries} - {""}
    near = {one for one in said if one == own or one.startswith(f"{own}-")
            or own.startswith(f"{one}-")}  # fmt: skip
    if not own or len(near) != 1:
        return blog
    entries = (replace(one, language="") if one.language.lower() in near else one
               for one in blog.entries)  # fmt: skip
    return replace(blog, entries=tuple(entries))


def dated(date: datetime | None, zone: tzinfo) -> datetime:
    """A date in the blog's zone, where it says none, and with whole seconds."""
    date = date or _SOME_TIME
    return (date if date.tzinfo else date.replace(tzinfo=zone)).replace(microsecond=0)


def placed(blog: Blog, ground: Ground) -> list[Placed]:
    """Each entry in its place: posts, the oldest first and undated last, then pages, then what is
    not public."""

    def order(entry: Entry) -> tuple[bool, bool, datetime, str]:
        date = dated(entry.date or _LAST, ground.zone)
        return not entry.is_public, entry.kind != "post", date, entry.key

    entries = sorted(blog.entries, key=order)
    found = [_public(entry, blog, ground) if entry.is_public else _hidden(entry, ground)
             for entry in entries]  # fmt: skip
    live = {_lead(f"/{one.url}") for one in found if one.entry.is_public}
    return [_with_old(one, live, ground) for one in found]


def _public(entry: Entry, blog: Blog, ground: Ground) -> Placed:
    named = entry.name or repr(entry.title or entry.key)
    date = dated(entry.date, ground.zone)
    if entry.date is None and entry.kind == "post":
        ground.told(entry.line, f"{named} has no date; {date:%Y-%m-%d} was taken")
    foreign = entry.language.lower() not in ("", blog.language.lower())
    front = f"{entry.language.lower()} " if foreign else ""  # a translation has the same slug
    wished = _slug(entry)
    slug = free(ground.slugs, front + wished, front + _nested(entry), front + wished)
    slug = slug.removeprefix(front)
    pattern = ground.patterns.post if entry.kind == "post" else ground.patterns.page
    made = pattern.format(
        date=date, slug=slug, category=(*_categories(entry), "misc")[0], author=""
    )
    own = static(entry.address) if entry.address else None
    url = free(ground.urls, own or made, made, f"{slug}-{entry.kind}/")
    if own and url != own:
        ground.told(entry.line, f"the address /{own} is another's already; {named} got /{url}")
    unsure = foreign or "{author}" in pattern or ("{category}" in pattern and not entry.categories)
    before = ground.known(entry.key)
    keys = [front + key for key in (slug, f"{entry.kind}-{slug}") if names_thread(key)]
    thread = before[1] if before else free(ground.threads, *keys, entry.kind)
    thread = thread.removeprefix(front)
    return Placed(
        entry, date, dated(entry.modified, ground.zone) if entry.modified else None, slug, url,
        _path(entry, date, slug, ground, before), thread, unsure or url != made,
        _old(entry, url),
    )  # fmt: skip


def _hidden(entry: Entry, ground: Ground) -> Placed:
    date = dated(entry.date or entry.modified, ground.zone)
    slug = _slug(entry)
    thread = slug if names_thread(slug) else entry.kind
    modified = dated(entry.modified, ground.zone) if entry.modified else None
    path = f"drafts/{_path(entry, date, slug, ground, None)}"
    return Placed(entry, date, modified, slug, "", path, thread, False)


def _path(
    entry: Entry, date: datetime, slug: str, ground: Ground, before: tuple[str, str] | None
) -> str:
    if before:
        ground.paths.add(before[0].lower())
        return before[0]
    stem = slugs.file_stem(slug)
    is_dated = entry.kind == "post" and (entry.date or entry.is_public)
    name = f"{date:%Y-%m-%d}-{stem}" if is_dated else stem
    language = f".{entry.language.lower()}" if entry.language else ""
    wishes = [f"{entry.kind}s/{name}{ending}" for ending in ("", language, f"-{entry.kind}")]
    return free(ground.paths, *wishes) + ".md"


def _slug(entry: Entry) -> str:
    wished = slugs.wordpress_slug(_slug_in(entry))
    return wished or slugs.title_slug(entry.title) or entry.kind


def _slug_in(entry: Entry) -> str:
    """Its slug, or what stands for it in its address."""
    last = (entry.address or "").rstrip("/").rpartition("/")[2]
    return entry.slug or last.rpartition(".")[0] or last


def _nested(entry: Entry) -> str:
    path = (entry.address or "").strip("/")
    return slugs.wordpress_slug((path.rpartition(".")[0] or path).replace("/", "-"))


def _categories(entry: Entry) -> tuple[str, ...]:
    return tuple(slugs.pelican_slug(name) for name in entry.categories[:1])


def lists_moved(blog: Blog, patterns: Permalinks) -> dict[str, str]:
    """Where lists of categories and tags are now, by where they were (with their slash). Pelican
    knows one category of a post: further ones are tags."""
    public = [entry for entry in blog.entries if entry.is_public and entry.kind == "post"]
    first = {entry.categories[0] for entry in public if entry.categories}
    tags = {name for entry in public for name in (*entry.categories[1:], *entry.tags)}
    found = {}
    for (kind, name), old in blog.listed.items():
        slug = slugs.pelican_slug(name)
        if kind == "category" and name in first:
            found[_quoted(old)] = f"/{patterns.category.format(slug=slug)}"
        elif name in tags:
            found[_quoted(old)] = f"/{patterns.tag.format(slug=slug)}"
    return {old: new for old, new in found.items() if old != new}


def _old(entry: Entry, url: str) -> tuple[str, ...]:
    own = (entry.address,) if entry.address and _lead(entry.address) != _lead(url) else ()
    return tuple(dict.fromkeys(_quoted(old) for old in (*own, *entry.old) if old.strip("/")))


def _with_old(one: Placed, live: set[str], ground: Ground) -> Placed:
    """With those of its old addresses that lead to nothing else."""
    kept = []
    for old in one.old:
        if _lead(old) in live:
            if _lead(old) not in (_lead(one.url), _lead(one.entry.address or "")):
                ground.told(one.entry.line, f"{old} can't lead to /{one.url}: something is there")
            continue
        live.add(_lead(old))
        kept.append(old)
    return replace(one, old=tuple(kept))


def _lead(address: str) -> str:
    """An address as a host of files sees it."""
    return unquote(address).strip("/").removesuffix("index.html").strip("/").lower()


def _quoted(path: str) -> str:
    return "/" + quote(unquote(path).lstrip("/"), safe="/~!$&'()*+;=:@-._?")
