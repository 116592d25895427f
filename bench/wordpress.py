"""Moving out to a real WordPress, and back: is it the same discussion?

    python -m bench.wordpress [--posts 60] [--json]

Exports two sites, the demo and a seeded one with all that is hard (deep threads, all kinds of
comments, replies that wait, old numbers, code, other scripts), into a WordPress of Debian's with
MariaDB, each fresh, in a scratch folder (`bench/sites/wordpress/site.php`, which imports as the
plugin `wordpress-importer` does). Then WordPress's database is held against ours, comment by
comment, and what WordPress exports is imported into a site of its own and held against ours as
well. Ends with an error where they differ.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from bs4 import BeautifulSoup

from bench.corpus import sentences
from bench.machine import ROOT, scratch
from bench.peers.wordpress import found, fresh
from rejoinder.comments.model import Comment, Format, Kind, make_id
from rejoinder.comments.store import CommentStore
from rejoinder.export import leaving
from rejoinder.export.gathering import gather
from rejoinder.export.model import Entry, Leaving
from rejoinder.migrate import wordpress
from rejoinder.replies.desk import open_desk
from rejoinder.replies.model import Decision, Reply, Status

SETTINGS = ROOT / "publishconf.py"
ZONE = "Europe/London"
_MOST = 20
_HOLD = ("blockquote", "li")
_BLOCKS = ("p", "br", "pre", "ul", "ol", "li", "blockquote", "h2", "h3", "table", "tr", "td", "img")
_BODIES = (
    "Two lines\nof one paragraph.\n\nAnd **another** with `code` & an &amp; and 1 < 2.",
    "```python\nif a < b:\n\n    print('x\\n')  # \\\\ [gallery]\n```",
    "> quoted\n> twice\n\n1. one\n2. two\n   - three",
    "Ends ]]> a section. Größe, 日本語, עברית, \U0001f600 and \u2028 a line's end.",
    "A [link](https://reader.example/a?b=1&c=2#d) and https://bare.example/x_y_z.",
    "Back\\slashes \\\\ and 'quotes' \"too\" -- three... dots :)",
    "A table:\n\n| a | b |\n|---|---|\n| 1 | 2 |",
)
_HTML = "First line\nsecond line, <em>as it came</em>\n\n<blockquote>a &lt;b&gt;</blockquote>"
_NAMES = ("Zoë Ünicode", "李雷", "O'Brien", 'Nick "N" & Co <x>', "Ada", "Reader 7", "Ольга")


@dataclass(frozen=True, slots=True)
class Said:
    """A comment as every system knows it: who, when, what kind of thing, its words and the shape of
    its HTML; `answers` is who said what it answers, and when."""

    author: str
    date: datetime
    kind: str
    url: str
    waits: bool
    words: str
    shape: str
    code: str
    answers: tuple[str, datetime] | None


@dataclass(frozen=True, slots=True)
class Told:
    """A post as every system knows it, with its discussion, oldest first."""

    kind: str
    title: str
    slug: str
    date: datetime
    status: str
    author: str
    is_open: bool
    is_sticky: bool
    terms: tuple[frozenset[str], ...]
    words: str
    shape: str
    code: str
    said: tuple[Said, ...] = field(default=())


def make(content: Path, posts: int, seed: int = 1) -> None:
    """A site with all that is hard to move."""
    chance = random.Random(seed)
    for name in ("posts", "pages", "authors"):
        (content / name).mkdir(parents=True)
    (content / "site.toml").write_text(
        f'title = "A & B\'s <blog>"\nurl = "https://blog.example"\nauthor = "Ada"\n'
        f'timezone = "{ZONE}"\n', "utf-8",
    )  # fmt: skip
    (content / "authors" / "ada.md").write_text("Name: Ada\nSlug: ada\n\n", "utf-8")
    store = CommentStore(content)
    begin = datetime(2019, 3, 30, 22, 15, tzinfo=UTC)  # the night that summer time begins
    number = 0
    for index in range(posts):
        date = begin + timedelta(days=13 * index, minutes=index)
        slug = ("größe-und-maß", "日本語の題", "it-s-100", "plain")[index % 4] + f"-{index}"
        text = "\n\n".join((" ".join(sentences(chance, 60)), *chance.sample(_BODIES, 3)))
        status = "Status: draft\n" if index % 10 == 9 else ""
        closed = "Comments: closed\n" if index % 5 == 3 else ""
        folder = "pages" if index % 12 == 7 else "posts"
        terms = f"Category: {('Notes', 'R & D')[index % 2]}\nTags: one, Größe, C++\n"
        thread = f"Thread: {slug}\n" if folder == "pages" else ""
        thread += "Sticky: true\n" if index == 4 else ""
        (content / folder / f"p{index}.md").write_text(
            f"Title: It's {index} “quoted” & <em>new</em>\nDate: {date.isoformat(' ')}\nSlug: "
            f"{slug}\n{status}{closed}{terms}{thread}\n{text}\n", "utf-8",
        )  # fmt: skip
        if status:
            continue
        above: list[str] = []
        for _ in range(chance.choice((0, 1, 5, 30))):
            number += 1
            date += timedelta(minutes=chance.randrange(1, 900))
            comment = _comment(chance, number, date, above)
            if comment.kind is not Kind.LIKE:
                above.append(comment.id)
            store.write(slug, comment)
        if index % 3 == 0:
            _wait_for_moderator(content, slug, date + timedelta(hours=1), above)


def _comment(chance: random.Random, number: int, date: datetime, above: list[str]) -> Comment:
    kind = chance.choice((*[Kind.COMMENT] * 8, *[Kind.AUTHOR] * 3, *Kind))
    if kind is Kind.REMOVED:
        kind = Kind.COMMENT
    parent = chance.choice((None, *above[-3:]))
    if kind.is_mention or kind.is_reaction:
        parent = None
    # Of what came from a WordPress long ago the number is kept, whoever has written since.
    old = f"comment-{10_000 - number}" if chance.random() < 0.2 else None
    came = chance.random() < 0.3
    body = "" if kind.is_reaction else _HTML if came else chance.choice(_BODIES)
    source = f"https://other.example/{number}" if kind.is_mention or kind.is_reaction else None
    return Comment(
        id=make_id(date, f"c{number}"), author="Ada" if kind is Kind.AUTHOR else
        chance.choice(_NAMES), author_id="ada" if kind is Kind.AUTHOR else None, date=date,
        body=body, in_reply_to=parent, kind=kind, source_url=source, anchor=old,
        format=Format.HTML if came and body else Format.MARKDOWN,
        url=None if source else chance.choice((None, "https://reader.example/?a=1&b=2")),
    )  # fmt: skip


def _wait_for_moderator(content: Path, thread: str, date: datetime, above: list[str]) -> None:
    reply = Reply(
        id=make_id(date, "w1"), thread=thread, text="It *waits*\nhere.", name="Wendy", url="",
        email="wendy@mail.example", parent=above[-1] if above else None, notify=False,
        status=Status.PENDING, received=date,
    )  # fmt: skip
    with open_desk(content) as desk:
        desk.queue.adopt(reply, Decision(Status.PENDING, "rules", "made", date))


def ours(site: Leaving) -> list[Told]:
    """A site of ours."""
    return [_told(entry, site.begin) for entry in site.entries]


def _told(entry: Entry, begin: datetime) -> Told:
    post = entry.post
    writers = entry.terms("author")
    who = {said.number: (said.comment.author, said.comment.date) for said in entry.comments}
    return Told(
        kind=post.kind, title=words_of(post.title), slug=post.slug,
        date=datetime.fromisoformat(post.date) if post.date else begin, status=post.status,
        author=writers[0][0] if writers else "", is_open=entry.is_open, is_sticky=post.is_sticky,
        terms=tuple(
            frozenset(name for name, _ in entry.terms(kind) if post.kind == "post")
            for kind in ("category", "tag")
        ),
        words=words_of(post.html), shape=shape_of(post.html), code=code_of(post.html),
        said=tuple(
            Said(
                said.comment.author, said.comment.date, str(said.comment.kind),
                said.comment.url or said.comment.source_url or "", not said.approved,
                words_of(said.html), shape_of(said.html), code_of(said.html), who.get(said.parent),
            )
            for said in entry.comments
        ),
    )  # fmt: skip


def theirs(text: str) -> list[Told]:
    """WordPress's, as `read` prints it. Who has the post's author's account is the author."""
    rows: list[dict[str, Any]] = json.loads(text)
    return [_theirs(row) for row in rows]


