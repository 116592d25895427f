"""Medium: the zip archive that Settings, Security and apps, Download your information makes, or the
folder that it was unpacked to.

`posts/DATE_Title-ID.html`, drafts as `posts/draft_Title-ID.html`: a page with microformats
(h-entry: p-name, p-summary, e-content, dt-published, p-canonical, p-author), whose body has a
`section` for each part and classes of Medium's editor (`graf--…`, `markup--…`). What somebody wrote
in response to others lies among them, and nothing tells it apart.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag

from rejoinder.errors import ImportFailed
from rejoinder.migrate import data, dates
from rejoinder.migrate.entries.files import Files
from rejoinder.migrate.entries.model import Author, Blog, Entry, LeftOut, Told, Written
from rejoinder.migrate.fragments import parse
from rejoinder.migrate.permalinks import split

_ID = re.compile(r"(?:^|[-_/])([0-9a-f]{8,12})(?:[/?#.]|$)")
_DATED = re.compile(r"\d{4}-\d\d-\d\d_")
_OURS = re.compile(r"(?:^|\.)medium\.com$")
_ATTRIBUTES = frozenset({"href", "src", "alt", "title", "width", "height", "allowfullscreen", "id"})
_WRAPPERS = ("section", "div")
HOSTS = ("cdn-images-1.medium.com", "miro.medium.com", "cdn-images-2.medium.com")


def read(file: Path, told: Told) -> Blog:
    """The posts of an export. Raises ImportFailed."""
    files = Files(file, own="posts")
    pages: dict[str, tuple[str, BeautifulSoup]] = {}
    left_out: list[LeftOut] = []
    for name in files.names:
        path = PurePosixPath(name)
        if path.suffix != ".html" or "posts" not in path.parts[:-1]:
            continue
        text, wrong = data.decoded(files.read(name))
        if wrong:
            told(None, f"{name}: {wrong}")
        soup = parse(text)
        number = _ID.search(path.stem)
        if soup.select_one(".e-content") is None:
            told(None, f"{name} has no text as Medium marks it, and was left out")
            left_out.append(LeftOut("post", "unread", "see below"))
        elif (key := number[1] if number else path.stem) in pages:
            told(None, f"{name} is {pages[key][0]} again, and was left out")
            left_out.append(LeftOut("post", "unread", "see below"))
        else:
            pages[key] = name, soup
    if not pages:
        raise ImportFailed(
            "there are no posts/ of Medium's", where=file,
            mend="Name the zip archive that Medium sent, or the folder it was unpacked to.",
        )  # fmt: skip
    names = {key: PurePosixPath(name).name for key, (name, _) in pages.items()}
    entries = tuple(_entry(key, name, soup, names) for key, (name, soup) in pages.items())
    bases = {split(address) for _, soup in pages.values() if (address := _canonical(soup))}
    own = sorted({f"https://{one.netloc}" for one in bases if not _OURS.search(one.netloc)})
    return Blog(
        bases=tuple(own), entries=entries, left_out=tuple(left_out), hosts=HOSTS,
        authors={name: Author(name) for entry in entries for name in entry.authors},
        author=next((name for entry in entries for name in entry.authors), ""),
        moved={"/feed/": "/feeds/all.atom.xml"} if own else {}, are_instants=True,
    )  # fmt: skip


def _entry(key: str, name: str, soup: BeautifulSoup, names: dict[str, str]) -> Entry:
    title, summary = _text(soup, ".p-name"), _text(soup, ".p-summary")
    time = soup.select_one("time.dt-published")
    is_draft = PurePosixPath(name).name.startswith("draft_") or time is None
    canonical = split(_canonical(soup))
    path = unquote(canonical.path).strip("/")
    slug = re.sub(rf"-?{key}$", "", path.rpartition("/")[2])
    if not slug:
        stem = _DATED.sub("", PurePosixPath(name).stem).removeprefix("draft_")
        slug = re.sub(rf"-*{key}$", "", stem).lower()
    author = _text(soup, ".p-author")
    tags = [tag.get_text(" ", strip=True) for tag in soup.select("a.p-category, .p-tag")]
    return Entry(
        key=key, kind="post", name=name, title=title or slug.replace("-", " ").capitalize(),
        body=_body(soup, title, names), written=Written.HTML,
        status="draft" if is_draft else "published", is_public=not is_draft, slug=slug.strip("-"),
        address=path if path and not _OURS.search(canonical.netloc) else None,
        date=dates.spelled(str(time.get("datetime", ""))) if time else None,
        authors=(author,) if author else (), tags=tuple(dict.fromkeys(filter(None, tags))),
        summary="" if summary.endswith(("…", "...")) else escape(summary, quote=False),
    )  # fmt: skip


def _body(soup: BeautifulSoup, title: str, names: dict[str, str]) -> str:
    """The words of a post, without what only Medium's editor needs."""
    body = soup.select_one(".e-content")
    assert body is not None
    first = body.find(["h1", "h2", "h3", "h4"])
    if isinstance(first, Tag) and "".join(first.get_text().split()) == "".join(title.split()):
        first.decompose()
    rules = body.select("hr.section-divider")
    for rule in rules[:1]:
        rule.decompose()  # it stands before the first section
    linked = {str(tag["href"])[1:] for tag in body.select("a[href^='#']")}
    for script in body.find_all("script"):
        script.replace_with(_link_to(soup, str(script.get("src", ""))))
    for link in body.find_all("a"):
        if not link.get_text(strip=True) and not link.find("img"):  # of a card, for its picture
            link.decompose()
    for pre in body.find_all("pre"):
        _make_code(soup, pre)
    for tag in body.find_all(True):
        if tag.name in _WRAPPERS or (tag.name == "span" and tag.find_parent("pre")):
            tag.unwrap()
            continue
        _strip(tag, linked)
        if tag.name == "a" and (other := _post_at(str(tag.get("href", "")), names)):
            tag["href"] = other
    return body.decode_contents().strip()


