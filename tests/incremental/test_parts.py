"""The parts of incremental builds by themselves: what templates read, fingerprints, workers, dates,
the press."""

from __future__ import annotations

import os
import pickle
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from builds import build, in_a_fork, own_theme
from conftest import SiteFolder, make_comment
from hypothesis import given, settings
from hypothesis import strategies as st
from incremental.lists import quick_translations
from jinja2 import DictLoader, Environment
from pelican import generators

from rejoinder.dates import DateFilter
from rejoinder.incremental import forking
from rejoinder.incremental.fingerprint import Fingerprints, UnseenError
from rejoinder.incremental.forking import Ahead, spread
from rejoinder.incremental.memory import Memory
from rejoinder.incremental.stamps import Folders, begin, folders, stamp
from rejoinder.incremental.state import Page, opened
from rejoinder.incremental.templates import Seen, Templates, Use
from rejoinder.press.frozen import thaw
from rejoinder.press.press import Press
from rejoinder.replies.bringing import Bringing

NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001 - as Pelican's dates may be


def seen(**templates: str) -> Seen:
    sources = {name.replace("_", "."): text for name, text in templates.items()}
    return Templates(Environment(loader=DictLoader(sources))).seen(next(iter(sources)))


def test_what_a_template_reads_is_found_through_all_that_it_uses() -> None:
    found = seen(
        a="{% extends 'base' %}{% from 'macros' import one with context %}{{ one(article.title) }}",
        base="{% include ['gone', 'nav'] ignore missing %}{{ SITENAME }}",
        nav="{% for page in pages %}{{ page.url }}{% endfor %}",
        macros="{% macro one(x) %}{{ x }}{{ SITEURL }}{% endmacro %}",
    )
    assert set(found.uses) == {"article", "SITENAME", "pages", "SITEURL"}
    assert not found.unseen
    assert {"title", "url"} <= found.words
    assert found.digest != seen(a="{{ article.title }}").digest


@pytest.mark.parametrize(
    ("text", "use"),
    [
        ("{{ articles|length }}", Use.LENGTH),
        ("{% if articles %}x{% endif %}", Use.LENGTH),
        ("{% for c, posts in articles %}{{ c }}{% endfor %}", Use.KEYS),
        ("{% for c, posts in articles|sort %}{{ c }}{{ posts|length }}{% endfor %}", Use.COUNTS),
        ("{% for c, posts in articles %}{{ posts[0].title }}{% endfor %}", Use.WHOLE),
        ("{% for c, posts in articles %}{% include 'b' %}{% endfor %}", Use.WHOLE),
        ("{% for a in articles %}{{ a.title }}{% endfor %}", Use.WHOLE),
        ("{{ articles|length }}{{ articles[0] }}", Use.WHOLE),
    ],
)  # fmt: skip
def test_how_much_of_a_list_is_read(text: str, use: Use) -> None:
    assert seen(a=text, b="").uses["articles"] == use


def test_what_cant_be_seen_is_said() -> None:
    assert "only known when it is rendered" in seen(a="{% include name %}").unseen
    assert "'random'" in seen(a="{{ articles|random }}").unseen
    assert not seen(a="{{ title|replace('a', 'b')|e }}").unseen
    assert seen(a="{{ articles_page.paginator.object_list }}").whole_lists
    asked = seen(a="{{ page.url }}{{ other.x }}{{ other }}").attributes
    assert asked == {"page": {"url"}, "other": None}


class _Thing:
    def __init__(self, **names: Any) -> None:
        self.__dict__.update(names)


