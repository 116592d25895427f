"""The words of an entry as the site's Markdown, with links that lead to files of the site. Pure,
but for the media that it asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from html import unescape
from posixpath import dirname, join, normpath, splitext
from urllib.parse import quote, unquote, urljoin

from rejoinder.migrate.entries.dialects import adapted, code_lines
from rejoinder.migrate.entries.model import Blog, Entry, Written
from rejoinder.migrate.entries.placing import Placed
from rejoinder.migrate.fragments import parse, tidy
from rejoinder.migrate.links import ATTRIBUTES, retarget
from rejoinder.migrate.markdown import Converted, from_soup
from rejoinder.migrate.permalinks import own_path, split

Media = Callable[[str, bool], str | None]
"""From the path of a file below the blog's address, or a whole address elsewhere, and whether what
shows it is public, to its path below `content/`; None where it can't be had."""

_NOWHERE = "https://blog.invalid"
_LINKS = re.compile(
    r"(?P<inline>\]\(\s*<?)[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*"
    r"|(?P<define>^ {0,3}\[[^\]\n]+\]:[ \t]*<?)[^\s<>]+"
    rf"|(?P<tag>\b(?:{'|'.join(ATTRIBUTES)})\s*=\s*(?P<q>[\"']))[^\"'\n]*(?=(?P=q))",
    re.M,
)
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(?:.|\n(?!\n))*?(?<!`)\1(?!`)")
_VEIL = "x-pelican-"
_VEILED = re.compile(rf"{_VEIL}(filename|static):")
_SHOWN = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg", ".pdf", ".mp3",
                    ".mp4", ".webm", ".zip"})  # fmt: skip
_ENDINGS = (".md", ".markdown", ".html", ".htm")


class Library:
    """All entries in their places, found by their addresses and by the names of their files.
    `missing` are files that entries show and the export doesn't have."""

    def __init__(self, blog: Blog, found: Iterable[Placed], media: Media) -> None:
        self.blog = blog
        self.missing: dict[str, Entry] = {}
        self._media = media
        self._bases = blog.bases or (_NOWHERE,)
        self._by_address: dict[str, Placed] = {}
        self._by_name: dict[str, Placed] = {}
        every = [one for one in found if one.entry.is_public]
        for one in every:
            for address in (one.entry.address, one.url):
                if address:
                    self._by_address.setdefault(_plain(address), one)
            if one.entry.name:
                self._by_name.setdefault(one.entry.name, one)
        for one in every:
            for old in one.entry.old:
                self._by_address.setdefault(_plain(old), one)

    def media(self, entry: Entry, link: str) -> str | None:
        """The path below `content/` of a file that a link of an entry leads to."""
        own = self._path(entry, link)
        for path in (link.lstrip("/"), own):  # themes put the base before it
            if path is not None and path in self.blog.media:
                return self._media(path, entry.is_public)
        if own is None and self._is_hosted(link):
            return self._media(link, entry.is_public)
        if own and self.blog.bases:
            return self._media(f"{self.blog.bases[0]}/{quote(own)}", entry.is_public)
        return None

    def target(self, entry: Entry, link: str) -> str | None:
        """Where a link of an entry leads here; None for one that stays as it is."""
        link = link.strip()
        link = f"https:{link}" if link.startswith("//") else link
        if not link or link[0] in "#{|" or _scheme(link) not in ("", "http", "https"):
            return None
        path = self._path(entry, link)
        if path in self.blog.media or (path is None and self._is_hosted(link)):
            return self._static(path or link, entry)
        if path is None:
            return None
        fragment = link.partition("#")[2]
        one = self._named(entry, link) or self._by_address.get(_plain(path))
        if one is None:
            return self._missed(path, entry)
        return f"{{filename}}/{one.path}" + (f"#{fragment}" if fragment else "")

    def _static(self, what: str, entry: Entry) -> str | None:
        place = self._media(what, entry.is_public)
        return None if place is None else f"{{static}}/{place.replace(' ', '%20')}"

    def _missed(self, path: str, entry: Entry) -> str | None:
        """A file that is not in the export: where the blog still stands, it may be there."""
        if splitext(path)[1].lower() not in _SHOWN:
            return None
        own = f"{self.blog.bases[0]}/{quote(path)}" if self.blog.bases else ""
        if own and (there := self._static(own, entry)):
            return there
        self.missing.setdefault(path, entry)
        return None

    def _is_hosted(self, link: str) -> bool:
        host = split(link).hostname or ""
        return any(host == one or host.endswith(f".{one}") for one in self.blog.hosts)

    def _path(self, entry: Entry, link: str) -> str | None:
        """The path of a link below the blog's address, decoded; None of what leads elsewhere."""
        base = self._bases[0].rstrip("/")
        here = f"{base}/{entry.address or ''}"
        try:
            path = own_path(urljoin(here, unescape(link)), self._bases)
        except ValueError:
            return None
        return None if path is None else path.partition("?")[0].partition("#")[0]

    def _named(self, entry: Entry, link: str) -> Placed | None:
        """An entry whose file a link names, beside this one's or from the top."""
        path = unquote(split(link).path)
        if not path.endswith(_ENDINGS) or not entry.name:
            return None
        beside = normpath(join(dirname(entry.name), path))
        from_the_top = f"{self.blog.root}{path.lstrip('/')}"
        return self._by_name.get(beside) or self._by_name.get(from_the_top)