def _strip(tag: Tag, linked: set[str]) -> None:
    """Take out attributes that only Medium's editor needs; ids stay where something leads there."""
    language = tag.get("class") if tag.name == "code" and tag.find_parent("pre") else ""
    tag.attrs = {name: value for name, value in tag.attrs.items() if name in _ATTRIBUTES}
    if language:
        tag["class"] = language
    if tag.get("id") not in linked:
        tag.attrs.pop("id", None)
    if tag.name == "img":
        tag.attrs.setdefault("alt", "")


def _post_at(link: str, names: dict[str, str]) -> str:
    """The file of a post of the export that a link names by its id."""
    found = _ID.search(split(link).path) if link.startswith("http") else None
    name = names.get(found[1], "") if found else ""
    fragment = split(link).fragment
    return f"{name}#{fragment}" if name and fragment else name


def _link_to(soup: BeautifulSoup, address: str) -> Tag | str:
    """A link in place of a script that would put something from elsewhere there."""
    if not address.startswith("http"):
        return ""
    plain = re.sub(r"\.js$", "", address)
    link = soup.new_tag("a", attrs={"href": plain})
    link.string = plain
    return link


def _make_code(soup: BeautifulSoup, pre: Tag) -> None:
    for line in pre.find_all("br"):
        line.replace_with("\n")
    code = soup.new_tag("code")
    language = str(pre.get("data-code-block-lang", ""))
    if re.fullmatch(r"[\w+#-]+", language):
        code["class"] = f"language-{language}"
    code.string = pre.get_text()
    pre.clear()
    pre.append(code)


def _canonical(soup: BeautifulSoup) -> str:
    link = soup.select_one("a.p-canonical")
    return str(link.get("href", "")) if link else ""


def _text(soup: BeautifulSoup, selector: str) -> str:
    found = soup.select_one(selector)
    return " ".join(found.get_text(" ", strip=True).split()) if found else ""