def test_what_is_included_under_a_condition_is_read_where_that_is_so() -> None:
    sources = {
        "list": "{% if not before %}{% include 'recent' %}{% endif %}{{ title }}",
        "set": "{% set before = 1 %}{% if before %}{% include 'recent' %}{% endif %}",
        "recent": "{{ recent }}",
        "both": "{% if a %}{% include 'recent' %}{% endif %}{% include 'list' %}",
    }
    templates = Templates(Environment(loader=DictLoader(sources)))
    assert templates.seen("list").conditions == ("before",)
    assert set(templates.seen("list").uses) == {"before", "title", "recent"}
    assert set(templates.seen("list", (False,)).uses) == {"before", "title", "recent"}
    assert set(templates.seen("list", (True,)).uses) == {"before", "title"}
    assert templates.seen("set").conditions == ()
    assert "recent" in templates.seen("set").uses
    assert templates.seen("both").conditions == ("a", "before")
    assert "recent" in templates.seen("both", (True, True)).uses
    assert "recent" in templates.seen("both", (False, False)).uses
    assert "recent" not in templates.seen("both", (False, True)).uses


def test_fingerprints_tell_values_apart_and_are_the_same_in_each_process() -> None:
    ring = _Thing(name="a")
    ring.me = ring  # type: ignore[attr-defined]
    values = [1, "1", 1.0, True, None, b"1", [1], (1,), {1}, {1: 2}, {2: 1}, [1, [2]], [[1], 2],
              NAIVE, NAIVE.replace(tzinfo=UTC), Path("a"), re.compile("a"),
              _Thing(a=1), _Thing(a=2), _Thing(b=1), ring, lambda x: x, abs]  # fmt: skip
    marks = [Fingerprints().of(value) for value in values]
    assert len(set(marks)) == len(values)
    again = in_a_fork(lambda: [Fingerprints().of(value) for value in values])
    assert marks == again
    with pytest.raises(UnseenError, match="generator"):
        Fingerprints().of(iter(number for number in (1, 2)))


def test_a_ring_is_the_same_from_where_one_comes_into_it() -> None:
    one, other = _Thing(), _Thing()
    one.other, other.other = other, one
    prints = Fingerprints()
    first = prints.of([one, other])
    assert Fingerprints().of([one, other]) == first
    other.more = 1
    assert Fingerprints().of([one, other]) != first


@dataclass(eq=False)
class _Post:
    slug: str
    lang: str
    metadata: dict[str, str]
    source_path: str = ""
    translations: list[Any] | None = None

    @property
    def in_default_lang(self) -> bool:
        return self.lang == "en"


_POSTS = st.lists(st.builds(
    _Post, st.sampled_from("abcdefgh"), st.sampled_from(["en", "de", "fr"]),
    st.sampled_from([{}, {"translation": "true"}, {"translation": "False"}]),
), max_size=12)  # fmt: skip


@given(_POSTS, st.sampled_from(["slug", ("slug", "lang"), "", None, "nothing"]))
def test_translations_are_those_that_pelican_finds(posts: list[_Post], named_by: Any) -> None:
    def found(process: Any) -> Any:
        given = [replace(one, source_path=str(at)) for at, one in enumerate(posts)]
        try:
            originals, translations = process(given, named_by)
        except AttributeError as error:
            return str(error)
        return [[(one.source_path, [other.source_path for other in one.translations or ()])
                 for one in some] for some in (originals, translations, given)]  # fmt: skip

    with quick_translations():
        ours = found(generators.process_translations)
    assert ours == found(generators.process_translations)


@pytest.mark.parametrize("of_each", [1, 20])
def test_workers_take_turns(of_each: int) -> None:
    most = forking._MOST_OF_A_WORKER // of_each
    found = list(spread(3 * most, 2, lambda number: os.getpid(), of_each))
    assert sorted(number for number, _ in found) == list(range(3 * most))
    each = Counter(process for _, process in found)
    assert os.getpid() not in each
    assert max(each.values()) <= most


def test_what_a_worker_cant_do_is_done_here() -> None:
    here = os.getpid()

    def work(number: int) -> int:
        if os.getpid() != here and number == 3:
            os._exit(1)  # as by the system's out-of-memory killer
        if os.getpid() != here and number == 5:
            raise ValueError("not there")
        return number * number

    assert dict(spread(40, 3, work)) == {number: number * number for number in range(40)}

    def broken(number: int) -> int:
        raise ZeroDivisionError(f"{number}")

    with pytest.raises(ZeroDivisionError):
        list(spread(4, 2, broken))


