"""Old addresses that go on working: `content/redirects.txt`, and what becomes of it.

One `OLD NEW` a line, both below the site's own address; `#` starts a comment line. An old
address may have a query (`/?p=4`). A static host knows no redirects, so each old path gets a
page that leads on; and the same list is written as rules for servers that do know them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from rejoinder.errors import RejoinderError
from rejoinder.languages.texts import ENGLISH, Texts

FILE = "redirects.txt"


MARK = '<meta http-equiv="refresh"'
"""What tells a redirect's page from a page of the site."""

_NGINX = """\
# In the http block of nginx:
#     map_hash_bucket_size 512;
#     include /path/to/redirects.nginx;
# and in the server block:
#     if ($rejoinder_redirect) { return 301 $rejoinder_redirect; }
"""


_CADDY = """\
# In the site's block of the Caddyfile:
#     import /path/to/redirects.caddy
"""
_APACHE = """\
# In the VirtualHost of the site, with mod_rewrite:
#     Include /path/to/redirects.apache
"""


class RedirectError(RejoinderError):
    """A line of `redirects.txt` is not a redirect."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """From `old` to `new`: site-relative addresses that start with a slash. `line` counts
    from 1 in the file."""

    old: str
    new: str
    line: int = 0

    @property
    def path(self) -> str:
        return urlsplit(self.old).path

    @property
    def query(self) -> str:
        return urlsplit(self.old).query

    @property
    def save_as(self) -> str | None:
        """The file that answers the old address; None for a query, which no file can."""
        if self.query:
            return None
        path = unquote(self.path).lstrip("/")
        return path if path.rpartition("/")[2].count(".") else path.rstrip("/") + "/index.html"


def parse(text: str, where: str | Path = FILE) -> list[Redirect]:
    """The redirects of a file's text, in file order.

    Raises RedirectError with the line for: not two addresses, one that doesn't start with a
    single slash or climbs with '..', an old one given twice, or an address led to itself.
    """
    found: dict[str, Redirect] = {}
    places: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2:
            raise RedirectError(
                f"{line.strip()!r} is not a redirect", where=where, line=number,
                mend="Write the old and the new address, like '/old/ /new/'.",
            )  # fmt: skip
        for word in words:
            if word.startswith("//") or not _is_ours(word):
                raise RedirectError(
                    f"{word!r} is not an address of this site", where=where, line=number,
                    mend="It starts with one '/', and has no '..'.",
                )  # fmt: skip
        old, new = words
        if old == new:
            raise RedirectError(f"{old!r} leads to itself", where=where, line=number)
        if old in found:
            raise RedirectError(
                f"{old!r} leads to two places, see line {found[old].line}", where=where, line=number
            )
        place = Redirect(old, new).save_as or old
        if place in places:
            raise RedirectError(
                f"{old!r} is the address of line {places[place]}, written otherwise",
                where=where, line=number, mend="Keep one of the lines.",
            )  # fmt: skip
        places[place] = number
        found[old] = Redirect(old, new, number)
    return list(found.values())


def _is_ours(address: str) -> bool:
    try:
        path = unquote(urlsplit(address).path)
    except ValueError:  # like /[x
        return False
    return address.startswith("/") and ".." not in path.split("/") and "\0" not in path


def aliases(text: str, new: str, where: str | Path, line: int | None = None) -> list[Redirect]:
    """The old addresses that a post names in its `Aliases:`, with commas or spaces between, each
    leading to its own. One that is its own is none. Raises RedirectError, as `parse` does."""
    olds = dict.fromkeys(text.replace(",", " ").split())
    lines = (f"/{old.lstrip('/')} {new}" for old in olds if old.strip("/") != new.strip("/"))
    try:
        return [Redirect(one.old, one.new, line or 0) for one in parse("\n".join(lines))]
    except RedirectError as error:
        raise RedirectError(
            f"Aliases: {error.what}", where=where, line=line, mend=error.mend
        ) from (error)


def together(found: Iterable[Redirect]) -> list[Redirect]:
    """Redirects of several places as one list. Raises RedirectError where an old address leads to
    two."""
    known: dict[str, Redirect] = {}
    for redirect in found:
        place = redirect.save_as or redirect.old
        if known.setdefault(place, redirect).new != redirect.new:
            raise RedirectError(
                f"{redirect.old!r} leads to two places, {known[place].new} and {redirect.new}",
                where=FILE, mend="Take it out of this file, or out of the Aliases of a post.",
            )  # fmt: skip
    return list(known.values())


def load(content: Path) -> list[Redirect]:
    """The redirects of a content folder; none where there is no file. Raises RedirectError."""
    path = content / FILE
    try:
        return parse(path.read_text("utf-8"), path)
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise RedirectError(f"the file can't be read: {error}", where=path) from error


def page(new: str, *, title: str, feed: bool = False, texts: Texts = ENGLISH) -> str:
    """A page that leads to `new`, an absolute address, at once and without a script. For a
    feed it also names it, so that feed readers that meet the page find it."""
    address = escape(new)
    said = texts.html.translate('This page is now at <a href="%(url)s">%(url)s</a>.', url=new)
    alternate = (
        f'<link rel="alternate" type="application/atom+xml" href="{address}" title="Feed">\n'
        if feed
        else ""
    )
    return (
        "<!doctype html>\n<html"
        f' lang="{texts.tag}" dir="{texts.direction}">\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n"
        f'<link rel="canonical" href="{address}">\n{alternate}'
        f'{MARK} content="0; url={address}">\n'
        '<meta name="robots" content="noindex">\n'
        f"<p>{said}</p>\n</html>\n"
    )


def netlify(redirects: Sequence[Redirect], base: str = "") -> str:
    """The rules as a `_redirects` file, as Netlify and Cloudflare Pages read it. `base` is the
    path below which the site is, like /blog."""
    lines = []
    for redirect in redirects:
        query = " ".join(redirect.query.split("&"))
        words = [base + redirect.path, query, base + redirect.new, "301"]
        lines.append(" ".join(filter(None, words)))
    return "".join(line + "\n" for line in lines)


def nginx(redirects: Sequence[Redirect], base: str = "") -> str:
    """The rules, for a site below the path `base`, as an nginx `map` from `$request_uri`, to be
    included in the http block: `if ($rejoinder_redirect) { return 301 $rejoinder_redirect; }`
    in the server uses it."""
    lines = "".join(
        f"    {_nginx_key(base + r.old)} {_nginx_word(base + r.new)};\n" for r in redirects
    )
    return f"{_NGINX}map $request_uri $rejoinder_redirect {{\n    default '';\n{lines}}}\n"


def caddy(redirects: Sequence[Redirect], base: str = "") -> str:
    """The rules as a snippet of a Caddyfile, to be imported in the site's block."""
    lines = "".join(
        f'    "{_as_asked(base + r.old)}" "{_as_asked(base + r.new)}"\n' for r in redirects
    )
    return (
        f'{_CADDY}map {{uri}} {{rejoinder_redirect}} {{\n{lines}    default ""\n}}\n'
        '@rejoinder_moved expression {rejoinder_redirect} != ""\n'
        "redir @rejoinder_moved {rejoinder_redirect} 301\n"
    )


