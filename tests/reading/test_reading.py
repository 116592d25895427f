"""What helps to read a post: reading time, contents, series, neighbours, related posts, links to
share it."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup, Tag
from builds import build
from conftest import SiteFolder
from reading.settings import check_settings

from rejoinder.errors import SiteError
from rejoinder.reading import pace
from rejoinder.reading.around import Relations, neighbours
from rejoinder.reading.asked import Contents, Limits, Pace, ReadingTime
from rejoinder.reading.headings import Heading, contents, count
from rejoinder.reading.places import Place, Post
from rejoinder.reading.quotes import typeset
from rejoinder.reading.series import part_of, parts
from rejoinder.reading.share import share_links

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def post(number: int, subjects: str = "", **fields: object) -> Post:
    """Post `number`, written on that day."""
    date = BEGIN + timedelta(days=number)
    place = Place(f"Post {number}", f"post-{number}/", date)
    return Post(f"{number:04}.md", f"post-{number}", place, frozenset(subjects.split()), **fields)  # type: ignore[arg-type]


def titles(places: object) -> list[str]:
    return [one.title.removeprefix("Post ") for one in places]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "language", "minutes"),
    [("", "en", 1), ("word " * 228, "en", 1), ("word " * 229, "en", 2), ("Wort " * 229, "de-AT", 2),
     ("słowo " * 340, "pl", 3), ("汉字" * 500, "zh", 4), ("漢字とかな" * 200, "ja", 3),
     ("カタカナ", "ja", 1), ("汉" * 200 + " two words " * 100, "zh", 2), ("말 " * 369, "ko", 3)],
    ids=["nothing", "a minute", "more", "German", "Polish", "Chinese", "Japanese", "kana", "both",
         "Korean"],
)  # fmt: skip
def test_how_long_reading_takes(text: str, language: str, minutes: int) -> None:
    assert pace.minutes(text, language) == minutes


def test_a_site_may_say_how_fast_its_readers_are() -> None:
    assert pace.minutes("word " * 1000, "en", 100) == 10
    assert pace.minutes("汉" * 510, "zh", 2 * pace.speed_of("zh")) == 1
    assert (pace.words("two words"), pace.words("汉" * 255)) == (2, 228)


def test_contents_are_the_headings_that_links_can_lead_to() -> None:
    html = """<h2 id="a">One <em class="x">&amp; two</em><sup id="fnref:1"><a href="#f">1</a></sup>
        </h2><h3 id="b">Be<a href="/x">low</a></h3><h4 id="c">Too deep</h4><h3>No id</h3>
        <h3 id="empty"> </h3><!-- <h2 id="no">No</h2> --><pre>&lt;h2 id="x"&gt;</pre>
        <h2 id='d&quot;'>Last <img alt=""><code>a &lt; b</code></h2>"""
    found = contents(html)
    below = (Heading(3, "b", "Below"),)
    assert found == (
        Heading(2, "a", "One <em>&amp; two</em>", below),
        Heading(2, 'd"', "Last <code>a &lt; b</code>"),
    )
    assert count(found) == 3
    assert titles(contents("<h3 id=a>A</h3><h2 id=b>B</h2><h4 id=c>C</h4>", 3)) == ["A", "B"]
    assert contents("<h1 id=a>A</h1><h2 id=b>B</h2>", 1) == (Heading(1, "a", "A"),)
    assert contents("<h2 id=a>never ends") == ()


def test_who_shows_contents() -> None:
    long = "".join(f"<h2 id=a{n}>A {n}</h2>\n<p>{'word ' * 400}</p>\n" for n in range(3))
    short = "".join(f"<h2 id=a{n}>A</h2>" for n in range(3))

    def shown(html: str, wish: bool | None = None) -> Contents:
        return Contents(lambda: html, ReadingTime(lambda: html, "en"), Limits(), wish)

    assert titles(shown(long)) == ["A 0", "A 1", "A 2"]
    assert not shown(long, False)
    assert not shown(short)
    assert len(shown(short, True)) == 3
    assert not shown(long.replace("<h2 id=a0", "<h2"))
    assert pickle.loads(pickle.dumps(shown(long))) == contents(long)
    time = ReadingTime(lambda: long, "en")
    assert pickle.loads(pickle.dumps(time)) == Pace(6, 1206)
    assert shown(long, True).fingerprint() != shown(long).fingerprint()
    assert time.fingerprint() != ReadingTime(lambda: long, "de").fingerprint()


def test_parts_of_a_series_are_in_the_order_that_they_say_else_by_date() -> None:
    series = [post(number, series="S") for number in (4, 2, 3)]
    first = post(9, series="S", order=1)
    found = parts([*series, post(1), first, post(5, series="T")])
    part = found["0002.md"]
    assert (part.name, part.number, part.count) == ("S", 2, 4)
    assert titles(part.parts) == ["9", "2", "3", "4"]
    assert titles([part.previous, part.next]) == ["9", "3"]
    assert (found["0009.md"].previous, found["0004.md"].next) == (None, None)
    assert found["0005.md"].count == 1
    assert "0001.md" not in found
    draft = part_of(post(8, series="S"), series)
    assert draft is not None
    assert (draft.number, draft.count) == (4, 4)
    assert part_of(post(8), series) is None
    assert len({part.fingerprint() for part in found.values()}) == len(found)


def test_neighbours_are_by_date() -> None:
    found = neighbours([post(3), post(1), post(2)])
    assert titles([found["0002.md"].older, found["0002.md"].newer]) == ["1", "3"]
    assert found["0001.md"].older is None
    assert found["0003.md"].newer is None
    assert neighbours([]) == {}


def test_what_few_posts_share_relates_more_and_else_what_is_near() -> None:
    posts = [post(0, "common rare"), post(1, "common"), post(2, "common"), post(9, "rare"),
             post(5, "other"),
             post(6, "common", named=("post-5", "post-6", "no", "post-5"))]  # fmt: skip
    relations = Relations(posts)
    assert titles(relations.of(posts[0], 3)) == ["9", "1", "2"]
    assert titles(relations.of(posts[5], 3)) == ["5", "2", "1"]
    assert titles(relations.of(posts[4], 3)) == []
    assert titles(relations.of(posts[0], 1)) == ["9"]
    assert titles(relations.of(post(3, "common"), 2)) == ["2", "1"]  # a draft
    assert titles(relations.of(post(3, "unheard"), 2)) == []
    together = [post(1, "a", series="S"), post(2, "a", series="S"), post(3, "a")]
    assert titles(Relations(together).of(together[0], 3)) == ["3"]


def test_relations_are_the_same_whatever_order_posts_come_in_and_soon_found() -> None:
    posts = [post(number, f"all tag{number % 7}") for number in range(2000)]
    one, other = Relations(posts), Relations(posts[::-1])
    for number in (0, 700, 1999):
        assert one.of(posts[number], 3) == other.of(posts[number], 3)
        near = titles(one.of(posts[number], 3))
        assert {abs(int(title) - number) % 7 for title in near} == {0}


def test_links_to_share_a_post() -> None:
    links = share_links("https://x.example", ["email", "mastodon", ("Ours", "https://o/?u={url}")])
    found = {one.label: one.url for one in links.of("a b/", "A & “B”")}
    url = "https%3A%2F%2Fx.example%2Fa%20b%2F"
    title = "A%20%26%20%E2%80%9CB%E2%80%9D"
    assert found == {
        "E-mail": f"mailto:?subject={title}&body={url}",
        "Mastodon": f"https://share.joinmastodon.org/#text={title}%0A{url}",
        "Ours": f"https://o/?u={url}",
    }
    assert share_links("", ["x"]).of("a/", "A") == []
    for wrong in ("myspace", ("Ours", "https://o/?{who}"), ("Ours",), 3):
        with pytest.raises(SiteError, match="READING_SHARE has"):
            share_links("https://x.example", [wrong])


QUOTED = """\
"Here"