def _theirs(row: dict[str, Any]) -> Told:
    who = {one["comment_ID"]: (unescape(one["comment_author"]), _utc(one["comment_date_gmt"]))
           for one in row["comments"]}  # fmt: skip
    said = []
    for one in row["comments"]:
        kind = one["comment_type"] or "comment"
        if kind == "comment" and one["user_id"] == row["post_author"]:
            kind = "author"
        parent = who.get(one["comment_parent"], ("nobody", datetime.min.replace(tzinfo=UTC)))
        said.append(Said(
            unescape(one["comment_author"]), _utc(one["comment_date_gmt"]), kind,
            unescape(one["comment_author_url"]), one["comment_approved"] != "1",
            words_of(one["comment_content"]), shape_of(one["shown"]), code_of(one["shown"]),
            parent if one["comment_parent"] != "0" else None,
        ))  # fmt: skip
    said.sort(key=lambda one: (one.date, one.author))
    return Told(
        kind=row["post_type"], title=words_of(row["post_title"]), slug=unquote(row["post_name"]),
        date=_utc(row["post_date_gmt"]),
        status={"publish": "published"}.get(row["post_status"], row["post_status"]),
        author=unescape(row["author"]), is_open=row["comment_status"] == "open",
        is_sticky=row["is_sticky"],
        terms=tuple(frozenset(map(unescape, row[kind])) for kind in ("category", "post_tag")),
        words=words_of(row["post_content"]), shape=shape_of(row["shown"]),
        code=code_of(row["shown"]), said=tuple(said),
    )  # fmt: skip