def apache(redirects: Sequence[Redirect], base: str = "") -> str:
    """The rules for Apache's mod_rewrite, to be included in the site's `VirtualHost`."""
    lines = "".join(
        f"RewriteCond %{{QUERY_STRING}} ^{_apache_pattern(r.query)}$\n"
        f"RewriteRule ^{_apache_pattern(unquote(base + r.path))}$ {_apache_word(base + r.new)}"
        " [R=301,L,NE,QSD]\n"
        for r in redirects
    )
    return f"{_APACHE}RewriteEngine On\n{lines}"


def script(redirects: Sequence[Redirect], prefix: str = "") -> str:
    """A script for the home page of a host without rules: it leads `/?p=4` on. The words that
    readers need are reachable without it, by the posts' own addresses."""
    table = {r.query: prefix + r.new for r in redirects if r.query and r.path == "/"}
    return (
        f"const old = {json.dumps(table, sort_keys=True)};\n"
        "const to = old[location.search.slice(1)];\n"
        "if (to) location.replace(to + location.hash);\n"
    )


def _apache_pattern(text: str) -> str:
    return re.sub(r"\s", r"\\s", re.escape(text).replace("\\ ", " "))


def _apache_word(address: str) -> str:
    """A target: `%` and `$` would be read as references (mod_rewrite, RewriteRule)."""
    return re.sub(r"([%$])", r"\\\1", _as_asked(address))


def _nginx_key(address: str) -> str:
    return "'" + _as_asked(address).replace("'", "\\'") + "'"


def _as_asked(address: str) -> str:
    """An address as a browser asks for it: it leaves quotation marks and `$` as they are."""
    return quote(address, safe="/?=&%#+:@,;~!*()._-$'")


def _nginx_word(address: str) -> str:
    return "'" + quote(address, safe="/?=&%#+:@,;~!*()._-") + "'"