<p title="t">"typed" -- <script>var a = "s";</script></p>

    "code"

A `"span"`, <kbd>"keys"</kbd>, <b title="u">&nbsp;"bold"</b>, `--flag` or --flag,
![Al "t"](x.png "Ti").
"""


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> SiteFolder:
    """A site with a series, of which a part is a draft and one is translated, and a long post."""
    site = SiteFolder(tmp_path_factory.mktemp("reading"))
    site.content.mkdir()
    (site.content / "site.toml").write_text('title = "S"\nurl = "https://blog.example"\n', "utf-8")
    long = "".join(f"## Part {n}\n\n{'word ' * 400}\n\n" for n in range(3))
    days = {name: f"2026-03-{day:02} 08:00" for day, name in enumerate("abcdefg", 1)}
    site.post("a", long, Date=days["a"], Series="Tales", Tags="red")
    site.post("b", Date=days["b"], Series="Tales", Category="Work")
    site.post("g", QUOTED, Date=days["g"], Title='On "this"', Summary='It\'s "so".', Category="Q")
    site.post("c", Date=days["c"], Series="Tales", Series_Order="1", Category="Work")
    site.post("d", Date=days["d"], Series="Tales", Status="draft", Title="Secret")
    site.post("e", long, Date=days["e"], Tags="red", Related="b", Contents="no")
    site.post("f", Date=days["f"], Status="hidden", Title="Hidden", Category="Other")
    (site.content / "posts" / "a-fr.md").write_text(
        "Title: Les contes\nDate: 2026-03-08 08:00\nSlug: a\nLang: fr\nSeries: Tales\n"
        'Summary: "Court"\n\n"Mots"\n'
    )
    site.page("about", f"{long}\n")
    return site.build("publishconf.py", DRAFT_SAVE_AS="drafts/{slug}.html", DRAFT_URL="drafts/")


def page(site: SiteFolder, path: str) -> BeautifulSoup:
    return BeautifulSoup(site.read(path), "html.parser")


def links(tag: Tag | None) -> list[str]:
    assert tag is not None
    return [str(a["href"]).removeprefix("https://blog.example") for a in tag.select("a")]


def test_a_part_names_its_series(blog: SiteFolder) -> None:
    first = page(blog, "a/index.html")
    series = first.select_one("nav.series")
    assert series is not None
    assert series.summary is not None
    assert series.summary.get_text() == "Part 2 of 3 of Tales"
    assert links(series) == ["/c/", "/a/", "/b/"]
    assert series.select_one("[aria-current]")["href"].endswith("/a/")  # type: ignore[index]
    turns = first.select(".neighbours a")
    assert [(a["rel"], a.get_text(" ", strip=True)) for a in turns] == [
        (["prev"], "Previous part C"), (["next"], "Next part B"),
    ]  # fmt: skip
    draft = page(blog, "drafts/d.html").select_one("nav.series")
    assert draft is not None
    assert len(links(draft)) == 4
    assert "Secret" not in blog.read("a/index.html")
    assert "De la série Tales" in page(blog, "a-fr.html").get_text()


def test_a_post_leads_on(blog: SiteFolder) -> None:
    last = page(blog, "e/index.html")
    assert links(last.select_one(".neighbours")) == ["/c/", "/g/"]
    assert links(last.select_one(".related")) == ["/b/", "/a/"]
    assert page(blog, "f/index.html").select_one(".neighbours") is None
    assert "Hidden" not in blog.read("e/index.html")


def test_long_posts_and_pages_show_their_contents(blog: SiteFolder) -> None:
    assert links(page(blog, "a/index.html").select_one("nav.contents")) == [
        "#part-0", "#part-1", "#part-2",
    ]  # fmt: skip
    assert page(blog, "about/index.html").select_one("nav.contents") is not None
    assert page(blog, "e/index.html").select_one("nav.contents") is None
    assert page(blog, "b/index.html").select_one("nav.contents") is None


def test_quotations_have_the_marks_of_the_posts_language(blog: SiteFolder) -> None:
    html = blog.read("g/index.html")
    assert '<h1 class="p-name">On “this”</h1>' in html
    assert "<p>“Here”</p>" in html
    assert "<p>It’s “so”.</p>" in blog.read("index.html")
    assert '<p title="t">"typed" -- <script>var a = "s";</script></p>' in html
    assert "<code>&quot;code&quot;" in html
    assert '<code>"span"</code>, <kbd>"keys"</kbd>, <b title="u">&nbsp;“bold”</b>' in html
    assert "<code>--flag</code> or --flag" in html
    french = blog.read("a-fr.html")
    assert "<p>«\u202fMots\u202f»</p>" in french
    assert 'value="« Court »"' in french


def test_a_site_that_has_its_own_marks_keeps_them(site: SiteFolder) -> None:
    smarty = {"markdown.extensions.smarty": {"smart_dashes": False}, "markdown.extensions.meta": {}}
    site.post("first", '"So" -- it is', Title='On "this"')
    site.build(MARKDOWN={"extension_configs": smarty, "output_format": "html5"})
    html = site.read("first/index.html")
    assert "<p>&ldquo;So&rdquo; -- it is</p>" in html
    assert '>On "this"</h1>' in html


def test_a_post_can_be_shared_and_a_draft_can_not(blog: SiteFolder) -> None:
    shared = page(blog, "a/index.html").select(".share-links a")
    assert len(shared) == 6
    assert "https%3A%2F%2Fblog.example%2Fa%2F" in str(shared[0]["href"])
    assert page(blog, "drafts/d.html").select_one(".share-links") is None


def test_slips_are_named(site: SiteFolder) -> None:
    site.post("first", Contents="perhaps", Series="S", Series_Order="two")
    errors = site.try_build(READING_SHARE=["myspace"], READING_RELATED=1).errors
    assert [error for error in errors if "posts/first.md: Contents: perhaps is neither" in error]
    assert [error for error in errors if "posts/first.md: Series-Order: two is no number" in error]
    assert [error for error in errors if "READING_SHARE has 'myspace'. Known are bluesky" in error]
    with pytest.raises(SiteError, match="READING_CONTENTS_DEPTH is less than 1"):
        check_settings(SimpleNamespace(settings={"READING_CONTENTS_DEPTH": 0}))


def edited(path: Path, before: str, after: str) -> None:
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")


def test_an_edit_makes_only_pages_anew_that_show_what_changed(site: SiteFolder) -> None:
    """Titles are shown on the pages of neighbours, of parts of the series and of what is related;
    and lists of posts don't follow what only those pages show."""
    with (site.content / "site.toml").open("a") as file:
        file.write('[engagement]\ndashboard = "off"\n')
    for number in range(12):
        site.post(
            f"p{number}", f"Words of {number}.", Date=f"2026-03-{number + 1:02} 08:00",
            Category=f"C{number}", Tags="rare" if number in (2, 9) else f"t{number}",
            Author=f"Author {number}", **({"Series": "S"} if number in (2, 6) else {}),
        )  # fmt: skip
    (site.content / "posts" / "p0.md").write_text(
        (site.content / "posts" / "p0.md").read_text() + "\nSee [it]({filename}/posts/p9.md).\n"
    )
    wanted = {"DEFAULT_PAGINATION": 3, "SEARCH_URL": ""}
    build(site.content, site.output, **wanted)

    def made() -> set[str]:
        said = build(site.content, site.output, **wanted)
        assert said is not None
        paths = {line.strip() for line in said if line.startswith("  ")}
        return {path for path in paths if path.endswith(".html")}

    file = site.content / "posts" / "p2.md"
    edited(file, "Words of 2", "Other words of 2")
    its_own = {"p2/index.html", "page/4/index.html", "category/c2/index.html",
               "tag/rare/index.html", "author/author-2/index.html",
               "archives/index.html"}  # fmt: skip
    assert made() == its_own
    edited(file, "Title: P2", "Title: Another title")
    shown = {f"p{number}/index.html" for number in (1, 3, 6, 9)}
    assert made() == its_own | shown
    assert "Another title" in site.read("p9/index.html")


