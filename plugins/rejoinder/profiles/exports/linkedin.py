"""LinkedIn's 'Get a copy of your data': the shares and the articles, nothing else of it.

`Shares.csv` (since 2026 `Shares_<number>.csv`) has the columns Date, ShareLink, ShareCommentary,
SharedUrl, MediaUrl, Visibility. The commentary is quoted twice over: each of its lines ends and
begins with a quotation mark of its own.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup

from rejoinder.comments.model import one_line
from rejoinder.profiles.addresses import is_web
from rejoinder.profiles.entries import Entry
from rejoinder.profiles.exports.archive import Export, files
from rejoinder.profiles.feeds import make

PUBLIC = frozenset({"PUBLIC", "ANYONE"})
"""What LinkedIn writes for what anybody may read. MEMBER_NETWORK is written for posts to members:
whether that is anyone can't be told from the file, so it is the author who must say so."""

_FILES = re.compile(r"/(?:Shares(?:_\w+)?\.csv|Articles/[^/]+\.html?)$", re.I)
_SEAM = re.compile(r'"[ \t]*\r?\n[ \t]*"')
_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S %Z", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%SZ",
            "%m/%d/%y, %I:%M %p", "%d %b %Y, %H:%M %Z")  # fmt: skip


def read(path: Path, also: Collection[str] = ()) -> Export:
    """The public shares and the published articles of an export; `also` names visibilities that
    its owner says are public. Raises CrosslinkError for what is no export."""
    export = Export()
    csv.field_size_limit(16 << 20)
    taken = PUBLIC | {one.strip().upper() for one in also}
    for name, data in files(path, _FILES, "Shares.csv").items():
        text = data.decode("utf-8-sig", "replace")
        if name.lower().endswith(".csv"):
            _shares(text, name, taken, export)
        else:
            _article(text, name, export)
    return export


def _shares(text: str, name: str, taken: Collection[str], export: Export) -> None:
    for line, row in _rows(text, name, export):
        visibility = row.get("visibility", "").upper()
        if visibility not in taken:
            export.left_out[f"visibility {visibility or 'not said'}"] += 1
            continue
        entry = _share(row)
        if entry is None:
            export.problems.append(f"{name}:{line}: a share without a date or an address")
        else:
            export.entries.append(entry)


def _rows(text: str, name: str, export: Export) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows by the names of their columns, in lower case, with the line on which each ends."""
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""))
    head: list[str] = []
    while True:
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            export.problems.append(f"{name}:{reader.line_num}: {error}")
            continue
        names = [one.strip().lower() for one in row]
        if not head:
            head = names if "sharelink" in names else []  # notes may stand above it
        elif len(row) == len(head):
            yield reader.line_num, dict(zip(head, row, strict=True))
        elif any(row):
            export.problems.append(f"{name}:{reader.line_num}: {len(row)} fields, not {len(head)}")
    if not head:
        export.problems.append(f"{name}: no line names the columns")


def _share(row: dict[str, str]) -> Entry | None:
    date = _date(row.get("date", ""))
    url = unquote(row.get("sharelink", "").strip())
    if date is None or not is_web(url):
        return None
    words = commentary(row.get("sharecommentary", ""))
    shared = row.get("sharedurl", "").strip()
    html = "<br>".join(escape(line) for line in words.split("\n"))
    if is_web(shared):
        html += f' <a href="{escape(shared)}"></a>'
    return make("linkedin", "", url, date, "", html)


def commentary(text: str) -> str:
    """A share's words, without the marks that LinkedIn sets about each of its lines."""
    if _SEAM.search(text):
        text = _SEAM.sub("\n", text)
        text = text.removeprefix('"').removesuffix('"')
        text = text.replace('""', '"')
    return text.strip()


def _article(html: str, name: str, export: Export) -> None:
    soup = BeautifulSoup(html, "html.parser")
    heading = soup.select_one("h1 a[href]")
    dates = dict(re.findall(r"(Published|Created) on ([\d:T -]+\d)", soup.get_text(" ")))
    if "Published" not in dates:
        export.left_out["an article that was never published"] += 1
        return
    date = _date(dates["Published"])
    url = str(heading["href"]) if heading is not None else ""
    if date is None or not is_web(url):
        export.problems.append(f"{name}: an article without an address or a date")
        return
    title = one_line(heading.get_text(" ")) if heading is not None else ""
    for element in soup.select("h1, head, .published, .created"):
        element.decompose()
    export.entries.append(make("linkedin", "", url, date, title, str(soup)))


def _date(text: str) -> datetime | None:
    for style in _FORMATS:
        try:
            return datetime.strptime(text.strip(), style).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