def back(export: str, folder: Path) -> tuple[list[Told], str]:
    """What WordPress exports, brought into a site of its own: that site, and the report."""
    file, content = folder / "export.xml", folder / "back" / "content"
    file.write_text(export, "utf-8")
    report = wordpress.run(file, content)
    if not report.closes:
        raise SystemExit(f"error: the import does not close:\n{report}")
    return ours(gather(content, SETTINGS)), str(report)


def public(site: list[Told]) -> list[Told]:
    """A site without what is nobody's business yet."""
    return [
        replace(one, said=tuple(said for said in one.said if not said.waits))
        for one in site if one.status == "published"
    ]  # fmt: skip


def differences(one: list[Told], other: list[Told]) -> list[str]:
    """Each thing that two sites tell differently, in words."""
    found = []
    mine, its = ({(told.kind, told.slug): told for told in site} for site in (one, other))
    found += [f"{key}: only here" for key in mine.keys() - its.keys()]
    found += [f"{key}: only there" for key in its.keys() - mine.keys()]
    for key in sorted(mine.keys() & its.keys()):
        found += _apart(str(key), mine[key], its[key])
        here, there = (
            sorted(told[key].said, key=lambda said: (said.date, said.author, said.words))
            for told in (mine, its)
        )
        if len(here) != len(there):
            found.append(f"{key}: {len(here)} comments here, {len(there)} there")
        for left, right in zip(here, there, strict=False):
            found += _apart(f"{key} {left.date:%Y-%m-%d %H:%M} {left.author}", left, right)
    return found


def _apart(what: str, one: Told | Said, other: Told | Said) -> Iterator[str]:
    for name in (part.name for part in fields(one) if part.name != "said"):
        here, there = getattr(one, name), getattr(other, name)
        if here != there:
            yield f"{what}, {name}: {here!r} / {there!r}"


def words_of(html: str) -> str:
    """The words of HTML, however they are spaced."""
    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())


def shape_of(html: str) -> str:
    """The blocks and breaks of HTML, in order."""
    tags = BeautifulSoup(html, "html.parser").find_all(_BLOCKS)
    return " ".join(
        tag.name
        for tag in tags
        if not (tag.name == "p" and tag.parent and tag.parent.name in _HOLD)
    )


def code_of(html: str) -> str:
    """Code, to the letter."""
    return "\n".join(one.get_text() for one in BeautifulSoup(html, "html.parser").find_all("pre"))


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def check(content: Path, name: str) -> dict[str, Any]:
    """Export a site, import it twice, and bring it back; what was compared, and what differs."""
    site = gather(content, SETTINGS, with_private=True)
    mine = ours(site)
    with scratch("moved") as folder, fresh(ZONE) as press:
        file = folder / "site.xml"
        leaving.run("wordpress", file, content, SETTINGS, with_private=True)
        begun = time.perf_counter()
        press.run("import", str(file))
        seconds = time.perf_counter() - begun
        first = press.run("read")
        press.run("import", str(file))
        again = press.run("read")
        returned, report = back(press.run("export"), folder)
    wrong = {
        "in WordPress": differences(mine, theirs(first)),
        "imported twice": [] if first == again else ["WordPress has more than once"],
        "back here": differences(public(mine), returned),
    }
    said = [one for told in mine for one in told.said]
    return {
        "site": name, "posts": len(mine), "comments": len(said),
        "waiting": sum(one.waits for one in said), "answers": sum(1 for one in said if one.answers),
        "seconds": seconds, "differences": wrong, "report": report,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--posts", type=int, default=60, help="of the seeded site (default: 60)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    found()
    with scratch("wordpress-site") as folder:
        make(folder / "content", options.posts)
        shutil.copytree(ROOT / "content", folder / "demo" / "content")
        results = [
            check(folder / "demo" / "content", "the demo"),
            check(folder / "content", f"{options.posts} hard posts"),
        ]
    if options.json:
        print(json.dumps(results))
    for row in () if options.json else results:
        print(
            f"{row['site']}: {row['posts']} posts and pages, {row['comments']} comments "
            f"({row['answers']} answers, {row['waiting']} waiting), {row['seconds']:.1f} s"
        )
        for where, wrong in row["differences"].items():
            print(f"  {where}: {len(wrong)} differences", *wrong[:_MOST], sep="\n    ")
    if any(wrong for row in results for wrong in row["differences"].values()):
        sys.exit("error: it is not the same discussion")


if __name__ == "__main__":
    main()