def test_a_theme_that_shows_in_lists_what_posts_lead_to_follows_it(
    site: SiteFolder, tmp_path: Path
) -> None:
    theme = tmp_path / "overrides"
    theme.mkdir()
    (theme / "entry.html").write_text(
        "<p>{{ article.title }}: {% for one in article.related %}{{ one.title }},{% endfor %}</p>"
    )
    for number in range(4):
        site.post(f"p{number}", Date=f"2026-03-{number + 1:02} 08:00", Category=f"C{number}",
                  Tags="rare" if number in (0, 3) else f"t{number}")  # fmt: skip
    wanted = {"DEFAULT_PAGINATION": 2, "THEME_TEMPLATES_OVERRIDES": [str(theme)]}
    build(site.content, site.output, **wanted)
    assert "P3: P0," in site.read("index.html")
    edited(site.content / "posts" / "p0.md", "Title: P0", "Title: Another title")
    build(site.content, site.output, **wanted)
    assert "P3: Another title," in site.read("index.html")


def test_the_adapter_is_one_a_site_can_leave_out(site: SiteFolder) -> None:
    site.post("first", Series="S")
    plugins = ["posts", "comments", "engagement", "serving"]
    assert site.build(PLUGINS=plugins).read("first/index.html").count("<h1") == 1