def _scheme(link: str) -> str:
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", link)
    return found[1].lower() if found else ""


def _plain(address: str) -> str:
    """An address as its spellings have it: without slashes at its ends, an `index.html`, or the
    ending of a page."""
    path = unquote(address).strip("/").lower()
    path = path.removesuffix("index.html").rstrip("/")
    stem, ending = splitext(path)
    return stem if ending in _ENDINGS else path


def worded(text: str, entry: Entry, library: Library) -> Converted:
    """A text of an entry as Markdown."""

    def target(link: str) -> str | None:
        return library.target(entry, link)

    if entry.written is Written.AS_IT_IS:
        return Converted(text, 1, 0)
    if entry.written is not Written.HTML:
        return _adapted(text, entry, target)
    soup = parse(text)
    tidy(soup)  # before links are rewritten: what looks like Pelican's syntax now is the author's
    retarget(soup, target)
    for tag in soup.find_all("img", srcset=True):
        if str(tag.get("src", "")).startswith("{static}"):  # its smaller copies have no file here
            del tag["srcset"]
            tag.attrs.pop("sizes", None)
    return from_soup(soup)


def _adapted(text: str, entry: Entry, target: Callable[[str], str | None]) -> Converted:
    """Pelican's links are called otherwise meanwhile: CommonMark escapes braces in addresses."""

    def veiled(link: str) -> str | None:
        made = target(link)
        return made and made.replace("{", _VEIL, 1).replace("}", ":", 1)

    found = adapted(relinked(text, veiled), bare_links=entry.written is Written.GOLDMARK)
    return replace(found, text=_VEILED.sub(r"{\1}", found.text))


def relinked(text: str, target: Callable[[str], str | None]) -> str:
    """Markdown whose links lead where `target` says; those in code stay as they are."""
    lines = text.split("\n")
    code = code_lines(text)
    masked = "\n".join(" " * len(line) if n in code else line for n, line in enumerate(lines))
    for span in _CODE_SPAN.finditer(masked):
        masked = masked[: span.start()] + " " * len(span[0]) + masked[span.end() :]
    made, at = [], 0
    for match in _LINKS.finditer(masked):
        before = match["inline"] or match["define"] or match["tag"]
        link = match[0][len(before) :]
        if link and (new := target(unescape(link))):
            made += [text[at : match.start()], before, new]
            at = match.end()
    return "".join((*made, text[at:]))
