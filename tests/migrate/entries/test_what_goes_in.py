"""What goes in comes out: of any posts that a system can hold, titles, dates, tags, words and
addresses arrive, drafts stay private; and of any damaged export, at least no traceback."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from migrate.entries.test_golden import CASES, House, export_of

from rejoinder import permalinks, site
from rejoinder.errors import RejoinderError
from rejoinder.migrate.entries.moving import Wish
from rejoinder.migrate.fragments import words
from rejoinder.migrate.markdown import render
from rejoinder.posts import read_head

WORDS = st.text("abcÄéßλжあ漢🙂&'*_<[#-:.1 ", min_size=1, max_size=12).map(
    lambda text: f"w{text.strip()}w"
)


@dataclass(frozen=True)
class Post:
    number: int
    title: str
    paragraphs: Sequence[str]
    date: datetime
    tags: Sequence[str]
    is_public: bool

    @property
    def slug(self) -> str:
        return f"post-{self.number}"

    @property
    def html(self) -> str:
        return "".join(f"<p>{escape(text)}</p>" for text in self.paragraphs)

    @property
    def stamp(self) -> str:
        return self.date.isoformat().replace("+00:00", "Z")


POSTS = st.lists(
    st.builds(
        Post, st.just(0), WORDS, st.lists(WORDS, min_size=1, max_size=3),
        st.datetimes(datetime(2004, 1, 1), datetime(2026, 1, 1)).map(  # noqa: DTZ001
            lambda date: date.replace(microsecond=0, tzinfo=UTC)
        ),
        st.lists(st.sampled_from(["Dyke", "early light", "Bees, hives"]), max_size=2, unique=True),
        st.booleans(),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


def _head(post: Post) -> str:
    fields = {"title": post.title, "date": post.stamp, "tags": list(post.tags)}
    return f"---\n{yaml.safe_dump(fields, allow_unicode=True)}---\n"


def jekyll(posts: Sequence[Post], folder: Path) -> None:
    (folder / "_posts").mkdir(parents=True)
    (folder / "_drafts").mkdir()
    (folder / "_config.yml").write_text("url: https://notes.example\npermalink: pretty\n", "utf-8")
    for post in posts:
        name = f"{post.date:%Y-%m-%d}-{post.slug}.html"
        place = folder / "_posts" / name if post.is_public else folder / "_drafts" / name
        place.write_text(f"{_head(post)}{{% raw %}}{post.html}{{% endraw %}}\n", "utf-8")


def hugo(posts: Sequence[Post], folder: Path) -> None:
    (folder / "content" / "posts").mkdir(parents=True)
    (folder / "hugo.toml").write_text(
        'baseURL = "https://notes.example/"\n[permalinks]\nposts = "/:year/:month/:slug/"\n',
        "utf-8",
    )
    for post in posts:
        lines = f"slug: {post.slug}\ndraft: {str(not post.is_public).lower()}\n---\n"
        head = _head(post).removesuffix("---\n") + lines
        (folder / "content" / "posts" / f"{post.slug}.html").write_text(head + post.html, "utf-8")


def ghost(posts: Sequence[Post], file: Path) -> None:
    names = sorted({tag for post in posts for tag in post.tags})
    rows = [
        {"id": str(p.number), "title": p.title, "slug": p.slug, "html": p.html, "type": "post",
         "status": "published" if p.is_public else "draft", "visibility": "public",
         "published_at": p.stamp} for p in posts
    ]  # fmt: skip
    data = {
        "posts": rows, "tags": [{"id": str(n), "name": name, "slug": f"t{n}"}
                                for n, name in enumerate(names)],
        "posts_tags": [{"post_id": str(p.number), "tag_id": str(names.index(tag)), "sort_order": n}
                       for p in posts for n, tag in enumerate(p.tags)],
    }  # fmt: skip
    file.write_text(json.dumps({"db": [{"data": data}]}), "utf-8")


def blogger(posts: Sequence[Post], file: Path) -> None:
    parts = [
        "<feed xmlns='http://www.w3.org/2005/Atom' "
        "xmlns:blogger='http://schemas.google.com/blogger/2018'><title>Notes</title>"
    ]
    for post in posts:
        tags = "".join(f"<category scheme='x' term='{escape(tag)}'/>" for tag in post.tags)
        parts.append(
            f"<entry><id>tag:blogger.com,1999:blog-5.post-{post.number}</id>"
            f"<blogger:type>POST</blogger:type>"
            f"<blogger:status>{'LIVE' if post.is_public else 'DRAFT'}</blogger:status>"
            f"<title>{escape(post.title)}</title><content type='html'>{escape(post.html)}</content>"
            f"<published>{post.stamp}</published>{tags}"
            f"<blogger:filename>/{post.date:%Y/%m}/{post.slug}.html</blogger:filename></entry>"
        )
    file.write_text("\n".join([*parts, "</feed>"]), "utf-8")


def medium(posts: Sequence[Post], folder: Path) -> None:
    (folder / "posts").mkdir(parents=True)
    for post in posts:
        number = f"{post.number:012x}"
        when = f"{post.date:%Y-%m-%d}" if post.is_public else "draft"
        tags = "".join(f'<a class="p-category">{escape(tag)}</a>' for tag in post.tags)
        (folder / "posts" / f"{when}_x-{number}.html").write_text(
            f'<article class="h-entry"><h1 class="p-name">{escape(post.title)}</h1>'
            f'<section data-field="body" class="e-content"><section>{post.html}</section></section>'
            f'<footer><time class="dt-published" datetime="{post.stamp}">x</time>{tags}<a '
            f'class="p-canonical" href="https://notes.example/{post.slug}-{number}">x</a></footer>'
            "</article>", "utf-8"
        )  # fmt: skip


WRITERS: dict[str, tuple[Callable[[Sequence[Post], Path], None], str]] = {
    "jekyll": (jekyll, "{date:%Y}/{date:%m}/{date:%d}/{slug}/"),
    "hugo": (hugo, "{date:%Y}/{date:%m}/{slug}/"),
    "ghost": (ghost, "{slug}/"),
    "blogger": (blogger, "{date:%Y}/{date:%m}/{slug}.html"),
    "medium": (medium, "{slug}-{number:012x}/"),
}
"""How each system writes posts, and where they stand there."""


@pytest.mark.parametrize("source", WRITERS)
def test_what_goes_in_comes_out(source: str) -> None:
    @settings(max_examples=8, deadline=None)
    @given(POSTS)
    def holds(posts: list[Post]) -> None:
        numbered = [
            Post(at, p.title, p.paragraphs, p.date, p.tags, p.is_public)
            for at, p in enumerate(posts, start=1)
        ]
        with tempfile.TemporaryDirectory() as folder:
            moved(source, numbered, Path(folder))

    holds()


def moved(source: str, posts: list[Post], root: Path) -> None:
    write, pattern = WRITERS[source]
    house, export = House(root / "house"), root / "export"
    write(posts, export)
    report = house.take(source, export)
    public = [post for post in posts if post.is_public]
    assert report.count("post", "published") == len(public)
    assert report.count("post") == len(posts)

    facts = site.load(house.content)
    heads = [read_head(path, house.content) for path in (house.content / "posts").glob("*.md")]
    by_address = {permalinks.url_of(h, facts, permalinks.date_of(h, facts)): h for h in heads}
    for post in public:
        head = by_address.pop(pattern.format(date=post.date, slug=post.slug, number=post.number))
        assert words(head.title) == words(escape(post.title))
        assert permalinks.date_of(head, facts) == post.date
        assert set(_tags(head.values.get("tags", ""))) == set(post.tags)
        body = head.path.read_text("utf-8").partition("\n\n")[2]
        assert words(render(body)) == words(post.html)
    assert by_address == {}
    before = house.state()
    assert house.take(source, export).changes == 0
    assert house.state() == before


def _tags(line: str) -> list[str]:
    found = line.split(";") if ";" in line else line.split(",")
    return [tag.strip() for tag in found if tag.strip()]


@pytest.mark.parametrize("case", CASES)
def test_a_damaged_export_gives_an_error_or_counts_that_close(case: str, tmp_path: Path) -> None:
    export = export_of(case)
    copy = tmp_path / "damaged"
    if export.is_dir():
        shutil.copytree(export, copy)
    else:
        shutil.copy(export, copy)
    files = sorted(f for f in copy.rglob("*") if f.suffix in (".md", ".html", ".yml", ".toml",
                                                              ".json", ".atom"))  # fmt: skip
    files = files or [copy]
    contents = [file.read_bytes() for file in files]

    @settings(max_examples=8, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, len(files) - 1), st.floats(0, 1), st.integers(0, 30),
                              st.sampled_from([b"", b"---\n", b"\xff", b"{{", b"<", b"\x00"])),
                    min_size=1, max_size=4))  # fmt: skip
    def holds(cuts: list[tuple[int, float, int, bytes]]) -> None:
        made = list(contents)
        for which, part, size, new in cuts:
            at = int(part * len(made[which]))
            made[which] = made[which][:at] + new + made[which][at + size :]
        for file, data in zip(files, made, strict=True):
            file.write_bytes(data)
        with suppress(RejoinderError):
            House(tmp_path / "house").take(case.partition("-")[0], copy, Wish(dry_run=True)).text()

    holds()