@pytest.mark.parametrize(
    ("language", "typed", "wanted"),
    [
        ("en", '"It\'s", she said.', "“It’s”, she said."),
        ("en", '("Inside") and "a \'b\' c" -- d --- e...', "(“Inside”) and “a ‘b’ c” – d — e…"),
        ("en", "the '90s, rock 'n' roll, dogs' ears", "the ’90s, rock ’n’ roll, dogs’ ears"),
        ("en", '<em>"So"</em>"', "<em>“So”</em>”"),
        ("en", '"<a href="x">s</a>"', '“<a href="x">s</a>”'),
        ("en", '<code>"x"</code>\'s', '<code>"x"</code>’s'),
        ("en", '<p>a</p><p>"b"</p><!-- "c" -->', '<p>a</p><p>“b”</p><!-- "c" -->'),
        ("en", '<pre><code>"<b>"</b></code></pre>"d"', '<pre><code>"<b>"</b></code></pre>“d”'),
        ("en-GB", "&quot;kept&quot;", "&quot;kept&quot;"),
        ("de_AT", "\"Wort\" und 'innen'; geht's", "„Wort“ und ‚innen‘; geht’s"),
        ("it", "\"un po' di 'vino'\"", "«un po’ di “vino”»"),
        ("de-CH", "\"a 'b'\"", "«a ‹b›»"),
        ("fr", '"mot"', "«\u202fmot\u202f»"),
        ("en", "with --help, (--to) a--b, <i>c</i> -- d", "with --help, (--to) a–b, <i>c</i> – d"),
        ("en", '&mdash;"a"&nbsp;"b"', "&mdash;“a”&nbsp;“b”"),
        ("tlh", '"nuq"', '"nuq"'),
    ],
)  # fmt: skip
def test_marks_are_those_of_the_language(language: str, typed: str, wanted: str) -> None:
    assert typeset(typed, language) == wanted
    assert typeset(wanted, language) == wanted