def test_work_goes_ahead_in_another_process() -> None:
    here = os.getpid()

    def run(number: int) -> tuple[int, bool]:
        if number == 2 and os.getpid() != here:
            raise ValueError("not there")
        if number == 4 and os.getpid() != here:
            os._exit(9)  # as if it were killed
        return number * 10, os.getpid() == here

    ahead = Ahead(6, run)
    found = dict(ahead.answers())
    assert {number: value for number, (value, _) in found.items()} == {n: n * 10 for n in range(6)}
    assert [found[number][1] for number in range(6)] == [False, False, True, False, True, True]
    assert ahead.is_over()


def test_a_file_that_changed_just_now_is_not_believed(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b.txt"
    file.parent.mkdir()
    file.write_text("1")
    assert stamp(file) == b""
    assert Folders(tmp_path).all["a"] == b""
    old = file.stat().st_mtime - 100

    time.sleep(0.05)
    before = Folders(tmp_path).all["a"]
    assert before
    os.utime(file, (old, old))
    time.sleep(0.05)
    assert Folders(tmp_path).all["a"] not in (b"", before)


def test_a_state_of_another_version_or_none_at_all_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "s" / "state.sqlite"
    page = Page(b"p", b"i", 1, 2, b"")
    for wrong in (None, b"", b"no database", b"SQLite format 3\0" + b"\1" * 4000):
        if wrong is not None:
            path.write_bytes(wrong)
        with opened(path) as state:
            assert state.pages() == {}
            state.save(pages=[("a", page, b"body")], facts=[("f", b"1")])
        with opened(path) as state:
            assert state.pages() == {"a": page}
            assert state.body("a") == b"body"
    import sqlite3

    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE facts SET value = X'0011223344556677FF'")
        database.execute("PRAGMA user_version = 99")
    with opened(path) as state:
        assert state.fact("f") is None


def test_readers_take_nothing_of_another_version(blog: SiteFolder, tmp_path: Path) -> None:
    import sqlite3

    build(blog.content, blog.output)
    path = blog.root / "state.sqlite"
    assert Press(blog.content, path).pages("first")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA user_version = 2")
    assert Press(blog.content, path).pages("first") is None
    assert Press(blog.content, tmp_path / "gone")._compiled("key", b"checksum") is None


def test_what_nobody_asked_for_is_let_go_of(tmp_path: Path) -> None:
    with opened(tmp_path / "state.sqlite") as state:
        memory = Memory(state, b"shaped", workers=2)
        wanted = [(f"key {number}", b"stamp") for number in range(50)]
        memory.go_ahead("short", wanted, "long", lambda key, _: (b"", b""))
        memory.close()  # a file that is left open is a warning, and so an error here


def test_what_was_taken_back_is_gone_from_the_state(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with opened(path) as state:
        page = Page(b"p", b"i", 1, 2, b"")
        state.save(pages=[("a", page, b"what nobody is to know " * 50)])
        state.save(gone=["a"])
    assert b"nobody is to know" not in path.read_bytes()


@settings(deadline=None)
@given(st.datetimes(NAIVE.replace(year=1), NAIVE.replace(year=9999)),
       st.text(alphabet="%-aAbBcdfHIjmMpSUwWyYZqx .,", max_size=12))  # fmt: skip
def test_dates_are_written_as_pelican_writes_them(date: datetime, format: str) -> None:
    from pelican.utils import DateFormatter

    def both() -> tuple[str, str] | None:
        try:
            wanted = DateFormatter()(date, format)
        except (ValueError, TypeError):
            return None  # a % at the end, or a year that the system can't write
        return DateFilter("", format)(date), wanted

    written = in_a_fork(both)  # Pelican's changes the locale of its process
    assert written is None or written[0] == written[1]
    there = date.replace(tzinfo=timezone(timedelta(hours=2))) if 2 < date.year < 9998 else None
    if there is not None:
        filter = pickle.loads(pickle.dumps(DateFilter("Europe/Berlin", "%d %H")))
        assert re.fullmatch(r"\d\d \d\d", filter(there))


def test_what_was_kept_can_run_nothing() -> None:
    import zstandard

    class Bad:
        def __reduce__(self) -> Any:
            return os.system, ("true",)

    with pytest.raises(pickle.UnpicklingError, match="nothing that was kept"):
        thaw(zstandard.compress(pickle.dumps(Bad())), lambda pid: pid)


@pytest.fixture
def blog(site: SiteFolder) -> SiteFolder:
    site.post("first")
    site.post("second")
    site.comments(make_comment(1))
    with (site.content / "site.toml").open("a") as file:
        file.write('\n[engagement]\ndashboard = "off"\n')
    return site


def test_the_press_renders_without_pelican_what_a_build_writes(blog: SiteFolder) -> None:
    two_orders = {"COMMENTS_TWO_ORDERS": 1}
    build(blog.content, blog.output, **two_orders)
    blog.comments(make_comment(2, 1))

    def press() -> tuple[dict[str, bytes] | None, bool]:
        import sys

        for name in [name for name in sys.modules if name.split(".")[0] == "pelican"]:
            del sys.modules[name]
        pages = Press(blog.content, blog.root / "state.sqlite").pages("first")
        return pages, "pelican" in sys.modules

    pages, used_pelican = in_a_fork(press)
    assert not used_pelican
    assert pages is not None
    assert b"2 thoughts" in pages["first/index.html"]
    build(blog.content, blog.output, **two_orders)
    written = ("first/index.html", "first/comments/newest/index.html")
    assert pages == {path: (blog.output / path).read_bytes() for path in written}


def test_the_press_compiles_only_templates_that_changed(
    blog: SiteFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theme = own_theme(tmp_path)
    build(blog.content, blog.output, THEME=str(theme))
    compiled: list[str | None] = []
    compile = Environment.compile

    def noting(self: Environment, source: str, name: str | None = None, *more: Any) -> Any:
        compiled.append(name)
        return compile(self, source, name, *more)

    monkeypatch.setattr(Environment, "compile", noting)
    state = blog.root / "state.sqlite"
    before = Press(blog.content, state).pages("first") or {}
    assert compiled == []
    article = theme / "templates" / "article.html"
    article.write_text(article.read_text("utf-8").replace("</article>", "</article>!"), "utf-8")
    after = Press(blog.content, state).pages("first") or {}
    assert compiled == ["article.html"]
    assert b"</article>!" in after["first/index.html"]
    assert {path: page.replace(b"</article>!", b"</article>") for path, page in after.items()} == (
        before
    )


def test_what_follows_a_comment_is_what_a_build_writes(blog: SiteFolder, tmp_path: Path) -> None:
    theme = own_theme(tmp_path)
    article = theme / "templates" / "article.html"
    article.write_text(article.read_text("utf-8").replace(
        "</article>", "{% include 'rejoinder/recent.html' %}</article>"), "utf-8")  # fmt: skip
    for number in range(12):
        blog.post(f"post-{number}", Date=f"2026-04-{number + 1:02} 08:00:00+00:00")
    blog.comments(make_comment(1), thread="second")
    build(blog.content, blog.output, THEME=str(theme))
    blog.comments(make_comment(2, 1))
    blog.comments(make_comment(3, 1))
    (blog.content / "comments" / "first" / f"{make_comment(3).id}.md").unlink()
    press = Press(blog.content, blog.root / "state.sqlite")
    pressed = (press.pages("first") or {}) | press.followers("first")
    assert b"2 thoughts" in pressed["page/2/index.html"]
    assert {"first/index.html", "index.html", "category/notes/page/2/index.html",
            "feeds/comments.json", "first/comments.atom.xml"} <= pressed.keys()  # fmt: skip
    assert "page/1/index.html" not in pressed
    build(blog.content, blog.output, THEME=str(theme))
    for path, data in pressed.items():
        assert data == (blog.output / path).read_bytes(), path


def test_a_theme_whose_posts_show_all_discussions_is_not_pressed(
    blog: SiteFolder, tmp_path: Path
) -> None:
    theme = own_theme(tmp_path)
    article = theme / "templates" / "article.html"
    article.write_text(article.read_text("utf-8").replace(
        "</article>", "{{ articles[0].title }}</article>"), "utf-8")  # fmt: skip
    said = build(blog.content, blog.output, THEME=str(theme))
    assert said is not None
    assert ("after a comment, pages of article.html wait for a whole build: they show articles, "
            "which other discussions change too") in said  # fmt: skip
    press = Press(blog.content, blog.root / "state.sqlite")
    assert press.pages("first") is None
    assert press.pages("nowhere") is None
    assert Press(blog.content, tmp_path / "none.sqlite").pages("first") is None


def test_what_is_said_during_a_build_stays_on_its_page(blog: SiteFolder, tmp_path: Path) -> None:
    served = tmp_path / "www"
    build(blog.content, served)
    page = served / "first" / "index.html"
    seen: list[bytes] = []

    @contextmanager
    def built(meanwhile: Any) -> Iterator[Path]:
        build(blog.content, blog.output)  # it has looked; what comes now is not in it
        blog.comments(make_comment(7))
        meanwhile()
        seen.append(page.read_bytes())
        yield blog.output

    def bring(fresh: Path) -> None:
        page.write_bytes((fresh / "first" / "index.html").read_bytes())

    press = Press(blog.content, blog.root / "state.sqlite")
    bringing = Bringing(blog.content, press, built, bring, lambda: served)
    bringing.meanwhile = lambda: bringing.press((blog.content / "comments" / "first").iterdir())
    bringing()
    assert b"Words of comment 7" in seen[0]
    assert page.read_bytes() == seen[0]


def test_folders_that_were_begun_with_are_taken_once(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "a").write_text("a")
    (tmp_path / "site" / "out").mkdir()
    where = str(tmp_path / "site"), str(tmp_path / "site" / "out")
    begin(*where)
    begun = folders(*where, workers=1)
    assert begun is not folders(*where, workers=1)
    assert begun.all.keys() == folders(*where, workers=1).all.keys() == {""}
    begin(*where)
    assert "out" in folders(where[0], str(tmp_path), workers=1).all
    assert folders(*where, workers=1).all.keys() == {""}


@pytest.mark.parametrize("is_waited_for", [True, False])
def test_what_was_begun_ahead_is_taken_and_the_rest_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_waited_for: bool
) -> None:
    monkeypatch.setattr("rejoinder.incremental.memory._WORTH_HELP", 2)
    wanted = [(f"key {number}", b"stamp") for number in range(9)]

    def make(key: str, before: bytes | None) -> tuple[bytes, bytes]:
        if not is_waited_for:
            time.sleep(0.02)
        return f"{key} in short".encode(), f"{key} {os.getpid() == here}".encode()

    here = os.getpid()
    with opened(tmp_path / "state.sqlite") as state:
        memory = Memory(state, b"shaped", workers=2)
        assert not memory.has_begun("short")
        memory.go_ahead("short", wanted, "long", make)
        assert memory.has_begun("short")
        if is_waited_for:
            begun = memory._ahead["short"]
            assert begun is not None
            begun[0].wait()
        memory.prepare("short", wanted, "long", (lambda *_: 1 / 0) if is_waited_for else make)  # type: ignore[arg-type, return-value]
        for key, stamp in wanted:
            assert memory.recall("short", key, stamp) == f"{key} in short".encode()
            assert memory.fetch("long", key, stamp) == f"{key} False".encode()


def test_folders_that_are_far_are_looked_at_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("posts/a/1", "posts/b/2", "comments/a/3"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "top").write_text("top")
    time.sleep(0.05)
    at_once = Folders(tmp_path)
    assert at_once.far == []
    monkeypatch.setattr("rejoinder.incremental.stamps._WORTH_HELP", 3)
    meanwhile = Folders(tmp_path, workers=2)
    assert sorted(meanwhile.far) == ["comments/a", "posts/a", "posts/b"]
    assert meanwhile.near == {name: at_once.all[name] for name in ("", "posts", "comments")}
    assert meanwhile.all == at_once.all
